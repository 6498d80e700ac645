"""Take the screenshots of docs/images: pages of `ck browse`, in Chromium, at two widths and themes.

docs/browsing.md shows them. What is to be seen comes from a practice web on this machine, by the
commands that users type: `.venv/bin/python tools/screenshots.py` makes them again.
"""

from __future__ import annotations

import io
import random
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import Iterator

CHECKOUT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(CHECKOUT / "tests"), str(CHECKOUT / "module" / "imagenet")]

from browser import Browser  # noqa: E402  where it is must be known first
from ck_imagenet_practice import PracticeWeb  # noqa: E402
from ck_imagenet_practice.world import Link  # noqa: E402
from PIL import Image  # noqa: E402
from terminal import Terminal  # noqa: E402

IMAGES = CHECKOUT / "docs" / "images"
PORT = 8080

SHOWN = "n02110341"
"""The synset whose page is shown: dalmatians."""

PICTURES = {
    "n01440764": 24,
    "n02012849": 18,
    SHOWN: 72,
    "n02279972": 20,
    "n03126707": 12,
    "n03670208": 16,
    "n11939491": 14,
}
"""How many pictures each synset gets."""

DEAD = ("gone", "gone", "gone", "placeholder", "flickr", "parked", "truncated", "403")
"""Kinds of links without a picture, as many of each as there are for every sixteen pictures."""

NAMES = (
    *("farm1.photos.example", "farm2.photos.example", "www.my-dogs.example"),
    *("pets.example", "img.zoo.example", "albums.example", "pics.garden.example", "blog.example"),
)

SCREENS = ((1400, 900), (390, 844))
_ARE_DRAWN = """
    const all = [...document.querySelectorAll('.wall img, .cover img')];
    return all.length > 3 && all.every(image => image.complete);
"""
_IS_DRAWN = """
    const image = document.querySelector('dialog img');
    return image.complete && image.naturalWidth > 160;
"""


def main() -> None:
    """Take them all."""
    IMAGES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, filled(Path(folder)) as terminal:
        print(
            terminal.ck("download", "imagenet", "--wayback", f"--wnid={','.join(PICTURES)}").stdout
        )
        synset, overview = (
            Path(terminal.says("browse", "imagenet", *options).splitlines()[-1])
            for options in ([f"--wnid={SHOWN}"], [])
        )
        with Browser(Path(folder) / "profile") as browser:
            for width, height in SCREENS:
                for theme in ("light", "dark"):
                    browser.resize(width, height, dark=theme == "dark")
                    take(browser, synset, overview, f"{width}-{theme}")


@contextmanager
def filled(folder: Path) -> Iterator[Terminal]:
    """Give a terminal that sees a practice web whose hosts have names."""
    wnids = tuple(PICTURES)
    with PracticeWeb(PORT, hosts=len(NAMES), wnids=wnids, mix={"good": 1}) as web:
        for wnid, count in PICTURES.items():
            web.set_links(wnid, links(web, wnid, count))
        addresses = [host.partition(":")[0] for host in web.hosts]
        names = ",".join(map(":".join, zip(NAMES, addresses)))
        yield Terminal(folder, {**web.environment(), "CK_IMAGENET_RESOLVE": names})


def links(web: PracticeWeb, wnid: str, count: int) -> list[Link]:
    """Return the links of a synset; the Wayback Machine has some of those that are gone."""
    chance = random.Random(wnid)  # noqa: S311 - a world, no secret
    kinds = count * ["good"] + max(1, count // 16) * list(DEAD)
    chance.shuffle(kinds)
    numbers = sorted(chance.sample(range(1, 20_000), len(kinds)))
    found = []
    for number, kind in zip(numbers, kinds):
        host = min(int(chance.expovariate(0.5)), len(NAMES) - 1)
        link = web.link(wnid, number, kind, host)
        link = link._replace(url=link.url.replace(web.hosts[host], f"{NAMES[host]}:{PORT}"))
        if kind == "gone" and chance.random() < 1 / 3:
            web.archive.keep(link.url, link.picture())
        found.append(link)
    return found


def take(browser: Browser, synset: Path, overview: Path, name: str) -> None:
    """Take the screenshots of one width and theme."""
    browser.open(synset)
    browser.until(_ARE_DRAWN)
    keep(browser, f"page-{name}")
    browser.run("document.querySelectorAll('.wall button')[4].click()")
    browser.until(_IS_DRAWN)
    browser.run("document.activeElement.blur()")
    keep(browser, f"close-up-{name}")
    browser.open(overview)
    browser.until(_ARE_DRAWN)
    keep(browser, f"overview-{name}")


def keep(browser: Browser, name: str) -> None:
    """Keep what is to be seen, small enough for a page of docs."""
    path = IMAGES / f"{name}.webp"
    with Image.open(io.BytesIO(browser.screenshot())) as image:
        image.convert("RGB").save(path, quality=82, method=6)
    print(f"{path.relative_to(CHECKOUT)}: {path.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()
