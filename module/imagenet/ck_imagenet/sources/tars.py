"""Tars of pictures: bytes in, pictures out, and a name for everything that is none.

A tar holds pictures, as that of a class does, or the tars of classes, as that of ILSVRC2012 does.
Nothing in it is believed: no path in it is used as one, and nothing comes into memory that is
larger than a picture can be.
"""

from __future__ import annotations

import gzip
import io
import re
import zlib
from abc import ABC, abstractmethod
from enum import Enum
from typing import Any, BinaryIO, Collection, Iterator, NamedTuple, Union, cast

from ..core.outcomes import Failed
from ..core.packings import (
    BLOCK,
    Extension,
    Header,
    Kind,
    holes_go_on,
    parse_extension,
    parse_header,
)
from ..core.text import ImageName, parse_image_name, printable
from ..images.decoding import MOST_BYTES
from ..images.formats import SUFFIXES

_GZIP = b"\x1f\x8b"
_STEP = 2**20


class Reader(ABC):
    """Bytes that are read in order.

    Attributes
    ----------
    is_cut : bool
        Whether there were fewer than were asked for.
    """

    is_cut = False

    @abstractmethod
    def read(self, size: int) -> bytes:
        """Return the next bytes, fewer only at the end."""

    def skip(self, size: int) -> None:
        """Pass over the next bytes."""
        while size > 0 and not self.is_cut:
            size -= len(self.read(min(size, _STEP)))


class StreamReader(Reader):
    """Reads a file, a pipe or an answer, and unpacks it if gzip has packed it.

    Where it can be read no further, it ends.

    Parameters
    ----------
    stream : BufferedReader
        What holds it.
    size : int, optional
        Its bytes, if it is a file, in which one can go on without reading all.

    Attributes
    ----------
    failure : OSError or Failed or None
        Why there was no more to read, unless what was read is itself damaged or cut.
    is_empty : bool
        Whether there was not a single byte.
    """

    def __init__(self, stream: io.BufferedReader[Any], size: int | None = None) -> None:
        self._packed = stream
        self._size = size
        self._plain: BinaryIO | None = None
        self.failure: OSError | Failed | None = None
        self.is_empty = False

    def read(self, size: int) -> bytes:
        data = b""
        try:
            if self._plain is None:
                self._plain = self._unpacked()
            data = self._plain.read(size)
        except (EOFError, zlib.error, gzip.BadGzipFile):
            self._plain = io.BytesIO()
        except (OSError, Failed) as error:
            self.failure = error
            self._plain = io.BytesIO()
        self.is_cut = len(data) < size
        return data

    def skip(self, size: int) -> None:
        if self._size is None or self._plain is not self._packed or size <= _STEP:
            super().skip(size)
            return
        left = self._size - self._packed.tell()
        self.is_cut = size > left
        self._packed.seek(min(size, left), io.SEEK_CUR)

    def _unpacked(self) -> BinaryIO:
        begin = self._packed.peek(len(_GZIP))
        self.is_empty = not begin
        if not begin.startswith(_GZIP):
            return self._packed
        unpacked = gzip.GzipFile(fileobj=self._packed, mode="rb")
        return cast(BinaryIO, io.BufferedReader(cast(io.RawIOBase, unpacked)))


class PartReader(Reader):
    """Reads so many of the next bytes of another reader, and then ends.

    Parameters
    ----------
    whole : Reader
        The other reader.
    size : int
        How many.

    Attributes
    ----------
    left : int
        How many have not been read.
    """

    def __init__(self, whole: Reader, size: int) -> None:
        self._whole = whole
        self.left = size

    def read(self, size: int) -> bytes:
        data = self._whole.read(min(size, self.left))
        self.left -= len(data)
        self.is_cut = len(data) < size
        return data

    def skip(self, size: int) -> None:
        there = min(size, self.left)
        self._whole.skip(there)
        self.left -= there
        self.is_cut = self._whole.is_cut or there < size


_MOST_SAID = 2**16
"""Bytes that are read of what is said about a file beside its header."""

_END_BLOCK = bytes(BLOCK)
_CLASS = re.compile(r"(n[0-9]{8})\.tar")


class SkipReason(Enum):
    """Why something in a tar is not taken."""

    OTHER_NAME = "not called as ImageNet's pictures are"
    OTHER_SYNSET = "of another synset"
    OUTSIDE = "with a path that leads out of the tar"
    LINK = "a link"
    DEVICE = "a device or a pipe"
    SPARSE = "a file with holes"
    SAME_NUMBER = "another picture of a number that has one"
    TOO_LARGE = "larger than any picture of ImageNet"
    CUT = "not all there: the tar ends too early"
    GARBAGE = "bytes that are no tar"

    @property
    def word(self) -> str:
        """What summaries call it."""
        return self.name.lower().replace("_", "-")


_REASONS = {
    Kind.LINK: SkipReason.LINK,
    Kind.DEVICE: SkipReason.DEVICE,
    Kind.SPARSE: SkipReason.SPARSE,
}


