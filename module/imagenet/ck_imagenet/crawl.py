"""Many fetches at once: hosts, journal and store around `fetch`."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from typing import Callable, Iterable

from . import images, urls
from .errors import NetworkDown
from .fetch import Fetcher
from .hosts import Hosts
from .journal import Journal, Record, now, saved
from .numbering import Link
from .outcomes import Failed, Outcome
from .store import SynsetStore

PATIENCE = 2.0
"""Seconds after which a fetch is not counted on any more where only so many pictures are wanted."""

LONGEST_REST = 30.0
"""Seconds that a host is left alone, whatever it asks for."""

_LONGEST_END = 0.5
"""Seconds that an interrupted run waits for its threads."""

Report = Callable[[Record], None]


@dataclass
class _Task:
    link: Link
    host: str
    attempts: int = 0


class Crawl:
    """One crawl over the links of one synset.

    Parameters
    ----------
    fetcher : Fetcher
        Asks for URLs.
    store, journal : SynsetStore, Journal
        Where the pictures go, and what became of every URL.
    source : str
        Where the links come from, for the record.
    jobs : int
        Connections at once.
    retry : int
        Further attempts after the first.
    sleep : float
        Seconds between two requests to one host.
    most : int, optional
        Pictures to save, by default all.
    reached : bool
        Whether the network has been seen to be there.
    report : callable
        Told of every record, by any thread, but by one at a time.
    """

    def __init__(
        self,
        fetcher: Fetcher,
        store: SynsetStore,
        journal: Journal,
        source: str,
        *,
        jobs: int,
        retry: int,
        sleep: float,
        most: int | None,
        reached: bool,
        report: Report,
    ) -> None:
        self._fetcher = fetcher
        self._store = store
        self._journal = journal
        self._source = source
        self._jobs = jobs
        self._retry = retry
        self._most = most
        self._reached = reached
        self._report = report
        self._hosts: Hosts[_Task] = Hosts(sleep)
        self._changed = threading.Condition()
        self._ends = threading.Semaphore(0)
        self._begun: dict[int, float] = {}
        self._saving = 0
        self._saved = 0
        self._held: list[Record] = []
        self._stopped = False
        self._error: Exception | None = None

    def run(self, links: Iterable[Link]) -> int:
        """Fetch the links and return how many pictures were saved.

        Raises
        ------
        NetworkDown
            If nothing answered; then nothing is recorded.
        OSError
            If a picture cannot be kept.
        KeyboardInterrupt
            When interrupted, as soon as what is being saved is safe.
        """
        for link in links:
            host = urls.endpoint(link.url)
            self._hosts.put(host, _Task(link, host), time.monotonic())
        threads = [
            threading.Thread(target=self._work, name=f"crawl-{number}", daemon=True)
            for number in range(min(self._jobs, self._hosts.waiting))
        ]
        try:
            for thread in threads:
                thread.start()
            # Python 3.11 takes a thread for ended when the wait in its `join` is interrupted.
            for _ in threads:
                self._ends.acquire()
        except BaseException:
            self._stop()
            raise
        finally:
            _wait_for_end(threads)
        if self._error:
            raise self._error
        self._judge_network()
        return self._saved

    def _stop(self, error: Exception | None = None) -> None:
        """Let no further picture be saved, and wait for those that are being saved."""
        with self._changed:
            self._stopped = True
            self._error = self._error or error
            self._changed.notify_all()
            self._changed.wait_for(lambda: not self._saving, timeout=1)
        self._fetcher.close()

    def _work(self) -> None:
        try:
            for host, task in iter(self._next, None):
                rest = 0.0
                try:
                    rest = self._attempt(task)
                finally:
                    self._ended(host, task, rest)
        except Exception as error:  # whatever it is must end the run, not one thread of it
            self._stop(error)
        finally:
            self._ends.release()

    def _next(self) -> tuple[str, _Task] | None:
        """Wait for the next task that may be started; None when there will be none."""
        with self._changed:
            while not (self._stopped or self._has_enough(self._saved)):
                time_now = time.monotonic()
                hopeful = [begun for begun in self._begun.values() if begun + PATIENCE > time_now]
                overdue = len(self._begun) - len(hopeful)
                waits = self._has_enough(self._saved + len(hopeful) - overdue)
                started = None if waits else self._hosts.take(time_now)
                if started:
                    self._begun[id(started[1])] = time_now
                    return started
                if not (self._begun or self._hosts.waiting):
                    break
                wake = min(hopeful) + PATIENCE if waits and hopeful else self._hosts.next_time()
                self._changed.wait(None if wake is None else max(0, wake - time_now))
            self._changed.notify_all()
            return None

    def _has_enough(self, pictures: int) -> bool:
        return self._most is not None and pictures >= self._most

    def _ended(self, host: str, task: _Task, rest: float) -> None:
        with self._changed:
            del self._begun[id(task)]
            self._hosts.release(host, time.monotonic(), rest)
            self._changed.notify_all()

    def _attempt(self, task: _Task) -> float:
        """Fetch, judge and keep one picture; return the seconds that its host wants to rest."""
        task.attempts += 1
        try:
            body = self._fetcher.fetch(task.link.url)
            picture = images.judge(body.data)
        except Failed as failed:
            return self._failed(task, failed)
        record = saved(*task.link, body.data, picture, self._source, body.url)
        self._save(record, body.data, picture.format.extension)
        return 0.0

    def _save(self, record: Record, data: bytes, extension: str) -> None:
        with self._changed:
            if self._stopped or self._has_enough(self._saved + self._saving):
                return
            self._saving += 1
        try:
            self._store.save(record, data, extension)
            with self._changed:
                self._journal.append(record)
                self._saved += 1
                self._report(record)
                if self._has_enough(self._saved):
                    self._stopped = True  # whoever is still busy is waited for no longer
                    for _ in range(self._jobs):
                        self._ends.release()
        finally:
            with self._changed:
                self._saving -= 1
                self._changed.notify_all()

    def _failed(self, task: _Task, failed: Failed) -> float:
        pause = min(LONGEST_REST, 2.0 ** min(task.attempts - 1, 10))
        rest = 0.0
        if failed.outcome is Outcome.BUSY:
            rest = min(LONGEST_REST, max(pause, failed.retry_after))
        if not failed.outcome.final and task.attempts <= self._retry:
            with self._changed:
                self._hosts.put(task.host, task, time.monotonic(), rest or pause)
            return rest
        record = Record(
            *task.link, failed.outcome, now(), detail=failed.detail, source=self._source
        )
        self._settle(record)
        return rest

    def _settle(self, record: Record) -> None:
        """Record a failure, unless it may be this machine's network that fails."""
        with self._changed:
            if self._stopped:
                return
            self._held.append(record)
            if self._is_network_up():
                self._release_held()

    def _is_network_up(self) -> bool:
        return self._reached or self._fetcher.reached

    def _release_held(self) -> None:
        held, self._held = self._held, []
        for record in held:
            self._journal.append(record)
            self._report(record)

    def _judge_network(self) -> None:
        """Record what was held back, or raise NetworkDown if it is news that nobody answers."""
        known = self._journal.records
        news = [
            record
            for record in self._held
            if record.outcome.unanswered
            and not (record.url in known and known[record.url].outcome.unanswered)
        ]
        if news and not self._is_network_up():
            raise NetworkDown(
                f"nothing answered, to none of {len(self._held)} URLs: the network seems to be "
                f"down (first: {news[0].url}, {news[0].detail}); "
                "nothing was recorded, so run the same command again when it is up"
            )
        self._release_held()


def _wait_for_end(threads: Iterable[threading.Thread]) -> None:
    end = time.monotonic() + _LONGEST_END
    for thread in threads:
        if thread.ident:
            thread.join(max(0.0, end - time.monotonic()))
