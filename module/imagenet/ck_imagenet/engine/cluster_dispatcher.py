"""Many machines in one run: the same work, in batches, on a Dask cluster.

All machines see the same store. Each batch holds the links of some hosts, and a host is in one
batch at a time: that batch owns it. All results come together in the router, here.
"""

from __future__ import annotations

import math
import pickle
import time
from collections import Counter, deque
from contextlib import ExitStack, suppress
from itertools import chain, count, islice
from queue import Empty, SimpleQueue
from typing import Any, Iterable, Iterator

from ..core import known_hosts
from ..core.errors import StoreError
from ..core.files import storage_errors
from ..core.outcomes import Outcome
from ..core.text import ImageName
from ..storage.paces import Learned
from ..storage.records import Record
from ..storage.store import Store
from .context import Order
from .dispatcher import Dispatcher
from .host import RationedHost
from .link import Task
from .machines import GOES_ON, Machines, RunFolder
from .recorder import Recorder, Router
from .worker import ENDS_WITHIN, Batch, has_answers, record_files, recorded

LEAST_LINKS, MOST_LINKS = 32, 256
"""Links of a batch: few, and machines wait for each other; many, and hosts wait for each other."""

BATCHES_PER_SLOT = 2
"""Batches for each place where one can run, so that none is idle while results are on their way."""

_HEARTBEAT_INTERVAL, _WORKERLESS_TIMEOUT = 5.0, 60.0
"""Seconds between two looks at the cluster, and without any machine."""


