"""What the practice web's pictures show: dogs, fish, birds, flowers, machines and some more.

Each synset has a look of its own, and each picture a pose of its own.
"""

from __future__ import annotations

import math
from random import Random
from typing import Callable, Mapping, NamedTuple

from .pen import Colour, Pen, mixed, shaded

_INK: Colour = (28, 24, 26)
_WHITE: Colour = (246, 243, 238)
_PINK: Colour = (226, 120, 128)

_COATS: tuple[Colour, ...] = (
    (40, 37, 40),
    (92, 58, 38),
    (204, 158, 92),
    (168, 92, 48),
    (232, 214, 180),
    (240, 238, 234),
    (126, 126, 134),
    (150, 116, 82),
    (214, 178, 128),
    (74, 80, 92),
)
_BRIGHT: tuple[Colour, ...] = (
    (214, 62, 52),
    (240, 166, 40),
    (246, 214, 70),
    (66, 150, 84),
    (42, 140, 160),
    (52, 92, 180),
    (126, 76, 170),
    (226, 106, 160),
)


class Dog(NamedTuple):
    """A breed."""

    coat: Colour
    second: Colour
    """Of ears, patches and spots."""
    marking: str
    """One of plain, spots, patches, mask and saddle."""
    ears: str
    """One of floppy, pointed and folded."""
    muzzle: float
    """How broad, from 0 to 1."""

    @classmethod
    def of(cls, wnid: str) -> Dog:
        """Return the breed of a synset."""
        if wnid == "n02110341":
            return cls(_WHITE, _INK, "spots", "floppy", 0.4)
        chance = Random(wnid)  # noqa: S311 - a look, no secret
        coat, second = chance.sample(_COATS, 2)
        marking = chance.choice(("plain", "spots", "patches", "mask", "saddle"))
        ears = chance.choice(("floppy", "pointed", "folded"))
        return cls(coat, second, marking, ears, chance.random())


def _dog(pen: Pen, wnid: str, chance: Random) -> None:
    (_face if chance.random() < 0.6 else _standing_dog)(pen, Dog.of(wnid), chance)


def _face(pen: Pen, breed: Dog, chance: Random) -> None:
    coat, collar = breed.coat, chance.choice(_BRIGHT)
    dark = shaded(coat, 0.82)
    pen.blob([(-0.9, 1.9), (-0.62, 0.7), (0, 0.3), (0.62, 0.7), (0.9, 1.9)], dark)
    pen.blob([(-0.3, 1.9), (-0.32, 0.8), (0.32, 0.8), (0.3, 1.9)], shaded(coat, 1.25))
    pen.line([(-0.6, 0.74), (-0.3, 0.88), (0, 0.93), (0.3, 0.88), (0.6, 0.74)], collar, 0.13)
    pen.oval(0, 1.04, 0.1, 0.1, (230, 196, 90))
    ear = breed.second if breed.marking != "plain" else shaded(coat, 0.7)
    if breed.ears == "pointed":
        for side in (-1, 1):
            pen.blob([(side * x, y) for x, y in _POINTED], ear)
            pen.blob([(side * x * 0.97, y * 0.9 - 0.02) for x, y in _POINTED[1:]], _PINK)
    head = [(-0.46, -0.58), (0, -0.7), (0.46, -0.58), (0.64, -0.08), (0.46, 0.45)]
    pen.blob([*head, (0, 0.68), (-0.46, 0.45), (-0.64, -0.08)], coat)
    pen.blob([(-0.4, -0.5), (0, -0.64), (0.3, -0.5), (0, -0.3)], shaded(coat, 1.18))
    _face_markings(pen, breed, chance)
    width = 0.28 + 0.14 * breed.muzzle
    pen.oval(0, 0.33, width, 0.31, shaded(coat, 1.4))
    if chance.random() < 0.55:
        tongue = chance.uniform(-0.1, 0.1)
        pen.oval(tongue, 0.62, 0.11, 0.24, _PINK)
        pen.line([(tongue, 0.5), (tongue, 0.74)], shaded(_PINK, 0.8), 0.02)
    for side in (-1, 1):
        pen.line([(0, 0.3), (side * 0.08, 0.45), (side * width * 0.7, 0.43)], _INK, 0.03)
        _eye(pen, side * 0.27, -0.12, 0.11)
    pen.blob([(-0.17, 0.1), (0, 0.05), (0.17, 0.1), (0.08, 0.25), (-0.08, 0.25)], _INK)
    pen.oval(-0.05, 0.11, 0.045, 0.025, (150, 150, 156))
    shape = {"floppy": _FLOPPY, "folded": _FOLDED}.get(breed.ears)
    for side in (-1, 1) if shape else ():
        pen.blob([(side * x, y) for x, y in shape or ()], ear)
        pen.line([(side * x, y) for x, y in (shape or ())[-3:]], shaded(ear, 0.7), 0.025)


