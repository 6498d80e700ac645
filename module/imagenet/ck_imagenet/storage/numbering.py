"""Numbering: which number each URL has in its synset, and so the picture that it gives.

`number` decides, `KeptNames` keeps what was decided: a rerun gives every URL the same number.
"""

from __future__ import annotations

from itertools import count
from pathlib import Path
from typing import Iterable, Mapping, NamedTuple

from ..core import url_lists
from ..core.files import write_whole
from ..core.outcomes import Outcome
from ..core.text import LARGEST_NUMBER, ImageName
from ..core.url_lists import Line
from .records import Record
from .store import SynsetStore

_LONGEST_NUMBER = len(str(LARGEST_NUMBER))


class Link(NamedTuple):
    """A numbered URL of a synset."""

    name: ImageName
    """The synset and the number: what its picture is called."""
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
    numbers = NumberAllocator(records)
    for line in listed.values():
        if line.name:
            numbers.reserve(line.url, line.name.number)
    for url, known in kept.items():
        numbers.reserve(url, known)
    for line in listed.values():
        if not line.name:
            numbers.reserve(line.url, line.number)
    for url in listed:
        numbers.add(url)
    return [Link(ImageName(wnid, numbers.of[url]), url) for url in listed]


class NumberAllocator:
    """Gives the URLs of a synset their numbers, each number to one URL.

    Parameters
    ----------
    records : mapping of str to Record
        What became of URLs so far.
    above : iterable of int
        Further numbers that are given only to who asks for one of them.

    Attributes
    ----------
    of : dict of str to int
        The number of each URL that has one.
    """

    def __init__(self, records: Mapping[str, Record], above: Iterable[int] = ()) -> None:
        self.of: dict[str, int] = {}
        self._taken: set[int] = set()
        self._highest = max(above, default=-1)
        # A picture that is here holds its number against a failure that once had the same.
        for record in sorted(records.values(), key=lambda each: each.outcome is not Outcome.SAVED):
            if record.has_url or record.outcome is Outcome.SAVED:
                self.reserve(record.url, record.name.number)

    def reserve(self, url: str, wish: int) -> None:
        """Give a URL the number that it asks for, if it has none and the number is free.

        Parameters
        ----------
        url : str
            The URL.
        wish : int
            The number.
        """
        if url not in self.of and wish not in self._taken:
            self.of[url] = wish
            self._taken.add(wish)
            self._highest = max(self._highest, wish)

    def add(self, url: str) -> None:
        """Give `url` the next number above all, if it has none; at the end of all, a free one."""
        if self._highest < LARGEST_NUMBER:
            self.reserve(url, self._highest + 1)
        else:
            self.reserve(url, next(free for free in count() if free not in self._taken))


class KeptNames:
    """What any list here has told of the URLs of a synset.

    Parameters
    ----------
    path : Path
        Holds a number, a tab and a list's line for each URL: a name, if the list had one, and it.

    Attributes
    ----------
    numbers : dict of str to int
        The number of each URL here.
    true : dict of str to int
        ImageNet's own, of those whose names are known.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self.numbers: dict[str, int] = {}
        self.true: dict[str, int] = {}
        if path.is_file():
            for line in path.read_bytes().split(b"\n"):
                number, _, listed = line.partition(b"\t")
                name, url = url_lists.parse_line(listed) or (None, "")
                if url and number.isdigit() and len(number) <= _LONGEST_NUMBER:
                    self.numbers[url] = int(number)
                if url and name:
                    self.true[url] = name.number

    @classmethod
    def of(cls, synset_store: SynsetStore) -> KeptNames:
        """Return the known names of a synset."""
        return cls(synset_store.state / "names.tsv")

    def keep(self, wnid: str, links: Iterable[Link], lines: Iterable[Line]) -> None:
        """Add links, on disk before this returns.

        A URL whose number they give to another is forgotten.

        Parameters
        ----------
        wnid : str
            The synset.
        links : iterable of Link
            The links.
        lines : iterable of Line
            The list that they are of, which knows names.

        Raises
        ------
        OSError
            If they cannot be written.
        """
        given = {link.url: link.name.number for link in links}
        taken = set(given.values())
        others = {url: number for url, number in self.numbers.items() if number not in taken}
        numbers = {**others, **given}
        true = {**self.true, **{line.url: line.name.number for line in lines if line.name}}
        if (numbers, true) != (self.numbers, self.true):
            self.numbers, self.true = numbers, true
            text = "".join(f"{numbers[url]}\t{self._line(wnid, url)}\n" for url in numbers)
            write_whole(self._path, text.encode("latin-1"))

    def drop(self, links: Iterable[Link]) -> None:
        """Forget links and all true numbers, in memory only: there may be many."""
        urls = {link.url for link in links}
        self.numbers = {url: each for url, each in self.numbers.items() if url not in urls}
        self.true = {}

    def urls(self, lines: Iterable[Line]) -> dict[int, str]:
        """Return the URLs of ImageNet's own numbers, of which these lines know more."""
        named = {line.name.number: line.url for line in lines if line.name}
        return {**by_number(self.true), **named}

    def lines(self, wnid: str, records: Iterable[Record] = ()) -> list[Line]:
        """Return all URLs that are known here as a list, for when no source has one.

        Parameters
        ----------
        wnid : str
            The synset.
        records : iterable of Record, optional
            What became of URLs; those that a list can have told are in the result too.

        Returns
        -------
        list of Line
            Each URL at its number, in order.
        """
        told = {record.url: record.name.number for record in records if _is_listed(record.url)}
        numbers = {**told, **self.numbers}
        return [
            Line(number, ImageName(wnid, self.true[url]) if url in self.true else None, url)
            for url, number in sorted(numbers.items(), key=lambda item: item[1])
        ]

    def _line(self, wnid: str, url: str) -> str:
        return f"{ImageName(wnid, self.true[url])}\t{url}" if url in self.true else url


def _is_listed(url: str) -> bool:
    """Say whether a list can have told a URL: what is in a journal may be damaged."""
    try:
        return url_lists.parse_line(url.encode("latin-1")) == (None, url) and "\n" not in url
    except UnicodeEncodeError:
        return False


def by_number(numbers: Mapping[str, int]) -> dict[int, str]:
    """Return the URL of each number: of several, the first."""
    return {number: url for url, number in reversed(list(numbers.items()))}
