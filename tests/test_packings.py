"""The headers of a tar."""

from __future__ import annotations

import io
import tarfile

import pytest
from ck_imagenet.core.packings import (
    BLOCK,
    LARGEST,
    Extension,
    Header,
    Kind,
    parse_extension,
    parse_header,
)
from hypothesis import given
from hypothesis import strategies as st
from tarballs import extension, header


def records(facts: dict[bytes, bytes]) -> bytes:
    """Return facts as they stand behind their header."""
    return extension(facts)[BLOCK:].rstrip(b"\0")


@pytest.mark.parametrize("form", [tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT])
def test_a_header_says_path_kind_and_size(form: int) -> None:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=form) as archive:
        member = tarfile.TarInfo("n01440764/n01440764_1.JPEG")
        member.size = 5
        archive.addfile(member, io.BytesIO(b"hello"))
    said = parse_header(packed.getvalue()[:BLOCK])
    assert said == Header("n01440764/n01440764_1.JPEG", Kind.FILE, 5)


@pytest.mark.parametrize(
    ("said", "size"),
    [
        (b"00000000012\0", 10),
        (b"         12\0", 10),
        (b"12          ", 10),
        (b"000000000012", 10),
        (bytes(12), 0),
        (b"\x80" + (2**40).to_bytes(11, "big"), 2**40),
        (b"\x80" + LARGEST.to_bytes(11, "big"), LARGEST),
    ],
)
def test_a_size_has_several_forms(said: bytes, size: int) -> None:
    assert parse_header(header(b"a", said_size=said)) == Header("a", Kind.FILE, size)


@pytest.mark.parametrize(
    "said",
    [
        b"\x80" + (LARGEST + 1).to_bytes(11, "big"),
        b"\xff" * 12,
        b"-0000000012\0",
        b"1_000000012\0",
        b"00000000019\0",
        b"0x000000012\0",
        b"00000 00012\0",
    ],
)
def test_a_block_without_a_size_is_no_header(said: bytes) -> None:
    assert parse_header(header(b"a", said_size=said)) is None


def test_a_block_with_another_sum_is_no_header() -> None:
    good = header(b"a", 5)
    assert parse_header(good)
    for place in range(BLOCK):
        if not 148 <= place < 156:
            changed = good[:place] + bytes([good[place] ^ 1]) + good[place + 1 :]
            assert parse_header(changed) is None
    assert parse_header(bytes(BLOCK)) is None
    assert parse_header(good[:-1]) is None


def test_a_long_path_is_in_two_places_and_in_gnus_tars_in_one() -> None:
    said = parse_header(header(b"b.JPEG", prefix=b"a" * 155))
    assert said
    assert said.path == "a" * 155 + "/b.JPEG"
    said = parse_header(header(b"b.JPEG", prefix=b"a" * 155, magic=b"ustar  \0"))
    assert said
    assert said.path == "b.JPEG"


@pytest.mark.parametrize("kind", [b"1", b"2", b"3", b"4", b"5", b"6"])
def test_what_has_no_data_has_no_size(kind: bytes) -> None:
    said = parse_header(header(b"a", 5, kind))
    assert said
    assert said.size == 0


def test_what_is_said_by_posixs_records_is_read() -> None:
    data = records({b"mtime": b"1.5", b"path": b"a\xe9 b=c\n", b"size": b"8589934592"})
    assert parse_extension(Kind.EXTENSION, data) == Extension("a\xe9 b=c\n", 2**33)
    holes = records({b"GNU.sparse.major": b"1"})
    assert parse_extension(Kind.EXTENSION, holes) == Extension(is_sparse=True)


@pytest.mark.parametrize(
    "data", [b"", b"0 a=b\n", b"-5 a=b\n", b"5 size=-1\n", b"999999999 a=b", b"x", b"9 size=\xb2\n"]
)
def test_a_record_that_is_none_ends_them(data: bytes) -> None:
    good = records({b"path": b"a"})
    assert parse_extension(Kind.EXTENSION, good + data) == Extension("a")


def test_a_size_of_many_digits_is_none() -> None:
    for digits, size in ((28, LARGEST), (5000, None)):
        data = records({b"size": b"9" * digits})
        assert parse_extension(Kind.EXTENSION, data) == Extension(size=size)


def test_what_is_said_later_counts() -> None:
    first, second = Extension("a", 5), Extension("b", is_sparse=True)
    assert first.followed_by(second) == Extension("b", 5, True)


@given(data=st.binary(max_size=300), kind=st.sampled_from([Kind.EXTENSION, Kind.LONG_NAME]))
def test_any_bytes_say_something_or_nothing(data: bytes, kind: Kind) -> None:
    assert isinstance(parse_extension(kind, data), Extension)


@given(size=st.binary(min_size=12, max_size=12), kind=st.binary(min_size=1, max_size=1))
def test_any_size_and_kind_are_a_header_or_none(size: bytes, kind: bytes) -> None:
    said = parse_header(header(b"a", kind=kind, said_size=size))
    assert said is None or 0 <= said.size <= LARGEST
