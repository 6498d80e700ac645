"""The headers of an answer as browsers read them, and where its body ends.

Python's own parser stops at the first line that it cannot take, and loses all later ones without a
word: an owner's X-Robots-Tag, a length, a Location. Here, what is odd in one line costs no other
line. What browsers do was seen in Chromium 156 and curl 7.88.
"""

from __future__ import annotations

import io
import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from http.client import HTTPException, HTTPResponse, IncompleteRead, RemoteDisconnected
from io import BufferedReader
from typing import Any, NamedTuple

from urllib3 import HTTPHeaderDict

from ..core.outcomes import Failed, Outcome
from ..core.text import printable


def moment(text: str) -> datetime | None:
    """Return the moment of a date in a header, in UTC, or None; a date without a zone is UTC."""
    try:
        date = parsedate_to_datetime(text)
        return (date if date.tzinfo else date.replace(tzinfo=timezone.utc)).astimezone(timezone.utc)
    except (TypeError, ValueError, IndexError, OverflowError):
        return None


# The head of an answer.

# Up to four bytes before it are passed over, mostly line ends of the answer before.
_STATUS_BEGIN = re.compile(rb".{0,4}?HTTP", re.DOTALL | re.IGNORECASE)
_MAY_BEGIN = re.compile(rb".{0,4}(H|HT|HTT)?", re.DOTALL | re.IGNORECASE)
_HEAD_END = re.compile(rb"\n\r?\n")
_STATUS = re.compile(r"(?:/([0-9])\.([0-9]))?[^ \t\r\n]*[ \t]*([0-9]{0,9})[ \t]*([^\r\n]*)")
_ASSUMED = 200
"""The status of a line without one, as in Chromium."""

_FOLD = re.compile(r"[\r\n]+[ \t]+")
_FIELD = re.compile(
    r"[\r\n]([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*:"
    rf"([^\r\n]*(?:{_FOLD.pattern}[^\r\n]*)*)"
)
"""A name, and a value that may go on in further lines; a bare CR ends a line too."""


class Head(NamedTuple):
    """What comes before a body."""

    version: int
    """10 for HTTP/1.0, 11 for all newer versions."""
    status: int
    reason: str
    headers: HTTPHeaderDict


def read(stream: BufferedReader) -> Head:
    """Read the head from a stream, and no byte of the body.

    The stream bounds how many bytes come, and how long they take.

    Raises
    ------
    HTTPException
        If there is no head; RemoteDisconnected if nothing comes at all.
    ConnectionResetError
        If it ends within a line.
    Failed
        NOT_HTTP if it holds a NUL byte.
    """
    held, begun, end = bytearray(), 0, None
    while not end:
        came = stream.peek()
        if not came:
            break
        searched = len(held)
        held += came
        begun = begun or _begin(held)
        end = _HEAD_END.search(held, max(begun, searched - 2)) if begun else None
        stream.read(end.end() - searched if end else len(came))
    if not begun:
        raise _no_head(held) if held else RemoteDisconnected("no answer came")
    # Some old programs end without a blank line. But half a line could be half a Location.
    if not (end or held.endswith((b"\r", b"\n"))):
        raise ConnectionResetError("the connection ended within the headers")
    return _parsed(held[begun : end.end() if end else None].decode("latin-1"))


def _begin(held: bytearray) -> int:
    """Return the offset behind the word "HTTP", 0 while it may still come."""
    begin = _STATUS_BEGIN.match(held)
    if begin:
        return begin.end()
    if not _MAY_BEGIN.fullmatch(held):
        raise _no_head(held)
    return 0


def _parsed(text: str) -> Head:
    """Return the head, given the text behind the word "HTTP"."""
    if "\0" in text:  # browsers and curl refuse it
        raise Failed(Outcome.NOT_HTTP, "headers with a NUL byte")
    line = next(_STATUS.finditer(text))
    major, minor, status, reason = line.groups()
    headers = HTTPHeaderDict()
    for name, value in _FIELD.findall(text, line.end()):
        if "\n" in value or "\r" in value:
            value = _FOLD.sub(" ", value)
        headers.add(name, value.strip(" \t"))
    version = 11 if (major or "1", minor or "0") >= ("1", "1") else 10
    return Head(version, int(status or _ASSUMED), reason.strip(), headers)


def _no_head(held: bytearray) -> HTTPException:
    return HTTPException("it begins with " + held[:64].decode("latin-1"))


# Where its body ends.

_PASSED_OVER = {"", "identity", "none"}
_UNDONE = {"gzip", "x-gzip", "deflate"}
_LENGTH = re.compile(r"[0-9]{1,99}")
_REMARK = re.compile(r"[ \t]+[^0-9 \t].*", re.DOTALL)
"""Text behind a number and a blank, mostly an odd line that was appended to the line before."""
_CHUNK_SIZE = re.compile(rb"([0-9a-fA-F]+)[ \t]*(?:;[^\n]*)?\n")
_LONGEST_LINE = 2**16


