"""The Wayback Machine's captures: how they are addressed, and what their addresses tell."""

from __future__ import annotations

import re
from datetime import datetime
from functools import lru_cache
from typing import Container

from . import urls
from .errors import BadInput
from .outcomes import Failed, Outcome

PACE = 7.8
"""Requests a second: it bears ten, and asks for no more than eight; some arrive late, the next do
not, and both must not come in one second with seven others."""

_FORM = "%Y%m%d%H%M%S"
_BEGINNING = "00000101000000"
"""Of a year: what a date that is not told in full is completed with."""

_DATE = re.compile("[0-9]{4}(?:[0-9]{2}){0,5}")
_AT_ANY_TIME = re.compile(r"^([0-9]{1,14})(?:[a-z]{2}_)?(?=/)")
_CAPTURE = re.compile(r"([0-9]{14})(?:[a-z]{2}_)?/https?:", re.IGNORECASE)


def moment(date: str) -> str:
    """Return the 14 digits that stand for a date in addresses.

    Parameters
    ----------
    date : str
        A year, or more of a date: `2010`, `2010-05`, `20100521`.

    Raises
    ------
    BadInput
        If there is no such date.
    """
    digits = date.replace("-", "")
    moment = digits + _BEGINNING[len(digits) :]
    try:
        if _DATE.fullmatch(digits) and datetime.strptime(moment, _FORM):
            return moment
    except ValueError:
        pass
    raise BadInput(
        f'--wayback-date="{date}" is no date: write a year, a month or a day, for example '
        "--wayback-date=2010 or --wayback-date=2010-05-21"
    )


def address(archive: str, moment: str, url: str) -> str:
    """Return where the raw bytes are of the capture of `url` that is nearest to a moment.

    Raises
    ------
    Failed
        BAD_URL if there can be none.
    """
    return f"{archive.rstrip('/')}/web/{moment}id_/{urls.parse(url).url}"


@lru_cache(maxsize=8)
def _begin(archive: str) -> str:
    """Return how the addresses of an archive's captures begin."""
    return f"{urls.parse(archive).url.rstrip('/')}/web/"


def within(address: str, archive: str) -> str:
    """Return where a redirect of an archive is followed to: it names its own addresses in any way.

    That is where the raw bytes are of the capture that it leads to, and not a page around them.

    Raises
    ------
    Failed
        REDIRECTS if it leads to anything else than a capture: what is there now is none.
    """
    begin = _begin(archive)
    _, _, place = begin.partition("://")
    scheme, _, rest = address.partition("://")
    if scheme in ("http", "https") and rest.startswith(place):
        return begin + _AT_ANY_TIME.sub(r"\1id_", rest[len(place) :])
    raise Failed(Outcome.REDIRECTS, address)


def is_capture(headers: Container[str]) -> bool:
    """Say whether an answer is what an archive has captured, not its own (RFC 7089, 2.1.1)."""
    return "Memento-Datetime" in headers


def time_of(address: str, archive: str) -> str:
    """Return when the capture at an address was made, as records hold times; else nothing.

    Parameters
    ----------
    address : str
        What has been asked at last: as any host may write it, if it was one of redirects.
    archive : str
        The service whose captures are believed: those at addresses that begin as its own.
    """
    begin = _begin(archive)
    found = _CAPTURE.match(address, len(begin)) if address.startswith(begin) else None
    try:
        taken = datetime.strptime(found.group(1), _FORM) if found else None
    except ValueError:
        return ""
    return taken.isoformat() + "Z" if taken else ""
