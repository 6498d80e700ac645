"""Behaviours that answer 200 with something else than the picture, or with less or more of it."""

from __future__ import annotations

from . import pictures
from .exchange import Exchange
from .registry import behaviour, content_type, half, picture

_PARKED_PAGE = b"""<!DOCTYPE html>
<html><head><title>This domain is for sale</title></head>
<body><h1>This domain is for sale</h1><p>Related searches: fish, ponds, fishing tackle</p></body>
</html>
"""
_ERROR_PAGE = b"""<html><head><title>404 Not Found</title></head>
<body><h1>Not Found</h1><p>The requested URL was not found on this server.</p></body></html>
"""
_DRAWING = b"""<?xml version="1.0"?>
<svg xmlns="http://www.w3.org/2000/svg" width="500" height="375"><circle r="90"/></svg>
"""


@behaviour("pw")
@behaviour("placeholder")
def placeholder(exchange: Exchange) -> None:
    """`/placeholder/FILE`, and where Flickr's redirect leads: the placeholder itself."""
    exchange.answer(200, pictures.placeholder(), "image/png")


@behaviour("unlisted")
def unlisted(exchange: Exchange) -> None:
    """`/unlisted/FILE`: a placeholder that no list names."""
    exchange.answer(200, pictures.unlisted_placeholder(), "image/jpeg")


@behaviour("parked")
def parked(exchange: Exchange) -> None:
    """`/parked/FILE`: the page of a domain for sale."""
    exchange.answer(200, _PARKED_PAGE, "text/html; charset=utf-8")


@behaviour("parked-as-jpeg")
def parked_as_jpeg(exchange: Exchange) -> None:
    """`/parked-as-jpeg/FILE`: the same page, called a picture."""
    exchange.answer(200, _PARKED_PAGE, "image/jpeg")


@behaviour("error-page")
def error_page(exchange: Exchange) -> None:
    """`/error-page/FILE`: a page that says 404, with status 200."""
    exchange.answer(200, _ERROR_PAGE, "text/html")


@behaviour("text")
def text(exchange: Exchange) -> None:
    """`/text/FILE`: a line of text."""
    exchange.answer(200, b"Direct linking to pictures is not allowed.\n", "text/plain")


@behaviour("svg")
def svg(exchange: Exchange) -> None:
    """`/svg/FILE`: a drawing, which is no picture of pixels."""
    exchange.answer(200, _DRAWING, "image/svg+xml")


@behaviour("pixel")
def pixel(exchange: Exchange) -> None:
    """`/pixel/FILE`: a GIF of 1x1 pixel, as trackers use it."""
    exchange.answer(200, pictures.pixel(), "image/gif")


@behaviour("gigapixel")
def gigapixel(exchange: Exchange) -> None:
    """`/gigapixel/FILE`: a small PNG or JPEG, by the extension, that says it is of a gigapixel."""
    exchange.answer(200, pictures.gigapixel(exchange.request.path), content_type(exchange))


@behaviour("empty")
def empty(exchange: Exchange) -> None:
    """`/empty/FILE`: 200 and nothing."""
    exchange.answer(200, b"", content_type(exchange))


@behaviour("cut")
def cut(exchange: Exchange) -> None:
    """`/cut/FILE`: half a picture, with the Content-Length of that half."""
    exchange.answer(200, half(exchange), content_type(exchange))


@behaviour("broken")
def broken(exchange: Exchange) -> None:
    """`/broken/FILE`: begins and ends like a JPEG and is none."""
    jpeg = pictures.picture("any.jpg")
    exchange.answer(200, jpeg[:20] + b"no picture " * 2000 + jpeg[-2:], "image/jpeg")


@behaviour("garbage")
def garbage(exchange: Exchange) -> None:
    """`/garbage/FILE`: bytes that are no HTTP, then the end."""
    exchange.hang_up()
    exchange.send(b"SSH-2.0-OpenSSH_5.3\r\n" + bytes(range(256)))


@behaviour("big-head")
def big_head(exchange: Exchange) -> None:
    """`/big-head/FILE`: 1 MB of headers before the picture."""
    filling = {f"X-Filling-{line}": "x" * 8192 for line in range(128)}
    exchange.answer(200, picture(exchange), content_type(exchange), filling)
