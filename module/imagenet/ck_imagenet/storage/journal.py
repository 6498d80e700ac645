"""The journal of a synset: what became of every URL, on disk, a JSON line each; the one truth.

`Journal` reads and writes its files. Not all that they tell is believed: `suspects` finds which
`forbidden` of older versions may have been a ban's.
"""

from __future__ import annotations

import json
import os
import sys
from collections import defaultdict
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    BinaryIO,
    Callable,
    Collection,
    Container,
    Iterator,
    Mapping,
    NamedTuple,
    Sequence,
)

from ..core.files import json_object, names_in, write_whole
from ..core.known_hosts import known_host
from ..core.outcomes import Outcome
from ..core.text import ImageName, parse_image_name
from ..core.urls import endpoint
from .records import FORMAT, Record, now, record_of, refuse_newer

if TYPE_CHECKING:
    from .store import SynsetStore

_SURE = {"sure": True}
"""What the line of a FORBIDDEN holds since a ban is told from a verdict."""

MINUTES = 300
"""Seconds after a refusal in which `forbidden` of the same host may be its ban."""

IN_A_ROW = 5
"""So many of one host, with no other answer of it in between, are rather a ban than verdicts."""

_COME_LATER = ("420", "429", "503")


class Journal:
    """The records of one synset, the last of each URL.

    What is told later counts, and later is what stands further down: clocks are set back, and are
    wrong for years. Of several files the writer's own counts most, since it has read the others
    before it writes. Among those of others there is no order; so a picture counts more than a
    failure.

    Parameters
    ----------
    folder : Path
        Holds one file per writer, so that no two ever write the same; it need not exist.
    writer : str
        Whose file `append` writes.

    Attributes
    ----------
    records : dict of str to Record
        What became of each URL that is settled, in the order in which it was told; not of one that
        a ban seems to have hidden.
    withdrawn : dict of str to Record
        Of those that are not any more: the pictures that they gave.
    garbled : dict of Path to int
        The files with lines that cannot be read, and how many.
    """

    def __init__(self, folder: Path, writer: str = "0") -> None:
        self._folder = folder
        self._path = folder / f"{writer}.jsonl"
        self._file: BinaryIO | None = None
        self._has_refusals = self._is_doubtful = False
        self.records: dict[str, Record] = {}
        self.garbled: dict[Path, int] = {}
        files = [folder / name for name in names_in(folder) if name.endswith(".jsonl")]
        for path in sorted(files, key=lambda path: (path == self._path, path)):
            told, sure = self._read(path)
            latest: dict[str, Record] = {}
            for record in told:
                _put_last(latest, record)
            for url in suspects(told, sure):
                del latest[url]
            self._has_refusals = self._has_refusals or any(map(_is_refusal, told))
            for record in latest.values():
                known = self.records.get(record.url)
                is_picture = known is not None and known.is_kept and not record.is_kept
                if path == self._path or not is_picture:
                    _put_last(self.records, record)
        self._drop_tied()
        self.withdrawn = {url: each for url, each in self.records.items() if each.withdrawn}
        for url in self.withdrawn:
            del self.records[url]

    @classmethod
    def of(cls, synset_store: SynsetStore) -> Journal:
        """Return the journal of a synset."""
        return cls(synset_store.state / "journal")

    @staticmethod
    def is_begun(synset_store: SynsetStore) -> bool:
        """Say whether anything has been kept of a synset."""
        return os.path.exists(f"{synset_store.state}{os.sep}journal")  # noqa: PTH110  there are many

    def append(self, record: Record) -> None:
        """Keep a record, on disk before this returns; raise OSError if that is not possible."""
        try:
            if self._file is None:
                self._file = self._open()
            is_sure = record.outcome is Outcome.FORBIDDEN
            _write_line(
                self._file, json.dumps({**record.facts(), **_SURE}) if is_sure else record.line()
            )
        except OSError as error:
            self.close()  # whoever opens it again drops the torn line
            error.filename = str(self._path)
            raise
        self._has_refusals = self._has_refusals or _is_refusal(record)
        if self._has_refusals and record.outcome is Outcome.FORBIDDEN:
            self._is_doubtful = True  # whoever reads this may take it for a ban's
        told, other = self.records, self.withdrawn
        if record.withdrawn:
            told, other = other, told
        other.pop(record.url, None)
        _put_last(told, record)

    def as_read(self) -> Journal:
        """Return what whoever reads the files now finds in them: mostly what is known here."""
        if self._is_doubtful:
            return Journal(self._folder, self._path.stem)
        self._drop_tied()
        return self

    def withdraw(self, record: Record) -> None:
        """Have a picture that was saved asked for again; raise OSError if that is not possible."""
        self.append(record._replace(withdrawn=True, time=now()))

    def saved(self) -> dict[int, Record]:
        """Return the records of the pictures that were saved, by number."""
        return {
            record.name.number: record
            for record in self.records.values()
            if record.outcome is Outcome.SAVED
        }

    def present(self, here: Collection[int]) -> Iterator[Record]:
        """Yield the records without those of saved pictures that are not `here` any more."""
        for record in self.records.values():
            if record.outcome is not Outcome.SAVED or record.name.number in here:
                yield record

    def tie(self, urls: Mapping[int, str]) -> list[Record]:
        """Put pictures that are known by their names alone under their URLs, in memory only.

        Parameters
        ----------
        urls : mapping of int to str
            The URLs of ImageNet's own numbers.

        Returns
        -------
        list of Record
            What is to be told of these pictures from now on: to be appended, with the time then.
        """
        tied = []
        here = {record.url for record in self.saved().values()}
        for record in [each for each in self.saved().values() if not each.has_url]:
            name = parse_image_name(record.url)
            url = urls.get(name.number) if name else None
            if url and url not in here:
                del self.records[record.url]
                self.records[url] = record._replace(url=url)
                tied.append(self.records[url])
                here.add(url)
        return tied

    def forget(self, records: Collection[Record]) -> None:
        """Take out all that is told of these links, under whatever name; nobody may be writing.

        Raises
        ------
        OSError
            If that is not possible.
        """
        urls = {record.url for record in records}
        names = {str(record.name) for record in records}
        for path in self._folder.glob("*.jsonl"):
            self._keep(path, lambda facts: not _tells_of(facts, urls, names))
        for url in urls:
            self.records.pop(url, None)

    def drop_garbled(self, path: Path) -> None:
        """Take the lines that cannot be read out of a file; nobody may be writing.

        Raises
        ------
        OSError
            If that is not possible.
        """
        self._keep(path, bool)
        self.garbled.pop(path, None)

    def close(self) -> None:
        """Close the file."""
        if self._file:
            self._file.close()
            self._file = None

    def _read(self, path: Path) -> tuple[list[Record], set[int]]:
        """Return what a file tells, in its order, and the positions of what is no ban's."""
        records: list[Record] = []
        sure = set()
        for line in _lines(path):
            facts = _facts(line)
            refuse_newer(facts.get("format"), path)
            record = record_of(facts)
            if record:
                if facts.get("sure"):
                    sure.add(len(records))
                records.append(record)
            elif not facts:
                self.garbled[path] = self.garbled.get(path, 0) + 1
        return records, sure

    def _keep(self, path: Path, wanted: Callable[[dict[str, Any]], bool]) -> None:
        """Write a file anew with the lines that are wanted."""
        self.close()
        kept = [line for line in _lines(path) if wanted(_facts(line))]
        write_whole(path, b"".join(line + b"\n" for line in kept), self._folder.parent)

    def _drop_tied(self) -> None:
        """Leave out what is told under a name where the same is told later under a URL."""
        named: dict[ImageName, str] = {}
        for record in list(self.records.values()):
            if not record.has_url:
                named[record.name] = record.url
            elif record.name in named:
                del self.records[named.pop(record.name)]

    def _open(self) -> BinaryIO:
        self._folder.mkdir(parents=True, exist_ok=True)
        _drop_torn_line(self._path)
        opened = self._path.open("ab", buffering=0)
        if opened.tell() == 0:
            _write_line(opened, json.dumps({"format": FORMAT}))
        return opened


