"""What has happened in a run, as numbers and as the words that tell them; nothing is shown here.

An event only counts. How much is left, and how long that takes, is found out when somebody asks.
"""

from __future__ import annotations

import math
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Callable, Iterator, NamedTuple, Sequence

from ..catalogue import synsets
from ..core import text
from ..core.outcomes import Outcome
from ..core.text import Progress, brief, counted
from ..storage.records import Record
from .sentences import size

if TYPE_CHECKING:
    from ..engine.host import RationedHost

_TELLING = 3.0
"""Seconds of a run after which its rate tells how long the rest takes, and without any news of a
synset after which another is shown."""

_LOOKING = "looking for pictures"
"""What is done while no synset is at work."""

_TOLD_FOR = 2.0
"""Seconds for which a host is believed to ration that is not told any more."""


class _Synset:
    """What is asked for of one synset."""

    __slots__ = ("asked", "links", "saved", "settled", "settled_at", "wanted")

    def __init__(self, links: int, wanted: int | None) -> None:
        self.links = self.asked = links
        self.wanted = wanted
        self.settled = self.saved = 0
        self.settled_at = -math.inf

    @property
    def work(self) -> int:
        """How much there is to do: pictures, if so many are enough, or links."""
        return self.links if self.wanted is None else min(self.wanted, self.links)

    @property
    def done(self) -> float:
        """How much of that is done; all, when there are no more links."""
        settled = self.work * self.settled / self.asked
        return settled if self.wanted is None else min(self.work, max(self.saved, settled))


class _Long(NamedTuple):
    """Something long that is read or written."""

    what: str
    began: float
    before: int
    """Bytes that were done when it began."""
    done: int
    total: int


class Seen(NamedTuple):
    """What people see of a run at some moment."""

    label: str = ""
    """What is at work."""
    facts: Sequence[str] = ()
    """What has been done, how fast, and how long the rest takes."""
    share: float | None = None
    """Which part is done, from 0 to 1, if that is known."""
    rot: float = 0.0
    """Which part of that has failed."""
    below: Sequence[str] = ()
    """Where it is, and what it waits for."""


