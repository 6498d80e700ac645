"""Content codings: undone as browsers do it, and also where browsers give up."""

from __future__ import annotations

import gzip
import io
import sys
import time
import tracemalloc
import zlib
from typing import Callable, Iterator

import pytest
from ck_imagenet.core.outcomes import Failed, Outcome
from ck_imagenet.http import codings
from ck_imagenet.http.codings import unpacked
from hypothesis import given
from hypothesis import strategies as st
from urllib3 import HTTPHeaderDict

PICTURE = b"\xff\xd8\xff\xe0" + bytes(range(256)) * 40
LIST = b"n01440764_1 http://a.example/1.jpg\r\n" * 100
MOST = 2**22

zipped = gzip.compress


def bare(data: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-15)
    return packer.compress(data) + packer.flush()


def with_name(data: bytes) -> bytes:
    """Return a gzip whose header has all that it may have."""
    extra, checksum = b"\x05\0extra", b"\0\0"
    head = b"\x1f\x8b\x08\x1e\0\0\0\0\0\3" + extra + b"holiday.jpg\0a comment\0" + checksum
    return head + zipped(data)[10:]


def by_old_php(data: bytes) -> bytes:
    """Return what many scripts of PHP have sent: a short header, and a checksum of zlib."""
    return b"\x1f\x8b\x08\0\0\0\0\0" + zlib.compress(data)


def undone(
    data: bytes, *lines: str, is_picture: bool = True, at_once: int = 1000, most: int = MOST
) -> bytes:
    """Return a body without the codings of its Content-Encoding lines."""
    headers = HTTPHeaderDict()
    for line in lines:
        headers.add("Content-Encoding", line)
    chunks = [data[place : place + at_once] for place in range(0, len(data), at_once)]
    return b"".join(codings.decoded(chunks, codings.codings_of(headers), most, is_picture))


UNDONE: dict[str, tuple[bytes, list[str]]] = {
    "gzip": (zipped(PICTURE), ["gzip"]),
    "its old name": (zipped(PICTURE), ["x-gzip"]),
    "in capitals": (zipped(PICTURE), [" GZip\t"]),
    "zlib": (zlib.compress(PICTURE), ["deflate"]),
    "bare": (bare(PICTURE), ["deflate"]),
    "twice": (zipped(zipped(PICTURE)), ["gzip, gzip"]),
    "twice, in two lines": (zipped(zipped(PICTURE)), ["gzip", "gzip"]),
    "the last one first": (zipped(bare(PICTURE)), ["deflate,gzip"]),
    "the last line first": (bare(zipped(PICTURE)), ["gzip", "deflate"]),
    "five times": (
        zipped(zipped(zipped(zipped(zipped(PICTURE))))),
        ["gzip,gzip,gzip", "gzip,gzip"],
    ),
    "said twice, done once": (zipped(PICTURE), ["gzip, gzip"]),
    "a blank line beside it": (zipped(PICTURE), ["", "gzip"]),
    "a blank line after it": (zipped(PICTURE), ["gzip", " "]),
    "blanks in the list": (zipped(PICTURE), [", gzip,,"]),
    "identity beside it": (zipped(PICTURE), ["identity, gzip, none"]),
    "a charset beside it": (zipped(PICTURE), ["utf-8", "gzip"]),
    "a word that nobody knows beside it": (zipped(PICTURE), ["gzip, holiday"]),
    "gzip called deflate": (zipped(PICTURE), ["deflate"]),
    "zlib called gzip": (zlib.compress(PICTURE), ["gzip"]),
    "members": (zipped(PICTURE[:99]) + zipped(PICTURE[99:]), ["gzip"]),
    "an empty member first": (zipped(b"") + zipped(PICTURE), ["gzip"]),
    "all that a header may have": (with_name(PICTURE), ["gzip"]),
    "by old PHP": (by_old_php(PICTURE), ["gzip"]),
    "without a trailer": (zipped(PICTURE)[:-8], ["gzip"]),
    "without the trailer's end": (zipped(PICTURE)[:-1], ["gzip"]),
    "with a wrong checksum": (zipped(PICTURE)[:-8] + b"nonsense", ["gzip"]),
    "with something behind it": (zipped(PICTURE) + b"<!-- served -->" * 9, ["gzip"]),
    "zlib without a checksum": (zlib.compress(PICTURE)[:-4], ["deflate"]),
    "zlib with something behind it": (zlib.compress(PICTURE) + b"more" * 9, ["deflate"]),
}

