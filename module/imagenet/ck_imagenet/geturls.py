"""Where the pictures of synsets live."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from pathlib import Path
from typing import Iterable

from . import fall11_hosts
from .actions import GeturlsOptions
from .addresses import Guard
from .errors import BadInput
from .fall11 import Archive
from .files import write_to
from .journal import Journal
from .named import answering
from .numbering import KeptNames, Link, number
from .options import refuse_together
from .progress import Progress
from .resolve import Resolver
from .selection import with_pictures
from .sources import Sources
from .store import Store


def geturls(options: GeturlsOptions, store: Store, archive: Archive | None = None) -> list[Link]:
    """Return the links of synsets, with the numbers that a download would give them.

    Parameters
    ----------
    options : GeturlsOptions
        Whose.
    store : Store
        Knows the numbers that are settled.
    archive : Archive, optional
        The archive of all URLs on this machine, if there is one.

    Raises
    ------
    ImagenetError
        If there is no list.
    """
    wnids = with_pictures(options.wnid)
    if not wnids and not options.urls:
        raise BadInput("whose URLs? Write --wnid=n01440764, or give a list with --urls=FILE")
    guard = Guard.allowing(options.allow_private)
    resolver = Resolver(answering(options.resolve))
    links = []
    with closing(Sources(options.urls, options.service, guard, resolver, archive)) as sources:
        for found in sources.lists(wnids):
            place = store.synset(found.wnid)
            known, settled = KeptNames.of(place).numbers, Journal.of(place).records
            links += number(found.wnid, found.lines, known, settled)
    return links


def count_hosts(options: GeturlsOptions, folder: Path, progress: Progress) -> Counter[str]:
    """Return how many URLs of the archive in a folder lead to a host and to those below it.

    Raises
    ------
    ImagenetError
        If there is no archive.
    """
    refuse_together(options, "search-url", "urls", "mapping", "save")
    wnids = with_pictures(options.wnid)
    archive = Archive.needed(folder, "search-url")
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
    try:
        write_to(path, text.encode("latin-1"))
    except OSError as error:
        raise BadInput(f'--save: "{path}" cannot be written: {error.strerror}') from None
