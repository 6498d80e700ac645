"""Several processes in one run: each host belongs to one of them."""

from __future__ import annotations

import os
import sys
import threading
import time
from collections import OrderedDict, defaultdict, deque
from typing import Iterable

from ..core import known_hosts, urls
from ..core.actions import DownloadOptions
from ..core.errors import StoreError
from ..http.client import Client
from ..storage.journal import Record
from ..storage.paces import Learned
from ..storage.store import Store
from .context import CrawlContext, CrawlSettings, Peers
from .crawler import Crawler
from .dispatcher import Dispatcher, Router, ThreadWorker, Worker, WorkerProcess
from .host import Ration
from .link import Task
from .recorder import Recorder
from .worker import MOST_HOSTS, Order, Rationing

WORTH = 600
"""Links for which one more process pays: its start and its messages take time too."""

_MOST_DEATHS, _AN_HOUR = 5, 3600.0
"""Workers that may die within so many seconds: more is no accident."""


def processes_for(links: int, options: DownloadOptions) -> int:
    """Return how many processes suit so many links: as many as wanted, else as there are cores.

    Where pictures are counted there is one, which knows at once when they are enough.
    """
    if not sys.executable or options.max_images is not None:
        return 1
    wanted = options.processes or max(1, min(_cores(), links // WORTH))
    return min(options.jobs, max(1, links), wanted)


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not everywhere is there such a thing
        return os.cpu_count() or 1


class ProcessDispatcher(Dispatcher, Peers):
    """Fetches with as many processes as pay, of which this is one.

    The work is divided by host, so that each host's cap, rests and breaker have one owner. What
    comes of it all meets in the books, here.

    Parameters
    ----------
    order : Order, optional
        What the other processes are started with; without it, there are none.
    fetcher : Client
        What this process asks with.
    store : Store
        Where the pictures go.
    manner : CrawlSettings
        How to crawl, all processes together.
    """

    def __init__(
        self, order: Order | None, fetcher: Client, store: Store, manner: CrawlSettings
    ) -> None:
        self._order = order
        self._jobs = manner.jobs
        self.router = Router()
        self.at_work = True
        self._coming = True
        self._crawl = Crawler(CrawlContext(fetcher, store, self.router, manner), self)
        self._own = ThreadWorker(self._crawl)
        self._lock = threading.RLock()
        self._unassigned: deque[list[Task]] = deque()
        # The archive is this process's affair: all that asks it here shares its pace.
        archive = known_hosts.party(urls.endpoint(manner.archive))
        self._owners: OrderedDict[str, Worker] = OrderedDict({archive: self._own})
        self._workers: list[WorkerProcess] = []
        self._deaths: deque[float] = deque(maxlen=_MOST_DEATHS + 1)
        self._drained = self._stopped = False
        self._learned: dict[str, Learned] = {}

    @property
    def is_hungry(self) -> bool:
        return not self._unassigned and any(member.hungry for member in self._members)

    def begin(self, wnid: str, recorder: Recorder, tasks: list[Task]) -> None:
        self.router.open(wnid, recorder, tasks)
        with self._lock:
            self._divide(tasks)
            self._hire_those_who_pay()
            self._feed()
            self._count()

    def begin_end(self) -> None:
        with self._lock:
            self._coming = False
            self._feed()
            self._count()

    def tend(self, patience: float) -> bool:
        return self._crawl.tend(patience)

    def rations(self) -> list[Ration]:
        with self._lock:
            found = [each for member in self._members for each in member.rationing().rations]
        return sorted(found, key=lambda ration: -ration.waiting)

    def waits_for_rations_alone(self) -> bool:
        with self._lock:
            busy = [member for member in self._members if not member.is_idle]
            return bool(busy) and all(member.rationing().alone for member in busy)

    def leave(self) -> None:
        with self._lock:
            for member in self._members:
                member.leave()

    def learned(self) -> dict[str, Learned]:
        with self._lock:
            known = dict(self._learned)
            for member in self._members:
                known.update(member.rationing().learned or {})
        return known

    def close(self) -> None:
        self._crawl.stop()
        self._dismiss()

    def abandon(self) -> None:
        try:
            self._crawl.abandon()
        finally:
            self._dismiss()

    def ask_for_more(self) -> None:
        with self._lock:
            self._on_hungry(self._own)
            self._count()

    def lead_away(self, task: Task) -> bool:
        with self._lock:
            owner = self._owners.setdefault(task.party, self._own)
            if owner is self._own:
                return False
            owner.give([task])
            self._count()
            return True

    @property
    def _members(self) -> list[Worker]:
        return [self._own, *self._workers]

    def _divide(self, tasks: Iterable[Task]) -> None:
        """Put tasks up for whoever has time, the largest hosts first."""
        by_host: defaultdict[str, list[Task]] = defaultdict(list)
        for task in tasks:
            by_host[task.party].append(task)
        self._unassigned += sorted(by_host.values(), key=len, reverse=True)

    def _hire_those_who_pay(self) -> None:
        if not self._order:
            return
        links = sum(map(len, self._unassigned)) + sum(len(worker.open) for worker in self._workers)
        wanted = processes_for(links, self._order.options) - len(self._members)
        for _ in range(wanted):
            self._hire(self._order)
        if wanted > 0:
            self._share()

    def _share(self) -> None:
        for member in self._members:
            member.share(max(1, self._jobs // len(self._members)))

    def _count(self) -> None:
        """See whether there is still something elsewhere; here, only after what has been given."""
        elsewhere = self._unassigned or any(worker.open for worker in self._workers)
        self.at_work = bool(self._coming or elsewhere)
        if not self.at_work:
            self._crawl.look()

    def _hire(self, order: Order) -> None:
        worker = WorkerProcess(order)
        if worker.begin(self._listen):  # else those that there are do all of it
            self._workers.append(worker)

    def _listen(self, worker: WorkerProcess) -> None:
        """Take in what a worker says, until it ends."""
        try:
            for kind, *content in worker.messages():
                with self._lock:
                    getattr(self, f"_on_{kind}")(worker, *content)
                    self._count()
            with self._lock:
                if not worker.said_bye and not self._stopped:
                    self._take_over(worker)
                self._count()
        except Exception as error:  # whatever it is must end the run
            self._crawl.stop(error)

    def _on_keep(self, worker: WorkerProcess, record: Record) -> None:
        self.router.take_in(worker.known(record))

    def _on_record(self, worker: WorkerProcess, record: Record) -> None:
        self.router.record(worker.known(record))

    def _on_left(self, worker: WorkerProcess, task: Task) -> None:
        task.link = worker.open.pop(task.link.name).link
        self.router.leave(task)

    def _on_rationing(self, worker: WorkerProcess, news: Rationing) -> None:
        worker.told = news
        self._learned.update(news.learned or {})

    def _on_reach(self, worker: WorkerProcess) -> None:
        self.router.reach()

    def _on_error(self, worker: WorkerProcess, error: Exception) -> None:
        self._stopped = True
        self._crawl.stop(error)

    def _on_moved(self, worker: WorkerProcess, task: Task) -> None:
        """A redirect has led to a host that may be another's."""
        task.link = worker.open.pop(task.link.name).link
        owner = self._owners.setdefault(task.party, worker)
        owner.give([task])

    def _on_hungry(self, member: Worker) -> None:
        member.hungry = True
        self._feed()

    def _feed(self) -> None:
        for member in self._members:
            if member.hungry and self._unassigned:
                tasks: list[Task] = []
                while self._unassigned and len(tasks) < self._jobs:
                    tasks += self._unassigned.popleft()
                for task in tasks:
                    self._owners.setdefault(task.party, member)
                self._give_to_owners(tasks)
        if not (self._unassigned or self._coming or self._drained):
            self._drained = True
            for member in self._members:
                member.begin_end()

    def _give_to_owners(self, tasks: list[Task]) -> None:
        by_owner: defaultdict[Worker, list[Task]] = defaultdict(list)
        for task in tasks:
            self._owners.move_to_end(task.party)
            by_owner[self._owners[task.party]].append(task)
        for owner, given in by_owner.items():
            owner.give(given)
        while len(self._owners) > MOST_HOSTS:
            self._owners.popitem(last=False)

    def _take_over(self, worker: WorkerProcess) -> None:
        """Give what a killed worker left to others."""
        status = worker.wait()
        self._workers.remove(worker)
        for host in [host for host, owner in self._owners.items() if owner is worker]:
            del self._owners[host]
        self._divide(worker.open.values())
        self._deaths.append(time.monotonic())
        if self._deaths[-1] < self._deaths[0] + _AN_HOUR and len(self._deaths) > _MOST_DEATHS:
            raise StoreError(
                f"processes that fetch for this run were ended {len(self._deaths)} times from "
                "outside within an hour "
                f"(the last with status {status}): is there too little memory? What is here is "
                "kept; the same command goes on from there, with --processes=1 in one process"
            )
        self._drained = False
        self._hire(worker.order)
        self._share()
        self._feed()

    def _dismiss(self) -> None:
        """End all workers; what they have saved is still taken in."""
        with self._lock:
            self._stopped = True
            for worker in self._workers:
                worker.end()
        for worker in self._workers:
            worker.wait()
            worker.close()
