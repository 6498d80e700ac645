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
from ..core.threads import start_thread
from ..storage.paces import Learned
from ..storage.records import Record
from .context import Order
from .crawler import Crawler
from .host import RationedHost
from .link import Task
from .recorder import Recorder, SynsetRecorder, Verdict
from .worker import LIBRARY, Rationing

# The books of all synsets that a run has open.


@dataclass
class _OpenSynset:
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
        self._open: dict[str, _OpenSynset] = {}
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
            self._open[wnid] = _OpenSynset(recorder, {task.link.name.number for task in tasks})
            if self.reached:
                recorder.reach()
            self._check_ended(wnid)

    def close(self, wnid: str) -> None:
        """Forget a synset; what still comes of its links is nothing to anybody."""
        with self._lock:
            del self._open[wnid]

    def reserve(self, record: Record) -> Verdict:
        with self._lock:
            synset = self._open.get(record.name.wnid)
            if not synset:
                return Verdict.ENOUGH
            verdict = synset.recorder.reserve(record)
            if verdict is Verdict.SETTLED:
                self._tick_off(synset, record)
            return verdict

    def keep(self, record: Record) -> None:
        with self._lock:
            synset = self._open.get(record.name.wnid)
            if synset:
                synset.recorder.keep(record)
                self._tick_off(synset, record)

    def take_in(self, record: Record) -> None:
        """Count a picture that another process has saved without asking, or remove it again."""
        with self._lock:
            synset = self._open.get(record.name.wnid)
            if synset and isinstance(synset.recorder, SynsetRecorder):
                synset.recorder.take_in(record)
                self._tick_off(synset, record)

    def record(self, record: Record) -> None:
        with self._lock:
            synset = self._open.get(record.name.wnid)
            if synset:
                synset.recorder.record(record)
                self._tick_off(synset, record)

    def reach(self) -> None:
        if not self.reached:
            with self._lock:
                self.reached = True
                for synset in self._open.values():
                    synset.recorder.reach()

    def missing(self, wnid: str) -> int | None:
        synset = self._open.get(wnid)
        return synset.recorder.missing(wnid) if synset else 0

    def park(self, task: Task) -> None:
        synset = self._open.get(task.wnid)
        if synset:
            synset.recorder.park(task)

    def leave(self, task: Task) -> None:
        with self._lock:
            synset = self._open.get(task.wnid)
            if synset:
                synset.recorder.leave(task)
                synset.numbers.discard(task.link.name.number)
                self._check_ended(task.wnid)

    def has_parked(self) -> bool:
        return any(synset.recorder.has_parked() for synset in list(self._open.values()))

    def unpark(self) -> list[Task]:
        return [task for synset in list(self._open.values()) for task in synset.recorder.unpark()]

    def _tick_off(self, synset: _OpenSynset, record: Record) -> None:
        synset.numbers.discard(record.name.number)
        self._check_ended(record.name.wnid)

    def _check_ended(self, wnid: str) -> None:
        """See whether a synset has ended: nothing is to come, or nothing more is wanted."""
        synset = self._open[wnid]
        if not synset.ended and (not synset.numbers or synset.recorder.is_full()):
            synset.ended = True
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
    def drain(self) -> None:
        """Tell that all synsets have been begun."""

    @abstractmethod
    def poll(self, timeout: float) -> bool:
        """Work for so many seconds at most, until there is news; return whether any is to come.

        Raises
        ------
        OSError
            If a picture cannot be kept.
        StoreError
            If those who work keep dying.
        """

    @abstractmethod
    def rations(self) -> list[RationedHost]:
        """Return the hosts that ration and are waited for, the one with most links first."""

    @abstractmethod
    def waits_for_rations_alone(self) -> bool:
        """Say whether something is left, and all of it waits for hosts that ration."""

    @abstractmethod
    def leave_rationed(self) -> None:
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
    def drain(self) -> None:
        """Tell it that all tasks have been given out."""

    @abstractmethod
    def limit_to(self, jobs: int) -> None:
        """Tell it how many requests it may make at once."""

    @abstractmethod
    def rationing(self) -> Rationing:
        """Return how it stands with its hosts that ration."""

    @abstractmethod
    def leave_rationed(self) -> None:
        """Tell it to ask no more for what waits for these."""

    @property
    @abstractmethod
    def is_idle(self) -> bool:
        """Whether it has nothing to do."""


class ThreadWorker(Worker):
    """This process."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    def give(self, tasks: list[Task]) -> None:
        self.hungry = False
        self._crawler.add(tasks)

    def drain(self) -> None:
        self._crawler.drain()

    def limit_to(self, jobs: int) -> None:
        self._crawler.limit_to(jobs)

    def rationing(self) -> Rationing:
        crawler = self._crawler
        return Rationing(crawler.rations(), crawler.waits_for_rations_alone(), crawler.learned())

    def leave_rationed(self) -> None:
        self._crawler.leave_rationed()

    @property
    def is_idle(self) -> bool:
        return self._crawler.is_idle


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
        """Talk with it, in threads; without memory for these, end it. Say whether it has begun."""
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
        """Return what it says of a link in the words that are here already: lists are long."""
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
            self.process.wait(_GRACE)
        self.process.kill()
        return self.process.wait()

    def close(self) -> None:
        """Forget it, when it has ended."""
        self.listener.join()
        self._outbox.close()
