"""The headers of a tar: 512 bytes in, what they say of the file that follows out.

`tarfile` takes whatever size a header claims for a name and reads so much into memory. Here a
header says something or nothing, and how much is read is its reader's affair.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import NamedTuple

BLOCK = 512
"""Bytes of a header; the data of a file is filled up to a multiple of it."""

LARGEST = 2**60
"""Bytes of one file: more than any disk holds, and less than what no file system can seek."""

_OCTAL = re.compile(rb" *([0-7]*)[ \0]*")
_LENGTH = re.compile(rb"([1-9][0-9]{0,8}) ")


class Kind(Enum):
    """What follows a header."""

    FILE = "a file"
    FOLDER = "nothing"
    LINK = "nothing, it is a link"
    DEVICE = "nothing, it is a device or a pipe"
    SPARSE = "a map of holes, and what lies between them"
    LONG_NAME = "the path of the next file, as GNU's tar writes it"
    EXTENSION = "facts about the next file, as POSIX has it since 2001"
    OTHER = "what nobody here needs"


_KINDS = {
    **dict.fromkeys(b"\x0007", Kind.FILE),
    **dict.fromkeys(b"12", Kind.LINK),
    **dict.fromkeys(b"346", Kind.DEVICE),
    **dict.fromkeys(b"xX", Kind.EXTENSION),
    ord("5"): Kind.FOLDER,
    ord("S"): Kind.SPARSE,
    ord("L"): Kind.LONG_NAME,
}
_EMPTY = (Kind.FOLDER, Kind.LINK, Kind.DEVICE)
"""What has no data, whatever its size is said to be."""


class Header(NamedTuple):
    """What a header says."""

    path: str
    """As Latin-1 text: a character a byte."""
    kind: Kind
    size: int
    """Bytes that follow."""
    has_more: bool = False
    """A further header of holes comes first."""


class Extension(NamedTuple):
    """What is known of the next file beside its header."""

    path: str | None = None
    size: int | None = None
    is_sparse: bool = False

    def followed_by(self, other: Extension) -> Extension:
        """Return what is known when `other` has been said too."""
        return self._replace(**{field: said for field, said in other._asdict().items() if said})


def parse_header(block: bytes) -> Header | None:
    """Return what a block says, or None if it is no header."""
    if len(block) < BLOCK:
        return None
    checksum, size = _number(block[148:156]), _number(block[124:136])
    # The sum counts its own eight bytes as spaces.
    if checksum != sum(block) - sum(block[148:156]) + 8 * ord(" ") or size is None:
        return None
    kind = _KINDS.get(block[156], Kind.OTHER)
    path, prefix = _text(block[:100]), _text(block[345:500])
    if block[257:263] == b"ustar\0" and prefix:  # GNU's tar keeps something else there
        path = f"{prefix}/{path}"
    if kind is Kind.FILE and path.endswith("/"):  # before 1988 a folder was told so
        kind = Kind.FOLDER
    has_more = kind is Kind.SPARSE and block[482] != 0
    return Header(path, kind, 0 if kind in _EMPTY else size, has_more)


def holes_go_on(block: bytes) -> bool:
    """Say whether a further header of holes follows this one."""
    return len(block) == BLOCK and block[504] != 0


def parse_extension(kind: Kind, data: bytes) -> Extension:
    """Return what is said about the next file, as far as it can be read."""
    return Extension(_text(data)) if kind is Kind.LONG_NAME else _parse_records(data)


def _parse_records(data: bytes) -> Extension:
    """Read records of their own length, a space, a keyword, `=`, a value and a line end."""
    known: dict[bytes, bytes] = {}
    place = 0
    found = _LENGTH.match(data)
    while found:
        end = place + int(found.group(1))
        keyword, _, value = data[found.end() : end - 1].partition(b"=")
        known[keyword] = value
        found = _LENGTH.match(data, end) if end > found.end() else None
        place = end
    size = known.get(b"size", b"")
    return Extension(
        _text(known[b"path"]) if b"path" in known else None,
        min(int(size), LARGEST) if size.isdigit() and len(size) < 30 else None,
        any(keyword.startswith(b"GNU.sparse.") for keyword in known),
    )


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("latin-1")


def _number(field: bytes) -> int | None:
    """Return a number: octal digits, or GNU's form for what is larger; None if it is neither."""
    if field[0] == 0x80:
        number = int.from_bytes(field[1:], "big")
    else:
        found = _OCTAL.fullmatch(field)
        if not found:
            return None
        number = int(found.group(1) or b"0", 8)
    return number if number <= LARGEST else None
