"""Thumbnails of the pictures that are here, made once, and which of these look alike."""

from __future__ import annotations

import base64
import io
import json
import os
import re
from collections import defaultdict
from io import RawIOBase
from itertools import combinations
from pathlib import Path
from typing import Any, Mapping, NamedTuple

from PIL import Image

from ..core.files import json_object
from ..core.outcomes import Failed
from ..core.text import Progress
from ..core.threads import CORES, parallel_map
from ..images.appearance import lies_on_its_side, scaled, shown
from ..images.decoding import read_file
from ..images.judging import decode_with
from ..storage.records import FORMAT, refuse_newer

KEPT = "thumbnails.jsonl"
"""The file in the state: a line for each picture."""

SIDE = 160
"""Pixels, of the longer side."""

MOST_OF_A_LINE = 4_096
"""Of one: a page with 3,000 of them must not have more than 20 MB."""

_SPARE = 2
"""How many times larger a JPEG is decoded: whoever has kept a thumbnail finds the same again."""

_QUALITIES = (72, 50, 30, 10, 1)
_RENDER_THREADS = min(max(CORES, 2), 4)

_NUMBERS = ("bytes", "changed", "width", "height")
_TEXTS = {
    "difference_hash": re.compile("(?:[0-9a-f]{32})?"),
    "webp": re.compile("[A-Za-z0-9+/=]*"),
}

MOST_DIFFERENT = 10
"""Bits of 128: the same photograph differs in fewer, two photographs in some 60."""

_HASH_SIDE = 8
_BYTES = 2 * _HASH_SIDE * _HASH_SIDE // 8


class Thumbnail(NamedTuple):
    """A small picture, and what is known of the file that it was made from."""

    bytes: int
    changed: int
    """When the file was last written, in nanoseconds, as its file system says."""
    width: int = 0
    height: int = 0
    difference_hash: str = ""
    """128 bits in hexadecimal digits; nothing if the file could not be decoded."""
    webp: str = ""
    """The bytes of a WebP file in base64; nothing if the file could not be decoded."""


def thumbnails(
    state: Path, pictures: Mapping[int, Path], progress: Progress, what: str
) -> dict[int, Thumbnail]:
    """Return the thumbnails of pictures; make those that are not kept in the state yet.

    Those made are kept there too, if that can be written.

    Parameters
    ----------
    state : Path
        The folder of the synset's state.
    pictures : mapping of int to Path
        The pictures' files, by number.
    progress : Progress
        Is told how many bytes of them have been read.
    what : str
        What it is told to be doing.

    Raises
    ------
    OSError
        If the disk is full.
    """
    found, missing = _sorted(state, pictures)
    if missing:
        found.update(_make(state / KEPT, missing, progress, what))
    return found


def kept_thumbnails(state: Path, pictures: Mapping[int, Path]) -> dict[int, Thumbnail]:
    """Return those thumbnails of pictures that are kept; make none.

    Parameters
    ----------
    state : Path
        The folder of the synset's state.
    pictures : mapping of int to Path
        The pictures' files, by number.
    """
    return _sorted(state, pictures)[0]


def _sorted(
    state: Path, pictures: Mapping[int, Path]
) -> tuple[dict[int, Thumbnail], dict[int, tuple[Path, Thumbnail]]]:
    """Return the thumbnails that are kept, and the files that have none, with what is known."""
    known = _read(state / KEPT)
    found: dict[int, Thumbnail] = {}
    missing: dict[int, tuple[Path, Thumbnail]] = {}
    for number, path in pictures.items():
        try:
            file = path.stat()
        except OSError:  # removed meanwhile
            continue
        kept = known.get(number)
        if kept and kept[:2] == (file.st_size, file.st_mtime_ns):
            found[number] = kept
        else:
            missing[number] = (path, Thumbnail(file.st_size, file.st_mtime_ns))
    return found, missing


def _make(
    kept: Path, missing: Mapping[int, tuple[Path, Thumbnail]], progress: Progress, what: str
) -> dict[int, Thumbnail]:
    total, done = sum(begun.bytes for _, begun in missing.values()), 0
    made: dict[int, Thumbnail] = {}
    try:
        # Pillow lets other threads work while it decodes.
        with _opened(kept) as file:
            file.write(_line({"format": FORMAT}))
            every = parallel_map(_made, missing.values(), _RENDER_THREADS)
            for number, thumbnail in zip(missing, every):
                made[number] = thumbnail
                file.write(_line({"number": number, **thumbnail._asdict()}))
                done += thumbnail.bytes
                progress.advance(what, done, total)
    finally:
        progress.end()
    return made


