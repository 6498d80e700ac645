"""What becomes of a picture's bytes when it is exported."""

from __future__ import annotations

import base64
import io
import re
from pathlib import Path

import pytest
from ck_imagenet.core.outcomes import Failed
from ck_imagenet.core.text import Progress
from ck_imagenet.gallery.thumbnails import thumbnails
from ck_imagenet.images.appearance import shown
from ck_imagenet.images.judging import decode_with
from ck_imagenet.images.rendering import Rendering
from drawn_pictures import PHOTO, every_kind, png_with, saved, told, with_small_frame
from PIL import Image, ImageOps

# Pytest undoes, for each test, what `decoding` says about the warnings of Pillow.
pytestmark = pytest.mark.filterwarnings("ignore")

KINDS = every_kind()


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def mean_difference(one: Image.Image, other: Image.Image) -> float:
    """Return by how much colours differ, of 255, on average."""
    pairs = list(zip(one.convert("RGB").tobytes(), other.convert("RGB").tobytes()))
    return sum(abs(mine - yours) for mine, yours in pairs) / len(pairs)


def test_a_picture_stays_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "a.JPEG"
    path.write_bytes(b"whatever it is")
    assert Rendering().data(path) == b"whatever it is"
    assert Rendering().extension(path) == ".jpeg"


@pytest.mark.parametrize(
    ("size", "resized"),
    [((100, 50), (64, 32)), ((50, 100), (32, 64)), ((10, 10), (32, 32)), ((640, 480), (43, 32))],
)
def test_the_shorter_side_is_as_long_as_is_wanted(
    tmp_path: Path, size: tuple[int, int], resized: tuple[int, int]
) -> None:
    Image.new("RGB", size).save(tmp_path / "a.png")
    assert opened(Rendering(32).data(tmp_path / "a.png")).size == resized


@pytest.mark.parametrize("name", KINDS)
def test_a_picture_of_every_kind_looks_the_same_in_exports_and_as_a_thumbnail(
    tmp_path: Path, name: str
) -> None:
    """A test of what is seen compares that with Chromium."""
    path = tmp_path / name
    path.write_bytes(KINDS[name])
    seen = decode_with(KINDS[name], shown)
    resized = opened(Rendering(side=min(seen.size)).data(path))
    assert (resized.mode, resized.format, resized.size) == ("RGB", "JPEG", seen.size)
    assert mean_difference(resized, seen) < 6
    (thumbnail,) = thumbnails(tmp_path, {1: path}, Progress(), "n1").values()
    small = opened(base64.b64decode(thumbnail.webp))
    assert (thumbnail.width, thumbnail.height, small.size) == (*seen.size, seen.size)
    assert mean_difference(small, seen) < 9
    if path.suffix != ".jpg":
        as_jpeg = opened(Rendering(jpegs=True).data(path))
        assert (as_jpeg.format, as_jpeg.tobytes()) == ("JPEG", resized.tobytes())


@pytest.mark.parametrize(
    "name",
    [each for each in KINDS if re.search("transp|16.*grey|orientation .*png", each)],
)
def test_what_readers_would_clip_or_uncover_becomes_a_png_as_it_is_seen(
    tmp_path: Path, name: str
) -> None:
    """ImageFolder, timm and webdataset make RGB of what Pillow opens, and nothing else."""
    path, made = tmp_path / name, tmp_path / "made.png"
    path.write_bytes(KINDS[name])
    assert (Rendering().reencodes(path), Rendering().extension(path)) == (True, ".png")
    made.write_bytes(Rendering().data(path))
    found = opened(made.read_bytes())
    assert found.format == "PNG"
    assert found.convert("RGB").tobytes() == decode_with(KINDS[name], shown).tobytes()
    assert not Rendering().changes(made)


