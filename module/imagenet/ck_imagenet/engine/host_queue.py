"""Links that wait for their hosts, and whose turn it is: no threads and no sockets.

    put ──► the host's backlog ──► the host's turn (`FairShare`) ──► take ──► release
                   ▲      it may start: breaker, limiter, room           │
                   └── put with a delay, put_back, put_after_some ◄──────┘  if the link is not done

A host that can start nothing now is looked at again when its breaker or its limiter says so.
"""

from __future__ import annotations

import heapq
import math
from random import Random
from typing import Callable, Generic, Mapping

from ..core.actions import PER_HOST
from ..core.outcomes import HostSignal, Outcome
from ..storage.paces import Learned
from .fair_share import SHARE, FairShare
from .host import Backlog, Host, HostProfile, HostState, RationedHost, State, Task, rations
from .limiters import Limiters
from .rations import USUAL_BACK_OFF, BackOff

FORGET_GIVEN_UP_AFTER = 60.0
"""Seconds after which a host that was given up is a new one."""

FORGET_IDLE_AFTER = 10.0
"""Seconds after which a host is forgotten of which nothing is known that would be missed."""

_SOME = 8
"""Links of a host, at most, that go before one that it has refused twice."""

_SOON = 10.0
"""Seconds within which a connection is kept for a host that waits for its pace."""


