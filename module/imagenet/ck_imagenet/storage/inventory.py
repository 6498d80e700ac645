"""Inventory: how many pictures are here, by synset or by host. It reads, and changes nothing.

`Inventory` says what is here of one synset and what is known of the rest; `Tally` counts that.
"""

from __future__ import annotations

from collections import Counter
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, Mapping

from ..catalogue.selection import WHATEVER, Selection, among
from ..core.files import storage_errors
from ..core.outcomes import Outcome
from ..core.text import ImageName
from ..core.urls import endpoint
from .journal import Journal
from .numbering import KeptNames, Link
from .records import Record
from .store import Store, SynsetStore


@dataclass(frozen=True)
class Inventory:
    """What is here of one synset, and what is known of the rest.

    Every link is in one of `saved`, `failed`, `missing` and `waiting`. A run may be at work
    meanwhile: this is what it had done when this was read.
    """

    wnid: str
    pictures: dict[int, Path]
    """The file of every picture here, by number, in order."""
    saved: dict[int, Record]
    """What is known of these, by number, in order; nothing, of those that no run has seen yet."""
    failed: list[Record]
    """What became of the links that gave no picture, in the order of their numbers."""
    missing: list[Record]
    """Pictures that were saved and are not here any more: the next run asks for them."""
    waiting: list[Link]
    """The links that have not been asked for, or shall be again."""
    withdrawn: list[Record] = field(default_factory=list)
    """Pictures that the journal has withdrawn: what links gave that shall be asked for again."""
    answers: list[Record] = field(default_factory=list)
    """What came of links that were asked, whose pictures are from elsewhere since: from a copy."""
    garbled: dict[Path, int] = field(default_factory=dict)
    """The journal's files with lines that cannot be read, and how many."""

    @property
    def unseen(self) -> dict[int, Path]:
        """The files of pictures that no run has seen yet, by number."""
        return {number: path for number, path in self.pictures.items() if number not in self.saved}

    @classmethod
    def of(cls, synset_store: SynsetStore) -> Inventory:
        """Take the inventory of a synset; raise StoreError if a newer version has made it."""
        synset_store.refuse_newer()
        with storage_errors(synset_store.state):
            names, journal = KeptNames.of(synset_store), Journal.of(synset_store)
            journal.tie(names.urls([]))
            return cls.taken(synset_store, journal, names.numbers)

    @classmethod
    def taken(
        cls, synset_store: SynsetStore, journal: Journal, numbers: Mapping[str, int]
    ) -> Inventory:
        """Take the inventory of a synset of which all but the pictures is in memory.

        Parameters
        ----------
        synset_store : SynsetStore
            The synset.
        journal : Journal
            What became of its links.
        numbers : mapping of str to int
            The number of each URL that is known.

        Raises
        ------
        OSError
            If the pictures cannot be listed.
        """
        pictures = dict(sorted(synset_store.pictures().items()))
        told = dict(sorted(journal.saved().items()))
        unseen = pictures.keys() - told.keys()
        failed = (each for each in journal.records.values() if each.outcome is not Outcome.SAVED)
        return cls(
            synset_store.wnid,
            pictures,
            saved={number: record for number, record in told.items() if number in pictures},
            failed=sorted(failed),
            missing=[record for number, record in told.items() if number not in pictures],
            waiting=[
                Link(ImageName(synset_store.wnid, number), url)
                for url, number in numbers.items()
                if url not in journal.records and number not in unseen
            ],
            withdrawn=list(journal.withdrawn.values()),
            answers=list(journal.answers.values()),
            garbled=journal.garbled,
        )


def inventories(store: Store, wanted: Selection = WHATEVER) -> Iterator[Inventory]:
    """Yield what is here, synset by synset, so that never more than one is in memory.

    Parameters
    ----------
    store : Store
        Where to look.
    wanted : Selection, optional
        Which synsets; by default all.

    Raises
    ------
    BadInput
        If one is named that is not here, or that is none; before anything is read.
    """
    chosen = among(store.wnids(), wanted)
    return (Inventory.of(store.synset(wnid)) for wnid in chosen)


NO_URL = "no-url"
"""Stands for the host of pictures whose links nobody knows, such as those from copies."""


