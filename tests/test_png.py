"""Chunks beside the pixels of a PNG, for which Pillow would refuse it and browsers do not."""

from __future__ import annotations

import base64
import io
import struct
import zlib
from pathlib import Path
from typing import Callable

import pytest
from browser import CHROMIUM, DRIVER, Browser
from ck_imagenet.core.outcomes import Failed
from ck_imagenet.images import judging, png
from ck_imagenet.images.rendering import Rendering
from PIL import Image

# Pytest undoes, for each test, what `decoding` says about Pillow's warnings.
pytestmark = pytest.mark.filterwarnings("ignore")

SIZE = 20


def chunk(name: bytes, content: bytes, wrong: int = 0) -> bytes:
    """Return a chunk, with a right or a wrong checksum."""
    checksum = zlib.crc32(name + content) ^ wrong
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


PIXELS = chunk(b"IDAT", zlib.compress(b"".join(bytes([0, *range(60)]) for _ in range(SIZE))))
HEADER = chunk(b"IHDR", struct.pack(">IIBBBBB", SIZE, SIZE, 8, 2, 0, 0, 0))


def drawn(before: bytes = b"", after: bytes = b"") -> bytes:
    """Return a PNG with chunks before and after its pixels."""
    return png.SIGNATURE + HEADER + before + PIXELS + after + chunk(b"IEND", b"")


def packed(size: int) -> bytes:
    return zlib.compress(bytes(size))


RIGHT = {
    b"tEXt": b"Title\0Dog",
    b"zTXt": b"Title\0\0" + zlib.compress(b"Dog"),
    b"iTXt": b"Title\0\0\0\0\0Dog",
    b"iCCP": b"name\0\0" + packed(100),
    b"gAMA": struct.pack(">I", 45_455),
    b"cHRM": bytes(32),
    b"sRGB": b"\0",
    b"pHYs": struct.pack(">IIB", 2835, 2835, 1),
    b"tRNS": bytes(6),
    b"bKGD": bytes(6),
    b"tIME": bytes([7, 219, 1, 1, 1, 1, 1]),
    b"eXIf": b"II*\0\x08\0\0\0\0\0\0\0\0\0",
    b"acTL": struct.pack(">II", 1, 0),
    b"fcTL": struct.pack(">5IHHBB", 0, SIZE, SIZE, 0, 0, 1, 1, 0, 0),
    b"prVt": b"of a program",
}
LARGE = {
    "a packed text": chunk(b"zTXt", b"k\0\0" + packed(2**21)),
    "a packed text of any language": chunk(b"iTXt", b"k\0\1\0\0\0" + packed(2**21)),
    "a plain text": chunk(b"tEXt", b"k\0" + bytes(2**21)),
    "a plain text of any language": chunk(b"iTXt", b"k\0\0\0\0\0" + bytes(2**21)),
    "a profile": chunk(b"iCCP", b"p\0\0" + packed(2**21)),
    "what a program keeps": chunk(b"prVt", bytes(2**23)),
    "EXIF": chunk(b"eXIf", RIGHT[b"eXIf"] + bytes(5 * 2**20)),
    "a hundred texts": chunk(b"zTXt", b"k\0\0" + packed(900_000)) * 100,
}
ODD = {
    "a text packed in an unknown way": chunk(b"zTXt", b"k\0\x07" + packed(9)),
    "a text that is not packed": chunk(b"zTXt", b"k\0\0Dog"),
    "a text that is no text": chunk(b"iTXt", b"k\0\0\0\0\0\xff\xfe"),
    "a name with a digit": chunk(b"t3Xt", b"Dog"),
    "a damaged name": chunk(b"t\xffXt", b"k\0Dog", wrong=1),
    "another damaged name": chunk(b"\xffEXt", b"k\0Dog"),
}
OUT_OF_ORDER = chunk(b"acTL", struct.pack(">II", 2, 0)) + chunk(
    b"fcTL", struct.pack(">5IHHBB", 7, SIZE, SIZE, 0, 0, 1, 1, 0, 0)
)


