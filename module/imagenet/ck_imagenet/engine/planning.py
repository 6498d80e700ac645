"""What a download of many synsets would mean, before anybody is asked for anything."""

from __future__ import annotations

import math
from collections import Counter
from dataclasses import asdict, dataclass, replace
from itertools import zip_longest
from typing import Any, Iterable, Mapping, Sequence

from ..core.actions import DownloadOptions
from ..sources import kept_lists
from ..sources.local_archive import LocalArchive
from ..storage.paces import PaceMemory
from ..storage.store import Store
from . import context

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

    def facts(self) -> dict[str, Any]:
        """Return the same in plain types."""
        return asdict(self)


def estimated(
    urls: Iterable[int],
    unlisted: int,
    options: DownloadOptions,
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
    options : DownloadOptions
        How many at once, and how many pictures of a synset are wanted.
    here : iterable of int, optional
        How many of these there are already, of each of the first synsets.
    pace : float
        How many URLs a second the service gives that has most of them, 0 if it gives all.
    """
    counts = [*urls, *[MEAN_URLS] * unlisted]
    most = options.max_images or math.inf
    wanted = [(count, max(0, most - has)) for count, has in zip_longest(counts, here, fillvalue=0)]
    asked = sum(min(count, math.ceil(min(most, count) / ALIVE)) for count, most in wanted)
    pictures = round(sum(min(most, count * ALIVE) for count, most in wanted))
    rationed = round(asked * RATIONED) if pace else 0
    seconds = max(
        asked * SECONDS / options.jobs, asked / A_SECOND, rationed / pace if pace else 0.0
    )
    size = pictures * PICTURE
    return Estimate(
        len(counts), asked, unlisted, pictures, size, seconds, options.jobs, rationed, pace
    )


def at_their_pace(meant: Estimate, foreseen: Iterable[Mapping[str, Any]]) -> Estimate:
    """Return an estimate that reckons with hosts that ration.

    Parameters
    ----------
    meant : Estimate
        The same without them.
    foreseen : iterable of mapping
        The facts of each synset's `Summary`.
    """
    left: Counter[str] = Counter()
    paces: dict[str, float] = {}
    for each in foreseen:
        left.update(each["left"])
        paces.update(each["paces"])
    longest = max((count / paces[host] for host, count in left.items() if paces[host]), default=0.0)
    return replace(meant, seconds=max(meant.seconds, longest))


def foreseen(
    wnids: Sequence[str], options: DownloadOptions, store: Store, archive: LocalArchive | None
) -> Estimate:
    """Return what it means to download synsets, as far as the lists that are here tell.

    One that the user gives is not read for that: it may be a pipe, and may be long.
    """
    if options.urls:
        return estimated((), len(wnids), options)
    listed = archive.counts() if archive else {}
    for wnid in set(store.wnids()).intersection(wnids).difference(listed):
        known = kept_lists.count(store.synset(wnid))
        if known:
            listed[wnid] = known
    counts = [max(0, listed[wnid] - options.offset) for wnid in wnids if wnid in listed]
    paces = context.known_paces(options, PaceMemory(store).load())
    _, pace = paces(RATIONING) or ("", 0.0)
    return estimated(counts, len(wnids) - len(counts), options, pace=pace)
