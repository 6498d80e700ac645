"""A JPEG from marker to marker, as libjpeg walks it, without decoding a pixel.

libjpeg makes do with any fault in the bits of the pixels. What it refuses stands in the segments
between them. So a walk tells what libjpeg would refuse, for a fortieth of what decoding costs.
Where a file is unusual, even if right, the walk says that it is not sure, and decoding decides.
"""

from __future__ import annotations

import hashlib
import io
import re
import struct
from functools import lru_cache
from typing import Collection, NamedTuple

from PIL import Image

_NEXT_MARKER = re.compile(rb"\xff[^\x00\xff\xd0-\xd7]")
_SOF0, _SOF2, _DHT, _EOI, _SOS, _DQT = 0xC0, 0xC2, 0xC4, 0xD9, 0xDA, 0xDB
_DRI, _APP1, _COM = 0xDD, 0xE1, 0xFE
_USUAL_FRAMES = range(_SOF0, _SOF2 + 1)
_APPLICATION = range(0xE0, 0xF0)
_FRAMES = frozenset(range(_SOF0, 0xD0)) - {_DHT, 0xC8, 0xCC}
_WITH_SEGMENT = {*_FRAMES, _DHT, 0xCC, *range(_SOS, 0xDE), *_APPLICATION, _COM}
EXIF = b"Exif\0\0"

_READ_BY_PILLOW = {0xE0: 7, 0xEE: 7, _COM: 0}
"""Of what programs say beside the pixels, how many bytes Pillow needs to go on: those of JFIF, of
Adobe, and comments. Of others it reads more."""

MOST_SEGMENTS = 10_000
"""The largest colour profile takes 255 segments, and each scan some."""

_TABLES = 4
"""Tables of each kind: of quantisation, and of the Huffman codes for DC and for AC."""

_AC = 0x10
"""What is added to the index of a Huffman code of AC coefficients."""

_USUAL_TABLES = 1024
"""Bytes of a segment with all Huffman codes of a picture, or more."""

_LONGEST_SIDE = 65_500
_MOST_BLOCKS = 10
"""In one unit of an interleaved scan."""

_LAST = 63
"""The last of the coefficients of a block."""

_MOST_SHIFT = 13


class Walk(NamedTuple):
    """What a walk through a JPEG has found."""

    width: int
    height: int
    scans: int
    """Of which each is at most one pass over all pixels."""
    segments: int
    skipped: int
    """Bytes before the first scan that are in no segment."""
    exif: bytes
    """What the camera has told, in the form of a TIFF."""
    is_cut: bool
    """Whether the file ends before the picture does."""
    is_sound: bool
    """Whether libjpeg will surely decode it to its end; False if that is not sure."""
    lacks_end: bool
    """Whether it is cut in its only possible scan, which no restart markers divide."""
    is_plain: bool
    """Whether Pillow will surely open it if it is sound: it holds nothing of which Pillow reads
    more than is checked here, such as EXIF or a colour profile."""


class _Component(NamedTuple):
    number: int
    horizontal: int
    vertical: int
    quantiser: int


def walk(data: bytes) -> Walk:
    """Walk through a JPEG to its end, as far as libjpeg would, or to the most segments."""
    steps = _Steps()
    offset = 2
    while steps.segments < MOST_SEGMENTS:
        found = _NEXT_MARKER.search(data, offset)
        begin = found.start() if found else len(data)
        if begin > offset:
            steps.skip(begin - offset)
        if not found:
            steps.is_cut = True
            break
        marker, offset = data[begin + 1], begin + 2
        if marker == _EOI:
            return steps.end()
        if marker in _WITH_SEGMENT:
            length = int.from_bytes(data[offset : offset + 2], "big")
            if length < 2 or offset + length > len(data):
                steps.is_sound = False
            steps.take(marker, data[offset + 2 : offset + length])
            offset += max(length, 2)
        elif not steps.lone(marker):
            steps.skip(len(data) - offset)
            break
    steps.is_sound = False
    return steps.end()


