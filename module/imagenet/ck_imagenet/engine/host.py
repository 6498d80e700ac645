"""One host, what waits for it, and what is known of its pace."""

from __future__ import annotations

import math
from typing import Generic, Mapping, NamedTuple

from ..core.outcomes import Outcome
from ..http.gate import Gate
from ..storage.learned import Learned
from .breaker import CircuitBreaker, State
from .line import Line, Task
from .rate_limiter import BackOff, RateLimiter


class Start(NamedTuple):
    """What is known of a host's pace before it is asked."""

    service: str = ""
    """Hosts with the same one ration together; none if it is the host's own affair."""
    gate: Gate | None = None
    """What leaves time between two requests, if anything does."""
    learned: Learned | None = None
    back_off: BackOff | None = None
    """How long it is left alone that asks to come later, if that is known."""


class Ration(NamedTuple):
    """A host that gives only so much, and what waits for it."""

    host: str
    rate: float
    """Requests a second that it gives; 0 if that is not known yet."""
    waiting: int
    rest: float
    """Seconds until it is asked again, 0 if it is being asked."""


class Host(Generic[Task]):
    __slots__ = (
        "breaker",
        "busy",
        "forget_at",
        "in_turn",
        "limiter",
        "outcome",
        "refused_at",
        "reminded_at",
        "retries",
        "slowest",
        "waiting",
    )

    def __init__(self, limiter: RateLimiter) -> None:
        self.waiting: Line[Task] = Line()
        self.busy = 0
        self.retries: set[int] = set()
        self.slowest = 0.0
        self.breaker = CircuitBreaker()
        self.limiter = limiter
        self.in_turn = False
        self.outcome = Outcome.HOST_DOWN
        self.refused_at = -math.inf
        self.reminded_at = self.forget_at = math.inf

    @property
    def is_given_up(self) -> bool:
        return self.breaker.state is State.GIVEN_UP

    @property
    def is_doubtful(self) -> bool:
        """Whether what it can start next may well end in silence."""
        return self.breaker.is_doubtful or not self.waiting.has_new

    @property
    def in_doubt(self) -> int:
        """How many of its requests may well end in silence."""
        return self.busy if self.breaker.is_doubtful else len(self.retries)

    @property
    def is_plain(self) -> bool:
        """Whether it is idle, and nothing is known of it that would be missed."""
        is_there = self.breaker.state is State.CLOSED and not self.breaker.silences
        return is_there and self.is_idle and not self.limiter.is_rationed

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits for it or is under way."""
        return not (self.waiting or self.busy)


def rations(hosts: Mapping[str, Host[Task]], now: float) -> list[Ration]:
    """Return those that ration and are waited for, the one with most links first.

    What rations together is one of them, under the name of the host for which most waits.
    """
    groups: dict[int, Ration] = {}
    for name, host in hosts.items():
        limiter, waiting = host.limiter, len(host.waiting) + host.busy
        if waiting and limiter.is_rationed:
            rest = max(0.0, limiter.rest_until - now) if limiter.is_resting else 0.0
            one = groups.get(id(limiter))
            if one:
                name = one.host if one.waiting > waiting else name
                waiting += one.waiting
            groups[id(limiter)] = Ration(name, limiter.rate, waiting, rest)
    return sorted(groups.values(), key=lambda ration: -ration.waiting)
