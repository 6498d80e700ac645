"""The forms of URL lists: bytes in, numbered lines out, lazily.

A line is a URL alone (image-net.org's `geturls`), or a name and a URL with a space between them
(its `getmapping`) or a tab (`fall11_urls.txt`); files may be plain, gzip or tar, with LF or CRLF.

A URL is text whose characters stand for its bytes (Latin-1), since lists mix encodings: so nothing
is lost, and what is requested is what the list holds.
"""

from __future__ import annotations

import codecs
import gzip
import io
import re
import zlib
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Iterator, NamedTuple, cast

from .errors import BadInput
from .names import ImageName, parse_image_name
from .tarheaders import BLOCK, Extension, Kind, parse_extension, parse_header

LONGEST_LINE = 65_536
"""Bytes; what is longer is no URL, and a list without line ends must not fill the memory."""

_BLOCK = 2**20
_LONGEST_BLOCK = 4 * 2**20
"""Bytes; what has a longer line is no list."""

_MOST_LAYERS = 4
"""More than a gzipped tar of a gzipped list has: there are files that unpack to themselves."""

_MOST_UNPACKED = 4 * 2**30
"""Bytes; ImageNet's whole list has a quarter of it."""

_MOST_HEADERS = 10_000
_MOST_SAID = 2**16
"""Of a tar before its list: headers, and bytes that are said about a file beside its header."""


class Line(NamedTuple):
    """One line of a list that holds a URL."""

    number: int
    """Its place in the list: from 0, blank and odd lines counted."""
    name: ImageName | None
    """The picture's name, if the list gives it."""
    url: str


def parse_line(line: bytes) -> tuple[ImageName | None, str] | None:
    """Return the name (or None) and the URL that a line holds; None for an odd or blank line."""
    text = line.decode("latin-1").strip(" \t\r\n")
    if is_url(text):
        return None, text
    name, separator, url = _split_once(text)
    parsed = parse_image_name(name)
    url = url.lstrip(" \t")
    if separator and parsed and is_url(url):
        return parsed, url
    return None


def is_url(text: str) -> bool:
    """Say whether `text` is something to ask over HTTP, however its slashes lean."""
    return text[:7].lower().startswith(("http:/", "https:/", "http:\\", "https:\\"))


def called(where: str) -> str:
    """Return what others are told of where a list is: an address, or the name of a file.

    Neither tells of the user's machine, nor how he is known to a host.
    """
    if is_url(where):
        return re.sub(r"(?<=[/\\])[^/\\?#]*@", "", where, count=1)
    return re.split(r"[/\\]", where)[-1]


def read(stream: BinaryIO, what: str) -> Iterator[Line]:
    """Yield the lines of a list that hold a URL.

    Parameters
    ----------
    stream : binary file, seekable
        The list: plain, gzip, tar or gzipped tar.
    what : str
        What the list is called in an error.

    Raises
    ------
    BadInput
        If the file is damaged.
    """
    with _damage_named(what):
        last, parsed = b"", None
        for number, line in enumerate(_lines(_unpack(stream))):
            if line != last:
                last, parsed = line, parse_line(line)
            if parsed:
                yield Line(number, *parsed)


def blocks(stream: BinaryIO, what: str) -> Iterator[bytes]:
    """Yield all bytes of a list, unpacked, in blocks of whole lines, each with its line end.

    For lists that are too long to be read line by line; the arguments are those of `read`.

    Raises
    ------
    BadInput
        If the file is damaged, or no list.
    """
    with _damage_named(what):
        plain, torn = _unpack(stream), b""
        for data in iter(lambda: plain.read(_BLOCK), b""):
            whole, end, rest = data.rpartition(b"\n")
            if end:
                yield torn + whole + end
                torn = rest
            else:
                torn += rest
            if len(torn) > _LONGEST_BLOCK:
                raise BadInput(f'"{what}" is no list of URLs: it has a line of more than 4 MB')
        if torn:
            yield torn + b"\n"


@contextmanager
def _damage_named(what: str) -> Iterator[None]:
    """Turn whatever unpacking raises into a sentence."""
    try:
        yield
    except (OSError, EOFError, zlib.error, ValueError) as error:
        raise BadInput(
            f'the list "{what}" is damaged or incomplete ({error}): get it again'
        ) from error


def read_plain(text: bytes) -> Iterator[Line]:
    """Yield the lines of a list that is in memory and not packed, as `read` does."""
    for number, line in enumerate(io.BytesIO(text)):
        parsed = parse_line(line) if len(line) < LONGEST_LINE else None
        if parsed:
            yield Line(number, *parsed)


def _split_once(text: str) -> tuple[str, str, str]:
    """Split at the first space or tab: URLs may hold either."""
    return text.partition("\t" if "\t" in text.partition(" ")[0] else " ")


def _unpack(stream: BinaryIO) -> BinaryIO:
    """Return the list's own bytes, whatever they are packed in."""
    for _ in range(_MOST_LAYERS):
        head = _peek(stream, 512)
        if head.startswith(b"\x1f\x8b"):
            stream = cast(BinaryIO, io.BufferedReader(_FromGzip(stream)))
        elif head[257:262] == b"ustar":
            stream = _first_file(stream)
        elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return cast(BinaryIO, io.BufferedReader(_FromUTF16(stream)))
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


class _FromUTF16(io.RawIOBase):
    """A list saved by a Windows editor, in the one encoding that Latin-1 cannot read, as UTF-8."""

    def __init__(self, stream: BinaryIO) -> None:
        super().__init__()
        self._text = codecs.getreader("utf-16")(stream, "replace")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._text.read(len(buffer) // 2).encode()  # two bytes become at most three
        buffer[: len(data)] = data
        return len(data)


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


def _lines(stream: BinaryIO) -> Iterator[bytes]:
    """Yield the lines; one that is too long for a URL as an empty one, so that it is counted."""
    while True:
        line = stream.readline(LONGEST_LINE)
        if not line:
            return
        if len(line) < LONGEST_LINE or line.endswith(b"\n"):
            yield line
            continue
        while line and not line.endswith(b"\n"):
            line = stream.readline(LONGEST_LINE)
        yield b""