def cases() -> dict[str, bytes]:
    """Return PNGs whose pixels are whole."""
    found = {}
    for form, content in RIGHT.items():
        name = form.decode()
        for what, bad in {
            "right": chunk(form, content),
            "with a wrong checksum": chunk(form, content, wrong=1),
            "empty": chunk(form, b""),
            "too short": chunk(form, content[:-1]),
            "too long": chunk(form, content + bytes(9)),
            "twice": chunk(form, content) * 2,
            "full of noise": chunk(form, b"\xff\xfe\x80" * 20),
        }.items():
            if form != b"fcTL" or "checksum" in what:  # else it is no matter only after the pixels
                found[f"{name} {what}, before"] = drawn(before=bad)
            found[f"{name} {what}, after"] = drawn(after=bad)
    found["an animation out of order"] = drawn(after=OUT_OF_ORDER)
    for what, much in {**LARGE, **ODD}.items():
        found[f"{what}, before"] = drawn(before=much)
        found[f"{what}, after"] = drawn(after=much)
    found["noise after its pixels"] = drawn(after=b"\0\1noise" * 20)
    found["cut in a text after its pixels"] = drawn(after=chunk(b"tEXt", b"k\0Dog"))[:-20]
    return found


CASES = cases()

MENDED_ALL_THE_SAME = ("checksum", "EXIF", "cHRM", "damaged", "noise")
"""What other Pillows refuse, or other readers."""


def opens(data: bytes) -> bool:
    """Say whether Pillow opens a picture, as others use it."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
    except Exception:
        return False
    return True


def test_every_png_whose_pixels_are_whole_is_kept() -> None:
    wrong = []
    for name, data in CASES.items():
        try:
            assert judging.judge(data)[1:] == judging.decode(data)[1:] == (SIZE, SIZE)
        except Failed as failed:
            wrong.append((name, failed))
    assert wrong == []


def test_what_others_do_not_open_is_mended_and_nothing_else_is_touched() -> None:
    mended = {name: png.without_offending_chunks(data) for name, data in CASES.items()}
    assert [name for name, data in mended.items() if not opens(data)] == []
    for name, data in CASES.items():
        if not any(
            word in name for word in ("checksum", "EXIF", "cHRM", "damaged", "noise")
        ) and opens(data):
            assert mended[name] is data, name


@pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="there is no Chromium")
def test_chromium_shows_all_of_them(tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    shown = "".join(
        f"<img src='data:image/png;base64,{base64.b64encode(data).decode()}'>"
        for data in CASES.values()
    )
    page.write_text(f"<body onload='document.title=\"all\"'>{shown}")
    with Browser(tmp_path / "profile") as chromium:
        chromium.open(page)
        chromium.until("return document.title === 'all'")
        widths = chromium.run("return [...document.images].map(image => image.naturalWidth)")
    assert {name for name, width in zip(CASES, widths) if width != SIZE} == set()


@pytest.mark.parametrize(
    "damage",
    [
        lambda data: data.replace(HEADER, HEADER[:-1] + b"?"),
        lambda data: data.replace(PIXELS, b""),
        lambda data: data[: data.index(PIXELS) + len(PIXELS) // 2],
    ],
    ids=["a wrong checksum of the header", "no pixels", "half of the pixels"],
)
def test_damage_of_the_pixels_is_not_forgiven(damage: Callable[[bytes], bytes]) -> None:
    with pytest.raises(Failed):
        judging.judge(damage(drawn(before=chunk(b"tEXt", b"k\0Dog", wrong=1))))


def test_other_bytes_are_left_as_they_are() -> None:
    for data in (b"", b"\x89PNG", png.SIGNATURE, b"GIF89a", drawn()):
        assert png.without_offending_chunks(data) is data


def test_a_copy_for_others_is_one_that_they_open(tmp_path: Path) -> None:
    for name, data in (("whole.png", drawn()), ("odd.png", drawn(before=LARGE["a packed text"]))):
        path = tmp_path / name
        path.write_bytes(data)
        assert Rendering().changes(path) == (name == "odd.png")
        assert Rendering().extension(path) == ".png"
        assert opens(Rendering().data(path))
        assert opens(Rendering(16).data(path))
