"""The forms of URL lists: what is written in any of them is read, and no bytes do harm."""

from __future__ import annotations

import bz2
import codecs
import gzip
import io
import lzma
import tarfile
import tempfile
import zipfile
from contextlib import suppress
from typing import Callable, Iterable

import pytest
from ck_imagenet.core import url_lists
from ck_imagenet.core.errors import BadInput
from ck_imagenet.core.text import ImageName
from ck_imagenet.core.url_lists import LONGEST_LINE, Line
from hypothesis import given
from hypothesis import strategies as st

TENCH = b"http://a.com/tench.jpg"
NAME = ImageName("n01440764", 9981)


def read(data: bytes) -> list[Line]:
    """Read a list from bytes."""
    return list(url_lists.read(io.BytesIO(data), "my list"))


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


def zipped(data: bytes) -> bytes:
    """Pack a list in a ZIP archive, whose bytes are those of the list if it is short."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("list.txt", data)
    return packed.getvalue()


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
        assert url_lists.parse_line(line) == (name, "http://a.com/tench.jpg")

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
        assert url_lists.parse_line(line) is None

    @pytest.mark.parametrize(
        "url",
        ["http://a.com/my photo\t1.jpg", "HTTPS://A.com/x y", r"http:\\a.com\x", "http:/a.com"],
    )
    @pytest.mark.parametrize("separator", [" ", "\t"])
    def test_a_url_may_hold_spaces_and_tabs(self, url: str, separator: str) -> None:
        assert url_lists.parse_line(f"{NAME}{separator}{url}\r\n".encode()) == (NAME, url)
        assert url_lists.parse_line(url.encode()) == (None, url)

    def test_the_bytes_of_a_url_are_its_characters(self) -> None:
        """So that any encoding, or a mixture, is asked as it stands."""
        every = bytes(range(0x21, 0x100))
        assert url_lists.parse_line(TENCH + every + b"\n") == (
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
        lines = url_lists.read(io.BytesIO(packed[: len(packed) // 2]), "my list")
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
        blocks = list(url_lists.blocks(io.BytesIO(PACKINGS[packing](data + b"end")), "my list"))
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
            assert sum(1 for _ in url_lists.read(file, "my list")) == 50_000


A, B = b"http://a.com/1.jpg", b"http://a.com/2"
ONE, TWO = "http://a.com/1.jpg", "http://a.com/2"

TABLES: dict[str, tuple[bytes, list[tuple[int, int | None, str]]]] = {
    "URL, tab, caption": (A + b"\ta fish\n" + B + b"\tanother", [(0, None, ONE), (1, None, TWO)]),
    "one line": (A + b"\ta fish", [(0, None, ONE)]),
    "CSV": (A + b",a fish\n" + A + b",fish, blue", [(0, None, ONE), (1, None, ONE)]),
    "CSV with a head": (
        b"url,text\n" + A + b",a\n" + B + b",b, c",
        [(1, None, ONE), (2, None, TWO)],
    ),
    "CSV with quotes": (
        b'"id","image_url","text"\n"1","http://a.com/x,y","a ""b"""\n"2","' + B + b'","c"',
        [(1, None, "http://a.com/x,y"), (2, None, TWO)],
    ),
    "what a spreadsheet writes": (
        b"sep=;\nTitle;URL\na;" + A + b"\nb;" + B,
        [(2, None, ONE), (3, None, TWO)],
    ),
    "an empty column": (B + b",\n" + B + b",", [(0, None, TWO), (1, None, TWO)]),
    "a list of a program": (
        b'"' + A + b'",\n"' + B + b'",',
        [(0, None, ONE), (1, None, TWO)],
    ),
    "quotes alone": (b'"' + A + b'"\n"' + B + b'"', [(0, None, ONE), (1, None, TWO)]),
    "a head of two URLs": (b"page,image\nhttp://a.com/p," + A, [(1, None, ONE)]),
    "semicolons and names": (
        b"n01440764_1;" + A + b"\nn01440764_2;http://a.com/2;3.jpg",
        [(0, 1, ONE), (1, 2, "http://a.com/2;3.jpg")],
    ),
    "commas in URLs behind names": (
        b"n01440764_1,http://a.com/1,2.jpg\nn01440764_2,http://a.com/3,4.jpg",
        [(0, 1, "http://a.com/1,2.jpg"), (1, 2, "http://a.com/3,4.jpg")],
    ),
    "names, URLs, captions": (
        b"n01440764_1\t" + A + b"\ta fish\nn01440764_2\t" + B + b"\tb",
        [(0, 1, ONE), (1, 2, TWO)],
    ),
    "numbers and URLs": (b"1\t" + A + b"\n2\t" + B, [(0, None, ONE), (1, None, TWO)]),
    "names of files": (
        b"n01440764_9.JPEG " + A + b"\nn01440764_7.jpg\t" + B,
        [(0, 9, ONE), (1, 7, TWO)],
    ),
    "paths": (b"train/n01440764/n01440764_9.JPEG " + A, [(0, 9, ONE)]),
    "swapped": (A + b" n01440764_9\n" + B + b" n01440764_7.JPEG", [(0, 9, ONE), (1, 7, TWO)]),
    "swapped with tabs": (A + b"\tn01440764_9.JPEG", [(0, 9, ONE)]),
    "JSON lines": (
        b'{"url": "http://a.com/\\u00e9", "name": "n01440764_9.JPEG"}\n'
        b'{"name": "n01440764_7", "url": "http://a.com/2"}',
        [(0, 9, "http://a.com/\xc3\xa9"), (1, 7, TWO)],
    ),
    "swapped with bars": (A + b"|n01440764_9\n" + A + b"|n01440764_7", [(0, 9, ONE), (1, 7, ONE)]),
    "a table in Markdown": (
        b"| name | url |\n|---|---|\n" + b"| n01440764_9 | " + B + b" |\n| x | " + A + b" |",
        [(2, 9, TWO)],
    ),
    "URL, blank, label": (A + b" 0\n" + A + b"  # a fish", [(0, None, ONE), (1, None, ONE)]),
    "names in folders with blanks": (
        b"C:\\my fish\\n01440764_9.JPEG\t" + A + b"\nC:\\my fish\\n01440764_7.JPEG\t" + B,
        [(0, 9, ONE), (1, 7, TWO)],
    ),
    "names and quoted URLs": (
        b'n01440764_9\t"' + A + b'"\nn01440764_7\t"' + B + b'"',
        [(0, 9, ONE), (1, 7, TWO)],
    ),
    "JSON lines of URLs alone": (
        b'{"url": "' + A + b'"}\n{"url": "' + B + b'"}',
        [(0, None, ONE), (1, None, TWO)],
    ),
    "rows without a URL": (
        b"name,url\nn01440764_1,\nn01440764_9," + A + b"\nn01440764_3,\nTotal,1",
        [(2, 9, ONE)],
    ),
    "a head in another language": (
        b"Dateiname;Adresse\nn01440764_9;" + A + b"\nn01440764_7;" + B,
        [(1, 9, ONE), (2, 7, TWO)],
    ),
    "captions of several lines": (
        b"url,text\r\n" + A + b',"see\r\nhttp://b.com/""3"".jpg, or\r\n\r\nnot"\r\n' + B + b",b",
        [(1, None, ONE), (5, None, TWO)],
    ),
    "captions of several lines before URLs": (
        b'text,url\n"see\nhttp://b.com/3.jpg",' + A + b'\n"a, b\n",' + B,
        [(1, None, ONE), (3, None, TWO)],
    ),
    "a quote that never ends": (
        b"url,text\n" + A + b',"a fish\n' + B + b",b\n" + A + b",c",
        [(1, None, ONE), (2, None, TWO), (3, None, ONE)],
    ),
    "quoted UTF-16 without a mark": (
        f'"name","url"\n"n01440764_9","{ONE}"\n'.encode("utf-16-be"),
        [(1, 9, ONE)],
    ),
    "UTF-32": (f"{ONE}\n{TWO}".encode("utf-32"), [(0, None, ONE), (1, None, TWO)]),
    "CR": (A + b"\r" + B + b"\r\r" + A, [(0, None, ONE), (1, None, TWO), (3, None, ONE)]),
    "CR behind CRLF": (
        A + b"\r\n" + B + b"\r" + A,
        [(0, None, ONE), (1, None, TWO), (2, None, ONE)],
    ),
    "a mark in the midst": (A + b"\n\xef\xbb\xbf" + B, [(0, None, ONE), (1, None, TWO)]),
    "a mark behind no line end": (
        A + b"\xef\xbb\xbfn01440764_9\t" + B,
        [(0, None, ONE), (1, 9, TWO)],
    ),
    "UTF-16 without a mark": (
        (ONE + "\n" + TWO).encode("utf-16-le"),
        [(0, None, ONE), (1, None, TWO)],
    ),
    "a shorter row among others": (
        b"n01440764_9\t\t" + A + b"\nn01440764_8\t\t" + A + b"\nn01440764_7\t" + B,
        [(0, 9, ONE), (1, 8, ONE), (2, 7, TWO)],
    ),
    "an odd line among rows": (
        (A + b",a fish\n") * 12 + b"oops\n" + A + b",x",
        [(n, None, ONE) for n in (*range(12), 13)],
    ),
}