class Framing(NamedTuple):
    """Where a body ends: after its chunks, its length, or with the connection."""

    chunked: bool
    length: int | None
    closes: bool
    """Whether the connection cannot be used again afterwards."""


def framing(head: Head) -> Framing:
    """Return where the body of an answer to GET ends.

    - A length beside chunks is ignored, and the connection closed after them, as in RFC 9112 (6.3),
      Chromium and curl.
    - Two lengths that differ are refused, as in Chromium. curl takes the first.
    - A length that is no number is refused, as in the RFC. Chromium reads to the end of the
      connection, and curl takes "+5" for 5, so nobody knows what the bytes are. An unknown coding
      is refused too, as in curl; Chromium ignores it. Neither matters in redirects and errors,
      whose bodies nobody needs.
    - Words after a length are ignored, as in curl: an odd line that begins with a blank is appended
      to the line before.
    - A length without a value counts as none, as in Chromium: some programs send it when they do
      not know the length.
    - A body that is packed and then sent in chunks ends with them. curl and `codings` unpack it.
    - Chunks in HTTP/1.0 are undone, as in curl. Chromium takes them for bytes of the picture.

    Raises
    ------
    Failed
        NOT_HTTP if nobody can know.
    """
    codings = {coding.lower() for coding in _items(head.headers, "Transfer-Encoding")}
    chunked = "chunked" in codings
    unknown = codings - _PASSED_OVER - {"chunked"} - (_UNDONE if chunked else set())
    lengths = sorted({_REMARK.sub("", item) for item in _items(head.headers, "Content-Length")})
    matters = 200 <= head.status < 300
    length: int | None = None
    if head.status in (204, 304) or 100 <= head.status < 200:
        length = 0
    elif unknown and matters:
        raise _refused("Transfer-Encoding", sorted(codings))
    elif not chunked and not unknown and any(lengths):
        if len(lengths) == 1 and _LENGTH.fullmatch(lengths[0]):
            length = int(lengths[0])
        elif len(lengths) > 1 or matters:
            raise _refused("Content-Length", lengths)
    tokens = {token.lower() for token in _items(head.headers, "Connection")}
    is_persistent = "close" not in tokens if head.version == 11 else "keep-alive" in tokens
    has_end = length is not None or (chunked and head.version == 11 and not (lengths or unknown))
    return Framing(chunked, length, not (is_persistent and has_end))


class FramedResponse(HTTPResponse):
    """An answer of `http.client` whose head and chunks are read by the rules above.

    All informational answers (1xx) before it are passed over; `http.client` knows only 100.
    """

    headers: HTTPHeaderDict  # type: ignore[assignment]

    def begin(self) -> None:
        """Read the head; `http.client` calls this."""
        head = read(self.fp)
        while head.status in (100, *range(102, 200)):
            head = read(self.fp)
        self.version, self.status, self.reason, self.headers = head
        self.code, self.msg = self.status, self.headers  # type: ignore[assignment]
        self.chunked, self.length, self.will_close = framing(head)
        self.chunk_left: int | None = None

    def _read_status(self) -> tuple[str, int, str]:
        """Read a proxy's answer to CONNECT; `http.client` would read on, and must find no more."""
        head = read(self.fp)
        self.fp.close()
        self.fp = io.BufferedReader(io.BytesIO())
        return "HTTP/1.1", head.status, head.reason

    def _get_chunk_left(self) -> int | None:
        """Return how many bytes of a chunk are left, None after the last; `http.client` calls this.

        Its own method takes "0x10", "+5" and "-5" for sizes, and any two bytes for the end of a
        chunk. Some hosts send only a LF there, and browsers take it.
        """
        stream: Any = self.fp
        if self.chunk_left == 0 and not _whole_line(stream.readline(2)).isspace():
            raise Failed(Outcome.NOT_HTTP, "a chunk is longer than it says")
        if not self.chunk_left:
            line = _whole_line(stream.readline(_LONGEST_LINE))
            size = _CHUNK_SIZE.fullmatch(line.replace(b"\r\n", b"\n"))
            if not size:
                raise Failed(Outcome.NOT_HTTP, printable(f"a chunk's size is {line.strip()!r}"))
            self.chunk_left = int(size.group(1), 16) or None
            if self.chunk_left is None:
                self._read_and_discard_trailer()  # type: ignore[attr-defined]
                self._close_conn()  # type: ignore[attr-defined]
        return self.chunk_left


def _items(headers: HTTPHeaderDict, name: str) -> list[str]:
    """Return the items of a header that is a list, from all its lines."""
    return [item.strip() for line in headers.getlist(name) for item in line.split(",")]


def _refused(name: str, items: list[str]) -> Failed:
    return Failed(Outcome.NOT_HTTP, printable(f"{name}: {', '.join(items)}"))


def _whole_line(line: bytes) -> bytes:
    """Return a line of a chunked body; raise IncompleteRead if the connection has ended in it."""
    if line in (b"", b"\r"):
        raise IncompleteRead(b"")
    return line
