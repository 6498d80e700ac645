"""The bytes of a tar, each once: never more of them in memory than are asked for."""

from __future__ import annotations

import gzip
import io
import zlib
from abc import ABC, abstractmethod
from typing import Any, BinaryIO, cast

from ..core.outcomes import Failed

_GZIP = b"\x1f\x8b"
_STEP = 2**20


class Bytes(ABC):
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


class Whole(Bytes):
    """All that a file, a pipe or an answer holds, unpacked if gzip has packed it.

    What cannot be read is its end.

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


class Part(Bytes):
    """So many of the next bytes of others, as if there were no more.

    Parameters
    ----------
    whole : Bytes
        The others.
    size : int
        How many.

    Attributes
    ----------
    left : int
        How many have not been read.
    """

    def __init__(self, whole: Bytes, size: int) -> None:
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
