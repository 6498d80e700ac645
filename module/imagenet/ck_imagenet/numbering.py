"""Which number a picture has in its synset."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable, Mapping, NamedTuple

from . import urllists
from .files import write_whole
from .journal import Record
from .names import ImageName
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
    numbers = _Numbers({url: record.name.number for url, record in records.items()})
    for line in listed.values():
        if line.name:
            numbers.claim(line.url, line.name.number, kept.get(line.url))
    for url, known in kept.items():
        numbers.claim(url, known)
    for line in listed.values():
        numbers.claim(line.url, line.number)
    return [Link(ImageName(wnid, numbers.of[url]), url) for url in listed]


class _Numbers:
    def __init__(self, settled: dict[str, int]) -> None:
        self.of = dict(settled)
        self._taken = set(settled.values())

    def claim(self, url: str, *wishes: int | None) -> None:
        """Give `url` the first of `wishes` that is free, else the next above all."""
        if url not in self.of:
            free = [wish for wish in wishes if wish is not None and wish not in self._taken]
            self.of[url] = free[0] if free else max(self._taken) + 1
            self._taken.add(self.of[url])


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
            with path.open("rb") as stream:
                for line in urllists.read(stream, str(path)):
                    if line.name:
                        self.numbers[line.url] = line.name.number

    def keep(self, wnid: str, links: Iterable[Link]) -> None:
        """Add links, on disk before this returns: so a rerun gives every URL the same number."""
        numbers = {**self.numbers, **{link.url: link.name.number for link in links}}
        if numbers != self.numbers:
            self.numbers = numbers
            text = "".join(f"{ImageName(wnid, n)}\t{url}\n" for url, n in numbers.items())
            write_whole(self._path, text.encode("latin-1"))
