"""Serves the simulated ImageNet of `scale_world`, and writes down which link was asked for when.

python benchmarks/scale_server.py PORT LOG
"""

from __future__ import annotations

import asyncio
import struct
import sys
import time
from pathlib import Path
from typing import BinaryIO, Callable, Iterator, NamedTuple, cast

from scale_world import picture

_ENTRY = struct.Struct("<dI")
_FLUSH = 0.1
"""Seconds after which at the latest the log holds a request."""


class Asked(NamedTuple):
    """A request: when it came, as `time.time` counts, and the place of its link."""

    time: float
    place: int


def requests(log: Path, skip: int = 0) -> Iterator[Asked]:
    """Yield the requests in a log, without the first ones."""
    if log.exists():
        with log.open("rb") as stream:
            stream.seek(skip * _ENTRY.size)
            data = stream.read()
            whole = len(data) - len(data) % _ENTRY.size
            yield from map(Asked._make, _ENTRY.iter_unpack(data[:whole]))


def _answer(status: str, body: bytes = b"", kind: str = "text/html", more: str = "") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n{more}\r\n"
    return head.encode() + body


_PAGE = b"<!DOCTYPE html><title>Welcome</title><p>This domain may be for sale."
_GONE = _answer("404 Not Found", _PAGE)
_PARKED = _answer("200 OK", _PAGE)
_UNLISTED = _answer("200 OK", picture(2**32 - 1), "image/jpeg")
_UNAVAILABLE = "https://s.yimg.com/pw/images/en-us/photo_unavailable.png"


class Web(asyncio.Protocol):
    """A connection to one of the hosts.

    Parameters
    ----------
    log : binary file
        Where requests are written down.
    been_busy : set of int
        The links that have been put off once.
    """

    def __init__(self, log: BinaryIO, been_busy: set[int]) -> None:
        self._log = log
        self._been_busy = been_busy
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Remember where answers go."""
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        """Answer each request that is whole."""
        self._read += data
        while b"\r\n\r\n" in self._read:
            request, _, self._read = self._read.partition(b"\r\n\r\n")
            path = request.split(b" ", 2)[1].decode("latin-1")
            self._transport.write(self._answer(path))

    def _answer(self, path: str) -> bytes:
        _, fate, file = (path + "//").split("/")[:3]
        if not file:
            return _PARKED
        place = int(file.partition(".")[0])
        self._log.write(_ENTRY.pack(time.time(), place))
        if fate == "busy-once" and place not in self._been_busy:
            self._been_busy.add(place)
            return _answer("503 Service Unavailable", more="Retry-After: 1\r\n")
        return _ANSWERS[fate](place)


_ANSWERS: dict[str, Callable[[int], bytes]] = {
    "good": lambda place: _answer("200 OK", picture(place), "image/jpeg"),
    "busy-once": lambda place: _answer("200 OK", picture(place), "image/jpeg"),
    "unavailable": lambda _: _answer("302 Found", more=f"Location: {_UNAVAILABLE}\r\n"),
    "gone": lambda _: _GONE,
    "parked": lambda _: _PARKED,
    "parked-as-jpeg": lambda _: _answer("200 OK", _PAGE, "image/jpeg"),
    "front": lambda _: _answer("302 Found", more="Location: /\r\n"),
    "unlisted": lambda _: _UNLISTED,
    "truncated": lambda place: _answer("200 OK", picture(place)[:1500], "image/jpeg"),
    "error": lambda _: _answer("500 Internal Server Error"),
    "silent": lambda _: b"",
    "stalled": lambda place: _answer("200 OK", picture(place), "image/jpeg")[:400],
}


async def _serve(port: int, log: Path) -> None:
    been_busy: set[int] = set()
    with log.open("ab") as stream:
        loop = asyncio.get_running_loop()
        await loop.create_server(
            lambda: Web(stream, been_busy),
            "0.0.0.0",  # noqa: S104 - all of loopback
            port,
            backlog=1024,
        )
        while True:
            await asyncio.sleep(_FLUSH)
            stream.flush()


if __name__ == "__main__":
    asyncio.run(_serve(int(sys.argv[1]), Path(sys.argv[2])))
