"""Where the lines of URL lists end, how long and how many they may be, and what is told of them."""

from __future__ import annotations

import io

import pytest
from ck_imagenet.core import url_lists
from ck_imagenet.core.errors import BadInput
from ck_imagenet.core.url_lists import LONGEST_LINE, Line, WrongShape

A, B, C = b"http://a.com/1.jpg", b"http://b.com/2.jpg", b"http://c.com/3.jpg"
MARK = b"\xef\xbb\xbf"


def read(data: bytes, strict: bool = False) -> list[tuple[int, bytes]]:
    """Read a list from bytes; return the numbers and the bytes of its URLs."""
    lines = url_lists.read(io.BytesIO(data), "my list", strict)
    return [(line.number, line.url.encode("latin-1")) for line in lines]


class TestSeams:
    """Lists that were joined from several files, some without a last line end."""

    @pytest.mark.parametrize("seam", [b"\n", b"\r\n", b"\r", MARK, b"\n" + MARK])
    def test_what_stands_behind_a_seam_is_a_line_of_its_own(self, seam: bytes) -> None:
        assert read(A + b"\n" + B + seam + C + b"\n") == [(0, A), (1, B), (2, C)]

    @pytest.mark.parametrize("inside", [b"\rx", MARK + b"x", b"\rx" + MARK + b"y\rz"])
    def test_what_stands_in_a_url_is_no_seam(self, inside: bytes) -> None:
        assert read(A + b"\n" + B + inside + b"\n" + C + b"\n") == [
            (0, A),
            (1, B + inside),
            (2, C),
        ]

    def test_a_url_with_a_return_in_it_stays_whole_where_lines_end_with_both(self) -> None:
        assert read(A + b"\r\n" + B + b"\rx\r\n" + C) == [(0, A), (1, B + b"\rx"), (2, C)]

    def test_lines_that_end_with_a_return_alone_are_told_at_the_beginning(self) -> None:
        assert read(A + b"\rno url\r" + B + b"\r\n" + C) == [(0, A + b"\rno url"), (1, B), (2, C)]
        assert read(A + b"\rno url\r" + B + b"\r") == [(0, A), (2, B)]

    @pytest.mark.parametrize("end", [b"\n", b"\r", b"\r\n"])
    def test_a_block_of_bytes_may_end_within_a_line_end(
        self, monkeypatch: pytest.MonkeyPatch, end: bytes
    ) -> None:
        for size in range(len(A), 2 * len(A)):
            monkeypatch.setattr(url_lists, "_READ_AT_ONCE", size)
            assert read(A + end + B + end + C + end) == [(0, A), (1, B), (2, C)]

    def test_a_line_of_its_own_may_begin_with_a_mark(self) -> None:
        assert read(A + b"\n" + MARK + B + b"\n") == [(0, A), (1, B)]


class TestLengths:
    """How long lines may be, and how many."""

    @pytest.mark.parametrize(("longer", "count"), [(-1, 1), (0, 0), (1, 0)])
    def test_a_list_in_memory_has_no_longer_lines_than_one_in_a_file(
        self, longer: int, count: int
    ) -> None:
        line = A.ljust(LONGEST_LINE + longer, b"x")
        assert len(read(line)) == count
        assert len(list(url_lists.read_plain(line))) == count

    def test_lines_are_counted_in_memory_too(self) -> None:
        lines = list(url_lists.read_plain(A + b"\r\nno url\n" + B))
        assert lines == [Line(0, None, A.decode()), Line(2, None, B.decode())]

    def test_a_list_may_have_as_many_lines_as_it_may(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(url_lists, "MOST_LINES", 2)
        assert len(read(A + b"\n" + B + b"\n")) == 2
        with pytest.raises(BadInput, match="more than 2 lines"):
            read(A + b"\n" + B + b"\n" + C + b"\n")

    def test_a_block_ends_with_a_line_and_none_is_too_long(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(url_lists, "_READ_AT_ONCE", 4)
        monkeypatch.setattr(url_lists, "_LONGEST_BLOCK", 8)
        blocks = list(url_lists.blocks(io.BytesIO(b"12\n4567890\nab"), "my list"))
        assert blocks == [b"12\n", b"4567890\n", b"ab\n"]
        assert list(url_lists.blocks(io.BytesIO(b"12345678"), "my list")) == [b"12345678\n"]
        with pytest.raises(BadInput, match="a line of more than 4 MB"):
            list(url_lists.blocks(io.BytesIO(b"123456789"), "my list"))


class TestRefused:
    """What is told of a list that is mostly no list."""

    def test_as_many_lines_with_a_url_as_without_are_enough(self) -> None:
        assert read(A + b"\nodd\n", strict=True) == [(0, A)]
        assert read(b"odd\n" * 3 + A) == [(3, A)]

    def test_empty_lines_and_comments_are_not_odd(self) -> None:
        assert read(b"# a\n#b\n\0\n \t\r\n" + A + b"\n", strict=True) == [(4, A)]

    def test_the_first_odd_line_is_named_with_its_beginning(self) -> None:
        odd = b"(" + b"x" * 70
        with pytest.raises(WrongShape) as refused:
            read(A + b"\n" + odd + b"\nodd\n", strict=True)
        told = str(refused.value)
        assert 'the list "my list" has hardly any URL' in told
        assert told.endswith(f'line 2 begins with "({"x" * 59}"')

    def test_a_list_without_any_url_is_called_so(self) -> None:
        with pytest.raises(WrongShape, match=r"has no URL: .* line 1 begins with"):
            read(b"(odd\n", strict=True)


@pytest.mark.parametrize(
    ("where", "told"),
    [
        ("http://me:secret@a.com/lists/x.txt?a@b", "http://a.com/lists/x.txt?a@b"),
        ("http://me@a.com/x@y", "http://a.com/x@y"),
        ("https:\\\\me@a.com\\x", "https:\\\\a.com\\x"),
        ("/home/me/lists/x.txt", "x.txt"),
        ("C:\\lists\\x@y.txt", "x@y.txt"),
        ("x.txt", "x.txt"),
    ],
)
def test_a_list_is_called_by_what_others_may_know(where: str, told: str) -> None:
    assert url_lists.display_name(where) == told
