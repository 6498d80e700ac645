"""The formats of pictures: their names, and how their files begin and end.

Pictures are kept in those formats that Pillow reads and CK programs select by. The others are known
by their first bytes, so that their names can be told. Sources: the formats' own standards, and the
readers of Pillow and of Chromium.
"""

from __future__ import annotations

import re
import struct
from pathlib import Path
from typing import Callable, NamedTuple


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
"""The extensions that a picture's file may have, in lower case."""


LATER_TAG = "jpg"
"""A tag of JPEGs that entries of earlier versions do not have; those of CK's own data sets do."""


def format_tags(tag: str) -> list[str]:
    """Return all tags of the format of a tag."""
    return [tag, LATER_TAG] if tag == FORMATS["JPEG"].tag else [tag]


def is_picture_file(path: Path) -> bool:
    """Say whether there is a file at `path` with the extension of a picture."""
    return path.suffix.lower() in SUFFIXES and path.is_file()


# How files begin.

SIGNATURES = (b"\xff\xd8\xff", b"\x89PNG\r\n", b"GIF8", b"II*\0", b"MM\0*")

_LONGER = re.compile(
    rb"RIFF.{4}WEBP|BM.{4}\0{4}.{4}[\x0c\x10\x28\x34\x38\x40\x6c\x7c]\0\0\0", re.DOTALL
)


def begins_picture(begin: bytes) -> bool:
    """Say whether bytes with this beginning are a picture, in a format that is kept or not."""
    is_kept = begin.startswith(SIGNATURES) or _LONGER.match(begin) is not None
    return is_kept or other_format(begin) != ""


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
"""Bytes that are searched: some drawings begin with long comments."""

_TGA_FOOTER = b"TRUEVISION-XFILE.\0"


def other_format(data: bytes) -> str:
    """Return the name of the format of a picture, if it is one that is not kept.

    Returns
    -------
    str
        An empty text if it is no such picture, or if that cannot be told.
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
    """Return the format of a picture in a container like MP4, by its brands; "" for a film."""
    if data[4:8] != b"ftyp":
        return ""
    end = min(int.from_bytes(data[:4], "big"), 16 + 4 * _MOST_BRANDS)
    brands = [data[8:12], *(data[offset : offset + 4] for offset in range(16, end, 4))]
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
    """Say whether there is a directory of icons, and the first icon behind it."""
    if not data.startswith(beginning) or len(data) < 22:
        return False
    (count,) = struct.unpack_from("<H", data, 4)
    size, offset = struct.unpack_from("<II", data, 14)
    return bool(count and size) and 6 + 16 * count <= offset < len(data) and not data[9]


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
    """Say whether this is surely a TGA: by its footer, or by a size that is just right."""
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


# How files end: so a file without its end can be told from a broken one.

_GIF_HEADER, _GIF_FRAME = 13, 10
"""Bytes of a GIF's header, and of the head of a frame."""

_MOST_PIECES = 1_000_000
"""Blocks of a GIF that are walked through: files with more are made to cost time."""


def is_cut(data: bytes) -> bool:
    """Say whether `data` is a JPEG, PNG, GIF or WebP that lacks its end.

    Files of other formats count as whole.
    """
    if data.startswith(b"\xff\xd8"):
        from . import jpeg  # which imports Pillow: to list what is here must not cost that

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
    offset = 8
    while offset + 12 <= len(data):
        name = data[offset + 4 : offset + 8]
        offset += 12 + int.from_bytes(data[offset : offset + 4], "big")
        if name == b"IEND":
            return offset <= len(data)
    return False


def _gif_ends(data: bytes) -> bool:
    """Walk from block to block; what stands between two is skipped, as all decoders do."""
    offset = _GIF_HEADER + gif_colour_table(data, _GIF_HEADER - 3)
    for _ in range(_MOST_PIECES):
        block = data[offset : offset + 1]
        if block in (b";", b""):
            return bool(block)
        if block == b",":
            offset += _GIF_FRAME + gif_colour_table(data, offset + _GIF_FRAME - 1) + 1
            offset = after_gif_blocks(data, offset)
        elif block == b"!":
            offset = after_gif_blocks(data, offset + 2)
        else:
            offset += 1
    return True


def gif_colour_table(data: bytes, flags: int) -> int:
    """Return the size in bytes of the table of colours that a GIF's flags announce.

    Parameters
    ----------
    data : bytes
        The GIF.
    flags : int
        The offset of the byte of flags.
    """
    packed = data[flags] if flags < len(data) else 0
    return 3 * 2 ** (packed % 8 + 1) if packed & 0x80 else 0


def after_gif_blocks(data: bytes, offset: int) -> int:
    """Return the offset behind a chain of a GIF's blocks, each of which begins with its length.

    Parameters
    ----------
    data : bytes
        The GIF.
    offset : int
        Where the first block begins.
    """
    for _ in range(_MOST_PIECES):
        if offset >= len(data) or not data[offset]:
            break
        offset += 1 + data[offset]
    return offset + 1