class HostQueue(Generic[Task]):
    """Tasks that wait for their hosts: fair turns, and each host at the pace that it bears.

    A host has a cap of connections, a breaker, and a rate limiter, which it shares with those that
    ration together with it. Times are seconds of any one clock that is never set back.

    Parameters
    ----------
    per_host : int
        Connections to one host at once.
    back_off : BackOff
        How long a host is left alone that asks to come later.
    profile : callable, optional
        What is known of a host before it is asked.
    domain : callable, optional
        What hosts have in common that belong together; nothing if they are alone.

    Attributes
    ----------
    waiting : int
        How many tasks have been put and neither taken nor given up.
    given_up : list
        Tasks that their hosts will not be asked for any more, each with HOST_DOWN or HOST_BUSY;
        the owner takes them away.
    """

    def __init__(
        self,
        per_host: int = PER_HOST,
        back_off: BackOff = USUAL_BACK_OFF,
        profile: Callable[[str], HostProfile] = lambda name: HostProfile(),
        domain: Callable[[str], str] = lambda name: "",
    ) -> None:
        self._per_host = per_host
        self._profile = profile
        self._random = Random(0)  # noqa: S311 - spreads requests, guards nothing
        self._limiters = Limiters(back_off, profile, domain, self._random)
        self._hosts: dict[str, Host[Task]] = {}
        self._fair_share = FairShare()
        self._later: list[tuple[float, int, str, Task | None]] = []
        self._count = 0
        self._notable: set[str] = set()
        """Hosts of which something has been told that their next owner must know."""
        self._changed: set[str] = set()
        """Hosts of which something is to be told that has changed."""
        self.waiting = 0
        self.given_up: list[tuple[Task, Outcome]] = []

    def put(self, name: str, task: Task, now: float, delay: float = 0.0) -> None:
        """Let a task wait for its host.

        Parameters
        ----------
        name, task : str, object
            The host, and what is to be fetched.
        now, delay : float
            The time, and seconds to wait first, as a further attempt does.
        """
        self.waiting += 1
        if delay:
            self._remind(now + delay, name, task)
        else:
            self._enqueue_task(name, task, now, Backlog.add)

    def put_back(self, name: str, task: Task, now: float) -> None:
        """Let a task wait that was refused: it goes on first. Parameters as of `put`."""
        self.waiting += 1
        self._enqueue_task(name, task, now, lambda backlog, task: backlog.add_after(task, 0))

    def put_after_some(self, name: str, task: Task, now: float) -> None:
        """Let a task wait that was refused twice: it goes on after a few others.

        These tell whether it refuses all: not always as many, or a host that gives just so many at
        once would refuse this task each time. Parameters as of `put`.
        """
        self.waiting += 1
        others = self._random.randint(1, _SOME)
        self._enqueue_task(name, task, now, lambda backlog, task: backlog.add_after(task, others))

    def spread(self, seconds: float) -> float:
        """Return seconds up to a quarter more or less than these, not the same for all."""
        return seconds * (0.75 + 0.5 * self._random.random())

    def redirects_to(self, name: str, target: str) -> None:
        """Take note that a host redirects to another: they may ration together.

        Parameters
        ----------
        name, target : str
            The host, and where it leads.
        """
        if name in self._hosts:
            self._limiters.redirects_to(name, target)

    def take(self, now: float, connections: int = 10**6) -> tuple[str, Task] | None:
        """Return the next host and task that may be started now, and count it as started.

        Parameters
        ----------
        now : float
            The time.
        connections : int
            How many requests may be under way in all.
        """
        self._wake(now)
        while True:
            name = self._fair_share.take(connections)
            if name is None:
                return None
            host = self._hosts.get(name)
            if not host:
                continue
            host.is_queued = False
            if host.can_start(self._per_host, now):
                return name, self._begin(name, host, now)
            self._enqueue_host(name, now)

    def release(
        self,
        name: str,
        now: float,
        signal: HostSignal,
        since: float,
        retry_after: float = 0.0,
        task: Task | None = None,
    ) -> None:
        """Count a task of this host as ended, and learn from it.

        Parameters
        ----------
        name : str
            The host.
        now, since : float
            The time, and when the request began.
        signal : HostSignal
            What the request told.
        retry_after : float
            Seconds that a busy host asks to be left alone, 0 if it says nothing.
        task : object, optional
            Which it was; need not be told of one that was never put with a delay.
        """
        host = self._hosts[name]
        spread = self._random.random() if signal is HostSignal.TIMEOUT else 0.0
        self._fair_share.suspect_requests -= host.suspect_requests
        again = id(task) in host.retries
        host.retries.discard(id(task))
        host.under_way -= 1
        host.learn(signal, now, since, retry_after, spread, again)
        if host.is_notable or name in self._notable:
            self._changed.add(name)
        self._fair_share.suspect_requests += host.suspect_requests
        if signal is HostSignal.BUSY:
            self._limiters.pace_together(name, self._hosts, now)
        if host.limiter.is_exhausted and not host.is_given_up:
            host.outcome = Outcome.HOST_BUSY
            self._give_up(name)
        elif host.is_given_up:
            self._give_up(name)
        for other in list(host.limiter.members):
            self._enqueue_host(other, now)

    def restore(self, states: Mapping[str, HostState], now: float) -> None:
        """Take over what the owners before have found out about hosts.

        Parameters
        ----------
        states : mapping of str to HostState
            What that is, by host.
        now : float
            The time.
        """
        for name, state in states.items():
            self._known(name).restore(state, now)
            self._changed.add(name)
            self._enqueue_host(name, now)

    @property
    def has_changes(self) -> bool:
        """Whether `changes` has something to tell."""
        return bool(self._changed)

    def changes(self, now: float) -> dict[str, HostState]:
        """Return what their next owners must know of hosts, as far as it has changed."""
        changed, self._changed = self._changed, set()
        hosts = {name: self._hosts.get(name) for name in changed}
        notable = {name: host for name, host in hosts.items() if host and host.is_notable}
        told = (self._notable & changed) | notable.keys()
        self._notable = (self._notable - changed) | notable.keys()
        return {name: notable[name].state(now) if name in notable else HostState() for name in told}

    def remove(self, is_unwanted: Callable[[Task], bool]) -> list[Task]:
        """Return tasks that wait, and forget them."""
        removed = [task for _, _, _, task in self._later if task and is_unwanted(task)]
        self._later = [each for each in self._later if not each[3] or not is_unwanted(each[3])]
        heapq.heapify(self._later)
        for host in self._hosts.values():
            removed += host.waiting.remove(is_unwanted)
        self.waiting -= len(removed)
        return removed

    def is_backing_off(self, name: str) -> bool:
        """Say whether a host has refused, and has given nothing since."""
        host = self._hosts.get(name)
        return host is not None and host.limiter.is_backing_off

    def given(self, name: str) -> int:
        """Return how many answers a host has given, or those with which it rations."""
        host = self._hosts.get(name)
        return host.limiter.given if host else 0

    def slowest(self, name: str) -> float:
        """Return the seconds that the slowest answer of a host has taken.

        Infinity if it has not answered yet, or times out now.
        """
        host = self._hosts.get(name)
        is_known = host and host.slowest and not host.breaker.consecutive_timeouts
        return host.slowest if host and is_known else math.inf

    def learned(self) -> dict[str, Learned]:
        """Return what was learnt of hosts that ration, by service or by host."""
        found = ((name, host.limiter.learned()) for name, host in self._hosts.items())
        return {self._profile(name).service or name: known for name, known in found if known}

    def silent(self) -> set[str]:
        """Return the hosts that have not answered in time, and from which more is wanted."""
        later = {name for _, _, name, task in self._later if task}
        suspects = {name: host for name, host in self._hosts.items() if host.breaker.is_suspect}
        return {name for name, host in suspects.items() if name in later or not host.is_idle}

    def rations(self, now: float) -> list[RationedHost]:
        """Return the hosts that ration and are waited for, the one with most links first."""
        return rations(self._hosts, now)

    def waits_for_rations_alone(self) -> bool:
        """Say whether something is left, and all of it waits for hosts that ration."""
        if not self.waiting:
            return False
        hosts = self._hosts.values()
        rationed = sum(len(host.waiting) for host in hosts if host.limiter.is_rationed)
        return rationed == self.waiting and all(
            host.limiter.is_rationed or not host.under_way for host in hosts
        )

    def leave_rationed(self) -> list[Task]:
        """Return all that waits for hosts that ration, and forget it."""
        left: list[Task] = []
        for host in self._hosts.values():
            if host.limiter.is_rationed:
                left += host.waiting.clear()
        self.waiting -= len(left)
        return left

    @property
    def ready(self) -> bool:
        """Whether some task may be started right now, as far as is known."""
        return len(self._fair_share) > 0

    @property
    def has_healthy(self) -> bool:
        """Whether one of them is likely to be answered: others may take long."""
        return self._fair_share.has_healthy

    def next_time(self) -> float | None:
        """Return when something may become ready by itself, None if nothing will."""
        return self._later[0][0] if self._later else None

    def _known(self, name: str) -> Host[Task]:
        host = self._hosts.get(name)
        if not host:
            host = self._hosts[name] = Host(self._limiters.of(name))
            host.limiter.members.add(name)
        return host

    def _enqueue_task(
        self, name: str, task: Task, now: float, add: Callable[[Backlog[Task], Task], None]
    ) -> None:
        host = self._known(name)
        add(host.waiting, task)
        if host.is_given_up or host.outcome is Outcome.HOST_BUSY:
            self._give_up(name)
        self._enqueue_host(name, now)

    def _begin(self, name: str, host: Host[Task], now: float) -> Task:
        again = self._is_retry_next(host)
        task = host.waiting.take(again)
        self.waiting -= 1
        self._fair_share.suspect_requests -= host.suspect_requests
        host.under_way += 1
        if again:
            host.retries.add(id(task))
        self._fair_share.suspect_requests += host.suspect_requests
        host.limiter.began(now)
        self._enqueue_host(name, now)
        return task

    def _is_retry_next(self, host: Host[Task]) -> bool:
        """Say whether a host is asked again for what has been tried, or for something new.

        Of a host that may be down, links that have not hung yet tell most.
        """
        backlog = host.waiting
        if not (backlog.has_new and backlog.has_again):
            return backlog.has_again
        its_share = max(1, self._per_host // SHARE)
        is_there = not host.breaker.consecutive_timeouts
        return is_there and len(host.retries) < its_share and self._fair_share.has_share

    def _give_up(self, name: str) -> None:
        """Give up what waits for a host; what is put later is given up at once."""
        host = self._hosts[name]
        tasks = host.waiting.clear()
        self.waiting -= len(tasks)
        self.given_up += [(task, host.outcome) for task in tasks]

    def _remind(self, when: float, name: str, task: Task | None) -> None:
        self._count += 1
        heapq.heappush(self._later, (when, self._count, name, task))

    def _wake(self, now: float) -> None:
        while self._later and self._later[0][0] <= now:
            _, _, name, task = heapq.heappop(self._later)
            if task is not None:
                self._enqueue_task(name, task, now, Backlog.add_again)
            elif name in self._hosts:
                self._reconsider(name, now)

    def _reconsider(self, name: str, now: float) -> None:
        host = self._hosts[name]
        host.reminded_at = math.inf
        if host.forget_at <= now:
            host.forget_at = math.inf
            is_over = host.is_idle and host.limiter.back_off_until < now
            if host.is_plain or (is_over and not host.limiter.is_worth_knowing):
                self._forget(name, host)
                return
        self._enqueue_host(name, now)

    def _forget_later(self, name: str, host: Host[Task], now: float) -> None:
        """Forget a host for which nothing is to be done: after a while, or never if it rations."""
        if host.forget_at == math.inf and not host.limiter.is_worth_knowing:
            rest = max(0.0, host.limiter.back_off_until - now)
            host.forget_at = now + (
                FORGET_IDLE_AFTER if host.is_plain else FORGET_GIVEN_UP_AFTER + rest
            )
            self._remind(host.forget_at, name, None)

    def _forget(self, name: str, host: Host[Task]) -> None:
        host.limiter.members.discard(name)
        del self._hosts[name]
        if name in self._notable:
            self._changed.add(name)

    def _enqueue_host(self, name: str, now: float) -> None:
        """Let a host wait for its turn, or see when it can start; forget one that has no links."""
        host = self._hosts[name]
        if host.is_idle:
            self._fair_share.paced.discard(name)
            self._forget_later(name, host, now)
            return
        if host.is_queued or not host.waiting:
            return
        if host.can_start(self._per_host, now):
            host.is_queued = True
            self._fair_share.add(name, host.is_suspect)  # which sees whether it was paced
            self._fair_share.paced.discard(name)
            return
        self._fair_share.paced.discard(name)
        if host.breaker.state is State.OPEN:
            self._remind_once(name, host, host.breaker.half_opens_at)
        elif host.limiter.has_room() and host.limiter.next_time() > now:
            is_soon = host.limiter.next_time() < now + _SOON
            if is_soon and host.limiter.is_paced and not host.is_suspect:
                self._fair_share.paced.add(name)
            self._remind_once(name, host, host.limiter.next_time())

    def _remind_once(self, name: str, host: Host[Task], when: float) -> None:
        if when < host.reminded_at:
            host.reminded_at = when
            self._remind(when, name, None)
