"""What gzip or deflate has packed, unpacked in bounds and as browsers do it.

The checksum and the length behind the data are passed over: some servers leave them out, write
nonsense there, or something else behind them. What the data are, their reader judges.
"""

from __future__ import annotations

import zlib
from typing import Iterable, Iterator

from ..core.outcomes import Failed, Outcome
from .bounds import MOST_BYTES

GZIP = b"\x1f\x8b"

AT_ONCE = 2**20
"""Bytes: no more than that of a bomb is in memory."""

_DEFLATED = 8
"""The one method that there is."""

_TRAILER = 8
_HAS_CHECKSUM, _HAS_EXTRA, _HAS_NAME, _HAS_COMMENT = 2, 4, 8, 16

_LONGEST_HEADER = 2**17
"""Bytes: an extra field has at most half as many."""

_MOST_EMPTY = 1_000
"""Members of a gzip in a row that add nothing."""

_MOST_LAYERS = 4


class NotPacked(Exception):
    """Bytes that are not packed in this way, or damaged."""


class Unfinished(Exception):
    """Bytes that end before what they pack does."""


def unpacked(data: bytes) -> bytes:
    """Return a picture without a gzip around it of which nobody has told; others as they are.

    Raises
    ------
    Failed
        TOO_LARGE if more is in it than any picture has; TRUNCATED or UNDECODABLE if it is damaged.
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
    """Yield what gzip has packed, or deflate in the form of zlib or bare, never much at once.

    Raises
    ------
    NotPacked, Unfinished
        If that is not possible.
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
    """Bytes that come in parts."""

    def __init__(self, parts: Iterable[bytes]) -> None:
        self._parts = iter(parts)
        self.held = b""

    def has(self, count: int) -> bool:
        """Say whether so many bytes come."""
        while len(self.held) < count:
            part = next(self._parts, None)
            if part is None:
                return False
            self.held += part
        return True

    def may_have(self, count: int) -> bool:
        """Say whether so many bytes come, which need not: a length may be that of the data."""
        try:
            return self.has(count)
        except Failed as failed:
            if failed.outcome is not Outcome.CUT_SHORT:
                raise
            return False

    def take(self) -> bytes:
        """Return what is held, or else the next part; nothing in the end."""
        taken, self.held = self.held or next(self._parts, b""), b""
        return taken

    def skip(self, count: int) -> None:
        """Pass over so many bytes, which must come."""
        if not self.has(count):
            raise Unfinished
        self.held = self.held[count:]

    def skip_text(self) -> None:
        """Pass over a text that ends with a zero."""
        place = 0
        while b"\0" not in self.held[place:]:
            place = len(self.held)
            if place > _LONGEST_HEADER:
                raise NotPacked("a gzip whose header does not end")
            if not self.has(place + 1):
                raise Unfinished
        self.held = self.held.partition(b"\0")[2]


def _pass_header(source: _Source, is_gzip: bool) -> None:
    """Pass over what stands before the data; the bare form has nothing there."""
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
