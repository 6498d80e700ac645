"""What there is to see: the values that pages show of a synset, and of all that are here."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Mapping, NamedTuple
from urllib.parse import quote, urlsplit

from ..catalogue import synsets
from ..catalogue.synsets import Synset
from ..core import urls
from ..core.outcomes import Failed, Outcome, plain
from ..core.text import ImageName, readable
from ..core.url_lists import display_name
from ..images.formats import FORMATS
from ..storage.inventory import Inventory
from ..storage.records import Record
from ..storage.store import SynsetStore
from .thumbnails import Thumbnail, alike

MOST_SHOWN = 3_200
"""Pictures, and failures, on one page; ImageNet's largest synset has 3,047 links."""

_DECODED = frozenset(form.tag for form in FORMATS.values())

_LONGEST_HREF = 2_000
"""Characters; what is longer no browser takes everywhere."""


class Sum(NamedTuple):
    """How many links have fared alike, whatever the exact outcome."""

    kind: str
    words: str
    links: int


_WAYS = {
    "saved": "saved",
    "final": "failed for good",
    "passing": "failed, worth another try",
    "unasked": "not asked yet",
}


def kind(outcome: Outcome) -> str:
    """Return what an outcome comes to: the picture, none for good, or none for now."""
    return "saved" if outcome is Outcome.SAVED else "final" if outcome.final else "passing"


def sums(facts: Gallery | Overview | Card) -> list[Sum]:
    """Return how many links fared in which way, without those ways that none went."""
    counts = Counter({"unasked": facts.unasked})
    for outcome, count in facts.outcomes:
        counts[kind(outcome)] += count
    return [Sum(each, words, counts[each]) for each, words in _WAYS.items() if counts[each]]


class Item(NamedTuple):
    """One link and what became of it, or a picture whose link nobody knows."""

    record: Record
    host: str
    """Empty if there is none."""
    href: str
    """Where the original is or was, fit to be clicked: http or https, ASCII; else empty."""
    thumbnail: Thumbnail | None = None
    file: str = ""
    """The address of the picture's file, seen from the page; empty if it is not to be shown."""

    @property
    def number(self) -> int:
        """The picture's number in its synset."""
        return self.record.name.number

    @property
    def detail(self) -> str:
        """What happened in words, and what exactly, if that is known."""
        outcome, detail = self.record.outcome, self.record.detail
        return Failed(outcome, detail).why if plain(detail) else outcome.meaning

    @property
    def wayback(self) -> str:
        """What the Wayback Machine said, if it was asked and has no picture."""
        return plain(self.record.wayback)

    @property
    def source(self) -> str:
        """Where the link comes from, as others may be told."""
        return display_name(self.record.source)

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
    synset_store : SynsetStore
        The synset.
    thumbnails : mapping of int to Thumbnail
        Those that are to be shown, by number.
    beside : str or None, optional
        The address of the synset's folder, seen from the page; None if nobody may be led there.
    """

    def __init__(
        self,
        synset_store: SynsetStore,
        thumbnails: Mapping[int, Thumbnail],
        beside: str | None = None,
    ) -> None:
        self.beside = beside
        self.wnid = synset_store.wnid
        self.synset = synsets.load().get(synset_store.wnid)
        self._thumbnails = thumbnails
        self._folder = synset_store.folder
        inventory = Inventory.of(synset_store)
        self._files = inventory.pictures
        untold = (_untold(synset_store, *each) for each in inventory.unseen.items())
        records = [*inventory.saved.values(), *untold]
        self.saved = sorted(records, key=lambda record: record.name.number)
        self.failed = inventory.failed
        self.unasked = len(inventory.waiting) + len(inventory.missing)
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
        """What the pictures here take."""
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
            _item(record, self._thumbnails.get(record.name.number), self._file(record))
            for record in self.saved[:MOST_SHOWN]
        ]

    def _file(self, record: Record) -> str:
        """Return the address of a picture's file, if it has been decoded as a picture."""
        small, file = self._thumbnails.get(record.name.number), self._files[record.name.number]
        is_decoded = bool(small.webp) if small else record.image_format in _DECODED
        if self.beside is None or not is_decoded:
            return ""
        return quote(f"{self.beside}/{file.relative_to(self._folder).as_posix()}")

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
    def shows_files(self) -> bool:
        """Whether the page shows pictures that lie beside it."""
        return any(item.file for item in self.pictures)

    @property
    def folder(self) -> str:
        """The address of the synset's folder, seen from the page."""
        return quote(f"{self.beside}/")

    @property
    def definition(self) -> str:
        """What WordNet says that the synset is."""
        return synsets.definition(self.wnid) if self.synset else "a list that names no synset"

    @property
    def lineages(self) -> list[list[Synset]]:
        """Every way down the hierarchy from its top to the synset's own place."""
        return synsets.load().lineages(self.wnid)

    @property
    def below(self) -> list[Synset]:
        """The synsets directly below it."""
        return synsets.load().directly_below(self.wnid)