_POINTED = [(-0.12, -0.5), (-0.55, -1.12), (-0.64, -0.9), (-0.58, -0.3)]
_FLOPPY = [(-0.42, -0.6), (-0.76, -0.5), (-0.98, 0.05), (-0.86, 0.5), (-0.66, 0.3), (-0.54, -0.2)]
_FOLDED = [(-0.2, -0.66), (-0.56, -0.86), (-0.86, -0.6), (-0.78, -0.22), (-0.56, -0.42)]


def _face_markings(pen: Pen, breed: Dog, chance: Random) -> None:
    if breed.marking == "mask":
        pen.oval(0, 0.3, 0.5, 0.36, breed.second)
        pen.oval(0, -0.1, 0.46, 0.18, breed.second)
    elif breed.marking in ("patches", "saddle"):
        side = chance.choice((-1, 1))
        pen.oval(side * 0.3, -0.16, 0.26, 0.34, breed.second, side * 0.3)
        pen.blob([(-0.07, -0.66), (0.07, -0.66), (0.1, 0.1), (-0.1, 0.1)], shaded(breed.coat, 1.5))
    elif breed.marking == "spots":
        _spots(pen, breed.second, (0, 0), (0.54, 0.6), chance, 15)


def _spots(
    pen: Pen,
    colour: Colour,
    middle: tuple[float, float],
    within: tuple[float, float],
    chance: Random,
    count: int,
) -> None:
    """Draw spots in an ellipse, spread as a sunflower's seeds are, so that none hides another."""
    start = chance.random() * math.tau
    for number in range(count):
        far = math.sqrt((number + chance.uniform(0.1, 0.9)) / count) * 0.88
        angle = start + 2.39996 * number
        x = middle[0] + within[0] * far * math.cos(angle)
        y = middle[1] + within[1] * far * math.sin(angle)
        size = chance.uniform(0.03, 0.075)
        pen.oval(x, y, size * chance.uniform(0.8, 1.4), size, colour, angle)


def _eye(pen: Pen, x: float, y: float, size: float) -> None:
    pen.oval(x, y, size, size, _INK)
    pen.oval(x, y, size * 0.74, size * 0.74, (96, 58, 30))
    pen.oval(x, y, size * 0.46, size * 0.46, (10, 8, 8))
    pen.oval(x - size * 0.3, y - size * 0.35, size * 0.25, size * 0.25, (255, 255, 255))


