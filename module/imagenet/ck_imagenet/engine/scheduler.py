"""One pool of connections over all synsets of a run."""

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

Errands = Iterator["SynsetJob | Unlisted | None"]


def _none(wnids: Sequence[str]) -> Errands:
    return iter(())


_A_TURN = 0.01
"""Seconds by which a turn at the Wayback Machine, one in eight of a second, may come too late."""

_LOOK_AGAIN = 2.0
"""Seconds between two looks whether another command has ended its work at a synset."""

_A_MOMENT = 5.0
"""Seconds after which that nothing but hosts that ration is left is told, and after which other
synsets have their turn, where all that are open wait for them."""


class Scheduler:
    """Opens synsets as long as there are connections to spare, and tells which are done.

    What waits for slow hosts keeps its synset open, and nobody else.

    Parameters
    ----------
    hosts, wayback : Dispatcher
        Who asks the hosts, and who asks the Wayback Machine for what these do not have.
    captures : Captures
        What the latter is asked for.
    store : Store
        Where the pictures go.
    repeats : Duplicates
        Which bytes have come before in this run.
    progress : Progress
        Is told how it goes.
    patience : float
        Seconds for which to go on when nothing but hosts that ration is left.
    again : callable
        Finds the errands of synsets once more, which made room for others.
    """

    def __init__(
        self,
        hosts: Dispatcher,
        wayback: Dispatcher,
        captures: Captures,
        store: Store,
        repeats: Duplicates,
        progress: Progress,
        patience: float = math.inf,
        again: Callable[[Sequence[str]], Errands] = _none,
    ) -> None:
        self._patience = patience
        self._again = again
        self._hosts = hosts
        self._wayback = wayback
        self._captures = captures
        self._store = store
        self._repeats = repeats
        self._progress = progress
        self._open: dict[str, SynsetJob] = {}
        self._busy: deque[SynsetJob] = deque()
        self._told: set[str] = set()
        """Busy synsets that are known to be waited for."""
        self._unlisted: deque[Unlisted] = deque()
        self._asked: deque[SynsetJob] = deque()
        """Synsets of whose links nothing is to come any more."""
        self._exhausted = self._is_all_begun = False
        self._failure: ImagenetError | None = None
        self._most_open = max(1, min(MOST_OPEN, most_open_files() // 4))
        self._look_again = -math.inf
        self._rationed_since: float | None = None
        self._made_room: dict[str, Summary] = {}
        """Synsets of which links were left so that others have their turn, and what was done."""
        self._is_second_round = False
        self._paces: dict[str, float] = {}
        """How many requests a second hosts give that ration, when last seen."""

    def run(self, errands: Errands, reached: Callable[[], bool]) -> Iterator[Summary | Unlisted]:
        """Run errands, each of which is begun when there is room for it.

        Parameters
        ----------
        errands : Errands
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
            Whatever a user must know; what `errands` raises, when all that were open are done.
        """
        crews = (self._hosts, self._wayback)
        self._errands = errands
        try:
            with storage_errors(self._store.home()):
                while not self._exhausted or self._open or self._busy:
                    begun = self._has_room() and self._begin_next(reached)
                    yield from self._advance()
                    self._tend(0.0 if begun else SAMPLE)
                yield from self._made_room.values()
                for crew in crews:
                    crew.close()
        except BaseException:
            for crew in crews:
                crew.abandon()
            for errand in self._open.values():
                errand.abandon()
            raise
        finally:
            self._progress.end()
        if self._failure:
            raise self._failure

    def _has_room(self) -> bool:
        if len(self._open) >= self._most_open:
            return False
        if sum(errand.known for errand in self._open.values()) >= MOST_KNOWN:
            return False
        return self._hosts.is_hungry or self._hosts.router.links < WINDOW

    def _begin_next(self, reached: Callable[[], bool]) -> bool:
        """Begin the next errand; return whether there was one."""
        errand = self._next()
        if not errand:
            return False
        if isinstance(errand, Unlisted):
            self._unlisted.append(errand)
            return True
        try:
            # Another process is waited for when nothing else is left to do.
            alone = self._exhausted and not (self._open or self._busy)
            tasks = errand.begin(reached(), wait=alone)
        except Busy:
            if self._exhausted and not self._open and errand.wnid not in self._told:
                self._told.add(errand.wnid)
                self._progress.waiting(errand.wnid)
            self._busy.append(errand)
            return True
        self._open[errand.wnid] = errand
        if tasks:
            self._progress.begin(errand.wnid, len(tasks))
        self._hosts.begin(errand.wnid, errand.recorder, tasks)
        return True

    def _next(self) -> SynsetJob | Unlisted | None:
        if not self._exhausted:
            try:
                found = next(self._errands)
                if found:
                    return found
            except StopIteration:
                if self._made_room and not self._is_second_round:
                    self._is_second_round = True
                    self._errands = self._again(tuple(self._made_room))
                else:
                    self._exhausted = True
            except ImagenetError as error:
                self._exhausted, self._failure = True, error
        if self._busy and (self._is_one_left() or time.monotonic() > self._look_again):
            self._look_again = time.monotonic() + _LOOK_AGAIN / len(self._busy)
            return self._busy.popleft()
        return None

    def _is_one_left(self) -> bool:
        """Say whether nothing is left but one synset at which another process is at work."""
        return self._exhausted and not self._open and len(self._busy) == 1

    def _advance(self) -> Iterator[Summary | Unlisted]:
        """Go on with errands whose tasks have ended: to the Wayback Machine, or to their end."""
        while self._unlisted:
            yield self._unlisted.popleft()
        for wnid in self._hosts.ended():
            errand = self._open[wnid]
            put = self._asked.append if errand.asks else self._asked.appendleft
            put(errand)
        while self._asked and (not self._asked[0].asks or self._is_network_known()):
            errand = self._asked.popleft()
            if self._hosts.router.reached:
                errand.recorder.reach()
            tasks = errand.begin_captures(self._captures)
            if tasks and errand.capture_recorder:
                self._progress.begin(f"{errand.wnid} Wayback", len(tasks))
                self._wayback.begin(errand.wnid, errand.capture_recorder, tasks)
            else:
                yield from self._end(errand)
        for wnid in self._wayback.ended():
            yield from self._end(self._open[wnid])

    def _is_network_known(self) -> bool:
        """Say whether somebody has answered, or nobody is left who could."""
        left = len(self._open) - len(self._asked) - len(self._wayback.router)
        return (
            self._hosts.router.reached
            or (self._is_all_begun and not left)
            or not (left or self._has_room())
        )

    def _end(self, errand: SynsetJob) -> Iterator[Summary]:
        """End an errand; what is left of it may have its turn after all others."""
        summary = errand.end()
        summary.paces = {host: self._paces.get(host, 0.0) for host in summary.left}
        del self._open[errand.wnid]
        summary.taken_out = take_out_exposed(self._store, self._repeats, self._open, self._progress)
        if self._open:
            self._progress.step_aside()
        else:
            self._progress.end()
        before = self._made_room.pop(errand.wnid, None)
        if before:
            summary.saved += before.saved
            summary.to_fetch = before.to_fetch
        if summary.left and not (self._is_second_round or self._is_all_begun):
            self._made_room[errand.wnid] = summary
        else:
            yield summary

    def _tend(self, patience: float) -> None:
        """Let the crews work, and wait for news."""
        if self._exhausted and not (self._busy or self._is_all_begun):
            self._is_all_begun = True
            self._hosts.begin_end()
        self._look_at_rations()
        if len(self._wayback.router):
            if self._is_all_begun and len(self._wayback.router) == len(self._open):
                self._wayback.begin_end()
            self._wayback.tend(patience if len(self._wayback.router) == len(self._open) else 0)
            patience = min(patience, _A_TURN)
            resting = [each for each in self._wayback.rations() if each.rest > _A_MOMENT]
            self._progress.rationed(resting)
        self._hosts.tend(patience)

    def _look_at_rations(self) -> None:
        """See whether nothing but hosts that ration is left, and whether that is to be waited for.

        While others are still to come, the synsets that are open end without these links, and make
        room. When all others are done, they have their turn again: now there is nothing else to do.
        """
        has_others = not (self._is_all_begun or self._is_second_round)
        if not self._hosts.waits_for_rations_alone() or (has_others and self._has_room()):
            self._rationed_since = None
            return
        now = time.monotonic()
        if self._rationed_since is None:
            self._rationed_since = now
        rations = self._hosts.rations()
        self._paces.update((each.host, each.rate) for each in rations)
        if now > self._rationed_since + _A_MOMENT and not has_others:
            self._progress.rationed(rations)
        if now > self._rationed_since + (_A_MOMENT if has_others else self._patience):
            self._rationed_since = None
            self._exhausted = self._exhausted or self._is_second_round
            self._hosts.leave()
