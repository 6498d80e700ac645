"""A list of the form and size of fall11_urls.txt, with the hosts of 2011 in their real shares.

    python benchmarks/fall11_list.py LIST.txt [--lines N]

Of each 20,000 lines, as of 20,000 real ones, 63.8% lead to Flickr, nearly all to five of its hosts;
5,480 hosts occur, 4,871 of them once; 97.2% end in .jpg; 51 are not ASCII; a few hold spaces. Eight
lines of the whole are odd. The URLs are about as long as real ones, and pack about as well.
"""

from __future__ import annotations

import argparse
import random
import sys
from itertools import count, cycle, islice
from pathlib import Path
from typing import Iterator

from measure import LIBRARY

sys.path.insert(0, str(LIBRARY))

from ck_imagenet.catalogue import synsets

LINES = 14_197_122
ODD = 8

DECK = 20_000
"""The lines whose shares are exact; each further such number of them brings new rare hosts."""

FLICKR = [f"farm{number}.static.flickr.com" for number in range(1, 6)]
"""The five hosts with most pictures."""

_FLICKR_LINES = 12_700
_OTHER_FLICKR = [f"http://www.flickr.com/photos/{number}.jpg" for number in range(60)]
_RARE = 4_871
_COMMON = 5_480 - _RARE - len(FLICKR) - 1
_NOT_JPG = 560
_NOT_ASCII = 51
_SPACES = 12
_MEAN = 650
_MOST = 3_047
_SYLLABLES = ("ba", "be", "ca", "co", "da", "fi", "go", "la", "le", "ma", "mi", "ne", "ro", "sa")


def main() -> None:
    """Write the list."""
    parser = argparse.ArgumentParser()
    parser.add_argument("list", type=Path)
    parser.add_argument("--lines", type=int, default=LINES)
    options = parser.parse_args()
    write(options.list, options.lines)


def write(path: Path, number: int) -> None:
    """Write a list of so many lines, always the same ones."""
    chance = random.Random(11)  # noqa: S311
    urls, odd = real_urls(chance), set(chance.sample(range(number), ODD))
    end = 0
    with path.open("wb") as stream:
        for wnid, size in _sizes(chance, number):
            lines, name, start, end = [], 0, end, end + size
            for place in range(start, end):
                name += 1 + chance.getrandbits(4)
                lines.append("no picture\n" if place in odd else f"{wnid}_{name}\t{next(urls)}\n")
            stream.write("".join(lines).encode("latin-1"))


def _sizes(chance: random.Random, number: int) -> Iterator[tuple[str, int]]:
    """Yield synsets with how many lines each has: 1 to 3,047, about 650, `number` in all."""
    wnids = [synset.wnid for synset in synsets.load().synsets][: -(-number // _MEAN)]
    for following, wnid in zip(reversed(range(len(wnids))), wnids):
        least = max(1, number - following * _MOST)
        size = min(max(least, int(chance.expovariate(1 / _MEAN))), _MOST, number - following)
        yield wnid, size
        number -= size


def real_urls(chance: random.Random) -> Iterator[str]:
    """Yield URLs for ever, deck after deck."""
    bits, choice = chance.getrandbits, chance.choice
    words = ["".join(chance.choices(_SYLLABLES, k=chance.randint(2, 5))) for _ in range(4096)]
    common = [f"www.{choice(words)}{number}.com" for number in range(_COMMON)]
    for deck in count():
        urls = [
            f"http://{host}/{bits(12)}/{bits(31)}_{bits(40):010x}.jpg"
            for host in islice(cycle(FLICKR), _FLICKR_LINES)
        ]
        urls += _OTHER_FLICKR
        hosts = [f"{choice(words)}-{deck}-{number}.com" for number in range(_RARE)]
        hosts += islice(cycle(common), DECK - len(urls) - len(hosts))
        endings = _shuffled(chance, [".gif"] * _NOT_JPG, ".jpg", len(hosts))
        marks = _shuffled(chance, ["\xe9"] * _NOT_ASCII + [" "] * _SPACES + [","], "", len(hosts))
        urls += [
            f"http://{host}/images/{choice(words)}/{choice(words)}-{choice(words)}{mark}"
            f"/{choice(words)}{bits(14)}{ending}"
            for host, ending, mark in zip(hosts, endings, marks)
        ]
        chance.shuffle(urls)
        yield from urls


def _shuffled(chance: random.Random, some: list[str], others: str, number: int) -> list[str]:
    values = some + [others] * (number - len(some))
    chance.shuffle(values)
    return values


if __name__ == "__main__":
    main()
