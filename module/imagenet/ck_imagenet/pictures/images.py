"""What bytes are: a picture worth keeping, or the reason why not."""

from __future__ import annotations

import io
import logging
import re
import struct
import threading
import warnings
from typing import NamedTuple

from PIL import Image, UnidentifiedImageError

from ..outcomes import Failed, Outcome
from .endings import is_cut
from .formats import FORMATS, Format
from .placeholders import is_placeholder

SMALLEST_SIDE = 8
"""Pixels; what is smaller is a tracking pixel or a spacer (ImageNet's smallest side is 17)."""

MOST_PIXELS = 100_000_000
"""The largest pictures of ImageNet have some 60 million; a bomb would decode to far more."""


# What Pillow thinks of hostile bytes is no news for anybody's terminal.
logging.getLogger("PIL").addHandler(logging.NullHandler())
logging.getLogger("PIL").propagate = False

# For all threads and for good: what `warnings` can change for a moment, it changes for all of them.
warnings.filterwarnings("ignore", module=r"PIL\.")


class Picture(NamedTuple):
    """What is known of bytes that are a picture; `width` and `height` are pixels."""

    format: Format
    width: int
    height: int


def judge(data: bytes) -> Picture:
    """Return what picture `data` is.

    Raises
    ------
    Failed
        If it is none: EMPTY, PLACEHOLDER, NOT_A_PICTURE, TRUNCATED, BROKEN, TOO_SMALL, TOO_LARGE.
    """
    if not data:
        raise Failed(Outcome.EMPTY)
    if is_placeholder(data):
        raise Failed(Outcome.PLACEHOLDER, "known by its checksum")
    if is_cut(data):
        raise Failed(Outcome.TRUNCATED, "a file without its end")
    picture = (_walk_jpeg(data) if data.startswith(b"\xff\xd8") else None) or decode(data)
    if min(picture.width, picture.height) < SMALLEST_SIDE:
        raise Failed(Outcome.TOO_SMALL, f"{picture.width}x{picture.height} pixels")
    return picture


_SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"II*\0", b"MM\0*")

_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_USUAL_FRAMES = (0xC0, 0xC1, 0xC2)
_END, _SCAN = 0xD9, 0xDA
_NEEDED = {0xC4, 0xDB, _SCAN}
"""Without tables for the Huffman codes and the quantisation there is nothing to decode with."""


def _walk_jpeg(data: bytes) -> Picture | None:
    """Walk a JPEG from marker to marker, to its end.

    That refuses every cut file and costs a fortieth of decoding. None means: in doubt, decode.
    """
    size = None
    place = 2
    seen: set[int] = set()
    while True:
        found = _NEXT_MARKER.search(data, place)
        if not found:
            raise Failed(Outcome.TRUNCATED, "a JPEG without its end")
        if _SCAN not in seen and found.start() != place:
            return None
        marker, place = data[found.start() + 1], found.end()
        if marker == _END:
            break
        if marker == 0x01 or marker == 0xD8:
            return None
        length = int.from_bytes(data[place : place + 2], "big")
        if place + max(length, 2) > len(data):
            raise Failed(Outcome.TRUNCATED, "a JPEG cut in a marker")
        if marker in _FRAMES:
            size = _frame_size(data[place : place + length])
            if not size or marker not in _USUAL_FRAMES:
                return None
        seen.add(marker)
        place += length
    return Picture(FORMATS["JPEG"], *size) if size and seen >= _NEEDED else None


def _frame_size(segment: bytes) -> tuple[int, int] | None:
    """Return width and height from a frame's segment, None if it is an unusual one."""
    if len(segment) < 8:
        return None
    bits, height, width, colours = struct.unpack_from(">BHHB", segment, 2)
    if bits != 8 or colours not in (1, 3, 4) or not width or not height:
        return None
    return _bounded(width, height)


# A picture of the most pixels takes 400 MB while it is decoded.
_few_at_once = threading.Semaphore(2)


def decode(data: bytes) -> Picture:
    """Return what picture `data` is, having decoded all of it, as whoever uses it will.

    Raises
    ------
    Failed
        If that is not possible: NOT_A_PICTURE, TRUNCATED, BROKEN, TOO_LARGE.
    """
    with _few_at_once:
        return _decode_whole(data)


def _decode_whole(data: bytes) -> Picture:
    try:
        with Image.open(io.BytesIO(data), formats=list(FORMATS)) as image:
            width, height = _bounded(*image.size)
            image.load()
            # Pillow calls a JPEG of several pictures, as some cameras write it, an MPO.
            form = "JPEG" if image.format == "MPO" else str(image.format)
            return Picture(FORMATS[form], width, height)
    except UnidentifiedImageError:
        begun = data.startswith(_SIGNATURES)
        outcome = Outcome.BROKEN if begun else Outcome.NOT_A_PICTURE
        raise Failed(outcome, _beginning(data)) from None
    except Image.DecompressionBombError as error:
        raise Failed(Outcome.TOO_LARGE, str(error)) from None
    except Failed:
        raise
    except Exception as error:  # Pillow's decoders raise a dozen kinds on damaged bytes
        truncated = "truncated" in str(error)
        outcome = Outcome.TRUNCATED if truncated else Outcome.BROKEN
        raise Failed(outcome, str(error)) from None


def _bounded(width: int, height: int) -> tuple[int, int]:
    if width * height > MOST_PIXELS:
        raise Failed(Outcome.TOO_LARGE, f"{width}x{height} pixels")
    return width, height


def _beginning(data: bytes) -> str:
    return "begins " + ascii(data[:32].decode("latin-1"))
