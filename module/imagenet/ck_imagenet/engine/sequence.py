"""In which order a run takes its synsets."""

from __future__ import annotations

from itertools import islice
from typing import Iterable, Iterator

from ..sources import kept_lists
from ..storage import summaries
from ..storage.journal import Journal
from ..storage.store import Store

FRESH = 20
"""Synsets that are new to each that has been begun, after the first of these."""


def in_turn(wnids: Iterable[str], store: Store, first: int) -> Iterator[str]:
    """Yield synsets in an order in which a run has work at once, and all the time.

    First some that another run has begun, then the new ones, those whose list is here before the
    others. Between them the rest of what has been begun: where a run was killed among small
    synsets, what is left of these are the links of hosts that keep silent, and all connections
    would wait for them. Those that were done come last.

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
            fresh.append((not kept_lists.is_kept(place), wnid))
    rest = iter(begun)
    yield from islice(rest, first)
    fresh.sort(key=lambda each: each[0])
    for position, (_, wnid) in enumerate(fresh, 1):
        yield wnid
        if position % FRESH == 0:
            yield from islice(rest, 1)
    yield from rest
    yield from done
