"""Names of synsets and pictures: parsed and refused in one place."""

from __future__ import annotations

import pytest
from ck_imagenet.core.text import (
    _IMAGE_NAME,
    UNKNOWN,
    ImageName,
    is_wnid,
    parse_image_name,
    wnid_inside,
)
from hypothesis import given
from hypothesis import strategies as st

WNIDS = st.from_regex(r"n[0-9]{8}", fullmatch=True)
NUMBERS = st.integers(0, 999_999_999)


def test_a_wnid_is_an_n_and_eight_digits() -> None:
    assert is_wnid("n01440764")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "n",
        "n0144076",
        "n014407640",
        "N01440764",
        "v01440764",
        " n01440764",
        "n01440764\n",
        "n０１４４０７６４",  # noqa: RUF001 - wide digits are what is tested
        "unknown",
    ],
)
def test_nothing_else_is_a_wnid(text: str) -> None:
    assert not is_wnid(text)


@given(WNIDS | st.just(UNKNOWN), NUMBERS)
def test_a_picture_name_that_is_written_reads_back(wnid: str, number: int) -> None:
    name = ImageName(wnid, number)
    assert parse_image_name(str(name)) == name


@given(st.text() | st.from_regex(_IMAGE_NAME))
def test_whatever_is_read_as_a_picture_name_has_a_wnid_and_a_number(text: str) -> None:
    name = parse_image_name(text)
    if name:
        assert is_wnid(name.wnid) or name.wnid == UNKNOWN
        assert 0 <= name.number <= 999_999_999
        assert text.isascii()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "n01440764",
        "n01440764_",
        "n01440764-12",
        "n01440764_-1",
        "n01440764_12.JPEG",
        "n01440764_12\n",
        "n01440764_1234567890",
        "n01440764_١",  # noqa: RUF001 - and so are other digits
        "unknown",
        "http://example.com/n01440764_12",
    ],
)
def test_what_is_no_picture_name_is_none(text: str) -> None:
    assert parse_image_name(text) is None


@pytest.mark.parametrize(
    ("text", "wnid"),
    [
        ("n01440764_urls.txt", "n01440764"),
        ("urls-of-n01440764.txt.gz", "n01440764"),
        ("n01440764.txt", "n01440764"),
        ("n01440764,n02110341.txt", "n01440764"),
        ("n014407640.txt", None),
        ("sun01440764.txt", None),
        ("fall11_urls.txt", None),
        ("", None),
    ],
)
def test_the_first_wnid_in_a_file_name_is_found(text: str, wnid: str | None) -> None:
    assert wnid_inside(text) == wnid
