"""One URL: `requests`, deadlines, limits, and one typed failure."""

from __future__ import annotations

import math
import re
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from types import MappingProxyType
from typing import Container, Iterator, Mapping, NamedTuple

from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse

from .. import USER_AGENT
from ..errors import BadInput
from ..outcomes import Failed, Outcome, Postponed, come_back
from ..pictures.bounds import MOST_BYTES
from ..wording import printable
from . import bodies, captures, dates, failures, optout, redirects, urls
from .adapter import Adapter, Request, Stale
from .addresses import PUBLIC_ONLY, Guard
from .connections import Budget, Limits, Network, spend
from .environment import Proxies
from .gate import Gate
from .hosts import PER_HOST
from .journey import Journey
from .resolve import Resolver

USUAL_LIMITS = Limits()

BUSY = (420, 429, 503)
"""Statuses with which a host asks to come later."""

_NO_GATES: Mapping[str, Gate] = MappingProxyType({})

_ROBOTS = ("X-Robots-Tag", "X-Archive-Orig-X-Robots-Tag")
"""What an owner says of a picture, now or when an archive captured it."""


class Answer(NamedTuple):
    """A successful answer: the address that gave it, after all redirects, and its body."""

    url: str
    chunks: Iterator[bytes]
    start: int = 0
    """How many bytes of the whole come before the body."""
    size: int | None = None
    """How many bytes the whole has, if that is told and it comes as it is, not packed."""
    version: str = ""
    """What tells the whole from what may be there another time, if anything does."""
    is_captured: bool = False
    """Whether an archive has given it, as it once captured it."""


class Body(NamedTuple):
    """All bytes of a successful answer, and the address that gave them."""

    url: str
    data: bytes
    is_captured: bool = False
    """Whether an archive has given it, as it once captured it."""


class _Asked(NamedTuple):
    """An address that was asked, and its answer, which is no redirect."""

    address: urls.Address
    response: HTTPResponse


