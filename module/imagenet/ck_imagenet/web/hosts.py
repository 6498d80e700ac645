"""What has been learnt of each host, and whose turn it is: no threads and no sockets."""

from __future__ import annotations

import heapq
import math
from collections import deque
from enum import Enum
from itertools import islice
from typing import Generic, NamedTuple, TypeVar
from zlib import crc32

from ..outcomes import Outcome

Task = TypeVar("Task")

PER_HOST = 10
"""Connections to one host at once."""

BREAKER = 3
"""Requests in a row that a host may leave unanswered before it is left alone."""

MOST_RESTS = 30
"""Rests of one host; one that has given `REDEEMING` answers since the last begins anew."""

REDEEMING = 100

MOST_RESTS_IN_ROW = 3
"""Rests of one host with nothing but requests to come later in between."""

DOUBT, LONGEST_DOUBT = 60.0, 120.0
"""Seconds between which a host in doubt is asked again although others are still to come."""

MEMORY = 60.0
"""Seconds after which a host that was given up is a new one, while others are still to come."""


class Rests(NamedTuple):
    """How long a host is left alone that asks to come later, in seconds."""

    first: float = 1.0
    """If it does not say how long; twice as long each further time in a row."""
    longest: float = 30.0
    """Whatever it asks for."""
    strict: bool = False
    """Whether a host that asks for longer is not asked again at all, instead of too early."""


USUAL_RESTS = Rests()


class Sign(Enum):
    """What a request told about its host."""

    ANSWER = "a complete answer, whatever it says"
    BUSY = "come later"
    SILENCE = "nobody there, or too slow"
    UNCLEAR = "anything else"


class _State(Enum):
    UP = 0
    DOWN = 1
    """Not asked, until it is asked again."""
    PROBED = 2
    """Asked once more, to decide."""
    GIVEN_UP = 3


