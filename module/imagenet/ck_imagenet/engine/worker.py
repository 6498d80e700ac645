"""A process that crawls the hosts it is given, and tells another what comes of them.

Messages are pickles over its standard input and output: tuples whose first item is what they say.
"""

from __future__ import annotations

import math
import os
import pickle
import sys
import threading
import time
from abc import abstractmethod
from collections import OrderedDict
from contextlib import closing
from pathlib import Path
from typing import Any, BinaryIO, Iterable, Mapping, NamedTuple

from ..core.actions import DownloadOptions
from ..core.errors import ImagenetError, TooLittleMemory
from ..storage.journal import Record
from ..storage.learned import Learned
from ..storage.store import Store
from . import context
from .crawler import Crawl
from .desk import Colleagues, Desk
from .link import Task
from .rationing import Rationing
from .recorder import Book, Verdict

LIBRARY = str(Path(__file__).parents[2])
"""Where another Python finds what it needs for this."""


MOST_HOSTS = 50_000
"""Hosts of which is remembered whose they are: many more than have tasks at once."""


_A_WHILE = 0.5
"""Seconds between two tellings of hosts that ration."""


class Order(NamedTuple):
    """What a worker is started with."""

    store: Store
    options: DownloadOptions
    learned: Mapping[str, Learned] | None = None
    """What was learnt of hosts that ration."""


class Afar(Book, Colleagues):
    """The book of a crawl whose synsets are kept account of elsewhere.

    Parameters
    ----------
    tasks : iterable of Task
        What it begins with.
    """

    def __init__(self, tasks: Iterable[Task] = ()) -> None:
        self._hosts: OrderedDict[str, None] = OrderedDict()
        self.add(tasks)

    def add(self, tasks: Iterable[Task]) -> None:
        """Take note of the hosts of tasks: nobody else asks these."""
        for task in tasks:
            self._hosts[task.party] = None
            self._hosts.move_to_end(task.party)
        while len(self._hosts) > MOST_HOSTS:  # a task for one of these goes round by its owner
            self._hosts.popitem(last=False)

    def claim(self, record: Record) -> Verdict:
        # To save one too many, which is removed again, costs less than to wait for an answer.
        return Verdict.KEEP

    def lead_away(self, task: Task) -> bool:
        if task.party in self._hosts:
            return False
        self.move(task)
        return True

    @abstractmethod
    def move(self, task: Task) -> None:
        """Let others have a task that a redirect has led to another host."""


def main() -> None:
    """Work until the other process says that it is enough, or is gone."""
    inbox = sys.stdin.buffer
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as outbox:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing else may get in between
        order: Order = pickle.load(inbox)  # noqa: S301 - from the process that started this one
        office = _Office(outbox)
        try:
            with closing(context.fetcher(order.options)) as fetcher:
                desk = Desk(
                    fetcher, order.store, office, context.manner(order.options, order.learned or {})
                )
                crawl = Crawl(desk, office)
                reader = threading.Thread(target=office.read, args=(inbox, crawl), daemon=True)
                reader.start()
                crawl.work(lambda: office.tell_rations(crawl))
                office.tell_rations(crawl, at_once=True)
            office.send("bye")
        except Exception as error:
            office.send("error", _sendable(error))
    os._exit(0)  # without waiting for who may be stuck


class _Office(Afar):
    """The book and the colleagues of a crawl, at the other end of a pipe."""

    at_work = True

    def __init__(self, outbox: BinaryIO) -> None:
        super().__init__()
        self._outbox = outbox
        self._lock = threading.Lock()
        self._reached = self._hungry = False
        self._told, self._told_at = Rationing(), -math.inf

    def send(self, *message: Any) -> None:
        data = pickle.dumps(message)
        with self._lock:
            try:
                self._outbox.write(data)
                self._outbox.flush()
            except OSError:
                os._exit(0)  # nobody is there to work for

    def read(self, inbox: BinaryIO, crawl: Crawl) -> None:
        """Take in messages until there are no more."""
        while True:
            try:
                kind, *content = pickle.load(inbox)  # noqa: S301 - see main
            except (EOFError, OSError, pickle.UnpicklingError):
                kind, content = "stop", []
            if kind == "tasks":
                self._hungry = False
                self.add(content[0])
                crawl.add(content[0])
            elif kind == "share":
                crawl.share(*content)
            elif kind == "leave":
                crawl.leave()
            elif kind == "drained":
                crawl.begin_end()
            else:
                crawl.stop()
                return

    def keep(self, record: Record) -> None:
        self.send("keep", record)

    def settle(self, record: Record) -> None:
        self.send("settle", record)

    def reach(self) -> None:
        if not self._reached:
            self._reached = True
            self.send("reach")

    def leave(self, task: Task) -> None:
        self.send("left", task)

    def move(self, task: Task) -> None:
        self.send("moved", task)

    def tell_rations(self, crawl: Crawl, at_once: bool = False) -> None:
        """Tell now and then of which hosts it is that the rest waits for."""
        now = time.monotonic()
        if at_once or now > self._told_at + _A_WHILE:
            self._told_at = now
            news = Rationing(crawl.rations(), crawl.waits_for_rations_alone(), crawl.learned())
            if news != self._told:
                self._told = news
                self.send("rationing", news)

    def ask_for_more(self) -> None:
        if not self._hungry:
            self._hungry = True
            self.send("hungry")


def _sendable(error: Exception) -> Exception:
    if isinstance(error, ImagenetError):
        return error
    if TooLittleMemory.is_why(error):
        return TooLittleMemory()
    if isinstance(error, OSError):
        return OSError(error.errno, error.strerror, error.filename)
    return RuntimeError(f"{type(error).__name__}: {error}")


if __name__ == "__main__":
    main()
