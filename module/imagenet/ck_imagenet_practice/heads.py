"""Behaviours whose answers have odd heads, or say oddly where their bodies end."""

from __future__ import annotations

from typing import Mapping, TypeVar

from .exchange import BadLink, Exchange
from .registry import behaviour, content_type, picture

LINES = {
    "not-ascii": b"X-G\xe9n\xe9rateur: PHP/5.2.17",
    "utf-8": "X-G\xe9n\xe9rateur: PHP/5.2.17".encode(),
    "two-words": b"My Param: None",
    "no-colon": b"no header at all",
    "no-name": b": PHP/5.2.17",
    "blank-before-colon": b"X-Powered-By : PHP/5.2.17",
    "broken-cookie": b"Set-Cookie: visit=iZK\r\n    XSaOzalA: ctu; path=/",
    "control": b"X-\x01Powered-By: PHP/5.2.17",
    "blank": b" ",
    "status-twice": b"HTTP/1.1 200 OK",
    "bare-cr": b"X-Powered-By: PHP\r5.2.17",
    "long": b"X-Debug: " + b"x" * 100_000,
    "many": b"\r\n".join(b"X-Archive-Orig-%d: %d" % (n, n) for n in range(300)),
    "nul": b"X-Powered-By: PHP\0",
}
"""Lines that browsers pass over, all but the last, and the headers beside them count as ever."""

_TAGS = {
    "length": [],
    "noai": [b"noai"],
    "noai-twice": [b"noindex", b"noai"],
    "noai-before": [b"noai\r\n X-Powered-By: PHP/5.2.17"],
}

_STATUS_LINES = {
    "no-reason": b"HTTP/1.1 200",
    "small": b"http/1.1 200 ok",
    "later": b"\r\nHTTP/1.1 200 OK",
    "no-version": b"HTTP 200 OK",
    "no-status": b"HTTP/1.1 OK",
    "newer": b"HTTP/2.0 200 OK",
    "shoutcast": b"ICY 200 OK",
}

_LENGTHS = {
    "same-twice": [b"%d", b"%d"],
    "listed-twice": [b"%d, %d"],
    "two": [b"%d", b"7"],
    "two-listed": [b"%d, 7"],
    "signed": [b"+%d"],
    "negative": [b"-1"],
    "hexadecimal": [b"0x%x"],
    "with-unit": [b"%d bytes"],
    "remarked": [b"%d\r\n X-Powered-By: PHP/5.2.17"],
    "absent": [b""],
}

_CODINGS = {"identity": b"identity", "unknown": b"x-scrambled"}

_CHUNK_FORMS = {
    "plain": b"%x\r\n%s\r\n",
    "lf": b"%x\n%s\n",
    "extended": b"%x;name=value\r\n%s\r\n",
    "padded": b"0000%x  \r\n%s\r\n",
    "prefixed": b"0x%x\r\n%s\r\n",
}
_CHUNK = 4096

_Value = TypeVar("_Value")


@behaviour("line")
def line(exchange: Exchange) -> None:
    """`/line/LINE/WHAT/FILE`: an odd line, and after it what counts.

    That is the `length`, `chunks`, `location`, which is below `/good`, or an opt-out: `noai`,
    `noai-twice` in two lines, or `noai-before` another odd line.
    """
    odd, what = _named(LINES, exchange), exchange.arguments[-1]
    data, kind = picture(exchange), b"Content-Type: " + content_type(exchange).encode()
    if what == "location":
        exchange.enter(3)
        location = b"Location: /good/line" + exchange.request.target.encode()
        _say(exchange, [odd, location, b"Content-Length: 0"], b"", b"HTTP/1.1 302 Found")
    elif what == "chunks":
        _say(exchange, [odd, kind, b"Transfer-Encoding: chunked"], _chunked(data))
    elif what in _TAGS:
        told = [b"X-Robots-Tag: " + tag for tag in _TAGS[what]]
        _say(exchange, [odd, kind, *told, b"Content-Length: %d" % len(data)], data)
    else:
        raise BadLink(f'nothing is called "{what}" after an odd line')


