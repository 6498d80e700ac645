"""The job that shows what is here: a page for a synset, or for all of them."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any, Collection, Iterable, Iterator, NamedTuple
from urllib.parse import quote

from ..catalogue.selection import (
    WHATEVER,
    Selection,
    chosen,
    nothing_here,
    some_among,
    with_pictures,
)
from ..core.actions import BrowseOptions
from ..core.errors import BadInput, StoreError
from ..core.files import (
    path_of,
    prove_writable,
    prove_writable_to,
    storage_errors,
    write_to,
    write_whole,
)
from ..core.options import concern
from ..core.text import Progress
from ..gallery import pages
from ..gallery.facts import MOST_SHOWN, Gallery, Overview
from ..gallery.pages import Commands
from ..gallery.thumbnails import Thumbnail, kept_thumbnails, thumbnails
from ..storage.store import Store, SynsetStore
from . import USUAL, Workspace, opened

PAGE = "gallery.html"
"""The page's file in a synset's state, and in the home of what is about all synsets."""

_VIEWER = "?action=html_viewer&module_uoa=imagenet&data_uoa="
"""Where CK's own pages have the page of a synset."""

_HEAD = 2_000
"""Bytes of a page, in which it says what has made it."""

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
    under: str | Iterable[str] = (),
    search: str = "",
    ilsvrc2012: bool = False,
    set: str = "",
    save: str | Path = "",
) -> list[Page]:
    """Show the pictures of synsets on a web page, and why others are missing.

    Parameters
    ----------
    folder : str or Path, optional
        What download has filled.
    wnid : str or Iterable[str], optional
        The wnid of the synset, or several separated by commas; without it, an overview of all
        synsets here.
    under : str or Iterable[str], optional
        Only this synset and all below it; several separated by commas.
    search : str, optional
        Only synsets with all these words; beginnings match too.
    ilsvrc2012 : bool, optional
        Only the 1,000 synsets of ILSVRC2012.
    set : str, optional
        Only the synsets of a set: imagenette, imagewoof, imagenet-100, tiny-imagenet,
        mini-imagenet, imagenet-a or imagenet-r.
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
    return list(run(options, place, Progress()))


def run(options: BrowseOptions, place: Workspace, progress: Progress) -> Iterator[Page]:
    """Write the pages that the options ask for.

    Parameters
    ----------
    options : BrowseOptions
        Which, and where to.
    place : Workspace
        Where the pictures are.
    progress : Progress
        Is told how it goes.

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
    store, commands = place.store_there, _commands(place)
    wanted = concern(options, Selection)
    wnids = chosen(wanted) if wanted.wnid else ()
    if options.save and len(wnids) > 1:
        raise BadInput("--save=FILE is for one page: name one synset, or none for the overview")
    save = path_of("--save", options.save) if options.save else None
    some = wnids or some_among(store.wnids(), wanted)
    if not save:
        store.refuse_forbidden(some)
    places = [_with_something_to_show(store, wnid) for wnid in wnids]
    _refuse_unwritable(store, places, save)
    if not wnids:
        page = overview(store, commands, progress, _home(save or store.home() / PAGE), some)
        yield _write("", page, save or store.home() / PAGE, save)
    for each in places:
        beside = _way(each, _home(save)) if save else _beside(each)
        page = synset(each, commands, progress, beside)
        yield _write(each.wnid, page, save or each.state / PAGE, save)


def synset(
    place: SynsetStore, commands: Commands, progress: Progress, beside: str | None = None
) -> str:
    """Return the page of a synset; make the thumbnails that it needs.

    Parameters
    ----------
    place : SynsetStore
        The synset.
    commands : Commands
        What users type there.
    progress : Progress
        Is told how the thumbnails go.
    beside : str, optional
        The address of the synset's folder, seen from the page, if it may lead there.
    """
    first = sorted(place.pictures())[:MOST_SHOWN]
    return pages.synset(Gallery(place, _thumbnails(place, first, progress), beside), commands)


