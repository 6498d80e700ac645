"""Tars of pictures: bytes in, files out, and a name for everything that is odd.

Nothing in a tar is believed: no path in it is used as one, and nothing comes into memory that is
larger than a picture can be.
"""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import sys
import zlib
from abc import ABC, abstractmethod
from contextlib import contextmanager
from enum import Enum
from pathlib import Path
from typing import Any, BinaryIO, Callable, Iterator, NamedTuple, cast

from ..core.errors import BadInput
from ..core.outcomes import Failed
from ..core.packings import (
    BLOCK,
    Extension,
    Header,
    Kind,
    holes_go_on,
    parse_extension,
    parse_header,
    zstd,
)

_STEP = 2**20

_GZIP = b"\x1f\x8b"

_MOST_DICTIONARY = 2**27
"""Bytes that are kept to unpack with, by xz and zstd: as many as both programs take unasked."""


class Reader(ABC):
    """Bytes that are read in order.

    Attributes
    ----------
    is_cut : bool
        Whether there were fewer than were asked for.
    damage : SkipReason or None
        What is wrong with them, if that is told nowhere else.
    """

    is_cut = False
    damage: SkipReason | None = None
    can_wait = False
    """Whether it can be read when others have been."""

    @abstractmethod
    def read(self, size: int) -> bytes:
        """Return the next bytes, fewer only at the end."""

    @contextmanager
    def opened(self) -> Iterator[Reader]:
        """Give what reads all of them in order; raise OSError if there is nothing to read."""
        yield self

    def skip(self, size: int) -> None:
        """Pass over the next bytes."""
        while size > 0 and not self.is_cut:
            size -= len(self.read(min(size, _STEP)))


class StreamReader(Reader):
    """Reads a file, a pipe or an answer, unpacked if gzip, bzip2, xz or zstd has packed it.

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
        except _NotUnpacked:
            self._plain, self.damage = io.BytesIO(), SkipReason.PACKED
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

    def begins(self, *signatures: bytes) -> bool:
        """Say whether it begins with one of these, as far as it can be read."""
        try:
            return self._packed.peek(_LONGEST_SIGNATURE).startswith(signatures)
        except (OSError, Failed) as error:
            self.failure, self._plain = error, io.BytesIO()
            return False

    def _unpacked(self) -> BinaryIO:
        begin = self._packed.peek(_LONGEST_SIGNATURE)
        self.is_empty = not begin
        if begin.startswith(_GZIP):
            unpacked: Any = gzip.GzipFile(fileobj=self._packed, mode="rb")
            return cast(BinaryIO, io.BufferedReader(unpacked))
        for signature, decompressor in _PACKINGS.items():
            if begin.startswith(signature):
                unpacked = _Unpacking(self._packed, decompressor)
                return cast(BinaryIO, io.BufferedReader(unpacked))
        return self._packed


class _NotUnpacked(Exception):
    """Of what is packed nothing can be unpacked: it is damaged, or needs too much memory."""


class _Unpacking(io.RawIOBase):
    """Unpacks what comes as one stream or as several behind each other, little at once."""

    def __init__(self, packed: BinaryIO, decompressor: Callable[[], Any]) -> None:
        super().__init__()
        self._packed = packed
        self._new = decompressor
        self._stream = decompressor()
        self._has_begun = False

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while True:
            fed = b""
            if self._stream.eof:
                fed = self._behind()
                if not fed:
                    return 0
                self._stream = self._new()
            elif self._stream.needs_input:
                fed = self._packed.read(_STEP)
                if not fed:
                    raise EOFError("the end is missing")
            try:
                data = self._stream.decompress(fed, len(buffer))
            except Exception as error:  # of as many kinds as there are packings
                raise EOFError(str(error)) if self._has_begun else _NotUnpacked from None
            self._has_begun = self._has_begun or bool(data)
            if data:
                buffer[: len(data)] = data
                return len(data)

    def _behind(self) -> bytes:
        """Return what follows a stream, but for the zeros that xz lets stand there."""
        fed: bytes = self._stream.unused_data.lstrip(b"\0")
        while not fed:
            read = self._packed.read(_STEP)
            if not read:
                break
            fed = read.lstrip(b"\0")
        return fed


def _zstd() -> Any:
    package = zstd()
    if not package:
        raise BadInput(
            "a tar packed with zstd needs the Python package backports.zstd here; get it with: "
            f'"{sys.executable}" -m pip install backports.zstd'
        )
    most = {package.DecompressionParameter.window_log_max: _MOST_DICTIONARY.bit_length() - 1}
    return package.ZstdDecompressor(options=most)


_PACKINGS: dict[bytes, Callable[[], Any]] = {
    b"BZh": bz2.BZ2Decompressor,
    b"\xfd7zXZ\0": lambda: lzma.LZMADecompressor(memlimit=_MOST_DICTIONARY),
    b"\x28\xb5\x2f\xfd": _zstd,
    # Frames to be skipped, with which pzstd begins.
    **{bytes([number]) + b"\x2a\x4d\x18": _zstd for number in range(0x50, 0x60)},
}
"""What unpacks, by how what is packed begins."""

PACKED_TARS = (_GZIP, *_PACKINGS)
"""How packed tars begin."""

_LONGEST_SIGNATURE = max(map(len, PACKED_TARS))


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


class SkipReason(Enum):
    """Why something in a copy of ImageNet is not taken: in a tar, a zip or a folder."""

    OTHER_NAME = "its name is not like the names of ImageNet's pictures"
    OTHER_SYNSET = "it belongs to another synset"
    NO_LABEL = "its synset is not known; --labels can tell it"
    OUTSIDE = "its path leads out of the folder"
    LINK = "it is a link"
    DEVICE = "it is a device or a pipe"
    SPARSE = "it is a sparse file (a file with holes)"
    SAME_NUMBER = "another picture has the same number"
    TOO_LARGE = "it is larger than any picture of ImageNet"
    ENCRYPTED = "it is encrypted"
    PACKED = "it is compressed in a way that cannot be undone here"
    DAMAGED = "its bytes do not match its size or checksum"
    UNREADABLE = "it cannot be read"
    CUT = "it is incomplete: it ends too early"
    GARBAGE = "these bytes are not a tar"

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
    """Something in a copy that is not taken."""

    path: str
    reason: SkipReason


class File(NamedTuple):
    """A file in a copy."""

    path: str
    size: int
    """Bytes, as it is said."""
    body: Reader
    """Its bytes: of a tar, to be had as long as nothing else has been asked of it."""
    fault: SkipReason | None = None
    """Why it is not to be read, whatever it is called."""
    original: Path | None = None
    """Where it lies, if it is a file by itself."""

    @property
    def parts(self) -> list[str]:
        """The folders of its path, and its name."""
        return self.path.split("/")

    @property
    def leads_out(self) -> bool:
        """Whether its path would lead out of where it is unpacked."""
        return self.path.startswith("/") or ".." in self.parts


def files(tar: Reader, what: str) -> Iterator[File | Skipped]:
    """Yield the files of a tar, and what is odd about the tar itself, whatever the bytes are.

    Parameters
    ----------
    tar : Reader
        The tar; it is read no further than needed.
    what : str
        What the tar is called.
    """
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
                fault = _REASONS.get(Kind.SPARSE if said.is_sparse else header.kind)
                yield File(path, body.left, body, fault)
            said = Extension()
        body.skip(body.left)
        if body.is_cut:
            yield Skipped(path, SkipReason.CUT)
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
            yield Skipped(what, tar.damage or SkipReason.CUT)
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
