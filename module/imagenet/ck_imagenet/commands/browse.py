"""The job that shows what is here: a page for a synset, or for all of them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, Iterable, Iterator, NamedTuple
from urllib.parse import quote

from ..catalogue.selection import with_pictures
from ..core.actions import BrowseOptions
from ..core.errors import BadInput
from ..core.files import path_of, storage_errors, write_to, write_whole
from ..core.text import Progress
from ..gallery import pages
from ..gallery.pages import MOST_SHOWN, Gallery, Overview
from ..gallery.thumbnails import Thumbnail, thumbnails
from ..storage.store import Store, SynsetStore
from . import USUAL, Workspace, opened

PAGE = "gallery.html"
"""The page's file in a synset's state, and in the home of what is about all synsets."""

COMMAND = "ck-imagenet browse"
"""What users type for a page."""

_COVER = 4
"""Pictures of each synset in the overview."""


class Page(NamedTuple):
    """A page that was written."""

    wnid: str
    """Empty if it is the overview."""
    page: Path
    """Its file."""
    bytes: int

    def facts(self) -> dict[str, Any]:
        """Return it as people and programs see it."""
        return {**self._asdict(), "page": str(self.page)}


def browse(
    folder: str | Path = USUAL,
    *,
    wnid: str | Iterable[str] = (),
    save: str | Path = "",
) -> list[Page]:
    """Show the pictures of synsets, and what became of the rest, on a page of their own.

    Parameters
    ----------
    folder : str or Path, optional
        What download has filled.
    wnid : str or Iterable[str], optional
        The wnid of the synset, or several separated by commas; without it, an overview of all
        synsets here.
    save : str or Path, optional
        Write the page to this file.

    Returns
    -------
    list of Page
        Where the pages are, each a file that any browser shows.

    Raises
    ------
    BadInput
        If there is nothing to show.
    StoreError
        If a page or its thumbnails cannot be written.

    Examples
    --------
    >>> [page] = ck_imagenet.browse(wnid="n01440764", save="tench.html")
    >>> page.page.name
    'tench.html'
    """
    options, place = opened(BrowseOptions, locals(), "folder")
    return list(run(options, place.store_there, Progress()))


def run(
    options: BrowseOptions, store: Store, progress: Progress, command: str = COMMAND
) -> Iterator[Page]:
    """Write the pages that the options ask for.

    Parameters
    ----------
    options : BrowseOptions
        Which, and where to.
    store : Store
        Where the pictures are.
    progress : Progress
        Is told how it goes.
    command : str, optional
        What users type for a page.

    Yields
    ------
    Page
        Each page, when it is there.

    Raises
    ------
    BadInput
        If there is nothing to show, before anything is written.
    StoreError
        If a page or its thumbnails cannot be written.
    """
    wnids = with_pictures(options.wnid)
    if options.save and len(wnids) > 1:
        raise BadInput("--save=FILE takes one page: name one synset, or none for the overview")
    save = path_of("--save", options.save) if options.save else None
    if not save:
        store.refuse_forbidden(wnids or store.wnids())
    if not wnids:
        if not save and store.wnids():
            store.create_home()  # or CK forbids it, before a thumbnail is made
        yield _write(
            "", overview(store, progress, save, command), save or store.create_home() / PAGE, save
        )
    places = [_with_something_to_show(store, wnid) for wnid in wnids]
    for place in places:
        page = synset(place, progress)
        yield _write(place.wnid, page, save or place.state / PAGE, save)


def synset(place: SynsetStore, progress: Progress) -> str:
    """Return the page of a synset; make the thumbnails that it needs.

    Parameters
    ----------
    place : SynsetStore
        The synset.
    progress : Progress
        Is told how the thumbnails go.
    """
    first = sorted(place.pictures())[:MOST_SHOWN]
    return pages.synset(Gallery(place, _thumbnails(place, first, progress)))


def overview(
    store: Store, progress: Progress, save: Path | None = None, command: str = COMMAND
) -> str:
    """Return the page of all synsets that are here.

    Parameters
    ----------
    store : Store
        Where the pictures are.
    progress : Progress
        Is told how it goes.
    save : Path, optional
        Where it will lie, if not at home.
    command : str, optional
        What users type for a synset's page.

    Raises
    ------
    BadInput
        If no pictures are here.
    """
    counts = store.counts()
    if not counts:
        raise BadInput(
            "no pictures are here yet; begin with: ck-imagenet download --wnid=n01440764"
        )
    facts = Overview()
    cover = min(_COVER, MOST_SHOWN // len(counts))
    home = (save or store.home() / PAGE).resolve().parent
    for number, wnid in enumerate(counts):
        place = store.synset(wnid)
        some = sorted(place.pictures())[: cover or number < MOST_SHOWN]
        small = _thumbnails(place, some, progress)
        facts.add(Gallery(place, {}), list(small.values()), _address(place, home))
    return pages.overview(facts, command)


def framed(place: Workspace, name: str) -> str:
    """Return a page as a part of CK's own pages; it is made now.

    Parameters
    ----------
    place : Workspace
        Where the pictures are, which is in CK.
    name : str
        The name or the UID of a synset's entry; or `overview`, whose entry need not be there.

    Raises
    ------
    BadInput
        If there is no such page, or nothing to show on it.
    """
    from ..storage.ck_repositories import MODULE, OVERVIEW

    entry = {"module_uoa": MODULE, "data_uoa": name, "common_func": "yes"}  # whatever its meta is
    ck: Any = place.ck
    found = ck.access({"action": "find", **entry})
    if OVERVIEW in (name, found.get("data_uoa")):
        page = overview(place.store, Progress(), command=place.spelt(COMMAND))
    elif found["return"] > 0:
        raise BadInput(found["error"])
    else:
        page = synset(place.store.synset(*with_pictures([found["data_uoa"]])), Progress())
    return pages.framed(page)


def _with_something_to_show(store: Store, wnid: str) -> SynsetStore:
    place = store.synset(wnid)
    if not place.pictures() and not (place.state / "journal").is_dir():
        raise BadInput(
            f"of {wnid} nothing is here; get it with: ck-imagenet download --wnid={wnid}"
        )
    return place


def _thumbnails(place: SynsetStore, numbers: list[int], progress: Progress) -> dict[int, Thumbnail]:
    files = place.pictures()
    if not place.state.is_dir():
        place.create()
    with storage_errors(place.state):
        some = {number: files[number] for number in numbers if number in files}
        return thumbnails(place.state, some, progress, f"{place.wnid}: thumbnails")


def _address(place: SynsetStore, home: Path) -> str:
    """Return the address of a synset's page as seen from a folder, if there is such a page.

    Where there are folders of the user's on the way, there is none: overviews are shown to others.
    """
    page = place.state / PAGE
    if not page.is_file():
        return ""
    try:
        way = Path(os.path.relpath(page.resolve(), home))
    except ValueError:  # on another drive
        return ""
    down = [part for part in way.parts if part != os.pardir]
    return quote(way.as_posix()) if place.wnid in down[0] else ""


def _write(wnid: str, page: str, path: Path, save: Path | None) -> Page:
    data = page.encode("utf-8", "backslashreplace")
    with storage_errors(path.parent):
        write_to(path, data) if save else write_whole(path, data)
    return Page(wnid, path.absolute(), len(data))
