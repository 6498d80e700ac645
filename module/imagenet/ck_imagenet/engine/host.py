"""One host: its circuit breaker, its backlog of links, and what is known of it.

Nothing here has threads or sockets. Times are seconds of any one clock. How fast a host is asked
that answers is decided by its rate limiter; whether it is asked at all, by its breaker:

    closed ── BREAKER time-outs ──► open ── a short back-off ──► half-open
      ▲                                                              │
      ├───────────────────────── any answer ─────────────────────────┤
      │                                     PROBES further time-outs │
      └──── any answer ──── given up ◄───────────────────────────────┘

A refused or lost connection counts as a time-out. A time-out counts against the host only if the
host has answered nothing since that request began. Else the host is there, and the time-out is the
link's. So only consecutive time-outs count. What was under way when a breaker opened counts no
more: only requests that begin afterwards are probes. Of a host that has answered in this run, only
links count that have not timed out before: a few that hang for ever, with nothing else left to ask
the host for, are no sign that it is down.
"""

from __future__ import annotations

import math
from collections import deque
from enum import Enum
from typing import Callable, Generic, Iterator, Mapping, NamedTuple, TypeVar

from ..core.outcomes import HostSignal, Outcome
from ..http.retry import Spacing
from ..storage.paces import Learned
from .rate_limiter import RateLimiter
from .rations import BackOff

BREAKER = 3
"""Consecutive time-outs after which a host is left alone for a moment."""

PROBES = 7
"""Further ones after which it is given up: if it answers every tenth request, no link is lost."""

BACK_OFF = 1.0
"""Seconds for which it is left alone."""


class State(Enum):
    """How much a host is trusted."""

    CLOSED = "it is asked as usual"
    OPEN = "it is left alone for a moment"
    HALF_OPEN = "a few requests find out whether it is there"
    GIVEN_UP = "it is not asked any more"


class CircuitBreaker:
    """The breaker of one host; the states are drawn at the head of this file."""

    __slots__ = ("_last_answer", "_until", "consecutive_timeouts", "has_answered", "state")

    def __init__(self) -> None:
        self.state = State.CLOSED
        self.consecutive_timeouts = 0
        self.has_answered = False
        self._last_answer = self._until = -math.inf

    @property
    def is_suspect(self) -> bool:
        """Whether requests to it may time out, as the last one did."""
        return self.consecutive_timeouts > 0 and self.state is not State.GIVEN_UP

    @property
    def half_opens_at(self) -> float:
        """When an open breaker becomes half-open."""
        return self._until

    def allowed(self, cap: int, now: float, has_new: bool = True) -> int:
        """Return how many requests may be under way; become half-open when the back-off is over.

        Parameters
        ----------
        cap : int
            Connections to one host at once.
        now : float
            The time.
        has_new : bool
            Whether links wait that have not been asked for. If none do, few links wait.
        """
        if self.state is State.OPEN and now >= self._until:
            self.state = State.HALF_OPEN
        if self.state in (State.OPEN, State.GIVEN_UP):
            return 0
        if self.state is State.HALF_OPEN:
            return max(1, min(cap, BREAKER + PROBES - self.consecutive_timeouts))
        if self.has_answered:
            return cap
        # A host that has not answered holds no more connections than it takes to find out. Two
        # links are asked again side by side all the same, or each would wait for the other.
        return max(1, min(cap, BREAKER - (self.consecutive_timeouts if has_new else 0)))

    def answered(self, now: float) -> None:
        """Count an answer, whatever it says."""
        self.consecutive_timeouts = 0
        self.has_answered = True
        self._last_answer = now
        if self.state is not State.GIVEN_UP:
            self.state = State.CLOSED

    def timed_out(self, now: float, since: float, spread: float = 0.0, again: bool = False) -> None:
        """Count a request as timed out, if that tells of the host.

        Parameters
        ----------
        now, since : float
            The time, and when the request began.
        spread : float
            From 0 to 1: hosts that timed out together are not all asked again together.
        again : bool
            Whether it was for a link that had been asked for before.
        """
        was_under_way = self.consecutive_timeouts >= BREAKER and since < self._until
        is_the_links = self._last_answer >= since or (again and self.has_answered)
        if is_the_links or was_under_way or self.state is State.GIVEN_UP:
            return
        self.consecutive_timeouts += 1
        if self.consecutive_timeouts >= BREAKER + PROBES:
            self.state = State.GIVEN_UP
        elif self.consecutive_timeouts >= BREAKER and self.state is State.CLOSED:
            self.state = State.OPEN
            self._until = now + BACK_OFF * (1 + spread)

    def restore(self, timeouts: int, has_answered: bool, is_given_up: bool) -> None:
        """Go on where the breaker of the host's owner before has ended.

        Parameters
        ----------
        timeouts : int
            How many consecutive requests have timed out.
        has_answered, is_given_up : bool
            Whether it has ever answered, and whether it is asked any more.
        """
        self.consecutive_timeouts = max(self.consecutive_timeouts, timeouts)
        self.has_answered = self.has_answered or has_answered
        if is_given_up:
            self.state = State.GIVEN_UP
        elif timeouts >= BREAKER:
            self.state = State.HALF_OPEN


