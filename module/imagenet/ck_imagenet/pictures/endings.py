"""Where the file of a picture ends: decoders forgive what is cut off after the last pixel."""

from __future__ import annotations

_GIF_HEADER, _GIF_FRAME = 13, 10


def is_cut(data: bytes) -> bool:
    """Say whether `data` is a PNG, GIF or WebP that lacks its end; bytes after it are no matter.

    Of other formats nothing is known here, so that they count as uncut.
    """
    if data.startswith(b"\x89PNG\r\n\x1a\n"):
        return not _png_ends(data)
    if data.startswith((b"GIF87a", b"GIF89a")):
        return not _gif_ends(data)
    if data.startswith(b"RIFF") and data[8:12] == b"WEBP":
        return 8 + int.from_bytes(data[4:8], "little") > len(data)
    return False


def _png_ends(data: bytes) -> bool:
    """Walk from chunk to chunk: length, name, content, checksum."""
    place = 8
    while place + 12 <= len(data):
        name = data[place + 4 : place + 8]
        place += 12 + int.from_bytes(data[place : place + 4], "big")
        if name == b"IEND":
            return place <= len(data)
    return False


def _gif_ends(data: bytes) -> bool:
    """Walk from block to block; what stands between two is skipped, as all decoders do."""
    place = _GIF_HEADER + _colours(data, _GIF_HEADER - 3)
    while place < len(data):
        block = data[place : place + 1]
        if block == b";":
            return True
        if block == b",":
            place += _GIF_FRAME + _colours(data, place + _GIF_FRAME - 1) + 1
        elif block == b"!":
            place += 2
        else:
            place += 1
            continue
        while place < len(data) and data[place]:
            place += 1 + data[place]
        place += 1
    return False


def _colours(data: bytes, flags: int) -> int:
    """Return the bytes of the colour table that the flags at a place announce."""
    packed = data[flags] if flags < len(data) else 0
    return 3 * 2 ** (packed % 8 + 1) if packed & 0x80 else 0
