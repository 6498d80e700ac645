"""The head of an answer, as browsers read it: what is odd in one line costs no other line.

Python's own parser ends at the first line that it cannot take, and loses all later ones without a
word: an owner's X-Robots-Tag, a length, a Location. Where others were asked, it was Chromium 156
and curl 7.88.
"""

from __future__ import annotations

import re
from http.client import HTTPException, HTTPMessage, RemoteDisconnected
from io import BufferedReader
from typing import NamedTuple

from ..core.outcomes import Failed, Outcome

# Up to four bytes before it are passed over: line ends after the answer before, mostly.
_BEGIN = re.compile(rb".{0,4}?HTTP", re.DOTALL | re.IGNORECASE)
_MAY_BEGIN = re.compile(rb".{0,4}(H|HT|HTT)?", re.DOTALL | re.IGNORECASE)
_END = re.compile(rb"\n\r?\n")
_STATUS = re.compile(r"(?:/([0-9])\.([0-9]))?[^ \t\r\n]*[ \t]*([0-9]{0,9})[ \t]*([^\r\n]*)")
_ASSUMED = 200
"""Where a status line has no status, as for Chromium."""

_FOLD = re.compile(r"[\r\n]+[ \t]+")
_FIELD = re.compile(
    r"[\r\n]([!#$%&'*+\-.^_`|~0-9A-Za-z]+)[ \t]*:"
    rf"([^\r\n]*(?:{_FOLD.pattern}[^\r\n]*)*)"
)
"""A name, and a value that may go on in further lines; lines that are none are passed over.

A bare CR ends lines too.
"""


class Head(NamedTuple):
    """What comes before a body."""

    version: int
    """10 for HTTP/1.0, 11 for all that is newer."""
    status: int
    reason: str
    headers: HTTPMessage


def read(stream: BufferedReader) -> Head:
    """Take the head from a stream, and no byte of the body.

    How much it may be, and how long it may take, is bounded by who receives the bytes.

    Raises
    ------
    HTTPException
        If it is none: RemoteDisconnected if nothing comes at all.
    ConnectionResetError
        If it ends within a line.
    Failed
        NOT_HTTP if it has bytes that no head may have.
    """
    held, begun, end = bytearray(), 0, None
    while not end:
        came = stream.peek()
        if not came:
            break
        searched = len(held)
        held += came
        begun = begun or _begin(held)
        end = _END.search(held, max(begun, searched - 2)) if begun else None
        stream.read(end.end() - searched if end else len(came))
    if not begun:
        raise _no_head(held) if held else RemoteDisconnected("no answer came")
    # Some old programs end without a blank line. Half a line could be half an address.
    if not (end or held.endswith((b"\r", b"\n"))):
        raise ConnectionResetError("the connection ended within the headers")
    return _parsed(held[begun : end.end() if end else None].decode("latin-1"))


def _begin(held: bytearray) -> int:
    """Return where HTTP's first word ends, 0 while it may still come."""
    begin = _BEGIN.match(held)
    if begin:
        return begin.end()
    if not _MAY_BEGIN.fullmatch(held):
        raise _no_head(held)
    return 0


def _parsed(text: str) -> Head:
    """Return what a head says, from what follows its first word."""
    if "\0" in text:  # browsers show nothing of it, curl neither
        raise Failed(Outcome.NOT_HTTP, "headers with a NUL byte")
    line = next(_STATUS.finditer(text))
    major, minor, status, reason = line.groups()
    headers = HTTPMessage()
    for name, value in _FIELD.findall(text, line.end()):
        if "\n" in value or "\r" in value:
            value = _FOLD.sub(" ", value)
        headers.set_raw(name, value.strip(" \t"))
    version = 11 if (major or "1", minor or "0") >= ("1", "1") else 10
    return Head(version, int(status or _ASSUMED), reason.strip(), headers)


def _no_head(held: bytearray) -> HTTPException:
    return HTTPException("it begins with " + held[:64].decode("latin-1"))
