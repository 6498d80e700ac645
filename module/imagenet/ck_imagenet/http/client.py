"""One URL: `requests`, deadlines, limits, and one typed failure."""

from __future__ import annotations

import math
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Container, Iterable, Iterator, Mapping, NamedTuple

from requests.structures import CaseInsensitiveDict
from urllib3 import HTTPResponse

from .. import USER_AGENT
from ..core import urls
from ..core.actions import PER_HOST
from ..core.errors import BadInput
from ..core.outcomes import Failed, Outcome, Postponed, come_back
from ..core.text import printable
from ..images.decoding import MOST_BYTES
from . import answers, codings, connections
from .address_policy import PUBLIC_ONLY, AddressPolicy
from .connections import Budget, Connector, Limits, spend
from .request_state import RequestState
from .resolver import Resolver, lookup_with_overrides
from .retry import Spacing
from .transport import Adapter, Proxies, Request, Stale

USUAL_LIMITS = Limits()

_NO_SPACINGS: Mapping[str, Spacing] = MappingProxyType({})

_ROBOTS = ("X-Robots-Tag", "X-Archive-Orig-X-Robots-Tag")
"""What an owner says of a picture, now or when an archive captured it."""

_WISHES = "image/jpeg,image/png,image/gif,image/*;q=0.5,*/*;q=0.1"
"""The formats of 2011 first: else some hosts give a copy in a format of today, and not the picture
as it was. A web page is not named: Photobucket gives it instead."""


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


