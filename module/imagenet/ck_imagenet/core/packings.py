"""How lists of URLs come packed: gzip, tar, UTF-16, UTF-32, or several of them; headers of tars.

`tarfile` believes a header about the size of a name, and reads so much into memory. Here a header
is parsed alone, and its reader decides how much is read.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
from enum import Enum
from functools import lru_cache
from importlib import import_module
from pathlib import PurePosixPath
from typing import Any, BinaryIO, NamedTuple, cast


@lru_cache(maxsize=1)
def zstd() -> Any:
    """Return Python's own package for zstd, or the same for Python before 3.14, or None."""
    for name in ("compression.zstd", "backports.zstd"):
        try:
            return import_module(name)
        except ImportError:
            continue
    return None


# Headers of a tar.

BLOCK = 512
"""Bytes of a header; the data of a file is padded to a multiple of it."""

LARGEST = 2**60
"""Bytes of one file: more than any disk holds, and still an offset that can be sought."""

_OCTAL = re.compile(rb" *([0-7]*)[ \0]*")
_RECORD_LENGTH = re.compile(rb"([1-9][0-9]{0,8}) ")


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
_WITHOUT_DATA = (Kind.FOLDER, Kind.LINK, Kind.DEVICE)
"""Kinds without data, whatever size the header tells."""


class Header(NamedTuple):
    """What a header says."""

    path: str
    """As Latin-1 text: a character a byte."""
    kind: Kind
    size: int
    """Bytes that follow."""
    has_more: bool = False
    """Whether a further header of holes comes before the data."""


class Extension(NamedTuple):
    """What extensions tell of the next file; None where they tell nothing."""

    path: str | None = None
    size: int | None = None
    is_sparse: bool = False

    def followed_by(self, other: Extension) -> Extension:
        """Return what is known when `other` follows, which counts before this."""
        return self._replace(**{field: said for field, said in other._asdict().items() if said})


def parse_header(block: bytes) -> Header | None:
    """Return the header in a block, or None if it is no header."""
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
    if kind is Kind.FILE and path.endswith("/"):  # how folders were written before 1988
        kind = Kind.FOLDER
    has_more = kind is Kind.SPARSE and block[482] != 0
    return Header(path, kind, 0 if kind in _WITHOUT_DATA else size, has_more)


def holes_go_on(block: bytes) -> bool:
    """Say whether a further header of holes follows this one."""
    return len(block) == BLOCK and block[504] != 0


def parse_extension(kind: Kind, data: bytes) -> Extension:
    """Return what an extension tells of the next file, as far as it can be read.

    Parameters
    ----------
    kind : Kind
        LONG_NAME or EXTENSION.
    data : bytes
        The data behind its header.
    """
    return Extension(_text(data)) if kind is Kind.LONG_NAME else _parse_records(data)


def _parse_records(data: bytes) -> Extension:
    """Read POSIX records: each is its length, a space, a keyword, `=`, a value, a line end."""
    known: dict[bytes, bytes] = {}
    offset = 0
    found = _RECORD_LENGTH.match(data)
    while found:
        end = offset + int(found.group(1))
        keyword, _, value = data[found.end() : end - 1].partition(b"=")
        known[keyword] = value
        found = _RECORD_LENGTH.match(data, end) if end > found.end() else None
        offset = end
    size = known.get(b"size", b"")
    return Extension(
        _text(known[b"path"]) if b"path" in known else None,
        min(int(size), LARGEST) if size.isdigit() and len(size) < 30 else None,
        any(keyword.startswith(b"GNU.sparse.") for keyword in known),
    )


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("latin-1")


def _number(field: bytes) -> int | None:
    """Return a number in octal digits, or in GNU's form for large ones; None if it is neither."""
    if field[0] == 0x80:
        number = int.from_bytes(field[1:], "big")
    else:
        found = _OCTAL.fullmatch(field)
        if not found:
            return None
        number = int(found.group(1) or b"0", 8)
    return number if number <= LARGEST else None


# Lists.

_READ_AT_ONCE = 2**20
"""Bytes that are read at once."""

_MOST_LAYERS = 4
"""More than a gzipped tar of a gzipped list has; some files unpack to themselves for ever."""

_MOST_UNPACKED = 4 * 2**30
"""Bytes of a list; ImageNet's whole list has a quarter of it."""

