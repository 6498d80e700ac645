"""How numbers and long lists stand in sentences, and how other people's text is shown."""

from __future__ import annotations

from contextlib import suppress
from typing import Collection, Sequence

_AT_LENGTH = 3
"""Of what is not to be had, of so many it is told why."""


def counted(count: int, noun: str) -> str:
    """Return how many of something there are, such as "1 picture" or "2 pictures"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def some(names: Sequence[str], most: int = 20) -> str:
    """Return the first names of what may be thousands."""
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


def causes(told: Sequence[tuple[str, Collection[str]]], nor: str) -> str:
    """Return why much is not to be had: of the first at length, of the others by name.

    Parameters
    ----------
    told : sequence of (str, collection of str)
        Why something is not, and the names of all that goes without it.
    nor : str
        What comes before the number of the others, such as "nor for".
    """
    lines = [why for why, _ in told[:_AT_LENGTH]]
    others = [name for _, names in told[_AT_LENGTH:] for name in names]
    if others:
        lines.append(f"{nor} {len(others):,} more: {some(others)}")
    return "\n".join(lines)


def readable(text: str) -> str:
    """Return what Latin-1 text, as lists are read, says if its bytes are UTF-8, else itself."""
    with suppress(UnicodeError):
        return text.encode("latin-1").decode("utf-8")
    return text


def printable(text: str) -> str:
    """Return what a host or a list said, shortened and fit for any terminal."""
    return text[:200].encode("unicode_escape").decode("ascii")


def visible(text: str) -> str:
    """Return `text` with its control characters spelt out: lists are other people's text."""
    text = readable(text)
    return "".join(
        c if c.isprintable() or c == "\t" else c.encode("unicode_escape").decode() for c in text
    )


def duration(seconds: float) -> str:
    """Return a time for people."""
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            tenths = f"{seconds / length:.1f}" if seconds < 10 * length else ""
            return f"{tenths.replace('.0', '') or round(seconds / length)} {unit}"
    return f"{max(1, seconds):.0f} s"


def ration(host: str, rate: float, left: int) -> str:
    """Return what a host gives that rations, and how long what is left of it will take."""
    if not rate:
        return f"{host} asks to come later; {counted(left, 'link')} left"
    pace = f"{rate:.2g}" if rate < 10 else f"{rate:.0f}"
    return (
        f"{host} gives {pace} a second; {counted(left, 'link')} left, about {duration(left / rate)}"
    )
