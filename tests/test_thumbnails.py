"""Small pictures, made once."""

from __future__ import annotations

import base64
import io
import json
import os
from pathlib import Path

import pytest
from ck_imagenet.core.errors import StoreError
from ck_imagenet.core.text import Progress
from ck_imagenet.gallery.thumbnails import KEPT, MOST_OF_A_LINE, Thumbnail, thumbnails
from ck_imagenet_practice.pictures import picture
from PIL import Image


class Told(Progress):
    """Remembers what it is told."""

    def __init__(self) -> None:
        self.done: list[tuple[int, int]] = []

    def advance(self, what: str, done: int, total: int) -> None:
        self.done.append((done, total))


def make(folder: Path, progress: Progress | None = None) -> dict[int, Thumbnail]:
    pictures = {int(path.stem): path for path in sorted(folder.glob("[0-9]*"))}
    return thumbnails(folder, pictures, progress or Progress(), "n1")


def small(thumbnail: Thumbnail) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(thumbnail.webp)))


def colours(folder: Path, mode: str, colour: str, size: tuple[int, int] = (20, 10)) -> None:
    Image.new(mode, size, colour).save(folder / "1.png")


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.gif", "a.webp", "a.bmp", "cmyk/a", "grey/a"])
def test_a_thumbnail_is_small_and_tells_how_large_the_picture_is(tmp_path: Path, name: str) -> None:
    data = picture(f"/{name}")
    (tmp_path / "1").write_bytes(data)
    (made,) = make(tmp_path).values()
    image = Image.open(io.BytesIO(data))
    assert (made.width, made.height, made.bytes) == (*image.size, len(data))
    assert max(small(made).size) == 160
    assert small(made).format == "WEBP"
    assert len(base64.b64decode(made.webp)) <= MOST_OF_A_LINE
    assert len(made.difference_hash) == 32


def test_what_is_transparent_is_white(tmp_path: Path) -> None:
    colours(tmp_path, "RGBA", "#00000000")
    (made,) = make(tmp_path).values()
    assert min(small(made).convert("L").tobytes()) > 250


def test_a_picture_that_lies_on_its_side_is_shown_upright(tmp_path: Path) -> None:
    turned = Image.Exif()
    turned[0x0112] = 6
    Image.new("RGB", (400, 100)).save(tmp_path / "1.jpg", exif=turned)
    (made,) = make(tmp_path).values()
    assert (made.width, made.height, small(made).size) == (100, 400, (40, 160))


def test_what_cannot_be_decoded_has_none(tmp_path: Path) -> None:
    (tmp_path / "1").write_bytes(picture("/a.jpg")[:3000])
    (tmp_path / "2").write_bytes(b"")
    assert [(each.webp, each.difference_hash) for each in make(tmp_path).values()] == [("", "")] * 2


def test_each_is_made_once(tmp_path: Path) -> None:
    for number in range(3):
        (tmp_path / str(number)).write_bytes(picture(f"/{number}.jpg"))
    told = Told()
    first = make(tmp_path, told)
    total = sum(each.bytes for each in first.values())
    assert told.done[-1] == (total, total)
    kept = (tmp_path / KEPT).read_bytes()
    told = Told()
    assert make(tmp_path, told) == first
    assert ((tmp_path / KEPT).read_bytes(), told.done) == (kept, [])


def test_another_picture_in_the_place_of_one_gets_its_own(tmp_path: Path) -> None:
    (tmp_path / "1").write_bytes(picture("/a.jpg"))
    old = make(tmp_path)
    (tmp_path / "1").write_bytes(picture("/b.jpg"))
    new = make(tmp_path)
    assert new[1].difference_hash != old[1].difference_hash
    assert make(tmp_path) == new


def test_a_torn_line_loses_one_thumbnail(tmp_path: Path) -> None:
    for number in range(2):
        (tmp_path / str(number)).write_bytes(picture(f"/{number}.jpg"))
    whole = make(tmp_path)
    os.truncate(tmp_path / KEPT, (tmp_path / KEPT).stat().st_size - 9)
    assert make(tmp_path) == whole
    kept = (tmp_path / KEPT).read_bytes()
    assert make(tmp_path) == whole
    assert (tmp_path / KEPT).read_bytes() == kept


@pytest.mark.parametrize(
    "wrong",
    [{"webp": "</script>"}, {"webp": 1}, {"difference_hash": "x"}, {"width": "9"}, {"more": 1}],
)
def test_what_others_have_written_is_not_believed(tmp_path: Path, wrong: dict[str, object]) -> None:
    (tmp_path / "1").write_bytes(picture("/a.jpg"))
    (made,) = make(tmp_path).values()
    line = {"number": 1, **made._asdict(), **wrong}
    (tmp_path / KEPT).write_text(json.dumps(line))
    assert make(tmp_path) == {1: made}


def test_those_of_a_newer_version_are_refused(tmp_path: Path) -> None:
    (tmp_path / "1").write_bytes(picture("/a.jpg"))
    (tmp_path / KEPT).write_text('{"format": 2}\n')
    with pytest.raises(StoreError, match="upgrade"):
        make(tmp_path)


def test_a_picture_that_goes_meanwhile_is_left_out(tmp_path: Path) -> None:
    assert thumbnails(tmp_path, {1: tmp_path / "1"}, Progress(), "n1") == {}
