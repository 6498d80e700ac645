"""Pictures that look alike."""

from __future__ import annotations

import io

import pytest
from ck_imagenet.gallery.thumbnails import MOST_DIFFERENT, alike, difference_hash
from ck_imagenet_practice.pictures import picture
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

Image128 = st.integers(0, 2**128 - 1)


def photo(path: str = "/a.jpg") -> Image.Image:
    return Image.open(io.BytesIO(picture(path)))


def again(image: Image.Image, quality: int) -> Image.Image:
    file = io.BytesIO()
    image.save(file, "JPEG", quality=quality)
    return Image.open(file)


def difference(one: Image.Image, other: Image.Image) -> int:
    return bin(difference_hash(one) ^ difference_hash(other)).count("1")


@pytest.mark.parametrize(
    "other",
    [
        again(photo(), 30),
        photo().resize((120, 90)),
        photo().convert("CMYK"),
        photo().crop((2, 2, photo().width - 2, photo().height - 2)),
    ],
    ids=["compressed", "smaller", "in other colours", "cut a little"],
)
def test_the_same_picture_looks_alike(other: Image.Image) -> None:
    assert difference(photo(), other) <= MOST_DIFFERENT


def test_two_pictures_do_not() -> None:
    assert difference(photo(), photo("/b.jpg")) > 3 * MOST_DIFFERENT


def test_what_grows_lighter_to_the_right_has_ones_in_its_first_half() -> None:
    slope = Image.linear_gradient("L").rotate(90)
    assert difference_hash(slope) == (2**64 - 1) << 64


def test_groups_are_in_order_and_what_is_like_nothing_is_in_none() -> None:
    near, far = 2**MOST_DIFFERENT - 1, 2 ** (MOST_DIFFERENT + 1) - 1
    assert alike({9: 0, 2: near, 5: far << 40}) == [[2, 9]]
    assert alike({}) == []


def test_groups_that_meet_are_one() -> None:
    assert alike({1: 0, 2: 2**8 - 1, 3: 2**16 - 1}) == [[1, 2, 3]]


@given(Image128, st.sets(st.integers(0, 127), max_size=MOST_DIFFERENT))
def test_no_pair_is_missed(bits: int, changed: set[int]) -> None:
    assert alike({1: bits, 2: bits ^ sum(1 << place for place in changed)}) == [[1, 2]]
