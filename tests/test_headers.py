"""The head of an answer, line by line, and where its body ends: beside Chromium and curl.

Chromium 156 and curl 7.88 were asked with the very same bytes; where they differ, `framing` says
whom we follow.
"""

from __future__ import annotations

import io
import time
from http.client import HTTPException, RemoteDisconnected
from typing import Any

import pytest
from ck_imagenet.core.outcomes import Failed, Outcome
from ck_imagenet.http import headers
from ck_imagenet.http.headers import FramedResponse, Framing, framing
from peer import chunked

BODY = bytes(range(256)) * 9


class Raw(io.RawIOBase):
    """What a host has sent, in pieces of so many bytes."""

    def __init__(self, said: bytes, size: int) -> None:
        self._said = io.BytesIO(said)
        self._size = size

    def readable(self) -> bool:
        """Say yes."""
        return True

    def readinto(self, buffer: Any) -> int:
        """Give the next piece."""
        piece = self._said.read(min(self._size, len(buffer)))
        buffer[: len(piece)] = piece
        return len(piece)


class Wire:
    """The same as `http.client` takes it from a socket."""

    def __init__(self, said: bytes, size: int = 8192) -> None:
        self._raw = Raw(said, size)

    def makefile(self, _: str) -> io.BufferedReader:
        """Return what is read from."""
        return io.BufferedReader(self._raw)


def read(said: bytes) -> headers.Head:
    """Return the head of what was said."""
    return headers.read(Wire(said).makefile("rb"))


def head_of(*lines: bytes, status: bytes = b"HTTP/1.1 200 OK") -> headers.Head:
    """Return a head with these lines."""
    return read(b"\r\n".join([status, *lines, b"", b""]))


def answered(said: bytes, size: int = 8192) -> FramedResponse:
    """Return an answer whose body is not read yet."""
    response = FramedResponse(Wire(said, size), method="GET")  # type: ignore[arg-type]
    response.begin()
    return response


class TestStatusLine:
    """The first line."""

    @pytest.mark.parametrize(
        ("line", "status", "version"),
        [
            (b"HTTP/1.1 200 OK", 200, 11),
            (b"HTTP/1.1 200", 200, 11),
            (b"HTTP/1.1 200 ", 200, 11),
            (b"HTTP/1.0 404 Not Found", 404, 10),
            (b"http/1.1 404 x", 404, 11),
            (b"HTTP/1.1  404  x", 404, 11),
            (b"HTTP/1.1\t404 x", 404, 11),  # Chromium takes it for a 200
            (b" HTTP/1.1 404 x", 404, 11),
            (b"\r\nHTTP/1.1 404 x", 404, 11),
            (b"\r\n\r\nHTTP/1.1 404 x", 404, 11),
            (b"HTTP 404 x", 404, 10),
            (b"HTTP/2 404 x", 404, 10),
            (b"HTTP/1.2 404 x", 404, 11),
            (b"HTTP/0.9 404 x", 404, 10),
            (b"HTTP/1.1 404Not Found", 404, 11),
            (b"HTTP/1.1 404.5 x", 404, 11),
            (b"HTTP/1.1 2000 x", 2000, 11),
            (b"HTTP/1.1 20 x", 20, 11),
            (b"HTTP/1.1 999 x", 999, 11),
            (b"HTTP/1.1", 200, 11),
            (b"HTTP/1.1 OK", 200, 11),
            (b"HTTP/1.1 200 caf\xe9", 200, 11),
            (b"HTTP/1.1 200 " + b"x" * 70_000, 200, 11),
        ],
        ids=lambda value: repr(value[:30]) if isinstance(value, bytes) else str(value),
    )
    def test_it_is_read_as_browsers_read_it(self, line: bytes, status: int, version: int) -> None:
        head = head_of(b"A: b", status=line)
        assert (head.status, head.version) == (status, version)
        assert list(head.headers.items()) == [("A", "b")]

    @pytest.mark.parametrize(
        "said",
        [
            b"ICY 200 OK\r\n\r\n",
            b"SSH-2",
            b"220 mail.example\r\n",
            b"\r\n\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
            b"junk\r\nHTTP/1.1 200 OK\r\n\r\n",
            b"\xff\xd8\xff\xe0\x00",
            b"<html>",
            b"HTT",
        ],
    )
    def test_what_begins_otherwise_is_known_by_its_first_bytes(self, said: bytes) -> None:
        with pytest.raises(HTTPException, match=r"^it begins with "):
            read(said)

    def test_nothing_at_all_is_told_from_something_else(self) -> None:
        with pytest.raises(RemoteDisconnected):
            read(b"")


