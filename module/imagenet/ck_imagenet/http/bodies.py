"""The body of an answer: bounded, unpacked, and whole."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import Iterable, Iterator, Sequence

from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError

from ..core.outcomes import Failed, Outcome, Postponed
from . import failures
from .codings import undone
from .connections import Budget, Limits, current, spend

_CHUNK = 2**18
_WORTH_READING = 16_384
_PARTING = Limits(connect=0, first_byte=0.2, stall=0.2, whole=0.2)
"""For the rest of an answer that nobody needs: about what a new connection costs."""

_LARGE = 2**21
"""Bytes; hardly any picture has more, but what has no end has."""

_few_at_once = threading.Semaphore(4)  # with their bytes in memory

_BODILESS = (101, 204, 304)
"""Statuses after which nothing may come; what some hosts send all the same would come too late."""


def chunks(
    response: HTTPResponse,
    most_bytes: int,
    codings: Sequence[str] = (),
    *,
    is_picture: bool = False,
    expected: int | None = None,
) -> Iterator[bytes]:
    """Yield a body, without its codings.

    Parameters
    ----------
    response : HTTPResponse
        Whose body it is.
    most_bytes : int
        What it may have, also without its codings.
    codings : sequence of str
        What is to be undone.
    is_picture : bool
        Whether a picture is wanted.
    expected : int, optional
        How many bytes must come.

    Raises
    ------
    Failed
        TOO_LARGE if it has more than `most_bytes`; CUT_SHORT or UNDECODABLE if it is not whole.
    """
    if codings:  # which urllib3 would prepare to undo, and refuse if they are many
        response.CONTENT_DECODERS = []
    received = _received(response, most_bytes, expected)
    return undone(received, codings, most_bytes, is_picture) if codings else received


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


def _received(response: HTTPResponse, most_bytes: int, expected: int | None) -> Iterator[bytes]:
    count = 0
    while True:
        with failures.named(Outcome.CUT_SHORT):
            chunk = response.read(_CHUNK, decode_content=False)
        if not chunk:
            break
        count += len(chunk)
        if count > most_bytes:
            raise Failed(Outcome.TOO_LARGE, f"more than {most_bytes} bytes")
        yield chunk
    if response.length_remaining:
        raise Failed(Outcome.CUT_SHORT, f"{response.length_remaining} bytes missing")
    if expected is not None and count != expected:
        raise Failed(Outcome.CUT_SHORT, f"{count} of {expected} bytes")