class Fetcher:
    """Asks for URLs, from as many threads as like, over connections that are kept.

    It goes through the proxies that the environment names, and closes its resolver in the end.

    Parameters
    ----------
    guard : Guard
        Which addresses may be asked.
    limits : Limits
        How long a peer may take.
    resolver : Resolver, optional
        Knows the addresses of hosts; by default it asks the machine's own.
    user_agent : str
        Who asks.
    obey_opt_out : bool
        Whether a picture whose host does not want it to be used for training is left there.
    per_host : int
        Connections that are kept for each host.
    follow : bool
        Whether `ask` follows redirects that stay on their host at once.
    busy : container of int
        Statuses with which hosts ask to come later even if they do not say when.
    gates : mapping of str to Gate, optional
        Where each request waits for its turn, by endpoint: for who has no queue of hosts.

    Raises
    ------
    BadInput
        If `user_agent` cannot be used.
    """

    def __init__(
        self,
        guard: Guard = PUBLIC_ONLY,
        limits: Limits = USUAL_LIMITS,
        resolver: Resolver | None = None,
        *,
        user_agent: str = USER_AGENT,
        obey_opt_out: bool = True,
        per_host: int = PER_HOST,
        follow: bool = True,
        busy: Container[int] = BUSY,
        gates: Mapping[str, Gate] = _NO_GATES,
    ) -> None:
        self._follows = follow
        self._busy = busy
        self._gates = gates
        self._guard = guard
        self._limits = limits
        self._proxies = Proxies()
        self._network = Network(resolver or Resolver(), guard)
        self._adapter = Adapter(self._network, per_host)
        self._obeyed_as = optout.product(user_agent) if obey_opt_out else None
        self._headers = CaseInsensitiveDict(
            {
                "User-Agent": _fit_for_a_header(user_agent),
                "Accept": "image/*,*/*;q=0.5",
                "Accept-Encoding": "identity",
            }
        )

    @property
    def reached(self) -> bool:
        """Whether any host could be connected to yet: if so, there is a network."""
        return self._network.reached

    def fetch(self, url: str) -> Body:
        """Return what `url` answers, wholly; raise Failed if that is not to be had."""
        journey = Journey(url)
        while True:
            with suppress(Postponed):
                body = self.ask(journey)
                if body:
                    return body

    def ask(self, journey: Journey, usual: float = math.inf) -> Body | None:
        """Ask a journey's host, and follow its redirects as long as they stay there.

        Parameters
        ----------
        journey : Journey
            What is to be asked.
        usual : float
            Seconds within which the host has answered others: this attempt may be a hasty one.

        Returns
        -------
        Body or None
            None if the journey now leads to another host, or a redirect is not to be followed.

        Raises
        ------
        Failed
            If nothing is to be had.
        Postponed
            If there is no room for it now; that time is not counted.
        """
        budget = Budget(self._limits.hasty(usual), journey.spent)
        try:
            asked = self._follow(journey, budget, self._headers)
            if not asked:
                return None
            with self._answer(asked, MOST_BYTES) as answer:
                return Body(answer.url, bodies.whole(answer.chunks), answer.is_captured)
        except Postponed:
            budget = Budget(self._limits, journey.spent)  # as if it had not been asked
            raise
        finally:
            journey.spent = budget.spent

    @contextmanager
    def open(
        self,
        url: str,
        most_bytes: int,
        limits: Limits | None = None,
        start: int = 0,
        *,
        version: str = "",
        unpack: bool = True,
    ) -> Iterator[Answer]:
        """Give the answer to `url` while its body is read, from whichever host has it.

        Parameters
        ----------
        url : str
            As a list holds it.
        most_bytes : int
            What is larger fails as TOO_LARGE.
        limits : Limits, optional
            Others than the fetcher's own.
        start : int
            The first byte that is wanted; whether it is the first that comes, the answer tells.
        version : str
            Of an earlier answer: if the host has another one now, it is given from its beginning.
        unpack : bool
            Whether to unpack what comes packed; else the bytes are those that the host keeps.

        Raises
        ------
        Failed
            Whatever goes wrong, here or while the body is read.
        """
        journey, budget = Journey(url), Budget(limits or self._limits)
        headers = self._headers.copy()
        if start:
            headers["Range"] = f"bytes={start}-"
            if version and not version.startswith("W/"):  # those are for other questions
                headers["If-Range"] = version
        asked = None
        while not asked:
            with suppress(Postponed):
                asked = self._follow(journey, budget, headers)
        with self._answer(asked, most_bytes, start, unpack) as answer:
            yield answer

    def close(self) -> None:
        """Close all connections; requests that are under way fail at once."""
        self._network.shut_down()
        self._adapter.close()

    def _follow(
        self, journey: Journey, budget: Budget, headers: CaseInsensitiveDict[str]
    ) -> _Asked | None:
        """Ask, and ask where the answer points to; None when that is another host."""
        address = journey.address()
        while True:
            self._wait_for_turn(address.endpoint, budget)
            spend(budget)
            response = self._ask(address, _with(headers, journey.told(address)))
            location = redirects.location(response)
            set_cookies = response.headers.getlist("Set-Cookie")
            if not location:
                journey.hear(address, set_cookies)
                return _Asked(address, response)
            bodies.release(response)
            base, address = address, journey.go_on(address, location, set_cookies)
            if address.endpoint != base.endpoint or not self._follows:
                return None

    def _wait_for_turn(self, endpoint: str, budget: Budget) -> None:
        gate = self._gates.get(endpoint)
        if gate:
            rest = gate.rest()
            if rest:
                raise Failed(Outcome.BUSY, come_back(rest), rest)
            budget.leave_out(gate.wait())

    def _ask(self, address: urls.Address, headers: CaseInsensitiveDict[str]) -> HTTPResponse:
        proxy = self._proxies.proxy_for(address)
        if proxy:
            self._guard.check_unresolved(address.host, address.port)
        request = Request(address, headers, proxy)
        with failures.named(Outcome.REFUSED):
            while True:
                with suppress(Stale):  # each time with one kept connection less
                    return self._adapter.ask(request)

    @contextmanager
    def _answer(
        self, asked: _Asked, most_bytes: int, wanted: int = 0, unpack: bool = True
    ) -> Iterator[Answer]:
        """Give an answer that holds what was asked for, and let its connection go in the end."""
        response = asked.response
        is_captured = captures.is_capture(response.headers)
        try:
            start = _start(response, wanted, self._busy)
            self._check_opt_out(response)
            length = response.length_remaining
            if length and length > most_bytes:
                raise Failed(Outcome.TOO_LARGE, f"{length} bytes announced")
            unpack = unpack and bodies.is_packed(response)
            size = None if unpack else _size(response, start)
            version = response.headers.get("ETag") or response.headers.get("Last-Modified", "")
            chunks = bodies.chunks(response, most_bytes, unpack)
            yield Answer(asked.address.url, chunks, start, size, version, is_captured)
        except Failed as failed:
            failed.capture = asked.address.url if is_captured else ""
            raise
        finally:
            bodies.release(response)

    def _check_opt_out(self, response: HTTPResponse) -> None:
        if self._obeyed_as is None:
            return
        tags = [tag for name in _ROBOTS for tag in response.headers.getlist(name)]
        if tags and optout.opts_out(tags, self._obeyed_as):
            raise Failed(Outcome.OPTED_OUT, printable(f"X-Robots-Tag: {', '.join(tags)}"))