@behaviour("status-line")
def status_line(exchange: Exchange) -> None:
    """`/status-line/FORM/FILE`: the picture after a status line in this form."""
    data = picture(exchange)
    status = _named(_STATUS_LINES, exchange)
    exchange.hang_up()
    _say(exchange, [b"Content-Length: %d" % len(data)], data, status)


@behaviour("folded")
def folded(exchange: Exchange) -> None:
    """`/folded/FILE`: headers that go on in the next line, the length among them."""
    data = picture(exchange)
    _say(
        exchange, [b"X-Note: old", b"\tas the hills", b"Content-Length:", b" %d" % len(data)], data
    )


@behaviour("spaced")
def spaced(exchange: Exchange) -> None:
    """`/spaced/FILE`: headers with a blank before the colon, the length among them."""
    data = picture(exchange)
    _say(exchange, [b"X-Note : old", b"Content-Length : %d" % len(data)], data)


@behaviour("lf")
def lf(exchange: Exchange) -> None:
    """`/lf/FILE`: lines that end in LF alone."""
    data = picture(exchange)
    exchange.send(b"HTTP/1.1 200 OK\nContent-Length: %d\n\n" % len(data) + data)


@behaviour("lengths")
def lengths(exchange: Exchange) -> None:
    """`/lengths/FORM/FILE`: the picture, then the end, with lengths in this form."""
    data = picture(exchange)
    values = [
        value.replace(b"%d", b"%d" % len(data)).replace(b"%x", b"%x" % len(data))
        for value in _named(_LENGTHS, exchange)
    ]
    exchange.hang_up()
    _say(exchange, [b"Content-Length: " + value for value in values], data)


@behaviour("coding")
def coding(exchange: Exchange) -> None:
    """`/coding/NAME/FILE`: the picture as it is, said to be coded for its way."""
    data, name = picture(exchange), _named(_CODINGS, exchange)
    exchange.hang_up()
    _say(exchange, [b"Transfer-Encoding: " + name, b"Content-Length: %d" % len(data)], data)


@behaviour("chunks")
def chunks(exchange: Exchange) -> None:
    """`/chunks/FORM/FILE`: the picture in chunks of this form."""
    body = _chunked(picture(exchange), _named(_CHUNK_FORMS, exchange))
    _say(exchange, [b"Transfer-Encoding: chunked"], body)


@behaviour("chunks-beside-length")
def chunks_beside_length(exchange: Exchange) -> None:
    """`/chunks-beside-length/FILE`: the picture in chunks, said to have 7 bytes too."""
    body = _chunked(picture(exchange))
    _say(exchange, [b"Transfer-Encoding: chunked", b"Content-Length: 7"], body)


@behaviour("moved-twice")
def moved_twice(exchange: Exchange) -> None:
    """`/moved-twice/WHERE/FILE`: two Locations, the other to `good` too or to `gone`."""
    other = _named({"good": b"/good/moved-twice", "gone": b"/gone"}, exchange)
    exchange.enter(2)
    file = exchange.request.target.encode()
    told = [
        b"Location: /good/moved-twice" + file,
        b"Content-Length: 0",
        b"Location: " + other + file,
    ]
    _say(exchange, told, b"", b"HTTP/1.1 301 Moved Permanently")


def _say(
    exchange: Exchange, lines: list[bytes], body: bytes, status: bytes = b"HTTP/1.1 200 OK"
) -> None:
    end = b"Connection: keep-alive" if exchange.keep else b"Connection: close"
    exchange.send(b"\r\n".join([status, *lines, end, b"", b""]) + body)


def _chunked(data: bytes, form: bytes = _CHUNK_FORMS["plain"]) -> bytes:
    parts = [data[place : place + _CHUNK] for place in range(0, len(data), _CHUNK)]
    return b"".join(form % (len(part), part) for part in [*parts, b""])


def _named(table: Mapping[str, _Value], exchange: Exchange) -> _Value:
    """Return what the first argument of a URL names."""
    name = exchange.arguments[0] if exchange.arguments else ""
    if name not in table:
        raise BadLink(f'{exchange.request.target}: nothing is called "{name}"')
    return table[name]
