"""The forms of URL lists: what is written in any of them is read, and no bytes do harm."""

from __future__ import annotations

import codecs
import gzip
import io
import tarfile
import tempfile
from contextlib import suppress
from typing import Callable, Iterable

import pytest
from ck_imagenet import urllists
from ck_imagenet.errors import BadInput
from ck_imagenet.names import ImageName
from ck_imagenet.urllists import LONGEST_LINE, Line
from hypothesis import given
from hypothesis import strategies as st

TENCH = b"http://a.com/tench.jpg"
NAME = ImageName("n01440764", 9981)


def read(data: bytes) -> list[Line]:
    """Read a list from bytes."""
    return list(urllists.read(io.BytesIO(data), "my list"))


def tar(*files: tuple[str, bytes], form: int = tarfile.GNU_FORMAT) -> bytes:
    """Pack files, folders being those whose names end in a slash."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=form) as archive:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            member.type = tarfile.DIRTYPE if name.endswith("/") else tarfile.REGTYPE
            archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def tgz(data: bytes) -> bytes:
    """Pack a list as imagenet_fall11_urls.tgz is packed."""
    return gzip.compress(
        tar(("./", b""), ("./._fall11_urls.txt", b"mac"), ("fall11_urls.txt", data))
    )


PACKINGS: dict[str, Callable[[bytes], bytes]] = {
    "plain": bytes,
    "gzip": gzip.compress,
    "gzip of two members": lambda data: gzip.compress(data[:20]) + gzip.compress(data[20:]),
    "tar": lambda data: tar(("list.txt", data)),
    "pax tar": lambda data: tar(("ü" * 120, data), form=tarfile.PAX_FORMAT),
    "tgz": tgz,
    "gzip in a tgz": lambda data: tgz(gzip.compress(data)),
    "UTF-8 with a mark": lambda data: codecs.BOM_UTF8 + data,
    "gzip of UTF-8 with a mark": lambda data: gzip.compress(codecs.BOM_UTF8 + data),
}


class TestLine:
    """`parse_line`: what one line holds."""

    @pytest.mark.parametrize(
        ("line", "name"),
        [
            (TENCH, None),
            (TENCH + b"\n", None),
            (TENCH + b"\r\n", None),
            (b" \t" + TENCH + b" \t\r\n", None),
            (b"n01440764_9981 " + TENCH + b"\r\n", NAME),
            (b"n01440764_9981\t" + TENCH + b"\n", NAME),
            (b"n01440764_9981 \t " + TENCH, NAME),
            (b"n01440764_9981\t " + TENCH, NAME),
            (b"unknown_7 " + TENCH, ImageName("unknown", 7)),
        ],
    )
    def test_a_url_stands_alone_or_behind_a_name(self, line: bytes, name: ImageName | None) -> None:
        assert urllists.parse_line(line) == (name, "http://a.com/tench.jpg")

    @pytest.mark.parametrize(
        "line",
        [
            b"",
            b"\r\n",
            b"The synset is not ready yet. Please stay tuned!",
            b"Invalid url!",
            b"<a href='http://a.com/'>",
            b"n01440764_9981",
            b"n01440764_9981 ",
            b"n01440764_9981 a.com/tench.jpg",
            b"n01440764_9981" + TENCH,
            b"n01440764 " + TENCH,
            b"tench " + TENCH,
            b"n01440764_9981 n01440764_9982 " + TENCH,
            b"ftp://a.com/tench.jpg",
            b"http:a.com",
            b"# " + TENCH,
            b"\xa0" + TENCH,
        ],
    )
    def test_what_holds_no_url_is_odd(self, line: bytes) -> None:
        assert urllists.parse_line(line) is None

    @pytest.mark.parametrize(
        "url",
        ["http://a.com/my photo\t1.jpg", "HTTPS://A.com/x y", r"http:\\a.com\x", "http:/a.com"],
    )
    @pytest.mark.parametrize("separator", [" ", "\t"])
    def test_a_url_may_hold_spaces_and_tabs(self, url: str, separator: str) -> None:
        assert urllists.parse_line(f"{NAME}{separator}{url}\r\n".encode()) == (NAME, url)
        assert urllists.parse_line(url.encode()) == (None, url)

    def test_the_bytes_of_a_url_are_its_characters(self) -> None:
        """So that any encoding, or a mixture, is asked as it stands."""
        every = bytes(range(0x21, 0x100))
        assert urllists.parse_line(TENCH + every + b"\n") == (
            None,
            (TENCH + every).decode("latin-1"),
        )


class TestNumbers:
    """Lines count from 0, whatever they hold."""

    def test_blank_and_odd_lines_are_counted(self) -> None:
        assert read(b"\n" + TENCH + b"\n\n\r\nodd\n" + TENCH) == [
            Line(1, None, "http://a.com/tench.jpg"),
            Line(5, None, "http://a.com/tench.jpg"),
        ]

    def test_the_name_does_not_change_the_line_number(self) -> None:
        assert read(b"n01440764_9981 " + TENCH) == [Line(0, NAME, "http://a.com/tench.jpg")]

    @pytest.mark.parametrize("extra", [1, LONGEST_LINE, 3 * LONGEST_LINE + 7])
    @pytest.mark.parametrize("end", [b"\n", b"\r\n"])
    def test_a_line_too_long_for_a_url_is_one_odd_line(self, extra: int, end: bytes) -> None:
        too_long = TENCH + b"x" * (LONGEST_LINE - len(TENCH) + extra)
        lines = read(end.join([TENCH, too_long, TENCH, too_long]))
        assert [line.number for line in lines] == [0, 2]

    def test_the_longest_line_is_read(self) -> None:
        longest = TENCH + b"x" * (LONGEST_LINE - len(TENCH) - 1)
        assert [len(line.url) for line in read(longest + b"\n" + longest)] == [len(longest)] * 2

    def test_a_line_is_read_before_the_next_ones_are_known(self) -> None:
        """A damaged list gives what stands before the damage, then says so."""
        packed = gzip.compress(b"".join(TENCH + b"%d\n" % number for number in range(99_999)))
        lines = urllists.read(io.BytesIO(packed[: len(packed) // 2]), "my list")
        assert next(lines) == Line(0, None, "http://a.com/tench.jpg0")
        with pytest.raises(BadInput, match="damaged"):
            list(lines)


class TestPackings:
    """How a list may come."""

    @pytest.mark.parametrize("packing", PACKINGS)
    def test_a_list_reads_the_same_however_it_is_packed(self, packing: str) -> None:
        data = b"".join(b"n01440764_%d\thttp://a.com/%d\xe9.jpg\r\n" % (n, n) for n in range(300))
        assert read(PACKINGS[packing](data)) == [
            Line(n, ImageName("n01440764", n), f"http://a.com/{n}\xe9.jpg") for n in range(300)
        ]

    @pytest.mark.parametrize("packing", PACKINGS)
    def test_a_list_comes_in_blocks_of_whole_lines_however_it_is_packed(self, packing: str) -> None:
        data = b"".join(b"n01440764_%d\thttp://a.com/%0900d\n" % (n, n) for n in range(2500))
        blocks = list(urllists.blocks(io.BytesIO(PACKINGS[packing](data + b"end")), "my list"))
        assert b"".join(blocks) == data + b"end\n"
        assert len(blocks) > 2
        assert all(block.endswith(b"\n") for block in blocks)

    @pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
    @pytest.mark.parametrize("end", ["\n", "\r\n"])
    def test_a_list_that_a_windows_editor_saved_as_utf_16_is_read(
        self, encoding: str, end: str
    ) -> None:
        """As if it had been saved as UTF-8; only line ends end its lines."""
        urls = [
            f"http://a.com/{number}/caf\xe9\x85\u2028鯉\U0001f41f.jpg" for number in range(3000)
        ]
        data = codecs.encode("\ufeff" + "".join(url + end for url in urls), encoding)
        expected = [url.encode().decode("latin-1") for url in urls]
        assert [line.url for line in read(data)] == expected
        assert [line.number for line in read(gzip.compress(data))] == list(range(3000))

    def test_only_the_first_file_of_a_tar_that_is_not_hidden_is_the_list(self) -> None:
        data = tar(("d/", b""), ("d/.hidden", TENCH + b"1"), ("d/a", TENCH), ("d/b", TENCH + b"2"))
        assert [line.url for line in read(data)] == ["http://a.com/tench.jpg"]

    @pytest.mark.parametrize("packing", PACKINGS)
    def test_an_empty_list_has_no_lines(self, packing: str) -> None:
        assert read(PACKINGS[packing](b"")) == []

    @pytest.mark.parametrize("files", [[], [("d/", b"")], [("d/.hidden", TENCH)]])
    def test_a_tar_without_a_list_has_no_lines(self, files: list[tuple[str, bytes]]) -> None:
        assert read(tar(*files)) == []

    def test_a_large_list_is_read_from_a_file_in_pieces(self) -> None:
        with tempfile.TemporaryFile() as file:
            file.writelines(TENCH + b"\n" for _ in range(50_000))
            file.seek(0)
            assert sum(1 for _ in urllists.read(file, "my list")) == 50_000


class TestDamage:
    """Damaged files."""

    def test_a_truncated_file_is_bad_input_that_names_the_list(self) -> None:
        packed = gzip.compress(TENCH)
        for end in range(2, len(packed)):
            with pytest.raises(BadInput, match=r'^the list "my list" is damaged or incomplete \('):
                read(packed[:end])

    def test_a_truncated_tgz_is_bad_input_unless_the_list_in_it_is_whole(self) -> None:
        packed = tgz(TENCH)
        whole = []
        for end in range(2, len(packed)):
            with suppress(BadInput):
                whole.append(read(packed[:end]))
        assert whole.count(read(packed)) == len(whole) < 50

    def test_a_truncated_tar_is_bad_input(self) -> None:
        with pytest.raises(BadInput, match="damaged"):
            read(tar(("list.txt", TENCH * 1000))[:2000])

    def test_a_wrong_checksum_is_bad_input(self) -> None:
        packed = bytearray(gzip.compress(TENCH))
        packed[-8] ^= 1
        with pytest.raises(BadInput, match="damaged"):
            read(bytes(packed))

    @pytest.mark.parametrize("layers", [4, 2000])
    def test_a_file_packed_again_and_again_is_bad_input(self, layers: int) -> None:
        """There are files that unpack to themselves."""
        packed = TENCH
        for _ in range(layers):
            packed = gzip.compress(packed, 0)
        with pytest.raises(BadInput, match="packed more than"):
            read(packed)

    def test_utf_16_that_is_none_is_read_as_well_as_can_be(self) -> None:
        lone_surrogate = b"\x00\xd8"
        good = "\nhttp://a.com/x".encode("utf-16-le")
        lines = read(codecs.BOM_UTF16_LE + lone_surrogate + good + b"!")
        assert lines == [Line(1, None, "http://a.com/x")]

    def test_a_pipe_is_bad_input(self) -> None:
        class Pipe(io.BytesIO):
            def seek(self, *_: int) -> int:
                raise io.UnsupportedOperation("underlying stream is not seekable")

        with pytest.raises(BadInput, match="not seekable"):
            list(urllists.read(Pipe(TENCH), "my list"))


PACKED = {name: pack(TENCH + b"\n" + TENCH) for name, pack in PACKINGS.items()}
GZIP_HEADER = b"\x1f\x8b\x08" + bytes(7)
BEGINNINGS = [b"", b"\x1f\x8b", GZIP_HEADER, b"\xff\xfe", b"\xfe\xff", codecs.BOM_UTF8]
LINE_BYTES = st.binary(max_size=40).map(lambda line: line.translate(None, b"\r\n"))
LISTED = st.lists(st.tuples(st.none() | st.integers(0, 999_999_999), LINE_BYTES))


def written(lines: Iterable[tuple[int | None, bytes]], separator: bytes, end: bytes) -> bytes:
    """Write a list of numbers, or none, and what follows http:// in the URLs."""
    names = [b"" if n is None else b"n01440764_%d%s" % (n, separator) for n, _ in lines]
    return b"".join(name + b"http://" + url + end for name, (_, url) in zip(names, lines))