def _opened(kept: Path) -> RawIOBase:
    """Open the file that thumbnails are kept in, or none where somebody else's pictures are."""
    try:
        return kept.open("ab", buffering=0)
    except OSError:
        return Path(os.devnull).open("wb", buffering=0)


def _line(facts: Mapping[str, Any]) -> bytes:
    """Return a line that is whole whatever a killed writer has left before it."""
    return b"\n" + json.dumps(facts).encode() + b"\n"


def _made(missing: tuple[Path, Thumbnail]) -> Thumbnail:
    path, begun = missing
    try:
        return decode_with(read_file(path), lambda image: _made_small(begun, image))
    except (Failed, OSError):
        return begun


def _made_small(begun: Thumbnail, image: Image.Image) -> Thumbnail:
    whole = image.size
    scale = min(1.0, SIDE / max(whole))
    enough = (max(1, int(_SPARE * scale * whole[0])), max(1, int(_SPARE * scale * whole[1])))
    is_smaller = image.draft(None, enough)  # a JPEG is decoded no larger than is of use
    small = shown(image, lambda seen: scaled(seen, scale, whole if is_smaller else None))
    width, height = whole if is_smaller else image.size
    if lies_on_its_side(image):
        width, height = height, width
    return begun._replace(
        width=width,
        height=height,
        difference_hash=f"{difference_hash(small):032x}",
        webp=base64.b64encode(_webp(small)).decode("ascii"),
    )


def _webp(image: Image.Image) -> bytes:
    """Return the best of a few qualities that is not too large."""
    data = b""
    for quality in _QUALITIES:
        file = io.BytesIO()
        image.save(file, "WEBP", quality=quality, method=4)
        data = file.getvalue()
        if len(data) <= MOST_OF_A_LINE:
            break
    return data


def _read(path: Path) -> dict[int, Thumbnail]:
    """Return what is kept, the latest of each picture."""
    kept = {}
    for line in path.read_bytes().split(b"\n") if path.exists() else ():
        facts = json_object(line)
        if facts:  # else it is torn
            refuse_newer(facts.pop("format", None), path)
            number = facts.pop("number", None)
            if isinstance(number, int) and _valid(facts):
                kept[number] = Thumbnail(**facts)
    return kept


def _valid(facts: Mapping[str, Any]) -> bool:
    """Say whether facts are those of a thumbnail: a folder may come from other people."""
    return facts.keys() == set(Thumbnail._fields) and all(
        isinstance(value, int)
        if name in _NUMBERS
        else isinstance(value, str) and _TEXTS[name].fullmatch(value)
        for name, value in facts.items()
    )


def difference_hash(image: Image.Image) -> int:
    """Return 128 bits: whether it grows lighter from field to field, to the right and downwards."""
    grey = image.convert("L")
    bits = 0
    for turned in (grey, grey.transpose(Image.Transpose.TRANSPOSE)):
        fields = turned.resize((_HASH_SIDE + 1, _HASH_SIDE), Image.Resampling.BOX).tobytes()
        for position in range(len(fields) - 1):
            if (position + 1) % (_HASH_SIDE + 1):  # else the next field is in the next row
                bits = bits << 1 | (fields[position] < fields[position + 1])
    return bits


def alike(hashes: Mapping[int, int]) -> list[list[int]]:
    """Return the groups of numbers whose pictures look alike, each in order.

    They are the same picture: smaller, compressed anew, or with other edges.

    Hashes that differ in fewer bits than they have bytes share one byte at least, so only those
    that do are compared.
    """
    buckets: dict[tuple[int, int], list[int]] = defaultdict(list)
    for number, bits in hashes.items():
        for position, byte in enumerate(bits.to_bytes(_BYTES, "big")):
            buckets[position, byte].append(number)
    groups = {number: [number] for number in hashes}
    for bucket in buckets.values():
        for one, other in combinations(bucket, 2):
            if groups[one] is not groups[other] and _near(hashes[one], hashes[other]):
                groups[one] += groups[other]
                for number in groups[other]:
                    groups[number] = groups[one]
    found = {id(group): sorted(group) for group in groups.values() if len(group) > 1}
    return sorted(found.values())


def _near(one: int, other: int) -> bool:
    return bin(one ^ other).count("1") <= MOST_DIFFERENT