def _standing_dog(pen: Pen, breed: Dog, chance: Random) -> None:
    coat, far = breed.coat, shaded(breed.coat, 0.68)
    wag, step = chance.uniform(-0.3, 0.3), chance.uniform(-0.14, 0.14)
    pen.line([(-0.8, -0.2), (-1.0, -0.5 + wag), (-1.05, -0.8 + wag)], shaded(coat, 0.9), 0.1)
    for x in (-0.55 + step, 0.5 - step):
        pen.blob([(x - 0.14, 0), (x + 0.14, 0), (x + 0.08, 0.85), (x - 0.08, 0.85)], far)
    body = [(-0.84, -0.2), (-0.4, -0.34), (0.3, -0.3), (0.72, -0.36), (0.74, 0.1)]
    pen.blob([*body, (0.45, 0.34), (-0.2, 0.2), (-0.8, 0.24)], coat)
    pen.blob([(-0.6, 0.1), (0.4, 0.18), (0.4, 0.32), (-0.2, 0.2), (-0.7, 0.2)], far)
    for x in (-0.7 - step, 0.6 + step):
        pen.blob([(x - 0.15, 0), (x + 0.15, 0), (x + 0.09, 0.9), (x - 0.09, 0.9)], coat)
        pen.oval(x + 0.03, 0.9, 0.13, 0.06, shaded(coat, 1.2))
    if breed.marking == "spots":
        _spots(pen, breed.second, (-0.05, -0.03), (0.7, 0.26), chance, 18)
    elif breed.marking in ("patches", "saddle", "mask"):
        pen.blob([(-0.7, -0.26), (0, -0.33), (0.3, -0.26), (0.1, 0.06), (-0.5, 0)], breed.second)
    pen.blob([(0.3, -0.26), (0.6, -0.82), (0.98, -0.66), (0.76, 0.06)], coat)
    pen.line([(0.45, -0.42), (0.66, -0.36), (0.88, -0.42)], chance.choice(_BRIGHT), 0.09)
    pen.oval(0.82, -0.82, 0.3, 0.27, coat)
    long = 1.24 + 0.18 * breed.muzzle
    pen.blob([(0.9, -0.94), (long, -0.8), (long, -0.64), (0.9, -0.58)], shaded(coat, 1.12))
    pen.oval(long, -0.77, 0.07, 0.06, _INK)
    pen.line([(long - 0.02, -0.64), (1.02, -0.63)], _INK, 0.025)
    _eye(pen, 0.92, -0.88, 0.06)
    ear = breed.second if breed.marking != "plain" else shaded(coat, 0.7)
    if breed.ears == "pointed":
        pen.blob([(0.6, -0.98), (0.62, -1.32), (0.84, -1.04)], ear)
    else:
        pen.blob([(0.66, -1.04), (0.82, -0.92), (0.72, -0.48), (0.54, -0.56)], ear)


def _fish(pen: Pen, wnid: str, chance: Random) -> None:
    look = Random(wnid)  # noqa: S311 - a look, no secret
    colour, second = look.sample(_BRIGHT, 2)
    deep, striped = look.uniform(0.34, 0.62), look.random() < 0.5
    if wnid == "n01440764":
        colour, second, deep, striped = (112, 116, 52), (198, 166, 84), 0.44, False
    bend, belly = chance.uniform(-0.12, 0.12), mixed(second, _WHITE, 0.3)
    pen.blob([(-0.7, bend), (-1.25, bend - 0.46), (-1.05, bend), (-1.25, bend + 0.46)], second)
    pen.blob([(-0.3, -deep * 0.7), (-0.1, -deep - 0.28), (0.35, -deep * 0.8)], shaded(second, 0.8))
    pen.blob([(-0.3, deep * 0.6), (-0.36, deep + 0.2), (0, deep * 0.8)], shaded(second, 0.8))
    nose, tail = (1, 0.02), [(-0.8, bend + 0.1), (-0.8, bend - 0.1)]
    back = [(-0.3, -deep * 0.72), (0.25, -deep), (0.75, -deep * 0.6), nose]
    pen.blob([*back, (0.7, deep * 0.6), (0.2, deep), (-0.3, deep * 0.72), *tail], colour)
    pen.blob(
        [nose, (0.65, deep * 0.58), (0.2, deep * 0.96), (-0.3, deep * 0.68), tail[0], (0.2, 0.16)],
        belly,
    )
    if striped:
        for x in (-0.32, 0, 0.32):
            high = deep * (0.8 - abs(x - 0.15) * 0.5)
            pen.blob([(x, -high), (x + 0.13, -high), (x + 0.09, high), (x, high)], second)
    _scales(pen, deep, shaded(colour, 0.78))
    pen.line([(0.55, -deep * 0.6), (0.46, 0), (0.53, deep * 0.5)], shaded(colour, 0.6), 0.03)
    pen.blob([(0.36, 0.1), (0.05, 0.16), (-0.02, 0.36), (0.2, 0.3)], shaded(second, 1.1))
    pen.line([(0.99, 0.05), (0.86, 0.09)], _INK, 0.03)
    pen.oval(0.74, -0.1, 0.09, 0.09, (240, 208, 90))
    pen.oval(0.75, -0.1, 0.055, 0.055, _INK)
    pen.oval(0.73, -0.13, 0.02, 0.02, (255, 255, 255))


