"""Where the file of a picture ends: so that one without its end can be told from a broken one."""

from __future__ import annotations

from . import jpeg

_GIF_HEADER, _GIF_FRAME = 13, 10
_MOST_PARTS = 1_000_000
"""Of a GIF: more is made to take time, and not worth telling in what way it is broken."""


def is_cut(data: bytes) -> bool:
    """Say whether `data` is a JPEG, PNG, GIF or WebP that lacks its end.

    Of other formats nothing is known here, so that they count as uncut.
    """
    if data.startswith(b"\xff\xd8"):
        return jpeg.walk(data).is_cut
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
    place = _GIF_HEADER + colours(data, _GIF_HEADER - 3)
    for _ in range(_MOST_PARTS):
        block = data[place : place + 1]
        if block in (b";", b""):
            return bool(block)
        if block == b",":
            place += _GIF_FRAME + colours(data, place + _GIF_FRAME - 1) + 1
            place = after_blocks(data, place)
        elif block == b"!":
            place = after_blocks(data, place + 2)
        else:
            place += 1
    return True


def colours(data: bytes, flags: int) -> int:
    """Return the bytes of the table of colours that a GIF's flags at a place announce."""
    packed = data[flags] if flags < len(data) else 0
    return 3 * 2 ** (packed % 8 + 1) if packed & 0x80 else 0


def after_blocks(data: bytes, place: int) -> int:
    """Return where a GIF's blocks of data end that begin at a place, each after its length."""
    for _ in range(_MOST_PARTS):
        if place >= len(data) or not data[place]:
            break
        place += 1 + data[place]
    return place + 1
