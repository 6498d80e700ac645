"""The names of synsets (wnids) and of pictures, parsed and refused in one place."""

from __future__ import annotations

import re
from typing import NamedTuple

UNKNOWN = "unknown"
"""Stands for the wnid where a list does not tell its synset."""

LARGEST_NUMBER = 999_999_999
"""Of a picture in its synset; CK reads a name of 16 digits as a UID."""

_WNID = re.compile(r"n[0-9]{8}")
_WNID_INSIDE = re.compile(r"(?<![A-Za-z0-9])n[0-9]{8}(?![0-9])")
_IMAGE_NAME = re.compile(r"(n[0-9]{8}|unknown)_([0-9]{1,9})")


class ImageName(NamedTuple):
    """The name of a picture, `n01440764_9981`: its synset and its number in it."""

    wnid: str
    number: int

    def __str__(self) -> str:
        return f"{self.wnid}_{self.number}"


def is_wnid(text: str) -> bool:
    """Say whether `text` has the form of a wnid: `n` and the eight-digit WordNet 3.0 offset."""
    return _WNID.fullmatch(text) is not None


def stands_for_synset(text: str) -> bool:
    """Say whether pictures may be kept under `text`: a wnid, or `unknown`."""
    return is_wnid(text) or text == UNKNOWN


def parse_image_name(text: str) -> ImageName | None:
    """Return the picture name that `text` is, or None if it is none."""
    match = _IMAGE_NAME.fullmatch(text)
    return ImageName(match.group(1), int(match.group(2))) if match else None


def is_picture_number(text: str) -> bool:
    """Say whether `text` is a picture's number as it is written: `42`, but not `042`."""
    return text.isdecimal() and str(int(text)) == text and int(text) <= LARGEST_NUMBER


def wnid_inside(text: str) -> str | None:
    """Return the first wnid that stands in `text`, such as a file's name, or None."""
    match = _WNID_INSIDE.search(text)
    return match.group() if match else None
