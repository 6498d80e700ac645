"""What there is to see of a synset: values for a page."""

from __future__ import annotations

from collections import Counter
from functools import cached_property
from typing import Mapping, NamedTuple
from urllib.parse import urlsplit

from ..catalogue import synsets
from ..catalogue.synsets import Synset
from ..core import urls
from ..core.details import plain
from ..core.names import ImageName
from ..core.outcomes import Failed, Outcome
from ..core.text import readable
from ..core.url_lists import called
from ..storage.holdings import Holding
from ..storage.journal import Record
from ..storage.store import SynsetStore
from .likeness import alike
from .thumbnails import Thumbnail

MOST_SHOWN = 3_200
"""Pictures, and failures, on one page; ImageNet's largest synset has 3,047 links."""

_LONGEST_HREF = 2_000
"""Characters; what is longer no browser takes everywhere."""


class Item(NamedTuple):
    """One link and what became of it, or a picture whose link nobody knows."""

    record: Record
    host: str
    """Empty if there is none."""
    href: str
    """Where the original is or was, fit to be clicked: http or https, ASCII; else empty."""
    thumbnail: Thumbnail | None = None

    @property
    def number(self) -> int:
        """The picture's number in its synset."""
        return self.record.name.number

    @property
    def detail(self) -> str:
        """What exactly happened, or what that means as a rule."""
        return plain(self.record.detail) or self.record.outcome.meaning

    @property
    def wayback(self) -> str:
        """What the Wayback Machine said, if it was asked and has no picture."""
        return plain(self.record.wayback)

    @property
    def source(self) -> str:
        """Where the link comes from, as others may be told."""
        return called(self.record.source)

    @property
    def url(self) -> str:
        """The URL as the list has it, fit to be read; a picture's name if nobody knows a URL."""
        return readable(self.record.url)


class Host(NamedTuple):
    """How the links of one host fared."""

    name: str
    links: int
    saved: int


class Gallery:
    """A synset: its pictures, and the links that gave none.

    Parameters
    ----------
    place : SynsetStore
        The synset.
    thumbnails : mapping of int to Thumbnail
        Those that are to be shown, by number.
    """

    def __init__(self, place: SynsetStore, thumbnails: Mapping[int, Thumbnail]) -> None:
        self.wnid = place.wnid
        self.synset = synsets.load().get(place.wnid)
        self._thumbnails = thumbnails
        holding = Holding.of(place)
        unseen = holding.pictures.keys() - holding.saved.keys()
        records = [*holding.saved.values(), *(_untold(place, number) for number in unseen)]
        self.saved = sorted(records, key=lambda record: record.name.number)
        self.failed = holding.failed
        self.unasked = len(holding.waiting) + len(holding.missing)
        """Links that the next run asks for."""

    @property
    def here(self) -> int:
        """How many pictures are here."""
        return len(self.saved)

    @property
    def links(self) -> int:
        """How many links are known, and pictures without one."""
        return len(self.saved) + len(self.failed) + self.unasked

    @property
    def time(self) -> str:
        """When the last of the links was settled."""
        return max((record.time for record in self.saved + self.failed), default="")

    @property
    def bytes(self) -> int:
        """What the pictures here take, without those of which nothing is known but the file."""
        return sum(record.bytes for record in self.saved)

    @property
    def from_wayback(self) -> int:
        """How many pictures are from the Wayback Machine."""
        return sum(1 for record in self.saved if record.captured)

    @property
    def altered(self) -> int:
        """How many pictures are from hosts that are known to give altered copies."""
        return sum(record.altered for record in self.saved)

    @cached_property
    def outcomes(self) -> list[tuple[Outcome, int]]:
        """What became of how many links, in the order in which outcomes are always told."""
        counts = Counter(record.outcome for record in self.saved + self.failed)
        return [(outcome, counts[outcome]) for outcome in Outcome if counts[outcome]]

    @cached_property
    def hosts(self) -> list[Host]:
        """How the links of each host fared, the host with the most first."""
        links = Counter(_host(record) for record in self.saved + self.failed)
        saved = Counter(_host(record) for record in self.saved)
        return [Host(name, count, saved[name]) for name, count in links.most_common() if name]

    @cached_property
    def pictures(self) -> list[Item]:
        """The pictures that are here, not more than fit on a page."""
        return [
            _item(record, self._thumbnails.get(record.name.number))
            for record in self.saved[:MOST_SHOWN]
        ]

    @cached_property
    def failures(self) -> list[Item]:
        """The links that gave no picture, not more than fit on a page."""
        return [_item(record) for record in self.failed[:MOST_SHOWN]]

    @cached_property
    def alike(self) -> list[list[Item]]:
        """The groups of pictures that look alike."""
        shown = {item.number: item for item in self.pictures}
        hashes = {
            number: int(item.thumbnail.difference_hash, 16)
            for number, item in shown.items()
            if item.thumbnail and item.thumbnail.difference_hash
        }
        return [[shown[number] for number in group] for group in alike(hashes)]

    @property
    def lineages(self) -> list[list[Synset]]:
        """Every way down the hierarchy from its top to the synset's own place."""
        return synsets.load().lineages(self.wnid)

    @property
    def below(self) -> list[Synset]:
        """The synsets directly below it."""
        return synsets.load().directly_below(self.wnid)


def _untold(place: SynsetStore, number: int) -> Record:
    """Return what is known of a picture that the journal does not know."""
    name = ImageName(place.wnid, number)
    return Record(name, place.url_of(number) or str(name), Outcome.SAVED, "")


def _item(record: Record, thumbnail: Thumbnail | None = None) -> Item:
    href = _href(record.url)
    return Item(record, _host(record), href if len(href) <= _LONGEST_HREF else "", thumbnail)


def _host(record: Record) -> str:
    return urlsplit(_href(record.url)).netloc


def _href(url: str) -> str:
    """Return what can be asked for a URL: only http and https can."""
    try:
        return urls.parse(url).url
    except Failed:
        return ""
