"""Many fetches at once: threads that take links from the host queue and make attempts at them.

`Crawler.add` puts links into the queue; `tick` keeps as many threads as are worth it
(`ConcurrencyLimit`); each takes a link when its host may be asked, makes an attempt (`Attempts`),
and tells the queue what that said of the host. Pictures go to the store, and what comes of links is
told (`messages`). One lock guards the queue; nobody tells anything who holds it.
"""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from functools import lru_cache
from typing import Iterable, Mapping

from ..core.outcomes import Failed, HostSignal
from ..core.threads import start_thread
from ..storage.records import Record
from .attempts import Attempts, CrawlContext
from .host import HostState
from .host_queue import HostQueue
from .link import Task
from .messages import Left, Settled, Standing

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

    def limit_to(self, most: int) -> None:
        """Allow no more than so many requests at once."""
        self.most, self.allowed = most, min(self.allowed, most)

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


_LONGEST_END = 0.5
"""Seconds that the end of a crawl waits for its threads."""

_LONGEST_SAVE = 1.0
"""Seconds that it waits for what is being saved then."""

SAMPLE = 0.05
"""Seconds between two looks at what the processor does."""

AWAITED_AFTER = 3.0
"""Seconds after which a host that has not answered is told as one that is waited for."""

STUCK = 1.0
"""Seconds after which connections of which none has ended are not counted on: hosts are silent."""

_MOST_SYNSETS = 1000
"""Synsets whose places are remembered."""


