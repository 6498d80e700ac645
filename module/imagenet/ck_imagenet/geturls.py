"""Where the pictures of synsets live."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Iterable

from .actions import GeturlsOptions
from .addresses import Guard
from .errors import BadInput
from .files import write_to
from .journal import Journal
from .named import answering
from .numbering import KeptNames, Link, number
from .resolve import Resolver
from .selection import with_pictures
from .sources import Sources
from .store import Store


def geturls(options: GeturlsOptions, store: Store) -> list[Link]:
    """Return the links of synsets, with the numbers that a download would give them.

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
    with closing(Sources(options.urls, options.service, guard, resolver)) as sources:
        for found in sources.lists(wnids):
            place = store.synset(found.wnid)
            kept, journal = KeptNames.of(place), Journal.of(place)
            journal.tie(kept.urls(found.lines))
            links += number(found.wnid, found.lines, kept.numbers, journal.records)
    return links


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