ZSTD = "compression.zstd" if sys.version_info >= (3, 14) else "backports.zstd"
ALREADY = ["gzip", "deflate", "br", "zstd", "compress", "gzip, br", "holiday"]
SAY_NOTHING = [
    *("", "identity", "none", "utf-8", "UTF8", "iso-8859-1", "windows-1252", "us-ascii", "binary"),
    *("8bit", "7bit", "text", "text/plain", "image/jpeg", "null", "gb2312", "Shift_JIS", "latin1"),
]


class TestUndone:
    """What is a picture once its codings are undone."""

    @pytest.mark.parametrize("at_once", [1, 7, 1000, 10**6])
    @pytest.mark.parametrize("name", UNDONE)
    def test_a_coding_is_undone(self, name: str, at_once: int) -> None:
        data, lines = UNDONE[name]
        assert undone(data, *lines, at_once=at_once) == PICTURE

    @pytest.mark.parametrize("word", [*ALREADY, *SAY_NOTHING])
    def test_a_picture_already_is_left_alone(self, word: str) -> None:
        assert undone(PICTURE, word) == PICTURE

    @pytest.mark.parametrize("word", SAY_NOTHING)
    def test_what_is_no_coding_says_nothing(self, word: str) -> None:
        assert undone(b"\0 is no picture", word) == b"\0 is no picture"

    @pytest.mark.parametrize("word", ["gzip", "br", "utf-8"])
    def test_nothing_is_nothing(self, word: str) -> None:
        assert undone(b"", word) == b""

    def test_a_list_of_urls_may_be_called_packed_and_be_plain(self) -> None:
        for word in (*ALREADY, *SAY_NOTHING):
            assert undone(LIST, word, is_picture=False) == LIST
        assert undone(zipped(LIST), "gzip", is_picture=False) == LIST

    def test_a_length_may_be_that_of_what_was_packed(self) -> None:
        """The coding tells its own end; the connection ends there, too early for the length."""

        def chunks() -> Iterator[bytes]:
            yield zipped(PICTURE)
            raise Failed(Outcome.CUT_SHORT, "100 bytes missing")

        assert b"".join(codings.decoded(chunks(), ["gzip"], MOST, True)) == PICTURE

    def test_what_is_packed_for_its_way_is_packed_last(self) -> None:
        headers = HTTPHeaderDict({"Transfer-Encoding": "gzip, chunked"})
        headers["Content-Encoding"] = "deflate"
        assert codings.codings_of(headers) == ["deflate", "gzip"]


