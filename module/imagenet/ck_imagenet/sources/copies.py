"""Copies of ImageNet as the user names them: where each part is, what it is, which have been read.

A copy is a folder, a zip or a tar, or the many tars into which one is cut (shards).
"""

from __future__ import annotations

import io
import json
import re
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Collection, Iterable, Iterator, NamedTuple, Sequence

from ..catalogue import synsets
from ..core.errors import BadInput
from ..core.files import (
    path_of,
    read_json,
    storage_errors,
    to_json,
    why_no_file,
    write_whole,
)
from ..core.outcomes import Failed, Outcome
from ..core.text import is_wnid, wnid_inside
from ..core.url_lists import display_name, expanded, is_url
from ..http.client import Client
from ..http.resumable import ResumableStream, Watch
from ..http.retry import Retry
from ..storage import summaries
from ..storage.journal import Journal
from ..storage.records import FORMAT, Record, now, refuse_newer
from ..storage.store import Store, SynsetStore
from . import tars
from .containers import ZIPS, files_of_folder, files_of_zip
from .tars import File, Skipped, StreamReader

_BUFFER = 2**18

_OF_OTHERS = re.compile(r"-$|[A-Za-z][A-Za-z0-9+.-]+:")
"""How what is no file begins for other programs: `-`, `s3://`, `pipe:`; on Windows, `C:` is one."""


class Copy(NamedTuple):
    """A copy, and what is wanted of it."""

    where: str
    """Paths or addresses, as the user has named them."""
    parts: tuple[str, ...]
    """Each of them by itself."""
    wnids: frozenset[str]
    """The synsets whose pictures are wanted."""
    is_far: bool
    """Whether it is one synset's own and has an address: to read it twice is a waste."""
    is_of_winter21: bool = False
    """Whether it is of ImageNet's release of winter 2021, which does not have all synsets."""

    @property
    def name(self) -> str:
        """What users are told: an address, or the name of a file."""
        return display_name(self.where)


def named_copies(named: str, wnids: Sequence[str]) -> list[Copy]:
    """Return the copies that the user means.

    Parameters
    ----------
    named : str
        A path or an address, in which `{wnid}`, `{0000..1023}` and `{train,val}` may stand; a path
        may also have the wildcards of a shell.
    wnids : sequence of str
        The synsets that are wanted; without any, the one in the file's name, else all.

    Raises
    ------
    BadInput
        If it takes a wnid to know which, or if one of several is not there.
    """
    if "{wnid}" in named:
        if not wnids:
            raise BadInput(f'"{named}" needs a wnid: add --wnid=W')
        # A wnid is a letter and digits: it cannot change what path or address mean.
        own = [_source(named.replace("{wnid}", wnid), [wnid], is_url(named)) for wnid in wnids]
        for source in own:
            _refuse_missing(source.parts)
        return own
    inside = wnid_inside(Path(named).name)
    wanted = wnids or ([inside] if inside else [each.wnid for each in synsets.load().synsets])
    source = _source(named, wanted, False)
    if len(source.parts) > 1:
        _refuse_missing(source.parts)
    return [source]


def _source(named: str, wnids: Iterable[str], is_far: bool) -> Copy:
    return Copy(named, tuple(expanded("--from", named)), frozenset(wnids), is_far)


def _refuse_missing(parts: Sequence[str]) -> None:
    """Raise BadInput if a file of several is not there: before any of them is read."""
    for part in parts:
        path = path_of("--from", part) if not is_url(part) else None
        why = why_no_file(path) if path and not path.is_dir() else ""
        if why:
            raise _not_readable(part, why)


def _not_readable(part: str, why: str) -> BadInput:
    """Return what to tell of a path without a file: what only others read may look like one."""
    ways = ". Copies are files, folders, URLs of http or https, and pipes as /dev/stdin"
    return BadInput(f'"{part}" cannot be read: {why}{ways if _OF_OTHERS.match(part) else ""}')


class OpenCopy(NamedTuple):
    """One part of a copy, while it is read."""

    kind: str
    """What it is: a folder, a zip or a tar."""
    files: Iterator[File | Skipped]
    """What is in it."""
    stream: StreamReader | None = None
    """Its bytes, if they come in order."""

    @property
    def failure(self) -> OSError | Failed | None:
        """Why it could be read no further, unless what was read is itself damaged or cut."""
        return self.stream.failure if self.stream else None

    @property
    def is_empty(self) -> bool:
        """Whether there was not a single byte."""
        return bool(self.stream and self.stream.is_empty)


