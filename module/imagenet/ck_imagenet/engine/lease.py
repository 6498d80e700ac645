"""Both ends of the way to a worker on a machine of a Dask cluster.

The worker is held by an actor, an object that lives in the machine's process. Whoever runs calls
its `exchange` again and again: what the worker is to be told goes in, what it has told comes back,
as soon as there is something.

    here: Lease                                          there: LeasedWorker
      messages ───────────► exchange(inbox, seconds) ──────► Worker.receive
      tell ◄─────────────── as soon as something is told ◄── Worker's tell

A worker lives by a lease: without an exchange for `LEASE` it ends by itself, and no later one can
revive it. So a killed command, or a machine that is out of reach, leaves nobody at work for long;
and a machine is called lost only when its worker has ended:

    an exchange fails ──► its process is gone, as Dask's scheduler knows ─────► lost at once
                     └──► it may be at work, and the failed one have reached it ─► lost when two
                          leases have passed since the last that was answered
"""

from __future__ import annotations

import asyncio
import pickle
import threading
import time
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable, cast

from ..core.errors import StoreError
from ..core.threads import start_thread
from .context import Order
from .messages import Ended, FromWorker, Lost, Reserve, Stop, Tell, ToWorker
from .transports import Transport
from .worker import Worker

LEASE = 8.0
"""Seconds without an exchange after which a worker ends."""

_WAIT = 1.0
"""Seconds that an exchange waits for something to be told."""

_GLANCE_EVERY = 0.2
"""Seconds between two looks at whether somebody has gone."""


class Lease(Transport):
    """A way to the worker of one machine.

    Parameters
    ----------
    address : str
        The machine's, by which Dask knows it.
    actor : object
        Dask's, that holds a `LeasedWorker`; its methods return futures.
    is_gone : callable
        Says whether Dask's scheduler has seen the machine's process go.
    interval : callable
        Returns the seconds at least from one exchange to the next.
    """

    def __init__(
        self,
        address: str,
        actor: Any,
        is_gone: Callable[[], bool],
        interval: Callable[[], float],
    ) -> None:
        self.address = address
        self._exchange, self._wake = actor.exchange, actor.wake
        self._is_gone = is_gone
        self._interval = interval
        self._outgoing: deque[ToWorker] = deque()
        self._is_waiting = False
        self._closed = threading.Event()

    def begin(self, tell: Tell, reserve: Reserve) -> None:
        thread = threading.Thread(target=self._carry, args=(tell,), daemon=True)
        start_thread(thread, others=False)

    def send(self, message: ToWorker) -> None:
        self._outgoing.append(message)
        if self._is_waiting:
            self._is_waiting = False
            self._wake()  # so that the exchange that waits for news ends

    def close(self) -> None:
        self._closed.set()

    def _carry(self, tell: Tell) -> None:
        """Carry messages to and fro until the worker has ended, or is lost."""
        answered = time.monotonic()
        while not self._closed.is_set():
            began = time.monotonic()
            self._is_waiting = True  # before the last look at what is to be sent
            inbox = [self._outgoing.popleft() for _ in range(len(self._outgoing))]
            try:
                seconds = max(_GLANCE_EVERY, answered + 2 * LEASE - began)
                answer = _answer(self._exchange(pickle.dumps(inbox), _WAIT), seconds)
                told, has_lapsed = pickle.loads(answer)  # noqa: S301 - from our own workers
            except (Exception, asyncio.CancelledError):
                self._lose(tell, answered + 2 * LEASE)
                return
            self._is_waiting = False
            answered = time.monotonic()
            for message in told:
                if self._closed.is_set():
                    return
                if has_lapsed and isinstance(message, Ended):
                    message = Lost(f"{self.address} was out of reach for {LEASE:.0f} s")
                tell(message)
                if isinstance(message, (Ended, Lost)):
                    return
            self._closed.wait(max(0.0, began + self._interval() - answered))

    def _lose(self, tell: Tell, latest: float) -> None:
        """Wait until the worker has ended for sure, and tell so."""
        while time.monotonic() < latest and not self._is_gone():
            if self._closed.wait(_GLANCE_EVERY):
                return
        tell(Lost(f"{self.address} is gone, or out of reach"))


