"""What has been learnt of each host, and whose turn it is: no threads and no sockets."""

from __future__ import annotations

import heapq
from collections import deque
from typing import Generic, TypeVar

Task = TypeVar("Task")

PER_HOST = 10
"""Connections to one host at once."""


class _Host(Generic[Task]):
    def __init__(self) -> None:
        self.waiting: deque[Task] = deque()
        self.busy = 0
        self.rests_until = 0.0
        self.in_turn = False


class Hosts(Generic[Task]):
    """Tasks that wait for their hosts: fair turns, a cap of connections, rests.

    Times are seconds of any one clock.

    Parameters
    ----------
    sleep : float
        Seconds between the starts of two requests to one host.
    per_host : int
        Connections to one host at once.
    """

    def __init__(self, sleep: float = 0.0, per_host: int = PER_HOST) -> None:
        self._sleep = sleep
        self._per_host = per_host
        self._hosts: dict[str, _Host[Task]] = {}
        self._turns: deque[str] = deque()
        self._later: list[tuple[float, int, str, Task | None]] = []
        self._count = 0
        self.waiting = 0
        """How many tasks have been put and not taken."""

    def put(self, name: str, task: Task, now: float, delay: float = 0.0) -> None:
        """Let a task wait for its host, and for `delay` seconds."""
        self.waiting += 1
        if delay:
            self._remind(now + delay, name, task)
        else:
            self._enqueue(name, task, now)

    def take(self, now: float) -> tuple[str, Task] | None:
        """Return the next host and task that may be started now, and count it as started."""
        self._wake(now)
        if not self._turns:
            return None
        name = self._turns.popleft()
        host = self._hosts[name]
        task = host.waiting.popleft()
        self.waiting -= 1
        host.busy += 1
        host.in_turn = False
        if self._sleep:
            self._rest(name, now + self._sleep)
        self._line_up(name, now)
        return name, task

    def release(self, name: str, now: float, rest: float = 0.0) -> None:
        """Count a task of this host as ended, and leave the host alone for `rest` seconds."""
        host = self._hosts[name]
        host.busy -= 1
        if rest:
            self._rest(name, now + rest)
        self._line_up(name, now)

    def next_time(self) -> float | None:
        """Return when something may become ready by itself, None if nothing will."""
        return self._later[0][0] if self._later else None

    def _enqueue(self, name: str, task: Task, now: float) -> None:
        self._hosts.setdefault(name, _Host()).waiting.append(task)
        self._line_up(name, now)

    def _rest(self, name: str, until: float) -> None:
        host = self._hosts[name]
        host.rests_until = max(host.rests_until, until)
        if host.in_turn:
            self._turns.remove(name)
            host.in_turn = False
        self._remind(host.rests_until, name, None)

    def _remind(self, when: float, name: str, task: Task | None) -> None:
        self._count += 1
        heapq.heappush(self._later, (when, self._count, name, task))

    def _wake(self, now: float) -> None:
        while self._later and self._later[0][0] <= now:
            _, _, name, task = heapq.heappop(self._later)
            if task is not None:
                self._enqueue(name, task, now)
            elif name in self._hosts:
                self._line_up(name, now)

    def _line_up(self, name: str, now: float) -> None:
        """Give a host that can start a task its turn; forget one without tasks."""
        host = self._hosts[name]
        resting = host.rests_until > now
        if not (host.waiting or host.busy or resting):
            del self._hosts[name]
        elif host.waiting and not host.in_turn and not resting and host.busy < self._per_host:
            host.in_turn = True
            self._turns.append(name)
