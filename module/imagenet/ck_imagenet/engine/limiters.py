"""Which hosts share a rate limiter: those of one service, and those that ration together."""

from __future__ import annotations

from random import Random
from typing import Callable, Iterator, Mapping

from .host import Host, HostProfile, Task
from .rate_limiter import RateLimiter
from .rations import BackOff

SAME_TIME = 10.0
"""Seconds within which two hosts refuse at the same time."""

_MOST_REMEMBERED = 10_000
"""Hosts of which is remembered where they redirect to."""


class Limiters:
    """The rate limiters of hosts.

    Parameters
    ----------
    back_off : BackOff
        How long a host is left alone that asks to come later.
    profile, domain : callable
        What is known of a host before it is asked, and what hosts have in common that belong
        together: nothing if they are alone.
    random : Random
        Spreads the back-offs.
    """

    def __init__(
        self,
        back_off: BackOff,
        profile: Callable[[str], HostProfile],
        domain: Callable[[str], str],
        random: Random,
    ) -> None:
        self._back_off = back_off
        self._profile = profile
        self._domain = domain
        self._random = random
        self._services: dict[str, RateLimiter] = {}
        self._redirects: dict[str, str] = {}

    def of(self, name: str) -> RateLimiter:
        """Return the limiter of a host that is met: that of its service, else a new one."""
        profile = self._profile(name)
        if profile.service in self._services:
            return self._services[profile.service]
        back_off = profile.back_off or self._back_off
        limiter = RateLimiter(back_off, profile.spacing, profile.learned, self._random)
        if profile.service:
            self._services[profile.service] = limiter
        return limiter

    def redirects_to(self, name: str, target: str) -> None:
        """Take note that a host redirects to another: they may ration together.

        Parameters
        ----------
        name, target : str
            The host that redirects, and where to.
        """
        if len(self._redirects) < _MOST_REMEMBERED:
            self._redirects[name] = target

    def pace_together(self, name: str, hosts: Mapping[str, Host[Task]], now: float) -> None:
        """Pace a host that refuses with others that do so too and seem to belong to it.

        Parameters
        ----------
        name : str
            The host.
        hosts : mapping of str to Host
            All hosts, by name.
        now : float
            The time.
        """
        host = hosts[name]
        for other_name in list(self._related(name, hosts)):
            other = hosts[other_name]
            if other.limiter is host.limiter or now - other.refused_at > SAME_TIME:
                continue
            gone = other.limiter
            host.limiter.merge(gone)
            for member in gone.members:
                hosts[member].limiter = host.limiter
            for service, limiter in self._services.items():
                if limiter is gone:
                    self._services[service] = host.limiter

    def _related(self, name: str, hosts: Mapping[str, Host[Task]]) -> Iterator[str]:
        """Yield the hosts of the same domain, and those that lead to it or to which it leads."""
        domain, target = self._domain(name), self._redirects.get(name)
        for other, host in hosts.items():
            if (other != name and host.limiter.is_rationed) and (
                (domain and self._domain(other) == domain)
                or other == target
                or self._redirects.get(other) == name
            ):
                yield other