class TestProperties:
    """Whatever the bytes."""

    @given(
        LISTED,
        st.sampled_from([b" ", b"\t"]),
        st.sampled_from([b"\n", b"\r\n"]),
        st.sampled_from(sorted(PACKINGS)),
    )
    def test_a_list_that_is_written_reads_back(
        self,
        lines: list[tuple[int | None, bytes]],
        separator: bytes,
        end: bytes,
        packing: str,
    ) -> None:
        assert read(PACKINGS[packing](written(lines, separator, end))) == [
            Line(
                place,
                None if number is None else ImageName("n01440764", number),
                "http://" + url.decode("latin-1").rstrip(" \t"),
            )
            for place, (number, url) in enumerate(lines)
        ]

    @given(
        st.sampled_from(BEGINNINGS),
        st.binary(),
    )
    def test_any_bytes_are_a_list_or_bad_input(self, head: bytes, data: bytes) -> None:
        harmless(head + data)

    @given(st.data())
    def test_any_damage_leaves_a_list_or_bad_input(self, data: st.DataObject) -> None:
        whole = PACKED[data.draw(st.sampled_from(sorted(PACKED)))]
        place = data.draw(st.integers(0, len(whole)))
        end = data.draw(st.integers(place, len(whole)))
        harmless(whole[:place] + data.draw(st.binary(max_size=20)) + whole[end:])

    @given(st.dictionaries(st.integers(0, 511), st.integers(0, 255), max_size=8))
    def test_any_header_of_a_tar_is_that_of_a_list_or_bad_input(self, odd: dict[int, int]) -> None:
        packed = bytearray(tar(("list.txt", TENCH)))
        for place, value in odd.items():
            packed[place] = value
        packed[148:156] = b" " * 8
        packed[148:156] = b"%06o\0 " % sum(packed[:512])
        harmless(bytes(packed))

    def test_a_tar_whose_header_leads_to_header_after_header_is_bad_input(self) -> None:
        """Python's reader calls itself for each."""
        member = tarfile.TarInfo("x")
        member.type = tarfile.GNUTYPE_LONGNAME
        with pytest.raises(BadInput, match="damaged"):
            read(member.tobuf(tarfile.GNU_FORMAT) * 3000)


def harmless(data: bytes) -> None:
    """Read bytes; nothing but BadInput may come of it."""
    try:
        lines = read(data)
    except BadInput:
        return
    assert all(line.url.encode("latin-1") for line in lines)
