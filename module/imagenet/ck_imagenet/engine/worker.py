"""A worker: one host queue with its threads, which does as it is told, and tells what comes of it.

It is the same wherever it works: in this process, behind a pipe, on a machine of a Dask cluster
(`transports`). What is said, in both directions, stands in `messages`.
"""

from __future__ import annotations

import math
import time
from pathlib import Path
from typing import Callable, get_args

from ..core.errors import ImagenetError, TooLittleMemory
from ..http.client import Client, Network
from ..storage.numbering import Link
from ..storage.paces import Learned
from ..storage.records import Record
from ..storage.store import Store
from . import messages
from .attempts import CrawlContext
from .context import Crawl, CrawlSettings, Order, Politeness
from .crawler import Crawler
from .host import HostState, RationedHost
from .link import Task
from .messages import Ended, FromWorker, Hungry, Reserve, Standing, Tell, ToWorker

LIBRARY = str(Path(__file__).parents[2])
"""Where another Python finds what it needs for this."""

MESSAGES = "; ".join(
    f"{each.__name__}: {', '.join(vars(each).get('__slots__') or each.__annotations__)}"
    for each in (
        *(*get_args(ToWorker), *get_args(FromWorker), HostState, RationedHost, Learned),
        *(Order, Network, Crawl, Politeness, Task, Link, Record),
    )
)
"""What is in that which is sent: a worker whose library is of another version has another text."""

_REPORT_EVERY = 0.5
"""Seconds between two looks at how it stands, if no host has changed."""

PULSE = 5.0
"""Seconds after which that is told even if it is as before: who is told nothing may be stopped."""


class Worker:
    """Fetches what it is told to.

    Parameters
    ----------
    client : Client
        What it asks with; it is closed at the end.
    store : Store
        Where the pictures go.
    settings : CrawlSettings
        How to crawl.
    tell : callable
        Told of whatever happens, by any thread; it must not wait for what the worker is told.
    reserve : callable, optional
        Says whether a picture is to be saved, where that costs little; else all are.
    """

    def __init__(
        self,
        client: Client,
        store: Store,
        settings: CrawlSettings,
        tell: Tell,
        reserve: Reserve = lambda record: True,
    ) -> None:
        self._tell = tell
        self._crawler = Crawler(CrawlContext(client, store, settings, tell, reserve))
        self._as_told: Callable[[Exception], Exception] = lambda error: error
        self._asked: tuple[Hungry, ...] = ()
        self._last_standing, self._reported_at = Standing(), -math.inf
        self._told_at = time.monotonic()

    @classmethod
    def of(cls, order: Order, tell: Tell) -> Worker:
        """Return a worker elsewhere than in the process that has ordered it.

        Parameters
        ----------
        order : Order
            What every worker of the run is told.
        tell : callable
            As above.
        """
        worker = cls(order.client(), order.store, order.settings(), tell)
        worker._as_told = _sendable
        return worker

    def receive(self, message: ToWorker) -> None:
        """Do what a message says; any thread may hand one over."""
        if isinstance(message, messages.Fetch):
            self._asked = ()
            self._crawler.add(message.tasks, message.hosts)
        elif isinstance(message, messages.Limit):
            self._crawler.limit_to(message.jobs)
        elif isinstance(message, messages.Cancel):
            self._crawler.cancel(message.wnid)
        elif isinstance(message, messages.LeaveRationed):
            self._crawler.leave_rationed()
        else:
            self._crawler.stop()

    def run(self) -> None:
        """Work until told to stop, or until an error ends the run; the last it tells is that."""
        error = None
        try:
            while not self._crawler.has_stopped:
                self._crawler.tick()
                self._report()
                self._crawler.wait()
            error = self._crawler.error
        except Exception as found:  # whatever it is must end the run
            error = found
            self._crawler.stop()
        self._crawler.finish()
        self._tell(self._crawler.standing())
        self._tell(Ended(error and self._as_told(error)))
        self._crawler.close()

    def _report(self) -> None:
        """Ask for more, and tell how it stands with the hosts, if there is news."""
        hungry = Hungry(self._crawler.is_idle)
        if hungry not in self._asked and self._crawler.is_hungry:
            self._asked = (*self._asked, hungry, Hungry())
            self._tell(hungry)
        now = time.monotonic()
        if now > self._reported_at + _REPORT_EVERY or self._crawler.has_changes:
            self._reported_at = now
            news = self._crawler.standing()
            if news.hosts or news != self._last_standing or now > self._told_at + PULSE:
                self._last_standing, self._told_at = news, now
                self._tell(news)


def _sendable(error: Exception) -> Exception:
    """Return an error that can be sent elsewhere, and tells the same."""
    if isinstance(error, ImagenetError):
        return error
    if TooLittleMemory.is_why(error):
        return TooLittleMemory()
    if isinstance(error, OSError):
        return OSError(error.errno, error.strerror, error.filename)
    return RuntimeError(f"{type(error).__name__}: {error}")