def _scales(pen: Pen, deep: float, colour: Colour) -> None:
    for row in range(-2, 3):
        y = row * deep * 0.28
        for column in range(5):
            x = -0.48 + column * 0.19 + (row % 2) * 0.09
            pen.line([(x, y - 0.06), (x - 0.06, y), (x, y + 0.06)], colour, 0.018)


def _bird(pen: Pen, wnid: str, chance: Random) -> None:
    look = Random(wnid)  # noqa: S311 - a look, no secret
    colour, second = look.sample(_BRIGHT + _COATS, 2)
    breast, beak = mixed(second, _WHITE, 0.45), look.uniform(0.16, 0.5)
    branch, lean = (88, 66, 48), chance.uniform(-0.08, 0.08)
    pen.line([(-1.6, 0.86 - lean), (0, 0.8), (1.7, 0.84 + lean)], branch, 0.13)
    pen.line([(0.5, 0.8), (1.0, 0.5)], branch, 0.07)
    for x, y in ((1.05, 0.44), (-1.1, 0.7), (0.9, 0.98)):
        pen.oval(x, y, 0.2, 0.09, (92, 140, 66), chance.uniform(-1, 1))
    pen.blob([(-0.5, 0.3), (-1.2, 0.7), (-1.1, 0.86), (-0.3, 0.6)], shaded(colour, 0.7))
    for x in (-0.05, 0.2):
        pen.line([(x, 0.5), (x + 0.02, 0.78)], (196, 132, 60), 0.05)
    pen.blob([(-0.7, 0.4), (-0.3, -0.2), (0.3, -0.5), (0.62, -0.1), (0.5, 0.4), (0, 0.66)], colour)
    pen.blob([(0.3, -0.3), (0.6, -0.1), (0.48, 0.4), (0, 0.62), (0.1, 0.2)], breast)
    pen.blob([(0.6, -0.62), (0.66 + beak, -0.46), (0.6, -0.38)], (236, 170, 60))
    pen.oval(0.42, -0.5, 0.3, 0.29, colour)
    pen.blob([(0.16, -0.6), (0.4, -0.82), (0.68, -0.6), (0.4, -0.62)], second)
    for part in range(3):
        end = -0.95 + part * 0.14
        pen.blob(
            [(0.1, -0.12 + part * 0.12), (end, 0.3 + part * 0.13), (0.02, 0.3 + part * 0.06)],
            shaded(colour, 0.62 + part * 0.11),
        )
    pen.oval(0.54, -0.54, 0.06, 0.06, _INK)
    pen.oval(0.52, -0.56, 0.02, 0.02, (255, 255, 255))


def _butterfly(pen: Pen, wnid: str, chance: Random) -> None:
    look = Random(wnid)  # noqa: S311 - a look, no secret
    colour, second = look.sample(_BRIGHT, 2)
    open_ = chance.uniform(0.65, 1.1)
    for side in (-open_, open_):
        for edge, within in (((40, 32, 36), 1.0), (colour, 0.86), (shaded(colour, 1.25), 0.55)):
            pen.blob([(side * x * within, y * within) for x, y in _UPPER_WING], edge)
            pen.blob([(side * x * within, y * within) for x, y in _LOWER_WING], edge)
        for x, y, size in ((0.72, -0.48, 0.12), (0.5, 0.42, 0.13), (0.45, -0.3, 0.08)):
            pen.oval(side * x, y, size * open_, size, second)
            pen.oval(side * x, y, size * open_ * 0.5, size * 0.5, _INK)
        pen.line([(0, -0.4), (side * 0.16, -0.7), (side * 0.26, -0.8)], _INK, 0.025)
    pen.oval(0, 0, 0.07, 0.46, _INK)
    pen.oval(0, -0.42, 0.09, 0.09, (64, 52, 50))


