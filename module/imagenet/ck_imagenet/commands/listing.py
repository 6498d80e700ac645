"""What is in the catalogue and what is here, as rows."""

from __future__ import annotations

from typing import Iterable, Iterator, Mapping, NamedTuple

from ..catalogue import synsets
from ..catalogue.synsets import Catalogue, Synset
from ..core.actions import ListOptions
from ..core.options import concern
from ..core.text import ImageName
from ..storage.journal import Journal
from ..storage.numbering import Link
from ..storage.store import Store


class Listed(NamedTuple):
    """A synset, and how many of its pictures are here."""

    synset: Synset
    downloaded: int
    urls: int | None = None
    """How many it has in the archive of all URLs, if that is here."""


def listed(
    options: ListOptions, counts: Mapping[str, int], urls: Mapping[str, int] | None = None
) -> Iterable[Listed]:
    """Return the synsets that the options ask for, in the order of their wnids or as they say.

    Parameters
    ----------
    options : ListOptions
        What to list.
    counts : mapping of str to int
        How many pictures of which synset are here.
    urls : mapping of str to int, optional
        How many URLs of which synset the archive of all URLs has, if it is here.

    Raises
    ------
    BadInput
        If a position or `under` is none; here, or when the first row is asked for.
    """
    rows = _chosen(options, counts)
    if urls is None:
        return rows
    counted = (row._replace(urls=urls.get(row.synset.wnid, 0)) for row in rows)
    return sorted(counted, key=_most_urls_first) if options.sort else counted


def _most_urls_first(row: Listed) -> int:
    return -(row.urls or 0)


def _chosen(options: ListOptions, counts: Mapping[str, int]) -> Iterator[Listed]:
    only_here = options.downloaded_only or options.images
    for synset in synsets.meeting(
        options.search, options.under, options.ilsvrc2012, options.lower, options.upper
    ):
        if counts.get(synset.wnid) or not only_here:
            yield Listed(synset, counts.get(synset.wnid, 0))
    if only_here and not concern(options, synsets.Selection).is_narrowed:
        yield from _in_no_catalogue(synsets.load(), counts)


def images(store: Store, rows: Iterable[Listed]) -> Iterator[Link]:
    """Yield name and URL of the pictures that are here, those whose URL is known."""
    for row in rows:
        place = store.synset(row.synset.wnid)
        saved = Journal.of(place).saved()
        for number in sorted(place.pictures()):
            record = saved.get(number)
            url = record.url if record and record.has_url else place.url_of(number)
            if url:
                yield Link(ImageName(place.wnid, number), url)


def _in_no_catalogue(catalogue: Catalogue, counts: Mapping[str, int]) -> Iterator[Listed]:
    """Yield what is here under a name that ImageNet does not list, such as `unknown`."""
    for wnid, count in counts.items():
        synset = catalogue.get(wnid)
        if not (synset and synset.listed):
            yield Listed(synset or Synset(wnid, None, (), (), None), count)
