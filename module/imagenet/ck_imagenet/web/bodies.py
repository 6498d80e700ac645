"""The body of an answer: bounded, unpacked, and whole."""

from __future__ import annotations

import threading
import zlib
from contextlib import contextmanager
from typing import Any, Iterable, Iterator

from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError

from ..outcomes import Failed, Outcome, Postponed
from . import failures
from .connections import Budget, Limits, current, spend

_CHUNK = 2**18
_UNPACKED = 2**20
_WORTH_READING = 16_384
_PARTING = Limits(connect=0, first_byte=0.2, stall=0.2, whole=0.2)
"""For the rest of an answer that nobody needs: about what a new connection costs."""

_LARGE = 2**21
"""Bytes; hardly any picture has more, but what has no end has."""

_few_at_once = threading.Semaphore(4)  # with their bytes in memory

_BODILESS = (101, 204, 304)
"""Statuses after which nothing may come; what some hosts send all the same would come too late."""

_PACKED = ("gzip", "x-gzip", "deflate")
_GZIP = b"\x1f"


def chunks(response: HTTPResponse, most_bytes: int, unpack: bool) -> Iterator[bytes]:
    """Yield a body, unpacked or as it comes.

    Raises
    ------
    Failed
        TOO_LARGE if it has more than `most_bytes`; CUT_SHORT or NOT_HTTP if it is not whole.
    """
    received = _received(response)
    left = most_bytes
    for chunk in _unpacked(received) if unpack else received:
        left -= len(chunk)
        if left < 0:
            raise Failed(Outcome.TOO_LARGE, f"more than {most_bytes} bytes")
        yield chunk


def is_packed(response: HTTPResponse) -> bool:
    """Say whether a body comes packed, although nobody asked for that."""
    return response.headers.get("Content-Encoding", "").strip().lower() in _PACKED


def whole(chunks: Iterable[bytes]) -> bytes:
    """Return all of a body; raise Postponed if there is no room for one that is so large."""
    parts, size = [], 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size > _LARGE:
            with _room():
                parts += chunks
    return b"".join(parts)


def release(response: HTTPResponse) -> None:
    """Keep the connection if little of its answer is left to read, else close it."""
    if response.connection is None:  # all has been read, and so it is kept
        return
    spend(Budget(_PARTING))
    try:
        length = response.length_remaining
        short = response.chunked if length is None else length <= _WORTH_READING
        if short and response.status not in _BODILESS:
            response.read(_WORTH_READING, decode_content=False)
        if response.isclosed():  # all has been read, in the words of `http.client`
            response.release_conn()
    except (Failed, HTTPError, OSError):
        pass  # and so it is closed
    response.close()


@contextmanager
def _room() -> Iterator[None]:
    """Wait until few other large bodies are read, as long as the peer might keep silent."""
    budget = current()
    if not _few_at_once.acquire(timeout=budget.until_due()):
        raise Postponed("other large answers come first")
    try:
        budget.renew()  # it was not the peer who paused
        yield
    finally:
        _few_at_once.release()


def _received(response: HTTPResponse) -> Iterator[bytes]:
    while True:
        with failures.named(Outcome.CUT_SHORT):
            chunk = response.read(_CHUNK, decode_content=False)
        if not chunk:
            break
        yield chunk
    if response.length_remaining:
        raise Failed(Outcome.CUT_SHORT, f"{response.length_remaining} bytes missing")


def _unpacked(packed: Iterable[bytes]) -> Iterator[bytes]:
    """Yield what gzip or deflate has packed, never much of it at once: it may be a bomb."""
    stream: Any = None
    for chunk in packed:
        data = b""
        while chunk or len(data) == _UNPACKED:
            if stream is None or (stream.eof and chunk.startswith(_GZIP)):
                stream = zlib.decompressobj(_window_bits(chunk))
            elif stream.eof:
                break  # browsers ignore what follows too
            try:
                data = stream.decompress(chunk, _UNPACKED)
            except zlib.error as error:
                raise Failed(Outcome.NOT_HTTP, str(error)) from None
            yield data
            chunk = stream.unconsumed_tail or stream.unused_data
    if stream is not None and not stream.eof:
        raise Failed(Outcome.CUT_SHORT, "what was packed is not whole")


def _window_bits(begin: bytes) -> int:
    """Return how `zlib` is told the form: gzip, zlib, or, as some hosts send it, the bare data."""
    return 47 if begin.startswith(_GZIP) or begin[0] & 0x0F == 8 else -15