ODD = [
    b"no colon",
    b"<!-- a comment -->",
    b": no name",
    b"X-Caf\xe9: 1",
    "X-Gr\xfc\xdfe: 1".encode(),
    b"Two words: 1",
    b"X\x01Y: 1",
    b"X\x7fY: 1",
    b"X(Y): 1",
    b" Begins: with a blank",
    b"\tBegins: with a tab",
    b" ",
    b"\t",
    b"\r",
    b"HTTP/1.1 404 Not Found",
    b"X: a\x01b",
    b"X: a\rb",
    b"X: " + b"y" * 100_000,
]


class TestLines:
    """The lines after the first."""

    @pytest.mark.parametrize("odd", ODD, ids=lambda odd: repr(odd[:20]))
    @pytest.mark.parametrize("place", range(4))
    def test_an_odd_line_costs_no_other(self, odd: bytes, place: int) -> None:
        lines = [b"Content-Length: 9", b"X-Robots-Tag: noai", b"Location: /x"]
        lines.insert(place, odd)
        if place and odd[:1] in (b" ", b"\t"):  # it goes on with the line before
            lines.insert(place, b"X-Before: y")
        headers = head_of(*lines).headers
        for name, value in {
            "Content-Length": "9",
            "x-robots-tag": "noai",
            "LOCATION": "/x",
        }.items():
            assert headers.get_all(name) == [value]

    @pytest.mark.parametrize("end", [b"\r\n", b"\n"])
    @pytest.mark.parametrize("size", [1, 2, 3, 7, 8192])
    def test_lines_may_end_as_they_like_and_come_in_pieces(self, end: bytes, size: int) -> None:
        said = end.join([b"HTTP/1.1 200 OK", b"A: b", b"content-LENGTH:5", b"", b"12345 and more"])
        response = answered(said, size)
        assert list(response.headers.items()) == [("A", "b"), ("content-LENGTH", "5")]
        assert response.read() == b"12345"

    def test_the_body_may_begin_with_line_ends(self) -> None:
        response = answered(b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\r\n\r\nHTTP")
        assert response.read() == b"\r\n\r\n"

    @pytest.mark.parametrize(
        ("lines", "values"),
        [
            ([b"X: a", b"x: b", b"X:"], ["a", "b", ""]),
            ([b"X: a", b" b", b"\t c"], ["a b c"]),
            ([b"X:", b" a"], ["a"]),
            ([b"X : a"], ["a"]),
            ([b"X:\t a \t"], ["a"]),
            ([b"X: a: b: c"], ["a: b: c"]),
            ([b"X: a\r b"], ["a b"]),
            ([b"nothing", b" X: a", b"X: b"], ["b"]),
            ([b" at the beginning", b"X: b"], ["b"]),
            ([b"X: caf\xe9"], ["caf\xe9"]),
        ],
    )
    def test_repeated_lines_are_kept_and_folded_ones_joined(
        self, lines: list[bytes], values: list[str]
    ) -> None:
        assert head_of(*lines).headers.getlist("X") == values

    def test_there_may_be_as_many_as_like(self) -> None:
        lines = [b"X-Archive-Orig-%d: %d" % (n, n) for n in range(5000)]
        assert len(head_of(*lines, b"X: last").headers) == 5001

    @pytest.mark.parametrize(
        "hostile", [b"\r", b"\r ", b"\n\r\r", b"X", b" ", b":", b"a:\r\n", b"\r\n a", b"X:a\r\r\r"]
    )
    def test_no_bytes_take_long(self, hostile: bytes) -> None:
        """What takes the square of its length would take minutes."""
        started = time.process_time()
        head_of(b"X:", hostile * (250_000 // len(hostile)))
        assert time.process_time() - started < 2

    @pytest.mark.parametrize("line", [b"X: a\0b", b"X\0: a", b"\0"])
    def test_a_nul_is_refused_as_by_browsers(self, line: bytes) -> None:
        with pytest.raises(Failed, match=r"^not-http: headers with a NUL byte$"):
            head_of(b"A: b", line)

    def test_an_end_without_a_blank_line_is_one(self) -> None:
        head = read(b"HTTP/1.1 302 Found\r\nLocation: /picture.jpg\r\n")
        assert head.headers["Location"] == "/picture.jpg"

    @pytest.mark.parametrize(
        "said", [b"HTTP/1.1 40", b"HTTP/1.1 302 Found\r\nLocation: /pict", b"HTTP"]
    )
    def test_half_a_line_is_taken_for_nothing(self, said: bytes) -> None:
        with pytest.raises(
            ConnectionResetError, match=r"^the connection ended within the headers$"
        ):
            read(said)


class TestFraming:
    """Where a body ends."""

    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
            ([], Framing(False, None, True)),
            ([b"Content-Length: 5"], Framing(False, 5, False)),
            ([b"Content-Length: 005"], Framing(False, 5, False)),
            ([b"Content-Length: 5", b"content-length: 5"], Framing(False, 5, False)),
            ([b"Content-Length: 5, 5"], Framing(False, 5, False)),
            ([b"Content-Length: 5 bytes"], Framing(False, 5, False)),
            ([b"Content-Length: 5", b" X-Note: old"], Framing(False, 5, False)),
            ([b"Content-Length:", b" 5", b"\tno colon"], Framing(False, 5, False)),
            ([b"Content-Length:"], Framing(False, None, True)),
            ([b"Content-Length: 5", b"Connection: close"], Framing(False, 5, True)),
            ([b"Content-Length: 5", b"Connection: Keep-Alive, Close"], Framing(False, 5, True)),
            ([b"Transfer-Encoding: chunked"], Framing(True, None, False)),
            ([b"Transfer-Encoding: CHUNKED, chunked"], Framing(True, None, False)),
            ([b"Transfer-Encoding: identity, chunked"], Framing(True, None, False)),
            ([b"Transfer-Encoding: gzip, chunked"], Framing(True, None, False)),
            ([b"Transfer-Encoding:", b"Transfer-Encoding: chunked"], Framing(True, None, False)),
            ([b"Transfer-Encoding: chunked", b"Content-Length: 5"], Framing(True, None, True)),
            ([b"Transfer-Encoding: identity", b"Content-Length: 5"], Framing(False, 5, False)),
        ],
    )
    def test_it_is_as_browsers_have_it(self, lines: list[bytes], expected: Framing) -> None:
        assert framing(head_of(*lines)) == expected

    @pytest.mark.parametrize(
        ("lines", "expected"),
        [
            ([b"Content-Length: 5"], Framing(False, 5, True)),
            ([b"Content-Length: 5", b"Connection: keep-alive"], Framing(False, 5, False)),
            ([b"Transfer-Encoding: chunked"], Framing(True, None, True)),
        ],
    )
    def test_an_old_host_must_say_that_it_keeps_a_connection(
        self, lines: list[bytes], expected: Framing
    ) -> None:
        assert framing(head_of(*lines, status=b"HTTP/1.0 200 OK")) == expected

    @pytest.mark.parametrize(
        "lines",
        [
            [b"Content-Length: 5", b"Content-Length: 6"],
            [b"Content-Length: 5", b"Content-Length: 05"],
            [b"Content-Length: 5", b"Content-Length:"],
            [b"Content-Length: 5", b" 6"],
            [b"Content-Length: 5", b" Date: Fri, 6 Mar 2010"],
            *(
                [b"Content-Length: " + nonsense]
                for nonsense in b"5, 6|+5|-1|0x10|5.0|5x|5 6|5;|1_0|abc|\xb2\xb3".split(b"|")
            ),
            [b"Content-Length: " + b"9" * 5000],
            *(
                [b"Transfer-Encoding: " + unknown]
                for unknown in b"gzip|br, chunked|chunked, x|xchunked|chunked;q=1".split(b"|")
            ),
        ],
    )
    def test_what_could_be_the_bytes_of_others_is_refused(self, lines: list[bytes]) -> None:
        with pytest.raises(Failed) as failed:
            framing(head_of(*lines))
        assert failed.value.outcome is Outcome.NOT_HTTP
        assert failed.value.detail.startswith(lines[0].partition(b":")[0].decode() + ": ")

    @pytest.mark.parametrize(
        "line", [b"Content-Length: -1", b"Content-Length: +5", b"Transfer-Encoding: x"]
    )
    @pytest.mark.parametrize("status", [b"302 Found", b"404 Not Found", b"503 Busy"])
    def test_an_answer_whose_body_is_not_needed_counts_all_the_same(
        self, line: bytes, status: bytes
    ) -> None:
        head = head_of(line, status=b"HTTP/1.1 " + status)
        assert framing(head) == Framing(False, None, True)

    def test_a_length_that_does_not_count_does_not_end_the_body(self) -> None:
        said = [b"HTTP/1.1 404 x", b"Content-Length: +5", b"A: b", b"", b"1234567"]
        assert answered(b"\r\n".join(said)).read() == b"1234567"

    @pytest.mark.parametrize("status", [b"204 No Content", b"304 Not Modified"])
    def test_some_have_no_body(self, status: bytes) -> None:
        head = head_of(b"Content-Length: 5", status=b"HTTP/1.1 " + status)
        assert framing(head).length == 0


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


class TestChunks:
    """Bodies in chunks."""

    @pytest.mark.parametrize(
        "body",
        [
            chunked(BODY),
            chunked(BODY, 1),
            chunked(BODY).replace(b"\r\n", b"\n"),
            b"3e8;name=value\r\n" + chunked(BODY)[5:],
            b"3E8  \r\n" + chunked(BODY)[5:],
            b"0000000000000000000003e8\r\n" + chunked(BODY)[5:],
            chunked(BODY)[:-5] + b"000\r\nX-Trailer: y\r\n\r\n",
        ],
        ids=["as it should be", "small", "LF", "extension", "blanks", "zeros", "trailer"],
    )
    @pytest.mark.parametrize("size", [1, 8192])
    def test_they_are_joined(self, body: bytes, size: int) -> None:
        response = answered(CHUNKED + body + b"more", size)
        parts = iter(lambda: response.read(1000), b"")
        assert b"".join(parts) == BODY

    @pytest.mark.parametrize(
        "body",
        [
            BODY,
            b"\r\n" + chunked(BODY),
            b"0x3e8\r\n" + chunked(BODY)[5:],
            b"+3e8\r\n" + chunked(BODY)[5:],
            b"-3e8\r\n" + chunked(BODY)[5:],
            b"3_e8\r\n" + chunked(BODY)[5:],
            chunked(BODY).replace(b"3e8", b"3e7"),
        ],
    )
    def test_what_is_no_chunk_is_not_taken_for_one(self, body: bytes) -> None:
        with pytest.raises(Failed, match=r"^not-http: a chunk"):
            answered(CHUNKED + body).read()