class ClusterDispatcher(Dispatcher):
    """Fetches with the workers of a Dask cluster, as many as there are at any moment.

    Parameters
    ----------
    order : Order
        What the workers need to know.
    store : Store
        Where the pictures go, on a file system that all machines share.
    scheduler : str
        The address of the cluster's scheduler, such as tcp://10.0.0.1:8786.

    Raises
    ------
    BadInput
        If Dask is not installed, or there is no such cluster.
    StoreError
        If machines cannot use the store.
    """

    def __init__(self, order: Order, store: Store, scheduler: str) -> None:
        self.router = Router()
        self._order = pickle.dumps(tuple(order))
        self._waiting: dict[str, deque[Task]] = {}
        self._busy_hosts: set[str] = set()
        """Hosts in a batch."""
        self._free_at: dict[str, float] = {}
        self._batches: dict[str, Batch] = {}
        self._futures: dict[str, Any] = {}
        self._assigned: Counter[str] = Counter()
        """How many links of each synset are in batches, or wait for one."""
        self._finished: SimpleQueue[Any] = SimpleQueue()
        self._names = map(str, count())
        self._slots = 0
        self._learned: dict[str, Learned] = {}
        self._skips_rationed = self._is_rationed = False
        self._checked_at = -math.inf
        self._heartbeat_at = -math.inf
        self._alone_since = time.monotonic()
        self._more_to_come = True
        with ExitStack() as undo:
            self._machines = Machines(scheduler)
            undo.callback(self._machines.close)
            home = store.create_home().absolute()
            with storage_errors(home):
                self._run = RunFolder(home)
                undo.callback(self._run.close)
                self._run.begin()
            self._heartbeat()
            self._machines.prove(self._run.heartbeat_file)
            self._resources = undo.pop_all()

    @property
    def is_hungry(self) -> bool:
        if len(self._batches) >= BATCHES_PER_SLOT * self._slots:
            return False
        links = chain.from_iterable(self._waiting[host] for host in self._free_hosts())
        return sum(1 for _ in islice(links, LEAST_LINKS)) < LEAST_LINKS

    def begin(self, wnid: str, recorder: Recorder, tasks: list[Task]) -> None:
        self.router.open(wnid, recorder, tasks)
        for task in tasks:
            self._queue_or_park(task)

    def drain(self) -> None:
        self._more_to_come = False

    def poll(self, timeout: float) -> bool:
        self._heartbeat()
        self._collect(timeout if self._batches else 0)
        for task in self.router.unpark():
            self._queue_or_park(task)
        self._send()
        if not self._batches:
            time.sleep(timeout)  # for hosts that back off, new machines, or the next synset
        return bool(self._more_to_come or self._batches or self._waiting)

    def rations(self) -> list[RationedHost]:
        now = time.monotonic()
        waiting = Counter(task.endpoint for task in self._tasks())
        return [
            RationedHost(
                host,
                known.rate,
                count,
                max(0.0, self._free_at.get(known_hosts.host_group(host), now) - now),
            )
            for host, count in waiting.most_common()
            for known in filter(None, [self._learned_of(host)])
        ]

    def waits_for_rations_alone(self) -> bool:
        now = time.monotonic()
        if now > self._checked_at + 1.0:  # there may be many
            self._checked_at = now
            is_left = bool(self._batches or self._waiting)
            self._is_rationed = is_left and all(
                self._learned_of(task.endpoint) for task in self._tasks()
            )
        return self._is_rationed

    def _tasks(self) -> Iterator[Task]:
        """Yield all that is in batches, or waits for one."""
        yield from chain.from_iterable(self._waiting.values())
        yield from chain.from_iterable(batch.tasks for batch in self._batches.values())

    def _learned_of(self, host: str) -> Learned | None:
        known = known_hosts.known_host(host)
        return self._learned.get(known.service if known else host)

    def leave_rationed(self) -> None:
        self._skips_rationed = True
        for tasks in self._waiting.values():
            for task in tasks:
                self.router.leave(task)
        self._waiting.clear()

    def learned(self) -> dict[str, Learned]:
        return dict(self._learned)

    def close(self) -> None:
        self._resources.close()

    def abandon(self) -> None:
        # Without its pulse no machine goes on, whatever becomes of the messages.
        try:
            with suppress(Exception):
                self._run.stop()
                time.sleep(ENDS_WITHIN if self._batches else 0)
                for batch in self._batches.values():
                    records = recorded(batch).values()
                    if has_answers(records):
                        self.router.reach()
                    self._record_results(batch, records)
        finally:
            with suppress(Exception):
                self._resources.close()

    def _heartbeat(self) -> None:
        """Show that the run goes on, and look how many machines there are."""
        now = time.monotonic()
        if now > self._heartbeat_at + _HEARTBEAT_INTERVAL:
            self._heartbeat_at = now
            self._run.beat()
            self._slots = self._machines.slots()
            if self._slots:
                self._alone_since = now
            if now > self._alone_since + _WORKERLESS_TIMEOUT:
                raise StoreError(f"the cluster has no workers any more; {GOES_ON}")

    def _queue_or_park(self, task: Task) -> None:
        """Let a task wait for a batch, or park it if there are enough for its synset."""
        missing = self.router.missing(task.wnid)
        if missing is not None and self._assigned[task.wnid] >= missing:
            self.router.park(task)
            return
        self._assigned[task.wnid] += 1
        self._queue(task)

    def _queue(self, task: Task) -> None:
        self._waiting.setdefault(task.host_group, deque()).append(task)

    def _free_hosts(self) -> Iterator[str]:
        """Yield the hosts that may be asked now for what waits."""
        now = time.monotonic()
        for host in self._waiting:
            if host not in self._busy_hosts and self._free_at.get(host, now) <= now:
                yield host

    def _send(self) -> None:
        """Give out batches as long as there are places and hosts for them."""
        room = BATCHES_PER_SLOT * self._slots - len(self._batches)
        idle = self._slots - len(self._batches)
        if room <= 0:
            return
        hosts = sorted(self._free_hosts(), key=lambda host: len(self._waiting[host]))
        links = sum(min(MOST_LINKS, len(self._waiting[host])) for host in hosts)
        while room and links >= (1 if idle > 0 else LEAST_LINKS):
            # The largest has a batch for itself, and waits for nobody: other hosts may time out.
            tasks = self._take_from(hosts.pop())
            while hosts and len(tasks) < LEAST_LINKS:
                tasks += self._take_from(hosts.pop())
            self._submit(tasks)
            links -= len(tasks)
            room -= 1
            idle -= 1

    def _take_from(self, host: str) -> list[Task]:
        waiting = self._waiting[host]
        tasks = [waiting.popleft() for _ in range(min(MOST_LINKS, len(waiting)))]
        if not waiting:
            del self._waiting[host]
        self._busy_hosts.add(host)
        self._free_at.pop(host, None)
        return tasks

    def _submit(self, tasks: list[Task]) -> None:
        name = next(self._names)
        batch = self._batches[name] = Batch(self._run.path, name, tasks, dict(self._learned))
        self._futures[name] = self._machines.send(
            batch, self._order, done=lambda: self._finished.put(name)
        )

    def _collect(self, timeout: float) -> None:
        """Take in what has come, and wait for it so many seconds."""
        with suppress(Empty):
            while True:
                self._take_in(
                    self._finished.get(timeout=timeout) if timeout else self._finished.get_nowait()
                )
                self._heartbeat()
                timeout = 0

    def _take_in(self, name: str) -> None:
        report = self._machines.report_of(self._futures[name], _HEARTBEAT_INTERVAL)
        if not report:
            self._finished.put(name)
            return
        batch = self._batches.pop(name)
        del self._futures[name]
        if report.error:
            raise report.error
        if report.reached:
            self.router.reach()
        self._busy_hosts -= {task.host_group for task in batch.tasks}
        now = time.monotonic()
        self._free_at = {host: free for host, free in self._free_at.items() if free > now}
        self._free_at.update(
            (known_hosts.host_group(host), now + rest) for host, rest in report.back_offs.items()
        )
        tasks = self._record_results(batch, report.records)
        for task in report.moved:
            task.link = tasks.pop(task.link.name).link
            self._queue(task)
        self._learned.update(report.learned or {})
        for task in tasks.values():  # which the batch had no time for
            (self.router.leave if self._skips_rationed else self._queue)(task)
        for path in record_files(batch):
            path.unlink()

    def _record_results(self, batch: Batch, records: Iterable[Record]) -> dict[ImageName, Task]:
        """Take in what came of a batch, and return the tasks of which nothing has come."""
        tasks = {task.link.name: task for task in batch.tasks}
        for record in records:
            task = tasks.pop(record.name)
            self._assigned[task.wnid] -= 1
            # With the name and URL that are here already: lists are long.
            known = record._replace(name=task.link.name, url=task.link.url)
            record_it = (
                self.router.take_in if record.outcome is Outcome.SAVED else self.router.record
            )
            record_it(known)
        return tasks
