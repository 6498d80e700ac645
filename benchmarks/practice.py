"""The practice web in a process of its own, as new for each run: some of its hosts remember."""

from __future__ import annotations

import multiprocessing
import sys
from multiprocessing.connection import Connection
from typing import NamedTuple

from measure import LIBRARY
from ours import WNID
from peers import TIMEOUT
from trial import checksum

sys.path.insert(0, str(LIBRARY))

from ck_imagenet_practice import Link, PracticeWeb
from ck_imagenet_practice.world import LONG_TAIL, ROTTEN

LATENCY = (0.05, 0.4)

_WORLDS = {"rotten": (ROTTEN, 40), "long tail": (LONG_TAIL, 5)}
_STUCK = {"black-hole", "lone-black-hole", "drip"}
_fork = multiprocessing.get_context("fork")


class Truth(NamedTuple):
    """What a perfect client makes of a world."""

    pictures: set[str]
    """The checksums of what is to be had."""
    waiting: float
    """Seconds that it must wait for answers in all."""
    patience: int
    """Time-outs that it must sit out: one for each host of which nothing complete comes."""

    def bound(self, slots: int) -> float:
        """Return the seconds that a run takes at least."""
        return max(TIMEOUT, (self.waiting + self.patience * TIMEOUT) / slots)


class World:
    """A world by its name: `rotten` or `long tail`.

    Its pictures are drawn once; each `with` then plays it anew and gives its list of URLs.
    """

    def __init__(self, name: str) -> None:
        self._name = name
        with self._web() as web:
            self.truth = _truth(web)

    def __enter__(self) -> list[str]:
        ours, theirs = _fork.Pipe()
        self._end = ours
        self._process = _fork.Process(target=self._play, args=(theirs,))
        self._process.start()
        urls: list[str] = ours.recv()
        return urls

    def __exit__(self, *_: object) -> None:
        self._end.send("end")
        self._process.join()

    def _web(self) -> PracticeWeb:
        mix, hosts = _WORLDS[self._name]
        return PracticeWeb(hosts=hosts, mix=mix, latency=LATENCY, wnids=[WNID])

    def _play(self, end: Connection) -> None:
        with self._web() as web:
            end.send([link.url for link in web.links(WNID)])
            end.recv()


def _truth(web: PracticeWeb) -> Truth:
    links = web.links(WNID)
    return Truth(
        {checksum(link.picture()) for link in links if link.obtainable},
        sum(_requests(link) * web.lateness(link.path) for link in links),
        len({link.host for link in links if link.kind in _STUCK}),
    )


def _requests(link: Link) -> int:
    """Return how many answers it takes to settle a link."""
    if link.kind in _STUCK or link.kind == "refused":
        return 0
    return 2 if link.kind.endswith("-once") else 1
