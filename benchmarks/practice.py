"""The practice web in a process of its own, as new for each run: some of its hosts remember."""

from __future__ import annotations

import multiprocessing
import sys
from abc import ABC, abstractmethod
from multiprocessing.connection import Connection
from typing import Generic, NamedTuple, TypeVar

from measure import LIBRARY
from ours import WNID
from peers import TIMEOUT
from trial import checksum

sys.path.insert(0, str(LIBRARY))

from ck_imagenet_practice import Link, PracticeWeb
from ck_imagenet_practice.world import LIVING, LONG_TAIL, ROTTEN

LATENCY = (0.05, 0.4)

ATTEMPTS = 3
"""At a link, with the usual --retry."""

_WORLDS = {"rotten": (ROTTEN, 40), "long tail": (LONG_TAIL, 5), "living": (LIVING, 40)}
_STUCK = {"black-hole", "lone-black-hole", "drip"}
_HANGING = {
    **{"living-black-hole": ATTEMPTS, "living-drip": ATTEMPTS},
    **{"silent-once": 1, "lone-silent-once": 1},
}
Told = TypeVar("Told")
_fork = multiprocessing.get_context("fork")


class Truth(NamedTuple):
    """What a perfect client makes of a world."""

    pictures: set[str]
    """The checksums of what is to be had."""
    waiting: float
    """Seconds that it must wait for answers in all."""
    patience: int
    """Time-outs that it must sit out: one for each host of which nothing complete comes."""
    hanging: int
    """Attempts that come to nothing, of `ATTEMPTS` at each link, on hosts that live."""

    def bound(self, slots: int) -> float:
        """Return the seconds that a run takes at least."""
        return max(TIMEOUT, (self.waiting + self.patience * TIMEOUT) / slots)


class Played(ABC, Generic[Told]):
    """A web in a process of its own; each `with` plays it anew and gives its list of URLs.

    Attributes
    ----------
    told : object
        What was seen of the last play, from within.
    """

    told: Told

    def __enter__(self) -> list[str]:
        ours, theirs = _fork.Pipe()
        self._end = ours
        self._process = _fork.Process(target=self._play, args=(theirs,))
        self._process.start()
        urls: list[str] = ours.recv()
        return urls

    def __exit__(self, *_: object) -> None:
        self._end.send("end")
        self.told = self._end.recv()
        self._process.join()

    @abstractmethod
    def web(self) -> PracticeWeb:
        """Return the web, which begins to play."""

    @abstractmethod
    def urls(self, web: PracticeWeb) -> list[str]:
        """Return what to download from it."""

    @abstractmethod
    def tell(self, web: PracticeWeb) -> Told:
        """Return what was seen."""

    def _play(self, end: Connection) -> None:
        with self.web() as web:
            end.send(self.urls(web))
            end.recv()
            end.send(self.tell(web))


class World(Played[None]):
    """A world by its name, of `_WORLDS`; its pictures are drawn once."""

    def __init__(self, name: str) -> None:
        self._name = name
        with self.web() as web:
            self.truth = _truth(web)

    def web(self) -> PracticeWeb:
        """Return a web with its mix of links."""
        mix, hosts = _WORLDS[self._name]
        return PracticeWeb(hosts=hosts, mix=mix, latency=LATENCY, wnids=[WNID])

    def urls(self, web: PracticeWeb) -> list[str]:
        """Return all of its links."""
        return [link.url for link in web.links(WNID)]

    def tell(self, web: PracticeWeb) -> None:
        """Tell nothing: what counts is what the downloader keeps."""


def _truth(web: PracticeWeb) -> Truth:
    links = web.links(WNID)
    return Truth(
        {checksum(link.picture()) for link in links if link.obtainable},
        sum(_requests(link) * web.lateness(link.path) for link in links),
        len({link.host for link in links if link.kind in _STUCK}),
        sum(_HANGING.get(link.kind, 0) for link in links),
    )


def _requests(link: Link) -> int:
    """Return how many answers it takes to settle a link."""
    if link.kind in _STUCK or link.kind in _HANGING or link.kind == "refused":
        return 0
    return 2 if link.kind.endswith("-once") else 1