@dataclass
class Tally:
    """How much of something is here, and what became of the rest."""

    name: str
    """A wnid, a host and its port, or `total`."""
    here: int = 0
    """Pictures that are here."""
    waiting: int = 0
    """Links that are to be asked for: never asked, or their picture has been removed."""
    failed: Counter[Outcome] = field(default_factory=Counter)
    """What became of the others."""
    bytes: int = 0
    """Of the pictures here."""
    latest: str = ""
    """When the last link was settled: UTC, ISO 8601."""
    asked: int = 0
    """Links that have been asked whether they still give their picture."""
    rotten: int = 0
    """Those of them that do not."""
    altered: int = 0
    """Pictures here from hosts that are known to give altered copies."""

    @property
    def known(self) -> int:
        """Links and pictures in all."""
        return self.here + self.waiting + sum(self.failed.values())

    @property
    def rot(self) -> float | None:
        """The rate of rot, from 0 to 1; None if no link has been asked."""
        return self.rotten / self.asked if self.asked else None

    def take(self, record: Record) -> None:
        """Count what became of a link, or a picture that is here."""
        if record.outcome is Outcome.SAVED:
            self.here += 1
            self.bytes += record.bytes
            self.altered += record.altered
            self.take_answer(record)
        else:
            self.failed[record.outcome] += 1
            self.take_answer(record)
        self.latest = max(self.latest, record.time)

    def take_answer(self, record: Record) -> None:
        """Count what a link said, be its picture here from elsewhere, or not any more."""
        self.asked += record.has_answered
        is_alive = record.outcome.alive and not record.captured  # only the Wayback Machine had it
        self.rotten += record.has_answered and not is_alive

    def add(self, other: Tally) -> None:
        """Count all that another has counted."""
        self.here += other.here
        self.waiting += other.waiting
        self.failed.update(other.failed)
        self.bytes += other.bytes
        self.latest = max(self.latest, other.latest)
        self.asked += other.asked
        self.rotten += other.rotten
        self.altered += other.altered

    def facts(self) -> dict[str, Any]:
        """Return the same in plain types, outcomes as their words."""
        return {
            "here": self.here,
            "known": self.known,
            "waiting": self.waiting,
            "failed": {outcome.word: count for outcome, count in self.failed.most_common()},
            "bytes": self.bytes,
            "rot": self.rot,
            "latest": self.latest,
            "altered": self.altered,
        }


def tally(inventory: Inventory) -> Tally:
    """Return the tally of one synset."""
    result = Tally(inventory.wnid)
    _count(inventory, lambda url: result)
    return result


def by_host(inventories: Iterable[Inventory]) -> list[Tally]:
    """Return a tally for each host, those with most links first."""
    hosts: dict[str, Tally] = {}

    def tally_of(url: str) -> Tally:
        host = endpoint(url) or NO_URL
        return hosts.setdefault(host, Tally(host))

    for each in inventories:
        _count(each, tally_of)
    return sorted(hosts.values(), key=lambda tally: (-tally.known, tally.name))


def _count(inventory: Inventory, tally_of: Callable[[str], Tally]) -> None:
    """Count every link where its URL belongs."""
    for record in chain(inventory.saved.values(), inventory.failed):
        tally_of(record.url).take(record)
    for url in chain(
        (each.url for each in inventory.missing), (each.url for each in inventory.waiting)
    ):
        tally_of(url).waiting += 1
    for record in chain(inventory.missing, inventory.withdrawn, inventory.answers):
        if record.has_answered:  # else it came from a copy, and may have no host
            tally_of(record.url).take_answer(record)
    for path in inventory.unseen.values():
        tally = tally_of("")
        with suppress(FileNotFoundError):  # somebody is at work there
            tally.bytes += path.stat().st_size
            tally.here += 1


def failures(inventories: Iterable[Inventory]) -> Iterator[Record]:
    """Yield what became of the links that gave no picture."""
    for each in inventories:
        yield from each.failed


def total(tallies: Iterable[Tally], name: str = "total") -> Tally:
    """Return the sum of tallies.

    Parameters
    ----------
    tallies : iterable of Tally
        The tallies.
    name : str, optional
        What the sum is called.
    """
    result = Tally(name)
    for each in tallies:
        result.add(each)
    return result
