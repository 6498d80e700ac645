"""Which number a picture has in its synset."""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Iterable, Mapping, NamedTuple

from . import urllists
from .files import write_whole
from .journal import Record
from .names import LARGEST_NUMBER, ImageName
from .outcomes import Outcome
from .store import SynsetStore
from .urllists import Line


class Link(NamedTuple):
    """One picture to be had: its name and where it lives."""

    name: ImageName
    url: str


def number(
    wnid: str, lines: Iterable[Line], kept: Mapping[str, int], records: Mapping[str, Record]
) -> list[Link]:
    """Give each URL of a list its number.

    What is settled keeps its number. Else the true number comes from a line with a name; a URL
    alone takes the number under which it is known here, else the number of its line. Where a
    number belongs to another URL, the next above all known ones is taken.

    Parameters
    ----------
    wnid : str
        The synset.
    lines : iterable of Line
        Its list.
    kept : mapping of str to int
        The numbers of the URLs known so far.
    records : mapping of str to Record
        What became of URLs so far.

    Returns
    -------
    list of Link
        In the list's order, each URL once.
    """
    listed: dict[str, Line] = {}
    for line in lines:
        if line.url not in listed or (line.name and not listed[line.url].name):
            listed[line.url] = line
    numbers = _Numbers()
    # A picture that is here holds its number against a failure that once had the same.
    for record in sorted(records.values(), key=lambda each: each.outcome is not Outcome.SAVED):
        numbers.claim(record.url, record.name.number)
    for line in listed.values():
        if line.name:
            numbers.claim(line.url, line.name.number)
    for url, known in kept.items():
        numbers.claim(url, known)
    for line in listed.values():
        if not line.name:
            numbers.claim(line.url, line.number)
    for url in listed:
        numbers.add(url)
    return [Link(ImageName(wnid, numbers.of[url]), url) for url in listed]


class _Numbers:
    def __init__(self) -> None:
        self.of: dict[str, int] = {}
        self._taken: set[int] = set()
        self._highest = -1

    def claim(self, url: str, wish: int) -> None:
        """Give `url` the number that it wishes, if it has none and the number is free."""
        if url not in self.of and wish not in self._taken:
            self.of[url] = wish
            self._taken.add(wish)
            self._highest = max(self._highest, wish)

    def add(self, url: str) -> None:
        """Give `url` the next number above all, if it has none; at the end of all, a free one."""
        if self._highest < LARGEST_NUMBER:
            self.claim(url, self._highest + 1)
        else:
            self.claim(url, next(free for free in count() if free not in self._taken))


class KeptNames:
    """The numbers of all URLs of a synset that any list here has named, as a list of its own.

    Parameters
    ----------
    path : Path
        The list: a name, a tab and a URL a line.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.numbers: dict[str, int] = {}
        if path.is_file():
            for line in path.read_bytes().split(b"\n"):
                name, url = urllists.parse_line(line) or (None, "")
                if name:
                    self.numbers[url] = name.number

    @classmethod
    def of(cls, place: SynsetStore) -> KeptNames:
        """Return the known names of a synset."""
        return cls(place.state / "names.tsv")

    def keep(self, wnid: str, links: Iterable[Link]) -> None:
        """Add links, on disk before this returns: so a rerun gives every URL the same number.

        A URL whose number they give to another is forgotten.
        """
        given = {link.url: link.name.number for link in links}
        taken = set(given.values())
        others = {url: number for url, number in self.numbers.items() if number not in taken}
        numbers = {**others, **given}
        if numbers != self.numbers:
            self.numbers = numbers
            text = "".join(f"{ImageName(wnid, n)}\t{url}\n" for url, n in numbers.items())
            write_whole(self._path, text.encode("latin-1"))
