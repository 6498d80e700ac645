"""The Wayback Machine: what it has captured, and how often it lets itself be asked."""

from __future__ import annotations

import math
import re
import threading
import time
from collections import deque
from datetime import datetime, timedelta
from typing import Callable, NamedTuple
from urllib.parse import unquote_to_bytes

from . import mementos
from .exchange import Exchange
from .mementos import Capture

_ASKED = re.compile(r"/web/([0-9]{14})id_/(.+)")
_FORM = "%Y%m%d%H%M%S"
_ORIGIN = re.compile(r"https?://(www\.)?", re.IGNORECASE)
_NEVER = b"<html><body>The Wayback Machine has not archived that URL.</body></html>\n"
_ERRORS = (503, 502, 504, 500)
"""What it answers itself when it fails, in turn."""

LISTED = "20130907041525"
"""When it has captured the lists."""


class Patience(NamedTuple):
    """How many requests it takes before it asks for a rest, and for how many seconds."""

    requests: float = math.inf
    rest: int = 1
    within: float = math.inf
    """Seconds in which so many are too many."""
    says: bool = True
    """Whether its 429 tells how long the rest is."""
    shuts_out: bool = False
    """Whether who asks before a rest is over has his connections refused from then on."""


HARD_LIMIT = Patience(600, rest=60, within=60, says=False, shuts_out=True)
"""As it is: edgi-govdata-archiving/wayback #12, #137; its src/wayback/_http.py."""


class Archive:
    """Answers requests for captures: `/web/TIMEid_/URL`, TIME in 14 digits.

    What it has captured comes with Memento-Datetime, whatever its status is; an answer without is
    its own.

    Parameters
    ----------
    listed_at : callable
        Gives what it has of image-net.org by path and query, or None.

    Attributes
    ----------
    patience : Patience
        How long it lets itself be asked; `be_patient` changes it.
    heedless : int
        Requests that came before a rest was over.
    latency : float
        Seconds that each answer is late.
    """

    def __init__(self, listed_at: Callable[[str], Capture | None]) -> None:
        self.patience = Patience()
        self.heedless = 0
        self.latency = 0.0
        self._listed_at = listed_at
        self._captures: dict[str, list[Capture]] = {}
        self._lock = threading.Lock()
        self._taken: deque[float] = deque()
        self._rests_until = 0.0
        self._shuts_out = False

    def keep(
        self,
        url: str,
        body: bytes = b"",
        time: str = "20100521123456",
        status: int = 200,
        location: str = "",
        form: str = "plain",
        errors: int = 0,
    ) -> None:
        """Have a capture of a URL, which is as a list holds it.

        Parameters
        ----------
        url, body, time, status, location : str, bytes, str, int, str
            What was captured, and when.
        form : str
            How it is given, of `mementos.FORMS`.
        errors : int
            How often the archive itself fails before it gives it.
        """
        capture = Capture(time, body, status, location, form, errors)
        self._captures.setdefault(_key(url), []).append(capture)

    def be_patient(self, patience: Patience) -> None:
        """Have another patience from now on, without any request to count yet."""
        with self._lock:
            self.patience = patience
            self._taken.clear()
            self._rests_until = 0.0
            self._shuts_out = False

    def answer(self, exchange: Exchange) -> None:
        """Answer one request."""
        if self.latency:
            exchange.wait(self.latency)
        tired = self._is_tired()
        if self._shuts_out:
            exchange.reset()
            return
        if tired:
            says = {"Retry-After": str(self.patience.rest)} if self.patience.says else {}
            exchange.answer(429, b"", headers=says)
            return
        asked = _ASKED.fullmatch(exchange.request.target)
        captures = self._of(asked.group(2)) if asked else []
        if not asked or not captures:
            exchange.answer(404, _NEVER, "text/html")
            return
        moment, url = asked.groups()
        nearest = min(captures, key=lambda each: _between(each.time, moment))
        if nearest.time != moment:
            address = f"/web/{nearest.time}id_/{url}"
            reason = f"found capture at {nearest.time}"
            location = mementos.spelled(address, nearest.form, exchange.host)
            exchange.answer(
                302, headers={"Location": location, "x-archive-redirect-reason": reason}
            )
        elif exchange.visit <= nearest.errors:
            exchange.answer(_ERRORS[(exchange.visit - 1) % len(_ERRORS)], b"try again\n")
        elif nearest.location:
            later = self._later(nearest, url, captures)
            location = mementos.spelled(later, nearest.form, exchange.host)
            mementos.give(exchange, nearest, url, location)
        else:
            mementos.give(exchange, nearest, url)

    def _later(self, capture: Capture, url: str, captures: list[Capture]) -> str:
        """Return where an archived redirect leads: one to itself, to what came after it."""
        after = [each.time for each in captures if each.time > capture.time]
        to_itself = _key(capture.location) == _key(url)
        moment = min(after, default=capture.time) if to_itself else capture.time
        return f"/web/{moment}id_/{capture.location}"

    def _of(self, url: str) -> list[Capture]:
        host, slash, target = _ORIGIN.sub("", url).partition("/")
        listed = self._listed_at(slash + target) if host == "image-net.org" else None
        return [listed] if listed else self._captures.get(_key(url), [])

    def _is_tired(self) -> bool:
        with self._lock:
            now = time.monotonic()
            if now < self._rests_until:
                self.heedless += 1
                self._shuts_out = self.patience.shuts_out
                return True
            self._taken.append(now)
            while self._taken[0] <= now - self.patience.within:
                self._taken.popleft()
            if len(self._taken) <= self.patience.requests:
                return False
            self._taken.clear()
            self._rests_until = now + self.patience.rest
            return True


def _key(url: str) -> str:
    """Return what tells one URL from others: not its scheme, nor a "www."."""
    return _ORIGIN.sub("", unquote_to_bytes(url.encode("latin-1")).decode("latin-1"))


def _between(one: str, other: str) -> timedelta:
    return abs(datetime.strptime(one, _FORM) - datetime.strptime(other, _FORM))
