"""Behaviours whose bodies are packed, said to be packed, or both, each in its own way."""

from __future__ import annotations

import gzip
import zlib
from typing import Callable, NamedTuple

from .exchange import BadLink, Exchange
from .registry import behaviour, content_type, picture

_WINDOW = 2**16


class _Coding(NamedTuple):
    """What is done to a picture, and what is said of that."""

    pack: Callable[[bytes], bytes]
    lines: tuple[str, ...] = ()
    """Of Content-Encoding."""
    has_length_of_picture: bool = False
    """Whether Content-Length tells how long the picture is; the connection ends before that."""


def _plain(data: bytes) -> bytes:
    return data


def _gzip(data: bytes) -> bytes:
    return gzip.compress(data, 1)


def _bare(data: bytes) -> bytes:
    packer = zlib.compressobj(1, wbits=-15)
    return packer.compress(data) + packer.flush()


def _brotli(data: bytes) -> bytes:
    """Return a stream of brotli without a package for it: its blocks are as they were.

    Each block begins with a bit for "not the last", two for the digits of its size, that size, and
    a bit for "as it is", filled up to a byte; before the first one stands a bit for the window
    (RFC 7932, 9.1 and 9.2).
    """
    parts: list[bytes] = []
    for place in range(0, len(data), _WINDOW):
        block = data[place : place + _WINDOW]
        told = (len(block) - 1) << 3 | 1 << 19
        parts.append((told << (not parts)).to_bytes(3, "little") + block)
    return b"".join([*parts, b"\x03"])  # the last one, with nothing in it


CODINGS = {
    "zlib": _Coding(zlib.compress, ("deflate",)),
    "bare": _Coding(_bare, ("deflate",)),
    "x-gzip": _Coding(_gzip, ("x-gzip",)),
    "twice": _Coding(lambda data: _gzip(_gzip(data)), ("gzip, gzip",)),
    "two-lines": _Coding(lambda data: _gzip(zlib.compress(data)), ("deflate", "gzip")),
    "without-trailer": _Coding(lambda data: _gzip(data)[:-8], ("gzip",)),
    "wrong-checksum": _Coding(lambda data: _gzip(data)[:-8] + bytes(8), ("gzip",)),
    "wrong-length": _Coding(gzip.compress, ("gzip",), has_length_of_picture=True),
    "with-junk": _Coding(lambda data: _gzip(data) + b"<!-- served -->" * 9, ("gzip",)),
    "br": _Coding(_brotli, ("br",)),
    "charset": _Coding(_plain, ("utf-8",)),
    "type": _Coding(_plain, ("image/jpeg",)),
    "none": _Coding(_plain, ("none",)),
    "blank": _Coding(_plain, ("",)),
    "unknown": _Coding(_plain, ("x-holiday",)),
    # From here on, browsers show nothing.
    "said-twice": _Coding(_gzip, ("gzip, gzip",)),
    "blank-beside": _Coding(_gzip, ("", "gzip")),
    "identity-beside": _Coding(_gzip, ("gzip, identity",)),
    "charset-beside": _Coding(_gzip, ("utf-8", "gzip")),
    "only-said": _Coding(_plain, ("gzip",)),
    "only-said-br": _Coding(_plain, ("br",)),
    "unsaid": _Coding(_gzip),
    "only-blank-said": _Coding(_gzip, ("",)),
    "compress": _Coding(lambda data: b"\x1f\x9d\x90" + data[10:], ("compress",)),
    "damaged": _Coding(lambda data: _gzip(data)[:10] + b"\xff" * 99, ("gzip",)),
}
"""What hosts do to pictures, by the name in a URL."""


@behaviour("coded")
def coded(exchange: Exchange) -> None:
    """`/coded/NAME/FILE`: the picture, packed and said to be so as `CODINGS` has it."""
    (name,) = exchange.arguments or ("",)
    if name not in CODINGS:
        raise BadLink(f"write /coded/NAME/FILE, with one of {', '.join(CODINGS)}")
    coding = CODINGS[name]
    data = picture(exchange)
    body = coding.pack(data)
    length = len(data if coding.has_length_of_picture else body)
    lines = "".join(f"Content-Encoding: {line}\r\n" for line in coding.lines)
    exchange.keep = exchange.keep and length == len(body)
    kept = "keep-alive" if exchange.keep else "close"
    head = (
        f"HTTP/1.1 200 OK\r\nContent-Type: {content_type(exchange)}\r\n{lines}"
        f"Content-Length: {length}\r\nConnection: {kept}\r\n\r\n"
    )
    exchange.send(head.encode("latin-1") + body)


@behaviour("packed-for-its-way")
def packed_for_its_way(exchange: Exchange) -> None:
    """`/packed-for-its-way/FILE`: the picture, packed and then cut in one chunk."""
    body = _gzip(picture(exchange))
    told = {"Content-Type": content_type(exchange), "Transfer-Encoding": "gzip, chunked"}
    exchange.head(200, told)
    exchange.send(b"%x\r\n%b\r\n0\r\n\r\n" % (len(body), body))
