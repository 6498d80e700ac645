"""Who fetches for a run: this process, and others of this machine."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from collections import deque
from contextlib import suppress
from dataclasses import dataclass, field
from queue import SimpleQueue
from typing import Any, BinaryIO, Callable, Iterable, Iterator, cast

from ..core.text import ImageName
from ..core.threads import started
from ..storage.journal import Record
from ..storage.paces import Learned
from .crawler import Crawler
from .host import Ration
from .link import Task
from .recorder import Recorder, SynsetRecorder, Verdict
from .worker import LIBRARY, Order, Rationing

# The books of all synsets that a run has open.


@dataclass
class _Open:
    recorder: Recorder
    numbers: set[int]
    """The links of which nothing has come yet."""
    ended: bool = field(default=False)


class Router(Recorder):
    """Passes on what a crawl asks and tells to the book of the synset that it is about.

    Attributes
    ----------
    reached : bool
        Whether any host could be connected to.
    ended : deque of str
        The synsets of which nothing is to come any more; for the owner to take away and `close`.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._open: dict[str, _Open] = {}
        self.reached = False
        self.ended: deque[str] = deque()

    def __len__(self) -> int:
        return len(self._open)

    @property
    def links(self) -> int:
        """Of how many links nothing has come yet."""
        return sum(len(each.numbers) for each in list(self._open.values()))

    def open(self, wnid: str, recorder: Recorder, tasks: Iterable[Task]) -> None:
        """Begin a synset whose links are these."""
        with self._lock:
            self._open[wnid] = _Open(recorder, {task.link.name.number for task in tasks})
            if self.reached:
                recorder.reach()
            self._look(wnid)

    def close(self, wnid: str) -> None:
        """Forget a synset; what still comes of its links is nothing to anybody."""
        with self._lock:
            del self._open[wnid]

    def reserve(self, record: Record) -> Verdict:
        with self._lock:
            one = self._open.get(record.name.wnid)
            if not one:
                return Verdict.ENOUGH
            verdict = one.recorder.reserve(record)
            if verdict is Verdict.SETTLED:
                self._end(one, record)
            return verdict

    def keep(self, record: Record) -> None:
        with self._lock:
            one = self._open.get(record.name.wnid)
            if one:
                one.recorder.keep(record)
                self._end(one, record)

    def take_in(self, record: Record) -> None:
        """Count a picture that another process has saved without asking, or remove it again."""
        with self._lock:
            one = self._open.get(record.name.wnid)
            if one and isinstance(one.recorder, SynsetRecorder):
                one.recorder.take_in(record)
                self._end(one, record)

    def record(self, record: Record) -> None:
        with self._lock:
            one = self._open.get(record.name.wnid)
            if one:
                one.recorder.record(record)
                self._end(one, record)

    def reach(self) -> None:
        if not self.reached:
            with self._lock:
                self.reached = True
                for one in self._open.values():
                    one.recorder.reach()

    def missing(self, wnid: str) -> int | None:
        one = self._open.get(wnid)
        return one.recorder.missing(wnid) if one else 0

    def park(self, task: Task) -> None:
        one = self._open.get(task.wnid)
        if one:
            one.recorder.park(task)

    def leave(self, task: Task) -> None:
        with self._lock:
            one = self._open.get(task.wnid)
            if one:
                one.recorder.leave(task)
                one.numbers.discard(task.link.name.number)
                self._look(task.wnid)

    def has_parked(self) -> bool:
        return any(one.recorder.has_parked() for one in list(self._open.values()))

    def unpark(self) -> list[Task]:
        return [task for one in list(self._open.values()) for task in one.recorder.unpark()]

    def _end(self, one: _Open, record: Record) -> None:
        one.numbers.discard(record.name.number)
        self._look(record.name.wnid)

    def _look(self, wnid: str) -> None:
        """See whether a synset has ended: nothing is to come, or nothing more is wanted."""
        one = self._open[wnid]
        if not one.ended and (not one.numbers or one.recorder.is_full()):
            one.ended = True
            self.ended.append(wnid)


# Who fetches for a run: this machine, or many.


class Dispatcher(ABC):
    """Fetches tasks of all synsets that are open.

    Attributes
    ----------
    books : Router
        The books of these synsets, in which the results come together.
    """

    router: Router

    @property
    @abstractmethod
    def is_hungry(self) -> bool:
        """Whether somebody has less to do than he could."""

    @abstractmethod
    def begin(self, wnid: str, recorder: Recorder, tasks: list[Task]) -> None:
        """Have one synset's tasks fetched; what comes of them goes into its book."""

    @abstractmethod
    def begin_end(self) -> None:
        """Tell that all synsets have been begun."""

    @abstractmethod
    def tend(self, patience: float) -> bool:
        """Work for so many seconds at most, until there is news; return whether any is to come.

        Raises
        ------
        OSError
            If a picture cannot be kept.
        StoreError
            If those who work keep dying.
        """

    @abstractmethod
    def rations(self) -> list[Ration]:
        """Return the hosts that ration and are waited for, the one with most links first."""

    @abstractmethod
    def waits_for_rations_alone(self) -> bool:
        """Say whether something is left, and all of it waits for hosts that ration."""

    @abstractmethod
    def leave(self) -> None:
        """Ask no more for what waits for hosts that ration; their books are told."""

    @abstractmethod
    def learned(self) -> dict[str, Learned]:
        """Return what was learnt of hosts that ration."""

    @abstractmethod
    def close(self) -> None:
        """End, when there is nothing left to do or no picture is wanted any more."""

    @abstractmethod
    def abandon(self) -> None:
        """End at once; what has been saved is counted."""

    def ended(self) -> Iterator[str]:
        """Yield the synsets of whose tasks nothing is to come any more."""
        while self.router.ended:
            wnid = self.router.ended.popleft()
            self.router.close(wnid)
            yield wnid


_GRACE = 2.0
"""Seconds that a worker has to end by itself."""


class Worker(ABC):
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


class ThreadWorker(Worker):
    """This process."""

    def __init__(self, crawl: Crawler) -> None:
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


class WorkerProcess(Worker):
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
        self.said_bye = False
        self.told = Rationing()
        self.listener = threading.Thread()
        self._letters: SimpleQueue[Any] = SimpleQueue()
        self._letters.put(order)
        self._writer = threading.Thread(target=self._write, daemon=True)

    def begin(self, listen: Callable[[WorkerProcess], None]) -> bool:
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
