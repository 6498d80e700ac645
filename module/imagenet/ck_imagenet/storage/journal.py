"""The journal of a synset: what became of every URL, on disk, a JSON line each; the one truth.

`Journal` reads and writes its files. Not all that they tell is believed: `bans` finds which
`forbidden` of older versions may have been a ban's.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Any,
    BinaryIO,
    Callable,
    Collection,
    Iterator,
    Mapping,
)

from ..core.files import json_object, names_in, write_whole
from ..core.outcomes import Outcome
from ..core.text import ImageName, parse_image_name
from .bans import is_refusal, suspects
from .records import FORMAT, Record, now, record_of, refuse_newer

if TYPE_CHECKING:
    from .store import SynsetStore

_SURE = {"sure": True}
"""What the line of a FORBIDDEN holds since a ban is told from a verdict."""


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
    answers : dict of str to Record
        What came of URLs that were asked, where the picture is from elsewhere since: from a copy.
    garbled : dict of Path to int
        The files with lines that cannot be read, and how many.
    """

    def __init__(self, folder: Path, writer: str = "0") -> None:
        self._folder = folder
        self._path = folder / f"{writer}.jsonl"
        self._file: BinaryIO | None = None
        self._has_refusals = self._is_doubtful = False
        self.records: dict[str, Record] = {}
        self.answers: dict[str, Record] = {}
        self.garbled: dict[Path, int] = {}
        files = [folder / name for name in names_in(folder) if name.endswith(".jsonl")]
        for path in sorted(files, key=lambda path: (path == self._path, path)):
            told, sure = self._read(path)
            latest: dict[str, Record] = {}
            for record in told:
                self._remember_answer(latest.get(record.url), record)
                _put_last(latest, record)
            for url in suspects(told, sure):
                del latest[url]
            self._has_refusals = self._has_refusals or any(map(is_refusal, told))
            for record in latest.values():
                known = self.records.get(record.url)
                is_picture = known is not None and known.is_kept and not record.is_kept
                if path == self._path or not is_picture:
                    self._remember_answer(known, record)
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
        self._has_refusals = self._has_refusals or is_refusal(record)
        if self._has_refusals and record.outcome is Outcome.FORBIDDEN:
            self._is_doubtful = True  # whoever reads this may take it for a ban's
        told, other = self.records, self.withdrawn
        if record.withdrawn:
            told, other = other, told
        self._remember_answer(self.records.get(record.url), record)
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
            self.answers.pop(url, None)

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

    def _remember_answer(self, before: Record | None, record: Record) -> None:
        """Keep what a URL has answered, if its picture has come from elsewhere instead."""
        if record.outcome is not Outcome.SAVED or record.final_url:
            self.answers.pop(record.url, None)
        elif before and before.has_answered:
            self.answers[record.url] = before

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
