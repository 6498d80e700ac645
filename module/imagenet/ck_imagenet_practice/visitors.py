"""Behaviours that give the picture to who tells them the right thing: a cookie, a password."""

from __future__ import annotations

from base64 import b64encode

from . import pictures
from .exchange import BadLink, Exchange
from .registry import behaviour, content_type
from .serving import good

LOGIN = "me:se%40cret"
"""What a URL holds before its host for a picture behind a password."""

_LOGIN = f"Basic {b64encode(b'me:se@cret').decode()}"


@behaviour("cookie")
def cookie(exchange: Exchange) -> None:
    """`/cookie/FILE`: a redirect to itself that sets a cookie; the picture to who tells it."""
    if _tells(exchange, "human=1"):
        good(exchange)
    else:
        _set(exchange, exchange.request.target, "human=1")


@behaviour("consent")
def consent(exchange: Exchange) -> None:
    """`/consent/FILE`: a redirect to where a cookie is set, and back; a picture to who tells it."""
    file = exchange.request.target.rpartition("/")[2]
    if exchange.arguments:
        _set(exchange, f"/consent/{file}", "consent=yes; Path=/consent")
    elif _tells(exchange, "consent=yes"):
        good(exchange)
    else:
        exchange.redirect(f"/consent/ask/{file}")


@behaviour("visa")
def visa(exchange: Exchange) -> None:
    """`/visa/HOST/FILE`: a redirect to `/gate/` of that host, which knows who sends."""
    other, file = _other(exchange)
    exchange.redirect(f"http://{other}/gate/{exchange.host}/{file}")


@behaviour("gate")
def gate(exchange: Exchange) -> None:
    """`/gate/HOST/FILE`: the picture to who tells a cookie; else it is set, and back to `/visa`."""
    other, file = _other(exchange)
    if _tells(exchange, "seen=here"):
        exchange.answer(200, pictures.picture(f"/visa/{file}"), content_type(exchange))
    else:
        _set(exchange, f"http://{other}/visa/{exchange.host}/{file}", "seen=here; Path=/gate")


@behaviour("deaf")
def deaf(exchange: Exchange) -> None:
    """`/deaf/FILE`: a redirect to itself that sets the same cookie each time, told or not."""
    _set(exchange, exchange.request.target, "followed=yes; Path=/")


@behaviour("forgetful")
def forgetful(exchange: Exchange) -> None:
    """`/forgetful/FILE`: a redirect to itself that sets another cookie each time, for ever."""
    _set(exchange, exchange.request.target, f"session={exchange.visit}; Path=/")


@behaviour("password")
def password(exchange: Exchange) -> None:
    """`/password/FILE`: the picture to who tells `LOGIN`, and 401 to others."""
    if exchange.request.headers.get("authorization") == _LOGIN:
        good(exchange)
    else:
        exchange.answer(401, headers={"WWW-Authenticate": 'Basic realm="pictures"'})


@behaviour("password-moved")
def password_moved(exchange: Exchange) -> None:
    """`/password-moved/FILE`: a redirect to `/password/FILE` of the same host."""
    exchange.redirect("../password/" + exchange.request.target.rpartition("/")[2])


@behaviour("stranger")
def stranger(exchange: Exchange) -> None:
    """`/stranger/FILE`: the picture, but 400 to who tells a password or a cookie of others."""
    headers = exchange.request.headers
    if "authorization" in headers or "cookie" in headers:
        exchange.answer(400)
    else:
        good(exchange)


def _other(exchange: Exchange) -> tuple[str, str]:
    """Return the other host of a way to and fro, and the file's name."""
    if len(exchange.arguments) != 1:
        raise BadLink("write /visa/HOST/FILE or /gate/HOST/FILE")
    return exchange.arguments[0], exchange.request.target.rpartition("/")[2]


def _tells(exchange: Exchange, told: str) -> bool:
    return told in exchange.request.headers.get("cookie", "").split("; ")


def _set(exchange: Exchange, location: str, line: str) -> None:
    exchange.answer(302, headers={"Location": location, "Set-Cookie": line})
