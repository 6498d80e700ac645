"""The Wayback Machine: what it has captured, and how often it lets itself be asked."""

from __future__ import annotations

import math
import re
import threading
import time
from datetime import datetime, timedelta
from typing import Callable, NamedTuple
from urllib.parse import unquote_to_bytes

from .exchange import Exchange

_ASKED = re.compile(r"/web/([0-9]{14})id_/(.+)")
_FORM = "%Y%m%d%H%M%S"
_ORIGIN = re.compile(r"https?://(www\.)?", re.IGNORECASE)
_NEVER = b"<html><body>The Wayback Machine has not archived that URL.</body></html>\n"

LISTED = "20130907041525"
"""When it has captured the lists."""


class Patience(NamedTuple):
    """How many requests it takes before it asks for a rest, and for how many seconds."""

    requests: float = math.inf
    rest: int = 1


class Capture(NamedTuple):
    """What a URL answered at one time."""

    time: str
    body: bytes
    status: int = 200
    location: str = ""


class Archive:
    """Answers requests for captures: `/web/TIMEid_/URL`, TIME in 14 digits.

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
    """

    def __init__(self, listed_at: Callable[[str], Capture | None]) -> None:
        self.patience = Patience()
        self.heedless = 0
        self._listed_at = listed_at
        self._captures: dict[str, list[Capture]] = {}
        self._lock = threading.Lock()
        self._taken = 0
        self._rests_until = 0.0

    def keep(
        self,
        url: str,
        body: bytes = b"",
        time: str = "20100521123456",
        status: int = 200,
        location: str = "",
    ) -> None:
        """Have a capture of a URL, which is as a list holds it."""
        capture = Capture(time, body, status, location)
        self._captures.setdefault(_key(url), []).append(capture)

    def be_patient(self, patience: Patience) -> None:
        """Have another patience from now on, without any request to count yet."""
        with self._lock:
            self.patience = patience
            self._taken = 0
            self._rests_until = 0.0

    def answer(self, exchange: Exchange) -> None:
        """Answer one request."""
        if self._is_tired():
            exchange.answer(429, b"", headers={"Retry-After": str(self.patience.rest)})
            return
        asked = _ASKED.fullmatch(exchange.request.target)
        captures = self._of(asked.group(2)) if asked else []
        if not asked or not captures:
            exchange.answer(404, _NEVER, "text/html")
            return
        nearest = min(captures, key=lambda each: _between(each.time, asked.group(1)))
        if nearest.time != asked.group(1):
            exchange.redirect(f"/web/{nearest.time}id_/{asked.group(2)}")
        elif nearest.location:
            exchange.redirect(f"/web/{nearest.time}id_/{nearest.location}", nearest.status)
        else:
            exchange.answer(nearest.status, nearest.body)

    def _of(self, url: str) -> list[Capture]:
        host, slash, target = _ORIGIN.sub("", url).partition("/")
        listed = self._listed_at(slash + target) if host == "image-net.org" else None
        return [listed] if listed else self._captures.get(_key(url), [])

    def _is_tired(self) -> bool:
        with self._lock:
            now = time.monotonic()
            if now < self._rests_until:
                self.heedless += 1
                return True
            self._taken += 1
            if self._taken <= self.patience.requests:
                return False
            self._taken = 0
            self._rests_until = now + self.patience.rest
            return True


def _key(url: str) -> str:
    """Return what tells one URL from others: not its scheme, nor a "www."."""
    return _ORIGIN.sub("", unquote_to_bytes(url.encode("latin-1")).decode("latin-1"))


def _between(one: str, other: str) -> timedelta:
    return abs(datetime.strptime(one, _FORM) - datetime.strptime(other, _FORM))
