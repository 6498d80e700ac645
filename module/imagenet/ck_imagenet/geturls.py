"""Where the pictures of synsets live."""

from __future__ import annotations

from collections import Counter
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Iterable, Iterator

from filelock import Timeout

from .actions import GeturlsOptions
from .catalogue.selection import with_pictures
from .errors import BadInput, StoreError
from .files import path_of, prove_writable_to, write_to
from .kept.journal import Journal
from .kept.numbering import KeptNames, Link, number
from .kept.store import Store, SynsetStore
from .options import refuse_together
from .origins import fall11, fall11_hosts, kept_lists, winter21
from .origins.lists import SynsetList
from .origins.local_archive import LocalArchive
from .origins.sources import Row, Sources
from .progress import Progress


def geturls(
    options: GeturlsOptions, store: Store, progress: Progress, archive: LocalArchive | None = None
) -> list[Link]:
    """Return the links of synsets, with the numbers that a download would give them.

    A list that a service gives is kept, as far as there is a place for it.

    Parameters
    ----------
    options : GeturlsOptions
        Which, and where to look.
    store : Store
        Where synsets have their state.
    progress : Progress
        Is told when a service wants to be waited for.
    archive : LocalArchive, optional
        The local archive of all URLs.

    Raises
    ------
    ImagenetError
        If there is no list.
    """
    wnids = with_pictures(options.wnid)
    if not wnids and not options.urls:
        raise BadInput(
            "whose URLs? Write --wnid=n01440764, or give a list with --urls=FILE, or make an "
            "archive of all of them with --all"
        )
    if options.force:
        raise BadInput("--force takes an archive as it is: write it with --all")
    if options.source == winter21.NAME:
        raise BadInput(
            f"{winter21.NAME} has pictures and no URLs: ck download imagenet --wnid=n01440764 "
            f"--source={winter21.NAME}"
        )
    if options.save:
        path = path_of("--save", options.save)
        with _saving(path):
            prove_writable_to(path)
    links = []
    with closing(Sources(options, store, archive, progress)) as sources:
        for found in sources.lists(wnids):
            place = store.synset(found.wnid)
            if found.obtained_by:
                _keep(place, found)
            kept, journal = KeptNames.of(place), Journal.of(place)
            journal.tie(kept.urls(found.lines))
            links += number(found.wnid, found.lines, kept.numbers, journal.records)
    return links


def survey(options: GeturlsOptions, store: Store, archive: LocalArchive | None = None) -> list[Row]:
    """Return which places may have a list, how things stand there, and what each needs."""
    refuse_together(options, "sources", "urls", "mapping", "save", "source", "refresh")
    with closing(Sources(options, store, archive)) as sources:
        return list(sources.survey(with_pictures(options.wnid)))


def count_hosts(options: GeturlsOptions, folder: Path, progress: Progress) -> Counter[str]:
    """Return how many URLs of the archive in a folder lead to a host and to those below it.

    Raises
    ------
    ImagenetError
        If there is no archive.
    """
    refuse_together(options, "search-url", "urls", "mapping", "save")
    refuse_together(options, "search-url", "sources", "source", "refresh")
    wnids = with_pictures(options.wnid)
    archive = fall11.Archive.needed(folder, "search-url")
    size = archive.data.stat().st_size
    try:
        return fall11_hosts.hosts(
            archive,
            options.search_url,
            wnids,
            lambda done: progress.advance("searching", done, size),
        )
    finally:
        progress.end()


def line(link: Link, mapping: bool) -> str:
    """Return a link as a line of a list."""
    return f"{link.name}\t{link.url}" if mapping else link.url


def save(links: Iterable[Link], path: Path, mapping: bool) -> None:
    """Write links as a list; raise BadInput if that cannot be."""
    text = "".join(line(link, mapping) + "\n" for link in links)
    with _saving(path):
        write_to(path, text.encode("latin-1"))


@contextmanager
def _saving(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadInput(f'--save: "{path}" cannot be written: {error.strerror}') from None


def _keep(place: SynsetStore, found: SynsetList) -> None:
    """Keep a list, unless that cannot be, or a download is at work, which has its own."""
    with suppress(StoreError, OSError, Timeout):
        place.create()
        with place.lock().acquire(timeout=0):
            kept_lists.keep(place, found)