@contextmanager
def open_copy(part: str, client: Client, retry: Retry, watch: Watch) -> Iterator[OpenCopy]:
    """Give a part of a copy; an address is asked only when it is read.

    Parameters
    ----------
    part : str
        A path or an address.
    client : Client
        Asks for what has an address.
    retry : Retry
        How often it is asked again for the rest.
    watch : callable
        Is told how many bytes have come, and of how many, 0 if nobody knows.

    Raises
    ------
    BadInput
        If there is no such file.
    """
    name = display_name(part)
    if is_url(part):
        answer = ResumableStream(client, part, retry, watch)
        with io.BufferedReader(answer, _BUFFER) as come:
            stream = StreamReader(come)
            yield OpenCopy("tar", _files_of_stream(stream, name), stream)
        return
    path = path_of("--from", part)
    if path.is_dir():
        yield OpenCopy("folder", _files_of_folder(path, watch))
        return
    try:
        file = _File(path, watch)
    except OSError as error:
        raise _not_readable(part, error.strerror or str(error)) from None
    with io.BufferedReader(file, _BUFFER) as opened:
        stream = StreamReader(opened, file.size or None)
        if file.size and stream.begins(*ZIPS):
            file.is_read_in_order = False
            yield OpenCopy("zip", files_of_zip(opened, name))
        else:
            yield OpenCopy("tar", _files_of_stream(stream, name), stream)


def _files_of_folder(path: Path, watch: Watch) -> Iterator[File | Skipped]:
    come = 0
    for file in files_of_folder(path):
        come += file.size if isinstance(file, File) else 0
        watch(come, 0)
        yield file


def _files_of_stream(stream: StreamReader, name: str) -> Iterator[File | Skipped]:
    """Yield the files of a tar; raise BadInput if it is what cannot be read in its order."""
    if stream.begins(*ZIPS):
        raise BadInput(
            f'"{name}" is a zip, which is read from its end: download it as a file, and give '
            "--from=FILE"
        )
    yield from tars.files(stream, name)


class _File(io.FileIO):
    """A file or a pipe that tells how much of it has been read."""

    def __init__(self, path: Path, watch: Watch) -> None:
        super().__init__(path)
        self._watch = watch
        self._come = 0
        self.size = path.stat().st_size if path.is_file() else 0
        self.is_read_in_order = True

    def readinto(self, buffer: Any) -> int:
        count = super().readinto(buffer)
        self._come += count
        in_place = self.size and self.is_read_in_order
        come = self.tell() if in_place else self._come
        self._watch(min(come, self.size) if self.size else come, self.size)
        return count


# What has been read to its end, so that it need not be read again.


class ReadTars:
    """The tars of one synset that have been read to their ends.

    Parameters
    ----------
    synset_store : SynsetStore
        The synset.

    Raises
    ------
    StoreError
        If a newer version has written them down.
    """

    def __init__(self, synset_store: SynsetStore) -> None:
        self._path = synset_store.state / "tars.json"
        known = read_json(self._path) or {}
        refuse_newer(known.get("format"), self._path)
        read = known.get("read")
        self._read: dict[str, str] = read if isinstance(read, dict) else {}

    def __contains__(self, tar: str) -> bool:
        return tar in self._read

    def forget(self, tars: Iterable[str]) -> None:
        """Have tars read again, if they have been; raise OSError if that is not possible."""
        known = self._read.keys() & set(tars)
        for tar in known:
            del self._read[tar]
        if known:
            self._write()

    def add(self, tar: str) -> None:
        """Remember a tar, and when that was; raise OSError if that is not possible."""
        self._read[tar] = now()
        self._write()

    def _write(self) -> None:
        write_whole(self._path, to_json({"format": FORMAT, "read": self._read}))


