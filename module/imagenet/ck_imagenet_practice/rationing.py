"""Behaviours of hosts that ration what they give, and of hosts that limp."""

from __future__ import annotations

import math
import random
import time
from email.utils import formatdate

from .exchange import BadLink, Exchange
from .rations import Terms, Verdict, read
from .registry import BEHAVIOURS, behaviour, number, retry_after
from .serving import good

_SUSPICIOUS = b"""<!DOCTYPE html>
<html><head><title>Are you human?</title></head>
<body><p>Your IP made too many requests to our servers.</p></body></html>
"""


@behaviour("rationed")
def rationed(exchange: Exchange) -> None:
    """`/rationed/WORDS[/BEHAVIOUR...]/FILE`: the picture, or any other URL, as far as is given.

    The words are those of `rations`, with slashes between: `/rationed/bucket-2-20/after/1.jpg`.
    State is kept by host, or by the name of a ration that hosts share.
    """
    words = exchange.segments[1:-1]
    try:
        terms, used = read(words)
    except (TypeError, ValueError) as error:
        raise BadLink(f"{exchange.request.target}: {error}; see the words of a ration") from None
    if len(words) > used and words[used] not in BEHAVIOURS:
        raise BadLink(f"{words[used]} is no word of a ration, nor a behaviour")
    verdict = exchange.rations.ask(exchange.host, terms)
    if verdict.banned:
        _show_out(exchange, verdict.banned)
    elif not verdict.given:
        later = _later(terms, verdict)
        exchange.answer(terms.status, b"too many requests\n", headers=later)
    elif len(words) > used:
        exchange.enter(1 + used)
        BEHAVIOURS[words[used]](exchange)
    else:
        good(exchange)


@behaviour("flaky")
def flaky(exchange: Exchange) -> None:
    """`/flaky/PERCENT/FILE`: the picture, but 503 to so many of 100 requests, drawn for each.

    The same path is answered in the same order in every practice web.
    """
    drawn = random.Random(f"{exchange.request.path} {exchange.visit}")  # noqa: S311 - no secret
    if drawn.random() * 100 < number(exchange):
        exchange.answer(503, b"try again\n")
    else:
        good(exchange)


def _later(terms: Terms, verdict: Verdict) -> dict[str, str]:
    """Return the Retry-After of a refusal, if it has one."""
    if terms.later == "date":  # the next whole second: one before would be a lie
        when = math.ceil(time.time() + verdict.wait)
        return {"Retry-After": formatdate(when, usegmt=True)}
    if terms.later == "after":
        return retry_after(f"after-{terms.told(verdict.wait)}")
    return retry_after(terms.later)


def _show_out(exchange: Exchange, how: str) -> None:
    """Answer a client that is banned."""
    if how == "silence":
        exchange.wait(None)
    elif how == "reset":
        exchange.reset()
    elif how == "close":
        exchange.hang_up()
    elif how == "page":
        exchange.answer(200, _SUSPICIOUS, "text/html")
    else:
        exchange.answer(int(how), b"not for you\n")
