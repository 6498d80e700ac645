"""What is at an address as one stream, however often the connection breaks."""

from __future__ import annotations

import io
import time
from typing import Any, Callable, Generator, Iterator

from ..core.outcomes import Failed, Outcome
from .client import Answer, Fetcher
from .connections import Limits

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
    fetcher : Fetcher
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
        fetcher: Fetcher,
        address: str,
        retry: int,
        watch: Watch,
        resting: Callable[[float], object] = lambda seconds: None,
        wait: Callable[[float], object] = time.sleep,
    ) -> None:
        super().__init__()
        self._fetcher = fetcher
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
        with self._fetcher.open(self._address, _MOST_STREAMED, _STREAM_LIMITS, start) as answer:
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
