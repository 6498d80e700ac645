"""A PNG without the ancillary chunks for which Pillow would refuse the whole picture.

Browsers pass over every ancillary chunk that is damaged or too large for them. Pillow refuses the
picture, unless it is told to read damaged pixels too. So such chunks are taken out before Pillow
sees the bytes. Whether it takes the rest, and the pixels, decides as ever. The tags of a TIFF stand
here too, since EXIF in a PNG has that form.
"""

from __future__ import annotations

import re
import struct
import zlib
from typing import Iterator, NamedTuple

# The tags of a TIFF, and of EXIF, which is in that form. Tags may point to the same bytes again and
# again, and so mean more than any memory holds.

_FORMS = {b"II*\0": "<", b"MM\0*": ">", b"MM*\0": ">", b"II\0*": "<"}
_LARGE_FORMS = {b"II+\0": "<", b"MM\0+": ">"}
TIFF_SIGNATURES = (*_FORMS, *_LARGE_FORMS)
"""How a TIFF begins, forms that only Pillow takes for one included."""

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
_NUMBER_CODES = {1: "B", 3: "H", 4: "L", 16: "Q"}
_POINTERS = (0x8769, 0x8825, 0xA005)
"""Tags that point to further directories: of EXIF, of GPS, of interoperability."""

_MOST_TAGS = 65_535
"""Tags of a directory that are read: as many as the older form has room for."""

_MOST_DIRECTORIES = 1 + len(_POINTERS)

_COST_OF_TAG = 500
"""Reading one tag takes as long as reading so many bytes."""

MOST_COST = 64 * 2**20
"""Bytes that are read for the tags of a TIFF or of EXIF."""

_MOST_EXIF = 4 * 2**20
"""Bytes; cameras write one segment of a JPEG, which has 64 kB."""


class Tag(NamedTuple):
    """One entry of a directory."""

    values: int
    size: int
    """Bytes that must be read for it elsewhere in the file."""
    value: int
    """The first of its numbers, if they are few and small; else 0."""


class _Directory(NamedTuple):
    tags: dict[int, Tag]
    pointers: list[int]
    entries: int
    """Entries, repeated ones included."""


_EMPTY = _Directory({}, [], 0)


def first_directory(data: bytes) -> dict[int, Tag]:
    """Return the tags of a TIFF's first directory by their numbers; none if there is none."""
    return next(_directories(data), _EMPTY).tags


def reading_cost(data: bytes) -> int:
    """Return what it costs to read the first directory and those below it, in bytes."""
    return sum(
        _COST_OF_TAG * each.entries + sum(tag.size for tag in each.tags.values())
        for each in _directories(data)
    )


def exif_costs_too_much(exif: bytes) -> bool:
    """Say whether reading EXIF costs more than what any camera writes."""
    return bool(exif) and (len(exif) > _MOST_EXIF or reading_cost(exif) > MOST_COST)


def _directories(data: bytes) -> Iterator[_Directory]:
    """Yield the first directory of a TIFF, and those that it points to."""
    head = data[:4]
    is_large = head in _LARGE_FORMS
    order = _LARGE_FORMS.get(head) or _FORMS.get(head)
    if not order or len(data) < 16:
        return
    seen: set[int] = set()
    begin = (
        struct.unpack_from(f"{order}Q", data, 8)
        if is_large
        else struct.unpack_from(f"{order}L", data, 4)
    )
    waiting = [begin[0]]
    while waiting and len(seen) < _MOST_DIRECTORIES:
        offset = waiting.pop()
        if offset not in seen:
            seen.add(offset)
            directory = _read(data, offset, order, is_large)
            waiting += directory.pointers
            yield directory


