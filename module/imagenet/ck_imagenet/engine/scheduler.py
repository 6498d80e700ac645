"""Synset jobs of a run, over the same connections: which are open, and when each goes on.

    found ──► open ──► its links end ──► captures, if wished ──► done: its summary is told
      │        ▲ │                                                    ▲
      │        │ └── only rationed links left, others wait ──► deferred, until all others are done
      └─ busy ─┘ another process is at work on it: tried again later

A synset is opened when there are connections to spare. What waits for slow hosts keeps its synset
open, and holds up no other.
"""

from __future__ import annotations

import math
import time
from collections import deque
from typing import Callable, Iterator, Sequence

from ..core.errors import ImagenetError
from ..core.files import most_open_files, storage_errors
from ..core.text import Progress
from ..sources.lists import Unlisted
from ..storage.deduplication import Duplicates
from ..storage.store import Busy, Store
from .crawler import SAMPLE
from .dispatcher import Dispatcher
from .synset_job import Summary, SynsetJob, take_out_exposed
from .wayback import Captures

WINDOW = 2000
"""Links of open synsets that are enough while there is work for every connection."""

MOST_OPEN = 400
"""Synsets that are open at once, at two open files each."""

MOST_KNOWN = 50_000
"""Links of open synsets, of which records are in memory: about 1 KB each."""

SynsetJobs = Iterator["SynsetJob | Unlisted | None"]


def _none(wnids: Sequence[str]) -> SynsetJobs:
    return iter(())


_WAYBACK_DELAY = 0.01
"""Seconds by which a request to the Wayback Machine, one in eight of a second, may be late."""

_BUSY_RETRY = 2.0
"""Seconds between two looks whether another command has ended its work at a synset."""

_RATIONED_AFTER = 5.0
"""Seconds for which nothing but hosts that ration is left before that is told, and before other
synsets have their turn."""


