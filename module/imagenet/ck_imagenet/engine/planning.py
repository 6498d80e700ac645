"""What is planned before hosts are asked: the order of the synsets, their lists, an estimate.

`run_order` says which synset comes when; `prefetched` asks for their lists ahead of their turn, so
that a slow list service holds up no synset that has begun; `Estimate` says what a download of many
synsets means.
"""

from __future__ import annotations

import math
import threading
import time
from collections import Counter
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from itertools import islice, zip_longest
from typing import Any, Callable, Generator, Iterable, Iterator, Mapping, Sequence, Union

from ..core.text import counted
from ..core.threads import start_thread
from ..sources import lists
from ..sources.lists import SynsetList, Unlisted
from ..sources.url_archive import ArchiveSource
from ..storage import summaries
from ..storage.journal import Journal
from ..storage.store import Store
from .context import Crawl

FRESH = 20
"""Synsets that are new to each that has been begun, after the first of these."""


def run_order(wnids: Iterable[str], store: Store, first: int) -> Iterator[str]:
    """Yield synsets in an order in which a run has work at once, and all the time.

    First come some that another run has begun, then the new ones, first those whose list is here.
    The rest of those begun are spread among the new ones: what a killed run has left of them may be
    links that time out, and all connections would wait for these. Those that were done come last.

    Parameters
    ----------
    wnids : iterable of str
        The synsets.
    store : Store
        Where their pictures are.
    first : int
        How many of those that have been begun come before all others.
    """
    begun, fresh, done = [], [], []
    for wnid in wnids:
        place = store.synset(wnid)
        if summaries.is_kept(place):
            done.append(wnid)
        elif Journal.is_begun(place):
            begun.append(wnid)
        else:
            fresh.append((not lists.is_kept(place), wnid))
    rest = iter(begun)
    yield from islice(rest, first)
    fresh.sort(key=lambda each: each[0])
    for position, (_, wnid) in enumerate(fresh, 1):
        yield wnid
        if position % FRESH == 0:
            yield from islice(rest, 1)
    yield from rest
    yield from done


_MOST_LISTS, _MOST_LINKS_AHEAD = 256, 20_000
"""Lists, and links in them: enough for what it costs to make places, few enough for the memory."""

_FEW_LISTS = 4
"""Lists of a service: it is asked for them again if the run ends before their turn."""

_MOMENT = 0.02
"""Seconds to wait for a list before the caller goes on with something else."""

_LONGEST_WAIT = 1.0
"""Seconds to wait for a few of them, whose places cost less together."""

_Found = Union[SynsetList, Unlisted]


def prefetched(found: Iterable[_Found], store: Store) -> Generator[_Found | None, None, None]:
    """Yield what is found, when there are places for it, and None while that takes its time.

    Parameters
    ----------
    found : iterable of SynsetList or Unlisted
        What is asked for in a thread of its own, a while ahead.
    store : Store
        Where places are made, many at once if many lists are there.

    Raises
    ------
    StoreError
        If they cannot be made.
    Exception
        Whatever `found` raises, when all before it has been yielded.
    """
    with closing(_Prefetch(found)) as lists:
        while not lists.ended:
            ready = lists.take()
            wnids = [each.wnid for each in ready if isinstance(each, SynsetList)]
            if wnids:
                store.prepare(wnids)
            yield from ready
            if not ready:
                yield None
    if lists.error:
        raise lists.error


class _Prefetch:
    """Asks for lists in a thread, until enough of them wait to be taken."""

    def __init__(self, found: Iterable[_Found]) -> None:
        self._found = found
        self._ready: list[_Found] = []
        self._changed = threading.Condition()
        self._is_wanted, self._is_over = True, False
        self._due = -math.inf
        self.error: Exception | None = None
        """Why there are no more, if that is not all."""
        start_thread(threading.Thread(target=self._ask, name="lists", daemon=True), others=False)

    @property
    def ended(self) -> bool:
        """Whether all have been taken."""
        with self._changed:
            return self._is_over and not self._ready

    def take(self) -> list[_Found]:
        """Return those that are there, after a moment; none where more are soon to come."""
        with self._changed:
            self._changed.wait_for(self._is_enough, _MOMENT)
            if not self._is_enough():
                return []
            taken, self._ready = self._ready, []
            self._due = time.monotonic() + _LONGEST_WAIT
            self._changed.notify_all()
            return taken

    def close(self) -> None:
        """Ask for no more than what has been begun."""
        with self._changed:
            self._is_wanted = False
            self._changed.notify_all()

    def _is_enough(self) -> bool:
        is_due = bool(self._ready) and time.monotonic() >= self._due
        is_full = not self._has_room() or len(self._ready) >= _FEW_LISTS
        return self._is_over or is_due or is_full

    def _has_room(self) -> bool:
        lists = [each for each in self._ready if isinstance(each, SynsetList)]
        most = _FEW_LISTS if any(each.obtained_by for each in lists) else _MOST_LISTS
        links = sum(len(each.lines) for each in lists)
        return not self._is_wanted or (len(self._ready) < most and links < _MOST_LINKS_AHEAD)

    def _ask(self) -> None:
        try:
            for each in self._found:
                with self._changed:
                    self._ready.append(each)
                    self._changed.notify_all()
                    self._changed.wait_for(self._has_room)
                    if not self._is_wanted:
                        break
        except Exception as error:  # whatever it is must end the run, not this thread alone
            self.error = error
        with self._changed:
            self._is_over = True
            self._changed.notify_all()