class TestUndecodable:
    """What cannot be undone ends by the name of its coding."""

    @pytest.mark.parametrize(
        ("line", "data"),
        [
            ("compress", b"\x1f\x9d\x90" + bytes(range(200, 256))),
            ("br", b"\xff" * 100),
            ("gzip", b"\xff\xff\xff" * 100),
            ("gzip", zipped(PICTURE)[:10] + b"\xff" * 100),
            ("gzip", b"\x1f\x8b\x07" + bytes(100)),
            ("gzip", b"<html>a page</html>" * 9),
            ("deflate", b"\xff\xff\xff" * 100),
            ("dcb", b"\xff" * 100),
            ("holiday", b"\xfe" * 100),
        ],
        ids=range(9),  # as a gzip tells the time
    )
    def test_it_is_named(self, line: str, data: bytes) -> None:
        with pytest.raises(Failed) as failed:
            undone(data, line)
        assert str(failed.value) == f"undecodable: {line}"

    def test_of_several_the_one_that_fails_is_named(self) -> None:
        with pytest.raises(Failed, match=r"^undecodable: compress$"):
            undone(zipped(b"\xfe" * 100), "compress, gzip")

    def test_an_unknown_word_makes_no_page_another_thing(self) -> None:
        assert undone(b"<html>a page</html>" * 9, "holiday") == b"<html>a page</html>" * 9

    @pytest.mark.parametrize("cut", [1, 5, 12, 100, -9])
    def test_what_is_not_whole_is_cut_short(self, cut: int) -> None:
        with pytest.raises(Failed) as failed:
            undone(zipped(PICTURE)[:cut], "gzip")
        assert failed.value.outcome is Outcome.CUT_SHORT

    def test_a_package_may_be_missing(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(codings, "_brotli", lambda: None)
        monkeypatch.setattr(codings, "zstd", lambda: None)
        for word, begin in (("br", b"\x8b\x00\x80"), ("zstd", b"\x28\xb5\x2f\xfd")):
            with pytest.raises(Failed, match=f"^undecodable: {word}$"):
                undone(begin + b"\xfe" * 99, word)
            assert undone(PICTURE, word) == PICTURE


def brotli(data: bytes) -> bytes:
    return bytes(pytest.importorskip("brotli").compress(data))


def zstd(data: bytes) -> bytes:
    return bytes(pytest.importorskip(ZSTD).compress(data))


class TestPackages:
    """Codings that a package undoes."""

    @pytest.mark.parametrize(("coding", "pack"), [("br", brotli), ("zstd", zstd)])
    def test_they_are_undone(self, coding: str, pack: Callable[[bytes], bytes]) -> None:
        packed = pack(PICTURE)
        for at_once in (1, 1000, 10**6):
            assert undone(packed, coding, at_once=at_once) == PICTURE
        assert undone(zipped(packed), f"{coding}, gzip") == PICTURE
        assert undone(pack(zipped(PICTURE)), f"gzip, {coding}") == PICTURE
        with pytest.raises(Failed) as failed:
            undone(packed[:-9], coding)
        assert failed.value.outcome is Outcome.CUT_SHORT

    @pytest.mark.parametrize(("coding", "pack"), [("br", brotli), ("zstd", zstd)])
    def test_they_are_bounded(self, coding: str, pack: Callable[[bytes], bytes]) -> None:
        bounded(pack(bytes(8 * MOST)), coding)


def bounded(data: bytes, *lines: str) -> None:
    """See that a bomb fails before it is much."""
    begin = time.process_time()
    tracemalloc.start()
    try:
        with pytest.raises(Failed) as failed:
            for _ in codings.decoded([data], codings.codings_of(_said(*lines)), MOST, True):
                pass
        assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
    finally:
        tracemalloc.stop()
    assert failed.value.outcome in (Outcome.TOO_LARGE, Outcome.UNDECODABLE)
    assert time.process_time() - begin < 2


def _said(*lines: str) -> HTTPHeaderDict:
    headers = HTTPHeaderDict()
    for line in lines:
        headers.add("Content-Encoding", line)
    return headers


class TestBounds:
    """Bombs."""

    def test_many_bytes_of_one(self) -> None:
        bounded(zipped(bytes(8 * MOST), 9), "gzip")

    def test_many_bytes_between_two(self) -> None:
        """The last of them would be small."""
        bounded(zipped(zipped(b"") * (MOST // 10), 9), "gzip, gzip")

    def test_members_without_an_end(self) -> None:
        bounded(zipped(b"") * 100_000, "gzip")

    def test_codings_without_an_end(self) -> None:
        bounded(PICTURE, *["gzip"] * 5_000)

    def test_a_header_without_an_end(self) -> None:
        bounded(b"\x1f\x8b\x08\x08" + bytes(6) + b"x" * 2**22, "gzip")


class TestUnpacked:
    """A gzip of which nobody has told."""

    def test_it_is_unpacked(self) -> None:
        for data in (zipped(PICTURE), zipped(zipped(PICTURE)), by_old_php(PICTURE)):
            assert unpacked(data) == PICTURE

    def test_other_bytes_are_left_as_they_are(self) -> None:
        for data in (b"", b"\x1f", PICTURE, zlib.compress(PICTURE), LIST):
            assert unpacked(data) is data

    def test_one_that_is_not_whole_is_a_picture_in_part(self) -> None:
        with pytest.raises(Failed) as failed:
            unpacked(zipped(PICTURE)[:-20])
        assert failed.value.outcome is Outcome.TRUNCATED

    def test_one_that_is_damaged_is_named(self) -> None:
        with pytest.raises(Failed, match=r"^undecodable: gzip$"):
            unpacked(zipped(PICTURE)[:10] + b"\xff" * 100)

    def test_a_bomb_is_too_large(self) -> None:
        with pytest.raises(Failed) as failed:
            unpacked(zipped(bytes(2**26)))
        assert failed.value.outcome is Outcome.TOO_LARGE


@given(st.sampled_from(["gzip", "deflate", "br", "zstd", "utf-8", "x"]), st.binary(max_size=300))
def test_any_bytes_are_undone_or_have_a_reason(coding: str, data: bytes) -> None:
    for given_data in (data, zipped(data), zipped(data)[:10] + data, b"\x1f\x8b\x08\x1f" + data):
        try:
            undone(given_data, coding, at_once=9)
            unpacked(given_data)
        except Failed as failed:
            assert failed.outcome in (Outcome.CUT_SHORT, Outcome.UNDECODABLE, Outcome.TRUNCATED)


@given(st.binary(max_size=2000), st.integers(1, 99))
def test_whatever_python_packs_is_unpacked(data: bytes, at_once: int) -> None:
    file = io.BytesIO()
    with gzip.GzipFile("a.jpg", "wb", fileobj=file) as packer:
        packer.write(data)
    for packed in (file.getvalue(), zipped(data)):
        assert undone(packed, "gzip", at_once=at_once) == data