PLAIN = [
    "http://a.com/Paris, France 1.jpg\nhttp://a.com/Rome, Italy 2.jpg",
    "http://a.com/0,,1,00.jpg\nhttp://a.com/0,,2,00.jpg",
    "http://a.com/0,1\nhttp://a.com/0,2",
    "http://a.com/a;b=1,c.jpg",
    "http://a.com/1.jpg?x=1,2\nhttp://a.com/2.jpg?x=3,4",
    "http://a.com/my photo 1.jpg\nhttp://a.com/my photo 2.jpg",
    "http://a.com/my\tphoto.jpg\nhttp://a.com/your\tphoto.jpg",
    "http://a.com/x\xef\xbb\xbfy.jpg",
    "http://a.com/chart?a|b\nhttp://a.com/chart?c|d",
    "http://a.com/a|b.jpg\nhttp://a.com/c|d.jpg",
    "http://a.com/1.jpg copy\nhttp://a.com/2.jpg",
    'http://a.com/1,"x.jpg\nhttp://a.com/2.jpg\nhttp://a.com/3,"y.jpg',
]

WRONG = {
    "a page": (b"\n<!DOCTYPE html>\n" + A, "line 2 begins a web page, not a list of URLs"),
    "an array": (b'["' + A + b'", "' + B + b'"]', "line 1 begins a JSON array: write each URL on"),
    "synsets": (b"n01440764," + A + b"\nn01440765," + A, "line 1 has a synset, and no picture"),
    "synsets and blanks": (b"n01440764 " + A, 'line 1 begins with "n01440764 http://a.com/1.jpg"'),
    "two URLs": (B + b"\t" + B, "line 1 has 2 URLs: leave one in each line"),
    "text": (b"\nnot ready yet", "has no URL: a line is a URL, or a name such as n01440764_9981"),
    "mostly others": (b"ftp://a/1\nftp://a/2\n" + A, "hardly any URL: a line is a URL"),
    "a head alone": (b"url,text", 'line 1 begins with "url,text"'),
    "markdown": (b"- " + A, 'line 1 begins with "- http://a.com/1.jpg"'),
    "a shortcut": (b"[InternetShortcut]\nURL=" + A, 'line 1 begins with "[InternetShortcut]"'),
    "synsets behind blanks": (A + b" n01440764\n" + A + b" n01440764", "line 1 has a synset, and"),
    "URLs in one line": (A + b" " + A + b" " + A, "line 1 has 3 URLs: leave one in each line"),
    "a zip": (zipped(A + b"\n" + A + b"\n" + A + b"\n"), "line 1 begins a ZIP archive: unpack it"),
    "a bzip2": (bz2.compress(A), "line 1 begins a bzip2 file: unpack it"),
    "an xz": (lzma.compress(A), "line 1 begins an xz file: unpack it"),
    "a PDF": (b"%PDF-1.4\n" + A + b"\n" + A, "line 1 begins a PDF: save the list as a text file"),
}


