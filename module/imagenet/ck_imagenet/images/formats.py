"""The formats that pictures come in, by the names that Pillow gives them."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple


class Format(NamedTuple):
    """A format of pictures: the tag that other CK programs select by, and the file extension."""

    tag: str
    extension: str


FORMATS = {
    "JPEG": Format("jpeg", "jpg"),
    "PNG": Format("png", "png"),
    "GIF": Format("gif", "gif"),
    "WEBP": Format("webp", "webp"),
    "BMP": Format("bmp", "bmp"),
    "TIFF": Format("tiff", "tif"),
}

SUFFIXES = (*(f".{form.extension}" for form in FORMATS.values()), ".jpeg", ".tiff")
"""What the name of a picture's file may end with, in lower case."""


def is_picture_file(path: Path) -> bool:
    """Say whether there is a file at `path` that is called as a picture is."""
    return path.suffix.lower() in SUFFIXES and path.is_file()
