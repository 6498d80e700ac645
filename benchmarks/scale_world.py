"""A simulated ImageNet: any number of links with the hosts of 2011, and what becomes of each.

A link is `http://HOST:PORT/FATE/PLACE.jpg`, with its place in the list, so that whoever serves it
need not keep anything in mind: `scale_server` answers by the fate that the URL tells.
"""

from __future__ import annotations

import hashlib
import io
import random
import sys
from functools import lru_cache
from itertools import count, islice
from pathlib import Path
from typing import Iterator, NamedTuple
from urllib.parse import urlsplit

from fall11_list import FLICKR, real_urls
from measure import LIBRARY
from PIL import Image

sys.path.insert(0, str(LIBRARY))

from ck_imagenet.catalogue import synsets

LATER = "n04399382"
"""A synset of ILSVRC2012 that the list of 2011 lacks."""

SYNSETS = 21_841
"""Those of 2011."""

_NOWHERE = 300
"""Names that do not exist."""


class Fate(NamedTuple):
    """What becomes of some links, and of how many in a thousand."""

    name: str
    on_flickr: float
    elsewhere: float
    is_settled: bool = True
    """Whether one request settles it for good."""


FATES = (
    Fate("good", 620, 560),
    Fate("unavailable", 220, 0),  # redirected to Flickr's placeholder
    Fate("gone", 140, 135),
    Fate("parked", 0, 70),
    Fate("parked-as-jpeg", 0, 35),
    Fate("front", 20, 50),  # redirected to the front page
    Fate("unlisted", 0, 5),  # a placeholder that nobody has listed
    Fate("truncated", 0, 5),
    Fate("nowhere", 0, 110),  # no such host
    Fate("refused", 0, 15, is_settled=False),
    Fate("error", 0, 6, is_settled=False),
    Fate("busy-once", 0, 4, is_settled=False),
    Fate("silent", 0, 3.5, is_settled=False),
    Fate("stalled", 0, 2, is_settled=False),
)
"""Silent and stalled hosts have 0.2% of all links here, some twenty times fewer than in reality."""

GOOD = 0
"""The place of the good ones among them, of which one request gives the picture."""

_NAMES = [fate.name for fate in FATES]
_OF_THEIR_OWN = ("refused", "silent", "stalled")


class Ports(NamedTuple):
    """Where all hosts listen, and where nobody does."""

    serving: int
    refusing: int


def write(folder: Path, number: int, most: int, ports: Ports) -> None:
    """Write `list.txt` as ImageNet has its own, and `fates`, a byte a line; always the same."""
    chance = random.Random(6)  # noqa: S311 - a world, no secret
    links = _links(chance, ports)
    places = count()
    with (folder / "list.txt").open("w") as listed, (folder / "fates").open("wb") as fates:
        for wnid, size in _sizes(chance, number, most):
            name = 0
            for fate, url in islice(links, size):
                name += 1 + chance.getrandbits(4)
                listed.write(f"{wnid}_{name}\t{url.format(next(places))}\n")
                fates.write(bytes([fate]))


def resolve_option() -> str:
    """Return the value of --resolve with which a client finds these hosts, and some not."""
    nowhere = (f"{_nowhere(number)}:none" for number in range(_NOWHERE))
    return ",".join([*nowhere, "*:127.0.0.1"])


def at_addresses(url: str, ports: Ports) -> str:
    """Return the URL with an address for its host, for clients that resolve names themselves.

    A host that does not exist refuses instead: to ask for its name would lead out of this machine.
    """
    host = urlsplit(url).hostname or ""
    low, high = hashlib.sha256(host.encode()).digest()[:2]
    address = f"127.0.1.{FLICKR.index(host)}" if host in FLICKR else f"127.1.{high}.{low}"
    port = ports.refusing if host.startswith("nowhere-") else urlsplit(url).port
    return f"http://{address}:{port}{urlsplit(url).path}"


def is_obtainable(fate: int) -> bool:
    """Say whether a patient client has a picture of such a link in the end."""
    return FATES[fate].name in ("good", "busy-once")


def picture(place: int) -> bytes:
    """Return the picture of a link: a JPEG of 2 to 5 KB that no other link has."""
    seed = place.to_bytes(4, "big")
    head, tail = _drawn(place % 4)
    comment = hashlib.shake_128(seed).digest(1500 + hashlib.sha256(seed).digest()[0] * 11)
    return head + b"\xff\xfe" + (len(comment) + 2).to_bytes(2, "big") + comment + tail


@lru_cache(maxsize=None)
def _drawn(which: int) -> tuple[bytes, bytes]:
    """Return a picture's first two bytes and the others, between which a comment has its place."""
    file = io.BytesIO()
    image = Image.linear_gradient("L").resize((80, 60)).rotate(90 * which)
    image.convert("RGB").save(file, "JPEG", quality=60)
    return file.getvalue()[:2], file.getvalue()[2:]


def _sizes(chance: random.Random, number: int, most: int) -> Iterator[tuple[str, int]]:
    """Yield so many synsets of 2011 with how many links each has; fewer if there are few links."""
    wnids = [synset.wnid for synset in synsets.load().synsets if synset.wnid != LATER]
    chosen = sorted(chance.sample(wnids, min(len(wnids), most, max(1, number // 2))))
    weights = [chance.expovariate(1) for _ in chosen]
    share = (number - len(chosen)) / sum(weights)
    due = 0.0
    for wnid, weight in zip(chosen, weights):
        due += 1 + weight * share
        size = max(1, min(round(due), number))
        due -= size
        number -= size
        if size:
            yield wnid, size


def _links(chance: random.Random, ports: Ports) -> Iterator[tuple[int, str]]:
    """Yield the fate and the URL of one link after the other, its place left out."""
    for number, url in enumerate(real_urls(chance)):
        host = urlsplit(url).netloc
        shares = [fate.on_flickr if host in FLICKR else fate.elsewhere for fate in FATES]
        (fate,) = chance.choices(range(len(FATES)), shares)
        name = _NAMES[fate]
        if name == "nowhere":
            host = _nowhere(number % _NOWHERE)
        elif name in _OF_THEIR_OWN:
            host = f"{name}-{number}.example"
        port = ports.refusing if name == "refused" else ports.serving
        yield fate, f"http://{host}:{port}/{name}/{{}}.jpg"


def _nowhere(number: int) -> str:
    return f"nowhere-{number}.example"
