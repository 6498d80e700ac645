"""Pictures in formats that are not kept: they end by the name of their format."""

from __future__ import annotations

import io
import struct
import time

import pytest
from ck_imagenet.core.outcomes import Failed, Outcome
from ck_imagenet.images import judging
from ck_imagenet.images.formats import FORMATS
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

pytestmark = pytest.mark.filterwarnings("ignore")

WRITTEN = {
    "AVIF": "AVIF",
    "BLP": "BLP",
    "DDS": "DDS",
    "DIB": "DIB",
    "EPS": "EPS",
    "ICNS": "ICNS",
    "ICO": "ICO",
    "IM": "IM",
    "JPEG2000": "JPEG 2000",
    "MSP": "MSP",
    "PCX": "PCX",
    "PPM": "PNM",
    "QOI": "QOI",
    "SGI": "SGI",
    "TGA": "TGA",
    "XBM": "XBM",
}
"""By Pillow's names for them."""


def media(*brands: str) -> bytes:
    """Return the head of a file of the form of MP4."""
    told = (brands[0] + "\0\0\0\0" + "".join(brands[1:])).encode()
    return struct.pack(">I", 8 + len(told)) + b"ftyp" + told + bytes(40)


ICON = struct.pack("<BBBBHHII", 16, 16, 0, 0, 1, 32, 40, 22) + bytes(40)
TGA = bytes(2) + b"\2" + bytes(9) + struct.pack("<HHBB", 20, 10, 24, 0) + bytes(20 * 10 * 3)

BY_HAND = [
    ("AVIF", media("mif1", "avif", "miaf")),
    ("AVIF", media("avis", "msf1")),
    ("HEIC", media("heic", "mif1")),
    ("HEIC", media("mif1", "heic")),
    ("JPEG 2000", b"\xff\x4f\xff\x51\0\x2f"),
    ("JPEG XL", b"\xff\x0a\xfa\x7f\x01"),
    ("JPEG XL", b"\0\0\0\x0cJXL \r\n\x87\n" + bytes(20)),
    ("JPEG XR", b"II\xbc\x01" + bytes(20)),
    ("JPEG-LS", b"\xff\xd8\xff\xf7\0\x0b\x08\0\x10\0\x10\1\1\x11\0\xff\xda"),
    ("PSD", b"8BPS\0\1" + bytes(30)),
    ("CUR", b"\0\0\2\0\1\0" + ICON),
    ("ICO", b"\0\0\1\0\1\0" + ICON),
    ("TGA", TGA),
    ("PNM", b"P3\n# made by hand\n2 2\n255\n1 2 3"),
    ("PNM", b"P7\nWIDTH 2\n"),
    ("DICOM", bytes(128) + b"DICM"),
    ("FITS", b"SIMPLE  =                    T"),
    ("EPS", b"%!PS-Adobe-3.0 EPSF-3.0\n"),
    ("camera raw", b"FUJIFILMCCD-RAW 0201"),
    ("SVG", b'<svg xmlns="http://www.w3.org/2000/svg"/>'),
    ("SVG", b'\xef\xbb\xbf<?xml version="1.0"?>\n<!-- drawn by hand -->\n<svg>'),
    ("SVG", b'<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "x.dtd" [<!ENTITY a "b">]><svg>'),
    ("SVG", b'<svg:svg xmlns:svg="http://www.w3.org/2000/svg">'),
    ("SVG", "<svg width='9'>".encode("utf-16")),
]

NONE = [
    b"<!DOCTYPE html><html><body><svg></svg></body></html>",
    b"<html><svg>",
    b"<svgs>",
    b"<?xml version='1.0'?><rss>",
    b"P1 is the first of these pages",
    b"P5 2011",
    media("isom", "mp42"),
    media("qt  "),
    b"%PDF-1.4",
    b"%!PS-Adobe-3.0\n",
    b"\0\0\1\0",
    b"\0\0\1\0\0\0" + ICON,
    TGA + b"more",
    b"8BP",
]


def ended(data: bytes) -> Failed:
    with pytest.raises(Failed) as failure:
        judging.judge(data)
    return failure.value


@pytest.mark.parametrize("form", WRITTEN)
def test_what_pillow_writes_has_its_name(form: str) -> None:
    file = io.BytesIO()
    try:
        Image.new("1" if form in ("MSP", "XBM") else "RGB", (40, 30)).save(file, form)
    except (KeyError, OSError, ValueError):
        if form == "BLP":
            file = io.BytesIO(b"BLP2" + bytes(99))
        else:
            pytest.skip("this Pillow does not write it")
    assert str(ended(file.getvalue())) == f"other-format: {WRITTEN[form]}"


@pytest.mark.parametrize(("form", "data"), BY_HAND, ids=[form for form, _ in BY_HAND])
def test_what_others_write_has_its_name(form: str, data: bytes) -> None:
    failed = ended(data)
    assert (failed.outcome, failed.detail) == (Outcome.OTHER_FORMAT, form)


@pytest.mark.parametrize("data", NONE, ids=range(len(NONE)))
def test_what_only_begins_alike_is_no_picture(data: bytes) -> None:
    assert ended(data).outcome is Outcome.NOT_A_PICTURE


@pytest.mark.parametrize("form", FORMATS)
def test_formats_that_are_kept_are_kept(form: str) -> None:
    file = io.BytesIO()
    Image.new("RGB", (40, 30)).save(file, form)
    assert judging.judge(file.getvalue()).format is FORMATS[form]


@given(st.text(min_size=1))
def test_no_text_is_a_picture(text: str) -> None:
    if "svg" not in text:
        assert ended(b"<p>" + text.encode("utf-8", "replace")).outcome is Outcome.NOT_A_PICTURE


@pytest.mark.parametrize(
    "data",
    [
        b" " * 2**22,
        b"<!--" * 2**20,
        b"<!DOCTYPE svg [" * 2**18,
        b"P1" + b" " * 2**22,
        b"#define a_",
    ],
    ids=["blanks", "comments", "entities", "numbers", "names"],
)
def test_long_beginnings_take_no_time(data: bytes) -> None:
    begin = time.process_time()
    ended(data)
    ended(data + b"x" * 2**22)
    assert time.process_time() - begin < 0.5
