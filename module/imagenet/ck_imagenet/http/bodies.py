"""Content codings: how a body is packed, by its headers, and how that is undone, in bounds.

Hosts apply them although nobody asked, name several, misname them, or name what is no coding. So
a coding is undone if there is one; where a picture begins already, there is none.
"""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from functools import lru_cache
from importlib import import_module
from typing import Any, Callable, Iterable, Iterator, Sequence

from urllib3 import HTTPHeaderDict, HTTPResponse
from urllib3.exceptions import HTTPError

from ..core.outcomes import Failed, Outcome, Postponed
from ..images import formats
from ..images.judging import AT_ONCE, GZIP, NotPacked, Unfinished, inflated
from . import connections
from .connections import Budget, Limits, current, spend

Undo = Callable[[Iterable[bytes]], Iterator[bytes]]

_FIELDS = ("Content-Encoding", "Transfer-Encoding")

_MOST = 10
"""Codings one over the other: browsers undo as many."""

_SAY_NOTHING = re.compile(
    r"|identity|none|null|plain|raw|default|binary|[78]bit|(us-)?ascii|text(/.*)?|chunked"
    r"|(utf|iso|windows|cp|latin|koi8|gb|big5|euc|shift)[\w.-]*|(image|application)/.*"
)
"""Words that stand there and name no coding: charsets, types, encodings of mail."""

_COMPRESSIONS = frozenset(
    ("gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress", "dcb", "dcz")
)
"""Codings that there are, whether they can be undone here or not."""

_LARGEST_WINDOW = 23
"""Of zstd, in bits: more it may not ask for on the web (RFC 9659)."""

_LOOKED_AT = 64
"""Bytes of a beginning."""

_TEXT = re.compile(rb"(\xef\xbb\xbf)?[\t\n\r\x20-\x7e]+")


def named(headers: HTTPHeaderDict) -> list[str]:
    """Return the codings of a body in the order in which they were applied.

    All lines with one name are one list. What is packed for its way only is packed last.
    """
    fields = [line for name in _FIELDS if name in headers for line in headers.getlist(name)]
    words = (word.strip().lower() for field in fields for word in field.split(","))
    return [word for word in words if not _SAY_NOTHING.fullmatch(word)]


def undone(
    chunks: Iterable[bytes], codings: Sequence[str], most_bytes: int, is_picture: bool
) -> Iterator[bytes]:
    """Yield a body without its codings.

    Parameters
    ----------
    chunks : iterable of bytes
        The body as it comes.
    codings : sequence of str
        As `named` gives them.
    most_bytes : int
        What may be in any of them.
    is_picture : bool
        Whether a picture is wanted: then a text is none, and an unknown coding is a failure.

    Raises
    ------
    Failed
        UNDECODABLE, with the coding that cannot be undone; CUT_SHORT, TOO_LARGE.
    """
    if len(codings) > _MOST:
        raise Failed(Outcome.UNDECODABLE, f"{len(codings)} codings")
    for coding in reversed(codings):
        chunks = _without(coding, chunks, most_bytes, is_picture)
    yield from chunks


def _without(
    coding: str, chunks: Iterable[bytes], most_bytes: int, is_picture: bool
) -> Iterator[bytes]:
    begin, chunks = _begun(chunks)
    undo = _undoer(coding)
    is_known = coding in _COMPRESSIONS
    is_text = _TEXT.fullmatch(begin) and not (is_picture and is_known)
    if not begin or is_text or formats.begins_picture(begin):
        yield from chunks
    elif undo is None:
        if (is_known or is_picture) and not begin.startswith(GZIP):
            raise Failed(Outcome.UNDECODABLE, coding)
        yield from chunks
    else:
        left = most_bytes
        try:
            for data in undo(chunks):
                left -= len(data)
                if left < 0:
                    raise Failed(Outcome.TOO_LARGE, f"more than {most_bytes} bytes")
                yield data
        except NotPacked:
            raise Failed(Outcome.UNDECODABLE, coding) from None
        except Unfinished:
            raise Failed(Outcome.CUT_SHORT, "what was packed is not whole") from None


def _begun(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return how a body begins, and all of it."""
    source = iter(chunks)
    held = b""
    for chunk in source:
        held += chunk
        if len(held) >= _LOOKED_AT:
            break

    def every() -> Iterator[bytes]:
        yield held
        yield from source

    return held[:_LOOKED_AT], every()


def _undoer(coding: str) -> Undo | None:
    """Return how a coding is undone, None if there is no way here."""
    if coding in ("gzip", "x-gzip", "deflate"):
        return inflated
    if coding == "br" and _brotli():
        return _without_brotli
    if coding == "zstd" and _zstd():
        return _without_zstd
    return None


@lru_cache(maxsize=1)
def _brotli() -> Any:
    """Return a package for brotli that gives no more at once than it is asked for, or None."""
    for name in ("brotli", "brotlicffi"):
        try:
            package = import_module(name)
            package.Decompressor().process(b"", output_buffer_limit=1)
        except (ImportError, AttributeError, TypeError):  # absent, or older
            continue
        return package
    return None


def _without_brotli(chunks: Iterable[bytes]) -> Iterator[bytes]:
    package = _brotli()
    stream = package.Decompressor()
    for chunk in chunks:
        fed = chunk
        while not stream.is_finished():
            try:
                data = stream.process(fed, output_buffer_limit=AT_ONCE)
            except package.error as error:
                raise NotPacked(str(error)) from None
            if data:
                yield data
            if stream.can_accept_more_data():
                break
            fed = b""
        if stream.is_finished():
            return
    raise Unfinished


@lru_cache(maxsize=1)
def _zstd() -> Any:
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return import_module(name)
        except ImportError:
            continue
    return None


def _without_zstd(chunks: Iterable[bytes]) -> Iterator[bytes]:
    package = _zstd()
    options = {package.DecompressionParameter.window_log_max: _LARGEST_WINDOW}
    stream = package.ZstdDecompressor(options=options)
    for chunk in chunks:
        fed = chunk
        while not stream.eof:
            try:
                data = stream.decompress(fed, AT_ONCE)
            except package.ZstdError as error:
                raise NotPacked(str(error)) from None
            if data:
                yield data
            if stream.needs_input:
                break
            fed = b""
        if stream.eof:
            return
    raise Unfinished


# The body of an answer: bounded, unpacked, and whole.

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
        with connections.named(Outcome.CUT_SHORT):
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