class _Host(Generic[Task]):
    __slots__ = (
        "answers",
        "asked_again_at",
        "busy",
        "cap",
        "in_turn",
        "last",
        "outcome",
        "probed",
        "proven",
        "rests",
        "rests_in_row",
        "rests_until",
        "shuts_out",
        "silences",
        "sleeps_until",
        "state",
        "waiting",
    )

    def __init__(self, cap: int) -> None:
        self.waiting: deque[Task] = deque()
        self.last: deque[Task] = deque()
        self.busy = 0
        self.cap = cap
        self.in_turn = False
        self.state = _State.UP
        self.outcome = Outcome.HOST_DOWN
        self.probed = self.proven = self.shuts_out = False
        self.silences = self.answers = self.rests = self.rests_in_row = 0
        self.rests_until = self.sleeps_until = -math.inf
        self.asked_again_at = math.inf

    @property
    def room(self) -> int:
        """How many further connections it may get now."""
        if self.state in (_State.DOWN, _State.GIVEN_UP):
            return 0
        if self.state is _State.PROBED:
            return 1 - self.busy
        # Whoever has not answered yet holds no more slots than it takes to find out.
        most = self.cap if self.proven and not self.silences else BREAKER - self.silences
        return max(1, min(self.cap, most)) - self.busy

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits for it or is under way."""
        return not (self.waiting or self.last or self.busy)

    @property
    def is_doubtful(self) -> bool:
        """Whether something waits until it is asked again, and it is not being asked."""
        asked = self.state is _State.PROBED or (self.silences and self.busy)
        return not asked and bool(self.last or (self.state is _State.DOWN and self.waiting))

    @property
    def is_plain(self) -> bool:
        """Whether nothing is known that would be missed."""
        return self.is_idle and self.state is _State.UP and not (self.silences or self.rests)


class Hosts(Generic[Task]):
    """Tasks that wait for their hosts: fair turns, a cap of connections, rests, a breaker.

    A host that leaves `BREAKER` requests in a row unanswered is left alone. When nothing else
    waits, one request decides whether it has come back. Where tasks keep coming that is never: so
    until they are `complete` it is asked again after `DOUBT`, or forgotten if nothing waits for it,
    and forgotten `MEMORY` after it was given up, such that what is remembered does not grow.

    Times are seconds of any one clock that is never set back, whatever it begins with.

    Parameters
    ----------
    sleep : float
        Seconds between the starts of two requests to one host.
    per_host : int
        Connections to one host at once.
    rests : Rests
        How long a busy one is left alone.

    Attributes
    ----------
    waiting : int
        How many tasks have been put and neither taken nor given up.
    complete : bool
        Whether all tasks that are to come have been put, but for those that come back.
    given_up : list
        Tasks that their hosts will not be asked for any more, each with HOST_DOWN or HOST_BUSY;
        for the owner to take away.
    """

    def __init__(
        self, sleep: float = 0.0, per_host: int = PER_HOST, rests: Rests = USUAL_RESTS
    ) -> None:
        self._sleep = sleep
        self._per_host = per_host
        self._rests = rests
        self._hosts: dict[str, _Host[Task]] = {}
        self._turns: deque[str] = deque()
        self._later: list[tuple[float, int, str, Task | None]] = []
        self._count = 0
        self._idle = 0
        self.waiting = 0
        self.complete = True
        self.given_up: list[tuple[Task, Outcome]] = []

    def put(self, name: str, task: Task, now: float, delay: float = 0.0) -> None:
        """Let a task wait for its host, and for `delay` seconds."""
        self.waiting += 1
        if delay:
            self._remind(now + delay, name, task)
        else:
            self._enqueue(name, task, now)

    def put_back(self, name: str, task: Task, now: float) -> None:
        """Let a task wait that was refused because its host is busy: it goes on first."""
        self.waiting += 1
        self._enqueue(name, task, now, first=True)

    def put_last(self, name: str, task: Task, now: float) -> None:
        """Let a task wait until nothing else does."""
        self.waiting += 1
        host = self._known(name)
        host.last.append(task)
        self._idle += 1
        if host.state is _State.GIVEN_UP:
            self._give_up(name, now)
        else:
            self._doubt(name, now)

    def take(self, now: float) -> tuple[str, Task] | None:
        """Return the next host and task that may be started now, and count it as started."""
        self._wake(now)
        if not self._turns and self.complete and self.waiting == self._idle:
            self.ask_again(now)
        if not self._turns:
            return None
        name = self._turns.popleft()
        host = self._hosts[name]
        task = host.waiting.popleft()
        self.waiting -= 1
        host.busy += 1
        host.in_turn = False
        if self._sleep:
            host.sleeps_until = now + self._sleep
            self._remind(host.sleeps_until, name, None)
        self._line_up(name, now)
        return name, task

    def release(self, name: str, now: float, sign: Sign, wish: float = 0.0) -> None:
        """Count a task of this host as ended, and learn from it.

        Parameters
        ----------
        name : str
            The host.
        now : float
            The time.
        sign : Sign
            What the request told.
        wish : float
            Seconds that a busy host asks to be left alone, 0 if it says nothing.
        """
        host = self._hosts[name]
        host.busy -= 1
        if sign is Sign.BUSY:
            self._rest(name, now, wish)
        elif sign is Sign.ANSWER:
            host.rests_in_row = 0
            host.answers += 1
            host.rests = host.rests if host.answers < REDEEMING else 0
        if sign in (Sign.ANSWER, Sign.BUSY):
            self._answered(host)
        elif host.state is _State.PROBED and sign is Sign.SILENCE:
            self._give_up(name, now)
        elif host.state is _State.PROBED:  # that decided nothing: the next one may
            self._leave_alone(name, now)
        elif sign is Sign.SILENCE:
            host.silences += 1
            if host.silences >= BREAKER and host.state is _State.UP:
                self._leave_alone(name, now)
                if host.probed:
                    self._give_up(name, now)
        self._line_up(name, now)

    def ask_again(self, now: float, most: int | None = None) -> None:
        """Let one request go to each host in doubt, and what was put last to the others.

        Parameters
        ----------
        now : float
            The time.
        most : int, optional
            How many hosts, of those that have been known for longest.
        """
        doubtful = (name for name, host in self._hosts.items() if host.is_doubtful)
        for name in list(islice(doubtful, most)):
            self._ask_host_again(name, now)

    def pauses(self, now: float) -> dict[str, float]:
        """Return which hosts are to be left alone, and for how many seconds."""
        until = {
            name: max(host.rests_until, host.sleeps_until) for name, host in self._hosts.items()
        }
        return {name: time - now for name, time in until.items() if time > now}

    @property
    def ready(self) -> bool:
        """Whether some task may be started right now."""
        return bool(self._turns)

    def next_time(self) -> float | None:
        """Return when something may become ready by itself, None if nothing will."""
        return self._later[0][0] if self._later else None

    def _known(self, name: str) -> _Host[Task]:
        host = self._hosts.get(name)
        if not host:
            host = self._hosts[name] = _Host(self._per_host)
        return host

    def _enqueue(self, name: str, task: Task, now: float, first: bool = False) -> None:
        host = self._known(name)
        if first:
            host.waiting.appendleft(task)
        else:
            host.waiting.append(task)
        if host.state in (_State.DOWN, _State.GIVEN_UP):
            self._idle += 1
        if host.state is _State.GIVEN_UP:
            self._give_up(name, now)
        self._line_up(name, now)

    def _answered(self, host: _Host[Task]) -> None:
        host.silences = 0
        host.proven = True
        if host.state is _State.DOWN:
            self._idle -= len(host.waiting)
        if host.state is _State.PROBED:
            self._resume(host)
        if host.state is not _State.GIVEN_UP:
            host.state = _State.UP

    def _leave_alone(self, name: str, now: float) -> None:
        host = self._hosts[name]
        host.state = _State.DOWN
        self._idle += len(host.waiting)
        self._doubt(name, now)

    def _doubt(self, name: str, now: float) -> None:
        """Have a host asked again some time, should others wait until then."""
        host = self._hosts[name]
        if host.asked_again_at == math.inf:
            # Not all that fell silent together at once: every connection would wait for them.
            share = crc32(name.encode()) / 2**32
            host.asked_again_at = now + DOUBT + share * (LONGEST_DOUBT - DOUBT)
            self._remind(host.asked_again_at, name, None)

    def _give_up(self, name: str, now: float) -> None:
        """Settle what waits for a host; what it is given later is settled at once."""
        host = self._hosts[name]
        if host.state in (_State.UP, _State.PROBED):
            self._idle += len(host.waiting)
        tasks = [*host.waiting, *host.last]
        host.waiting.clear()
        host.last.clear()
        if host.state is not _State.GIVEN_UP:
            host.state = _State.GIVEN_UP
            host.asked_again_at = now + MEMORY
            self._remind(host.asked_again_at, name, None)
        self.waiting -= len(tasks)
        self._idle -= len(tasks)
        self.given_up += [(task, host.outcome) for task in tasks]

    def _rest(self, name: str, now: float, wish: float) -> None:
        host = self._hosts[name]
        # Refused while others are served: too many at once. Refused while alone: something else.
        host.cap = min(host.cap, host.busy) if host.busy else self._per_host
        if host.rests_until <= now:
            host.answers = 0
            host.rests += 1
            host.rests_in_row += 1
        rest = wish or self._rests.first * 2.0 ** (host.rests_in_row - 1)
        too_often = host.rests > MOST_RESTS or host.rests_in_row > MOST_RESTS_IN_ROW
        host.shuts_out = self._rests.strict and rest > self._rests.longest
        if too_often or host.shuts_out:
            host.outcome = Outcome.HOST_BUSY
            self._give_up(name, now)
            return
        host.rests_until = max(host.rests_until, now + min(self._rests.longest, rest))
        self._remind(host.rests_until, name, None)

    def _ask_host_again(self, name: str, now: float) -> None:
        host = self._hosts[name]
        host.asked_again_at = math.inf
        if host.state is _State.PROBED or not (host.waiting or host.last):
            return
        if host.silences and host.busy:
            self._doubt(name, now)
            return  # what is under way was asked before: its end says nothing of now
        if host.silences:
            if host.state is _State.DOWN:
                self._idle -= len(host.waiting)
            if not host.waiting:
                host.waiting.append(host.last.popleft())
                self._idle -= 1
            host.state = _State.PROBED
            host.probed = True
        else:
            self._resume(host)
        self._line_up(name, now)

    def _resume(self, host: _Host[Task]) -> None:
        self._idle -= len(host.last)
        host.waiting.extend(host.last)
        host.last.clear()

    def _remind(self, when: float, name: str, task: Task | None) -> None:
        self._count += 1
        heapq.heappush(self._later, (when, self._count, name, task))

    def _wake(self, now: float) -> None:
        while self._later and self._later[0][0] <= now:
            _, _, name, task = heapq.heappop(self._later)
            if task is not None:
                self._enqueue(name, task, now)
            elif name in self._hosts:
                self._reconsider(name, now)

    def _reconsider(self, name: str, now: float) -> None:
        host = self._hosts[name]
        if not self.complete and host.asked_again_at <= now and not host.shuts_out:
            if host.is_idle:
                del self._hosts[name]
                return
            if host.state is not _State.GIVEN_UP:
                self._ask_host_again(name, now)
            else:
                self._remind(now + MEMORY, name, None)
        self._line_up(name, now)

    def _line_up(self, name: str, now: float) -> None:
        """Give a host that can start a task its turn, or take it away; forget a plain one."""
        host = self._hosts[name]
        pauses = max(host.rests_until, host.sleeps_until) > now
        ready = bool(host.waiting) and not pauses and host.room > 0
        if ready and not host.in_turn:
            self._turns.append(name)
        elif host.in_turn and not ready:
            self._turns.remove(name)
        host.in_turn = ready
        if host.is_plain and not pauses:
            del self._hosts[name]
        elif host.is_idle and not self.complete:
            self._doubt(name, now)
