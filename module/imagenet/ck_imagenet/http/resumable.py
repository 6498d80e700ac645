"""A large file that is fetched in as many pieces as it takes."""

from __future__ import annotations

from pathlib import Path
from typing import Callable

from ..core.files import read_json, to_json, write_whole
from ..core.outcomes import Failed, Outcome
from .client import Answer, Fetcher
from .connections import Limits

_LIMITS = Limits(connect=20, first_byte=60, stall=60, whole=6 * 3600)
_MOST_BYTES = 4 * 2**30
_MOST_PIECES = 100
_NO_SUCH_PLACE = ("206", "416")
"""What a host says that has another file now, or that gives another piece than was asked for."""

_LEAST_PIECE = 2**20
"""Bytes that a connection must have brought, for its end to be no reason to give up."""


class Delivery:
    """A file that is fetched, from where an earlier run was interrupted.

    Beside it a note tells its address, version and size, so that no two files are ever mixed.

    Parameters
    ----------
    address : str
        Where it is to be had.
    path : Path
        Where it goes. Only one process may do so.
    """

    def __init__(self, address: str, path: Path) -> None:
        self.address = address
        self._path = path
        self._note = path.with_suffix(".json")
        note = read_json(self._note) or {}
        version, size = note.get("version", ""), note.get("size")
        self._version: str = version if isinstance(version, str) else ""
        self._size: int | None = size if isinstance(size, int) else None
        if note.get("address") != address:
            self.drop()

    @property
    def is_whole(self) -> bool:
        """Whether all of it is here."""
        return self._size is not None and self.here == self._size

    @property
    def here(self) -> int:
        """How many bytes of it are here."""
        return self._path.stat().st_size if self._path.is_file() else 0

    def fetch(self, fetcher: Fetcher, watch: Callable[[int, int], object]) -> None:
        """Fetch what is missing.

        Parameters
        ----------
        fetcher : Fetcher
            Asks; it must trust the address.
        watch : callable
            Is told now and then how many bytes are here, and of how many, 0 if nobody knows.

        Raises
        ------
        Failed
            If not all of it is to be had now; what has come is kept.
        OSError
            If it cannot be written.
        """
        for _ in range(_MOST_PIECES):
            if self.is_whole:
                return
            start = self.here
            try:
                self._go_on(fetcher, start, watch)
            except Failed as failed:
                if start and failed.detail in _NO_SUCH_PLACE:
                    self.drop()
                elif failed.outcome.final or self.here < start + _LEAST_PIECE:
                    raise
        raise Failed(Outcome.CUT_SHORT, f"more than {_MOST_PIECES} times")

    def drop(self) -> None:
        """Remove what is here, and its note."""
        self._path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)
        self._version, self._size = "", None

    def _go_on(self, fetcher: Fetcher, start: int, watch: Callable[[int, int], object]) -> None:
        """Fetch a piece: all that comes, from `start` on if the host can do that."""
        with fetcher.open(
            self.address, _MOST_BYTES, _LIMITS, start, version=self._version, unpack=False
        ) as answer:
            if answer.start and not self._is_of(answer):
                self.drop()
                return
            self._remember(answer.version, answer.size)
            with self._path.open("ab") as stream:
                stream.truncate(answer.start)
                for chunk in answer.chunks:
                    stream.write(chunk)
                    watch(stream.tell(), self._size or 0)
        if self._size is None:
            self._remember(answer.version, self.here)
        elif not self.is_whole:
            raise Failed(Outcome.CUT_SHORT, f"{self.here} bytes of {self._size}")

    def _is_of(self, answer: Answer) -> bool:
        """Say whether an answer goes on with the version that is here."""
        same_size = None in (answer.size, self._size) or answer.size == self._size
        return same_size and answer.version == self._version

    def _remember(self, version: str, size: int | None) -> None:
        self._version, self._size = version, size
        note = {"address": self.address, "version": version, "size": size}
        write_whole(self._note, to_json(note))
