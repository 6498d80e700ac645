"""How picture hosts behave, well and badly: one function each, found by its name in the URL.

A URL is `http://HOST/BEHAVIOUR/ARGUMENTS/FILE`: `/good/0123.jpg`, `/slow/2.5/0125.jpg`. So any
test can write one by hand.
"""

from __future__ import annotations

import math
from typing import Callable
from urllib.parse import quote

from . import pictures
from .exchange import BadLink, Exchange

Behaviour = Callable[[Exchange], None]
"""Answers one request, well or badly."""

BEHAVIOURS: dict[str, Behaviour] = {}
"""Every behaviour by its name."""

PLACEHOLDER_PATH = "/pw/images/en-us/photo_unavailable.png"
"""Where Flickr keeps the picture that says that a photo is gone."""

_PARKED_PAGE = b"""<!DOCTYPE html>
<html><head><title>This domain is for sale</title></head>
<body><h1>This domain is for sale</h1><p>Related searches: fish, ponds, fishing tackle</p></body>
</html>
"""


def behave(exchange: Exchange) -> None:
    """Answer as the URL says; raise BadLink if it says nothing known."""
    name = exchange.segments[0]
    if name not in BEHAVIOURS:
        raise BadLink(f'no behaviour is called "{name}"; there are {", ".join(sorted(BEHAVIOURS))}')
    BEHAVIOURS[name](exchange)


def _behaviour(name: str) -> Callable[[Behaviour], Behaviour]:
    def register(function: Behaviour) -> Behaviour:
        BEHAVIOURS[name] = function
        return function

    return register


@_behaviour("good")
def good(exchange: Exchange) -> None:
    """`/good/ANY/FOLDERS/FILE`: the picture."""
    exchange.answer(200, _picture(exchange), _content_type(exchange))


@_behaviour("slow")
def slow(exchange: Exchange) -> None:
    """`/slow/SECONDS/FILE`: the picture, after a while."""
    exchange.wait(_number(exchange))
    good(exchange)


@_behaviour("gone")
def gone(exchange: Exchange) -> None:
    """`/gone/FILE`: 404 and a page that says so."""
    exchange.answer(404, b"<html><body><h1>Not Found</h1></body></html>\n", "text/html")


@_behaviour("flickr")
def flickr(exchange: Exchange) -> None:
    """`/flickr/FILE`: a redirect to the placeholder, as Flickr does for a deleted photo."""
    exchange.redirect(f"http://{exchange.host}{PLACEHOLDER_PATH}")


@_behaviour("pw")
@_behaviour("placeholder")
def placeholder(exchange: Exchange) -> None:
    """`/placeholder/FILE`, and where Flickr's redirect leads: the placeholder itself."""
    exchange.answer(200, pictures.placeholder(), "image/png")


@_behaviour("parked")
def parked(exchange: Exchange) -> None:
    """`/parked/FILE`: the page of a domain for sale."""
    exchange.answer(200, _PARKED_PAGE, "text/html; charset=utf-8")


@_behaviour("parked-as-jpeg")
def parked_as_jpeg(exchange: Exchange) -> None:
    """`/parked-as-jpeg/FILE`: the same page, called a picture."""
    exchange.answer(200, _PARKED_PAGE, "image/jpeg")


@_behaviour("truncated")
def truncated(exchange: Exchange) -> None:
    """`/truncated/FILE`: half of what Content-Length announces, then the end."""
    whole = _picture(exchange)
    exchange.hang_up()
    exchange.answer(200, whole[: len(whole) // 2], _content_type(exchange), length=len(whole))


@_behaviour("cut")
def cut(exchange: Exchange) -> None:
    """`/cut/FILE`: half a picture, with the Content-Length of that half."""
    whole = _picture(exchange)
    exchange.answer(200, whole[: len(whole) // 2], _content_type(exchange))


@_behaviour("broken")
def broken(exchange: Exchange) -> None:
    """`/broken/FILE`: begins and ends like a JPEG and is none."""
    jpeg = pictures.picture("any.jpg")
    exchange.answer(200, jpeg[:20] + b"no picture " * 2000 + jpeg[-2:], "image/jpeg")


@_behaviour("empty")
def empty(exchange: Exchange) -> None:
    """`/empty/FILE`: 200 and nothing."""
    exchange.answer(200, b"", _content_type(exchange))


@_behaviour("busy")
def busy(exchange: Exchange) -> None:
    """`/busy/FILE`: always 503; `/busy/TIMES/FILE`: so many times, then the picture."""
    _refuse_at_first(exchange, 503)


@_behaviour("limited")
def limited(exchange: Exchange) -> None:
    """`/limited/FILE`: always 429; `/limited/TIMES/FILE`: so many times, then the picture."""
    _refuse_at_first(exchange, 429)


@_behaviour("silent")
def silent(exchange: Exchange) -> None:
    """`/silent/FILE`: takes the request and never answers."""
    exchange.wait(None)


@_behaviour("moved")
def moved(exchange: Exchange) -> None:
    """`/moved/FILE`: a relative redirect to the picture `/good/moved/FILE`."""
    exchange.redirect(f"/good{exchange.request.target}", 301)


@_behaviour("moved-absolute")
def moved_absolute(exchange: Exchange) -> None:
    """`/moved-absolute/FILE`: an absolute redirect to the picture `/good/moved-absolute/FILE`."""
    exchange.redirect(f"http://{exchange.host}/good{exchange.request.target}")


@_behaviour("loop")
def loop(exchange: Exchange) -> None:
    """`/loop/FILE`: a redirect to itself."""
    exchange.redirect(exchange.request.target)


@_behaviour("to")
def to(exchange: Exchange) -> None:
    """`/to/TARGET/FILE`: a redirect to any target, percent-encoded with its slashes as %2F."""
    if len(exchange.arguments) != 1:
        raise BadLink("write /to/TARGET/FILE, with the slashes in TARGET as %2F")
    exchange.redirect(exchange.arguments[0])


def redirecting_to(target: str, file: str = "0.jpg") -> str:
    """Return the path that redirects to `target`, whatever that is."""
    return f"/to/{quote(target, safe='', encoding='latin-1')}/{file}"


def _refuse_at_first(exchange: Exchange, status: int) -> None:
    times = _number(exchange) if exchange.arguments else math.inf
    if exchange.visit > times:
        good(exchange)
    else:
        exchange.answer(status, b"later\n")


def _number(exchange: Exchange) -> float:
    """Return the one argument, a number not below 0."""
    try:
        (text,) = exchange.arguments
        number = float(text)
        if 0 <= number < math.inf:
            return number
    except ValueError:
        pass
    raise BadLink(f"{exchange.request.target}: one number is needed between the name and the file")


def _picture(exchange: Exchange) -> bytes:
    return pictures.picture(exchange.request.path)


def _content_type(exchange: Exchange) -> str:
    return pictures.content_type(exchange.request.path)
