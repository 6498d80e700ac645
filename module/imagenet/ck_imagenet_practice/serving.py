"""Behaviours that serve the picture, in all the ways in which servers do."""

from __future__ import annotations

import gzip

from . import pictures
from .exchange import BadLink, Exchange
from .registry import behaviour, content_type, number, picture

_CHUNK = 8000


@behaviour("good")
@behaviour("progressive")
@behaviour("cmyk")
@behaviour("grey")
@behaviour("trailing")
@behaviour("unended")
@behaviour("large-text")
@behaviour("large-profile")
@behaviour("damaged-text")
def good(exchange: Exchange) -> None:
    """`/good/ANY/FOLDERS/FILE`: the picture; some names give other forms (`pictures.picture`)."""
    exchange.answer(200, picture(exchange), content_type(exchange))


@behaviour("slow")
def slow(exchange: Exchange) -> None:
    """`/slow/SECONDS/FILE`: the picture, after a while."""
    exchange.wait(number(exchange))
    good(exchange)


@behaviour("wrong-type")
def wrong_type(exchange: Exchange) -> None:
    """`/wrong-type/FILE`: the picture, called a web page."""
    exchange.answer(200, picture(exchange), "text/html")


@behaviour("unmeasured")
def unmeasured(exchange: Exchange) -> None:
    """`/unmeasured/FILE`: the picture without a Content-Length, up to the connection's end."""
    exchange.hang_up()
    exchange.head(200, {"Content-Type": content_type(exchange), "Connection": "close"})
    exchange.send(picture(exchange))


@behaviour("http10")
def http10(exchange: Exchange) -> None:
    """`/http10/FILE`: the same in HTTP/1.0."""
    exchange.hang_up()
    exchange.head(200, {"Content-Type": content_type(exchange)}, version="HTTP/1.0")
    exchange.send(picture(exchange))


@behaviour("chunked")
def chunked(exchange: Exchange) -> None:
    """`/chunked/FILE`: the picture in chunks, with an extension and a trailer as are allowed."""
    body = picture(exchange)
    exchange.head(200, {"Content-Type": content_type(exchange), "Transfer-Encoding": "chunked"})
    for start in range(0, len(body), _CHUNK):
        part = body[start : start + _CHUNK]
        exchange.send(b"%x;part=%d\r\n%b\r\n" % (len(part), start, part))
    exchange.send(b"0\r\nX-Parts: all\r\n\r\n")


@behaviour("gzip")
def gzipped(exchange: Exchange) -> None:
    """`/gzip/FILE`: the picture gzip-encoded, whatever the client accepts."""
    body = gzip.compress(picture(exchange), 1)
    exchange.answer(200, body, content_type(exchange), {"Content-Encoding": "gzip"})


@behaviour("robots")
def robots(exchange: Exchange) -> None:
    """`/robots/TAG/FILE`: the picture with `X-Robots-Tag: TAG`."""
    if len(exchange.arguments) != 1:
        raise BadLink("write /robots/TAG/FILE, with the slashes in TAG as %2F")
    tag = {"X-Robots-Tag": exchange.arguments[0]}
    exchange.answer(200, picture(exchange), content_type(exchange), tag)


@behaviour("mirror")
def mirror(exchange: Exchange) -> None:
    """`/mirror/ANY/FOLDERS/FILE`: the picture `/mirror/FILE`, in any folder and on any host."""
    file = exchange.request.path.rpartition("/")[2]
    exchange.answer(200, pictures.picture(f"/mirror/{file}"), content_type(exchange))