class FinishedParts:
    """The parts of copies of many parts that have been read to their ends, of all synsets at once.

    They are kept in the order in which they were read, with the synsets that were wanted of them,
    and are believed as long as no picture is lost that came from one of them.

    Parameters
    ----------
    store : Store
        Where the pictures go.
    copy : Copy
        What is read; of one part alone, nothing is remembered.

    Raises
    ------
    StoreError
        If a newer version has written them down.
    """

    def __init__(self, store: Store, copy: Copy) -> None:
        self._store = store
        self._copy = copy
        self._path = store.home() / "parts.json"
        self._runs = self._known() if len(copy.parts) > 1 else []
        self._read: dict[str, int] = {}

    def parts(self) -> frozenset[str]:
        """Return those of the copy that need not be read again."""
        marks = {part: _mark(part) for part in self._copy.parts}
        found: set[str] = set()
        for run in self._runs:
            if run["wanted"] != "all" and not self._copy.wnids.issubset(run["wanted"]):
                continue
            done = {part for part, mark in marks.items() if run["read"].get(mark[0]) == mark[1]}
            if done and not self._is_anything_lost(run):
                found |= done
        return frozenset(found)

    def wnids(self) -> set[str]:
        """Return the synsets that are wanted, and of which there was something."""
        return {wnid for run in self._runs for wnid in run["found"]} & self._copy.wnids

    def add(self, part: str, found: Iterable[str]) -> None:
        """Remember a part that has been read; raise StoreError if that is not possible.

        Parameters
        ----------
        part : str
            Its path or address.
        found : iterable of str
            The synsets that the copy has had so far.
        """
        if len(self._copy.parts) == 1:
            return
        everything = len(self._copy.wnids) == len(synsets.load().synsets)
        wanted = "all" if everything else sorted(self._copy.wnids)
        name, size = _mark(part)
        self._read[name] = size
        known = self._known()  # to which another run may have added meanwhile
        run: dict[str, Any] = {"wanted": wanted, "read": {}, "found": []}
        run = next((each for each in known if each["wanted"] == wanted), run)
        self._runs = [each for each in known if each is not run] + [run]
        run["read"].update(self._read)
        run["found"] = sorted({*run["found"], *found})
        home = self._store.create_home()
        with storage_errors(home):
            write_whole(self._path, json.dumps({"format": FORMAT, "runs": self._runs}).encode())

    def _known(self) -> list[dict[str, Any]]:
        """Return what is written down: the parts that were wanted and found together."""
        known = read_json(self._path) or {}
        refuse_newer(known.get("format"), self._path)
        runs = known.get("runs")
        return [run for run in runs if _is_run(run)] if isinstance(runs, list) else []

    def _is_anything_lost(self, run: dict[str, Any]) -> bool:
        sources = {display_name(name) for name in run["read"]}
        for wnid in self._copy.wnids.intersection(run["found"]):
            place = self._store.synset(wnid)
            tally = next(summaries.tallies(self._store, [wnid]), None)
            is_sure = tally and not tally.waiting and summaries.is_whole(place)
            if not is_sure and has_lost(place, sources):
                return True
        return False


def _is_run(run: Any) -> bool:
    return (
        isinstance(run, dict)
        and isinstance(run.get("read"), dict)
        and isinstance(run.get("found"), list)
        and all(isinstance(each, str) and is_wnid(each) for each in run["found"])
        and (run.get("wanted") == "all" or isinstance(run.get("wanted"), list))
    )


def _mark(part: str) -> tuple[str, int]:
    """Return what a part is known by: no clock, since copying a file changes its times."""
    if is_url(part):
        return display_name(part), 0
    path = path_of("--from", part).absolute()
    return str(path), path.stat().st_size if path.exists() else -1


def has_lost(synset_store: SynsetStore, sources: Collection[str]) -> bool:
    """Say whether a picture is not here any more that came from one of these copies.

    Parameters
    ----------
    synset_store : SynsetStore
        The synset.
    sources : collection of str
        What its records call the copies.
    """
    if not Journal.is_begun(synset_store):
        return True
    journal = Journal.of(synset_store)
    here = synset_store.pictures()
    lost = [each for each in journal.saved().values() if each.name.number not in here]
    return any(each.source in sources for each in [*lost, *journal.withdrawn.values()])


def ask_again(synset_store: SynsetStore, journal: Journal, records: Collection[Record]) -> None:
    """Have the next download ask for links again, or read their copies again.

    Parameters
    ----------
    synset_store, journal : SynsetStore, Journal
        The synset.
    records : collection of Record
        What became of the links. Pictures are withdrawn; of failures, all is forgotten.

    Raises
    ------
    OSError
        If that cannot be written.
    """
    if not records:
        return
    ReadTars(synset_store).forget(record.source for record in records)
    for record in records:
        if record.outcome is Outcome.SAVED:
            journal.withdraw(record)
    journal.forget([each for each in records if each.outcome is not Outcome.SAVED])