def _drop_torn_line(path: Path) -> None:
    """Cut off what a kill left behind the last whole line."""
    data = path.read_bytes() if path.exists() else b""
    whole = data.rfind(b"\n") + 1
    if whole < len(data):
        os.truncate(path, whole)


def _lines(path: Path) -> list[bytes]:
    return path.read_bytes().split(b"\n")[:-1]  # what has no end is torn


def _facts(line: bytes) -> dict[str, Any]:
    """Return the object in a line, an empty one if there is none."""
    return json_object(line) or {}


def _tells_of(facts: dict[str, Any], urls: set[str], names: set[str]) -> bool:
    """Say whether a line tells of one of these URLs, or of one of these pictures by its name."""
    url = facts.get("url")
    is_named = isinstance(url, str) and parse_image_name(url) is not None
    return url in urls or (is_named and facts.get("name") in names)


def _put_last(records: dict[str, Record], record: Record) -> None:
    """Let what is told of a URL now stand behind all that was told before."""
    records.pop(record.url, None)
    records[record.url] = _remembered(record)


def _remembered(record: Record) -> Record:
    """Return a record that shares with others the texts that are the same: lists are long."""
    return record._replace(
        time=sys.intern(record.time),
        detail=sys.intern(record.detail),
        source=sys.intern(record.source),
        wayback=sys.intern(record.wayback),
    )