def _untold(synset_store: SynsetStore, number: int, file: Path) -> Record:
    """Return what is known of a picture that the journal does not know."""
    name = ImageName(synset_store.wnid, number)
    size = file.stat().st_size if file.exists() else 0
    return Record(name, synset_store.url_of(number) or str(name), Outcome.SAVED, "", bytes=size)


def _item(record: Record, thumbnail: Thumbnail | None = None, file: str = "") -> Item:
    href = _href(record.url)
    shown = href if len(href) <= _LONGEST_HREF else ""
    return Item(record, _host(record), shown, thumbnail, file)


def _host(record: Record) -> str:
    return urlsplit(_href(record.url)).netloc


def _href(url: str) -> str:
    """Return what can be asked for a URL: only http and https can."""
    try:
        return urls.parse(url).url
    except Failed:
        return ""


class Card(NamedTuple):
    """A synset in short."""

    wnid: str
    words: tuple[str, ...]
    definition: str
    here: int
    links: int
    unasked: int
    bytes: int
    outcomes: list[tuple[Outcome, int]]
    cover: range
    """Where its thumbnails are among those of the overview."""
    page: str
    """The address of its own page, seen from the overview; empty if it has none."""


@dataclass
class Overview:
    """All synsets, and what they are together."""

    synsets: list[Card] = field(default_factory=list)
    thumbnails: list[Thumbnail] = field(default_factory=list)
    here: int = 0
    links: int = 0
    unasked: int = 0
    bytes: int = 0
    from_wayback: int = 0
    altered: int = 0
    time: str = ""
    shows_files = False
    """Its thumbnails are all that it shows."""
    _outcomes: Counter[Outcome] = field(default_factory=Counter)
    _links: Counter[str] = field(default_factory=Counter)
    _saved: Counter[str] = field(default_factory=Counter)

    def add(self, gallery: Gallery, cover: list[Thumbnail], page: str) -> None:
        """Count a synset in.

        Parameters
        ----------
        gallery : Gallery
            The synset.
        cover : list of Thumbnail
            Those of its pictures that the overview shows.
        page : str
            The address of its own page, seen from the overview; empty if it has none.
        """
        begin = len(self.thumbnails)
        self.thumbnails += cover
        self.synsets.append(
            Card(
                gallery.wnid,
                gallery.synset.words if gallery.synset else (gallery.wnid,),
                gallery.definition,
                gallery.here,
                gallery.links,
                gallery.unasked,
                gallery.bytes,
                gallery.outcomes,
                range(begin, len(self.thumbnails)),
                page,
            )
        )
        self.here += gallery.here
        self.links += gallery.links
        self.unasked += gallery.unasked
        self.bytes += gallery.bytes
        self.from_wayback += gallery.from_wayback
        self.altered += gallery.altered
        self.time = max(self.time, gallery.time)
        self._outcomes.update(dict(gallery.outcomes))
        for host in gallery.hosts:
            self._links[host.name] += host.links
            self._saved[host.name] += host.saved

    @property
    def outcomes(self) -> list[tuple[Outcome, int]]:
        """What became of how many links."""
        return [(outcome, count) for outcome, count in self._outcomes.items() if count]

    @property
    def hosts(self) -> list[Host]:
        """How the links of each host fared, the host with the most first."""
        return [Host(name, n, self._saved[name]) for name, n in self._links.most_common()]
