"""Behaviours that are a status: what is gone, what is forbidden, and who asks to come later."""

from __future__ import annotations

import math
import time
from email.utils import formatdate

from .exchange import BadLink, Exchange
from .registry import behaviour, number
from .serving import good

HOLD = 0.05
"""Seconds that a host with a cap holds each request."""


@behaviour("gone")
def gone(exchange: Exchange) -> None:
    """`/gone/FILE`: 404 and a page that says so."""
    exchange.answer(404, b"<html><body><h1>Not Found</h1></body></html>\n", "text/html")


@behaviour("busy")
def busy(exchange: Exchange) -> None:
    """`/busy/FILE`: always 503; `/busy/TIMES/FILE`: so many times, then the picture."""
    _refuse_at_first(exchange, 503, number(exchange, default=math.inf))


@behaviour("limited")
def limited(exchange: Exchange) -> None:
    """`/limited/FILE`: always 429; `/limited/TIMES/FILE`: so many times, then the picture."""
    _refuse_at_first(exchange, 429, number(exchange, default=math.inf))


@behaviour("status")
def status(exchange: Exchange) -> None:
    """`/status/CODE[/TIMES[/RETRY-AFTER]]/FILE`: a status, so many times, then the picture.

    TIMES is a number or `always`; RETRY-AFTER is `after-SECONDS`, or `date-SECONDS` for the date
    of so many seconds later.
    """
    try:
        code, times, later = exchange.arguments + ["always", ""][len(exchange.arguments) - 1 :]
        limit = math.inf if times == "always" else int(times)
        _refuse_at_first(exchange, int(code), limit, _retry_after(later))
    except ValueError:
        raise BadLink("write /status/CODE[/TIMES[/after-SECONDS or date-SECONDS]]/FILE") from None


@behaviour("capped")
def capped(exchange: Exchange) -> None:
    """`/capped/N/FILE`: the picture, but 429 to who asks while the host is busy with N others."""
    seats = int(number(exchange))
    with exchange.seat(seats) as seated:
        if seated:
            exchange.wait(HOLD)
    if seated:
        good(exchange)
    else:
        exchange.answer(429, b"too many at once\n")


def _refuse_at_first(
    exchange: Exchange, code: int, times: float, headers: dict[str, str] | None = None
) -> None:
    if exchange.visit > times:
        good(exchange)
    else:
        exchange.answer(code, b"not now, if ever\n", headers=headers)


def _retry_after(text: str) -> dict[str, str]:
    """Return the header for `after-2` or `date-2`; none for nothing."""
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