class Client:
    """Asks for URLs, from as many threads as like, over connections that are kept.

    It goes through the proxies that the environment names, and closes its resolver in the end.

    Parameters
    ----------
    policy : AddressPolicy
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
    paced : container of str
        Endpoints whose redirects it does not follow so in any case: each counts as a request.
    busy : container of int
        Statuses with which hosts ask to come later even if they do not say when.
    spacings : mapping of str to Spacing, optional
        Where each request waits for its turn, by endpoint: for who has no queue of hosts.

    Raises
    ------
    BadInput
        If `user_agent` cannot be used.
    """

    def __init__(
        self,
        policy: AddressPolicy = PUBLIC_ONLY,
        limits: Limits = USUAL_LIMITS,
        resolver: Resolver | None = None,
        *,
        user_agent: str = USER_AGENT,
        obey_opt_out: bool = True,
        per_host: int = PER_HOST,
        follow: bool = True,
        paced: Container[str] = (),
        busy: Container[int] = answers.BUSY,
        spacings: Mapping[str, Spacing] = _NO_SPACINGS,
    ) -> None:
        self._follows = follow
        self._paced = paced
        self._busy = busy
        self._spacings = spacings
        self._policy = policy
        self._limits = limits
        self._proxies = Proxies()
        self._connector = Connector(resolver or Resolver(), policy)
        self._adapter = Adapter(self._connector, per_host)
        self._obeyed_as = answers.product(user_agent) if obey_opt_out else None
        self._headers = CaseInsensitiveDict(
            {
                "User-Agent": _fit_for_a_header(user_agent),
                "Accept": _WISHES,
                "Accept-Encoding": "identity",
            }
        )

    @property
    def reached(self) -> bool:
        """Whether any host could be connected to yet: if so, there is a network."""
        return self._connector.reached

    def fetch(self, url: str) -> Body:
        """Return what `url` answers, wholly; raise Failed if that is not to be had."""
        state = RequestState(url)
        while True:
            with suppress(Postponed):
                body = self.ask(state)
                if body:
                    return body

    def ask(self, state: RequestState, usual: float = math.inf) -> Body | None:
        """Ask the host of a request, and follow its redirects as long as they stay there.

        Parameters
        ----------
        state : RequestState
            What is to be asked; it is changed to what is to be asked next.
        usual : float
            Seconds within which the host has answered others: this attempt may be a hasty one.

        Returns
        -------
        Body or None
            None if the request now leads to another host, or a redirect is not to be followed.

        Raises
        ------
        Failed
            If nothing is to be had.
        Postponed
            If there is no room for it now; that time is not counted.
        """
        budget = Budget(self._limits.first_attempt(usual), state.spent)
        try:
            asked = self._follow(state, budget, self._headers)
            if not asked:
                return None
            with self._answer(asked, MOST_BYTES, is_picture=True) as answer:
                data = codings.unpacked(answers.read_whole(answer.chunks))
                return Body(answer.url, data, answer.is_captured)
        except Postponed:
            budget = Budget(self._limits, state.spent)  # as if it had not been asked
            raise
        finally:
            state.spent = budget.spent

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
            Others than the client's own, where those are not longer: what is large takes its time.
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
        state = RequestState(url)
        budget = Budget(limits.or_longer(self._limits) if limits else self._limits)
        headers = self._headers.copy()
        if start:
            headers["Range"] = f"bytes={start}-"
            if version and not version.startswith("W/"):  # those are for other questions
                headers["If-Range"] = version
        asked = None
        while not asked:
            with suppress(Postponed):
                asked = self._follow(state, budget, headers)
        with self._answer(asked, most_bytes, start, unpack=unpack) as answer:
            yield answer

    def close(self) -> None:
        """Close all connections; requests that are under way fail at once."""
        self._connector.shut_down()
        self._adapter.close()

    def _follow(
        self, state: RequestState, budget: Budget, headers: CaseInsensitiveDict[str]
    ) -> _Asked | None:
        """Ask, and ask where the answer points to; None when that is another host."""
        address = state.address()
        while True:
            self._wait_for_turn(address.endpoint, budget)
            spend(budget)
            response = self._ask(address, _with(headers, state.headers_for(address)))
            location = answers.location(response)
            set_cookies = response.headers.getlist("Set-Cookie")
            if not location:
                state.store_cookies(address, set_cookies)
                return _Asked(address, response)
            answers.release(response)
            base, address = address, state.follow_redirect(address, location, set_cookies)
            is_paced = not self._follows or address.endpoint in self._paced
            if address.endpoint != base.endpoint or is_paced:
                return None

    def _wait_for_turn(self, endpoint: str, budget: Budget) -> None:
        spacing = self._spacings.get(endpoint)
        if spacing:
            rest = spacing.paused_for()
            if rest:
                raise Failed(Outcome.BUSY, come_back(rest), rest)
            budget.exclude(spacing.wait())

    def _ask(self, address: urls.Address, headers: CaseInsensitiveDict[str]) -> HTTPResponse:
        proxy = self._proxies.proxy_for(address)
        if proxy:
            self._policy.check_unresolved(address.host, address.port)
        request = Request(address, headers, proxy)
        with connections.as_failed(Outcome.REFUSED):
            while True:
                with suppress(Stale):  # each time with one kept connection less
                    return self._adapter.ask(request)

    @contextmanager
    def _answer(
        self,
        asked: _Asked,
        most_bytes: int,
        wanted: int = 0,
        *,
        unpack: bool = True,
        is_picture: bool = False,
    ) -> Iterator[Answer]:
        """Give an answer that holds what was asked for, and let its connection go in the end."""
        response = asked.response
        is_captured = urls.is_capture(response.headers)
        try:
            start = answers.body_start(response, wanted, self._busy)
            self._check_opt_out(response)
            expected = answers.part_that_is_whole(response) if not start else None
            length = response.length_remaining
            if length and length > most_bytes:
                raise Failed(Outcome.TOO_LARGE, f"{length} bytes announced")
            packed = codings.codings_of(response.headers) if unpack else []
            size = None if packed else answers.whole_size(response, start)
            version = response.headers.get("ETag") or response.headers.get("Last-Modified", "")
            chunks = answers.body_chunks(
                response, most_bytes, packed, is_picture=is_picture, expected=expected
            )
            yield Answer(asked.address.url, chunks, start, size, version, is_captured)
        except Failed as failed:
            failed.capture = asked.address.url if is_captured else ""
            raise
        finally:
            answers.release(response)

    def _check_opt_out(self, response: HTTPResponse) -> None:
        if self._obeyed_as is None:
            return
        tags = [tag for name in _ROBOTS for tag in response.headers.getlist(name)]
        if tags and answers.opted_out(tags, self._obeyed_as):
            raise Failed(Outcome.OPTED_OUT, printable(f"X-Robots-Tag: {', '.join(tags)}"))


# The one place where clients are made: so no request is without what the user wants of all.


@dataclass(frozen=True)
class Network:
    """The options that every request of a command keeps; proxies come from the environment."""

    user_agent: str = USER_AGENT
    resolve: str = ""
    """Addresses of hosts, instead of what the machine says."""
    allow_private: str = ""
    """What may be asked although it is not public."""
    timeout: float = 20.0
    """Seconds for a picture. What takes longer in any case, such as a list, has at least these."""

    def client(
        self, trusted: Iterable[str] = (), limits: Limits | None = None, **wishes: Any
    ) -> Client:
        """Return a client.

        Parameters
        ----------
        trusted : iterable of str
            Addresses that the user has named himself: exactly their hosts and ports are trusted.
        limits : Limits, optional
            How long a peer may take; by default what `timeout` means.
        **wishes
            What else `Client` takes by name.

        Raises
        ------
        BadInput
            If an option cannot be used.
        """
        policy = AddressPolicy.allowing(self.allow_private)
        for address in trusted:
            policy = policy.trusting_url(address)
        return Client(
            policy,
            limits or Limits.within(self.timeout),
            Resolver(lookup_with_overrides(self.resolve)),
            user_agent=self.user_agent or USER_AGENT,
            **wishes,
        )


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
