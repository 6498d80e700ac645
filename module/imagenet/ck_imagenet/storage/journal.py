"""What became of every URL of a synset: the one truth, on disk, a JSON line each."""

from __future__ import annotations

import hashlib
import json
import os
import sys
from datetime import datetime, timezone
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Callable, Collection, Iterator, Mapping, NamedTuple

from ..core.errors import StoreError
from ..core.files import json_object, write_whole
from ..core.outcomes import Outcome
from ..core.text import ImageName, parse_image_name
from . import forbidden

if TYPE_CHECKING:  # to list what is here must not cost the import of Pillow
    from ..images.judging import Picture
    from .store import SynsetStore

FORMAT = 1
"""Of everything that is kept: a newer one is refused, an older one always read."""

_SURE = {"sure": True}
"""What the line of a FORBIDDEN holds since a ban is told from a verdict."""


class Record(NamedTuple):
    """What became of one URL; fields below `wayback` are known of a saved picture, but as told."""

    name: ImageName
    url: str
    """As the list holds it: the key. Of a picture whose URL nobody knows, ImageNet's own name."""
    outcome: Outcome
    time: str
    """UTC, ISO 8601, to the second."""
    detail: str = ""
    source: str = ""
    """Where the list came from, or that the picture came from the Wayback Machine."""
    wayback: str = ""
    """What the Wayback Machine said, if it was asked and has no picture."""
    final_url: str = ""
    captured: str = ""
    """When the Wayback Machine took what it gave, if it comes from there."""
    sha256: str = ""
    bytes: int = 0
    width: int = 0
    height: int = 0
    image_format: str = ""
    altered: bool = False
    """Whether it comes from a host that is known to give altered copies."""
    withdrawn: bool = False
    """Whether the picture has been taken out since, and is to be asked for again."""

    @property
    def is_kept(self) -> bool:
        """Whether it tells of a picture that is to be here."""
        return self.outcome is Outcome.SAVED and not self.withdrawn

    @property
    def has_url(self) -> bool:
        """Whether the picture's URL is known, not its name alone."""
        return parse_image_name(self.url) is None

    def facts(self) -> dict[str, Any]:
        """Return what is known, without what is empty, as journal and meta hold it."""
        known: dict[str, Any] = {key: value for key, value in self._asdict().items() if value}
        return {**known, "name": str(self.name), "outcome": self.outcome.word}


def saved(
    name: ImageName,
    url: str,
    data: bytes,
    picture: Picture,
    source: str,
    final_url: str,
    captured: str = "",
    altered: bool = False,
) -> Record:
    """Return the record of a picture that is being saved, or was found here."""
    return Record(
        name,
        url,
        Outcome.SAVED,
        now(),
        source=source,
        final_url=final_url,
        captured=captured,
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        width=picture.width,
        height=picture.height,
        image_format=picture.format.tag,
        altered=altered,
    )


def now() -> str:
    """Return the time as records hold it: UTC, ISO 8601, to the second."""
    return datetime.now(timezone.utc).isoformat(timespec="seconds").replace("+00:00", "Z")


def refuse_newer(found: Any, where: Path) -> None:
    """Raise StoreError if what is kept at `where` has a format that this version cannot read."""
    if isinstance(found, int) and found > FORMAT:
        raise StoreError(
            f"{where} was written by a newer ck-imagenet, in format {found}, and this one reads "
            f"{FORMAT}: upgrade with: ck pull repo:ck-imagenet"
        )


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
        self.records: dict[str, Record] = {}
        self.garbled: dict[Path, int] = {}
        for path in sorted(folder.glob("*.jsonl"), key=lambda path: (path == self._path, path)):
            told, sure = self._read(path)
            latest: dict[str, Record] = {}
            for record in told:
                _put_last(latest, record)
            for url in forbidden.suspects(told, sure):
                del latest[url]
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
    def of(cls, place: SynsetStore) -> Journal:
        """Return the journal of a synset."""
        return cls(place.state / "journal")

    @staticmethod
    def is_begun(place: SynsetStore) -> bool:
        """Say whether anything has been kept of a synset."""
        return os.path.exists(f"{place.state}{os.sep}journal")  # noqa: PTH110  there are many

    def append(self, record: Record) -> None:
        """Keep a record, on disk before this returns; raise OSError if that is not possible."""
        try:
            if self._file is None:
                self._file = self._open()
            sure = _SURE if record.outcome is Outcome.FORBIDDEN else {}
            _write_line(self._file, {**record.facts(), **sure})
        except OSError as error:
            self.close()  # whoever opens it again drops the torn line
            error.filename = str(self._path)
            raise
        told, other = self.records, self.withdrawn
        if record.withdrawn:
            told, other = other, told
        other.pop(record.url, None)
        _put_last(told, record)

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
            _write_line(opened, {"format": FORMAT})
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


_TYPES: dict[str, type] = {
    "url": str,
    "time": str,
    **{field: type(default) for field, default in Record._field_defaults.items()},
}


def record_of(facts: dict[str, Any]) -> Record | None:
    """Return the record that a line or a meta tells; None for one that this version cannot use."""
    name = parse_image_name(str(facts.get("name", "")))
    known: dict[str, Any] = {
        key: value for key, value in facts.items() if isinstance(value, _TYPES.get(key, ()))
    }
    try:
        known.update(name=name, outcome=Outcome.named(facts["outcome"]))
        return Record(**known) if name else None
    except (KeyError, TypeError):
        return None


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


def _write_line(opened: BinaryIO, facts: dict[str, Any]) -> None:
    line = json.dumps(facts).encode() + b"\n"
    while line:  # a disk takes what it has room for before it fails
        line = line[opened.write(line) :]