class TestShapes:
    """Lists of other shapes are read or refused, never misread."""

    @pytest.mark.parametrize("shape", TABLES)
    @pytest.mark.parametrize("packing", ["plain", "tgz"])
    def test_columns_are_told_where_they_can_be(self, shape: str, packing: str) -> None:
        data, expected = TABLES[shape]
        assert read(PACKINGS[packing](data)) == [
            Line(number, None if name is None else ImageName("n01440764", name), url)
            for number, name, url in expected
        ]

    @pytest.mark.parametrize("text", PLAIN)
    def test_what_may_be_urls_alone_is_no_table(self, text: str) -> None:
        assert [line.url for line in read(text.encode("latin-1"))] == text.split("\n")

    @pytest.mark.parametrize("shape", WRONG)
    def test_what_is_no_list_is_refused_in_a_sentence(self, shape: str) -> None:
        data, said = WRONG[shape]
        with pytest.raises(BadInput) as refused:
            list(url_lists.read(io.BytesIO(data), "my list", strict=True))
        assert said in str(refused.value)
        assert str(refused.value).startswith('the list "my list" ')

    def test_line_ends_are_found_wherever_blocks_of_bytes_end(self) -> None:
        urls = [f"http://a.com/{number:>030}" for number in range(30_000)]
        for end in ("\r", "\r\n", "\n"):
            lines = read(end.join(urls).encode())
            assert [line.url for line in lines] == urls
            assert lines[-1].number == len(urls) - 1

    def test_rows_without_a_url_are_no_odd_lines(self) -> None:
        table = b",name,url\n0,n01440764_9," + A + b"\n" + b"1,n01440764_8,\n" * 9
        read_strictly = url_lists.read(io.BytesIO(table), "my list", strict=True)
        assert list(read_strictly) == [Line(1, NAME._replace(number=9), ONE)]

    def test_comments_are_no_odd_lines(self) -> None:
        assert read(b"# mine\n# of 2011\n" + A) == [Line(2, None, ONE)]


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
            list(url_lists.read(Pipe(TENCH), "my list"))


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

    def test_a_list_of_lines_without_number_is_bad_input(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A gzip of 7 MB held 1.5 billion blank lines, and was read for minutes."""
        monkeypatch.setattr(url_lists, "MOST_LINES", 1_000)
        assert [line.number for line in read(gzip.compress(b"\n" * 999 + TENCH))] == [999]
        with pytest.raises(BadInput, match="more than 1,000 lines"):
            read(gzip.compress(b"\n" * 1_001 + TENCH))

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
