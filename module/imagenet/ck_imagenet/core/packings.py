"""How lists of URLs come packed: gzip, tar, both, UTF-16 or -32, or none of it; bytes in, out."""

from __future__ import annotations

import codecs
import gzip
import io
from pathlib import PurePosixPath
from typing import Any, BinaryIO, cast

from .tarheaders import BLOCK, Extension, Kind, parse_extension, parse_header

_BLOCK = 2**20

_MOST_LAYERS = 4
"""More than a gzipped tar of a gzipped list has: there are files that unpack to themselves."""

_MOST_UNPACKED = 4 * 2**30
"""Bytes; ImageNet's whole list has a quarter of it."""

_MOST_HEADERS = 10_000
_MOST_SAID = 2**16
"""Of a tar before its list: headers, and bytes that are said about a file beside its header."""


def unpacked(stream: BinaryIO) -> BinaryIO:
    """Return the list's own bytes, whatever they are packed in.

    Raises
    ------
    OSError, EOFError, zlib.error, ValueError
        If it is damaged, here or while it is read.
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
    """What gzip has packed, as far as any list goes."""

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
    """A file in a tar, from where the tar has been read to."""

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
    """A list saved by a Windows editor, in the encodings that Latin-1 cannot read, as UTF-8."""

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
    """Return which UTF-16 or UTF-32 a list is in, nothing if it is in none."""
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
    """Return the first regular file of a tar: the list, as in imagenet_fall11_urls.tgz."""
    said = Extension()
    for _ in range(_MOST_HEADERS):
        block = stream.read(BLOCK)
        if block == bytes(BLOCK):
            return io.BytesIO()
        header = parse_header(block)
        if not header:
            raise ValueError("its tar has no header where one must be")
        if header.kind in (Kind.LONG_NAME, Kind.EXTENSION):
            if header.size > _MOST_SAID:
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
        passed = len(stream.read(min(size, _BLOCK)))
        size = size - passed if passed else 0
