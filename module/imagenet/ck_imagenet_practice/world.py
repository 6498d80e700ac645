"""The links of the practice web, with the truth about each: drawn from a seed, no server needed."""

from __future__ import annotations

import random
from functools import lru_cache
from itertools import cycle
from typing import Mapping, NamedTuple, Sequence
from urllib.parse import urlsplit

from . import pictures
from .exchange import decoded_path
from .kind import Kind, Place
from .kinds import KINDS, REFUSED
from .mixes import EVERY_KIND, LIVING, LONG_TAIL, MIX, ROTTEN

__all__ = [
    "EVERY_KIND",
    "KINDS",
    "LIVING",
    "LONG_TAIL",
    "MIX",
    "REFUSED",
    "ROTTEN",
    "SYNSETS",
    "Kind",
    "Link",
    "Place",
    "draw",
    "link",
]

SYNSETS = ("n01440764", "n02110341")
"""Tench and dalmatian, of ILSVRC2012."""

_A_FAMOUS_NUMBER = 9981
_LARGEST_NUMBER = 30000
# A comma, an encoded space, a raw space, a byte of Latin-1: real lists have them all.
_AWKWARD = (",large", "%20(1)", " copy", "_caf\xe9")
_HOSTS_A_DEAD_ONE = 8


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
    def outcome(self) -> str:
        """The word for what becomes of it."""
        return KINDS[self.kind].outcome

    @property
    def outcomes(self) -> frozenset[str]:
        """All words that are true: a client that spares a host has others for its links."""
        return KINDS[self.kind].outcomes

    @property
    def host(self) -> str:
        """The `address:port`."""
        return urlsplit(self.url).netloc.rpartition("@")[2]

    @property
    def path(self) -> str:
        """The path, percent-decoded, as the log of requests has it."""
        return decoded_path(urlsplit(self.url).path)

    def picture(self) -> bytes:
        """Return the bytes that an obtainable link ends with."""
        landing, file = KINDS[self.kind].landing, self.path.rpartition("/")[2]
        file = file.rpartition("px-")[2]  # whichever width a thumbnail has
        return pictures.picture(f"{landing}/{file}" if landing else self.path)


def link(host: str, wnid: str, number: int, kind: str, awkward: str = "", target: str = "") -> Link:
    """Return the link of one picture.

    Parameters
    ----------
    host : str
        The `address:port` to point at, one that suits the kind's `Place`.
    wnid, number : str, int
        The picture's name.
    kind : str
        One of `KINDS`.
    awkward : str
        Further characters in the file's name, as they stand in the list.
    target : str
        The host to which it redirects, if it leads across.
    """
    truth = KINDS[kind]
    path = f"{truth.folder}/{truth.file}".format(
        wnid=wnid, number=number, awkward=awkward, extension=truth.extension, target=target
    )
    scheme = "https" if truth.certificate else "http"
    login = f"{truth.login}@" if truth.login else ""
    return Link(f"{wnid}_{number}", f"{scheme}://{login}{host}{path}", kind)


def draw(
    wnid: str,
    seed: int,
    hosts: Sequence[str],
    own: Mapping[str, Sequence[str]],
    mix: Mapping[str, int] = MIX,
) -> list[Link]:
    """Draw a synset's links.

    Good links are spread over the hosts, most of them on the first few, as in reality; every
    kind of dead link has one host in eight, the same for all synsets, or hosts of its own, so
    that failures cluster. What hangs on hosts that live is spread evenly, so that small hosts have
    more of it than of what is good.

    Parameters
    ----------
    wnid : str
        The synset.
    seed : int
        The same seed gives the same links, but for the hosts in them.
    hosts : sequence of str
        The picture hosts.
    own : mapping of str to sequence of str
        The hosts of each kind that has its own, to be used in turn.
    mix : mapping of str to int
        How many links of each kind.

    Returns
    -------
    list of Link
        In the order of their numbers, which are not contiguous, as ImageNet's are not.
    """
    homes = {**_homes(seed, hosts), **own}
    turns = {kind: cycle(_asked(kind, homes[kind])) for kind in homes}
    chance = random.Random(f"{seed} {wnid}")  # noqa: S311 - a world, no secret
    kinds = [kind for kind, number in mix.items() for _ in range(number)]
    chance.shuffle(kinds)
    shares = [1 / rank for rank in range(1, len(hosts) + 1)]
    awkward = iter(_AWKWARD)
    links = []
    for number, kind in zip(_numbers(chance, len(kinds)), kinds):
        host = next(turns[kind]) if kind in turns else chance.choices(hosts, shares)[0]
        oddity = next(awkward, "") if kind == "good" else ""
        target = own[kind][-1] if KINDS[kind].leads_across else ""
        links.append(link(host, wnid, number, kind, oddity, target))
    return links


def _asked(kind: str, hosts: Sequence[str]) -> Sequence[str]:
    """Return those of a kind's hosts that its links name."""
    return hosts[:-1] if KINDS[kind].leads_across else hosts


def _homes(seed: int, hosts: Sequence[str]) -> dict[str, list[str]]:
    """Return the hosts of every kind that has its own ones among the picture hosts."""
    shuffled = list(hosts)
    random.Random(seed).shuffle(shuffled)  # noqa: S311 - a world, no secret
    around = cycle(shuffled)
    each = max(1, len(hosts) // _HOSTS_A_DEAD_ONE)
    living = {kind for kind in KINDS if KINDS[kind].place is Place.LIVING}
    dead = [kind for kind in KINDS if not KINDS[kind].obtainable and kind not in living]
    clustered = {kind: [next(around) for _ in range(each)] for kind in dead}
    return {**clustered, **{kind: _shuffled(seed, kind, hosts) for kind in living}}


def _shuffled(seed: int, kind: str, hosts: Sequence[str]) -> list[str]:
    chance = random.Random(f"{seed} {kind}")  # noqa: S311 - a world, no secret
    return chance.sample(hosts, len(hosts))


def _numbers(chance: random.Random, count: int) -> list[int]:
    return sorted([_A_FAMOUS_NUMBER, *chance.sample(_other_numbers(), count - 1)])


@lru_cache(maxsize=1)
def _other_numbers() -> Sequence[int]:
    return [number for number in range(2, _LARGEST_NUMBER) if number != _A_FAMOUS_NUMBER]
