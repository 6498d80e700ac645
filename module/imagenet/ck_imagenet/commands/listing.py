"""What is in the catalogue and what is here, as rows."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterable, Iterator, Mapping, NamedTuple, Sequence

from ..catalogue.selection import Selection, any_synset, matching
from ..catalogue.synsets import Catalogue, Synset, load
from ..core.actions import ListOptions
from ..core.options import concern
from ..core.text import UNKNOWN, ImageName
from ..sources.url_archive import Archive
from ..storage import summaries
from ..storage.journal import Journal
from ..storage.numbering import Link
from ..storage.store import Store
from . import USUAL, Workspace, opened


class Listed(NamedTuple):
    """A synset, and how many of its pictures are here."""

    synset: Synset
    downloaded: int
    urls: int | None = None
    """How many it has in the archive of all URLs, if that is here."""

    @property
    def below(self) -> int:
        """How many of ImageNet's synsets are below it."""
        return load().count_below(self.synset.wnid)

    def facts(self) -> dict[str, Any]:
        """Return the same in plain types."""
        return {
            "wnid": self.synset.wnid,
            "index": self.synset.position,
            "words": list(self.synset.words),
            "hypernyms": list(self.synset.hypernyms),
            "ilsvrc2012": self.synset.ilsvrc2012,
            "below": self.below,
            "downloaded": self.downloaded,
            "urls": self.urls,
        }


def synsets(
    search: str = "",
    *,
    folder: str | Path = USUAL,
    wnid: str | Iterable[str] = (),
    under: str | Iterable[str] = (),
    ilsvrc2012: bool = False,
    set: str = "",
    lower: int = 0,
    upper: int | None = None,
    downloaded_only: bool = False,
    sort: str = "",
) -> list[Synset]:
    """List the synsets of ImageNet, by default all.

    Parameters
    ----------
    search : str, optional
        Only synsets with all these words; beginnings match too.
    folder : str or Path, optional
        What download has filled.
    wnid : str or Iterable[str], optional
        The wnid of the synset, or several separated by commas.
    under : str or Iterable[str], optional
        Only this synset and all below it; several separated by commas.
    ilsvrc2012 : bool, optional
        Only the 1,000 synsets of ILSVRC2012.
    set : str, optional
        Only the synsets of a set: imagenette, imagewoof, imagenet-100, tiny-imagenet,
        mini-imagenet, imagenet-a or imagenet-r.
    lower : int, optional
        The first position, in the order of wnids; at least 0.
    upper : int, optional
        The last position; by default the last of all; at least 0.
    downloaded_only : bool, optional
        Only synsets that have pictures here.
    sort : str, optional
        Those with the most URLs first; needs the archive of all URLs.

    Returns
    -------
    list of Synset
        With wnid, words, place in the hierarchy and label, in the order of wnids or as `sort` says.

    Raises
    ------
    BadInput
        If there is no such position, or no such synset as `under`.

    Examples
    --------
    >>> [synset] = ck_imagenet.synsets("tinca tench")
    >>> synset.wnid, synset.words
    ('n01440764', ('tench', 'Tinca tinca'))
    >>> len(ck_imagenet.synsets(ilsvrc2012=True))
    1000
    """
    options, place = opened(ListOptions, locals(), "folder")
    counts = summaries.counts(place.store_there) if options.downloaded_only else {}
    return [row.synset for row in listed(options, counts, url_counts(options, place))]


def url_counts(
    options: ListOptions, place: Workspace, is_shown: bool = False
) -> Mapping[str, int] | None:
    """Return how many URLs of which synset the archive of all URLs has, None if nobody wants that.

    Parameters
    ----------
    options : ListOptions
        Whether synsets are sorted by these numbers.
    place : Workspace
        Where the archive is.
    is_shown : bool, optional
        Whether they are shown, if there is an archive.

    Raises
    ------
    BadInput
        If they are sorted, and there is no archive.
    Damaged
        If the archive is.
    """
    if options.sort:
        return Archive.needed(place.archive_home(), "sort").counts()
    archive = Archive.at(place.archive_home()) if is_shown else None
    return archive.counts() if archive else None


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
    wanted = concern(options, Selection)
    only_here = options.downloaded_only or options.images
    for synset in _meant(wanted):
        if counts.get(synset.wnid) or not only_here:
            yield Listed(synset, counts.get(synset.wnid, 0))
    if only_here and not (wanted.wnid or wanted.is_narrowed):
        yield from _in_no_catalogue(load(), counts)


def _meant(wanted: Selection) -> Sequence[Synset]:
    """Return what is named, be it above ImageNet's or in no catalogue, or what meets conditions."""
    if not wanted.wnid:
        return matching(wanted)
    nowhere = Synset(UNKNOWN, None, (), (), None)
    named = [nowhere if wnid == UNKNOWN else any_synset(wnid, "--wnid") for wnid in wanted.wnid]
    if not wanted.is_narrowed:
        return named
    met = set(matching(wanted))
    return [synset for synset in named if synset in met]


def images(store: Store, rows: Iterable[Listed]) -> Iterator[Link]:
    """Yield name and URL of the pictures that are here, those whose URL is known.

    Parameters
    ----------
    store : Store
        Where the pictures are.
    rows : iterable of Listed
        Of which synsets.

    Yields
    ------
    Link
        In the order of synsets, and then of numbers.
    """
    for row in rows:
        place = store.synset(row.synset.wnid)
        saved = Journal.of(place).saved()
        for number in sorted(place.pictures()):
            record = saved.get(number)
            url = record.url if record and record.has_url else place.url_of(number)
            if url:
                yield Link(ImageName(place.wnid, number), url)


def _in_no_catalogue(known: Catalogue, counts: Mapping[str, int]) -> Iterator[Listed]:
    """Yield what is here under a name that ImageNet does not list, such as `unknown`."""
    for wnid, count in counts.items():
        synset = known.get(wnid)
        if not (synset and synset.listed):
            yield Listed(synset or Synset(wnid, None, (), (), None), count)
