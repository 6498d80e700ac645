"""Whether a host is there at all: a circuit breaker, without threads or sockets.

    closed ── BREAKER silences ──► open ── a short back-off ──► half-open
      ▲                                                             │
      ├───────────────────────── any answer ────────────────────────┤
      │                                     PROBES further silences │
      └──── any answer ──── given up ◄──────────────────────────────┘

A silence counts against the host only if nothing of it has come since that request began; else the
host is there, and the silence is the link's. So what counts are silences in a row. What was under
way when a breaker opened counts no more: only requests that begin afterwards are probes. And of a
host that has answered in this run, only links count that were not met with silence before: a few
that hang for ever, with nothing else left to ask it for, are no sign that it is down.
"""

from __future__ import annotations

import math
from enum import Enum

BREAKER = 3
"""Silences in a row after which a host is left alone for a moment."""

PROBES = 7
"""Further ones after which it is given up: who answers every tenth request loses no link."""

BACK_OFF = 1.0
"""Seconds for which it is left alone."""


class State(Enum):
    """How much a host is trusted."""

    CLOSED = "it is asked as usual"
    OPEN = "it is left alone for a moment"
    HALF_OPEN = "a few requests find out whether it is there"
    GIVEN_UP = "it is not asked any more"


class CircuitBreaker:
    """The breaker of one host. Times are seconds of any one clock."""

    __slots__ = ("_last_answer", "_until", "has_answered", "silences", "state")

    def __init__(self) -> None:
        self.state = State.CLOSED
        self.silences = 0
        self.has_answered = False
        self._last_answer = self._until = -math.inf

    @property
    def is_doubtful(self) -> bool:
        """Whether requests to it may end in silence, as the last one did."""
        return self.silences > 0 and self.state is not State.GIVEN_UP

    @property
    def opens_at(self) -> float:
        """When it may be asked again, of one that is open."""
        return self._until

    def most(self, cap: int, now: float, has_new: bool = True) -> int:
        """Return how many requests may be under way; it is probed when its back-off has passed.

        Where it `has_new`, links wait that have not been asked for; else those that wait are few.
        """
        if self.state is State.OPEN and now >= self._until:
            self.state = State.HALF_OPEN
        if self.state in (State.OPEN, State.GIVEN_UP):
            return 0
        if self.state is State.HALF_OPEN:
            return max(1, min(cap, BREAKER + PROBES - self.silences))
        if self.has_answered:
            return cap
        # Who has not answered holds no more connections than it takes to find out. Two links that
        # it has are asked again side by side all the same, or each would wait for the other.
        return max(1, min(cap, BREAKER - (self.silences if has_new else 0)))

    def answered(self, now: float) -> None:
        """Count an answer, whatever it says."""
        self.silences = 0
        self.has_answered = True
        self._last_answer = now
        if self.state is not State.GIVEN_UP:
            self.state = State.CLOSED

    def kept_silent(
        self, now: float, since: float, spread: float = 0.0, again: bool = False
    ) -> None:
        """Count a request that began at `since` as unanswered, if that tells of the host.

        Parameters
        ----------
        now, since : float
            The time, and when the request began.
        spread : float
            From 0 to 1: hosts that fell silent together are not all asked again together.
        again : bool
            Whether it was for a link that had been asked for before.
        """
        was_under_way = self.silences >= BREAKER and since < self._until
        is_the_links = self._last_answer >= since or (again and self.has_answered)
        if is_the_links or was_under_way or self.state is State.GIVEN_UP:
            return
        self.silences += 1
        if self.silences >= BREAKER + PROBES:
            self.state = State.GIVEN_UP
        elif self.silences >= BREAKER and self.state is State.CLOSED:
            self.state = State.OPEN
            self._until = now + BACK_OFF * (1 + spread)
