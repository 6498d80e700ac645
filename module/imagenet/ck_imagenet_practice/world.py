"""The links of the practice web, with the truth about each: drawn from a seed, no server needed."""

from __future__ import annotations

import random
from itertools import cycle
from typing import Mapping, NamedTuple, Sequence
from urllib.parse import urlsplit

from . import pictures
from .exchange import decoded_path

SYNSETS = ("n01440764", "n02110341")
"""Tench and dalmatian, of ILSVRC2012."""

REFUSED = "refused"
"""The kind of link whose host refuses connections."""


class Kind(NamedTuple):
    """A kind of link: where in the web it points, and what comes of it."""

    folder: str
    obtainable: bool = False
    extension: str = "jpg"
    landing: str = ""
    """Where a redirect leads: what stands before the path that was asked first."""


KINDS: dict[str, Kind] = {
    "good": Kind("/good", obtainable=True),
    "good-png": Kind("/good", obtainable=True, extension="png"),
    "good-gif": Kind("/good", obtainable=True, extension="gif"),
    "good-webp": Kind("/good", obtainable=True, extension="webp"),
    "good-bmp": Kind("/good", obtainable=True, extension="bmp"),
    "slow": Kind("/slow/0.3", obtainable=True),
    "moved": Kind("/moved", obtainable=True, landing="/good"),
    "moved-absolute": Kind("/moved-absolute", obtainable=True, landing="/good"),
    "busy-once": Kind("/busy/1", obtainable=True),
    "limited-once": Kind("/limited/1", obtainable=True),
    "gone": Kind("/gone"),
    "flickr": Kind("/flickr"),
    "placeholder": Kind("/placeholder"),
    "parked": Kind("/parked"),
    "parked-as-jpeg": Kind("/parked-as-jpeg"),
    REFUSED: Kind("/refused"),
    "truncated": Kind("/truncated"),
    "cut": Kind("/cut"),
    "broken": Kind("/broken"),
    "empty": Kind("/empty"),
    "busy": Kind("/busy"),
    "limited": Kind("/limited"),
    "silent": Kind("/silent"),
    "loop": Kind("/loop"),
}

MIX: Mapping[str, int] = {
    "good": 14,
    "good-png": 1,
    "slow": 1,
    "moved": 1,
    "busy-once": 1,
    "gone": 4,
    "flickr": 3,
    "parked": 1,
    "parked-as-jpeg": 1,
    REFUSED: 1,
    "truncated": 1,
    "cut": 1,
}
"""How many links of each kind a synset has: what is commonest in reality and soon settled.

No placeholder without a redirect: one alone cannot be told from a picture.
"""

EVERY_KIND: Mapping[str, int] = {**dict.fromkeys(KINDS, 1), "good": 24, "placeholder": 3}
"""A mix with every kind, also those that cost a client its patience."""

_A_FAMOUS_NUMBER = 9981
_LARGEST_NUMBER = 30000
# A comma, an encoded space, a raw space, a byte of Latin-1: real lists have them all.
_AWKWARD = (",large", "%20(1)", " copy", "_caf\xe9")


class Link(NamedTuple):
    """A line of a synset's list, and the truth about it."""

    name: str
    """For example `n01440764_9981`."""
    url: str
    """As the list has it, as Latin-1 text: it may hold spaces and bytes beyond ASCII."""
    kind: str
    """One of `KINDS`."""

    @property
    def obtainable(self) -> bool:
        """Whether a patient client ends with a picture."""
        return KINDS[self.kind].obtainable

    @property
    def host(self) -> str:
        """The `address:port`."""
        return urlsplit(self.url).netloc

    @property
    def path(self) -> str:
        """The path, percent-decoded, as the log of requests has it."""
        return decoded_path(urlsplit(self.url).path)

    def picture(self) -> bytes:
        """Return the bytes that an obtainable link ends with."""
        return pictures.picture(KINDS[self.kind].landing + self.path)


def link(host: str, wnid: str, number: int, kind: str, awkward: str = "") -> Link:
    """Return the link of one picture.

    Parameters
    ----------
    host : str
        The `address:port` to point at; for the kind "refused", the one that refuses.
    wnid, number : str, int
        The picture's name.
    kind : str
        One of `KINDS`.
    awkward : str
        Further characters in the file's name, as they stand in the list.
    """
    folder, extension = KINDS[kind].folder, KINDS[kind].extension
    url = f"http://{host}{folder}/{wnid}-{number}{awkward}.{extension}"
    return Link(f"{wnid}_{number}", url, kind)


def draw(
    wnid: str, seed: int, hosts: Sequence[str], refusing: str, mix: Mapping[str, int] = MIX
) -> list[Link]:
    """Draw a synset's links.

    Good links are spread over the hosts, most of them on the first few, as in reality; every
    kind of dead link has one host, the same for all synsets, so that failures cluster.

    Parameters
    ----------
    wnid : str
        The synset.
    seed : int
        The same seed gives the same links, but for the hosts in them.
    hosts, refusing : sequence of str, str
        The picture hosts, and the one that refuses.
    mix : mapping of str to int
        How many links of each kind.

    Returns
    -------
    list of Link
        In the order of their numbers, which are not contiguous, as ImageNet's are not.
    """
    homes = _homes(seed, hosts, refusing)
    chance = random.Random(f"{seed} {wnid}")  # noqa: S311 - a world, no secret
    kinds = [kind for kind, number in mix.items() for _ in range(number)]
    chance.shuffle(kinds)
    shares = [1 / rank for rank in range(1, len(hosts) + 1)]
    awkward = iter(_AWKWARD)
    links = []
    for number, kind in zip(_numbers(chance, len(kinds)), kinds):
        host = homes.get(kind) or chance.choices(hosts, shares)[0]
        links.append(link(host, wnid, number, kind, next(awkward, "") if kind == "good" else ""))
    return links


def _homes(seed: int, hosts: Sequence[str], refusing: str) -> dict[str, str]:
    """Return the host of every kind that has but one."""
    shuffled = list(hosts)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - a world, no secret
    homes = dict(zip((kind for kind in KINDS if not KINDS[kind].obtainable), cycle(shuffled)))
    return {**homes, REFUSED: refusing}


def _numbers(chance: random.Random, count: int) -> list[int]:
    others = (number for number in range(2, _LARGEST_NUMBER) if number != _A_FAMOUS_NUMBER)
    return sorted([_A_FAMOUS_NUMBER, *chance.sample(list(others), count - 1)])