def _read(data: bytes, offset: int, order: str, is_large: bool) -> _Directory:
    """Return a directory, as far as the file has it."""
    counted, entry, room = ("Q", "HHQ", 8) if is_large else ("H", "HHL", 4)
    begin = offset + struct.calcsize(f"={counted}")
    if begin > len(data):
        return _EMPTY
    count = struct.unpack_from(order + counted, data, offset)[0]
    length = struct.calcsize(f"={entry}") + room
    count = min(count, (len(data) - begin) // length)
    directory = _Directory({}, [], count)
    for at in range(begin, begin + length * min(count, _MOST_TAGS), length):
        number, form, values = struct.unpack_from(order + entry, data, at)
        size, value = values * _SIZES.get(form, 0), at + length - room
        if size > room:
            where = struct.unpack_from(order + ("Q" if is_large else "L"), data, value)[0]
            directory.tags[number] = Tag(values, size if where + size <= len(data) else 0, 0)
        elif size and form in _NUMBER_CODES:
            found = struct.unpack_from(order + _NUMBER_CODES[form], data, value)[0]
            directory.tags[number] = Tag(values, 0, found)
            if number in _POINTERS:
                directory.pointers.append(found)
    return directory


SIGNATURE = b"\x89PNG\r\n\x1a\n"

MOST_CHUNKS = 100_000
"""libpng writes chunks of 8,192 bytes, which are 4,096 chunks in the largest file."""

_LONGEST_TEXT = 2**20
"""Bytes, unpacked: what Pillow reads of one text or profile."""

_MOST_TEXT = 16 * 2**20
"""Bytes of all texts and profiles. Pillow reads some more, but we unpack them to count."""

_LONGEST_EXIF_AS_TEXT = 20_000
"""Bytes: Pillow reads the EXIF that some programs have written as a text."""

_EXIF_AS_TEXT = (b"exif", b"Raw profile type exif", b"Raw profile type APP1")

_CHUNK_NAME = re.compile(rb"[A-Za-z0-9_]{4}")

_NONE = b"none"
"""The name of what is no chunk, with all behind it: after the pixels it does not matter."""

_SHORTEST_CHUNKS = {
    b"gAMA": 4,
    b"cHRM": 32,
    b"sRGB": 1,
    b"pHYs": 9,
    b"acTL": 8,
}
"""Bytes that a chunk must have at least."""

_COLOUR = {0: 2, 2: 6}
"""Bytes that tRNS must have, by the type of colours that the header tells."""

_ANIMATION = (b"acTL", b"fcTL", b"fdAT")
"""Chunks of an animation, which need each other: without one, there is one still picture."""


class _Chunk(NamedTuple):
    name: bytes
    begin: int
    end: int
    content: bytes
    is_whole: bool
    """Whether its checksum is there and right; not asked of the chunks of pixels."""
    is_after: bool
    """Whether it comes after the pixels."""

    @property
    def is_ancillary(self) -> bool:
        return bool(self.name[0] & 0x20)


def without_offending_chunks(data: bytes) -> bytes:
    """Return a PNG without chunks for which Pillow refuses it; other bytes as they are.

    Returns
    -------
    bytes
        The same object if nothing is taken out.
    """
    if not data.startswith(SIGNATURE):
        return data
    reader = _Reader(data)
    beside = [chunk for chunk in reader.chunks() if chunk.is_ancillary]
    offending = {chunk.begin for chunk in beside if reader.is_offending(chunk)}
    if not offending:
        return data
    is_still = any(chunk.begin in offending and chunk.name in _ANIMATION for chunk in beside)
    parts, offset = [], 0
    for chunk in beside:
        if chunk.begin in offending or (is_still and chunk.name in _ANIMATION):
            parts.append(data[offset : chunk.begin])
            offset = chunk.end
    return b"".join([*parts, data[offset:]])


def is_seen_otherwise(data: bytes) -> bool:
    """Say whether those who make RGB of what Pillow opens may see another PNG than browsers.

    They uncover what is transparent, clip greys of 16 bits, and do not turn what EXIF wants turned.
    """
    depth_and_colours = data[24:26]
    if depth_and_colours == b"\x10\0" or depth_and_colours[1:] in (b"\x04", b"\x06"):
        return True
    return any(
        chunk.name in (b"tRNS", b"eXIf")
        or (chunk.name in _TEXT_CHUNKS and _text_of(chunk).keyword in _EXIF_AS_TEXT)
        for chunk in _Reader(data).chunks()
    )


def count_chunks(data: bytes) -> int:
    """Return how many chunks a PNG has, or one more than it may have."""
    count, offset = 0, len(SIGNATURE)
    while offset + 8 <= len(data) and count <= MOST_CHUNKS:
        count += 1
        if data[offset + 4 : offset + 8] == b"IEND":
            break
        offset += 12 + int.from_bytes(data[offset : offset + 4], "big")
    return count


class _Reader:
    """Reads the chunks of one PNG in their order, and counts what Pillow bounds."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._colour = _COLOUR.get(data[25], 0) if len(data) > 25 else 0
        self._text = 0
        """Bytes of texts and profiles so far."""
        self._next = 0
        """The number of the animation's next step."""

    def chunks(self) -> Iterator[_Chunk]:
        """Yield the chunks as far as Pillow reads them for the first picture."""
        data, offset, after_pixels, is_animated = self._data, len(SIGNATURE), False, False
        for _ in range(MOST_CHUNKS):
            name = data[offset + 4 : offset + 8]
            if len(name) < 4 or name == b"IEND":
                break
            if name == b"fcTL" and after_pixels and is_animated:
                break
            begin, end = offset + 8, offset + 12 + int.from_bytes(data[offset : offset + 4], "big")
            content, is_whole = b"", True
            if (
                after_pixels
                and name != b"IDAT"
                and not (_CHUNK_NAME.fullmatch(name) and end <= len(data))
            ):
                yield _Chunk(_NONE, offset, len(data), content, False, after_pixels)
                break
            if name[0] & 0x20:
                content = data[begin : end - 4]
                (told,) = struct.unpack(">I", data[end - 4 : end].ljust(4, b"\0"))
                is_whole = end <= len(data) and zlib.crc32(content, zlib.crc32(name)) == told
            yield _Chunk(name, offset, end, content, is_whole, after_pixels)
            after_pixels |= name == b"IDAT"
            is_animated |= name == b"acTL" and not after_pixels and content[:4] > b"\0\0\0\1"
            offset = end

    def is_offending(self, chunk: _Chunk) -> bool:
        """Say whether Pillow would refuse the picture for an ancillary chunk."""
        name, content = chunk.name, chunk.content
        if not (_CHUNK_NAME.fullmatch(name) and chunk.is_whole):
            return True
        if len(content) < _SHORTEST_CHUNKS.get(name, 0):
            return True
        if name == b"tRNS":
            return len(content) < self._colour
        if name == b"cHRM":
            return len(content) % 4 > 0  # for Pillow before 11
        if name == b"eXIf":
            return exif_costs_too_much(content)
        if name in (b"fcTL", b"fdAT"):
            return self._is_out_of_turn(chunk)
        if name in _TEXT_CHUNKS:
            return self._is_too_much(_text_of(chunk))
        return False

    def _is_out_of_turn(self, chunk: _Chunk) -> bool:
        """Say whether Pillow refuses a step of an animation that stands after the pixels."""
        turn, self._next = self._next, self._next + 1
        if not chunk.is_after:
            return False
        if len(chunk.content) < (26 if chunk.name == b"fcTL" else 4):
            return True
        if chunk.name == b"fdAT":
            return int.from_bytes(chunk.content[:4], "big") != turn
        told, width, height, left, top = struct.unpack_from(">5I", chunk.content)
        most_width, most_height = struct.unpack_from(">2I", self._data, 16)
        is_inside = left + width <= most_width and top + height <= most_height
        return told != turn or not is_inside

    def _is_too_much(self, text: _Text) -> bool:
        if text.is_unknown or self._text > _MOST_TEXT:
            return True
        size = len(text.content) if text.is_plain else _unpacked_size(text.content)
        self._text += size
        if text.keyword in _EXIF_AS_TEXT and size > _LONGEST_EXIF_AS_TEXT:
            return True
        return self._text > _MOST_TEXT or (not text.is_plain and size > _LONGEST_TEXT)


class _Text(NamedTuple):
    keyword: bytes
    content: bytes
    is_plain: bool = True
    is_unknown: bool = False
    """Whether it is packed by an unknown method."""


def _plain_text(chunk: bytes) -> _Text:
    keyword, _, text = chunk.partition(b"\0")
    return _Text(keyword, text)


def _packed_text(chunk: bytes) -> _Text:
    keyword, _, text = chunk.partition(b"\0")
    return _Text(keyword, text[1:], is_plain=False, is_unknown=text[:1] not in (b"", b"\0"))


def _international_text(chunk: bytes) -> _Text:
    keyword, _, rest = chunk.partition(b"\0")
    is_packed = rest[:1] not in (b"", b"\0") and rest[1:2] == b"\0"
    return _Text(keyword, rest[2:].split(b"\0", 2)[-1], is_plain=not is_packed)


def _profile(chunk: bytes) -> _Text:
    begin = chunk.find(b"\0") + 1  # without a name's end, Pillow takes the first byte
    return _Text(
        b"", chunk[begin + 1 :], is_plain=False, is_unknown=chunk[begin : begin + 1] != b"\0"
    )


_TEXT_CHUNKS = {
    b"tEXt": _plain_text,
    b"zTXt": _packed_text,
    b"iTXt": _international_text,
    b"iCCP": _profile,
}


def _text_of(chunk: _Chunk) -> _Text:
    return _TEXT_CHUNKS[chunk.name](chunk.content)


def _unpacked_size(packed: bytes) -> int:
    """Return how many bytes are packed, as far as they count."""
    try:
        return len(zlib.decompressobj().decompress(packed, _LONGEST_TEXT + 1))
    except zlib.error:  # and so Pillow leaves it
        return 0
