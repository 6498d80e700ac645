"""What is here of a synset, and what is known of the rest: for all that read and change nothing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterable, Iterator

from ..catalogue import selection
from ..core.files import storage_errors
from ..core.names import ImageName
from ..core.outcomes import Outcome
from .journal import Journal, Record
from .numbering import KeptNames, Link
from .store import Store, SynsetStore


@dataclass(frozen=True)
class Holding:
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
    """What the latter gave."""
    garbled: dict[Path, int] = field(default_factory=dict)
    """The journal's files with lines that cannot be read, and how many."""

    @property
    def unseen(self) -> dict[int, Path]:
        """The files of pictures that no run has seen yet, by number."""
        return {number: path for number, path in self.pictures.items() if number not in self.saved}

    @classmethod
    def of(cls, place: SynsetStore) -> Holding:
        """Return what is in a synset's place; raise StoreError if a newer version has made it."""
        place.refuse_newer()
        with storage_errors(place.state):
            names, journal = KeptNames.of(place), Journal.of(place)
            journal.tie(names.urls([]))
            pictures = dict(sorted(place.pictures().items()))
        told = dict(sorted(journal.saved().items()))
        unseen = pictures.keys() - told.keys()
        failed = (each for each in journal.records.values() if each.outcome is not Outcome.SAVED)
        return cls(
            place.wnid,
            pictures,
            saved={number: record for number, record in told.items() if number in pictures},
            failed=sorted(failed),
            missing=[record for number, record in told.items() if number not in pictures],
            waiting=[
                Link(ImageName(place.wnid, number), url)
                for url, number in names.numbers.items()
                if url not in journal.records and number not in unseen
            ],
            withdrawn=list(journal.withdrawn.values()),
            garbled=journal.garbled,
        )


def holdings(
    store: Store, wnids: Iterable[str] = (), under: str = "", search: str = ""
) -> Iterator[Holding]:
    """Yield what is here, synset by synset, so that never more than one is in memory.

    Parameters
    ----------
    store : Store
        Where to look.
    wnids : iterable of str, optional
        Only these synsets.
    under, search : str, optional
        Only what is below this synset, and has these words.

    Raises
    ------
    BadInput
        If one is named that is not here, or that is none; before anything is read.
    """
    chosen = selection.among(store.wnids(), tuple(wnids), under, search)
    return (Holding.of(store.synset(wnid)) for wnid in chosen)
