"""Whether bytes are a picture worth keeping, or the reason why not."""

from __future__ import annotations

import hashlib
import io
import re
from typing import Callable, NamedTuple, TypeVar

from PIL import Image, UnidentifiedImageError

from ..core.errors import TooLittleMemory
from ..core.known_hosts import Fact, Row, rows
from ..core.outcomes import Failed, Outcome
from . import formats, jpeg
from .decoding import passes_of_jpeg, with_picture
from .formats import FORMATS, SIGNATURES, Format, is_cut

# Placeholders: pictures that say that a picture is gone, known by address or checksum.

_LARGEST_PLACEHOLDER = 65_536
"""Bytes: a picture that only holds some words is small, and the checksum of a large one takes
longer than all other tests of it."""

_SUM = "md5 "
"""How the facts that are checksums begin."""


def _pattern(row: Row) -> str:
    """Return the pattern of the URLs of a row: its path, on its host or on any."""
    host = "" if row.host == "*" else rf"^https?://{re.escape(row.host)}(:\d+)?"
    return f"{host}{row.tells}$"


_KNOWN = rows(Fact.PLACEHOLDER)
_PLACEHOLDER_ADDRESS = re.compile(
    "|".join(_pattern(row) for row in _KNOWN if not row.tells.startswith(_SUM)), re.IGNORECASE
)
_MD5 = {row.tells[len(_SUM) :] for row in _KNOWN if row.tells.startswith(_SUM)}


def is_placeholder_address(url: str) -> bool:
    """Say whether a placeholder is known to be at `url`, so that it need not be asked."""
    return _PLACEHOLDER_ADDRESS.search(url.partition("?")[0]) is not None


def is_placeholder(data: bytes) -> bool:
    """Say whether `data` is a placeholder that is known by its MD5."""
    if len(data) > _LARGEST_PLACEHOLDER:
        return False
    # By `new`, since `md5` of Python 3.8 lacks the keyword, which machines in FIPS mode need.
    return hashlib.new("md5", data, usedforsecurity=False).hexdigest() in _MD5


SMALLEST_SIDE = 8
"""Pixels; what is smaller is a tracking pixel or a spacer (ImageNet's smallest side is 17)."""

Made = TypeVar("Made")


class Picture(NamedTuple):
    """What is known of a picture; `width` and `height` are in pixels."""

    format: Format
    width: int
    height: int


def judge(data: bytes) -> Picture:
    """Return what picture `data` is: Pillow must be able to decode it.

    Raises
    ------
    Failed
        If it is not worth keeping: EMPTY, PLACEHOLDER, NOT_A_PICTURE, OTHER_FORMAT, TRUNCATED,
        BROKEN, TOO_SMALL, TOO_LARGE.
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
    """Return what JPEG `data` is, without decoding it; None if that is not sure.

    A walk tells what libjpeg would refuse, and opening it what Pillow itself refuses. Of a plain
    one, the walk tells both.
    """
    walked = jpeg.walk(data) if data.startswith(b"\xff\xd8\xff") else None
    if not walked or not walked.is_sound:
        return None
    passes_of_jpeg(data, walked)
    if walked.is_plain:
        return Picture(FORMATS["JPEG"], walked.width, walked.height)
    try:
        with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
            return Picture(FORMATS["JPEG"], *image.size)
    except Exception:  # of a dozen kinds, to which `decode` gives names
        return None


def decode(data: bytes) -> Picture:
    """Return what picture `data` is, having decoded all of its pixels.

    Raises
    ------
    Failed
        If that is not possible: NOT_A_PICTURE, OTHER_FORMAT, TRUNCATED, BROKEN, TOO_LARGE.
    """
    return decode_with(data, _decoded)


def decode_with(data: bytes, work: Callable[[Image.Image], Made]) -> Made:
    """Return what `work` makes of a picture whose pixels have not been decoded yet.

    Parameters
    ----------
    data : bytes
        The file of the picture.
    work : callable
        What is called with the open picture; it decodes the pixels.

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


def _decoded(image: Image.Image) -> Picture:
    # Pillow calls a JPEG of several pictures, as some cameras write it, an MPO.
    form = "JPEG" if image.format == "MPO" else str(image.format)
    picture = Picture(FORMATS[form], *image.size)
    image.load()
    return picture


def _failed(data: bytes, error: Exception) -> Failed:
    """Return why bytes cannot be decoded, given the error that Pillow has raised."""
    is_unknown = isinstance(error, UnidentifiedImageError)
    other = formats.other_format(data) if is_unknown else ""
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