class _Steps:
    """What is known of a JPEG after some of its segments."""

    def __init__(self) -> None:
        self.is_sound, self.is_cut, self._is_plain = True, False, True
        self.scans = self.segments = self._skipped = 0
        self._exif: list[bytes] = []
        self._size = (0, 0)
        self._components: dict[int, _Component] = {}
        self._is_progressive = self._is_one_scan = self._restarts = False
        self._quantisers: set[int] = set()
        self._codes: dict[int, bool] = {}
        """Whether each Huffman code that has been defined can be used."""

    def skip(self, count: int) -> None:
        """Take note of bytes between two markers: outside a scan they are unusual."""
        if not self.scans:
            self._skipped += count
            self.is_sound = False

    def lone(self, marker: int) -> bool:
        """Take note of a marker without a segment; return whether libjpeg may go on after it."""
        self.segments += 1
        self.is_sound = False
        return self.scans > 0 and marker < _SOF0

    def take(self, marker: int, segment: bytes) -> None:
        """Take note of a segment."""
        self.segments += 1
        if marker == _SOS:
            self.scans += 1
            self.is_sound = self.is_sound and self._scan(segment)
        elif marker in _FRAMES and self._size == (0, 0):
            self._size = _size(segment)
        elif marker == _APP1 and segment.startswith(EXIF):
            self._exif.append(segment[len(EXIF) :])
        if self.is_sound and marker != _SOS:
            self.is_sound = self._known(marker, segment)

    def end(self) -> Walk:
        """Return what has been found."""
        return Walk(
            *self._size,
            self.scans,
            self.segments,
            self._skipped,
            b"".join(self._exif),
            self.is_cut,
            self.is_sound and self.scans > 0,
            self.is_cut and self._is_one_scan and not (self._is_progressive or self._restarts),
            self._is_plain,
        )

    def _known(self, marker: int, segment: bytes) -> bool:
        """Read a segment that is no scan; return whether it is as nearly all are."""
        if marker == _DHT:
            return self._huffman(segment)
        if marker == _DQT:
            return self._quantisation(segment)
        if marker in _USUAL_FRAMES:
            return self._frame(marker, segment)
        if marker == _DRI:
            self._restarts = True
            return len(segment) == 2
        needed = _READ_BY_PILLOW.get(marker)
        self._is_plain = self._is_plain and needed is not None and len(segment) >= needed
        return marker in _APPLICATION or marker == _COM

    def _frame(self, marker: int, segment: bytes) -> bool:
        width, height = self._size
        count = segment[5] if len(segment) > 5 else 0
        if self._components or not count or len(segment) != 6 + 3 * count:
            return False
        for offset in range(6, len(segment), 3):
            number, sampling, quantiser = segment[offset : offset + 3]
            parts = _Component(number, sampling >> 4, sampling & 15, quantiser)
            if not (1 <= parts.horizontal <= 4 and 1 <= parts.vertical <= 4):
                return False
            self._components[number] = parts
        self._is_progressive = marker == _SOF2
        return (
            segment[0] == 8
            and count in (1, 3, 4)
            and len(self._components) == count
            and 0 < width <= _LONGEST_SIDE
            and 0 < height <= _LONGEST_SIDE
            and _fit(self._components.values())
        )

    def _quantisation(self, segment: bytes) -> bool:
        offset = 0
        while offset < len(segment):
            precision, index = divmod(segment[offset], 16)
            if index >= _TABLES or precision > 1:
                return False
            self._quantisers.add(index)
            offset += 1 + 64 * (1 + precision)
        return offset == len(segment)

    def _huffman(self, segment: bytes) -> bool:
        codes = _codes(segment) if len(segment) <= _USUAL_TABLES else _codes.__wrapped__(segment)
        self._codes.update(codes or {})
        return codes is not None

    def _scan(self, segment: bytes) -> bool:
        count = segment[0] if segment else 0
        if len(segment) != 2 * count + 4 or not 1 <= count <= 4:
            return False
        chosen = segment[1 : 1 + 2 * count : 2]
        tables = segment[2 : 2 + 2 * count : 2]
        parts = [self._components[number] for number in chosen if number in self._components]
        if len(set(chosen)) != count or len(parts) != count:
            return False
        if self.scans == 1:
            self._is_one_scan = count == len(self._components)
        elif self._is_one_scan and not self._is_progressive:
            return False
        if count > 1 and sum(part.horizontal * part.vertical for part in parts) > _MOST_BLOCKS:
            return False
        if any(part.quantiser not in self._quantisers for part in parts):
            return False
        needed = self._needed(tables, *segment[-3:])
        return needed is not None and all(self._codes.get(index) for index in needed)

    def _needed(self, tables: bytes, first: int, last: int, shifts: int) -> set[int] | None:
        """Return the Huffman codes that a scan needs, or None if there can be no such scan."""
        direct = {index >> 4 for index in tables}
        others = {index & 15 | _AC for index in tables}
        if not self._is_progressive:
            return direct | others
        before, shift = divmod(shifts, 16)
        is_right = first <= last <= _LAST and len(tables) == 1 if first else last == 0
        if not is_right or shift > _MOST_SHIFT or (before and shift != before - 1):
            return None
        if first:
            return others
        return set() if before else direct