# What waits for one host, and in which order.

Task = TypeVar("Task")


class Backlog(Generic[Task]):
    """Tasks in two queues: those that have not been tried, and those that come again."""

    __slots__ = ("_again", "_new")

    def __init__(self) -> None:
        self._new: deque[Task] = deque()
        self._again: deque[Task] = deque()

    def __len__(self) -> int:
        return len(self._new) + len(self._again)

    def __iter__(self) -> Iterator[Task]:
        yield from self._again
        yield from self._new

    @property
    def has_new(self) -> bool:
        """Whether a task waits that has not been tried."""
        return bool(self._new)

    @property
    def has_again(self) -> bool:
        """Whether a task waits that has been tried."""
        return bool(self._again)

    def add(self, task: Task) -> None:
        """Let a task wait that comes for the first time."""
        self._new.append(task)

    def add_again(self, task: Task) -> None:
        """Let a task wait that has been tried."""
        self._again.append(task)

    def add_after(self, task: Task, others: int) -> None:
        """Let a task wait that goes on before most.

        Parameters
        ----------
        task, others : Task, int
            The task, and how many that have not been tried go on before it.
        """
        self._new.insert(others, task)

    def take(self, again: bool) -> Task:
        """Return the next task of one of the queues, and remove it."""
        return (self._again if again else self._new).popleft()

    def remove(self, is_unwanted: Callable[[Task], bool]) -> list[Task]:
        """Remove some tasks, and return them."""
        removed = list(filter(is_unwanted, self))
        for queue in (self._new, self._again) if removed else ():
            left = [task for task in queue if not is_unwanted(task)]
            queue.clear()
            queue.extend(left)
        return removed

    def clear(self) -> list[Task]:
        """Return all tasks, and remove them."""
        tasks = list(self)
        self._new.clear()
        self._again.clear()
        return tasks


# One host, what waits for it, and what is known of its pace.


class HostProfile(NamedTuple):
    """What is known of a host before it is asked."""

    service: str = ""
    """Hosts with the same one ration together; none if the host rations alone."""
    spacing: Spacing | None = None
    """What leaves time between two requests, if anything does."""
    learned: Learned | None = None
    back_off: BackOff | None = None
    """How long it is left alone that asks to come later, if that is known."""


class RationedHost(NamedTuple):
    """A host that gives only so much, and what waits for it."""

    host: str
    rate: float
    """Requests a second that it gives; 0 if that is not known yet."""
    waiting: int
    asked_again_in: float
    """Seconds until it is asked again, 0 if it is being asked."""


class HostState(NamedTuple):
    """What has been found out about a host, for who owns it next."""

    rest: float = 0.0
    """Seconds for which it is to be left alone."""
    refusals: int = 0
    """How often it has refused in a row."""
    refused_ago: tuple[float, ...] = ()
    """How many seconds ago it has refused, each time that may still count for a ban."""
    has_given: bool = False
    timeouts: int = 0
    """How many consecutive requests have timed out."""
    has_answered: bool = False
    outcome: Outcome | None = None
    """What it was given up for, if it was."""
    learned: Learned | None = None


