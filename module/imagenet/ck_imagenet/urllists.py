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
import tarfile
import zlib
from contextlib import contextmanager
from pathlib import PurePosixPath
from typing import Any, BinaryIO, Iterator, NamedTuple, cast

from .errors import BadInput
from .names import ImageName, parse_image_name

LONGEST_LINE = 65_536
"""Bytes; what is longer is no URL, and a list without line ends must not fill the memory."""

_BLOCK = 2**20
_LONGEST_BLOCK = 4 * 2**20
"""Bytes; what has a longer line is no list."""

_MOST_LAYERS = 4
"""More than a gzipped tar of a gzipped list has: there are files that unpack to themselves."""


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
    """Say whether `text` is something to ask over HTTP."""
    return text[:8].lower().startswith(("http://", "https://"))


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
        for number, line in enumerate(_lines(_unpack(stream))):
            parsed = parse_line(line)
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
    except (OSError, EOFError, zlib.error, tarfile.TarError, ValueError, RecursionError) as error:
        raise BadInput(
            f'the list "{what}" is damaged or incomplete ({error}): get it again'
        ) from error


def read_plain(text: bytes) -> Iterator[Line]:
    """Yield the lines of a list that is in memory and not packed, as `read` does."""
    for number, line in enumerate(text.split(b"\n")):
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
            unpacked = gzip.GzipFile(fileobj=stream, mode="rb")
            stream = cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, unpacked)))
        elif head[257:262] == b"ustar":
            stream = _first_file(stream)
        elif head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return cast(BinaryIO, io.BufferedReader(_FromUTF16(stream)))
        else:
            if head.startswith(codecs.BOM_UTF8):
                stream.read(len(codecs.BOM_UTF8))
            return stream
    raise ValueError(f"packed more than {_MOST_LAYERS} times")


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
    head = stream.read(size)
    stream.seek(-len(head), io.SEEK_CUR)
    return head


def _first_file(stream: BinaryIO) -> BinaryIO:
    """Return the first regular file of a tar: the list, as in imagenet_fall11_urls.tgz."""
    archive = tarfile.open(fileobj=stream, mode="r:")  # noqa: SIM115
    for member in archive:
        hidden = PurePosixPath(member.name).name.startswith(".")
        if member.isfile() and not hidden:
            return cast(BinaryIO, archive.extractfile(member))
    return io.BytesIO()


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
