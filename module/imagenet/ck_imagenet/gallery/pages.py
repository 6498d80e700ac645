"""Pages of HTML that show what is here: one for each synset, and an overview of all.

`Gallery` and `Overview` hold the values, `synset` and `overview` make pages of them. A page holds
its own style, script and thumbnails, and needs no network.
"""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, Iterable, Mapping, NamedTuple
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from .. import PROJECT, __version__
from ..catalogue import synsets
from ..catalogue.synsets import Synset
from ..core import urls
from ..core.outcomes import Failed, Outcome, plain
from ..core.text import ImageName, readable, visible
from ..core.url_lists import display_name
from ..storage.inventory import Inventory
from ..storage.records import Record
from ..storage.store import SynsetStore
from .thumbnails import Thumbnail, alike

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
    """

    def __init__(self, synset_store: SynsetStore, thumbnails: Mapping[int, Thumbnail]) -> None:
        self.wnid = synset_store.wnid
        self.synset = synsets.load().get(synset_store.wnid)
        self._thumbnails = thumbnails
        inventory = Inventory.of(synset_store)
        unseen = inventory.pictures.keys() - inventory.saved.keys()
        records = [*inventory.saved.values(), *(_untold(synset_store, number) for number in unseen)]
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


def _untold(synset_store: SynsetStore, number: int) -> Record:
    """Return what is known of a picture that the journal does not know."""
    name = ImageName(synset_store.wnid, number)
    return Record(name, synset_store.url_of(number) or str(name), Outcome.SAVED, "")


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


class Card(NamedTuple):
    """A synset in short."""

    wnid: str
    words: tuple[str, ...]
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
                gallery.synset.words if gallery.synset else ("a list that names no synset",),
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


FOLDER = Path(__file__).with_name("page")

_NARROWEST, _WIDEST = 0.75, 2.4
"""Width by height of what is shown of a picture."""

_BYTE_UNITS = ("bytes", "kB", "MB", "GB", "TB")


def synset(gallery: Gallery) -> str:
    """Return the page of a synset."""
    words = gallery.synset.words if gallery.synset else ()
    return _page(
        "synset.html",
        [item.thumbnail for item in gallery.pictures],
        facts=gallery,
        title=words[0] if words else gallery.wnid,
        index_of={item.number: index for index, item in enumerate(gallery.pictures)},
    )


def overview(facts: Overview, command: str) -> str:
    """Return the page of all synsets that are here.

    Parameters
    ----------
    facts : Overview
        What there is to see.
    command : str
        What users type for the page of one synset.
    """
    return _page("overview.html", facts.thumbnails, facts=facts, command=command)


def framed(page: str) -> str:
    """Return a page as a part of another one, for Collective Knowledge's own pages.

    Whatever it holds stays in its frame: neither its style nor its script reaches what is around
    it, where each action of CK could be called. What CK would replace, `$#...#$`, is spelt in
    another way, which is the same to browsers.
    """
    document = str(escape(page)).replace("$#", "&#36;#")
    return (
        '<iframe sandbox="allow-scripts allow-popups allow-popups-to-escape-sandbox" '
        'style="width:100%;height:92vh;border:0" title="ImageNet" '
        f'srcdoc="{document}"></iframe>'
    )


def _page(template: str, thumbnails: Iterable[Thumbnail | None], **values: Any) -> str:
    script = (FOLDER / "page.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        _environment()
        .get_template(template)
        .render(
            project=PROJECT,
            version=__version__,
            style=Markup((FOLDER / "page.css").read_text("utf-8")),  # noqa: S704  our own file
            script=Markup(script),  # noqa: S704  our own file
            script_hash=Markup(f"sha256-{digest}"),  # noqa: S704
            thumbnails=escape("\n".join(each.webp if each else "" for each in thumbnails)),
            **values,
        )
    )


@lru_cache(maxsize=None)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(str(FOLDER)),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_readable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(count=_count, ratio=_ratio, share=_share, size=_size)
    return environment


def _readable(value: Any) -> Any:
    """Return what a page shows for a value: lists are other people's text."""
    return visible(value) if type(value) is str else value


def _count(number: int) -> str:
    return f"{number:,}"


def _share(some: int, of: int) -> str:
    return f"{some / of:.0%}" if of else "0%"


def _ratio(size: tuple[int, int]) -> str:
    width, height = size
    ratio = width / height if width and height else 1
    return f"{min(max(ratio, _NARROWEST), _WIDEST):.3f}"


def _size(number: float) -> str:
    for unit in _BYTE_UNITS:
        if number < 999.5 or unit == _BYTE_UNITS[-1]:
            break
        number /= 1000
    return f"{number:.0f} {unit}" if number >= 10 or unit == "bytes" else f"{number:.1f} {unit}"
