"""Where behaviours are known by name, and how they read their arguments."""

from __future__ import annotations

import math
import time
from email.utils import formatdate
from typing import Callable

from . import pictures
from .exchange import BadLink, Exchange

Behaviour = Callable[[Exchange], None]
"""Answers one request, well or badly."""

BEHAVIOURS: dict[str, Behaviour] = {}
"""Every behaviour by its name."""


def behaviour(name: str) -> Callable[[Behaviour], Behaviour]:
    """Register a function as what a URL means whose path begins with `name`."""

    def register(function: Behaviour) -> Behaviour:
        BEHAVIOURS[name] = function
        return function

    return register


def number(exchange: Exchange, default: float | None = None) -> float:
    """Return the one argument, a number not below 0, or the default if there is none."""
    if default is not None and not exchange.arguments:
        return default
    try:
        (text,) = exchange.arguments
        given = float(text)
        if 0 <= given < math.inf:
            return given
    except ValueError:
        pass
    raise BadLink(f"{exchange.request.target}: one number is needed between the name and the file")


def retry_after(text: str) -> dict[str, str]:
    """Return the headers for `after-2` or `date-2`, none for ""; raise ValueError for others."""
    if not text:
        return {}
    form, _, seconds = text.partition("-")
    if form == "after":
        return {"Retry-After": str(int(seconds))}
    if form == "date":
        now = time.time()
        date, later = (formatdate(each, usegmt=True) for each in (now, now + int(seconds)))
        return {"Date": date, "Retry-After": later}
    raise ValueError(text)


def picture(exchange: Exchange) -> bytes:
    """Return the picture that lives at the path that was asked."""
    return pictures.picture(exchange.request.path)


def half(exchange: Exchange) -> bytes:
    """Return the first half of that picture."""
    whole = picture(exchange)
    return whole[: len(whole) // 2]


def content_type(exchange: Exchange) -> str:
    """Return its Content-Type."""
    return pictures.content_type(exchange.request.path)