class Host(Generic[Task]):
    """What waits for one host, what is under way to it, and what is known of it."""

    __slots__ = (
        "breaker",
        "forget_at",
        "is_queued",
        "limiter",
        "outcome",
        "refused_at",
        "reminded_at",
        "retries",
        "slowest",
        "under_way",
        "waiting",
    )

    def __init__(self, limiter: RateLimiter) -> None:
        self.waiting: Backlog[Task] = Backlog()
        self.under_way = 0
        self.retries: set[int] = set()
        self.slowest = 0.0
        self.breaker = CircuitBreaker()
        self.limiter = limiter
        self.is_queued = False
        self.outcome = Outcome.HOST_DOWN
        self.refused_at = -math.inf
        self.reminded_at = self.forget_at = math.inf

    @property
    def is_given_up(self) -> bool:
        return self.breaker.state is State.GIVEN_UP

    @property
    def is_suspect(self) -> bool:
        """Whether what it can start next may well time out."""
        return self.breaker.is_suspect or not self.waiting.has_new

    @property
    def suspect_requests(self) -> int:
        """How many of its requests under way may well time out."""
        return self.under_way if self.breaker.is_suspect else len(self.retries)

    @property
    def is_plain(self) -> bool:
        """Whether it is idle, and nothing is known of it that would be missed."""
        is_there = self.breaker.state is State.CLOSED and not self.breaker.consecutive_timeouts
        return is_there and self.is_idle and not self.limiter.is_rationed

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits for it or is under way."""
        return not (self.waiting or self.under_way)

    @property
    def is_notable(self) -> bool:
        """Whether something is known of it that its next owner must know."""
        is_trusted = self.breaker.state is State.CLOSED and not self.breaker.consecutive_timeouts
        return not is_trusted or self.limiter.is_paced or self.limiter.shuts_out

    def state(self, now: float) -> HostState:
        """Return what has been found out about it."""
        is_given_up = self.is_given_up or self.outcome is Outcome.HOST_BUSY
        return HostState(
            max(0.0, self.breaker.half_opens_at - now, self.limiter.left_alone_until - now),
            self.limiter.refusals,
            self.limiter.refused_ago(now),
            self.limiter.has_given,
            self.breaker.consecutive_timeouts,
            self.breaker.has_answered,
            self.outcome if is_given_up else None,
            self.limiter.learned(),
        )

    def restore(self, state: HostState, now: float) -> None:
        """Take over what its owner before has found out about it.

        Parameters
        ----------
        state, now : HostState, float
            What that is, and the time.
        """
        until, refused = now + state.rest, (state.refusals, state.refused_ago)
        self.limiter.restore(until, *refused, state.has_given, state.learned, now)
        self.breaker.restore(state.timeouts, state.has_answered, state.outcome is Outcome.HOST_DOWN)
        self.outcome = state.outcome or self.outcome

    def can_start(self, cap: int, now: float) -> bool:
        """Say whether a task that waits may start.

        Parameters
        ----------
        cap : int
            Connections to one host at once.
        now : float
            The time.
        """
        allowed = self.breaker.allowed(cap, now, self.waiting.has_new)
        has_room = bool(self.waiting) and self.under_way < allowed
        return has_room and self.limiter.has_room() and self.limiter.next_time() <= now

    def learn(
        self,
        signal: HostSignal,
        now: float,
        since: float,
        retry_after: float,
        spread: float,
        again: bool,
    ) -> None:
        """Learn from the end of a request: pace, breaker, and how slow it answers.

        Parameters
        ----------
        signal : HostSignal
            What the request told.
        now, since : float
            The time, and when the request began.
        retry_after : float
            Seconds that a busy host asks to be left alone, 0 if it says nothing.
        spread, again : float, bool
            As of `CircuitBreaker.timed_out`.
        """
        if signal is HostSignal.BUSY:
            self.limiter.refused(now, since, retry_after)
            self.refused_at = now
        elif signal in (HostSignal.ANSWER, HostSignal.ANSWER_AGAIN):
            self.limiter.answered(now, since, signal is HostSignal.ANSWER_AGAIN)
            self.slowest = max(self.slowest, now - since)
        else:
            self.limiter.ended(since)
        if signal is HostSignal.TIMEOUT:
            self.breaker.timed_out(now, since, spread, again)
        elif signal is not HostSignal.UNCLEAR:
            self.breaker.answered(now)


def rations(hosts: Mapping[str, Host[Task]], now: float) -> list[RationedHost]:
    """Return those that ration and are waited for, the one with most links first.

    What rations together is one of them, under the name of the host for which most waits.

    Parameters
    ----------
    hosts : mapping of str to Host
        All hosts, by name.
    now : float
        The time.
    """
    groups: dict[int, RationedHost] = {}
    for name, host in hosts.items():
        limiter, waiting = host.limiter, len(host.waiting) + host.under_way
        if waiting and limiter.is_rationed:
            rest = max(0.0, limiter.back_off_until - now) if limiter.is_backing_off else 0.0
            one = groups.get(id(limiter))
            if one:
                name = one.host if one.waiting > waiting else name
                waiting += one.waiting
            groups[id(limiter)] = RationedHost(name, limiter.rate, waiting, rest)
    return sorted(groups.values(), key=lambda ration: -ration.waiting)
