"""How many pictures are here, and why the others are missing."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Iterable, Iterator

from ..catalogue.selection import Selection, among
from ..core.actions import StatusOptions
from ..core.options import concern, refuse_together
from ..core.text import counted
from ..storage import inventory, summaries
from ..storage.inventory import Tally, inventories
from ..storage.records import Record
from ..storage.store import Store
from . import USUAL, opened


@dataclass(frozen=True)
class Status:
    """How things stand."""

    tallies: list[Tally]
    """Of each synset, or of each host."""
    total: Tally
    """The sum of all."""
    failures: list[Record] = field(default_factory=list)
    """The links that gave no picture, if they were asked for."""

    def __str__(self) -> str:
        if self.failures:
            return f"{counted(len(self.failures), 'link')} gave no picture"
        return f"{counted(self.total.here, 'picture')} here of {self.total.known} known"


def status(
    folder: str | Path = USUAL,
    *,
    wnid: str | Iterable[str] = (),
    under: str | Iterable[str] = (),
    search: str = "",
    ilsvrc2012: bool = False,
    set: str = "",
    hosts: bool = False,
    failures: bool = False,
) -> Status:
    """Show how many pictures are here, and why the others are missing.

    Parameters
    ----------
    folder : str or Path, optional
        What download has filled.
    wnid : str or Iterable[str], optional
        The wnid of the synset, or several separated by commas.
    under : str or Iterable[str], optional
        Only this synset and all below it; several separated by commas.
    search : str, optional
        Only synsets with all these words; beginnings match too.
    ilsvrc2012 : bool, optional
        Only the 1,000 synsets of ILSVRC2012.
    set : str, optional
        Only the synsets of a set: imagenette, imagewoof, imagenet-100, tiny-imagenet,
        mini-imagenet, imagenet-a or imagenet-r.
    hosts : bool, optional
        Show hosts, not synsets.
    failures : bool, optional
        Show each link that gave no picture, with the cause.

    Returns
    -------
    Status
        A tally of each synset, or of each host, and their total.

    Raises
    ------
    BadInput
        If an argument cannot be used, or a synset is named that has no pictures here.

    Examples
    --------
    >>> print(ck_imagenet.status())
    2 pictures here of 3 known
    >>> [tally.name for tally in ck_imagenet.status().tallies]
    ['n01440764']
    >>> ck_imagenet.status().total.rot
    0.3333333333333333
    """
    options, place = opened(StatusOptions, locals(), "folder")
    failed = list(failed_links(options, place.store_there)) if failures else []
    found = [] if failures else list(tallies(options, place.store_there))
    return Status(found, inventory.total(found), failed)


def tallies(options: StatusOptions, store: Store) -> Iterable[Tally]:
    """Return a tally for each synset of which anything is known, or for each host.

    Parameters
    ----------
    options : StatusOptions
        Which.
    store : Store
        Where to look.

    Raises
    ------
    BadInput
        If a synset is named of which nothing is here; before anything is read.
    """
    wanted = concern(options, Selection)
    if options.hosts:
        refuse_together(options, "hosts", "failures")
        return inventory.by_host(inventories(store, wanted))
    return summaries.tallies(store, among(store.wnids(), wanted))


def failed_links(options: StatusOptions, store: Store) -> Iterator[Record]:
    """Yield the links that gave no picture, in the order of their names.

    Parameters
    ----------
    options : StatusOptions
        Which synsets are meant.
    store : Store
        Where the pictures are.
    """
    if options.hosts:
        refuse_together(options, "hosts", "failures")
    return inventory.failures(inventories(store, concern(options, Selection)))
