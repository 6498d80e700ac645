"""JPEGs taken apart and put together, marker by marker."""

from __future__ import annotations

import re
import struct
from typing import Iterable, Iterator, NamedTuple


class Part(NamedTuple):
    """A marker with its segment, and with the bits of the scan that follow it."""

    marker: int
    place: int
    """Where its length stands in the file."""
    data: bytes


def segment(marker: int, data: bytes) -> bytes:
    """Return a marker with its segment."""
    return b"\xff" + bytes([marker]) + struct.pack(">H", len(data) + 2) + data


def parts(data: bytes) -> Iterator[Part]:
    """Yield what stands between the beginning and the end of a JPEG."""
    place = 2
    while data[place + 1] != 0xD9:
        end = place + 2 + int.from_bytes(data[place + 2 : place + 4], "big")
        found = re.compile(rb"\xff[^\x00\xd0-\xd7]").search(data, end)
        assert found
        yield Part(data[place + 1], place + 2, data[place : found.start()])
        place = found.start()


def whole(some: Iterable[bytes]) -> bytes:
    """Return the JPEG of such parts."""
    return b"\xff\xd8" + b"".join(some) + b"\xff\xd9"


def many_scans(width: int, height: int, scans: int) -> bytes:
    """Return a grey progressive JPEG with a scan of DC and so many, all empty, of AC."""
    blocks = -(-width // 8) * -(-height // 8)
    bits, left = "", blocks
    while left > 0:
        run = max(min(left, 32_767), 1 << 14)
        bits += "0" + format(run - (1 << 14), "014b")
        left -= run
    bits += "1" * (-len(bits) % 8)
    empty = bytes(int(bits[place : place + 8], 2) for place in range(0, len(bits), 8))
    scan = segment(0xDA, b"\1\1\0\1\x3f\0") + empty.replace(b"\xff", b"\xff\0")
    return whole(
        [
            segment(0xDB, b"\0" + b"\1" * 64),
            segment(0xC2, struct.pack(">BHHB", 8, height, width, 1) + b"\1\x11\0"),
            segment(0xC4, b"\x00\1" + bytes(16)),
            segment(0xC4, b"\x10\1" + bytes(15) + b"\xe0"),
            segment(0xDA, b"\1\1\0\0\0\0") + bytes(-(-blocks // 8)),
            *[scan] * scans,
        ]
    )
