"""JPEGs without their end: whole to a browser if no pixel is missing, and cut if one is."""

from __future__ import annotations

import io
import random
from pathlib import Path
from typing import Any

import pytest
from ck_imagenet.core.outcomes import Failed, Outcome
from ck_imagenet.images import jpeg, judging
from ck_imagenet.images.rendering import Rendering
from PIL import Image

SIZE = (57, 43)
QUALITIES = (5, 60, 95)
MODES = ("L", "RGB", "CMYK")


def written(mode: str = "RGB", quality: int = 60, **options: Any) -> bytes:
    file = io.BytesIO()
    count = SIZE[0] * SIZE[1]
    noise = random.Random(quality).getrandbits(8 * count).to_bytes(count, "little")
    image = Image.frombytes("L", SIZE, noise).convert(mode)
    image.save(file, "JPEG", quality=quality, **options)
    return file.getvalue()


def pixels(data: bytes) -> bytes:
    with Image.open(io.BytesIO(data)) as image:
        return image.tobytes()


@pytest.mark.parametrize("rest", [b"", b"\xff", b"\n", b"\0\0", b"\0" * 999])
@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("quality", QUALITIES)
def test_one_that_lacks_its_end_and_no_pixel_is_a_picture(
    mode: str, quality: int, rest: bytes
) -> None:
    data = written(mode, quality)
    assert judging.judge(data[:-2] + rest) == judging.judge(data)


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("quality", QUALITIES)
def test_one_that_lacks_a_pixel_is_cut_wherever_it_ends(mode: str, quality: int) -> None:
    data = written(mode, quality)
    for end in range(data.index(b"\xff\xda") + 20, len(data) - 2):
        cut = data[:end]
        kept = jpeg.with_end(cut)
        assert kept is cut or pixels(kept) == pixels(data), f"cut at {end} of {len(data)}"


@pytest.mark.parametrize("options", [{"progressive": True}, {"restart_marker_blocks": 4}])
def test_where_more_may_be_missing_it_is_cut(options: dict[str, Any]) -> None:
    with pytest.raises(Failed) as failed:
        judging.judge(written(**options)[:-2])
    assert failed.value.outcome is Outcome.TRUNCATED


@pytest.mark.parametrize("data", [written(), b"", b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n"])
def test_other_bytes_stay_as_they_are(data: bytes) -> None:
    assert jpeg.with_end(data) is data


def test_an_export_puts_the_end_behind_it(tmp_path: Path) -> None:
    whole, lacking = tmp_path / "1.jpg", tmp_path / "2.jpg"
    whole.write_bytes(written())
    lacking.write_bytes(written()[:-2])
    as_they_are = Rendering()
    assert [as_they_are.changes(path) for path in (whole, lacking)] == [False, True]
    assert as_they_are.data(lacking) == whole.read_bytes()
    assert as_they_are.extension(lacking) == ".jpg"
