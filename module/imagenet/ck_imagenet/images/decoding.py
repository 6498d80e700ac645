"""Pictures decoded by Pillow, but only what costs no more than a bound, and never past a Ctrl-C.

A small file can mean minutes of work. So the cost is counted before: pixels times passes over them,
the parts of a file that Pillow reads one by one, and texts and profiles that unpack to more.
"""

from __future__ import annotations

import ctypes
import io
import logging
import struct
import threading
import warnings
from concurrent.futures import Future
from contextlib import suppress
from pathlib import Path
from typing import Callable, TypeVar

from PIL import Image, _imaging

from ..core.outcomes import Failed, Outcome
from ..core.threads import CORES, start_thread
from . import jpeg, png
from .formats import FORMATS, after_gif_blocks, gif_colour_table

MOST_BYTES = 32 * 2**20
"""Bytes of a file; ImageNet's largest picture has about half as many."""

MOST_PIXELS = 100_000_000
"""Pixels of a picture; ImageNet's largest have some 60 million, a decompression bomb far more."""

MOST_WORK = 10 * MOST_PIXELS
"""Pixels times passes: a progressive JPEG of the most pixels, as cameras and editors write it."""

MOST_SCANS = 100
"""Scans of a JPEG; encoders that make the most of them write some dozens."""

_MOST_SKIPPED = 2**20
"""Bytes before the first scan of a JPEG that are in no segment: Pillow takes each by itself."""

_LONGEST_PREAMBLE = 2**20
"""Bytes of a GIF before its first frame: comments, and what programs keep for themselves."""

_MOST_PARTS = 100_000
"""Strips or tiles of a TIFF; one for each line of the highest picture would be fewer."""

_PASSES_OF_RLE = 30
"""Pillow reads packed BMPs in Python, which is so many times slower."""

_STRIPS, _TILES = 0x0111, 0x0144
_WIDTH, _HEIGHT, _COMPRESSION, _TILE_WIDTH, _TILE_HEIGHT = 0x0100, 0x0101, 0x0103, 0x0142, 0x0143
_AS_JPEG = (6, 7)


def passes(data: bytes) -> int:
    """Return how often decoding goes over a picture's pixels, at most.

    Raises
    ------
    Failed
        TOO_LARGE if what stands beside the pixels costs too much already.
    """
    _refuse_bytes(data)
    if data.startswith(b"\xff\xd8"):
        return passes_of_jpeg(data, jpeg.walk(data))
    if data.startswith(png.SIGNATURE):
        if png.count_chunks(data) > png.MOST_CHUNKS:
            raise _too_large("a PNG of too many chunks")
    elif data.startswith((b"GIF87a", b"GIF89a")):
        _refuse_long_preamble(data)
    elif data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        _refuse_tags_of_webp(data)
    elif data.startswith(png.TIFF_SIGNATURES):
        return _passes_of_tiff(data)
    elif data.startswith(b"BM"):
        return _passes_of_bmp(data)
    return 1