_UPPER_WING = [(0.03, -0.15), (0.45, -0.75), (1.05, -0.85), (1.05, -0.35), (0.6, 0.02), (0.03, 0.1)]
_LOWER_WING = [(0.03, 0.05), (0.55, 0.05), (0.85, 0.4), (0.6, 0.85), (0.25, 0.6)]


def _flower(pen: Pen, wnid: str, chance: Random) -> None:
    look = Random(wnid)  # noqa: S311 - a look, no secret
    colour, second = look.sample(_BRIGHT, 2)
    petals, long = look.randint(5, 13), look.uniform(0.5, 0.8)
    stem, lean = (70, 124, 62), chance.uniform(-0.4, 0.4)
    pen.line([(0, 0), (lean * 0.4, 0.9), (lean, 2.4)], stem, 0.09)
    pen.blob([(lean * 0.4, 1.1), (0.5, 0.7), (0.95, 0.8), (0.5, 1.08)], shaded(stem, 1.15))
    pen.blob([(lean * 0.5, 1.3), (-0.4, 0.9), (-0.9, 1.1), (-0.4, 1.28)], shaded(stem, 0.85))
    start = chance.random()
    for ring, (light, reach) in enumerate(((0.78, long), (1.0, long * 0.86), (1.2, long * 0.5))):
        for number in range(petals):
            angle = start + math.tau * (number + ring / 2) / petals
            x, y = math.cos(angle) * reach * 0.62, math.sin(angle) * reach * 0.62
            wide = min(0.3, 1.5 * reach / petals)
            pen.oval(x, y, reach * 0.6, wide, shaded(colour, light), angle)
    pen.oval(0, 0, 0.2, 0.2, shaded(second, 0.8))
    _spots(pen, shaded(second, 1.3), (0, 0), (0.2, 0.2), chance, 9)


def _crane(pen: Pen, wnid: str, chance: Random) -> None:
    look = Random(wnid)  # noqa: S311 - a look, no secret
    steel, load = look.choice(_BRIGHT[:3]), chance.choice(_BRIGHT)
    dark = shaded(steel, 0.6)
    for x, tall in ((-1.2, 0.5), (0.55, 0.1), (1.1, 0.6)):
        tone = mixed((120, 122, 130), load, chance.random() * 0.3)
        pen.polygon([(x, tall), (x + 0.5, tall), (x + 0.5, 2.6), (x, 2.6)], tone)
        for row in range(4):
            y = tall + 0.1 + row * 0.22
            for place in (0.08, 0.22, 0.36):
                pen.oval(x + place + 0.02, y, 0.035, 0.05, shaded(tone, 1.4))
    left, right = -0.14, 0.1
    for side in (left, right):
        pen.line([(side, -0.8), (side, 2.6)], steel, 0.05)
    for step in range(12):
        y = -0.78 + step * 0.24
        pen.line([(left, y), (right, y + 0.24), (left, y + 0.24)], dark, 0.025)
    pen.line([(-0.95, -0.72), (1.5, -0.72)], steel, 0.05)
    pen.line([(-0.5, -0.86), (1.3, -0.86), (1.5, -0.72)], steel, 0.03)
    for step in range(9):
        x = -0.5 + step * 0.2
        pen.line([(x, -0.72), (x + 0.1, -0.86), (x + 0.2, -0.72)], dark, 0.02)
    pen.line([(-0.9, -0.72), (-0.02, -1.25), (1.2, -0.86)], dark, 0.025)
    pen.line([(left, -0.8), (-0.02, -1.3), (right, -0.8)], steel, 0.04)
    pen.polygon([(-1.0, -0.7), (-0.7, -0.7), (-0.7, -0.4), (-1.0, -0.4)], (110, 110, 116))
    pen.polygon([(0.1, -0.68), (0.36, -0.68), (0.32, -0.4), (0.1, -0.4)], shaded(steel, 1.2))
    hook, low = chance.uniform(0.5, 1.3), chance.uniform(-0.4, 0.3)
    pen.line([(hook, -0.72), (hook, low)], _INK, 0.02)
    box = [(hook - 0.2, low), (hook + 0.2, low), (hook + 0.2, low + 0.24), (hook - 0.2, low + 0.24)]
    pen.polygon(box, load)


