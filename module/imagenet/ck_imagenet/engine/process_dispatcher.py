"""Several processes in one run: each host belongs to one of them.

A worker process is started when there are links enough to pay for it. It is given hosts, the
largest first, whenever it is hungry; what it says (`_on_…`) is taken in by a thread of its own. One
that dies is replaced, and its hosts are given to whoever is hungry. At the other end: `worker`.
"""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from collections import OrderedDict, defaultdict, deque
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, BinaryIO, Callable, Iterable, Iterator, cast

from ..core import known_hosts, urls
from ..core.errors import StoreError
from ..core.text import ImageName
from ..core.threads import start_thread
from ..http.client import Client
from ..storage.paces import Learned
from ..storage.records import Record
from ..storage.store import Store
from .context import Crawl, CrawlContext, CrawlSettings, Order, Peers
from .crawler import Crawler, Rationing
from .dispatcher import Dispatcher, ThreadWorker, Worker
from .host import RationedHost
from .link import Task
from .recorder import Recorder, Router
from .worker import LIBRARY, MOST_OWNERS

LINKS_PER_PROCESS = 600
"""Links for which one more process pays: its start and its messages take time too."""

_MOST_DEATHS, _AN_HOUR = 5, 3600.0
"""Workers that may die within so many seconds: more is no accident."""


