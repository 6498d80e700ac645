"""Many fetches at once: threads that take links from the host queue and make attempts at them.

`Crawler.add` puts links into the queue; `work` or `poll` keeps as many threads as are worth it
(`ConcurrencyLimit`); each takes a link when its host may be asked, makes an attempt (`Attempts`),
and tells the queue what that said of the host. Results go to the recorder, pictures to the store.
One lock guards the queue; nobody who holds it asks a peer, who holds another one.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from functools import lru_cache
from typing import Callable, Iterable, Mapping, NamedTuple, Sequence

from ..core.outcomes import Failed, HostSignal
from ..core.threads import start_thread
from ..storage.paces import Learned
from ..storage.records import Record
from .attempts import Attempts
from .context import CrawlContext, Peers
from .host import RationedHost
from .host_queue import HostQueue
from .link import Task

_START, _LEAST = 2, 1
_IDLE, _FULL = 0.65, 0.85


class ConcurrencyLimit:
    """Allows more requests while the processor waits for the network, fewer while it does not.

    Threads that all want the processor fight over the interpreter's lock: where answers come at
    once, ten of them fetch less than one.

    Parameters
    ----------
    most : int
        Requests at once that are never exceeded.
    now, processor : float
        The time, and the processor time that this process has had, both in seconds.
    """

    def __init__(self, most: int, now: float, processor: float) -> None:
        self.most = most
        self._now = now
        self._processor = processor
        self.allowed = min(most, _START)

    def sample(self, now: float, processor: float, under_way: int) -> None:
        """Learn from the time since the last sample.

        Parameters
        ----------
        now, processor : float
            As above, seconds.
        under_way : int
            How many requests are being made.
        """
        if now <= self._now:
            return
        share = (processor - self._processor) / (now - self._now)
        self._now, self._processor = now, processor
        if share > _FULL:
            self.allowed = max(min(_LEAST, self.most), self.allowed - 1 - self.allowed // 8)
        elif share < _IDLE and under_way >= self.allowed:
            self.allowed = min(self.most, self.allowed + self.allowed // 2 + 1)


OVERDUE = 2.0
"""Seconds after which a fetch is not counted on any more where only so many pictures are wanted."""

_LONGEST_END = 0.5
"""Seconds that an interrupted run waits for its threads."""

SAMPLE = 0.05
"""Seconds between two looks at what the processor does."""

_MOST_SYNSETS = 1000
"""Synsets whose places are remembered."""


class Rationing(NamedTuple):
    """How it stands with the hosts of one process that ration."""

    rations: Sequence[RationedHost] = ()
    alone: bool = False
    """Whether nothing else is left."""
    learned: Mapping[str, Learned] | None = None


class Crawler:
    """Fetches links of any synsets, with threads.

    Parameters
    ----------
    context : CrawlContext
        What it works with.
    peers : Peers, optional
        Who else is at work.
    """

    def __init__(self, context: CrawlContext, peers: Peers | None = None) -> None:
        self._context = context
        self._synset_store = lru_cache(_MOST_SYNSETS)(context.store.synset)
        self._settings = context.settings
        self._peers = peers or Peers()
        settings = context.settings
        self._hosts: HostQueue[Task] = HostQueue(
            settings.per_host, settings.back_off, settings.profile, settings.domain
        )
        self._hosts.complete = not self._peers.at_work
        self._limit = ConcurrencyLimit(context.settings.jobs, time.monotonic(), time.process_time())
        # Who works waits for a task, one woken at a time, and who runs the crawl for its end.
        lock = threading.RLock()
        self._task_ready = threading.Condition(lock)
        self._changed = threading.Condition(lock)
        self._attempts = Attempts(context, self._hosts, self._changed, self._peers, self._save)
        self._under_way: dict[int, tuple[float, str]] = {}
        self._threads: list[threading.Thread] = []
        self._saving = 0
        self._stopped = False
        self._error: Exception | None = None

    def add(self, tasks: Iterable[Task]) -> None:
        """Let tasks wait for their turn."""
        with self._changed:
            for task in tasks:
                self._hosts.put(task.endpoint, task, time.monotonic())
            self._fail_given_up()
            self._task_ready.notify()

    def limit_to(self, jobs: int) -> None:
        """Make no more requests at once than so many."""
        with self._changed:
            self._limit.most = jobs

    def back_offs(self) -> dict[str, float]:
        """Return for how many seconds hosts are to be left alone."""
        with self._changed:
            return self._hosts.back_offs(time.monotonic())

    def rationing(self) -> Rationing:
        """Return how it stands with the hosts that ration."""
        with self._changed:
            rations, learned = self._hosts.rations(time.monotonic()), self._hosts.learned()
            return Rationing(rations, self.waits_for_rations_alone(), learned)

    def waits_for_rations_alone(self) -> bool:
        """Say whether something is left, and all of it waits for hosts that ration."""
        with self._changed:
            return not self._stopped and self._hosts.waits_for_rations_alone()

    @property
    def is_idle(self) -> bool:
        """Whether nothing waits and nothing is under way."""
        with self._changed:
            return not (self._under_way or self._hosts.waiting or self._attempts.moving)

    def leave_rationed(self) -> None:
        """Ask no more for what waits for hosts that ration."""
        with self._changed:
            for task in self._hosts.leave_rationed():
                if not task.is_health_check:
                    self._context.recorder.leave(task)
            self._changed.notify_all()

    def drain(self) -> None:
        """Tell that no more links will come, but for redirects of those that were given out."""
        with self._changed:
            self._hosts.complete = True
            self._task_ready.notify()

    def wake(self) -> None:
        """Have who polls look at once whether anything is left to do."""
        with self._changed:
            self._changed.notify()

    def work(self, on_tick: Callable[[], None] = lambda: None) -> None:
        """Work until nothing waits and no peer is at work, or until stopped.

        Parameters
        ----------
        on_tick : callable, optional
            Called now and then.

        Raises
        ------
        OSError
            If a picture cannot be kept.
        KeyboardInterrupt
            When interrupted, as soon as what is being saved is safe.
        """
        try:
            while self.poll(SAMPLE):
                on_tick()
            self.stop()
        except BaseException:
            self.abandon()
            raise

    def poll(self, timeout: float) -> bool:
        """Adapt to what is to be done, and wait for news.

        Parameters
        ----------
        timeout : float
            Seconds to wait at most.

        Returns
        -------
        bool
            Whether something is left to do.

        Raises
        ------
        OSError
            If a picture cannot be kept.
        """
        self._attempts.requeue_moving()
        self.add(self._context.recorder.unpark())
        with self._changed:
            self._adapt()
            few = not self._hosts.has_healthy or self._hosts.waiting < self._limit.most
        # Without the lock, since a peer who gives tasks holds another one.
        if few and self._peers.at_work:
            self._peers.ask_for_more()
        with self._changed:
            if not self._is_done():
                self._task_ready.notify()  # whose time may have come
                self._changed.wait(min(timeout, self._until_next_look()))
                return True
        if self._error:
            raise self._error
        return False

    def abandon(self) -> None:
        """End at once; what is being saved is safe."""
        self.stop()
        self._context.client.close()
        self._wait_for_threads()

    def stop(self, error: Exception | None = None) -> None:
        """Let no further picture be saved, and wait for those that are being saved."""
        with self._changed:
            self._stopped = True
            self._attempts.end()
            self._error = self._error or error
            self._task_ready.notify_all()
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._saving, timeout=1)

    def _is_done(self) -> bool:
        if self._stopped or self._context.recorder.is_full():
            return True
        is_left = self._under_way or self._hosts.waiting or self._attempts.moving
        return not (self._peers.at_work or is_left or self._context.recorder.has_parked())

    def _until_next_look(self) -> float:
        wake = self._hosts.next_time()
        return SAMPLE if wake is None else min(SAMPLE, max(0.001, wake - time.monotonic()))

    def _adapt(self) -> None:
        """Have as many threads as there are requests worth making at once."""
        self._limit.sample(time.monotonic(), time.process_time(), len(self._under_way))
        wanted = min(self._limit.allowed, len(self._under_way) + self._hosts.waiting)
        if wanted and not self._threads:
            _end_a_thread()
        self._threads = [thread for thread in self._threads if thread.is_alive()]
        while len(self._threads) < wanted:
            name = f"crawl-{len(self._threads)}"
            thread = threading.Thread(target=self._work, name=name, daemon=True)
            if not start_thread(thread, others=bool(self._threads)):
                break  # until there is more memory
            self._threads.append(thread)

    def _work(self) -> None:
        try:
            for host, task in iter(self._next, None):
                ended = HostSignal.UNCLEAR, 0.0
                try:
                    ended = self._attempts.attempt(host, task)
                finally:
                    self._ended(host, task, *ended)
        except Exception as error:  # whatever it is must end the run, not one thread of it
            self.stop(error)

    def _next(self) -> tuple[str, Task] | None:
        """Wait for the next task that may be started; None when there will be none."""
        with self._changed:
            while not self._is_done():
                time_now = time.monotonic()
                started = self._take(time_now)
                self._fail_given_up()
                if started:
                    self._under_way[threading.get_ident()] = time_now, started[1].wnid
                    if self._hosts.ready:
                        self._task_ready.notify()
                    return started
                self._task_ready.wait()
            self._changed.notify_all()
            return None

    def _take(self, time_now: float) -> tuple[str, Task] | None:
        """Return the next task that is worth a request now, if there is one."""
        while len(self._under_way) < self._limit.allowed:
            started = self._hosts.take(time_now, self._limit.allowed)
            if not started or self._is_wanted(started[1], time_now):
                return started
            host, task = started
            self._context.recorder.park(task)
            self._hosts.release(host, time_now, HostSignal.UNCLEAR, time_now, task=task)
        return None

    def _is_wanted(self, task: Task, time_now: float) -> bool:
        """Say whether its synset wants more pictures than those that are under way to it."""
        missing = self._context.recorder.missing(task.wnid)
        if missing is None or task.is_health_check:
            return True
        begun = [since for since, wnid in self._under_way.values() if wnid == task.wnid]
        hopeful = sum(since + OVERDUE > time_now for since in begun)
        overdue = len(begun) - hopeful
        return hopeful - overdue < missing

    def _ended(self, host: str, task: Task, signal: HostSignal, retry_after: float) -> None:
        with self._changed:
            since, _ = self._under_way.pop(threading.get_ident())
            self._hosts.release(host, time.monotonic(), signal, since, retry_after, task)
            self._fail_given_up()
            runs_dry = self._peers.at_work and not self._hosts.has_healthy
            if runs_dry or self._is_done():
                self._changed.notify_all()

    def _fail_given_up(self) -> None:
        """Record what its host has been given up for: by what was met, if it was asked for."""
        given_up, self._hosts.given_up = self._hosts.given_up, []
        for task, outcome in given_up:
            failed = task.failed or Failed(outcome, task.endpoint)
            self._attempts.fail(task, failed, task.request.url if task.request else "")

    def _save(self, record: Record, data: bytes, extension: str) -> None:
        with self._changed:
            if self._stopped:
                return
            self._saving += 1
        try:
            self._synset_store(record.name.wnid).save(record, data, extension)
            self._context.recorder.keep(record)
        finally:
            with self._changed:
                self._saving -= 1
                if self._stopped:
                    self._changed.notify_all()

    def _wait_for_threads(self) -> None:
        """Wait for a moment: the client's end wakes them, and whoever is stuck is a daemon."""
        end = time.monotonic() + _LONGEST_END
        for thread in self._threads:
            with suppress(RuntimeError):  # that of one whose start was interrupted
                thread.join(max(0.0, end - time.monotonic()))


def _end_a_thread() -> None:
    """Have the system load what ends threads: where files have run out it cannot, and aborts."""
    thread = threading.Thread(target=int)
    start_thread(thread, others=False)
    thread.join()
