"""Which tars have been read to their ends: they need not be fetched again."""

from __future__ import annotations

from .files import read_json, to_json, write_whole
from .journal import FORMAT, now, refuse_newer
from .store import SynsetStore


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

    def add(self, tar: str) -> None:
        """Remember a tar, and when that was; raise OSError if that is not possible."""
        self._read[tar] = now()
        write_whole(self._path, to_json({"format": FORMAT, "read": self._read}))
