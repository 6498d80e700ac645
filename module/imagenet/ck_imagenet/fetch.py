"""One URL: `requests`, deadlines, limits, and one typed failure."""

from __future__ import annotations

import socket
import ssl
from contextlib import contextmanager, suppress
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from http.client import HTTPException, IncompleteRead
from typing import Iterator, NamedTuple

import requests
from requests.structures import CaseInsensitiveDict
from urllib3.exceptions import DecodeError, HTTPError, InvalidHeader

from . import PROJECT, __version__, urls
from .addresses import PUBLIC_ONLY, Guard
from .connections import Adapter, Budget, Limits, Network, Stale, spend
from .outcomes import Failed, Outcome
from .placeholders import is_placeholder_address
from .resolve import Resolver

USER_AGENT = f"ck-imagenet/{__version__} (+{PROJECT})"

MOST_BYTES = 32 * 2**20
"""Bytes of one answer; ImageNet's largest picture has about half as many."""

MOST_REDIRECTS = 6
USUAL_LIMITS = Limits()
_CHUNK = 65_536
_WORTH_READING = 16_384
_PARTING = Limits(connect=0, silence=0.2, whole=0.2)
"""For the rest of an answer that nobody needs: about what a new connection costs."""


class Answer(NamedTuple):
    """A successful answer: the address that gave it, after all redirects, and its body."""

    url: str
    chunks: Iterator[bytes]


class Body(NamedTuple):
    """All bytes of a successful answer, and the address that gave them."""

    url: str
    data: bytes


class Fetcher:
    """Asks for URLs, from as many threads as like, over connections that are kept.

    Parameters
    ----------
    guard : Guard
        Which addresses may be asked.
    limits : Limits
        How long a peer may take.
    resolver : Resolver, optional
        Knows the addresses of hosts; by default it asks the machine's own.
    """

    def __init__(
        self,
        guard: Guard = PUBLIC_ONLY,
        limits: Limits = USUAL_LIMITS,
        resolver: Resolver | None = None,
    ) -> None:
        self._limits = limits
        self._network = Network(resolver or Resolver(), guard)
        self._adapter = Adapter(self._network)
        self._headers = {
            "User-Agent": USER_AGENT,
            "Accept": "image/*,*/*;q=0.5",
            "Accept-Encoding": "identity",
        }

    @property
    def reached(self) -> bool:
        """Whether any host could be connected to yet: if so, there is a network."""
        return self._network.reached

    def fetch(self, url: str) -> Body:
        """Return what `url` answers, wholly; raise Failed if that is not to be had."""
        with self.open(url, MOST_BYTES) as answer:
            return Body(answer.url, b"".join(answer.chunks))

    @contextmanager
    def open(
        self,
        url: str,
        most_bytes: int,
        limits: Limits | None = None,
    ) -> Iterator[Answer]:
        """Give the answer to `url` while its body is read.

        Parameters
        ----------
        url : str
            As a list holds it.
        most_bytes : int
            What is larger fails as TOO_LARGE.
        limits : Limits, optional
            Others than the fetcher's own.

        Raises
        ------
        Failed
            Whatever goes wrong, here or while the body is read.
        """
        with _failures():
            address, response = self._follow(url, Budget(limits or self._limits))
        try:
            yield _answer(address, response, most_bytes)
        finally:
            _release(response)

    def close(self) -> None:
        """Close all connections; requests that are under way fail at once."""
        self._network.shut_down()
        self._adapter.close()

    def _follow(self, url: str, budget: Budget) -> tuple[str, requests.Response]:
        """Ask, and ask where the answer points to, until it is no redirect."""
        seen = set()
        for _ in range(MOST_REDIRECTS + 1):
            address = urls.parse(url)
            if is_placeholder_address(address.url):
                raise Failed(Outcome.PLACEHOLDER, address.url)
            if address.url in seen:
                raise Failed(Outcome.REDIRECTS, f"in a circle: {address.url}")
            seen.add(address.url)
            spend(budget)
            response = self._ask(address)
            if response.status_code not in (301, 302, 303, 307, 308):
                return address.url, response
            location = response.headers.get("Location")
            _release(response)
            if not location:
                raise Failed(Outcome.REDIRECTS, f"{response.status_code} without a Location")
            url = urls.join(address.url, location)
        raise Failed(Outcome.REDIRECTS, f"more than {MOST_REDIRECTS}, last to {url}")

    def _ask(self, address: urls.Address) -> requests.Response:
        """Send one request the short way: a session would prepare, merge and log each."""
        request = requests.PreparedRequest()
        request.method, request.url = "GET", address.url
        request.headers = CaseInsensitiveDict(self._headers)
        request.hooks = {"response": []}
        while True:
            with suppress(Stale):  # each time with one kept connection less
                return self._adapter.send(request, stream=True)


