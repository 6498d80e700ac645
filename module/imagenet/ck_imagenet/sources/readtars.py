"""Which tars have been read to their ends: they need not be fetched again."""

from __future__ import annotations

from typing import Collection, Iterable

from ..core.files import read_json, to_json, write_whole
from ..core.outcomes import Outcome
from ..storage.journal import FORMAT, Journal, Record, now, refuse_newer
from ..storage.store import SynsetStore


class ReadTars:
    """The tars of one synset that have been read to their ends.

    Parameters
    ----------
    place : SynsetStore
        The synset.

    Raises
    ------
    StoreError
        If a newer version has written them down.
    """

    def __init__(self, place: SynsetStore) -> None:
        self._path = place.state / "tars.json"
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


def ask_again(place: SynsetStore, journal: Journal, records: Collection[Record]) -> None:
    """Have the next download ask for links, or for their tars; of failures, all is forgotten."""
    if not records:
        return
    ReadTars(place).forget(record.source for record in records)
    for record in records:
        if record.outcome is Outcome.SAVED:
            journal.withdraw(record)
    journal.forget([each for each in records if each.outcome is not Outcome.SAVED])
