"""The pictures of a synset that are here, each with what is known of it."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator, NamedTuple

from .journal import Journal, Record
from .names import ImageName
from .store import SynsetStore


class Known(NamedTuple):
    """A picture that is here."""

    name: ImageName
    path: Path
    record: Record | None
    """What the journal tells; nothing of a picture that no run of this program has seen."""
    url: str
    """As lists have it; empty if nobody knows it."""


def known(place: SynsetStore) -> Iterator[Known]:
    """Yield the pictures of a synset in the order of their numbers."""
    saved = Journal.of(place).saved()
    for number, path in sorted(place.pictures().items()):
        record = saved.get(number)
        url = record.url if record and record.has_url else place.url_of(number)
        yield Known(ImageName(place.wnid, number), path, record, url)
