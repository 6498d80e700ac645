"""What there is to see of all synsets that are here: values for a page."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import NamedTuple

from ..core.outcomes import Outcome
from .gallery import Gallery, Host
from .thumbnails import Thumbnail


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
        """Count a synset in."""
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