class Scheduler:
    """Opens synsets as long as there are connections to spare, and tells which are done.

    Parameters
    ----------
    hosts, wayback : Dispatcher
        The one that asks the hosts, and the one that asks the Wayback Machine for what they lack.
    captures : Captures
        What the latter is asked for.
    store : Store
        Where the pictures go.
    duplicates : Duplicates
        Which bytes have come before in this run.
    progress : Progress
        Is told how it goes.
    patience : float
        Seconds for which to go on when nothing but hosts that ration is left.
    find_again : callable
        Finds the jobs of synsets once more that were deferred.
    """

    def __init__(
        self,
        hosts: Dispatcher,
        wayback: Dispatcher,
        captures: Captures,
        store: Store,
        duplicates: Duplicates,
        progress: Progress,
        patience: float = math.inf,
        find_again: Callable[[Sequence[str]], SynsetJobs] = _none,
    ) -> None:
        self._patience = patience
        self._find_again = find_again
        self._hosts = hosts
        self._wayback = wayback
        self._captures = captures
        self._store = store
        self._duplicates = duplicates
        self._progress = progress
        self._open: dict[str, SynsetJob] = {}
        self._busy: deque[SynsetJob] = deque()
        self._announced: set[str] = set()
        """Busy synsets that are known to be waited for."""
        self._unlisted: deque[Unlisted] = deque()
        self._fetched: deque[SynsetJob] = deque()
        """Synsets of whose links nothing is to come any more."""
        self._exhausted = False
        self._failure: ImagenetError | None = None
        self._most_open = max(1, min(MOST_OPEN, most_open_files() // 4))
        self._retry_busy_at = -math.inf
        self._rationed_since: float | None = None
        self._deferred: dict[str, Summary] = {}
        """Synsets of which links were left so that others have their turn, and what was done."""
        self._giving_way: set[str] = set()
        """Open synsets whose rationed links are left for that, until they have ended."""
        self._is_second_round = False
        self._paces: dict[str, float] = {}
        """How many requests a second hosts give that ration, when last seen."""

    def run(self, jobs: SynsetJobs, reached: Callable[[], bool]) -> Iterator[Summary | Unlisted]:
        """Run synset jobs, each of which is begun when there is room for it.

        Parameters
        ----------
        jobs : iterator of SynsetJob, Unlisted or None
            One for each synset; None for now, if the next is still to be found.
        reached : callable
            Says whether the network has been seen to be there.

        Yields
        ------
        Summary or Unlisted
            Of each synset, when it is done.

        Raises
        ------
        ImagenetError
            Whatever a user must know; what `jobs` raises, when all that were open are done.
        """
        self._jobs = jobs
        try:
            with storage_errors(self._store.home()):
                while not self._exhausted or self._open or self._busy:
                    begun = self._has_room() and self._begin_next(reached)
                    yield from self._advance()
                    has_news_to_come = not begun and (self._open or self._busy)
                    self._poll(SAMPLE if has_news_to_come else 0.0)
                yield from self._deferred.values()
                self._close()
        except BaseException:
            self._close()
            for job in self._open.values():
                job.abandon()
            raise
        finally:
            self._progress.end()
        if self._failure:
            raise self._failure

    def _close(self) -> None:
        for dispatcher in (self._hosts, self._wayback):
            dispatcher.close()

    def _has_room(self) -> bool:
        if len(self._open) >= self._most_open:
            return False
        if sum(job.known for job in self._open.values()) >= MOST_KNOWN:
            return False
        return self._hosts.is_hungry or self._hosts.router.links < WINDOW

    def _begin_next(self, reached: Callable[[], bool]) -> bool:
        """Begin the next job; return whether there was one."""
        job = self._next()
        if not job:
            return False
        if isinstance(job, Unlisted):
            self._unlisted.append(job)
            self._progress.ended(job.wnid)
            return True
        try:
            # Another process is waited for when nothing else is left to do.
            alone = self._exhausted and not (self._open or self._busy)
            tasks = job.begin(reached(), wait=alone)
        except Busy:
            if self._exhausted and not self._open and job.wnid not in self._announced:
                self._announced.add(job.wnid)
                self._progress.waiting(job.wnid)
            self._busy.append(job)
            return True
        self._open[job.wnid] = job
        if tasks:
            self._progress.begin(job.wnid, len(tasks), job.recorder.missing())
        self._hosts.begin(job.wnid, job.recorder, tasks)
        return True

    def _next(self) -> SynsetJob | Unlisted | None:
        if not self._exhausted:
            try:
                found = next(self._jobs)
                if found:
                    return found
            except StopIteration:
                if self._giving_way:
                    pass  # they may be deferred yet
                elif self._deferred and not self._is_second_round:
                    self._is_second_round = True
                    self._jobs = self._find_again(tuple(self._deferred))
                else:
                    self._exhausted = True
            except ImagenetError as error:
                self._exhausted, self._failure = True, error
        if self._busy and (self._is_one_left() or time.monotonic() > self._retry_busy_at):
            self._retry_busy_at = time.monotonic() + _BUSY_RETRY / len(self._busy)
            return self._busy.popleft()
        return None

    def _is_one_left(self) -> bool:
        """Say whether nothing is left but one synset at which another process is at work."""
        return self._exhausted and not self._open and len(self._busy) == 1

    def _advance(self) -> Iterator[Summary | Unlisted]:
        """Go on with jobs whose links have ended: to the Wayback Machine, or to their end."""
        while self._unlisted:
            yield self._unlisted.popleft()
        for wnid in self._hosts.ended():
            job = self._open[wnid]
            put = self._fetched.append if job.has_links_to_fetch else self._fetched.appendleft
            put(job)
        while self._fetched and (
            not self._fetched[0].has_links_to_fetch or self._is_network_known()
        ):
            job = self._fetched.popleft()
            if self._hosts.router.reached:
                job.recorder.reach()
            tasks = job.begin_captures(self._captures)
            if tasks and job.capture_recorder:
                missing = job.recorder.missing()
                self._progress.begin(job.wnid, len(tasks), missing, from_wayback=True)
                self._wayback.begin(job.wnid, job.capture_recorder, tasks)
            else:
                yield from self._end(job)
        for wnid in self._wayback.ended():
            yield from self._end(self._open[wnid])

    def _is_network_known(self) -> bool:
        """Say whether somebody has answered, or nobody is left who could."""
        left = len(self._open) - len(self._fetched) - len(self._wayback.router)
        return (
            self._hosts.router.reached
            or (self._hosts.is_all_begun and not left)
            or not (left or self._has_room())
        )

    def _end(self, job: SynsetJob) -> Iterator[Summary]:
        """End a job; if rationed links are left of it, it may be deferred."""
        summary = job.end()
        summary.paces = {host: self._paces.get(host, 0.0) for host in summary.left}
        del self._open[job.wnid]
        summary.taken_out = take_out_exposed(
            self._store, self._duplicates, self._open, self._progress
        )
        before = self._deferred.pop(job.wnid, None)
        if before:
            summary.saved += before.saved
            summary.to_fetch = before.to_fetch
        is_deferred = bool(summary.left) and job.wnid in self._giving_way
        self._giving_way.discard(job.wnid)
        self._progress.ended(job.wnid, is_done=not is_deferred)
        if is_deferred:
            self._deferred[job.wnid] = summary
        else:
            yield summary

    def _poll(self, timeout: float) -> None:
        """Let the dispatchers work, and wait for news."""
        self._hosts.is_all_begun = self._exhausted and not self._busy
        self._check_rations()
        if len(self._wayback.router):
            self._wayback.poll(timeout if len(self._wayback.router) == len(self._open) else 0)
            timeout = min(timeout, _WAYBACK_DELAY)
            resting = [
                each for each in self._wayback.rations() if each.asked_again_in > _RATIONED_AFTER
            ]
            self._progress.rationed(resting)
        self._progress.slow([*self._hosts.slow(), *self._wayback.slow()])
        self._hosts.poll(timeout)

    def _check_rations(self) -> None:
        """See whether nothing but hosts that ration is left, and whether that is to be waited for.

        While others are still to come, the synsets that are open end without these links, and are
        deferred. When all others are done, they have their turn again.
        """
        has_others = not (self._hosts.is_all_begun or self._is_second_round)
        if not self._hosts.waits_for_rations_alone() or (has_others and self._has_room()):
            self._rationed_since = None
            return
        now = time.monotonic()
        if self._rationed_since is None:
            self._rationed_since = now
        rations = self._hosts.rations()
        self._paces.update((each.host, each.rate) for each in rations)
        if now > self._rationed_since + _RATIONED_AFTER and not has_others:
            self._progress.rationed(rations)
        if now > self._rationed_since + (_RATIONED_AFTER if has_others else self._patience):
            self._rationed_since = None
            self._exhausted = self._exhausted or self._is_second_round
            if has_others:
                self._giving_way.update(self._open)
            self._hosts.leave_rationed()
