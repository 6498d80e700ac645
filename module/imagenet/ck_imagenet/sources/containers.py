"""Zips and folders of pictures: their files, one after another, however many there are.

`zipfile` holds what a zip tells of all its files in memory, some 2 GB for Kaggle's copy of
ILSVRC2012. Here its directory is read as it is needed. Nothing in it is believed: a file may not be
larger than it says, nor all together larger than the zip.
"""

from __future__ import annotations

import io
import os
import stat
import struct
import zlib
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO, Iterator, NamedTuple

from ..core.packings import LARGEST
from .tars import File, Reader, Skipped, SkipReason, StreamReader

ZIPS = (b"PK\3\4", b"PK\5\6")
"""How zips begin, those with files and those without."""

_DIRECTORY_END = struct.Struct("<4s4H2LH")
_DIRECTORY_END_64 = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64 = struct.Struct("<4sLQL")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_LONGEST_COMMENT = 2**16
_STORED, _DEFLATED = 0, 8
_ENCRYPTED = 1
_PIECE = 2**18
_FULL_32 = 2**32 - 1
"""What stands where the true number is larger, and stands elsewhere."""


class _Directory(NamedTuple):
    """Where the directory of a zip is."""

    offset: int
    size: int
    before: int
    """Bytes that stand before the zip itself, which its offsets do not count."""


class _Entry(NamedTuple):
    """What the directory tells of a file."""

    path: str
    flags: int
    method: int
    checksum: int
    packed: int
    size: int
    offset: int
    mode: int


def files_of_zip(zipped: BinaryIO, what: str) -> Iterator[File | Skipped]:
    """Yield the files of a zip, in the order of its directory, and what is odd about it.

    Parameters
    ----------
    zipped : binary file, seekable
        The zip.
    what : str
        What it is called.
    """
    try:
        yield from _files(zipped, what)
    except OSError:
        yield Skipped(what, SkipReason.UNREADABLE)


def _files(zipped: BinaryIO, what: str) -> Iterator[File | Skipped]:
    left = zipped.seek(0, os.SEEK_END)
    directory = _directory(zipped, left)
    if not directory:
        yield Skipped(what, SkipReason.CUT)
        return
    for entry in _entries(zipped, directory):
        left -= entry.packed if entry else 0
        if not entry or left < 0:  # as where the same bytes are given for many files
            yield Skipped(what, SkipReason.DAMAGED)
            return
        if not entry.path.endswith("/"):
            body = _EntryReader(zipped, entry, directory.before)
            yield File(entry.path, entry.size, body, _fault(entry))


def _fault(entry: _Entry) -> SkipReason | None:
    if stat.S_ISLNK(entry.mode):
        return SkipReason.LINK
    if entry.flags & _ENCRYPTED:
        return SkipReason.ENCRYPTED
    return None if entry.method in (_STORED, _DEFLATED) else SkipReason.PACKED


def _directory(zipped: BinaryIO, whole: int) -> _Directory | None:
    """Return where the directory is, None if the end of the zip does not tell that."""
    begin = max(0, whole - _LONGEST_COMMENT - _DIRECTORY_END.size)
    zipped.seek(begin)
    tail = zipped.read(whole - begin)
    at = tail.rfind(b"PK\5\6")
    if at < 0 or len(tail) - at < _DIRECTORY_END.size:
        return None
    *_, size, offset, _ = _DIRECTORY_END.unpack_from(tail, at)
    end, size, offset = _end_64(zipped, begin + at) or (begin + at, size, offset)
    before = end - size - offset
    return _Directory(offset + before, size, before) if before >= 0 else None


