"""Who fetches for a run: this process, and others of this machine."""

from __future__ import annotations

import os
import pickle
import subprocess
import sys
import threading
from abc import ABC, abstractmethod
from contextlib import suppress
from queue import SimpleQueue
from typing import Any, BinaryIO, Callable, Iterator, cast

from ..core.names import ImageName
from ..core.threads import started
from ..storage.journal import Record
from .crawler import Crawl
from .link import Task
from .rationing import Rationing
from .worker import LIBRARY, Order

_GRACE = 2.0
"""Seconds that a worker has to end by itself."""


class Member(ABC):
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


class ThisProcess(Member):
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


class Worker(Member):
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

    def begin(self, listen: Callable[[Worker], None]) -> bool:
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
