"""The tags of a TIFF, and of EXIF, which is in that form: what they say, and what they cost.

Tags may point to the same bytes again and again, and so mean more than any memory holds.
"""

from __future__ import annotations

import struct
from typing import Iterator, NamedTuple

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
