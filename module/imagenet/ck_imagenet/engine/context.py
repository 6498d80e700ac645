"""What a run asks with, made from its options."""

from __future__ import annotations

from functools import lru_cache
from types import MappingProxyType
from typing import Callable, Iterable, Mapping, NamedTuple

from .. import USER_AGENT
from ..core import known_hosts, urls
from ..core.actions import PER_HOST, WAYBACK_SERVICE, DownloadOptions
from ..http.address_policy import AddressPolicy
from ..http.client import Client, Spacing
from ..http.connections import Limits
from ..http.resolver import Resolver, lookup_with_overrides
from ..storage.paces import Learned
from ..storage.store import Store
from .host import Start
from .link import Task
from .rate_limiter import USUAL_BACK_OFF, BackOff
from .recorder import Recorder

# What a crawl works with, and with whom.


class CrawlSettings(NamedTuple):
    """How to crawl."""

    jobs: int = 32
    """Connections at once."""
    retry: int = 2
    """Further attempts after the first."""
    per_host: int = PER_HOST
    """Connections to one host at once."""
    back_off: BackOff = USUAL_BACK_OFF
    """How long a busy host is left alone."""
    start: Callable[[str], Start] = lambda host: Start()
    """What is known of a host's pace before it is asked."""
    domain: Callable[[str], str] = lambda host: ""
    """What hosts have in common that belong together; nothing if they are alone."""
    successors: Callable[[str], list[str]] = lambda url: []
    """Under which addresses the picture of a link may be today, since its host has changed."""
    is_altered: Callable[[str], bool] = lambda url: False
    """Whether who gave a picture is known to alter what it gives."""
    archive: str = WAYBACK_SERVICE
    """The service whose captures of pictures are known by their address."""
    follow: Callable[[str], str] = lambda address: address
    """Where a redirect is followed to; raises Failed if nowhere."""


class CrawlContext(NamedTuple):
    """What a crawl works with."""

    client: Client
    store: Store
    recorder: Recorder
    settings: CrawlSettings


class Peers:
    """Others from whom tasks may come; by default there are none.

    Attributes
    ----------
    at_work : bool
        Whether there are tasks elsewhere, which may come here.
    """

    at_work = False

    def hand_over(self, task: Task) -> bool:
        """Take a task that a redirect has led to another host, if that is another's; say so."""
        return False

    def ask_for_more(self) -> None:
        """Ask for tasks, since there will soon be connections to spare."""


_MOST_HOSTS = 10_000
"""Hosts of which is remembered what is known of them."""

_NOTHING: Mapping[str, Learned] = MappingProxyType({})

_WAYBACK_BACK_OFF = BackOff(first=57, longest=300, is_patient=False, least=60)
"""It shuts out for an hour who does not heed what it says; a minute is what it means by nothing."""

_SLOW = 60.0
"""Seconds that an archive may take for one URL."""


def fetcher(options: DownloadOptions, trusted: Iterable[str] = ()) -> Client:
    """Return what asks for pictures; raise BadInput if the options cannot be used.

    What the user names himself is trusted: exactly its host and port.
    """
    guard = AddressPolicy.allowing(options.allow_private)
    for address in trusted:
        guard = guard.trusting_url(address)
    return Client(
        guard,
        Limits.within(options.timeout),
        Resolver(lookup_with_overrides(options.resolve)),
        user_agent=options.user_agent or USER_AGENT,
        obey_opt_out=not options.ignore_opt_out,
        per_host=options.per_host,
        follow=not options.sleep,  # which lies between these requests too
        paced={urls.endpoint(options.wayback_service)},
    )


def wayback_fetcher(options: DownloadOptions) -> Client:
    """Return what asks for pictures from the Wayback Machine, which takes its time."""
    return Client(
        AddressPolicy.allowing(options.allow_private).trusting_url(options.wayback_service),
        Limits.within(max(_SLOW, options.timeout)),
        Resolver(lookup_with_overrides(options.resolve)),
        user_agent=options.user_agent or USER_AGENT,
        obey_opt_out=not options.ignore_opt_out,
        per_host=options.per_host,
        paced={urls.endpoint(options.wayback_service)},
        busy=(420, 429),
    )


def wayback_spacing(options: DownloadOptions) -> Spacing:
    """Return what leaves time between two requests to the Wayback Machine, for all of a run."""
    paces = known_hosts.parse_paces(options.pace)
    given = known_hosts.given_pace(paces, urls.endpoint(options.wayback_service))
    return Spacing(max(options.sleep, 1 / (given or urls.WAYBACK_PACE)))


def manner(
    options: DownloadOptions,
    learned: Mapping[str, Learned] = _NOTHING,
    spacing: Spacing | None = None,
) -> CrawlSettings:
    """Return how to crawl, given what was learnt of hosts, and the Wayback Machine's spacing."""
    return CrawlSettings(
        options.jobs,
        options.retry,
        options.per_host,
        start=_starts(options, learned, spacing or wayback_spacing(options)),
        domain=lru_cache(_MOST_HOSTS)(urls.registrable_domain),
        successors=lambda url: successors_of(options, url),
        is_altered=lambda url: not options.no_known_hosts and known_hosts.is_altered(url),
        archive=options.wayback_service,
    )


def successors_of(options: DownloadOptions, url: str) -> list[str]:
    """Return under which addresses the picture of a link may be today, if that is to count."""
    return [] if options.no_known_hosts else known_hosts.successors(url)


def known_paces(
    options: DownloadOptions, learned: Mapping[str, Learned]
) -> Callable[[str], tuple[str, float] | None]:
    """Return what tells of a host how many requests a second it gives, if that is known.

    With the name of its service, or its own.
    """
    starts = _starts(options, learned, wayback_spacing(options))

    def pace(endpoint: str) -> tuple[str, float] | None:
        start = starts(endpoint)
        return (start.service or endpoint, start.learned.rate) if start.learned else None

    return pace


def _starts(
    options: DownloadOptions, learned: Mapping[str, Learned], spacing: Spacing
) -> Callable[[str], Start]:
    """Return what tells at which pace each host is asked first, the Wayback Machine by its spacing.

    What the user says counts before what was learnt, and that before what others have seen.
    """
    paces = known_hosts.parse_paces(options.pace)
    archive = urls.endpoint(options.wayback_service)
    of_archive = Start(spacing=spacing, back_off=_WAYBACK_BACK_OFF)

    @lru_cache(_MOST_HOSTS)
    def start(endpoint: str) -> Start:
        if endpoint == archive:
            return of_archive
        known = None if options.no_known_hosts else known_hosts.known_host(endpoint)
        service = known.service if known else ""
        given = known_hosts.given_pace(paces, endpoint)
        gap = max(options.sleep, 1 / given if given else 0.0)
        pace = given or (known.pace if known else None)
        begin = Learned(pace, 1, 0.0) if pace else None
        begin = begin if given else learned.get(service or endpoint, begin)
        return Start(service, Spacing(gap) if gap else None, begin)

    return start
