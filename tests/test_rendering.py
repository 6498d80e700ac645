"""What becomes of a picture's bytes when it is exported."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from ck_imagenet.core.outcomes import Failed
from ck_imagenet.images.rendering import Rendering
from PIL import Image


def opened(data: bytes) -> Image.Image:
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


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


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "CMYK", "I;16"])
def test_every_kind_of_colour_becomes_three(tmp_path: Path, mode: str) -> None:
    form = "TIFF" if mode == "CMYK" else "PNG"
    Image.new(mode, (40, 30)).save(tmp_path / "a.png", form)
    image = opened(Rendering(16, square=True).data(tmp_path / "a.png"))
    assert (image.mode, image.format, image.size) == ("RGB", "JPEG", (16, 16))


def test_a_picture_is_turned_as_its_camera_says(tmp_path: Path) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned by a quarter
    Image.new("RGB", (64, 32)).save(tmp_path / "a.jpg", exif=exif.tobytes())
    assert opened(Rendering(16).data(tmp_path / "a.jpg")).size == (16, 32)


def test_a_very_long_picture_stays_a_jpeg(tmp_path: Path) -> None:
    Image.new("L", (20_000, 8)).save(tmp_path / "a.png")
    assert opened(Rendering(64).data(tmp_path / "a.png")).size == (65_500, 26)


@pytest.mark.parametrize("data", [b"", b"no picture", b"\xff\xd8\xff\xe0 cut"])
def test_what_cannot_be_decoded_is_told(tmp_path: Path, data: bytes) -> None:
    (tmp_path / "a.jpg").write_bytes(data)
    with pytest.raises(Failed) as failed:
        Rendering(16).data(tmp_path / "a.jpg")
    assert "0x" not in failed.value.detail