def _end_64(zipped: BinaryIO, end: int) -> tuple[int, int, int] | None:
    """Return where the directory of a large zip ends, its size and its offset."""
    if end < _LOCATOR_64.size:
        return None
    zipped.seek(end - _LOCATOR_64.size)
    mark, _, at, _ = _LOCATOR_64.unpack(zipped.read(_LOCATOR_64.size))
    # Where something stands before the zip, its end is still right before the locator.
    for place in (at, end - _LOCATOR_64.size - _DIRECTORY_END_64.size):
        if mark != b"PK\6\7" or not 0 <= place <= end - _DIRECTORY_END_64.size:
            continue
        zipped.seek(place)
        told = _DIRECTORY_END_64.unpack(zipped.read(_DIRECTORY_END_64.size))
        if told[0] == b"PK\6\6":
            return place, told[8], told[9]
    return None


def _entries(zipped: BinaryIO, directory: _Directory) -> Iterator[_Entry | None]:
    """Yield what the directory tells of each file, and None where it is damaged."""
    held, at, left = b"", directory.offset, directory.size

    def hold(count: int) -> bool:
        nonlocal held, at, left
        while len(held) < count and left:
            zipped.seek(at)
            read = zipped.read(min(_PIECE, left))
            held, at, left = held + read, at + len(read), left - len(read) if read else 0
        return len(held) >= count

    while hold(1):
        if not hold(_ENTRY.size):
            yield None
            return
        told = _ENTRY.unpack_from(held)
        name, extra, comment = told[10:13]
        size = _ENTRY.size + name + extra + comment
        if told[0] != b"PK\1\2" or not hold(size):
            yield None
            return
        yield _entry(told, held[_ENTRY.size : _ENTRY.size + name + extra])
        held = held[size:]


def _entry(told: Any, rest: bytes) -> _Entry:
    _, _, _, flags, method, _, _, checksum, packed, size, name, _, _, _, _, outer, offset = told
    path = _path(rest[:name].partition(b"\0")[0])
    large = _large_numbers(rest[name:])
    numbers = []
    for number in (size, packed, offset):
        numbers.append(next(large, number) if number == _FULL_32 else number)
    return _Entry(path, flags, method, checksum, numbers[1], numbers[0], numbers[2], outer >> 16)


def _path(name: bytes) -> str:
    """Return a path as most programs write it, or as DOS did, whatever the entry tells of that."""
    try:
        path = name.decode("utf-8")
    except UnicodeDecodeError:
        path = name.decode("cp437")
    return path.replace("\\", "/")