def read_file(path: Path) -> bytes:
    """Return the bytes of a picture's file.

    Raises
    ------
    Failed
        TOO_LARGE if there are more than any picture has.
    OSError
        If it cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    _refuse_bytes(data)
    return data


def refuse_work(width: int, height: int, passes: int = 1) -> None:
    """Refuse a picture of too many pixels, or of too many passes over them.

    Parameters
    ----------
    width, height : int
        Its size in pixels.
    passes : int, optional
        How often decoding goes over all pixels.

    Raises
    ------
    Failed
        TOO_LARGE.
    """
    pixels = width * height
    if pixels > MOST_PIXELS:
        raise _too_large(f"{width}x{height} pixels")
    if pixels * passes > MOST_WORK:
        raise _too_large(f"{passes} passes over {width}x{height} pixels")


def passes_of_jpeg(data: bytes, walked: jpeg.Walk) -> int:
    """Return how often decoding goes over the pixels of a JPEG, at most.

    Parameters
    ----------
    data : bytes
        The JPEG.
    walked : jpeg.Walk
        What a walk through it has found.

    Raises
    ------
    Failed
        TOO_LARGE if decoding costs too much.
    """
    _refuse_bytes(data)
    if walked.scans > MOST_SCANS:
        raise _too_large(f"a JPEG of more than {MOST_SCANS} scans")
    if walked.segments >= jpeg.MOST_SEGMENTS or walked.skipped > _MOST_SKIPPED:
        raise _too_large("a JPEG of too much beside its pixels")
    refuse_work(walked.width, walked.height, walked.scans)
    _refuse_exif(walked.exif)
    return max(1, walked.scans)


def _refuse_bytes(data: bytes) -> None:
    if len(data) > MOST_BYTES:
        raise _too_large(f"more than {MOST_BYTES} bytes")


def _refuse_exif(exif: bytes) -> None:
    if png.exif_costs_too_much(exif):
        raise _too_large("more in its EXIF than any camera writes")


def _too_large(why: str) -> Failed:
    return Failed(Outcome.TOO_LARGE, why)


def _refuse_long_preamble(data: bytes) -> None:
    offset = 13 + gif_colour_table(data, 10)
    while offset < len(data) and data[offset] != ord(","):
        offset = after_gif_blocks(data, offset + 2) if data[offset] == ord("!") else offset + 1
        if offset > _LONGEST_PREAMBLE:
            raise _too_large("a GIF whose first frame comes late")


def _refuse_tags_of_webp(data: bytes) -> None:
    offset = 12
    while offset + 8 <= len(data):
        name, length = struct.unpack_from("<4sI", data, offset)
        if name == b"EXIF":
            _refuse_exif(data[offset + 8 : offset + 8 + length])
            return
        offset += 8 + length + length % 2


def _passes_of_tiff(data: bytes) -> int:
    """Return the passes over a TIFF, by its first directory: Pillow reads no other."""
    if png.reading_cost(data) > png.MOST_COST:
        raise _too_large("a TIFF whose tags say more than the file holds")
    told = png.first_directory(data)
    parts = max((told[name].values for name in (_STRIPS, _TILES) if name in told), default=0)
    width, height, compression, tile_width, tile_height = (
        told[name].value if name in told else 0
        for name in (_WIDTH, _HEIGHT, _COMPRESSION, _TILE_WIDTH, _TILE_HEIGHT)
    )
    if tile_width and tile_height:
        across, down = -(-width // tile_width), -(-height // tile_height)
        parts = max(parts, across * down)
        refuse_work(across * tile_width, down * tile_height)
    if parts > _MOST_PARTS:
        raise _too_large(f"a TIFF of more than {_MOST_PARTS} parts")
    # In each part there is a JPEG of its own.
    scans = data.count(b"\xff\xda") - parts + 1 if compression in _AS_JPEG else 1
    if scans > MOST_SCANS:
        raise _too_large(f"a TIFF of JPEGs with more than {MOST_SCANS} scans")
    return max(1, scans)


def _passes_of_bmp(data: bytes) -> int:
    compression = int.from_bytes(data[30:34], "little")
    if compression not in (1, 2):
        return 1
    refuse_work(len(data), 1, 4 * _PASSES_OF_RLE)  # two calls for each of its bytes
    return _PASSES_OF_RLE


Made = TypeVar("Made")

_LITTLE_WORK = 4_000_000
"""Pixels times passes that take so little time and memory that the caller's thread does them."""

# What Pillow thinks of hostile bytes is no news for anybody's terminal.
logging.getLogger("PIL").addHandler(logging.NullHandler())
logging.getLogger("PIL").propagate = False

# For all threads and for good: what `warnings` can change for a moment, it changes for all of them.
warnings.filterwarnings("ignore", module=r"PIL\.")


def _silence_libtiff() -> None:
    """Let libtiff raise errors, and print none: it writes to the terminal past Python."""
    with suppress(OSError, AttributeError):  # where Pillow has it in another way, as on Windows
        pillow = ctypes.CDLL(_imaging.__file__)
        for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
            set_handler = getattr(pillow, name)
            set_handler.argtypes, set_handler.restype = [ctypes.c_void_p], ctypes.c_void_p
            set_handler(None)


_silence_libtiff()

# A picture of the most pixels takes 400 MB while it is decoded.
_few_at_once = threading.Semaphore(max(2, CORES // 2))


def with_picture(data: bytes, work: Callable[[Image.Image], Made]) -> Made:
    """Return what `work` makes of a picture whose pixels have not been decoded yet.

    Nothing can interrupt a thread that decodes. So another thread does what takes long, few at
    once, and the caller, who waits, can be interrupted.

    Parameters
    ----------
    data : bytes
        The file of the picture.
    work : callable
        What is called with the open picture; it decodes the pixels.

    Raises
    ------
    Failed
        TOO_LARGE if decoding would cost more than the bound.
    Exception
        A dozen kinds, as Pillow has them, of bytes that are no picture; and whatever `work` raises.
    """
    most = passes(data)
    readable = jpeg.with_end(png.without_offending_chunks(data))
    with Image.open(io.BytesIO(readable), formats=list(FORMATS)) as image:
        refuse_work(*image.size, most)
        if image.width * image.height * most <= _LITTLE_WORK:
            return work(image)
        with _few_at_once:
            return _in_thread(work, image)


def _in_thread(work: Callable[[Image.Image], Made], image: Image.Image) -> Made:
    """Do the work in a thread of its own, which is left behind if this one is interrupted."""
    made: Future[Made] = Future()

    def run() -> None:
        try:
            made.set_result(work(image))
        except BaseException as error:  # which the other thread raises
            made.set_exception(error)

    if not start_thread(threading.Thread(target=run, daemon=True), others=True):
        return work(image)
    return made.result()