def _size(segment: bytes) -> tuple[int, int]:
    return int.from_bytes(segment[3:5], "big"), int.from_bytes(segment[1:3], "big")


def _fit(parts: Collection[_Component]) -> bool:
    """Say whether each component's fields are whole multiples of the finest one's."""
    widest = max(part.horizontal for part in parts)
    highest = max(part.vertical for part in parts)
    return all(widest % part.horizontal == highest % part.vertical == 0 for part in parts)


@lru_cache(maxsize=256)  # most encoders write the tables of the standard's example
def _codes(segment: bytes) -> dict[int, bool] | None:
    """Return whether each Huffman code of a segment can be used, by index; None if damaged."""
    offset, codes = 0, {}
    while offset + 17 <= len(segment):
        index, lengths = segment[offset], segment[offset + 1 : offset + 17]
        begin = offset + 17
        offset = begin + sum(lengths)
        if index & ~_AC >= _TABLES or offset - begin > 256 or offset > len(segment):
            return None
        largest = max(segment[begin:offset], default=0)
        codes[index] = _is_code(lengths) and (index >= _AC or largest <= 15)
    return codes if offset == len(segment) else None


def _is_code(lengths: bytes) -> bool:
    """Say whether there is a prefix code with so many codes of each length, from one bit on."""
    code = 0
    for bits, count in enumerate(lengths, 1):
        code += count
        if code >= 1 << bits:
            return False
        code <<= 1
    return True


def with_orientation(data: bytes, orientation: int) -> bytes:
    """Return a JPEG whose EXIF tells how it is turned, and no more.

    Parameters
    ----------
    data : bytes
        The JPEG.
    orientation : int
        How it is turned, as EXIF counts that.
    """
    told = EXIF + b"II*\0" + struct.pack("<IHHHIII", 8, 1, 0x0112, 3, 1, orientation, 0)
    parts = [data[:2], bytes([0xFF, _APP1]), (2 + len(told)).to_bytes(2, "big"), told]
    offset = end = 2
    while True:
        found = _NEXT_MARKER.search(data, end)
        marker = data[found.start() + 1] if found else _EOI
        if not found or marker in (_SOS, _EOI):
            return b"".join([*parts, data[offset:]])
        begin, end = found.span()
        if marker in _WITH_SEGMENT:
            end += int.from_bytes(data[end : end + 2], "big")
        if marker == _APP1 and data.startswith(EXIF, begin + 4):
            parts.append(data[offset:begin])
            offset = end


# Browsers show a JPEG whole of which only the end is missing, the two bytes behind its last pixel.
# Some programs leave the end out, others cut a byte too many. Pillow refuses such a file as it does
# half a picture. So where all pixels are there, the end is put behind them before it sees the
# bytes.

END = b"\xff\xd9"

_CONTINUATIONS = [
    b"",
    *(hashlib.sha512(bytes([number])).digest().replace(b"\xff", b"") for number in range(16)),
]
"""What could follow the bytes of a scan: where a pixel is missing, these make it differ."""

_MOST_CHECKED_PIXELS = 2**22
"""Pixels of a picture that is decoded once for each of `_CONTINUATIONS`."""


def with_end(data: bytes) -> bytes:
    """Return a JPEG with its end if nothing else is missing; other bytes as they are.

    Returns
    -------
    bytes
        The same object if nothing is added.
    """
    if not data.startswith(b"\xff\xd8\xff") or data.endswith(END):
        return data
    walked = walk(data)
    if not walked.lacks_end or walked.width * walked.height > _MOST_CHECKED_PIXELS:
        return data
    begun = data.rstrip(b"\xff")  # half of the end marker
    return begun + END if _is_whole(begun) else data


def _is_whole(begun: bytes) -> bool:
    """Say whether a JPEG has all pixels: then nothing that follows them changes one."""
    seen = set()
    for more in _CONTINUATIONS:
        try:
            with Image.open(io.BytesIO(begun + more + END), formats=["JPEG"]) as image:
                seen.add(image.tobytes())
        except Exception:  # of a dozen kinds, to which `judging.decode` gives names
            return False
        if len(seen) > 1:
            return False
    return True
