"""Behaviours that send the client elsewhere: to the picture, to a placeholder, into the woods."""

from __future__ import annotations

from typing import Callable
from urllib.parse import quote

from .exchange import BadLink, Exchange
from .registry import BEHAVIOURS, behaviour, content_type, picture

PLACEHOLDER_PATH = "/pw/images/en-us/photo_unavailable.png"
"""Where Flickr keeps the picture that says that a photo is gone."""

FORBIDDEN_ADDRESS = "127.9.9.9"
"""Where nobody may come who minds the narrower networks that a practice web allows."""

SPELLINGS = {
    "dotted": FORBIDDEN_ADDRESS,
    "decimal": str(0x7F090909),
    "hexadecimal": hex(0x7F090909),
    "octal": "0177.011.011.011",
    "short": "127.592137",
    "mapped": f"[::ffff:{FORBIDDEN_ADDRESS}]",
    "mapped-hexadecimal": "[::ffff:7f09:909]",
    "name": "inside.practice",
}
"""The ways to write that address."""


@behaviour("flickr")
def flickr(exchange: Exchange) -> None:
    """`/flickr/FILE`: a redirect to the placeholder, as Flickr does for a deleted photo."""
    exchange.redirect(f"http://{exchange.host}{PLACEHOLDER_PATH}")


def moving(name: str, location: Callable[[str, str], str], status: int = 302) -> None:
    """Register what redirects `/NAME/FILE` to `location(HOST, FILE)`, where a good picture is."""

    def moved(exchange: Exchange) -> None:
        file = exchange.request.target.partition(f"/{name}/")[2]
        exchange.redirect(location(exchange.host, file), status)

    moved.__doc__ = f"`/{name}/FILE`: a redirect to {location('HOST', 'FILE')!a}."
    BEHAVIOURS[name] = moved


moving("moved", lambda host, file: f"/good/moved/{file}", 301)
moving("moved-absolute", lambda host, file: f"http://{host}/good/moved-absolute/{file}")
moving("moved-aside", lambda host, file: f"../good/moved-aside/{file}", 303)
moving("moved-across", lambda host, file: f"//{host}/good/moved-across/{file}", 307)
moving("moved-to-spaces", lambda host, file: f"/good/my holiday pictures/{file}", 308)
moving("moved-to-latin-1", lambda host, file: f"/good/caf\xe9/{file}")
moving("moved-to-utf-8", lambda host, file: f"http://{host}/good/caf\xc3\xa9/{file}")


@behaviour("across")
def across(exchange: Exchange) -> None:
    """`/across/HOST/ANY/PATH`: a redirect to `http://HOST/ANY/PATH`."""
    if len(exchange.arguments) < 2:
        raise BadLink("write /across/HOST/ANY/PATH")
    path = exchange.request.target.split("/", 3)[3]
    exchange.redirect(f"http://{exchange.arguments[0]}/{path}")


@behaviour("hops")
def hops(exchange: Exchange) -> None:
    """`/hops/N/FILE`: N redirects, in turn relative and absolute, to `/good/hops/FILE`."""
    try:
        (left,) = map(int, exchange.arguments)
    except ValueError:
        raise BadLink("write /hops/N/FILE") from None
    file = exchange.request.target.rpartition("/")[2]
    path = f"/hops/{left - 1}/{file}" if left > 1 else f"/good/hops/{file}"
    exchange.redirect(path if left % 2 else f"http://{exchange.host}{path}")


@behaviour("loop")
def loop(exchange: Exchange) -> None:
    """`/loop/FILE`: a redirect to itself."""
    exchange.redirect(exchange.request.target)


@behaviour("circle")
def circle(exchange: Exchange) -> None:
    """`/circle/FILE`: a redirect to `/circle/back/FILE`, and from there to here."""
    file = exchange.request.target.rpartition("/")[2]
    exchange.redirect(f"/circle/{file}" if exchange.arguments else f"/circle/back/{file}")


@behaviour("nowhere")
def nowhere(exchange: Exchange) -> None:
    """`/nowhere/FILE`: a redirect without a Location."""
    exchange.answer(302)


@behaviour("unfollowed")
def unfollowed(exchange: Exchange) -> None:
    """`/unfollowed/STATUS/FILE`: the picture, with a status for redirects; 300 with a Location."""
    status = exchange.arguments[0] if exchange.arguments else ""
    if status not in ("300", "301", "302", "303", "307", "308"):
        raise BadLink("write /unfollowed/STATUS/FILE, with a status of 300 to 303, 307 or 308")
    lines = {"Location": "/gone/0.jpg"} if status == "300" else {}
    exchange.answer(int(status), picture(exchange), content_type(exchange), lines)


@behaviour("to")
def to(exchange: Exchange) -> None:
    """`/to/TARGET/FILE`: a redirect to any target, percent-encoded with its slashes as %2F."""
    if len(exchange.arguments) != 1:
        raise BadLink("write /to/TARGET/FILE, with the slashes in TARGET as %2F")
    exchange.redirect(exchange.arguments[0])


@behaviour("inside")
def inside(exchange: Exchange) -> None:
    """`/inside/SPELLING/FILE`: a redirect to the forbidden host (`SPELLINGS`), same port."""
    spelling = exchange.arguments[0] if exchange.arguments else ""
    if spelling not in SPELLINGS:
        raise BadLink(f"write /inside/SPELLING/FILE; spellings are {', '.join(SPELLINGS)}")
    port = exchange.host.rpartition(":")[2]
    exchange.redirect(f"http://{SPELLINGS[spelling]}:{port}/good/inside.jpg")


def redirecting_to(target: str, file: str = "0.jpg") -> str:
    """Return the path that redirects to `target`, whatever that is."""
    return f"{redirecting_folder(target)}/{file}"


def redirecting_folder(target: str) -> str:
    """Return the same without the file's name."""
    return f"/to/{quote(target, safe='', encoding='latin-1')}"