def _answer(exchange: Any, seconds: float) -> bytes:
    """Wait so long for what an exchange returns."""
    with suppress(asyncio.TimeoutError):
        return cast(bytes, exchange.result(timeout=seconds))
    # A command that was suspended meanwhile has it now; what else is to be told comes next.
    return cast(bytes, exchange.result(timeout=_WAIT))


# At the machine's end.

_workers: list[LeasedWorker] = []
"""All of this process."""

_beginning = threading.Lock()
"""Held by who begins a worker: Collective Knowledge is begun once in a process."""


class LeasedWorker:
    """A worker that ends by itself when nobody exchanges messages with it any more.

    Parameters
    ----------
    run : str
        The name of the run; an earlier worker of the same run has ended when this one begins.
    home : str
        Where the state of the run's store is.
    order : bytes
        The run's `Order`, pickled.

    Raises
    ------
    StoreError
        If this process has been used for another CK_REPOS.
    """

    def __init__(self, run: str, home: str, order: bytes) -> None:
        self._run = run
        self._outbox: deque[FromWorker] = deque()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._news: asyncio.Event | None = None
        self._is_waiting = self._has_lapsed = False
        with _beginning:
            for other in list(_workers):
                other._give_way_to(run)
            ordered: Order = pickle.loads(order)  # noqa: S301 - from who sent this code too
            if ordered.store.home().absolute() != Path(home):
                raise StoreError(
                    f"it has been used for another CK_REPOS than that of {home}: start it again"
                )
            self._worker = Worker.of(ordered, self._tell)
            self._contact = time.monotonic()
            self._thread = threading.Thread(target=self._work, daemon=True)
            _workers.append(self)
            self._thread.start()
            threading.Thread(target=self._watch, daemon=True).start()

    async def exchange(self, inbox: bytes, seconds: float) -> bytes:
        """Take messages in, and return what the worker has told.

        Parameters
        ----------
        inbox : bytes
            The messages, pickled.
        seconds : float
            How long to wait until something is told, or `wake` is called.

        Returns
        -------
        bytes
            What was told, and whether the lease has lapsed, pickled.
        """
        if self._is_overdue():
            self._lapse()
        self._contact = time.monotonic()
        if self._loop is None or self._news is None:
            self._loop, self._news = asyncio.get_running_loop(), asyncio.Event()
        for message in pickle.loads(inbox):  # noqa: S301 - from who sent the order
            self._worker.receive(message)
        self._is_waiting = True  # before the last look at what has been told
        if not self._outbox:
            with suppress(asyncio.TimeoutError):
                await asyncio.wait_for(self._news.wait(), seconds)
        self._is_waiting = False
        self._news.clear()  # not before: who calls `wake` may be quicker than the exchange
        told = [self._outbox.popleft() for _ in range(len(self._outbox))]
        return pickle.dumps((told, self._has_lapsed))

    def wake(self) -> None:
        """Have the exchange that waits return at once."""
        loop, news = self._loop, self._news
        if loop and news:
            loop.call_soon_threadsafe(news.set)

    def _tell(self, message: FromWorker) -> None:
        self._outbox.append(message)
        if self._is_waiting:
            self._is_waiting = False
            self.wake()

    def _work(self) -> None:
        self._worker.run()
        _workers.remove(self)

    def _watch(self) -> None:
        while self._thread.is_alive() and not self._is_overdue():
            time.sleep(_GLANCE_EVERY)
        self._lapse()

    def _is_overdue(self) -> bool:
        return time.monotonic() > self._contact + LEASE

    def _lapse(self) -> None:
        """End for good; what has been told is kept for who may ask for it yet."""
        if self._thread.is_alive() and not self._has_lapsed:
            self._has_lapsed = True
            self._worker.receive(Stop())

    def _give_way_to(self, run: str) -> None:
        """End, unless another run is at work with it: then an exchange shows that."""
        contact = self._contact
        if self._run == run:
            self._lapse()
        while self._thread.is_alive() and self._contact == contact:
            time.sleep(_GLANCE_EVERY)
