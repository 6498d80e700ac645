"""Tars as the user names them: where each is, how its bytes come, which have been read."""

from __future__ import annotations

import io
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Collection, Iterable, Iterator, NamedTuple, Sequence

from ..catalogue import synsets
from ..core.errors import BadInput
from ..core.files import path_of, read_json, to_json, why_no_file, write_whole
from ..core.outcomes import Outcome
from ..core.text import wnid_inside
from ..core.url_lists import display_name, is_url
from ..http.client import Client
from ..http.resumable import ResumableStream, Watch
from ..http.retry import Retry
from ..storage.journal import Journal
from ..storage.records import FORMAT, Record, now, refuse_newer
from ..storage.store import SynsetStore
from .tars import StreamReader

_BUFFER = 2**18


class TarSource(NamedTuple):
    """A tar, and what is wanted of it."""

    where: str
    """A path or an address."""
    wnids: frozenset[str]
    """The synsets whose pictures are wanted."""
    is_far: bool
    """Whether it is one synset's own and has an address: to read it twice is a waste."""
    is_of_winter21: bool = False
    """Whether it is of ImageNet's release of winter 2021, which does not have all synsets."""

    @property
    def name(self) -> str:
        """What the pictures' meta and users are told: an address, or the name of a file."""
        return display_name(self.where)


def tar_sources(named: str, wnids: Sequence[str]) -> list[TarSource]:
    """Return the tars that the user means.

    Parameters
    ----------
    named : str
        A path or an address, in which `{wnid}` may stand.
    wnids : sequence of str
        The synsets that are wanted; without any, the one in the file's name, else all.

    Raises
    ------
    BadInput
        If it takes a wnid to know which, or if one of several is not there.
    """
    if "{wnid}" in named:
        if not wnids:
            raise BadInput(f'"{named}" needs to know which: add --wnid=W')
        # A wnid is a letter and digits: it cannot change what path or address mean.
        far = is_url(named)
        own = [TarSource(named.replace("{wnid}", wnid), frozenset({wnid}), far) for wnid in wnids]
        for source in own:
            why = "" if far else why_no_file(path_of("--tar", source.where))
            if why:
                raise BadInput(f'the tar "{source.where}" cannot be read: {why}')
        return own
    inside = wnid_inside(Path(named).name)
    wanted = wnids or ([inside] if inside else [each.wnid for each in synsets.load().synsets])
    return [TarSource(named, frozenset(wanted), False)]


@contextmanager
def open_tar(
    source: TarSource, client: Client, retry: Retry, watch: Watch
) -> Iterator[StreamReader]:
    """Give the bytes of a tar; an address is asked only when they are read.

    Parameters
    ----------
    source : TarSource
        The tar.
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
    if is_url(source.where):
        answer = ResumableStream(client, source.where, retry, watch)
        with io.BufferedReader(answer, _BUFFER) as stream:
            yield StreamReader(stream)
        return
    try:
        file = _File(path_of("--tar", source.where), watch)
    except OSError as error:
        raise BadInput(f'the tar "{source.where}" cannot be read: {error.strerror}') from None
    with io.BufferedReader(file, _BUFFER) as stream:
        yield StreamReader(stream, file.size or None)


class _File(io.FileIO):
    """A file or a pipe that tells how much of it has been read."""

    def __init__(self, path: Path, watch: Watch) -> None:
        super().__init__(path)
        self._watch = watch
        self._come = 0
        self.size = path.stat().st_size if path.is_file() else 0

    def readinto(self, buffer: Any) -> int:
        count = super().readinto(buffer)
        self._come += count
        self._watch(self.tell() if self.size else self._come, self.size)
        return count


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


def ask_again(synset_store: SynsetStore, journal: Journal, records: Collection[Record]) -> None:
    """Have the next download ask for links again, or for their tars.

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