class Counts(Progress):
    """Counts what happens, and shows nothing.

    Parameters
    ----------
    clock : callable, optional
        Returns the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.RLock()
        self.expect(0)

    def expect(self, synsets: int) -> None:
        """Count from now on."""
        self._synsets = synsets
        self._begun = self._done = 0
        self._open: dict[str, _Synset] = {}
        self._work_of_ended = 0
        self._settled = self._saved = self._failed = 0
        self._began = math.inf
        self._news_at = self._clock()
        self._long: _Long | None = None
        self._slow: Sequence[str] = ()
        self._rations: tuple[float, Sequence[RationedHost]] = (-math.inf, ())

    def begin(
        self, wnid: str, links: int, wanted: int | None = None, *, from_wayback: bool = False
    ) -> None:
        """Count the links of a synset."""
        with self._lock:
            self._began = min(self._began, self._clock())
            if from_wayback and wnid in self._open:
                self._failed -= links  # until the Wayback Machine has none of them either
                self._open[wnid].asked += links
            else:
                self._begun += 1
                self._open[wnid] = _Synset(links, wanted)

    def settled(self, record: Record) -> None:
        """Count a link."""
        is_saved = record.outcome is Outcome.SAVED
        with self._lock:
            self._settled += 1
            self._saved += is_saved
            self._failed += not is_saved
            self._news_at = self._clock()
            synset = self._open.get(record.name.wnid)
            if synset:
                synset.settled += 1
                synset.settled_at = self._news_at
                synset.saved += is_saved

    def ended(self, wnid: str, *, is_done: bool = True) -> None:
        """Count a synset; of its links that were left, none is waited for."""
        with self._lock:
            synset = self._open.pop(wnid, None)
            if synset:
                self._work_of_ended += round(synset.done) if not is_done else synset.work
            self._begun += not synset
            self._begun -= not is_done
            self._news_at = self._clock()
            self._done += is_done

    def slow(self, hosts: Sequence[str]) -> None:
        """Remember which hosts are waited for."""
        self._slow = hosts

    def rationed(self, rations: Sequence[RationedHost]) -> None:
        """Remember that nothing but these is waited for."""
        if rations:
            self._rations = self._clock(), rations

    def advance(self, what: str, done: int, total: int) -> None:
        """Remember how much of something long is done."""
        with self._lock:
            known = self._long
            if known and known.what == what:
                self._long = known._replace(done=done, total=total)
            else:
                self._long = _Long(what, self._clock(), done, done, total)

    def end(self) -> None:
        """Remember nothing long any more."""
        self._long = None

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Keep out of the way of what is printed meanwhile."""
        yield

    # What the counts say.

    def stopped(self) -> str:
        """Return what has been done, for who stops it."""
        _, work = self._amounts()
        if self._has_several:  # of those to come, nobody knows yet how much it is
            done = f": {self._of_synsets} done, {self._saved:,} saved"
        elif work:
            done = f": {self._saved:,} of {work:,.0f} saved"
        else:
            done = f": {self._saved:,} saved" if self._settled else ""
        return f"Stopped{done}. The same command goes on."

    def seen(self) -> Seen:
        """Return what people see of it now."""
        with self._lock:
            if self._long:
                return self._seen_of_long(self._long)
            if not self._begun:
                return Seen(below=[self._waited_for()])
            below = [self._at_work(), self._waited_for()]
            return Seen(self._label(), self._facts(), self._share(), self._rot(), below)

    def _label(self) -> str:
        return self._of_synsets if self._has_several else next(iter(self._open), "")

    @property
    def _has_several(self) -> bool:
        return max(self._synsets, self._begun) > 1

    @property
    def _of_synsets(self) -> str:
        return f"{self._done:,} of {max(self._synsets, self._begun):,} synsets"

    def _facts(self) -> list[str]:
        """Return pictures saved, links that failed, links a second and time left, as words."""
        took, left = self._clock() - self._began, self._left()
        facts = self._outcomes()
        if self._settled and took >= 1:
            facts.append(f"{_rate(self._settled / took)}/s")
        return facts if left is None else [*facts, f"{brief(left)} left"]

    def _outcomes(self) -> list[str]:
        return [f"{short(self._saved)} saved", f"{short(max(0, self._failed))} failed"]

    def _rot(self) -> float:
        """Return which part of what has been asked for has failed."""
        return max(0, self._failed) / max(1, self._failed + self._saved)

    def _share(self) -> float:
        done, work = self._amounts()
        return min(1.0, done / work) if work else self._done / max(self._synsets, self._begun)

    def _left(self) -> float | None:
        """Return how many seconds the rest takes at the rate of the whole run, None if unknown."""
        now = self._clock()
        took, (done, work) = now - self._began, self._amounts()
        if took < _TELLING or not done:
            return None
        left = took * (work - done) / done
        told_at, rations = self._rations
        if now < told_at + _TOLD_FOR:
            return max([left, *(each.waiting / each.rate for each in rations if each.rate)])
        # Longer without any news than it should have taken: all that is left is slow.
        is_overdue = now - self._news_at > max(left, _TELLING)
        return None if is_overdue else left

    def _amounts(self) -> tuple[float, float]:
        """Return how much work is done, and how much there is: of synsets to come, the mean."""
        work = self._work_of_ended + sum(synset.work for synset in self._open.values())
        done = self._work_of_ended + sum(synset.done for synset in self._open.values())
        to_come = max(0, self._synsets - self._begun)
        return done, work + (to_come * work / self._begun if self._begun else 0)

    def _at_work(self) -> str:
        """Return how far the first synset is of which there is news, or that is not done."""
        news_since = self._clock() - _TELLING
        fresh = (wnid for wnid, each in self._open.items() if each.settled_at > news_since)
        wnid = next(fresh, next(iter(self._open), ""))
        if not wnid:
            return ""
        synset = self._open[wnid]
        done = f"{synset.settled:,} of {synset.asked:,} links"
        if synset.wanted is not None:
            done = f"{synset.saved:,} of {synset.work:,} pictures"
        return f"{_named(wnid)}: {done}" if self._has_several else done

    def _waited_for(self) -> str:
        told_at, rations = self._rations
        if self._clock() < told_at + _TOLD_FOR:
            return rationed_words(rations)
        seconds = self._clock() - self._news_at  # which is seen to go on
        since = f" for {seconds:.0f} s" if seconds >= _TELLING else ""
        if self._slow:
            return f"waiting for {counted(len(set(self._slow)), 'slow host')}{since}"
        return "" if self._open else f"{_LOOKING}{since}"

    def _seen_of_long(self, long: _Long) -> Seen:
        facts = self._outcomes() if self._settled else []
        facts.append(f"{size(long.done)} of {size(long.total)}" if long.total else size(long.done))
        took, came = self._clock() - long.began, long.done - long.before
        if came and took >= 1:
            facts.append(f"{size(round(came / took))}/s")
        if came and long.total and took >= _TELLING:
            facts.append(f"{brief(took * (long.total - long.done) / came)} left")
        share = long.done / long.total if long.total else None
        below = [self._of_synsets] if self._has_several else []
        return Seen(long.what, facts, share, self._rot() if self._settled else 0.0, below)


def _named(wnid: str) -> str:
    synset = synsets.load().get(wnid)
    return f"{wnid} {synset.words[0]}" if synset else wnid


def short(count: int) -> str:
    """Return a number in five characters or so."""
    for unit, scale in (("M", 10**6), ("k", 10**3)):
        if count >= 10 * scale:
            return (
                f"{count / scale:.3g}{unit}" if count < 1000 * scale else f"{count // scale}{unit}"
            )
    return f"{count:,}"


def _rate(rate: float) -> str:
    return f"{rate:.0f}" if rate >= 9.5 else f"{rate:.1f}"


def rationed_words(rations: Sequence[RationedHost]) -> str:
    """Return what hosts give that ration; the first of them has most links left."""
    first, *others = rations
    more = f"; and {counted(len(others), 'other host')}" if others else ""
    return text.ration(first.host, first.rate, first.waiting) + more
