"""A pen that draws in a subject's own coordinates: turned, mirrored and scaled onto a canvas."""

from __future__ import annotations

import cmath
from typing import Iterable, Sequence, Tuple

from PIL import ImageDraw

Colour = Tuple[int, int, int]
Point = Tuple[float, float]

# A smooth curve takes this many steps between two of its points: the weights of the four points
# around each step, as Catmull and Rom have them.
_STEPS = 6
_WEIGHTS = [
    (
        (-t + 2 * t**2 - t**3) / 2,
        (2 - 5 * t**2 + 3 * t**3) / 2,
        (t + 4 * t**2 - 3 * t**3) / 2,
        (t**3 - t**2) / 2,
    )
    for t in (step / _STEPS for step in range(_STEPS))
]
_ROUND = [cmath.rect(1, cmath.tau * step / 28) for step in range(28)]


class Pen:
    """Draws a subject that is about two units wide and high, with its middle at (0, 0).

    Parameters
    ----------
    draw : ImageDraw
        The canvas.
    middle : (float, float)
        Where the subject's middle is on the canvas.
    scale : float
        Pixels of one unit.
    turn : float
        Radians, clockwise.
    mirrored : bool
        Whether left is right.
    """

    def __init__(
        self,
        draw: ImageDraw.ImageDraw,
        middle: Point,
        scale: float,
        turn: float = 0,
        mirrored: bool = False,
    ) -> None:
        self._draw = draw
        self._middle = complex(*middle)
        self._factor = cmath.rect(scale, turn)
        self._mirrored = mirrored
        self._scale = scale

    def polygon(self, points: Iterable[Point], colour: Colour) -> None:
        """Fill a shape with corners."""
        self._fill([complex(*point) for point in points], colour)

    def blob(self, points: Sequence[Point], colour: Colour) -> None:
        """Fill a shape with a smooth edge through the points."""
        corners = [complex(*point) for point in points]
        curve = []
        for place, here in enumerate(corners):
            before, after = corners[place - 1], corners[(place + 1) % len(corners)]
            further = corners[(place + 2) % len(corners)]
            curve += [a * before + b * here + c * after + d * further for a, b, c, d in _WEIGHTS]
        self._fill(curve, colour)

    def oval(
        self, x: float, y: float, width: float, height: float, colour: Colour, turn: float = 0
    ) -> None:
        """Fill an ellipse around (x, y), given half its width and height."""
        middle, lean = complex(x, y), cmath.rect(1, turn)
        self._fill(
            [middle + lean * complex(p.real * width, p.imag * height) for p in _ROUND], colour
        )

    def line(self, points: Iterable[Point], colour: Colour, width: float) -> None:
        """Draw a line through the points, `width` units wide."""
        placed = self._placed([complex(*point) for point in points])
        self._draw.line(placed, colour, max(1, round(width * self._scale)), joint="curve")

    def _fill(self, points: list[complex], colour: Colour) -> None:
        self._draw.polygon(self._placed(points), colour)

    def _placed(self, points: list[complex]) -> list[Point]:
        if self._mirrored:
            points = [complex(-point.real, point.imag) for point in points]
        placed = [self._middle + self._factor * point for point in points]
        return [(point.real, point.imag) for point in placed]


def shaded(colour: Colour, light: float) -> Colour:
    """Return a colour that is darker, or lighter where `light` is more than 1."""
    if light <= 1:
        return _colour(part * light for part in colour)
    return _colour(part + (255 - part) * (light - 1) for part in colour)


def mixed(one: Colour, other: Colour, share: float) -> Colour:
    """Return a colour between two: the first where `share` is 0."""
    return _colour(a + (b - a) * share for a, b in zip(one, other))


def _colour(parts: Iterable[float]) -> Colour:
    red, green, blue = (max(0, min(255, round(part))) for part in parts)
    return red, green, blue