MEAN_URLS = 650
"""Of a synset, as ImageNet has published it."""

ALIVE = 0.6
"""The share of links that still give a picture: between a half and two thirds do."""

PICTURE = 100_000
"""Bytes of a picture: between what they are in ILSVRC2012 and in all of ImageNet, 115 and 92 kB."""

SECONDS = 0.9
"""Of one connection for one URL, with all time-outs: 64 took 18.4 s for 1,300 rotten links."""

A_SECOND = 500
"""URLs that two cores manage, however many connections there are."""

RATIONED, RATIONING = 0.638, "live.staticflickr.com"
"""The share of ImageNet's links that one service has, which rations them, and a host of it."""


@dataclass(frozen=True)
class Estimate:
    """What there is to ask for, and what may come of it."""

    synsets: int
    urls: int
    """URLs to ask for; settled ones among them where only lists have been looked at."""
    unlisted: int
    """Synsets whose lists are not here, for each of which a mean number has been counted."""
    pictures: int
    bytes: int
    seconds: float
    jobs: int
    """Connections at once, on which the seconds depend."""
    rationed: int = 0
    """URLs of a service that gives only so many."""
    pace: float = 0.0
    """How many it gives a second, 0 if nothing is known of that."""

    def __str__(self) -> str:
        urls, synsets = counted(self.urls, "URL"), counted(self.synsets, "synset")
        return f"{urls} of {synsets} to ask for, some {counted(self.pictures, 'picture')}"

    def facts(self) -> dict[str, Any]:
        """Return the same in plain types."""
        return asdict(self)


def estimated(
    urls: Iterable[int],
    unlisted: int,
    crawl: Crawl,
    here: Iterable[int] = (),
    pace: float = 0.0,
) -> Estimate:
    """Return what it means to ask for so many URLs of each synset.

    Parameters
    ----------
    urls : iterable of int
        How many of each synset whose number is known.
    unlisted : int
        Synsets whose number is not known.
    crawl : Crawl
        How many at once, and how many pictures of a synset are wanted.
    here : iterable of int, optional
        How many of these there are already, of each of the first synsets.
    pace : float
        How many URLs a second the service gives that has most of them, 0 if it gives all.
    """
    counts = [*urls, *[MEAN_URLS] * unlisted]
    most = crawl.max_images or math.inf
    wanted = [(count, max(0, most - has)) for count, has in zip_longest(counts, here, fillvalue=0)]
    asked = sum(min(count, math.ceil(min(most, count) / ALIVE)) for count, most in wanted)
    pictures = round(sum(min(most, count * ALIVE) for count, most in wanted))
    rationed = round(asked * RATIONED) if pace else 0
    seconds = max(asked * SECONDS / crawl.jobs, asked / A_SECOND, rationed / pace if pace else 0.0)
    size = pictures * PICTURE
    return Estimate(
        len(counts), asked, unlisted, pictures, size, seconds, crawl.jobs, rationed, pace
    )


def previewed(previews: Iterable[Mapping[str, Any]], crawl: Crawl) -> Estimate:
    """Return what it means to download what a dry run has shown, at the pace of hosts that ration.

    Parameters
    ----------
    previews : iterable of mapping
        The facts of each synset's `Summary`.
    crawl : Crawl
        How it is downloaded.
    """
    left: Counter[str] = Counter()
    paces: dict[str, float] = {}
    links, here = [], []
    for each in previews:
        links.append(each["to_fetch"])
        here.append(each["here"])
        left.update(each["left"])
        paces.update(each["paces"])
    meant = estimated(links, 0, crawl, here)
    longest = max((count / paces[host] for host, count in left.items() if paces[host]), default=0.0)
    return replace(meant, seconds=max(meant.seconds, longest))


def foreseen(
    wnids: Sequence[str],
    crawl: Crawl,
    store: Store,
    archive: ArchiveSource | None,
    paces: Callable[[str], tuple[str, float] | None],
) -> Estimate:
    """Return what it means to download synsets, as far as the lists that are here tell.

    Parameters
    ----------
    wnids : sequence of str
        The synsets.
    crawl : Crawl
        How many at once, and how many pictures of a synset are wanted.
    store, archive : Store, ArchiveSource
        Where lists are that are here.
    paces : callable
        Tells of a host how many requests a second it gives, if that is known.
    """
    listed = archive.counts() if archive else {}
    for wnid in set(store.wnids()).intersection(wnids).difference(listed):
        known = lists.count(store.synset(wnid))
        if known:
            listed[wnid] = known
    counts = [max(0, listed[wnid] - crawl.offset) for wnid in wnids if wnid in listed]
    _, pace = paces(RATIONING) or ("", 0.0)
    return estimated(counts, len(wnids) - len(counts), crawl, pace=pace)
