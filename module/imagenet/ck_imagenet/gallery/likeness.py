"""Pictures that look alike: the same one smaller, compressed anew, or with other edges."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from typing import Mapping

from PIL import Image

MOST_DIFFERENT = 10
"""Bits of 128: the same photograph differs in fewer, two photographs in some 60."""

_SIDE = 8
_BYTES = 2 * _SIDE * _SIDE // 8


def difference_hash(image: Image.Image) -> int:
    """Return 128 bits: whether it grows lighter from field to field, to the right and downwards."""
    grey = image.convert("L")
    bits = 0
    for turned in (grey, grey.transpose(Image.Transpose.TRANSPOSE)):
        fields = turned.resize((_SIDE + 1, _SIDE), Image.Resampling.BOX).tobytes()
        for place in range(len(fields) - 1):
            if (place + 1) % (_SIDE + 1):  # else the next field is in the next row
                bits = bits << 1 | (fields[place] < fields[place + 1])
    return bits


def alike(hashes: Mapping[int, int]) -> list[list[int]]:
    """Return the groups of numbers whose pictures look alike, each in order.

    Hashes that differ in fewer bits than they have bytes share one byte at least, so only those
    that do are compared.
    """
    shelves: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, bits in hashes.items():
        for place, byte in enumerate(bits.to_bytes(_BYTES, "big")):
            shelves[place, byte].append(number)
    groups = {number: [number] for number in hashes}
    for shelf in shelves.values():
        for one, other in combinations(shelf, 2):
            if groups[one] is not groups[other] and _near(hashes[one], hashes[other]):
                groups[one] += groups[other]
                for number in groups[other]:
                    groups[number] = groups[one]
    found = {id(group): sorted(group) for group in groups.values() if len(group) > 1}
    return sorted(found.values())


def _near(one: int, other: int) -> bool:
    return bin(one ^ other).count("1") <= MOST_DIFFERENT
