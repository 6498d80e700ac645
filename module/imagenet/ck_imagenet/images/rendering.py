"""What becomes of a picture's bytes on their way to other tools."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Callable, NamedTuple

from PIL import Image, ImageOps

from ..core.threads import CORES
from . import jpeg, png
from .appearance import fills_frame, orientation, scaled, shown, stops_others
from .decoding import MOST_BYTES, read_file, with_picture
from .judging import decode_with

_LONGEST_SIDE = 65_500
"""Pixels; more than that, no JPEG can have."""

_EXIF_BEGINS_IN = 65_536
"""Bytes of a JPEG."""

_USUAL = (".jpg", ".jpeg", ".png")
"""What the names of pictures end with that all tools take."""


class Rendering(NamedTuple):
    """How pictures are changed.

    Without `side` and `jpegs` they stay as they are, byte for byte, but for four kinds. What is
    neither JPEG nor PNG, which many tools pass over: its first frame becomes a PNG. PNGs that many
    tools show otherwise than browsers: they become PNGs as they are seen. What many tools refuse
    for something that stands beside the pixels: it is copied without that. And JPEGs without their
    end, with which they are copied.
    """

    side: int | None = None
    """Pixels of the shorter side of all pictures, which become JPEGs then, as they are seen."""
    square: bool = False
    """Whether what lies outside the square in the middle is cut off."""
    quality: int = 95
    """Of JPEGs that are made, from 1 to 100."""
    jpegs: bool = False
    """Whether what is no JPEG becomes one, as it is seen, of the size that it has."""
    as_found: bool = False
    """Whether every byte stays, whatever else is said here."""

    @property
    def makes_jpegs(self) -> bool:
        """Whether what is re-encoded becomes a JPEG."""
        return self.side is not None or self.jpegs

    @property
    def threads(self) -> int:
        """How many threads pay: Pillow needs no lock while it decodes, scales and encodes."""
        return CORES if self.makes_jpegs else 1

    def reencodes(self, path: Path) -> bool:
        """Say whether the pixels of a picture are re-encoded; a PNG is read for that.

        Raises
        ------
        OSError
            If it cannot be read.
        """
        if self.as_found:
            return False
        suffix = path.suffix.lower()
        if self.side is not None or suffix not in _USUAL:
            return True
        return suffix == ".png" and (self.jpegs or _is_seen_otherwise(path))

    def changes(self, path: Path) -> bool:
        """Say whether a picture becomes another; a PNG and the end of a JPEG are read for that.

        Raises
        ------
        OSError
            If it cannot be read.
        """
        return self.reencodes(path) or self._as_others_read(path) is not None

    def extension(self, path: Path) -> str:
        """Return what the file's name ends with afterwards, in lower case."""
        if self.makes_jpegs:
            return ".jpg"
        suffix = path.suffix.lower()
        return suffix if self.as_found or suffix in _USUAL else ".png"

    def data(self, path: Path) -> bytes:
        """Return the bytes of a picture as they are afterwards.

        Raises
        ------
        Failed
            If they must be changed, and the file cannot be decoded.
        OSError
            If the file cannot be read.
        """
        if self.reencodes(path):
            return decode_with(read_file(path), self._reencoded)
        return self._as_others_read(path) or path.read_bytes()

    def _as_others_read(self, path: Path) -> bytes | None:
        return None if self.as_found else _as_others_read(path)

    def _reencoded(self, image: Image.Image) -> bytes:
        data = io.BytesIO()
        if self.makes_jpegs:
            shown(image, self._resizer(image)).save(data, "JPEG", quality=self.quality)
        elif image.format == "GIF" and fills_frame(image) and "transparency" not in image.info:
            image.save(data, "PNG")
        else:
            seen = shown(image)
            seen.info.clear()  # Pillow would save what is no more: a profile, a transparent colour
            seen.save(data, "PNG")
        return data.getvalue()

    def _resizer(self, image: Image.Image) -> Callable[[Image.Image], Image.Image]:
        """Return what resizes a picture when it is decoded; a JPEG is decoded smaller at once."""
        whole = image.size
        is_smaller = self.side and image.draft(None, (self.side, self.side))
        return lambda seen: self._resized(seen, whole if is_smaller else seen.size)

    def _resized(self, image: Image.Image, whole: tuple[int, int]) -> Image.Image:
        """Return a picture as large as it is wanted, given how large the whole of it is."""
        if self.side and self.square:
            return ImageOps.fit(image, (self.side, self.side), Image.Resampling.BICUBIC)
        wanted = self.side / min(whole) if self.side else 1.0
        return scaled(image, min(wanted, _LONGEST_SIDE / max(whole)), whole)


def _is_seen_otherwise(path: Path) -> bool:
    return path.stat().st_size <= MOST_BYTES and png.is_seen_otherwise(path.read_bytes())


def _as_others_read(path: Path) -> bytes | None:
    """Return a picture in a form that all readers take, or None if it has one."""
    suffix = path.suffix.lower()
    if suffix not in (".png", ".jpg") or path.stat().st_size > MOST_BYTES:
        return None
    if suffix == ".jpg" and _is_plain(path):
        return None
    data = path.read_bytes()
    readable = _turned_by_others(jpeg.with_end(png.without_offending_chunks(data)))
    return None if readable is data else readable


def _is_plain(path: Path) -> bool:
    """Say whether a JPEG has its end, and no EXIF, which comes first if there is any."""
    with path.open("rb") as file:
        has_exif = jpeg.EXIF in file.read(_EXIF_BEGINS_IN)
        file.seek(-min(len(jpeg.END), path.stat().st_size), io.SEEK_END)
        return file.read() == jpeg.END and not has_exif


def _turned_by_others(data: bytes) -> bytes:
    """Return a JPEG with EXIF that stops nobody; other bytes as they are."""
    if not data.startswith(b"\xff\xd8") or jpeg.EXIF not in data:
        return data
    try:
        turn = with_picture(data, lambda each: orientation(each) if stops_others(each) else None)
    except Exception:  # a dozen kinds, on what is no picture
        return data
    return data if turn is None else jpeg.with_orientation(data, turn)