def _large_numbers(extra: bytes) -> Iterator[int]:
    """Yield the numbers that are too large for the entry itself."""
    while len(extra) >= 4:
        kind, size = struct.unpack_from("<2H", extra)
        if kind == 1:
            body = extra[4 : 4 + size]
            for (number,) in struct.iter_unpack("<Q", body[: len(body) // 8 * 8]):
                yield min(number, LARGEST)
            return
        extra = extra[4 + size :]


class _EntryReader(Reader):
    """Reads one file of a zip, and unpacks it."""

    can_wait = True

    def __init__(self, zipped: BinaryIO, entry: _Entry, before: int) -> None:
        self._zipped = zipped
        self._entry = entry
        self._at = -1
        self._before = before
        self._packed_left = entry.packed
        self._left = entry.size
        self._sum = 0
        self._inflate = zlib.decompressobj(-zlib.MAX_WBITS)

    def read(self, size: int) -> bytes:
        found = bytearray()
        while len(found) < size and self._left:
            try:
                data = self._part(min(size - len(found), self._left))
            except OSError:
                data = b""
            if not data:
                break
            self._left -= len(data)
            self._sum = zlib.crc32(data, self._sum)
            found += data
        if not self._left and self._sum != self._entry.checksum:
            self.damage = SkipReason.DAMAGED
        self.is_cut = len(found) < size or self.damage is not None
        if self.is_cut and self._left:
            self.damage = SkipReason.DAMAGED
        return bytes(found)

    @contextmanager
    def opened(self) -> Iterator[Reader]:
        with io.BufferedReader(_Raw(self), _PIECE) as stream:
            yield StreamReader(stream)

    def _part(self, most: int) -> bytes:
        """Return some of what comes next, nothing where it cannot be had."""
        if self._at < 0 and not self._find():
            return b""
        if self._entry.method == _STORED:
            return self._take(most)
        fed = self._inflate.unconsumed_tail
        try:
            while not self._inflate.eof:
                fed = fed or self._take(_PIECE)
                data = self._inflate.decompress(fed, most)
                if data or not fed:
                    return data
                fed = self._inflate.unconsumed_tail
        except zlib.error:
            return b""
        return b""

    def _find(self) -> bool:
        """Find where the bytes begin, behind what is told of the file a second time."""
        at = self._entry.offset + self._before
        self._zipped.seek(at)
        head = self._zipped.read(_LOCAL.size)
        if len(head) < _LOCAL.size or not head.startswith(b"PK\3\4"):
            return False
        self._at = at + _LOCAL.size + sum(_LOCAL.unpack(head)[9:])
        return True

    def _take(self, most: int) -> bytes:
        self._zipped.seek(self._at)
        data = self._zipped.read(min(most, self._packed_left))
        self._at += len(data)
        self._packed_left -= len(data)
        return data


class _Raw(io.RawIOBase):
    """Gives what a reader reads in the form that Python can buffer."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self._reader = reader

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        data = self._reader.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


# Folders that the user has: their files are read where they are.


def files_of_folder(root: Path) -> Iterator[File | Skipped]:
    """Yield the files in a folder and those below it, in the order of their names.

    A symbolic link to a file is followed if that file is below `root` too; one to a folder never,
    so that no way leads in a circle. Hidden folders, such as those of versions, are passed over.

    Parameters
    ----------
    root : Path
        The folder, which may be a link itself.
    """
    root = Path(os.path.realpath(root))
    waiting = [(str(root), root.name)]
    while waiting:
        folder, shown = waiting.pop()
        try:
            names = sorted(os.listdir(folder))  # noqa: PTH208  there are many
        except OSError:
            yield Skipped(shown, SkipReason.UNREADABLE)
            continue
        below = []
        for name in names:
            path, told = f"{folder}{os.sep}{name}", f"{shown}/{name}"
            try:
                found = os.lstat(path)
                if stat.S_ISDIR(found.st_mode):
                    if not name.startswith("."):
                        below.append((path, told))
                    continue
                yield _file(path, told, found, root)
            except OSError:
                yield Skipped(told, SkipReason.UNREADABLE)
        waiting += reversed(below)


def _file(path: str, told: str, found: os.stat_result, root: Path) -> File | Skipped:
    if stat.S_ISLNK(found.st_mode):
        path = os.path.realpath(path)
        if not path.startswith(f"{root}{os.sep}"):
            return Skipped(told, SkipReason.OUTSIDE)
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode):
            return Skipped(told, SkipReason.LINK)
    if not stat.S_ISREG(found.st_mode):
        return Skipped(told, SkipReason.DEVICE)
    return File(told, found.st_size, _FileReader(path, found.st_size), original=Path(path))


class _FileReader(Reader):
    """Reads a file, which is open no longer than that takes."""

    can_wait = True

    def __init__(self, path: str, size: int) -> None:
        self._path = path
        self._size = size

    def read(self, size: int) -> bytes:
        data = b""
        try:
            with open(self._path, "rb", buffering=0) as file:  # noqa: PTH123  there are many
                while len(data) < size:
                    read = file.read(size - len(data))
                    if not read:
                        break
                    data += read
        except OSError:
            self.damage = SkipReason.UNREADABLE
        self.is_cut = len(data) < size
        if self.is_cut:
            self.damage = self.damage or SkipReason.DAMAGED
        return data

    @contextmanager
    def opened(self) -> Iterator[Reader]:
        with open(self._path, "rb") as file:  # noqa: PTH123  there are many
            yield StreamReader(file, self._size)
