"""One host, what waits for it, and what is known of its pace."""

from __future__ import annotations

import math
from typing import Generic, NamedTuple

from ..outcomes import Outcome
from .breaker import CircuitBreaker, State
from .gate import Gate
from .learned import Learned
from .limiter import RateLimiter
from .line import Line, Task


class Start(NamedTuple):
    """What is known of a host's pace before it is asked."""

    service: str = ""
    """Hosts with the same one ration together; none if it is the host's own affair."""
    gate: Gate | None = None
    """What leaves time between two requests, if anything does."""
    learned: Learned | None = None


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
        "waiting",
    )

    def __init__(self, limiter: RateLimiter) -> None:
        self.waiting: Line[Task] = Line()
        self.busy = 0
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
    def is_plain(self) -> bool:
        """Whether it is idle, and nothing is known of it that would be missed."""
        is_there = self.breaker.state is State.CLOSED and not self.breaker.silences
        return is_there and self.is_idle and not self.limiter.is_rationed

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits for it or is under way."""
        return not (self.waiting or self.busy)
