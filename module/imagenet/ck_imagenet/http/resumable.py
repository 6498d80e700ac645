"""A large file that is fetched in as many pieces as it takes."""

from __future__ import annotations

import io
import time
from pathlib import Path
from typing import Any, Callable, Generator, Iterator, TypeVar

from ..core.files import read_json, to_json, write_whole
from ..core.outcomes import Failed, Outcome, come_back
from ..core.text import Progress
from .client import Answer, Client
from .connections import Limits

# What a service that is busy asks of who wants something of it: to come back later.

_ATTEMPTS = 3
_LONGEST_WAIT = 60.0
"""Seconds that a busy service may ask for, and is asked again then."""

Result = TypeVar("Result")


def patiently(ask: Callable[[], Result], who: str, usual: float, progress: Progress) -> Result:
    """Return what asking gives, also if that takes more than one attempt.

    Parameters
    ----------
    ask : callable
        Asks once.
    who : str
        Who is asked, for the user.
    usual : float
        Seconds after which to ask again if a busy one does not say for how long.
    progress : Progress
        Is told of every wait.

    Raises
    ------
    Failed
        BUSY, with the time to come back, if it is still so or wants too much; what else fails.
    """
    attempts = 0
    while True:
        attempts += 1
        try:
            return ask()
        except Failed as failed:
            if failed.outcome is not Outcome.BUSY:
                raise
            wait = failed.retry_after or usual
            if attempts == _ATTEMPTS or wait > _LONGEST_WAIT:
                if not failed.retry_after:
                    failed = Failed(Outcome.BUSY, f"{failed.detail}, {come_back(wait)}")
                raise failed from None
        progress.resting(who, wait)
        time.sleep(wait)


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

    def fetch(self, client: Client, watch: Callable[[int, int], object]) -> None:
        """Fetch what is missing.

        Parameters
        ----------
        client : Client
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
                self._go_on(client, start, watch)
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

    def _go_on(self, client: Client, start: int, watch: Callable[[int, int], object]) -> None:
        """Fetch a piece: all that comes, from `start` on if the host can do that."""
        with client.open(
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


# What is at an address as one stream, however often the connection breaks.

_MOST_STREAMED = 2**42
_STREAM_LIMITS = Limits(connect=20, first_byte=60, stall=60, whole=86_400)
_LONGEST_PAUSE = 60.0
"""Seconds between two attempts; a host that asks for more is not waited for."""

Watch = Callable[[int, int], object]
"""Is told how many bytes have come, and of how many, 0 if nobody knows."""


class Resumed(io.RawIOBase):
    """Reads what is at an address; when the connection breaks, it is asked for the rest.

    Parameters
    ----------
    client : Client
        Asks; it must trust the address.
    address : str
        What is read.
    retry : int
        Further attempts after one that brought nothing.
    watch : callable
        Is told how it goes.
    resting : callable
        Is told how many seconds a busy host is left alone.
    wait : callable
        Waits so many seconds between two attempts.

    Raises
    ------
    Failed
        By whatever reads, if the rest is not to be had.
    """

    def __init__(
        self,
        client: Client,
        address: str,
        retry: int,
        watch: Watch,
        resting: Callable[[float], object] = lambda seconds: None,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        super().__init__()
        self._client = client
        self._address = address
        self._retry = retry
        self._watch = watch
        self._resting = resting
        self._wait = wait
        self._first: Answer | None = None
        self._come = 0
        self._chunks = self._receive()
        self._held = memoryview(b"")

    def readable(self) -> bool:
        """Say that this can be read."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer with what comes next, as far as it has come."""
        if not self._held:
            self._held = memoryview(next(self._chunks, b""))
        count = min(len(buffer), len(self._held))
        buffer[:count] = self._held[:count]
        self._held = self._held[count:]
        return count

    def close(self) -> None:
        """Let the connection go."""
        self._chunks.close()
        super().close()

    def _receive(self) -> Generator[bytes, None, None]:
        in_vain = 0
        while True:
            before = self._come
            try:
                yield from self._receive_once()
                return
            except Failed as failed:
                in_vain = 1 if self._come > before else in_vain + 1
                asks_too_much = failed.retry_after > _LONGEST_PAUSE
                if failed.outcome.final or asks_too_much or in_vain > self._retry:
                    raise
                if failed.retry_after:
                    self._resting(failed.retry_after)
                self._wait(failed.retry_after or min(_LONGEST_PAUSE, 2.0 ** (in_vain - 1)))

    def _receive_once(self) -> Iterator[bytes]:
        """Yield what one answer brings beyond what has come."""
        # Of what comes packed, the places are others.
        start = self._come if self._first and self._first.size is not None else 0
        with self._client.open(self._address, _MOST_STREAMED, _STREAM_LIMITS, start) as answer:
            self._first = self._first or answer
            if (answer.version, answer.size) != (self._first.version, self._first.size):
                raise Failed(Outcome.CUT_SHORT, "and now there is another in its place")
            known = self._come - answer.start
            for chunk in answer.chunks:
                new = chunk[known:]
                known = max(0, known - len(chunk))
                if new:
                    self._come += len(new)
                    self._watch(self._come, answer.size or 0)
                    yield new
