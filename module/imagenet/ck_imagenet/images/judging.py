"""What gzip or deflate has packed, unpacked in bounds and as browsers do it.

The checksum and the length behind the data are passed over: some servers leave them out, write
nonsense there, or something else behind them. What the data are, their reader judges.
"""

from __future__ import annotations

import hashlib
import io
import re
import zlib
from typing import Callable, Iterable, Iterator, NamedTuple, TypeVar

from PIL import Image, UnidentifiedImageError

from ..core.errors import TooLittleMemory
from ..core.known_hosts import Fact, Row, rows
from ..core.outcomes import Failed, Outcome
from . import formats, jpeg
from .decoding import MOST_BYTES, passes_of_jpeg, with_picture
from .formats import FORMATS, SIGNATURES, Format
from .jpeg import is_cut

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


# Pictures that say that a picture is gone, known by their address or their checksum.

_LARGEST = 65_536
"""Bytes: a picture that only says something is a small one, and the sum of a large one takes
longer than all else that is asked of it."""

_SUM = "md5 "
"""What the facts of checksums begin with."""


def _pattern(row: Row) -> str:
    """Return what matches the addresses of a row: its path, on its host or on any."""
    host = "" if row.host == "*" else rf"^https?://{re.escape(row.host)}(:\d+)?"
    return f"{host}{row.tells}$"


_KNOWN = rows(Fact.PLACEHOLDER)
_ADDRESS = re.compile(
    "|".join(_pattern(row) for row in _KNOWN if not row.tells.startswith(_SUM)), re.IGNORECASE
)
_MD5 = {row.tells[len(_SUM) :] for row in _KNOWN if row.tells.startswith(_SUM)}


def is_placeholder_address(url: str) -> bool:
    """Say whether a placeholder is known to live at `url`, so that it need not be asked."""
    return _ADDRESS.search(url.partition("?")[0]) is not None


def is_placeholder(data: bytes) -> bool:
    """Say whether `data` is a placeholder that is known by its MD5."""
    if len(data) > _LARGEST:
        return False
    # Through `new`, since Python 3.8 does not know the keyword, which machines in FIPS mode want.
    return hashlib.new("md5", data, usedforsecurity=False).hexdigest() in _MD5


# What bytes are: a picture worth keeping, or the reason why not.

SMALLEST_SIDE = 8
"""Pixels; what is smaller is a tracking pixel or a spacer (ImageNet's smallest side is 17)."""

Made = TypeVar("Made")


class Picture(NamedTuple):
    """What is known of bytes that are a picture; `width` and `height` are pixels."""

    format: Format
    width: int
    height: int


def judge(data: bytes) -> Picture:
    """Return what picture `data` is: what Pillow decodes is one, and nothing else.

    Raises
    ------
    Failed
        If it is none: EMPTY, PLACEHOLDER, NOT_A_PICTURE, OTHER_FORMAT, TRUNCATED, BROKEN,
        TOO_SMALL, TOO_LARGE.
    """
    if not data:
        raise Failed(Outcome.EMPTY)
    if is_placeholder(data):
        raise Failed(Outcome.PLACEHOLDER, "known by its checksum")
    picture = _sound_jpeg(data) or decode(data)
    if min(picture.width, picture.height) < SMALLEST_SIDE:
        raise Failed(Outcome.TOO_SMALL, f"{picture.width}x{picture.height} pixels")
    return picture


def _sound_jpeg(data: bytes) -> Picture | None:
    """Return what JPEG `data` is, without decoding it; None is a doubt.

    Its walk tells what libjpeg will refuse, and Pillow what it refuses itself before that.
    """
    walked = jpeg.walk(data) if data.startswith(b"\xff\xd8\xff") else None
    if not walked or not walked.is_sound:
        return None
    passes_of_jpeg(data, walked)
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
            return Picture(FORMATS["JPEG"], *image.size)
    except Exception:  # of a dozen kinds, which `decode` names
        return None


def decode(data: bytes) -> Picture:
    """Return what picture `data` is, having decoded all of it, as whoever uses it will.

    Raises
    ------
    Failed
        If that is not possible: NOT_A_PICTURE, OTHER_FORMAT, TRUNCATED, BROKEN, TOO_LARGE.
    """
    return made_from(data, _loaded)


def made_from(data: bytes, work: Callable[[Image.Image], Made]) -> Made:
    """Return what `work` makes of a picture whose pixels have not been decoded yet.

    Raises
    ------
    Failed
        If it cannot be decoded: NOT_A_PICTURE, OTHER_FORMAT, TRUNCATED, BROKEN, TOO_LARGE.
    """
    try:
        return with_picture(data, work)
    except Image.DecompressionBombError as error:
        raise Failed(Outcome.TOO_LARGE, str(error)) from None
    except Exception as error:  # Pillow's decoders raise a dozen kinds on damaged bytes
        if isinstance(error, Failed) or TooLittleMemory.is_why(error):
            raise
        raise _failed(data, error) from None


def _loaded(image: Image.Image) -> Picture:
    # Pillow calls a JPEG of several pictures, as some cameras write it, an MPO.
    form = "JPEG" if image.format == "MPO" else str(image.format)
    picture = Picture(FORMATS[form], *image.size)
    image.load()
    return picture


def _failed(data: bytes, error: Exception) -> Failed:
    """Return why bytes cannot be decoded, of which Pillow has said that they cannot."""
    is_unknown = isinstance(error, UnidentifiedImageError)
    other = formats.name(data) if is_unknown else ""
    if other:
        return Failed(Outcome.OTHER_FORMAT, other)
    if "truncated" in str(error) or is_cut(data):
        return Failed(Outcome.TRUNCATED, "a file without its end" if is_unknown else str(error))
    if is_unknown:
        begun = data.startswith(SIGNATURES)
        return Failed(Outcome.BROKEN if begun else Outcome.NOT_A_PICTURE, _beginning(data))
    return Failed(Outcome.BROKEN, str(error))


def _beginning(data: bytes) -> str:
    return "begins " + ascii(data[:32].decode("latin-1"))