def _answer(url: str, response: requests.Response, most_bytes: int) -> Answer:
    status = response.status_code
    if status != 200:
        raise Failed(_outcome_of(status), str(status), _retry_after(response))
    length: int | None = response.raw.length_remaining
    if length and length > most_bytes:
        raise Failed(Outcome.TOO_LARGE, f"{length} bytes announced")
    return Answer(url, _chunks(response, most_bytes))


def _chunks(response: requests.Response, most_bytes: int) -> Iterator[bytes]:
    total = 0
    with _failures(begun=True):
        while True:
            chunk = response.raw.read(_CHUNK, decode_content=True)
            if not chunk:
                break
            total += len(chunk)
            if total > most_bytes:
                raise Failed(Outcome.TOO_LARGE, f"more than {most_bytes} bytes")
            yield chunk
        if response.raw.length_remaining:
            raise Failed(Outcome.CUT_SHORT, f"{response.raw.length_remaining} bytes missing")


def _release(response: requests.Response) -> None:
    """Keep the connection if little of its answer is left to read, else close it."""
    raw = response.raw
    spend(Budget(_PARTING))
    try:
        if raw.length_remaining is not None and raw.length_remaining <= _WORTH_READING:
            raw.read()
            raw.release_conn()
        elif raw.isclosed():
            raw.release_conn()
    except (HTTPError, HTTPException, OSError):
        pass  # and so it is closed
    raw.close()


def _outcome_of(status: int) -> Outcome:
    if status in (404, 410):
        return Outcome.GONE
    if status in (401, 402, 403, 451):
        return Outcome.FORBIDDEN
    if status in (429, 503):
        return Outcome.BUSY
    return Outcome.SERVER_ERROR if status >= 500 else Outcome.HTTP_ERROR


def _retry_after(response: requests.Response) -> float:
    """Return the seconds of Retry-After, given as such or as a date (RFC 9110, 10.2.3)."""
    text = response.headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    try:
        date = parsedate_to_datetime(text)
        return max(0.0, (date - datetime.now(timezone.utc)).total_seconds())
    except (TypeError, ValueError, IndexError, OverflowError):
        return 0.0


@contextmanager
def _failures(begun: bool = False) -> Iterator[None]:
    """Turn whatever the layers below raise into one typed failure."""
    try:
        yield
    except Failed:
        raise
    except (requests.RequestException, HTTPError, HTTPException, OSError, ValueError) as error:
        raise _named(error, begun) from None


def _named(error: BaseException, begun: bool) -> Failed:
    """Return the failure that a chain of wrapped exceptions comes from."""
    causes = list(_chain(error))
    for cause in causes:
        if isinstance(cause, Failed):
            return cause
    outcome = Outcome.CUT_SHORT if begun else Outcome.REFUSED
    for kinds, meant in _MEANINGS:
        if any(isinstance(cause, kinds) for cause in causes):
            outcome = meant
            break
    if outcome is Outcome.SILENT and begun:
        outcome = Outcome.STALLED
    return Failed(outcome, str(causes[-1]) or type(causes[-1]).__name__)


# RemoteDisconnected is a BadStatusLine too: the order matters.
_MEANINGS = (
    ((socket.timeout, TimeoutError), Outcome.SILENT),
    ((ssl.SSLCertVerificationError,), Outcome.BAD_CERTIFICATE),
    ((ConnectionResetError, BrokenPipeError, IncompleteRead), Outcome.CUT_SHORT),
    ((ssl.SSLEOFError, ssl.SSLZeroReturnError), Outcome.CUT_SHORT),
    ((ssl.SSLError,), Outcome.NOT_HTTP),
    ((HTTPException, InvalidHeader, DecodeError), Outcome.NOT_HTTP),
)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception and all that it wraps, as cause, context, argument or reason."""
    pending, seen = [error], set()
    while pending:
        error = pending.pop(0)
        if isinstance(error, BaseException) and id(error) not in seen:
            seen.add(id(error))
            yield error
            pending += [error.__cause__, error.__context__, getattr(error, "reason", None)]
            pending += [item for item in error.args if isinstance(item, BaseException)]