def _fit_for_a_header(user_agent: str) -> str:
    """Return a user agent as it is; raise BadInput if no request can hold it."""
    if not (user_agent.strip() and user_agent.isascii() and user_agent.isprintable()):
        raise BadInput(
            f'--user-agent="{user_agent}" cannot be sent: write who you are in ASCII, for example '
            '--user-agent="my-study/1.0 (+https://example.org/my-study)"'
        )
    return user_agent


def _with(headers: CaseInsensitiveDict[str], others: dict[str, str]) -> CaseInsensitiveDict[str]:
    """Return headers and others, the former themselves if these are none."""
    if others:
        headers = headers.copy()
        headers.update(others)
    return headers


def _start(response: HTTPResponse, wanted: int, busy: Container[int]) -> int:
    """Return where in the whole a body begins, with its beginning or where it was wanted."""
    if response.status in (200, 203):  # 203 is a proxy's word for 200
        return 0
    if 300 <= response.status < 400 and response.status != 304:  # which has no body
        # Nobody is led elsewhere by it: browsers show what comes with it.
        if response.headers.get("Content-Type", "").lower().startswith("image/"):
            return 0
        if response.status in redirects.FOLLOWED:
            raise Failed(Outcome.REDIRECTS, f"{response.status} without a Location")
    begins = response.headers.get("Content-Range", "").startswith(f"bytes {wanted}-")
    if not (wanted and response.status == 206 and begins):
        raise _refusal(response, busy)
    return wanted


def _size(response: HTTPResponse, start: int) -> int | None:
    """Return how many bytes the whole has of which a body is the rest, or a part."""
    total = response.headers.get("Content-Range", "").rpartition("/")[2]
    if start and re.fullmatch("[0-9]{1,18}", total):
        return int(total)
    return None if response.length_remaining is None else start + response.length_remaining


def _refusal(response: HTTPResponse, busy: Container[int]) -> Failed:
    status = response.status
    outcome = _outcome_of(status)
    if captures.is_capture(response.headers):  # what was so then passes no more
        outcome = outcome if outcome.final else Outcome.HTTP_ERROR
        return Failed(outcome, f"{status} when it was captured")
    sent = response.headers.get("Date", "")
    wishes = response.headers.getlist("Retry-After")
    wish = max((_retry_after(text, sent) for text in wishes), default=0.0)
    if outcome is Outcome.BUSY and not (wish or status in busy):
        outcome = Outcome.SERVER_ERROR
    told = f", {come_back(wish)}" if wish and outcome is Outcome.BUSY else ""
    return Failed(outcome, f"{status}{told}", wish)


def _outcome_of(status: int) -> Outcome:
    if status in (404, 410):
        return Outcome.GONE
    if status in (401, 402, 403, 451):
        return Outcome.FORBIDDEN
    if status in BUSY:
        return Outcome.BUSY
    passes = status >= 500 or status in (408, 425)
    return Outcome.SERVER_ERROR if passes else Outcome.HTTP_ERROR


def _retry_after(text: str, sent: str = "") -> float:
    """Return the seconds of Retry-After, given as such or as a date (RFC 9110, 10.2.3).

    A date is one of the host's clock, and so is the one at which it `sent` that: ours may be wrong.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    until, since = dates.moment(text), dates.moment(sent) or datetime.now(timezone.utc)
    return max(0.0, (until - since).total_seconds()) if until else 0.0
