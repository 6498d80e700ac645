"""Several processes in one run: each host belongs to one of them."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
import time
from abc import ABC, abstractmethod
from collections import OrderedDict, defaultdict, deque
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, BinaryIO, Callable, Iterable, Iterator, cast

from ..actions import DownloadOptions
from ..errors import StoreError
from ..kept.journal import Record
from ..kept.store import Store
from ..names import ImageName
from ..threads import started
from ..web.fetch import Fetcher
from ..web.host import Ration
from ..web.learned import Learned
from .books import Books
from .crawl import Crawl
from .crew import Crew
from .desk import Colleagues, Desk, Manner
from .ledger import Book
from .rationing import Rationing
from .task import Task
from .worker import LIBRARY, MOST_HOSTS, Order

WORTH = 600
"""Links for which one more process pays: its start and its messages take time too."""

_MOST_DEATHS, _AN_HOUR = 5, 3600.0
"""Workers that may die within so many seconds: more is no accident."""

_GRACE = 2.0
"""Seconds that a worker has to end by itself."""


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


class _Member(ABC):
    """Who fetches: this process, or another."""

    hungry = False

    @abstractmethod
    def give(self, tasks: list[Task]) -> None:
        """Have it fetch these."""

    @abstractmethod
    def begin_end(self) -> None:
        """Tell it that all tasks have been given out."""

    @abstractmethod
    def share(self, jobs: int) -> None:
        """Tell it how many requests it may make at once."""

    @abstractmethod
    def rationing(self) -> Rationing:
        """Return how it stands with its hosts that ration."""

    @abstractmethod
    def leave(self) -> None:
        """Tell it to ask no more for what waits for these."""

    @property
    @abstractmethod
    def is_idle(self) -> bool:
        """Whether it has nothing to do."""


class _Own(_Member):
    """This process."""

    def __init__(self, crawl: Crawl) -> None:
        self._crawl = crawl

    def give(self, tasks: list[Task]) -> None:
        self.hungry = False
        self._crawl.add(tasks)

    def begin_end(self) -> None:
        self._crawl.begin_end()

    def share(self, jobs: int) -> None:
        self._crawl.share(jobs)

    def rationing(self) -> Rationing:
        crawl = self._crawl
        return Rationing(crawl.rations(), crawl.waits_for_rations_alone(), crawl.learned())

    def leave(self) -> None:
        self._crawl.leave()

    @property
    def is_idle(self) -> bool:
        return self._crawl.is_idle


class _Worker(_Member):
    """Another process, and what it has been given."""

    def __init__(self, order: Order) -> None:
        self.order = order
        path = os.pathsep.join([LIBRARY, *filter(None, sys.path)])
        self.process = subprocess.Popen(
            [sys.executable, "-m", "ck_imagenet.crawling.worker"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env={**os.environ, "PYTHONPATH": path},
            start_new_session=True,  # Ctrl-C is for the one who knows what to do
        )
        self._inbox = cast(BinaryIO, self.process.stdin)
        self._outbox = cast(BinaryIO, self.process.stdout)
        self.open: dict[ImageName, Task] = {}
        self.said_bye = False
        self.told = Rationing()
        self.listener = threading.Thread()
        self._letters: SimpleQueue[Any] = SimpleQueue()
        self._letters.put(order)
        self._writer = threading.Thread(target=self._write, daemon=True)

    def begin(self, listen: Callable[[_Worker], None]) -> bool:
        """Talk with it, in threads; without memory for these, end it. Say whether it has begun."""
        self.listener = threading.Thread(target=listen, args=(self,), daemon=True)
        begun = started(self._writer, others=True) and started(self.listener, others=True)
        if not begun:
            self.process.kill()
            self.process.wait()
        return begun

    def send(self, *message: Any) -> None:
        """Tell it something, without waiting until it listens: it may be waiting for us."""
        self._letters.put(message)

    def messages(self) -> Iterator[tuple[Any, ...]]:
        """Yield what it says, until it ends."""
        with suppress(EOFError, OSError, pickle.UnpicklingError):
            while not self.said_bye:
                message = pickle.load(self._outbox)  # noqa: S301 - our own child
                self.said_bye = message[0] == "bye"
                if not self.said_bye:
                    yield message

    def _write(self) -> None:
        with suppress(OSError), self._inbox:  # its end is found by who listens to it
            for letter in iter(self._letters.get, None):
                pickle.dump(letter, self._inbox)
                self._inbox.flush()

    def give(self, tasks: list[Task]) -> None:
        self.open.update((task.link.name, task) for task in tasks)
        self.hungry = False
        self.send("tasks", tasks)

    def known(self, record: Record) -> Record:
        """Return what it says of a link in the words that are here already: lists are long."""
        name, url = self.open.pop(record.name).link
        return record._replace(name=name, url=url)

    def begin_end(self) -> None:
        self.send("drained")

    def share(self, jobs: int) -> None:
        self.send("share", jobs)

    def rationing(self) -> Rationing:
        return self.told

    def leave(self) -> None:
        self.send("leave")

    @property
    def is_idle(self) -> bool:
        return not self.open

    def end(self) -> None:
        """Let it end."""
        self._letters.put(None)

    def wait(self) -> int:
        """Return its status when it has ended, which it must soon."""
        with suppress(subprocess.TimeoutExpired):
            self.process.wait(_GRACE)
        self.process.kill()
        return self.process.wait()

    def close(self) -> None:
        """Forget it, when it has ended."""
        self.listener.join()
        self._outbox.close()


class Team(Crew, Colleagues):
    """Fetches with as many processes as pay, of which this is one.

    The work is divided by host, so that each host's cap, rests and breaker have one owner. What
    comes of it all meets in the books, here.

    Parameters
    ----------
    order : Order, optional
        What the other processes are started with; without it, there are none.
    fetcher : Fetcher
        What this process asks with.
    store : Store
        Where the pictures go.
    manner : Manner
        How to crawl, all processes together.
    """

    def __init__(self, order: Order | None, fetcher: Fetcher, store: Store, manner: Manner) -> None:
        self._order = order
        self._jobs = manner.jobs
        self.books = Books()
        self.at_work = True
        self._coming = True
        self._crawl = Crawl(Desk(fetcher, store, self.books, manner), self)
        self._own = _Own(self._crawl)
        self._lock = threading.RLock()
        self._unassigned: deque[list[Task]] = deque()
        self._owners: OrderedDict[str, _Member] = OrderedDict()
        self._workers: list[_Worker] = []
        self._deaths: deque[float] = deque(maxlen=_MOST_DEATHS + 1)
        self._drained = self._stopped = False
        self._learned: dict[str, Learned] = {}

    @property
    def is_hungry(self) -> bool:
        return not self._unassigned and any(member.hungry for member in self._members)

    def begin(self, wnid: str, book: Book, tasks: list[Task]) -> None:
        self.books.open(wnid, book, tasks)
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
            owner = self._owners.setdefault(task.endpoint, self._own)
            if owner is self._own:
                return False
            owner.give([task])
            self._count()
            return True

    @property
    def _members(self) -> list[_Member]:
        return [self._own, *self._workers]

    def _divide(self, tasks: Iterable[Task]) -> None:
        """Put tasks up for whoever has time, the largest hosts first."""
        by_host: defaultdict[str, list[Task]] = defaultdict(list)
        for task in tasks:
            by_host[task.endpoint].append(task)
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
        worker = _Worker(order)
        if worker.begin(self._listen):  # else those that there are do all of it
            self._workers.append(worker)

    def _listen(self, worker: _Worker) -> None:
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

    def _on_keep(self, worker: _Worker, record: Record) -> None:
        self.books.take_in(worker.known(record))

    def _on_settle(self, worker: _Worker, record: Record) -> None:
        self.books.settle(worker.known(record))

    def _on_left(self, worker: _Worker, task: Task) -> None:
        task.link = worker.open.pop(task.link.name).link
        self.books.leave(task)

    def _on_rationing(self, worker: _Worker, news: Rationing) -> None:
        worker.told = news
        self._learned.update(news.learned or {})

    def _on_reach(self, worker: _Worker) -> None:
        self.books.reach()

    def _on_error(self, worker: _Worker, error: Exception) -> None:
        self._stopped = True
        self._crawl.stop(error)

    def _on_moved(self, worker: _Worker, task: Task) -> None:
        """A redirect has led to a host that may be another's."""
        task.link = worker.open.pop(task.link.name).link
        owner = self._owners.setdefault(task.endpoint, worker)
        owner.give([task])

    def _on_hungry(self, member: _Member) -> None:
        member.hungry = True
        self._feed()

    def _feed(self) -> None:
        for member in self._members:
            if member.hungry and self._unassigned:
                tasks: list[Task] = []
                while self._unassigned and len(tasks) < self._jobs:
                    tasks += self._unassigned.popleft()
                for task in tasks:
                    self._owners.setdefault(task.endpoint, member)
                self._give_to_owners(tasks)
        if not (self._unassigned or self._coming or self._drained):
            self._drained = True
            for member in self._members:
                member.begin_end()

    def _give_to_owners(self, tasks: list[Task]) -> None:
        by_owner: defaultdict[_Member, list[Task]] = defaultdict(list)
        for task in tasks:
            self._owners.move_to_end(task.endpoint)
            by_owner[self._owners[task.endpoint]].append(task)
        for owner, given in by_owner.items():
            owner.give(given)
        while len(self._owners) > MOST_HOSTS:
            self._owners.popitem(last=False)

    def _take_over(self, worker: _Worker) -> None:
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
