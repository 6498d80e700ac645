"""What a run is asked for, and what it works with, made from that."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Callable, Iterable, Mapping, NamedTuple

from ..core import known_hosts, urls
from ..core.actions import PER_HOST, WAYBACK_SERVICE
from ..http.client import Client, Network
from ..http.connections import Limits
from ..http.retry import Spacing
from ..storage.paces import Learned
from ..storage.store import Store
from .host import HostProfile
from .rations import USUAL_BACK_OFF, BackOff

# Options, by concern: each part of a run takes those that it needs, and no other.


@dataclass(frozen=True)
class Crawl:
    """The options that say how much of a synset is wanted, and how hard to try for it."""

    jobs: int = 32
    """Connections at once."""
    retry: int = 2
    """Further attempts after the first."""
    processes: int | None = None
    """By default as many as pay."""
    patience: float = 15 * 60.0
    """Seconds for which to go on when nothing but hosts that ration is left."""
    offset: int = 0
    """Lines to skip at the beginning of each list."""
    max_images: int | None = None
    """Pictures of a synset to end with, by default all."""
    retry_failed: str = ""
    """Whether to ask again: "yes" for what may have passed, "all"; else nothing."""


@dataclass(frozen=True)
class Politeness:
    """The options that say how gently hosts are asked, and what is heeded of what they want."""

    per_host: int = PER_HOST
    """Connections to one host at once."""
    sleep: float = 0.0
    """Seconds between two requests to one host."""
    pace: str = ""
    """Requests a second at most, as HOST:N with commas between."""
    no_known_hosts: bool = False
    """Whether to do without what is known of hosts."""
    ignore_opt_out: bool = False
    """Whether to take pictures whose hosts forbid their use for training."""


@dataclass(frozen=True)
class Wayback:
    """The options that say whether and how the Wayback Machine is asked for pictures."""

    wayback: bool = False
    """Whether it is."""
    wayback_date: str = "2010"
    """The date near which it took them."""
    wayback_service: str = WAYBACK_SERVICE
    """Its address."""


# How a crawl works.


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
    profile: Callable[[str], HostProfile] = lambda host: HostProfile()
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


_MOST_HOSTS = 10_000
"""Hosts of which is remembered what is known of them."""

_WAYBACK_BACK_OFF = BackOff(first=57, longest=300, is_patient=False, least=60)
"""It shuts out for an hour who does not heed what it says; a minute is what it means by nothing."""

_SLOW = 60.0
"""Seconds that an archive may take for one URL."""


def picture_client(
    network: Network, politeness: Politeness, archive: str, trusted: Iterable[str] = ()
) -> Client:
    """Return what asks hosts for pictures.

    Parameters
    ----------
    network : Network
        What every request keeps.
    politeness : Politeness
        How gently hosts are asked.
    archive : str
        The address of the Wayback Machine, each of whose redirects counts as a request.
    trusted : iterable of str
        Addresses that the user has named himself: exactly their hosts and ports are trusted.

    Raises
    ------
    BadInput
        If an option cannot be used.
    """
    return network.client(
        trusted,
        obey_opt_out=not politeness.ignore_opt_out,
        per_host=politeness.per_host,
        follow=not politeness.sleep,  # which lies between these requests too
        paced={urls.endpoint(archive)},
    )


def wayback_spacing(politeness: Politeness, archive: str) -> Spacing:
    """Return what leaves time between two requests to the Wayback Machine, for all of a run.

    Parameters
    ----------
    politeness : Politeness
        The pace that the user wants.
    archive : str
        The address of the Wayback Machine.
    """
    paces = known_hosts.parse_paces(politeness.pace)
    given = known_hosts.given_pace(paces, urls.endpoint(archive))
    return Spacing(max(politeness.sleep, 1 / (given or urls.WAYBACK_PACE)))


def successors_of(politeness: Politeness, url: str) -> list[str]:
    """Return under which addresses the picture of a link may be today, if that is to count.

    Parameters
    ----------
    politeness : Politeness
        Whether known hosts count.
    url : str
        The link's.
    """
    return [] if politeness.no_known_hosts else known_hosts.successors(url)


def known_paces(
    politeness: Politeness, archive: str, learned: Mapping[str, Learned]
) -> Callable[[str], tuple[str, float] | None]:
    """Return a function that tells a host's service, or its own name, and its pace, if known.

    Parameters
    ----------
    politeness : Politeness
        The paces that the user wants.
    archive : str
        The address of the Wayback Machine.
    learned : mapping of str to Learned
        What was learnt of hosts before; the pace is in requests a second.
    """
    profiles = _host_profiles(politeness, archive, learned, wayback_spacing(politeness, archive))

    def pace(endpoint: str) -> tuple[str, float] | None:
        profile = profiles(endpoint)
        known = profile.learned
        return (profile.service or endpoint, known.rate) if known and known.rate else None

    return pace


def _host_profiles(
    politeness: Politeness, archive: str, learned: Mapping[str, Learned], spacing: Spacing
) -> Callable[[str], HostProfile]:
    """Return what tells at which pace each host is asked first, the Wayback Machine by its spacing.

    What the user says counts before what was learnt, and that before what others have seen.
    """
    paces = known_hosts.parse_paces(politeness.pace)
    archive_endpoint = urls.endpoint(archive)
    of_archive = HostProfile(spacing=spacing, back_off=_WAYBACK_BACK_OFF)

    @lru_cache(_MOST_HOSTS)
    def profile(endpoint: str) -> HostProfile:
        if endpoint == archive_endpoint:
            return of_archive
        known = None if politeness.no_known_hosts else known_hosts.known_host(endpoint)
        service = known.service if known else ""
        given = known_hosts.given_pace(paces, endpoint)
        gap = max(politeness.sleep, 1 / given if given else 0.0)
        pace = given or (known.pace if known else None)
        first_pace = Learned(pace, 1, 0.0) if pace else None
        before = learned.get(service or endpoint)
        if before and not given and (before.rate or not pace):
            first_pace = before
        return HostProfile(service, Spacing(gap) if gap else None, first_pace)

    return profile


class Order(NamedTuple):
    """What every worker of a run is told, in other processes and on other machines too."""

    store: Store
    network: Network
    crawl: Crawl
    politeness: Politeness
    archive: str
    """The address of the Wayback Machine."""
    learned: Mapping[str, Learned]
    """What was learnt of hosts that ration."""

    def client(self) -> Client:
        """Return what asks for pictures."""
        return picture_client(self.network, self.politeness, self.archive)

    def capture_client(self) -> Client:
        """Return what asks the Wayback Machine for pictures, which takes its time."""
        return self.network.client(
            [self.archive],
            Limits.within(max(_SLOW, self.network.timeout)),
            obey_opt_out=not self.politeness.ignore_opt_out,
            per_host=self.politeness.per_host,
            paced={urls.endpoint(self.archive)},
            busy=(420, 429),
        )

    def settings(self, spacing: Spacing | None = None) -> CrawlSettings:
        """Return how to crawl, with the Wayback Machine's spacing if others here ask it too."""
        spacing = spacing or wayback_spacing(self.politeness, self.archive)
        known = not self.politeness.no_known_hosts
        return CrawlSettings(
            self.crawl.jobs,
            self.crawl.retry,
            self.politeness.per_host,
            profile=_host_profiles(self.politeness, self.archive, self.learned, spacing),
            domain=lru_cache(_MOST_HOSTS)(urls.registrable_domain),
            successors=lambda url: successors_of(self.politeness, url),
            is_altered=lambda url: known and known_hosts.is_altered(url),
            archive=self.archive,
        )

    def capture_settings(self, spacing: Spacing) -> CrawlSettings:
        """Return how to ask the Wayback Machine, with no more connections than to any host."""
        return self.settings(spacing)._replace(
            jobs=min(self.crawl.jobs, self.politeness.per_host),
            follow=partial(urls.capture_redirect, archive=self.archive),
        )
