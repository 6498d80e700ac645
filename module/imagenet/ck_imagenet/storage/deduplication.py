"""Deduplication: which bytes have come before, as the same picture or as a placeholder.

A placeholder is what a host serves in place of pictures that it no longer has.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Iterable, NamedTuple
from urllib.parse import unquote, urlsplit

from ..core.outcomes import Outcome
from ..core.text import ImageName, parse_image_name
from ..images.formats import SUFFIXES
from .records import Record

PLACEHOLDER_NAMES = 3
"""Different file names under which the same bytes are no picture of anything."""

REMEMBERED = 50_000
"""Different bytes, of synsets that are done, whose repetition is still noticed."""


class Sighting(NamedTuple):
    """A URL under which bytes came, and whether they are kept under its name."""

    name: ImageName
    url: str
    kept: bool


class Duplicates:
    """Counts under which URLs the same bytes came, in one synset or in several.

    A mirror keeps a picture's file name. So bytes that come under `PLACEHOLDER_NAMES` names are a
    placeholder.

    Parameters
    ----------
    records : iterable of Record
        What is known from earlier runs.

    Attributes
    ----------
    lock : RLock
        For those to hold, at least for a moment, who share this and are at work at once.
    """

    def __init__(self, records: Iterable[Record] = ()) -> None:
        self.lock = threading.RLock()
        self._seen: dict[str, list[Sighting]] = {}
        self._old: OrderedDict[str, None] = OrderedDict()
        self._placeholders: set[str] = set()
        self._rejected: set[tuple[str, str]] = set()
        self.add(records)

    def add(self, records: Iterable[Record]) -> None:
        """Take in what became of further URLs."""
        with self.lock:
            for record in records:
                self._add(record)

    def retire(self, records: Iterable[Record]) -> None:
        """Remember what became of the URLs of a synset that is done, but not for ever."""
        with self.lock:
            for record in records:
                if record.sha256 in self._seen:
                    self._old[record.sha256] = None
                    self._old.move_to_end(record.sha256)
            while len(self._old) > REMEMBERED:
                self._seen.pop(self._old.popitem(last=False)[0], None)

    def is_rejected(self, record: Record) -> bool:
        """Say whether the user has rejected these bytes in this synset, whatever their URL."""
        return (record.name.wnid, record.sha256) in self._rejected

    def is_placeholder(self, record: Record) -> bool:
        """Say whether the bytes of a new record, or of one already known, are a placeholder."""
        if record.sha256 in self._placeholders:
            return True
        seen = self._seen.get(record.sha256, ())
        if len(seen) + 1 < PLACEHOLDER_NAMES:  # as nearly all are: names need not be read
            return False
        urls = [record.url, *(each.url for each in seen)]
        # What comes from a copy has no name but ImageNet's, which tells nothing.
        names = {file_name(url) for url in urls if not parse_image_name(url)}
        if len(names) < PLACEHOLDER_NAMES:
            return False
        self._placeholders.add(record.sha256)
        return True

    def first(self, record: Record) -> Sighting | None:
        """Return where these bytes are kept in this synset, by another URL."""
        for known in self._seen.get(record.sha256, []):
            same_synset = known.name.wnid == record.name.wnid
            if same_synset and known.kept and known.url != record.url:
                return known
        return None

    def forget(self, sha256: str, wnid: str, url: str) -> None:
        """Take a URL of a synset out again.

        Parameters
        ----------
        sha256 : str
            The SHA-256 of the bytes that came under it, 64 hexadecimal digits.
        wnid, url : str
            The synset and the URL.
        """
        known = self._seen.get(sha256, [])
        known[:] = [each for each in known if (each.name.wnid, each.url) != (wnid, url)]

    def all_of(self, sha256: str) -> list[Sighting]:
        """Return where these bytes came and are not settled as a placeholder."""
        return list(self._seen.get(sha256, []))

    def exposed(self) -> set[str]:
        """Return the synsets with bytes that are a placeholder by now and not settled as one."""
        with self.lock:
            seen = (self._seen.get(sha256, []) for sha256 in self._placeholders)
            return {each.name.wnid for sightings in seen for each in sightings}

    def _add(self, record: Record) -> None:
        if not record.sha256:
            return
        if record.outcome is Outcome.PLACEHOLDER:
            self._placeholders.add(record.sha256)
        elif record.outcome is Outcome.REJECTED:
            self._rejected.add((record.name.wnid, record.sha256))
        elif record.outcome is Outcome.SAVED or record.outcome is Outcome.DUPLICATE:
            kept = record.outcome is Outcome.SAVED
            seen = self._seen.setdefault(record.sha256, [])
            seen.append(Sighting(record.name, record.url, kept))


def file_name(url: str) -> str:
    """Return the name that a URL gives to its file: of what is no picture's, with the query."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    name = unquote(parts.path.rpartition("/")[2]).lower()
    return name if name.endswith(SUFFIXES) else f"{name}?{parts.query}"
