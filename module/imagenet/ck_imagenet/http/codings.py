"""Content codings: how a body is packed, and how that is undone, in bounds.

Hosts pack although nobody asked, name several codings, misname them, or name what is no coding. So
a coding is undone if there is one; where a picture begins already, there is none.

Of gzip, the checksum and the length behind the data are passed over, as browsers do: some servers
leave them out, write nonsense there, or something else behind them. Whether the data are a picture
is judged later.
"""

from __future__ import annotations

import re
import zlib
from functools import lru_cache
from importlib import import_module
from typing import Any, Callable, Iterable, Iterator, Sequence

from urllib3 import HTTPHeaderDict

from ..core.outcomes import Failed, Outcome
from ..core.packings import zstd
from ..images import formats
from ..images.decoding import MOST_BYTES

Decoder = Callable[[Iterable[bytes]], Iterator[bytes]]

_FIELDS = ("Content-Encoding", "Transfer-Encoding")

_MOST_CODINGS = 10
"""Codings of one body, as in browsers."""

_SAY_NOTHING = re.compile(
    r"|identity|none|null|plain|raw|default|binary|[78]bit|(us-)?ascii|text(/.*)?|chunked"
    r"|(utf|iso|windows|cp|latin|koi8|gb|big5|euc|shift)[\w.-]*|(image|application)/.*"
)
"""Words in these headers that are no codings: charsets, types, encodings of mail."""

_COMPRESSIONS = frozenset(
    ("gzip", "x-gzip", "deflate", "br", "zstd", "compress", "x-compress", "dcb", "dcz")
)
"""Real codings, whether they can be undone here or not."""

_LARGEST_WINDOW = 23
"""Bits of the window of zstd, the most that RFC 9659 allows on the web."""

_LOOKED_AT = 64
"""Bytes of a body's beginning, by which it is told whether it is packed."""

_TEXT = re.compile(rb"(\xef\xbb\xbf)?[\t\n\r\x20-\x7e]+")


def codings_of(headers: HTTPHeaderDict) -> list[str]:
    """Return the codings of a body in the order in which they were applied.

    All lines of one header are one list. Transfer codings were applied last.
    """
    fields = [line for name in _FIELDS if name in headers for line in headers.getlist(name)]
    words = (word.strip().lower() for field in fields for word in field.split(","))
    return [word for word in words if not _SAY_NOTHING.fullmatch(word)]


def decoded(
    chunks: Iterable[bytes], codings: Sequence[str], most_bytes: int, is_picture: bool
) -> Iterator[bytes]:
    """Yield a body without its codings.

    Parameters
    ----------
    chunks : iterable of bytes
        The body as it comes.
    codings : sequence of str
        As `codings_of` gives them.
    most_bytes : int
        The most bytes that may come out of any of them.
    is_picture : bool
        Whether a picture is wanted: then an unknown coding is a failure.

    Raises
    ------
    Failed
        UNDECODABLE, with the coding that cannot be undone; CUT_SHORT, TOO_LARGE.
    """
    if len(codings) > _MOST_CODINGS:
        raise Failed(Outcome.UNDECODABLE, f"{len(codings)} codings")
    for coding in reversed(codings):
        chunks = _decoded_once(coding, chunks, most_bytes, is_picture)
    yield from chunks


def _decoded_once(
    coding: str, chunks: Iterable[bytes], most_bytes: int, is_picture: bool
) -> Iterator[bytes]:
    begin, chunks = _with_beginning(chunks)
    undo = _decoder_for(coding)
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


def _with_beginning(chunks: Iterable[bytes]) -> tuple[bytes, Iterator[bytes]]:
    """Return the beginning of a body, and all of the body."""
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


def _decoder_for(coding: str) -> Decoder | None:
    """Return what undoes a coding, None if nothing here does."""
    if coding in ("gzip", "x-gzip", "deflate"):
        return inflated
    if coding == "br" and _brotli():
        return _from_brotli
    if coding == "zstd" and zstd():
        return _from_zstd
    return None


@lru_cache(maxsize=1)
def _brotli() -> Any:
    """Return a package for brotli that can bound what it unpacks at once, or None."""
    for name in ("brotli", "brotlicffi"):
        try:
            package = import_module(name)
            package.Decompressor().process(b"", output_buffer_limit=1)
        except (ImportError, AttributeError, TypeError):  # absent, or too old
            continue
        return package
    return None


def _from_brotli(chunks: Iterable[bytes]) -> Iterator[bytes]:
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


def _from_zstd(chunks: Iterable[bytes]) -> Iterator[bytes]:
    package = zstd()
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


# Gzip and deflate.

GZIP = b"\x1f\x8b"

AT_ONCE = 2**20
"""Bytes that are unpacked at once: so a bomb does not fill the memory."""

_DEFLATED = 8
"""The only method of gzip and zlib (RFC 1952, RFC 1950)."""

_TRAILER = 8
"""Bytes behind the data: their checksum and their length."""

