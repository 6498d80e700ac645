"""Pictures turned as their cameras say."""

from __future__ import annotations

import io
import struct

import pytest
from ck_imagenet.images.decoding import turned_upright
from PIL import Image, ImageOps

# Pytest undoes, for each test, what `decoding` says about the warnings of Pillow.
pytestmark = pytest.mark.filterwarnings("ignore")

TYPES = {"a text": (2, 200), "a fraction": (5, 26), "bytes": (7, 9_999), "nothing": (99, 1)}


def drawn(exif: bytes) -> Image.Image:
    """Return a picture whose corners all differ, as it is read."""
    image = Image.frombytes("L", (24, 16), bytes(range(0, 192)) + bytes(range(64, 256)))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=95, exif=b"Exif\0\0" + exif)
    return Image.open(io.BytesIO(file.getvalue()))


def told(*tags: tuple[int, int, int, int]) -> bytes:
    """Return EXIF of these tags: number, type, how many values, and the value or its place."""
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


@pytest.mark.parametrize("orientation", range(10))
def test_a_picture_is_turned_as_pillow_turns_it(orientation: int) -> None:
    image = drawn(told((0x0112, 3, 1, orientation)))
    pillows = ImageOps.exif_transpose(image)
    assert turned_upright(image).size == pillows.size
    assert turned_upright(image).tobytes() == pillows.tobytes()


@pytest.mark.parametrize("wrong", TYPES)
@pytest.mark.parametrize("number", [0x010F, 0x011A, 0x8769])
def test_what_is_wrong_beside_the_orientation_is_no_matter(wrong: str, number: int) -> None:
    """Pillow's own function writes all of it anew, and fails."""
    form, count = TYPES[wrong]
    tags = sorted([(0x0112, 3, 1, 6), (number, form, count, 0xFFFF)])
    assert turned_upright(drawn(told(*tags))).size == (16, 24)


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
def test_in_every_format_that_has_exif(form: str) -> None:
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 8
    Image.new("RGB", (24, 16)).save(file, form, exif=exif)
    for _ in range(2):
        assert turned_upright(Image.open(io.BytesIO(file.getvalue()))).size == (16, 24)


@pytest.mark.parametrize("exif", [b"", b"no EXIF", told((0x0112, 2, 1, 6))[:14]])
def test_without_an_orientation_a_picture_stays(exif: bytes) -> None:
    assert turned_upright(drawn(exif)).size == (24, 16)
