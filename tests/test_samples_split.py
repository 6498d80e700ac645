"""Which picture goes to which part."""

from __future__ import annotations

from collections import Counter

import pytest
from ck_imagenet.core.errors import BadInput
from ck_imagenet.core.text import ImageName
from ck_imagenet.exports.samples import Split
from hypothesis import given
from hypothesis import strategies as st


def names(count: int) -> list[ImageName]:
    return [ImageName("n01440764", number) for number in range(count)]


@pytest.mark.parametrize(
    ("text", "count", "sizes"),
    [
        ("", 7, {"": 7}),
        ("0.8,0.2", 10, {"train": 8, "val": 2}),
        (".5,.5", 3, {"train": 2, "val": 1}),
        ("0.8,0.1,0.1", 10, {"train": 8, "val": 1, "test": 1}),
        ("0.98,0.01,0.01", 3, {"train": 1, "val": 1, "test": 1}),
    ],
)
def test_every_part_gets_its_share(text: str, count: int, sizes: dict[str, int]) -> None:
    assert Counter(Split.parse(text, 0).parts_of(names(count)).values()) == sizes


@given(st.integers(1, 99), st.integers(2, 500), st.integers(0, 9))
def test_shares_are_exact_to_one_picture_and_none_is_empty(
    percent: int, count: int, seed: int
) -> None:
    split = Split.parse(f"0.{percent:02},0.{100 - percent:02}", seed)
    sizes = Counter(split.parts_of(names(count)).values())
    assert sum(sizes.values()) == count
    assert abs(sizes["train"] - count * percent / 100) <= 1
    assert min(sizes["train"], sizes["val"]) >= 1


def test_the_seed_alone_decides_whatever_the_order() -> None:
    split = Split.parse("0.5,0.5", 3)
    assert split.parts_of(names(9)) == split.parts_of(names(9)[::-1])
    assert split.parts_of(names(9)) != Split.parse("0.5,0.5", 4).parts_of(names(9))


@pytest.mark.parametrize(
    "text", ["1", "0.8", "0.8,0.3", "80,20", "0.5,0.5,0", "1.2,-0.2", ".25,.25,.25,.25", "a,b", ","]
)
def test_what_is_no_split_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="write two or three shares"):
        Split.parse(text, 0)
