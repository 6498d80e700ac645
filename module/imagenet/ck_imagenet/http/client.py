"""The client: a URL in, an answer or one typed failure out, within bounds of time and size."""

from __future__ import annotations

import math
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Container, Iterable, Iterator, Mapping, NamedTuple

from .. import USER_AGENT
from ..core import urls
from ..core.actions import PER_HOST
from ..core.errors import BadInput
from ..core.outcomes import Failed, Outcome, Postponed, come_back
from ..core.text import printable
from ..images.decoding import MOST_BYTES
from . import answers, codings
from .address_policy import PUBLIC_ONLY, AddressPolicy
from .answers import Answer, Body
from .connections import Budget, Connector, Limits, spend
from .request_state import RequestState, tokens
from .resolver import Resolver, lookup_with_overrides
from .retry import Spacing
from .transport import Adapter, AsFailed, Proxies, Request, Response, Stale

USUAL_LIMITS = Limits()

_NO_SPACINGS: Mapping[str, Spacing] = MappingProxyType({})

_ROBOTS = ("X-Robots-Tag", "X-Archive-Orig-X-Robots-Tag")
"""Headers with what an owner says of a picture, now or when an archive captured it."""

_ACCEPT = "image/jpeg,image/png,image/gif,image/*;q=0.5,*/*;q=0.1"
"""What is accepted, the formats of 2011 first: else some hosts convert the picture to a format of
today. Web pages are not named: else Photobucket gives a page instead of the picture."""


class _Asked(NamedTuple):
    """An address that was asked, and its answer, which is not a redirect."""

    address: urls.Address
    response: Response


class Client:
    """Asks for URLs, from any number of threads, over connections that are reused.

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
        Whether a picture is refused whose host does not want it to be used for training.
    per_host : int
        Connections that are kept open for each host.
    follow : bool
        Whether `ask` follows redirects at once that stay on their host.
    paced : container of str
        Endpoints whose redirects `ask` never follows at once: each is a request with a turn.
    busy : container of int
        Statuses that mean "come later" even if the host does not say when.
    spacings : mapping of str to Spacing, optional
        By endpoint, what each request waits for; not for callers with a queue of hosts.
    token : str
        Where the tokens are that `open` sends to hosts, as `tokens` has it.

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
        token: str = "",
    ) -> None:
        self._follows = follow
        self._paced = paced
        self._busy = busy
        self._spacings = spacings
        self._token = token
        self._policy = policy
        self._limits = limits
        self._proxies = Proxies()
        self._connector = Connector(resolver or Resolver(), policy)
        self._adapter = Adapter(self._connector, per_host)
        self._product = answers.product(user_agent) if obey_opt_out else None
        self._headers = {
            "User-Agent": _checked_user_agent(user_agent),
            "Accept": _ACCEPT,
            "Accept-Encoding": "identity",
        }

    @property
    def reached(self) -> bool:
        """Whether any host could be connected to: if so, there is a network."""
        return self._connector.reached

    def fetch(self, url: str) -> Body:
        """Return the whole answer to `url`; raise Failed if there is none."""
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
            Seconds within which the host has answered before; if few, this attempt may be short.

        Returns
        -------
        Body or None
            None after a redirect to another host, or one that `ask` does not follow at once.

        Raises
        ------
        Failed
            If there is no successful answer.
        Postponed
            If this process has no room for it now; the time is not counted.
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
            budget = Budget(self._limits, state.spent)  # the attempt does not count
            raise
        finally:
            state.spent = budget.spent

    def sends_token(self, url: str) -> bool:
        """Say whether the host of a URL is told who asks, if it is opened."""
        return RequestState(url).authorize(tokens(self._token))

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
        """Give the answer to `url`, after all redirects, while its body is read.

        Parameters
        ----------
        url : str
            As a list holds it.
        most_bytes : int
            A larger answer fails as TOO_LARGE.
        limits : Limits, optional
            Limits of time that apply where the client's own are not longer, for large answers.
        start : int
            The first byte that is wanted; `Answer.start` tells which one comes first.
        version : str
            `Answer.version` of the bytes before; a host with a new version sends all of it.
        unpack : bool
            Whether to undo content codings; else the bytes come as they are sent.

        Raises
        ------
        Failed
            Whatever goes wrong, here or while the body is read.
        """
        state = RequestState(url)
        state.authorize(tokens(self._token))
        budget = Budget(limits.or_longer(self._limits) if limits else self._limits)
        headers = self._headers.copy()
        if start:
            headers["Range"] = f"bytes={start}-"
            if version and not version.startswith(
                "W/"
            ):  # weak ones may not be used here (RFC 9110, 13.1.5)
                headers["If-Range"] = version
        asked = None
        try:
            while not asked:
                with suppress(Postponed):
                    asked = self._follow(state, budget, headers)
            with self._answer(asked, most_bytes, start, unpack=unpack) as answer:
                yield answer
        except Failed as failed:
            failed.detail = state.without_login(failed.detail)
            raise

    def close(self) -> None:
        """Close all connections; open requests fail at once."""
        self._connector.shut_down()
        self._adapter.close()

    def _follow(
        self, state: RequestState, budget: Budget, headers: dict[str, str]
    ) -> _Asked | None:
        """Ask, and follow redirects; None when one leads to another host."""
        address = state.address()
        while True:
            self._wait_for_turn(address.endpoint, budget)
            spend(budget)
            response = self._ask(address, {**headers, **state.headers_for(address)})
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

    def _ask(self, address: urls.Address, headers: dict[str, str]) -> Response:
        proxy = self._proxies.proxy_for(address)
        if proxy:
            self._policy.check_unresolved(address.host, address.port)
        request = Request(address, headers, proxy)
        with AsFailed(Outcome.REFUSED):
            while True:
                with suppress(Stale):  # each time with one open connection fewer
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
        """Give a successful answer, and release its connection in the end."""
        response = asked.response
        is_captured = urls.is_capture(response.headers)
        try:
            start = answers.body_start(response, wanted, self._busy)
            self._check_opt_out(response)
            expected = answers.part_that_is_whole(response) if not start else None
            length = response.length
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

    def _check_opt_out(self, response: Response) -> None:
        if self._product is None:
            return
        tags = [tag for name in _ROBOTS for tag in response.headers.getlist(name)]
        if tags and answers.opted_out(tags, self._product):
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
    token: str = ""
    """Where the tokens are for hosts that want one."""
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
            token=self.token,
            **wishes,
        )


def _checked_user_agent(user_agent: str) -> str:
    """Return a user agent as it is; raise BadInput if no header can hold it."""
    if not (user_agent.strip() and user_agent.isascii() and user_agent.isprintable()):
        raise BadInput(
            f'--user-agent="{user_agent}" cannot be sent: write who you are in ASCII, for example '
            '--user-agent="my-study/1.0 (+https://example.org/my-study)"'
        )
    return user_agent