def _car(pen: Pen, wnid: str, chance: Random) -> None:
    look = Random(wnid)  # noqa: S311 - a look, no secret
    paint, tall = look.choice(_BRIGHT), look.uniform(0.4, 0.75)
    glass, rear = (176, 206, 222), look.uniform(-1.0, -0.6)
    pen.oval(0, 0.62, 1.3, 0.12, (52, 50, 52))
    pen.blob([(rear, 0), (rear + 0.2, -tall), (0.25, -tall), (0.62, 0)], shaded(paint, 0.85))
    pen.blob(
        [(rear + 0.1, -0.03), (rear + 0.25, -tall * 0.85), (-0.12, -tall * 0.85), (-0.12, -0.03)],
        glass,
    )
    pen.blob([(-0.02, -0.03), (-0.02, -tall * 0.85), (0.2, -tall * 0.85), (0.5, -0.03)], glass)
    bonnet = [(0.6, -0.06), (1.15, 0.1), (1.24, 0.48), (0.8, 0.56)]
    pen.blob([(-0.8, 0.56), (-1.2, 0.5), (-1.22, 0.1), (-0.9, -0.08), *bonnet], paint)
    pen.line([(-1.15, 0.14), (1.1, 0.16)], shaded(paint, 1.45), 0.035)
    pen.line([(-0.07, -0.04), (-0.07, 0.48)], shaded(paint, 0.6), 0.02)
    for x in (-0.74, 0.74):
        for size, colour in ((0.29, _INK), (0.17, (190, 192, 198)), (0.06, (90, 92, 98))):
            pen.oval(x, 0.5, size, size, colour)
    pen.oval(1.14, 0.18, 0.07, 0.09, (255, 240, 170))
    pen.oval(-1.18, 0.2, 0.05, 0.09, (210, 50, 44))


def _shapes(pen: Pen, wnid: str, chance: Random) -> None:
    look = Random(wnid)  # noqa: S311 - a look, no secret
    corners, colours = look.randint(3, 7), look.sample(_BRIGHT, 3)
    for ring in range(look.randint(3, 6), 0, -1):
        reach, start = 0.24 * ring, chance.random() * look.choice((0, 1)) + ring * look.random()
        angles = [start + math.tau * corner / corners for corner in range(corners)]
        points = [(math.cos(angle) * reach, math.sin(angle) * reach) for angle in angles]
        pen.polygon(points, shaded(colours[ring % 3], chance.uniform(0.85, 1.15)))
    for _ in range(chance.randint(2, 5)):
        angle, size = chance.random() * math.tau, chance.uniform(0.1, 0.25)
        x, y = math.cos(angle) * 1.15, math.sin(angle) * 0.9
        pen.oval(x, y, size, size, colours[chance.randrange(3)])


def _made(pen: Pen, wnid: str, chance: Random) -> None:
    (_crane if wnid == "n03126707" or Random(wnid).random() < 0.4 else _car)(pen, wnid, chance)  # noqa: S311


SUBJECTS: Mapping[str, Callable[[Pen, str, Random], None]] = {
    "dog": _dog,
    "fish": _fish,
    "bird": _bird,
    "butterfly": _butterfly,
    "flower": _flower,
    "machine": _made,
    "shapes": _shapes,
}
"""How to draw each subject: with a pen, as the synset looks, in a pose that chance gives."""