class Crawler:
    """Fetches links of any synsets, with threads.

    Parameters
    ----------
    context : CrawlContext
        What it works with.
    """

    def __init__(self, context: CrawlContext) -> None:
        self._context = context
        self._synset_store = lru_cache(_MOST_SYNSETS)(context.store.synset)
        settings = context.settings
        self._hosts: HostQueue[Task] = HostQueue(
            settings.per_host, settings.back_off, settings.profile, settings.domain
        )
        self._limit = ConcurrencyLimit(settings.jobs, time.monotonic(), time.process_time())
        # Who works waits for a task, one woken at a time, and who runs the crawl for a change.
        # Both are entered by their lock, as those of a dispatcher.
        self._lock = threading.RLock()
        self._task_ready = threading.Condition(self._lock)
        self._changed = threading.Condition(self._lock)
        self._attempts = Attempts(context, self._hosts, self._lock, self._save)
        self._under_way: dict[int, tuple[float, Task]] = {}
        self._ended_at = time.monotonic()
        self._threads: list[threading.Thread] = []
        self._saving: list[Task] = []
        self.has_stopped = self._is_few = False
        self.error: Exception | None = None

    def add(self, tasks: Iterable[Task], hosts: Mapping[str, HostState]) -> None:
        """Let tasks wait for their turn.

        Parameters
        ----------
        tasks : iterable of Task
            What is to be fetched.
        hosts : mapping of str to HostState
            What others have found out about their hosts.
        """
        with self._lock:
            now = time.monotonic()
            self._hosts.restore(hosts, now)
            for task in tasks:
                self._hosts.put(task.endpoint, task, now)
            self._is_few = False
            self._task_ready.notify()
            self._changed.notify()

    def limit_to(self, jobs: int) -> None:
        """Make no more requests at once than so many."""
        with self._lock:
            self._limit.limit_to(jobs)

    def cancel(self, wnid: str) -> None:
        """Save no more pictures of a synset than those that are being saved."""
        with self._lock:
            left = self._hosts.remove(lambda task: task.wnid == wnid)
            for _, task in self._under_way.values():
                if task.wnid == wnid and task not in self._saving:
                    task.is_cancelled = True
                    left.append(task)
        self._leave(left)

    @property
    def has_changes(self) -> bool:
        """Whether something is to be told of a host for whoever owns it next."""
        return self._hosts.has_changes

    def standing(self) -> Standing:
        """Return how it stands with the hosts."""
        with self._lock:
            now = time.monotonic()
            return Standing(
                tuple(self._hosts.rations(now)),
                self._hosts.waits_for_rations_alone(),
                self._hosts.learned(),
                self._hosts.changes(now),
                self._slow(now),
            )

    def _slow(self, now: float) -> tuple[str, ...]:
        asked = {
            task.endpoint for since, task in self._under_way.values() if now > since + AWAITED_AFTER
        }
        return tuple(sorted(asked | self._hosts.silent()))

    def leave_rationed(self) -> None:
        """Ask no more for what waits for hosts that ration."""
        with self._lock:
            left = self._hosts.leave_rationed()
        self._leave(left)

    def _leave(self, tasks: Iterable[Task]) -> None:
        for task in tasks:
            if not task.is_health_check:
                self._context.tell(Left(task.link.name, task.endpoint))

    @property
    def is_hungry(self) -> bool:
        """Whether there will soon be connections to spare."""
        with self._lock:
            return self._has_few and (
                len(self._under_way) < self._limit.allowed
                or time.monotonic() < self._ended_at + STUCK
            )

    @property
    def is_idle(self) -> bool:
        """Whether there are connections to spare, for which nothing waits."""
        with self._lock:
            return len(self._under_way) < self._limit.allowed and not self._hosts.ready

    @property
    def _has_few(self) -> bool:
        return not self._hosts.has_healthy or self._hosts.waiting < self._limit.most

    def tick(self) -> None:
        """Adapt to what is to be done."""
        self._fail_given_up()
        with self._lock:
            self._adapt()

    def wait(self) -> None:
        """Wait for a change, or until something is to be looked at."""
        with self._lock:
            if not self.has_stopped:
                self._task_ready.notify()  # whose time may have come
                self._changed.wait(self._until_next_look())

    def stop(self, error: Exception | None = None) -> None:
        """Let no further picture be saved."""
        with self._lock:
            self.has_stopped = True
            self._attempts.end()
            self.error = self.error or error
            self._task_ready.notify_all()
            self._changed.notify_all()

    def finish(self) -> None:
        """Wait, when it has stopped, until what is being saved is told."""
        with self._lock:
            self._changed.wait_for(lambda: not self._saving, _LONGEST_SAVE)

    def close(self) -> None:
        """End what is under way: the client's end wakes it, and whoever is stuck is a daemon."""
        self._context.client.close()
        end = time.monotonic() + _LONGEST_END
        for thread in self._threads:
            with suppress(RuntimeError):  # that of one whose start was interrupted
                thread.join(max(0.0, end - time.monotonic()))

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
        with self._lock:
            while not self.has_stopped:
                time_now = time.monotonic()
                started = None
                if len(self._under_way) < self._limit.allowed:
                    started = self._hosts.take(time_now, self._limit.allowed)
                if started:
                    self._under_way[threading.get_ident()] = time_now, started[1]
                    if self._hosts.ready:
                        self._task_ready.notify()
                    return started
                self._task_ready.wait()
            return None

    def _ended(self, host: str, task: Task, signal: HostSignal, retry_after: float) -> None:
        with self._lock:
            since, _ = self._under_way.pop(threading.get_ident())
            self._ended_at = time.monotonic()
            self._hosts.release(host, self._ended_at, signal, since, retry_after, task)
            if not self._is_few and self._has_few:  # who feeds is asked at once, and once
                self._is_few = True
                self._changed.notify()
        self._fail_given_up()

    def _fail_given_up(self) -> None:
        """Record what its host has been given up for: by what was met, if it was asked for."""
        if self._hosts.given_up:
            with self._lock:
                given_up, self._hosts.given_up = self._hosts.given_up, []
            for task, outcome in given_up:
                failed = task.failed or Failed(outcome, task.endpoint)
                self._attempts.fail(task, failed, task.request.url if task.request else "")

    def _save(self, task: Task, record: Record, data: bytes, extension: str) -> None:
        with self._lock:
            if self.has_stopped or task.is_cancelled:
                return
            self._saving.append(task)
        try:
            self._synset_store(task.wnid).save(record, data, extension)
            self._context.tell(Settled(record))
        finally:
            with self._lock:
                self._saving.remove(task)
                if self.has_stopped:
                    self._changed.notify_all()


def _end_a_thread() -> None:
    """Have the system load what ends threads: where files have run out it cannot, and aborts."""
    thread = threading.Thread(target=int)
    start_thread(thread, others=False)
    thread.join()