_HAS_CHECKSUM, _HAS_EXTRA, _HAS_NAME, _HAS_COMMENT = 2, 4, 8, 16
"""Flags in the header of gzip (RFC 1952, 2.3.1)."""

_LONGEST_HEADER = 2**17
"""Bytes; the extra field, the longest one with a length, has at most half as many."""

_MOST_EMPTY = 1_000
"""Empty members of a gzip in a row."""

_MOST_LAYERS = 4
"""Gzips around each other that no header has told."""


class NotPacked(Exception):
    """Bytes that are not packed by this coding, or damaged."""


class Unfinished(Exception):
    """Bytes that end before the packed data do."""


def unpacked(data: bytes) -> bytes:
    """Return bytes without a gzip around them that no header has told; others as they are.

    Raises
    ------
    Failed
        TOO_LARGE if it holds more than any picture has; TRUNCATED or UNDECODABLE if damaged.
    """
    for _ in range(_MOST_LAYERS):
        if not data.startswith(GZIP):
            break
        parts, left = [], MOST_BYTES
        try:
            for part in inflated([data]):
                parts.append(part)
                left -= len(part)
                if left < 0:
                    raise Failed(Outcome.TOO_LARGE, f"more than {MOST_BYTES} bytes")
        except Unfinished:
            raise Failed(Outcome.TRUNCATED, "what was packed is not whole") from None
        except NotPacked:
            raise Failed(Outcome.UNDECODABLE, "gzip") from None
        data = b"".join(parts)
    return data


def inflated(packed: Iterable[bytes]) -> Iterator[bytes]:
    """Unpack gzip, or deflate with the header of zlib or bare, and yield little at once.

    Raises
    ------
    NotPacked
        If it is neither, or damaged.
    Unfinished
        If the end is missing.
    """
    source, empty = _Source(packed), 0
    while source.has(1):
        if not source.has(2):
            raise Unfinished
        is_gzip = source.held.startswith(GZIP)
        _pass_header(source, is_gzip)
        stream = zlib.decompressobj(-zlib.MAX_WBITS)
        fed, empty = b"", empty + 1
        while not stream.eof:
            fed = fed or source.take()
            try:
                data = stream.decompress(fed, AT_ONCE)
            except zlib.error as error:
                raise NotPacked(str(error)) from None
            fed = stream.unconsumed_tail
            if data:
                empty = 0
                yield data
            elif not (fed or stream.eof or source.has(1)):
                raise Unfinished
        source.held = stream.unused_data + source.held
        has_more = is_gzip and source.may_have(_TRAILER + 3)
        if not has_more or source.held[_TRAILER:][:3] != GZIP + bytes([_DEFLATED]):
            return
        if empty > _MOST_EMPTY:
            raise NotPacked("a gzip of nothing")
        source.skip(_TRAILER)


class _Source:
    """Bytes that come in parts, of which some are held."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = iter(parts)
        self.held = b""

    def has(self, count: int) -> bool:
        """Say whether so many bytes are there, and hold them."""
        while len(self.held) < count:
            part = next(self._parts, None)
            if part is None:
                return False
            self.held += part
        return True

    def may_have(self, count: int) -> bool:
        """Say the same of bytes that may be missing: some hosts do not count them in the length."""
        try:
            return self.has(count)
        except Failed as failed:
            if failed.outcome is not Outcome.CUT_SHORT:
                raise
            return False

    def take(self) -> bytes:
        """Return what is held, or else the next part; an empty one at the end."""
        taken, self.held = self.held or next(self._parts, b""), b""
        return taken

    def skip(self, count: int) -> None:
        """Pass over so many bytes, which must be there."""
        if not self.has(count):
            raise Unfinished
        self.held = self.held[count:]

    def skip_text(self) -> None:
        """Pass over a text that ends with a zero."""
        offset = 0
        while b"\0" not in self.held[offset:]:
            offset = len(self.held)
            if offset > _LONGEST_HEADER:
                raise NotPacked("a gzip whose header does not end")
            if not self.has(offset + 1):
                raise Unfinished
        self.held = self.held.partition(b"\0")[2]


def _pass_header(source: _Source, is_gzip: bool) -> None:
    """Pass over the header of gzip or zlib; bare deflate has none."""
    if is_gzip:
        _pass_gzip_header(source)
    elif source.held[0] & 15 == _DEFLATED and int.from_bytes(source.held[:2], "big") % 31 == 0:
        source.skip(2)


def _pass_gzip_header(source: _Source) -> None:
    if not source.has(10):
        raise Unfinished
    method, flags = source.held[2:4]
    if method != _DEFLATED:
        raise NotPacked("a gzip by an unknown method")
    source.skip(10)
    if flags & _HAS_EXTRA:
        if not source.has(2):
            raise Unfinished
        source.skip(2 + int.from_bytes(source.held[:2], "little"))
    for flag in (_HAS_NAME, _HAS_COMMENT):
        if flags & flag:
            source.skip_text()
    if flags & _HAS_CHECKSUM:
        source.skip(2)
