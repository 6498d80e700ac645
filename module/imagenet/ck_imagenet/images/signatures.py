"""How bytes begin that are a picture, of whatever format."""

from __future__ import annotations

import re

from . import others

SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"II*\0", b"MM\0*")

_LONGER = re.compile(
    rb"RIFF.{4}WEBP|BM.{4}\0{4}.{4}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL
)


def begins_picture(begin: bytes) -> bool:
    """Say whether bytes that begin so are a picture, kept or not."""
    is_kept = begin.startswith(SIGNATURES) or _LONGER.match(begin) is not None
    return is_kept or others.name(begin) != ""