_MOST_HEADERS = 10_000
"""Headers of a tar before its list."""

_LARGEST_EXTENSION = 2**16
"""Bytes of one extension of a tar."""


def unpacked_list(stream: BinaryIO) -> BinaryIO:
    """Return a stream of the list itself, unpacked from whatever it is packed in.

    Raises
    ------
    OSError, EOFError, zlib.error, ValueError
        If it is damaged; also while the stream is read.
    """
    for _ in range(_MOST_LAYERS):
        head = _peek(stream, 512)
        if head.startswith(b"\x1f\x8b"):
            stream = cast(BinaryIO, io.BufferedReader(_FromGzip(stream)))
        elif head[257:262] == b"ustar":
            stream = _first_file(stream)
        elif _unicode(head):
            return cast(BinaryIO, io.BufferedReader(_FromUnicode(stream, _unicode(head))))
        else:
            if head.startswith(codecs.BOM_UTF8):
                stream.read(len(codecs.BOM_UTF8))
            return stream
    raise ValueError(f"packed more than {_MOST_LAYERS} times")


class _FromGzip(io.RawIOBase):
    """Unpacks gzip, up to the size of the largest list."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._unpacked = gzip.GzipFile(fileobj=stream, mode="rb")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._unpacked.read(len(buffer))
        buffer[: len(data)] = data
        if self._unpacked.tell() > _MOST_UNPACKED:
            raise ValueError("it unpacks to more than any list has")
        return len(data)


class _FromTar(io.RawIOBase):
    """Reads one file of a tar, whose data comes next."""

    def __init__(self, tar: BinaryIO, size: int) -> None:
        super().__init__()
        self._tar = tar
        self._left = size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._tar.read(min(len(buffer), self._left))
        if self._left and not data:
            raise EOFError("its tar ends too early")
        buffer[: len(data)] = data
        self._left -= len(data)
        return len(data)


class _FromUnicode(io.RawIOBase):
    """Reads UTF-16 or UTF-32, as editors on Windows write them, as UTF-8."""

    def __init__(self, stream: BinaryIO, encoding: str) -> None:
        super().__init__()
        self._text = codecs.getreader(encoding)(stream, "replace")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._text.read(len(buffer) // 2).encode()  # two bytes become at most three
        buffer[: len(data)] = data
        return len(data)


def _unicode(head: bytes) -> str:
    """Return the encoding of a list in UTF-16 or UTF-32, an empty text for others."""
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if head[:8].count(0) != len(head[:8]) // 2 or not head:
        return ""
    return {head[1:8:2]: "utf-16-le", head[0:8:2]: "utf-16-be"}.get(bytes(4), "")


def _peek(stream: BinaryIO, size: int) -> bytes:
    if isinstance(stream, io.BufferedReader):
        return stream.peek(size)[:size]
    head = stream.read(size)
    stream.seek(-len(head), io.SEEK_CUR)
    return head


def _first_file(stream: BinaryIO) -> BinaryIO:
    """Return the first regular file of a tar, which is the list in imagenet_fall11_urls.tgz."""
    said = Extension()
    for _ in range(_MOST_HEADERS):
        block = stream.read(BLOCK)
        if block == bytes(BLOCK):
            return io.BytesIO()
        header = parse_header(block)
        if not header:
            raise ValueError("its tar has no header where one must be")
        if header.kind in (Kind.LONG_NAME, Kind.EXTENSION):
            if header.size > _LARGEST_EXTENSION:
                raise ValueError("its tar says more of a file than any tar does")
            data = stream.read(header.size)
            said = said.followed_by(parse_extension(header.kind, data))
            _skip(stream, -header.size % BLOCK)
        else:
            path = PurePosixPath(said.path or header.path)
            size = header.size if said.size is None else said.size
            if header.kind is Kind.FILE and not path.name.startswith("."):
                return cast(BinaryIO, io.BufferedReader(_FromTar(stream, size)))
            _skip(stream, size + -size % BLOCK)
            said = said if header.kind is Kind.OTHER else Extension()
    raise ValueError("its tar has no list in its beginning")


def _skip(stream: BinaryIO, size: int) -> None:
    while size > 0:
        passed = len(stream.read(min(size, _READ_AT_ONCE)))
        size = size - passed if passed else 0
