"""A drawing for every picture of the practice web: a subject before a background out of focus."""

from __future__ import annotations

import re
from random import Random
from typing import Mapping, Sequence

from PIL import Image, ImageDraw, ImageFilter

from .pen import Colour, Pen, mixed, shaded
from .subjects import SUBJECTS

_FINER = 2
"""A drawing is so many times finer than the picture is: then its edges are smooth."""
_COARSER = 5
"""And the background so many times coarser: so it is out of focus."""

# WordNet numbers what is alike in a row: the first number of each kind of thing, and the subject.
KINDS: Sequence[tuple[int, str]] = (
    (0, "shapes"),
    (1317541, "dog"),
    (1429172, "fish"),
    (1503061, "bird"),
    (1627424, "shapes"),
    (1767661, "butterfly"),
    (1789386, "bird"),
    (1861778, "dog"),
    (1905661, "butterfly"),
    (2000954, "bird"),
    (2062017, "dog"),
    (2159955, "butterfly"),
    (2323449, "dog"),
    (2512053, "fish"),
    (2665543, "machine"),
    (4620216, "shapes"),
    (7705931, "flower"),
    (7800000, "shapes"),
    (11531334, "flower"),
    (13900000, "shapes"),
)

_SKIES: Mapping[str, Sequence[tuple[Colour, Colour]]] = {
    "fish": (
        ((120, 190, 196), (18, 70, 92)),
        ((90, 150, 190), (12, 40, 84)),
        ((150, 186, 140), (40, 76, 60)),
        ((214, 200, 164), (150, 126, 92)),
    ),
    "machine": (
        ((116, 168, 220), (224, 232, 236)),
        ((240, 170, 120), (250, 222, 190)),
        ((150, 160, 176), (206, 208, 210)),
    ),
    "": (
        ((168, 206, 236), (96, 148, 78)),
        ((222, 206, 176), (140, 108, 78)),
        ((236, 190, 140), (112, 92, 100)),
        ((150, 176, 130), (66, 96, 58)),
        ((196, 200, 210), (120, 124, 136)),
        ((90, 110, 150), (44, 52, 78)),
        ((238, 226, 214), (190, 160, 150)),
        ((116, 164, 168), (200, 188, 140)),
    ),
}
_LIGHTS: Sequence[Colour] = (
    (255, 236, 180),
    (230, 120, 110),
    (110, 160, 90),
    (90, 140, 200),
    (250, 250, 250),
    (60, 60, 74),
    (224, 180, 90),
)


def subject(wnid: str) -> str:
    """Return what the pictures of a synset show, of `subjects.SUBJECTS`."""
    return next(name for first, name in reversed(KINDS) if int(wnid[1:]) >= first)


def drawn(path: str, seed: bytes, size: tuple[int, int]) -> Image.Image:
    """Return a drawing in RGB.

    Parameters
    ----------
    path : str
        Where the picture lives. A wnid in it says what it shows.
    seed : bytes
        Everything else about it.
    size : (int, int)
        Its width and height.
    """
    chance = Random(seed)  # noqa: S311 - a drawing, no secret
    named = re.search(r"n[0-9]{8}", path)
    wnid = named[0] if named else f"n{chance.randrange(10**8):08}"
    what = subject(wnid) if named else chance.choice(list(SUBJECTS))
    far = _background(what, size, chance)
    canvas = far.resize((size[0] * _FINER, size[1] * _FINER), Image.Resampling.NEAREST)
    width, height = canvas.size
    pen = Pen(
        ImageDraw.Draw(canvas),
        (width * chance.uniform(0.42, 0.58), height * chance.uniform(0.44, 0.56)),
        min(size) * _FINER * chance.uniform(0.3, 0.46),
        chance.gauss(0, 0.12),
        chance.random() < 0.5,
    )
    SUBJECTS[what](pen, wnid, chance)
    return canvas.reduce(_FINER)


def _background(what: str, size: tuple[int, int], chance: Random) -> Image.Image:
    width, height = (-(-side // _COARSER) for side in size)
    image = Image.new("RGB", (width, height))
    draw = ImageDraw.Draw(image)
    rows = _rows(what, height, chance)
    for y, colour in enumerate(rows):
        draw.line([(0, y), (width, y)], colour)
    for _ in range(chance.randrange(4, 16)):
        x, y, reach = chance.randrange(width), chance.randrange(height), chance.uniform(2, 14)
        light = mixed(rows[y], chance.choice(_LIGHTS), chance.uniform(0.1, 0.5))
        draw.ellipse([x - reach, y - reach, x + reach, y + reach], light)
    return image.filter(ImageFilter.BoxBlur(1.5)).resize(size, Image.Resampling.BICUBIC)


def _rows(what: str, height: int, chance: Random) -> list[Colour]:
    """Return the colour of each row of a background: above a horizon, more or less sharp, below."""
    light = chance.uniform(0.75, 1.2)
    above, below = (shaded(part, light) for part in chance.choice(_SKIES.get(what, _SKIES[""])))
    horizon = height * chance.uniform(0.35, 0.8)
    sharp = height * chance.uniform(0.02, 0.5)
    shares = (0.5 + (y - horizon) / sharp for y in range(height))
    return [mixed(above, below, min(1.0, max(0.0, share))) for share in shares]
