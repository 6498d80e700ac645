"""Transfers that go on where they broke off: of a stream that is read once, and of a file.

What is asked for again is the rest (`Range`), and only of the same version (`If-Range`).
"""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import IO, Any, Callable, Generator

from ..core.files import read_json, to_json, write_whole
from ..core.outcomes import Failed, Outcome
from .answers import Answer
from .client import Client
from .connections import Limits
from .retry import Retry

Watch = Callable[[int, int], object]
"""Is told how many bytes have come, and of how many, 0 if nobody knows."""

_NO_SUCH_PLACE = ("206", "416")
"""What a host says that has another thing now, or that gives another piece than was asked for."""

_MOST_VERSIONS = 5
"""Times that a file is begun anew because there is another in its place."""


class _Transfer:
    """What comes from an address, byte after byte, however often the connection breaks.

    Parameters
    ----------
    address : str
        Where it is.
    most_bytes : int
        What is larger fails as TOO_LARGE.
    limits : Limits
        How long a piece may take.
    unpack : bool
        Whether to unpack what comes packed; else the bytes are those that the host keeps.
    much : float
        Bytes that an attempt must have brought for its end to count for nothing.
    """

    def __init__(
        self,
        address: str,
        most_bytes: int,
        limits: Limits,
        *,
        unpack: bool = True,
        much: float = math.inf,
    ) -> None:
        self.address = address
        self._most_bytes = most_bytes
        self._limits = limits
        self._unpack = unpack
        self._much = much
        self._come = 0
        self._version = ""
        self._size: int | None = None

    def _receive(self, client: Client, retry: Retry) -> Generator[bytes, None, None]:
        """Yield what is missing, in as many pieces as it takes."""
        in_vain = 0
        while True:
            before = self._come
            try:
                if (yield from self._receive_piece(client)):
                    return
            except Failed as failed:
                if before and failed.detail in _NO_SUCH_PLACE and self._begin_anew():
                    continue
                brought = self._come - before
                in_vain = 0 if brought >= self._much else 1 if brought > 0 else in_vain + 1
                retry.wait(failed, in_vain)

    def _receive_piece(self, client: Client) -> Generator[bytes, None, bool]:
        """Yield what one answer brings beyond what has come; return whether that is all."""
        # Of what comes packed, the places are others.
        start = self._come if self._size is not None or not self._unpack else 0
        with client.open(
            self.address,
            self._most_bytes,
            self._limits,
            start,
            version=self._version,
            unpack=self._unpack,
        ) as answer:
            if self._come and not self._goes_on(answer) and answer.start:
                return False
            self._remember(answer.version, answer.size)
            known = self._come - answer.start
            for chunk in answer.chunks:
                new = chunk[known:] if known else chunk
                known = max(0, known - len(chunk))
                if new:
                    self._come += len(new)
                    yield new
        if self._size is not None and self._come != self._size:
            raise Failed(Outcome.CUT_SHORT, f"{self._come} bytes of {self._size}")
        return True

    def _goes_on(self, answer: Answer) -> bool:
        """Say whether an answer is to be added to what has come; else that is dropped.

        Raises
        ------
        Failed
            If it is another thing, and what has come cannot be dropped.
        """
        sizes = {answer.size, self._size}
        is_same_size = len(sizes) == 1 or (None in sizes and self._version != "")
        is_same = answer.version == self._version and is_same_size
        if is_same and (answer.start or not self._can_begin_anew):
            return True
        if self._begin_anew():
            return False
        raise Failed(Outcome.CUT_SHORT, "and now there is another in its place")

    _can_begin_anew = False

    def _begin_anew(self) -> bool:
        """Drop what has come, and say whether that could be."""
        return False

    def _remember(self, version: str, size: int | None) -> None:
        self._version, self._size = version, size


_STREAM_LIMITS = Limits(connect=20, first_byte=60, stall=60, whole=86_400)
_MOST_STREAMED = 2**42


class ResumableStream(_Transfer, io.RawIOBase):
    """Reads what is at an address; when the connection breaks, it is asked for the rest.

    Parameters
    ----------
    client : Client
        Asks; it must trust the address.
    address : str
        What is read; it is asked only when somebody reads.
    retry : Retry
        How often it is asked again.
    watch : callable
        Is told how it goes.

    Raises
    ------
    Failed
        By whatever reads, if the rest is not to be had.
    """

    def __init__(self, client: Client, address: str, retry: Retry, watch: Watch) -> None:
        super().__init__(address, _MOST_STREAMED, _STREAM_LIMITS)
        self._watch = watch
        self._chunks = self._receive(client, retry)
        self._held = memoryview(b"")

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what comes next, as far as it has come."""
        if not self._held:
            self._held = memoryview(next(self._chunks, b""))
            if self._held:
                self._watch(self._come, self._size or 0)
        count = min(len(buffer), len(self._held))
        buffer[:count] = self._held[:count]
        self._held = self._held[count:]
        return count

    def close(self) -> None:
        """Let the connection go."""
        self._chunks.close()
        super().close()


_FILE_LIMITS = Limits(connect=20, first_byte=60, stall=60, whole=6 * 3600)
_MOST_OF_A_FILE = 4 * 2**30

_LEAST_PIECE = 2**20
"""Bytes that a connection must have brought, for its end to be no reason to give up."""


class ResumableFile(_Transfer):
    """A file that is fetched, from where an earlier run was interrupted.

    Beside it a note tells its address, version and size, so that no two files are ever mixed.

    Parameters
    ----------
    address : str
        Where it is to be had.
    path : Path
        Where it goes. Only one process may do so.
    """

    _can_begin_anew = True

    def __init__(self, address: str, path: Path) -> None:
        super().__init__(address, _MOST_OF_A_FILE, _FILE_LIMITS, unpack=False, much=_LEAST_PIECE)
        self._path = path
        self._note = path.with_suffix(".json")
        self._stream: IO[bytes] | None = None
        self._versions = 0
        note = read_json(self._note) or {}
        version, size = note.get("version", ""), note.get("size")
        self._version = version if isinstance(version, str) else ""
        self._size = size if isinstance(size, int) else None
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

    def fetch(self, client: Client, watch: Watch, retry: Retry | None = None) -> None:
        """Fetch what is missing.

        Parameters
        ----------
        client : Client
            Asks; it must trust the address.
        watch : callable
            Is told now and then how many bytes are here, and of how many, 0 if nobody knows.
        retry : Retry, optional
            How often it is asked again after an attempt that brought little; by default not.

        Raises
        ------
        Failed
            If not all of it is to be had now; what has come is kept.
        OSError
            If it cannot be written.
        """
        if self.is_whole:
            return
        self._versions = 0
        with self._path.open("ab") as self._stream:
            self._come = self._stream.tell()
            for chunk in self._receive(client, retry or Retry()):
                self._stream.write(chunk)
                watch(self._come, self._size or 0)
        if self._size is None:
            self._remember(self._version, self.here)

    def drop(self) -> None:
        """Remove what is here, and its note."""
        self._path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)
        self._version, self._size, self._come = "", None, 0

    def _begin_anew(self) -> bool:
        self._versions += 1
        if self._versions > _MOST_VERSIONS or not self._stream:
            return False
        self._stream.truncate(0)
        super()._remember("", None)
        self._note.unlink(missing_ok=True)
        self._come = 0
        return True

    def _remember(self, version: str, size: int | None) -> None:
        super()._remember(version, size)
        write_whole(
            self._note, to_json({"address": self.address, "version": version, "size": size})
        )
