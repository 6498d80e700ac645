"""Formats of pictures that are not kept, each known by its bytes, so that its name can be told.

Sources: the formats' own standards, and the readers of Pillow and of Chromium.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Callable, Iterator, NamedTuple

# The formats that pictures come in, by the names that Pillow gives them.


class Format(NamedTuple):
    """A format of pictures: the tag that other CK programs select by, and the file extension."""

    tag: str
    extension: str


FORMATS = {
    "JPEG": Format("jpeg", "jpg"),
    "PNG": Format("png", "png"),
    "GIF": Format("gif", "gif"),
    "WEBP": Format("webp", "webp"),
    "BMP": Format("bmp", "bmp"),
    "TIFF": Format("tiff", "tif"),
}

SUFFIXES = (*(f".{form.extension}" for form in FORMATS.values()), ".jpeg", ".tiff")
"""What the name of a picture's file may end with, in lower case."""


def is_picture_file(path: Path) -> bool:
    """Say whether there is a file at `path` that is called as a picture is."""
    return path.suffix.lower() in SUFFIXES and path.is_file()


# How bytes begin that are a picture, of whatever format.

SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"II*\0", b"MM\0*")

_LONGER = re.compile(
    rb"RIFF.{4}WEBP|BM.{4}\0{4}.{4}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL
)


def begins_picture(begin: bytes) -> bool:
    """Say whether bytes that begin so are a picture, kept or not."""
    is_kept = begin.startswith(SIGNATURES) or _LONGER.match(begin) is not None
    return is_kept or name(begin) != ""


_BEGINNINGS = (
    (b"\0\0\0\x0cjP  \r\n\x87\n", "JPEG 2000"),
    (b"\xff\x4f\xff\x51", "JPEG 2000"),
    (b"\0\0\0\x0cJXL \r\n\x87\n", "JPEG XL"),
    (b"\xff\x0a", "JPEG XL"),
    (b"II\xbc", "JPEG XR"),
    (b"\xff\xd8\xff\xf7", "JPEG-LS"),
    (b"8BPS", "PSD"),
    (b"gimp xcf", "XCF"),
    (b"\x8bJNG\r\n\x1a\n", "JNG"),
    (b"\x8aMNG\r\n\x1a\n", "MNG"),
    (b"icns", "ICNS"),
    (b"qoif", "QOI"),
    (b"FLIF", "FLIF"),
    (b"BPG\xfb", "BPG"),
    (b"DDS ", "DDS"),
    (b"\xabKTX ", "KTX"),
    (b"BLP1", "BLP"),
    (b"BLP2", "BLP"),
    (b"v/1\x01", "OpenEXR"),
    (b"#?RADIANCE", "Radiance HDR"),
    (b"#?RGBE", "Radiance HDR"),
    (b"SIMPLE  =", "FITS"),
    (b"SDPX", "DPX"),
    (b"XPDS", "DPX"),
    (b"AT&TFORM", "DjVu"),
    (b"\x59\xa6\x6a\x95", "Sun raster"),
    (b"\x3a\xde\x68\xb1", "DCX"),
    (b"DanM", "MSP"),
    (b"LinS", "MSP"),
    (b"\xd7\xcd\xc6\x9a", "WMF"),
    (b"/* XPM */", "XPM"),
    (b"Image type: ", "IM"),
    (b"%!PS-Adobe", "EPS"),
    (b"\xc5\xd0\xd3\xc6", "EPS"),
    (b"IIU\0", "camera raw"),
    (b"IIRO", "camera raw"),
    (b"IIRS", "camera raw"),
    (b"FUJIFILMCCD-RAW", "camera raw"),
    (b"FOVb", "camera raw"),
    (b"\0MRM", "camera raw"),
)

_PATTERNS = (
    (re.compile(rb"RIFF....ACON", re.DOTALL), "ANI"),
    (re.compile(rb"FORM....(ILBM|PBM )", re.DOTALL), "ILBM"),
    (re.compile(rb"\x01\xda[\x00\x01][\x01\x02]\x00[\x01-\x03]"), "SGI"),
    (re.compile(rb"\n[\x00\x02-\x05][\x00\x01][\x01\x02\x04\x08].{60}\x00", re.DOTALL), "PCX"),
    (re.compile(rb"P[1-6]\s(?:\s|#[^\n]*\n)*\d+\s(?:\s|#[^\n]*\n)*\d+\s"), "PNM"),
    (re.compile(rb"P7\n(?:#[^\n]*\n|WIDTH |HEIGHT |DEPTH |MAXVAL |TUPLTYPE )"), "PNM"),
    (re.compile(rb"P[Ff]\n\d+ \d+\n"), "PFM"),
    (re.compile(rb"\s*#define[ \t]+\S*_width[ \t]+\d+\s+#define[ \t]+\S*_height[ \t]+\d+"), "XBM"),
    (re.compile(rb"\x01\x00\x00\x00.{36} EMF", re.DOTALL), "EMF"),
    (re.compile(rb".{128}DICM", re.DOTALL), "DICOM"),
    (re.compile(rb".{522}\x00\x11\x02\xff\x0c\x00", re.DOTALL), "PICT"),
)

_BRANDS = {
    **dict.fromkeys((b"avif", b"avis", b"avio"), "AVIF"),
    **dict.fromkeys((b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"hevm"), "HEIC"),
    **dict.fromkeys((b"hevs", b"mif1", b"mif2", b"msf1", b"miaf", b"avci", b"avcs"), "HEIC"),
    **dict.fromkeys((b"jp2 ", b"jpx ", b"jpm ", b"mjp2"), "JPEG 2000"),
    b"crx ": "camera raw",
    b"jxl ": "JPEG XL",
}
_MOST_BRANDS = 64

