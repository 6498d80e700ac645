"""How picture hosts behave, well and badly: one function each, found by its name in the URL.

A URL is `http://HOST/BEHAVIOUR/ARGUMENTS/FILE`: `/good/0123.jpg`, `/slow/2.5/0125.jpg`. So any
test can write one by hand. The functions stand in files by theme, which are imported here.
"""

from __future__ import annotations

from . import (
    answers,
    changed,
    codings,
    heads,
    lies,
    rationing,
    redirects,
    serving,
    spelling,
    stalls,
    statuses,
    visitors,
)
from .exchange import BadLink, Exchange
from .redirects import PLACEHOLDER_PATH, redirecting_to
from .registry import BEHAVIOURS

__all__ = ["BEHAVIOURS", "PLACEHOLDER_PATH", "THEMES", "behave", "redirecting_to"]

THEMES = (
    serving,
    statuses,
    rationing,
    lies,
    stalls,
    redirects,
    spelling,
    heads,
    changed,
    answers,
    codings,
    visitors,
)
"""The modules whose functions are found here."""


def behave(exchange: Exchange) -> None:
    """Answer as the URL says; raise BadLink if it says nothing known."""
    name = exchange.segments[0]
    if name not in BEHAVIOURS:
        raise BadLink(f'no behaviour is called "{name}"; there are {", ".join(sorted(BEHAVIOURS))}')
    BEHAVIOURS[name](exchange)