def _write_line(opened: BinaryIO, text: str) -> None:
    line = text.encode() + b"\n"
    while line:  # a disk takes what it has room for before it fails
        line = line[opened.write(line) :]


# Which `forbidden` of older versions may have been a ban's: those links are asked once more.
#
# A host that rations may answer 403 to everything for a while. Older versions took each for a
# verdict on its link, and wrote no line of a refusal after which they asked again. So what is
# likely decides: to ask in vain costs one request.


class _HostName(NamedTuple):
    """What the hosts have in common that ration together."""

    text: str
    is_known: bool
    """Whether it is a service that is known to ration."""


def suspects(records: Sequence[Record], sure: Container[int] = ()) -> set[str]:
    """Return the URLs that were forbidden, as far as it seems, because their host had banned us.

    A second verdict is believed if it is sure: so each of these is asked once more.

    Parameters
    ----------
    records : sequence of Record
        All that a file of the journal tells, in its order.
    sure : container of int
        The positions of those that a version has written that tells a ban from a verdict.
    """
    if not _are_worth_a_look(records, sure):
        return set()
    hosts: dict[_HostName, _HostVerdicts] = defaultdict(_HostVerdicts)
    for position, record in enumerate(records):
        name = _name("/".join(record.url.split("/", 3)[:3]).lower())
        hosts[name].take(record, position in sure)
        if record.outcome is Outcome.HOST_BUSY:
            led_to = _name(f"http://{record.detail}")
            hosts[led_to].take(record, is_sure=False)
    latest = {record.url: record.outcome for record in records}
    found = {url for name, host in hosts.items() for url in host.suspects(name.is_known)}
    return {url for url in found if latest[url] is Outcome.FORBIDDEN}


class _HostVerdicts:
    """What the lines tell of one host."""

    def __init__(self) -> None:
        self._forbidden: dict[str, bool] = {}
        """The URLs, and whether the last line of each is sure."""
        self._after_refusal: set[str] = set()
        self._refused = ""
        self._row = self._longest_row = 0

    def take(self, record: Record, is_sure: bool) -> None:
        """Take the next line."""
        if record.outcome is Outcome.FORBIDDEN:
            self._take_forbidden(record, is_sure)
        elif _is_refusal(record):
            self._refused = record.time
        elif record.outcome.final:
            self._row = 0

    def suspects(self, is_known: bool) -> set[str]:
        """Return the URLs that seem to have met a ban."""
        if not is_known and self._longest_row < IN_A_ROW:
            return self._after_refusal
        # Those before the row too: what was saved meanwhile took longer to be written down.
        return self._after_refusal | {url for url, sure in self._forbidden.items() if not sure}

    def _take_forbidden(self, record: Record, is_sure: bool) -> None:
        is_believed = is_sure and record.url in self._forbidden
        self._forbidden[record.url] = is_sure
        self._row += not is_sure
        self._longest_row = max(self._row, self._longest_row)
        if not is_believed and _is_soon_after(self._refused, record.time):
            self._after_refusal.add(record.url)
        else:
            self._after_refusal.discard(record.url)


def _are_worth_a_look(records: Sequence[Record], sure: Container[int]) -> bool:
    """Say whether there can be any: most journals cost no more than this."""
    forbidden = [at for at, each in enumerate(records) if each.outcome is Outcome.FORBIDDEN]
    return bool(forbidden) and (
        not all(position in sure for position in forbidden) or any(map(_is_refusal, records))
    )


def _is_refusal(record: Record) -> bool:
    if record.outcome is Outcome.BUSY:
        return record.detail.startswith(_COME_LATER)
    return record.outcome is Outcome.HOST_BUSY


def _is_soon_after(refused: str, time: str) -> bool:
    """Say whether hardly many minutes have passed, by the clock of then, which may be set back.

    There is no other measure; which was first, the order of the lines has told.
    """
    try:
        first, second = (
            datetime.fromisoformat(each.replace("Z", "+00:00")) for each in (refused, time)
        )
        return (second - first).total_seconds() <= MINUTES
    except (TypeError, ValueError):
        return False


@lru_cache(maxsize=10_000)
def _name(url: str) -> _HostName:
    """Return what a host is called: all names of a known service are one."""
    host = endpoint(url)
    found = known_host(host)
    return _HostName(found.service, True) if found else _HostName(host, False)