_BEFORE_SVG = re.compile(
    r"\ufeff?(?:\s|<\?[^>]*>|<!--.*?-->|<!DOCTYPE\s+(?:\w+:)?svg\b[^\[>]*(?:\[[^\]]*\]\s*)?>)*"
    r"<(?:\w+:)?svg[\s>/]",
    re.DOTALL,
)
_LONGEST_HEAD = 16_384
"""Bytes that are looked at: some drawings begin with long comments."""

_TGA_FOOTER = b"TRUEVISION-XFILE.\0"


def name(data: bytes) -> str:
    """Return the name of the format that a picture is in, if it is one that is not kept.

    Returns
    -------
    str
        Nothing if it is no such picture, or if that cannot be told.
    """
    for beginning, form in _BEGINNINGS:
        if data.startswith(beginning):
            return form if form != "EPS" or _is_eps(data) else ""
    head = data[:_LONGEST_HEAD]
    for pattern, form in _PATTERNS:
        if pattern.match(head):
            return form
    return next((form for form, is_it in _CHECKS.items() if is_it(data)), "") or _of_media(data)


def _of_media(data: bytes) -> str:
    """Return what a file of the form of MP4 holds, by its brands: nothing if that is a film."""
    if data[4:8] != b"ftyp":
        return ""
    end = min(int.from_bytes(data[:4], "big"), 16 + 4 * _MOST_BRANDS)
    brands = [data[8:12], *(data[place : place + 4] for place in range(16, end, 4))]
    found = [_BRANDS[brand] for brand in brands if brand in _BRANDS]
    # Some encoders say first only that it is a picture.
    return "AVIF" if "AVIF" in found and found[0] == "HEIC" and brands[0] in _ANY else _first(found)


_ANY = (b"mif1", b"mif2", b"msf1", b"miaf")


def _first(found: list[str]) -> str:
    return found[0] if found else ""


def _is_eps(data: bytes) -> bool:
    return not data.startswith(b"%") or b" EPSF-" in data[:64]


def _is_icon(data: bytes) -> bool:
    return _has_icons(data, b"\0\0\1\0")


def _is_cursor(data: bytes) -> bool:
    return _has_icons(data, b"\0\0\2\0")


def _has_icons(data: bytes, beginning: bytes) -> bool:
    """Say whether there is a directory of icons, whose first one is behind it."""
    if not data.startswith(beginning) or len(data) < 22:
        return False
    (count,) = struct.unpack_from("<H", data, 4)
    size, place = struct.unpack_from("<II", data, 14)
    return bool(count and size) and 6 + 16 * count <= place < len(data) and not data[9]


def _is_svg(data: bytes) -> bool:
    begin = data[:_LONGEST_HEAD]
    if begin[:2] in (b"\xff\xfe", b"\xfe\xff"):
        text = begin.decode("utf-16", "replace")
    elif b"<" in begin[:64] or b"svg" in begin:
        text = begin.decode("utf-8", "replace")
    else:
        return False
    return _BEFORE_SVG.match(text) is not None


def _is_bare_bitmap(data: bytes) -> bool:
    """Say whether this is a BMP without the head of its file."""
    if len(data) < 40 or data[:4] != b"\x28\0\0\0":
        return False
    planes, bits = struct.unpack_from("<HH", data, 12)
    return bool(planes == 1 and bits in (1, 4, 8, 16, 24, 32))


def _is_tga(data: bytes) -> bool:
    """Say so where it can be told: by the footer, or by a size that is just right."""
    if data.endswith(_TGA_FOOTER):
        return True
    if len(data) < 18:
        return False
    comment, has_colours, kind = data[:3]
    count, bits = int.from_bytes(data[5:7], "little"), data[7]
    width, height, depth = struct.unpack_from("<HHB", data, 12)
    if (has_colours, kind) not in ((1, 1), (0, 2), (0, 3)) or not width or not height:
        return False
    if depth not in (8, 15, 16, 24, 32) or data[17] & 0xC0:
        return False
    colours = count * -(-bits // 8) if has_colours else 0
    return bool(len(data) == 18 + comment + colours + width * height * -(-depth // 8))


_CHECKS: dict[str, Callable[[bytes], bool]] = {
    "ICO": _is_icon,
    "CUR": _is_cursor,
    "SVG": _is_svg,
    "DIB": _is_bare_bitmap,
    "TGA": _is_tga,
}


# The directories of tags in a TIFF, and in EXIF, which is one: what it costs to read them.
#
# Tags may point to the same bytes again and again, and so say more than any memory holds.

_FORMS = {b"II*\0": "<", b"MM\0*": ">", b"MM*\0": ">", b"II\0*": "<"}
_LARGE_FORMS = {b"II+\0": "<", b"MM\0+": ">"}
TIFF_SIGNATURES = (*_FORMS, *_LARGE_FORMS)
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


def first(data: bytes) -> dict[int, Tag]:
    """Return what a TIFF's first directory says, nothing if there is none."""
    return next(_directories(data), _EMPTY).tags


def cost(data: bytes) -> int:
    """Return what it costs to read the first directory and those below it, as if all were bytes."""
    return sum(
        _COST_OF_TAG * each.entries + sum(tag.size for tag in each.tags.values())
        for each in _directories(data)
    )


def costs_too_much(exif: bytes) -> bool:
    """Say whether EXIF is more than any camera writes."""
    return bool(exif) and (len(exif) > _MOST_EXIF or cost(exif) > MOST_COST)


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
