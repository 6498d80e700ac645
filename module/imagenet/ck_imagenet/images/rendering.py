"""What becomes of a picture's bytes on their way to other tools."""

from __future__ import annotations

import io
from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageOps

from ..core.threads import CORES
from . import jpeg, png
from .decoding import MOST_BYTES, read_file, turned_upright
from .judging import decode_with

_QUALITY = 95
_LONGEST_SIDE = 65_500
"""Pixels; more than that, no JPEG can have."""


class Rendering(NamedTuple):
    """How pictures are changed.

    Without `side` they stay as they are, byte for byte, but for three kinds. GIFs, which many
    tools do not read: their first frame becomes a PNG. PNGs of which many tools refuse something
    that stands beside the pixels: they are copied without that. And JPEGs without their end, with
    which they are copied. With `side`, all become JPEGs of three colours, upright, whose shorter
    side has `side` pixels.
    """

    side: int | None = None
    square: bool = False
    """Whether what lies outside the square in the middle is cut off."""

    @property
    def threads(self) -> int:
        """How many threads pay: Pillow needs no lock while it decodes, scales and encodes."""
        return 1 if self.side is None else CORES

    def changes(self, path: Path) -> bool:
        """Say whether a picture becomes another; a PNG and the end of a JPEG are read for that.

        Raises
        ------
        OSError
            If it cannot be read.
        """
        return self._is_decoded(path) or _as_others_read(path) is not None

    def extension(self, path: Path) -> str:
        """Return what the file's name ends with afterwards, in lower case."""
        if self.side is not None:
            return ".jpg"
        return ".png" if self._is_decoded(path) else path.suffix.lower()

    def data(self, path: Path) -> bytes:
        """Return the bytes of a picture as they are afterwards.

        Raises
        ------
        Failed
            If they must be changed, and the file cannot be decoded.
        OSError
            If the file cannot be read.
        """
        if self._is_decoded(path):
            return decode_with(read_file(path), self._changed)
        return _as_others_read(path) or path.read_bytes()

    def _is_decoded(self, path: Path) -> bool:
        return self.side is not None or path.suffix.lower() == ".gif"

    def _changed(self, image: Image.Image) -> bytes:
        changed = io.BytesIO()
        if self.side is None:
            image.save(changed, "PNG")
        else:
            self._resized(image, self.side).save(changed, "JPEG", quality=_QUALITY)
        return changed.getvalue()

    def _resized(self, image: Image.Image, side: int) -> Image.Image:
        image.draft(None, (2 * side, 2 * side))  # a JPEG is decoded no larger than is of use
        seen = turned_upright(image).convert("RGB")
        if self.square:
            return ImageOps.fit(seen, (side, side), Image.Resampling.BICUBIC)
        scale = min(side / min(seen.size), _LONGEST_SIDE / max(seen.size))
        width, height = (max(1, round(length * scale)) for length in seen.size)
        return seen.resize((width, height), Image.Resampling.BICUBIC)


def _as_others_read(path: Path) -> bytes | None:
    """Return a picture in a form that all readers take, or None if it has one."""
    suffix = path.suffix.lower()
    if suffix not in (".png", ".jpg") or path.stat().st_size > MOST_BYTES:
        return None
    if suffix == ".jpg" and _has_end(path):
        return None
    data = path.read_bytes()
    readable = jpeg.with_end(png.without_offending_chunks(data))
    return None if readable is data else readable


def _has_end(path: Path) -> bool:
    with path.open("rb") as file:
        file.seek(-min(len(jpeg.END), path.stat().st_size), io.SEEK_END)
        return file.read() == jpeg.END
