"""The directories of tags in a TIFF, and in EXIF, which is one: what it costs to read them.

Tags may point to the same bytes again and again, and so say more than any memory holds.
"""

from __future__ import annotations

import struct
from typing import Iterator, NamedTuple

_FORMS = {b"II*\0": "<", b"MM\0*": ">", b"MM*\0": ">", b"II\0*": "<"}
_LARGE_FORMS = {b"II+\0": "<", b"MM\0+": ">"}
SIGNATURES = (*_FORMS, *_LARGE_FORMS)
"""How a TIFF begins, those included that only Pillow takes for one."""

_SIZES = {1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 6: 1, 7: 1, 8: 2, 9: 4, 10: 8, 11: 4, 12: 8, 13: 4, 16: 8}
_NUMBERS = {1: "B", 3: "H", 4: "L", 16: "Q"}
_POINTERS = (0x8769, 0x8825, 0xA005)
"""Tags that tell where further directories are: of EXIF, of GPS, for exchange."""

_MOST_TAGS = 65_535
"""Of a directory: what the older form has room for."""

_MOST_DIRECTORIES = 1 + len(_POINTERS)

_COST_OF_TAG = 500
"""To read one takes as long as to read so many bytes."""

MOST_COST = 64 * 2**20
"""Bytes that are read for the tags of a TIFF or of EXIF."""

_MOST_EXIF = 4 * 2**20
"""Bytes; a segment of a JPEG has 64 kB, and cameras write one."""


class Tag(NamedTuple):
    """What a directory says of one thing."""

    values: int
    size: int
    """Bytes of the file that must be read for it, beside the directory's own."""
    value: int
    """The first of its numbers, if it says but one or two small ones; else 0."""


class _Directory(NamedTuple):
    tags: dict[int, Tag]
    pointers: list[int]
    entries: int
    """Tags, those included that say the same again."""


_EMPTY = _Directory({}, [], 0)


def first_directory(data: bytes) -> dict[int, Tag]:
    """Return what a TIFF's first directory says, nothing if there is none."""
    return next(_directories(data), _EMPTY).tags


def reading_cost(data: bytes) -> int:
    """Return what it costs to read the first directory and those below it, as if all were bytes."""
    return sum(
        _COST_OF_TAG * each.entries + sum(tag.size for tag in each.tags.values())
        for each in _directories(data)
    )


def exif_costs_too_much(exif: bytes) -> bool:
    """Say whether EXIF is more than any camera writes."""
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
        place = waiting.pop()
        if place not in seen:
            seen.add(place)
            directory = _read(data, place, order, is_large)
            waiting += directory.pointers
            yield directory


def _read(data: bytes, place: int, order: str, is_large: bool) -> _Directory:
    """Return what a directory says, as far as the file has it."""
    counted, entry, room = ("Q", "HHQ", 8) if is_large else ("H", "HHL", 4)
    begin = place + struct.calcsize(f"={counted}")
    if begin > len(data):
        return _EMPTY
    count = struct.unpack_from(order + counted, data, place)[0]
    length = struct.calcsize(f"={entry}") + room
    count = min(count, (len(data) - begin) // length)
    directory = _Directory({}, [], count)
    for at in range(begin, begin + length * min(count, _MOST_TAGS), length):
        number, form, values = struct.unpack_from(order + entry, data, at)
        size, value = values * _SIZES.get(form, 0), at + length - room
        if size > room:
            where = struct.unpack_from(order + ("Q" if is_large else "L"), data, value)[0]
            directory.tags[number] = Tag(values, size if where + size <= len(data) else 0, 0)
        elif size and form in _NUMBERS:
            found = struct.unpack_from(order + _NUMBERS[form], data, value)[0]
            directory.tags[number] = Tag(values, 0, found)
            if number in _POINTERS:
                directory.pointers.append(found)
    return directory