class Skipped(NamedTuple):
    """Something in a tar that is not taken."""

    path: str
    """Shortened, and fit for any terminal."""
    reason: SkipReason


class Member:
    """A picture in a tar, as far as its name tells.

    Parameters
    ----------
    name : ImageName
        Its name.
    body : PartReader
        Its bytes, which are to be had as long as nothing else has been asked of the tar.
    """

    def __init__(self, name: ImageName, body: PartReader) -> None:
        self.name = name
        self._body = body

    def read(self) -> bytes | None:
        """Return all its bytes, or None if the tar has not all of them."""
        data = self._body.read(self._body.left)
        return None if self._body.is_cut else data


class _File(NamedTuple):
    path: str
    kind: Kind
    body: PartReader

    @property
    def parts(self) -> list[str]:
        return self.path.split("/")


Found = Union[Member, Skipped]


def members(tar: Reader, wnids: Collection[str], what: str) -> Iterator[Found]:
    """Yield what is in a tar, and in the tars of classes in it, whatever the bytes are.

    Parameters
    ----------
    tar : Reader
        The tar; it is read no further than needed.
    wnids : collection of str
        The synsets that are wanted; the tars of others are passed over.
    what : str
        What the tar is called.
    """
    missing = set(wnids)
    for file in _files(tar, what):
        inner = "" if isinstance(file, Skipped) else _wnid_of_tar(file)
        if isinstance(file, Skipped) or not inner:
            yield _found(file, wnids)
        elif inner in wnids:
            for each in _files(file.body, printable(file.path)):
                yield _found(each, (inner,))
            missing.discard(inner)
            if not missing:
                return


def _found(file: _File | Skipped, wnids: Collection[str]) -> Found:
    """Return what a file in a tar is: a picture of one of these synsets, or what else."""
    if isinstance(file, Skipped):
        return file
    name = _name(file)
    if file.kind in _REASONS:
        reason = _REASONS[file.kind]
    elif _leads_out(file):
        reason = SkipReason.OUTSIDE
    elif not name:
        reason = SkipReason.OTHER_NAME
    elif name.wnid not in wnids:
        reason = SkipReason.OTHER_SYNSET
    elif file.body.left > MOST_BYTES:
        reason = SkipReason.TOO_LARGE
    else:
        return Member(name, file.body)
    return Skipped(printable(file.path), reason)


def _wnid_of_tar(file: _File) -> str:
    """Return the synset whose tar a file is by its name, or an empty text."""
    found = _CLASS.fullmatch(file.parts[-1])
    usable = file.kind is Kind.FILE and not _leads_out(file)
    return found.group(1) if found and usable else ""


def _name(file: _File) -> ImageName | None:
    stem, _, extension = file.parts[-1].rpartition(".")
    return parse_image_name(stem) if f".{extension.lower()}" in SUFFIXES else None


def _leads_out(file: _File) -> bool:
    return file.path.startswith("/") or ".." in file.parts


def _files(tar: Reader, what: str) -> Iterator[_File | Skipped]:
    """Yield the files of a tar, and what is odd about the tar itself."""
    said = Extension()
    for header in _headers(tar, what):
        if isinstance(header, Skipped):
            yield header
            continue
        path = header.path if said.path is None else said.path
        is_file = header.kind is Kind.FILE
        body = PartReader(tar, said.size if is_file and said.size is not None else header.size)
        filling = -body.left % BLOCK
        if header.kind in (Kind.LONG_NAME, Kind.EXTENSION):
            said = said.followed_by(parse_extension(header.kind, body.read(_MOST_SAID)))
        elif header.kind is not Kind.OTHER:
            if header.kind is not Kind.FOLDER:
                yield _File(path, Kind.SPARSE if said.is_sparse else header.kind, body)
            said = Extension()
        body.skip(body.left)
        if body.is_cut:
            yield Skipped(printable(path), SkipReason.CUT)
            return
        tar.skip(filling)


def _headers(tar: Reader, what: str) -> Iterator[Header | Skipped]:
    """Yield the headers of a tar; who takes one has to read or skip what belongs to it.

    After bytes that are no header the next that is one is looked for, so that what is good behind
    them is found; but what does not begin as a tar is none.
    """
    is_lost = has_begun = False
    while True:
        block = tar.read(BLOCK)
        if block == _END_BLOCK:
            return
        header = parse_header(block)
        if header:
            _skip_holes(tar, header)
            yield header
        elif len(block) < BLOCK and (has_begun or not block):
            yield Skipped(what, SkipReason.CUT)
            return
        elif not is_lost:
            yield Skipped(what, SkipReason.GARBAGE)
        if not (header or has_begun):
            return
        is_lost, has_begun = header is None, True


def _skip_holes(tar: Reader, header: Header) -> None:
    more = header.has_more
    while more:
        more = holes_go_on(tar.read(BLOCK))