def overview(
    store: Store,
    commands: Commands,
    progress: Progress,
    home: Path | None = None,
    some: Collection[str] | None = None,
) -> str:
    """Return the page of the synsets that are here; make those of synsets that have none.

    Parameters
    ----------
    store : Store
        Where the pictures are.
    commands : Commands
        What users type there.
    progress : Progress
        Is told how it goes.
    home : Path, optional
        The folder where it will lie; none if it will be a part of CK's own pages.
    some : collection of str, optional
        The synsets that it shows; by default all.

    Raises
    ------
    BadInput
        If no pictures are here.
    """
    named = store.wnids() if some is None else some
    places = list(filter(_has_something_to_show, map(store.synset, named)))
    if not places:
        raise BadInput(nothing_here(WHATEVER))
    facts = Overview()
    cover = min(_COVER, MOST_SHOWN // len(places))
    try:
        for number, place in enumerate(places):
            shown = sorted(place.pictures())[: cover or number < MOST_SHOWN]
            small = _thumbnails(place, shown, Progress())
            wnid = place.wnid
            address = _address(store, place, commands, home) if home else _VIEWER + quote(wnid)
            facts.add(Gallery(place, {}), list(small.values()), address)
            progress.advance("overview", facts.bytes, 0)
    finally:
        progress.end()
    return pages.overview(facts, commands, new_tabs=not home)


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
        page = overview(place.store, _commands(place), Progress())
    elif found["return"] > 0:
        raise BadInput(found["error"])
    else:
        synset_store = place.store.synset(*with_pictures([found["data_uoa"]]))
        page = synset(synset_store, _commands(place), Progress())
    return pages.framed(page)


def _with_something_to_show(store: Store, wnid: str) -> SynsetStore:
    place = store.synset(wnid)
    if not _has_something_to_show(place):
        raise BadInput(
            f"no pictures of {wnid} are here. Download them with: ck-imagenet download "
            f"--wnid={wnid}"
        )
    return place


def _create(place: SynsetStore) -> None:
    """Make the synset's state, if only its pictures are there."""
    if not place.state.is_dir():
        place.create()


def _has_something_to_show(place: SynsetStore) -> bool:
    return (place.state / "journal").is_dir() or bool(place.pictures())


def _refuse_unwritable(store: Store, places: list[SynsetStore], save: Path | None) -> None:
    """Raise StoreError if a page cannot be written, before its thumbnails take their time."""
    try:
        with storage_errors(Path()):
            if save:
                prove_writable_to(save)
            elif not places and store.wnids():
                prove_writable(store.create_home())
            for each in () if save else places:
                _create(each)
                prove_writable(each.state)
    except StoreError as error:
        if save or not isinstance(error.__cause__, OSError):
            raise
        raise StoreError(f"{error}. Add --save=FILE to write the page elsewhere") from error


def _thumbnails(place: SynsetStore, numbers: list[int], progress: Progress) -> dict[int, Thumbnail]:
    files = place.pictures()
    with suppress(StoreError):  # what cannot be kept is made for this page
        _create(place)
    with storage_errors(place.state):
        some = {number: files[number] for number in numbers if number in files}
        return thumbnails(place.state, some, progress, f"{place.wnid}: thumbnails")


def _commands(place: Workspace) -> Commands:
    commands = Commands(place.spelt("ck-imagenet browse"), place.spelt("ck-imagenet clean"))
    if not place.is_in_ck:
        return commands
    from ..storage.ck_repositories import PREFIX

    return commands._replace(entry=PREFIX)


def _home(page: Path) -> Path:
    return page.resolve().parent


def _beside(place: SynsetStore) -> str:
    """Return the address of a synset's folder, seen from a page in its state."""
    return Path(os.path.relpath(place.folder, place.state)).as_posix()


def _way(place: SynsetStore, home: Path) -> str | None:
    """Return the address of a synset's folder, seen from another folder.

    Where there are folders of the user's on the way, there is none: pages are shown to others.
    """
    try:
        way = Path(os.path.relpath(place.folder.resolve(), home))
    except ValueError:  # on another drive
        return None
    down = [part for part in way.parts if part != os.pardir]
    return way.as_posix() if not down or place.wnid in down[0] else None


def _address(store: Store, place: SynsetStore, commands: Commands, home: Path) -> str:
    """Return the address of a synset's page, seen from the overview's folder; make that page.

    It is made of the thumbnails that are kept, so that an overview of many synsets needs minutes
    and not hours: the files themselves stand in for the others.
    """
    way, page = _way(place, home), place.state / PAGE
    if way is None:
        return ""
    with suppress(StoreError):  # a folder that cannot be written, or that CK lets nobody write
        if not _is_current(page, place):
            store.refuse_forbidden([place.wnid])
            small = kept_thumbnails(place.state, place.pictures())
            text = pages.synset(Gallery(place, small, _beside(place)), commands)
            _write(place.wnid, text, page, None)
    within = page.relative_to(place.folder).as_posix()
    return quote(f"{way}/{within}") if page.is_file() else ""


def _is_current(page: Path, place: SynsetStore) -> bool:
    """Say whether a page is there, of this version, and of what is here now."""
    changed = [Path(place.paths().pictures), *(place.state / "journal").glob("*.jsonl")]
    try:
        with page.open("rb") as file:
            is_ours = pages.generator().encode() in file.read(_HEAD)
        return is_ours and page.stat().st_mtime_ns >= max(
            each.stat().st_mtime_ns for each in changed
        )
    except OSError:
        return False


def _write(wnid: str, page: str, path: Path, save: Path | None) -> Page:
    data = page.encode("utf-8", "backslashreplace")
    with storage_errors(path.parent):
        write_to(path, data) if save else write_whole(path, data)
    return Page(wnid, path.absolute(), len(data))