def test_what_is_no_jpeg_becomes_one_where_all_must_be(tmp_path: Path) -> None:
    png, jpg = tmp_path / "a.png", tmp_path / "b.jpg"
    PHOTO.save(png)
    PHOTO.save(jpg)
    rendering = Rendering(jpegs=True)
    assert [rendering.reencodes(path) for path in (png, jpg)] == [True, False]
    assert [rendering.extension(path) for path in (png, jpg)] == [".jpg", ".jpg"]
    assert rendering.data(jpg) == jpg.read_bytes()


def test_a_jpeg_has_the_quality_that_is_wanted(tmp_path: Path) -> None:
    PHOTO.save(tmp_path / "a.png")
    for quality in (1, 50, 95, 100):
        data = Rendering(32, quality=quality).data(tmp_path / "a.png")
        pillows = io.BytesIO()
        PHOTO.save(pillows, "JPEG", quality=quality)
        assert data == pillows.getvalue()
    assert Rendering(32).data(tmp_path / "a.png") == Rendering(32, quality=95).data(
        tmp_path / "a.png"
    )


def test_the_first_frame_of_a_gif_that_fills_a_part_stands_on_white(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(with_small_frame())
    image = opened(Rendering().data(tmp_path / "a.gif")).convert("RGB")
    corners = [image.getpixel(place) for place in ((0, 0), (11, 0), (11, 11))]
    assert (image.size, corners[1:]) == ((12, 12), [(255, 255, 255)] * 2)
    assert corners[0] != (255, 255, 255)


WRONG_TYPE = told((0x0112, 3, 1, 6), (0x011A, 7, 2, 0))
"""EXIF with a resolution that is no number, beside an orientation."""

AS_TEXT = b"Raw profile type exif\0\nexif\n       9\nno digits"


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.jpg", saved(PHOTO, "JPEG", exif=b"Exif\0\0" + WRONG_TYPE)),
        ("a.png", png_with(b"eXIf", WRONG_TYPE)),
        ("text.png", png_with(b"tEXt", AS_TEXT)),
    ],
)
def test_exif_that_stops_others_is_left_out_but_for_how_a_picture_is_turned(
    tmp_path: Path, name: str, data: bytes
) -> None:
    """`datasets` turns each picture by Pillow's own function, and ends where that fails."""
    path = tmp_path / name
    path.write_bytes(data)
    with pytest.raises((TypeError, ValueError)):
        ImageOps.exif_transpose(opened(data))
    assert Rendering().changes(path)
    assert Rendering(as_found=True).data(path) == data
    made = Rendering().data(path)
    seen = decode_with(data, shown).tobytes()
    assert ImageOps.exif_transpose(opened(made)).tobytes() == seen
    assert opened(made).tobytes() == (opened(data).tobytes() if name == "a.jpg" else seen)
    path.write_bytes(made)
    assert not Rendering().changes(path)


@pytest.mark.parametrize("size", [(1600, 1200), (1203, 1601), (4001, 17)])
def test_a_jpeg_that_is_decoded_smaller_looks_as_if_it_were_not(
    tmp_path: Path, size: tuple[int, int]
) -> None:
    image = PHOTO.resize(size, Image.Resampling.BICUBIC)
    image.save(tmp_path / "a.jpg", quality=95)
    image.save(tmp_path / "a.png")
    from_jpeg = opened(Rendering(16).data(tmp_path / "a.jpg"))
    from_png = opened(Rendering(16).data(tmp_path / "a.png"))
    assert from_jpeg.size == from_png.size
    assert mean_difference(from_jpeg, from_png) < 6


def test_a_very_long_picture_stays_a_jpeg(tmp_path: Path) -> None:
    Image.new("L", (20_000, 8)).save(tmp_path / "a.png")
    assert opened(Rendering(64).data(tmp_path / "a.png")).size == (65_500, 26)


@pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\xd8\xff\xe0 cut"])
def test_what_cannot_be_decoded_is_told(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(Failed) as failed:
        Rendering(16).data(tmp_path / "a.jpg")
    assert "0x" not in failed.value.detail