def processes_for(links: int, crawl: Crawl) -> int:
    """Return how many processes suit a number of links: as many as wanted, else as there are cores.

    Where pictures are counted there is one, which knows at once when they are enough.

    Parameters
    ----------
    links : int
        How many are to be fetched.
    crawl : Crawl
        How many processes and connections the user wants.
    """
    if not sys.executable or crawl.max_images is not None:
        return 1
    wanted = crawl.processes or max(1, min(_cores(), links // LINKS_PER_PROCESS))
    return min(crawl.jobs, max(1, links), wanted)


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not everywhere is there such a thing
        return os.cpu_count() or 1


_EXIT_GRACE = 2.0
"""Seconds that a worker has to end by itself."""


class ProcessWorker(Worker):
    """Another process, and what it has been given."""

    def __init__(self, order: Order) -> None:
        self.order = order
        path = os.pathsep.join([LIBRARY, *filter(None, sys.path)])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ck_imagenet.engine.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is for the one who knows what to do
        )
        self._inbox = cast(BinaryIO, self.process.stdin)
        self._outbox = cast(BinaryIO, self.process.stdout)
        self.open: dict[ImageName, Task] = {}
        self.has_said_bye = False
        self.last_rationing = Rationing()
        self.listener = threading.Thread()
        self._outgoing: SimpleQueue[Any] = SimpleQueue()
        self._outgoing.put(order)
        self._writer = threading.Thread(target=self._write, daemon=True)

    def begin(self, listen: Callable[[ProcessWorker], None]) -> bool:
        """Talk with it, in threads; end it if there is no memory for these. Say if it has begun."""
        self.listener = threading.Thread(target=listen, args=(self,), daemon=True)
        begun = start_thread(self._writer, others=True) and start_thread(self.listener, others=True)
        if not begun:
            self.process.kill()
            self.process.wait()
        return begun

    def send(self, *message: Any) -> None:
        """Tell it something, without waiting until it listens: it may be waiting for us."""
        self._outgoing.put(message)

    def messages(self) -> Iterator[tuple[Any, ...]]:
        """Yield what it says, until it ends."""
        with suppress(EOFError, OSError, pickle.UnpicklingError):
            while not self.has_said_bye:
                message = pickle.load(self._outbox)  # noqa: S301 - our own child
                self.has_said_bye = message[0] == "bye"
                if not self.has_said_bye:
                    yield message

    def _write(self) -> None:
        with suppress(OSError), self._inbox:  # its end is found by who listens to it
            for message in iter(self._outgoing.get, None):
                pickle.dump(message, self._inbox)
                self._inbox.flush()

    def give(self, tasks: list[Task]) -> None:
        self.open.update((task.link.name, task) for task in tasks)
        self.hungry = False
        self.send("tasks", tasks)

    def as_given(self, record: Record) -> Record:
        """Return a record with the name and URL that are here already: lists are long."""
        name, url = self.open.pop(record.name).link
        return record._replace(name=name, url=url)

    def drain(self) -> None:
        self.send("drained")

    def limit_to(self, jobs: int) -> None:
        self.send("share", jobs)

    def rationing(self) -> Rationing:
        return self.last_rationing

    def leave_rationed(self) -> None:
        self.send("leave")

    @property
    def is_idle(self) -> bool:
        return not self.open

    def end(self) -> None:
        """Let it end."""
        self._outgoing.put(None)

    def wait(self) -> int:
        """Return its status when it has ended, which it must soon."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_EXIT_GRACE)
        self.process.kill()
        return self.process.wait()

    def close(self) -> None:
        """Forget it, when it has ended."""
        self.listener.join()
        self._outbox.close()


class ProcessDispatcher(Dispatcher, Peers):
    """Fetches with as many processes as pay, of which this is one.

    The work is divided by host, so that each host's cap, pace and breaker have one owner. All
    results come together in the router, here.

    Parameters
    ----------
    order : Order, optional
        What the other processes are started with; without it, there are none.
    client : Client
        What this process asks with.
    store : Store
        Where the pictures go.
    settings : CrawlSettings
        How to crawl, all processes together.
    """

    def __init__(
        self, order: Order | None, client: Client, store: Store, settings: CrawlSettings
    ) -> None:
        self._order = order
        self._jobs = settings.jobs
        self.router = Router()
        self.at_work = True
        self._more_to_come = True
        self._crawler = Crawler(CrawlContext(client, store, self.router, settings), self)
        self._this_process = ThreadWorker(self._crawler)
        self._lock = threading.RLock()
        self._unassigned: deque[list[Task]] = deque()
        # The archive belongs to this process: whoever asks it here shares its pace.
        archive = known_hosts.host_group(urls.endpoint(settings.archive))
        self._owners: OrderedDict[str, Worker] = OrderedDict({archive: self._this_process})
        self._workers: list[ProcessWorker] = []
        self._deaths: deque[float] = deque(maxlen=_MOST_DEATHS + 1)
        self._is_drained = self._stopped = False
        self._learned: dict[str, Learned] = {}

    @property
    def is_hungry(self) -> bool:
        return not self._unassigned and any(worker.hungry for worker in self._all_workers)

    def begin(self, wnid: str, recorder: Recorder, tasks: list[Task]) -> None:
        self.router.open(wnid, recorder, tasks)
        with self._lock:
            self._queue_by_host(tasks)
            self._start_workers_that_pay()
            self._feed_hungry()
            self._update_at_work()

    def drain(self) -> None:
        with self._lock:
            self._more_to_come = False
            self._feed_hungry()
            self._update_at_work()

    def poll(self, timeout: float) -> bool:
        return self._crawler.poll(timeout)

    def rations(self) -> list[RationedHost]:
        with self._lock:
            found = [each for worker in self._all_workers for each in worker.rationing().rations]
        return sorted(found, key=lambda ration: -ration.waiting)

    def waits_for_rations_alone(self) -> bool:
        with self._lock:
            busy = [worker for worker in self._all_workers if not worker.is_idle]
            return bool(busy) and all(worker.rationing().alone for worker in busy)

    def leave_rationed(self) -> None:
        with self._lock:
            for worker in self._all_workers:
                worker.leave_rationed()

    def learned(self) -> dict[str, Learned]:
        with self._lock:
            known = dict(self._learned)
            for worker in self._all_workers:
                known.update(worker.rationing().learned or {})
        return known

    def close(self) -> None:
        self._crawler.stop()
        self._end_workers()

    def abandon(self) -> None:
        try:
            self._crawler.abandon()
        finally:
            self._end_workers()

    def ask_for_more(self) -> None:
        with self._lock:
            self._on_hungry(self._this_process)
            self._update_at_work()

    def hand_over(self, task: Task) -> bool:
        with self._lock:
            owner = self._owners.setdefault(task.host_group, self._this_process)
            if owner is self._this_process:
                return False
            owner.give([task])
            self._update_at_work()
            return True

    @property
    def _all_workers(self) -> list[Worker]:
        return [self._this_process, *self._workers]

    def _queue_by_host(self, tasks: Iterable[Task]) -> None:
        """Let tasks wait for a hungry worker, the largest hosts first."""
        by_host: defaultdict[str, list[Task]] = defaultdict(list)
        for task in tasks:
            by_host[task.host_group].append(task)
        self._unassigned += sorted(by_host.values(), key=len, reverse=True)

    def _start_workers_that_pay(self) -> None:
        if not self._order:
            return
        links = sum(map(len, self._unassigned)) + sum(len(worker.open) for worker in self._workers)
        wanted = processes_for(links, self._order.crawl) - len(self._all_workers)
        for _ in range(wanted):
            self._start_worker(self._order)
        if wanted > 0:
            self._share_connections()

    def _share_connections(self) -> None:
        for worker in self._all_workers:
            worker.limit_to(max(1, self._jobs // len(self._all_workers)))

    def _update_at_work(self) -> None:
        """See whether anything is left elsewhere; called after whatever changes that."""
        elsewhere = self._unassigned or any(worker.open for worker in self._workers)
        self.at_work = bool(self._more_to_come or elsewhere)
        if not self.at_work:
            self._crawler.wake()

    def _start_worker(self, order: Order) -> None:
        worker = ProcessWorker(order)
        if worker.begin(self._listen):  # else those that there are do all of it
            self._workers.append(worker)

    def _listen(self, worker: ProcessWorker) -> None:
        """Take in what a worker says, until it ends."""
        try:
            for kind, *content in worker.messages():
                with self._lock:
                    getattr(self, f"_on_{kind}")(worker, *content)
                    self._update_at_work()
            with self._lock:
                if not worker.has_said_bye and not self._stopped:
                    self._reassign(worker)
                self._update_at_work()
        except Exception as error:  # whatever it is must end the run
            self._crawler.stop(error)

    def _on_keep(self, worker: ProcessWorker, record: Record) -> None:
        self.router.take_in(worker.as_given(record))

    def _on_record(self, worker: ProcessWorker, record: Record) -> None:
        self.router.record(worker.as_given(record))

    def _on_left(self, worker: ProcessWorker, task: Task) -> None:
        task.link = worker.open.pop(task.link.name).link
        self.router.leave(task)

    def _on_rationing(self, worker: ProcessWorker, news: Rationing) -> None:
        worker.last_rationing = news
        self._learned.update(news.learned or {})

    def _on_reach(self, worker: ProcessWorker) -> None:
        self.router.reach()

    def _on_error(self, worker: ProcessWorker, error: Exception) -> None:
        self._stopped = True
        self._crawler.stop(error)

    def _on_moved(self, worker: ProcessWorker, task: Task) -> None:
        """A redirect has led to a host that may be another's."""
        task.link = worker.open.pop(task.link.name).link
        owner = self._owners.setdefault(task.host_group, worker)
        owner.give([task])

    def _on_hungry(self, worker: Worker) -> None:
        worker.hungry = True
        self._feed_hungry()

    def _feed_hungry(self) -> None:
        for worker in self._all_workers:
            if worker.hungry and self._unassigned:
                tasks: list[Task] = []
                while self._unassigned and len(tasks) < self._jobs:
                    tasks += self._unassigned.popleft()
                for task in tasks:
                    self._owners.setdefault(task.host_group, worker)
                self._give_to_owners(tasks)
        if not (self._unassigned or self._more_to_come or self._is_drained):
            self._is_drained = True
            for worker in self._all_workers:
                worker.drain()

    def _give_to_owners(self, tasks: list[Task]) -> None:
        by_owner: defaultdict[Worker, list[Task]] = defaultdict(list)
        for task in tasks:
            self._owners.move_to_end(task.host_group)
            by_owner[self._owners[task.host_group]].append(task)
        for owner, given in by_owner.items():
            owner.give(given)
        while len(self._owners) > MOST_OWNERS:
            self._owners.popitem(last=False)

    def _reassign(self, worker: ProcessWorker) -> None:
        """Give what a killed worker left to others."""
        status = worker.wait()
        self._workers.remove(worker)
        for host in [host for host, owner in self._owners.items() if owner is worker]:
            del self._owners[host]
        self._queue_by_host(worker.open.values())
        self._deaths.append(time.monotonic())
        if self._deaths[-1] < self._deaths[0] + _AN_HOUR and len(self._deaths) > _MOST_DEATHS:
            raise StoreError(
                f"processes that fetch for this run were ended {len(self._deaths)} times from "
                "outside within an hour "
                f"(the last with status {status}): is there too little memory? What is here is "
                "kept; the same command goes on from there, with --processes=1 in one process"
            )
        self._is_drained = False
        self._start_worker(worker.order)
        self._share_connections()
        self._feed_hungry()

    def _end_workers(self) -> None:
        """End all workers; what they have saved is still taken in."""
        with self._lock:
            self._stopped = True
            for worker in self._workers:
                worker.end()
        for worker in self._workers:
            worker.wait()
            worker.close()
