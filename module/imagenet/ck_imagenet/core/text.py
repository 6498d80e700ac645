"""How numbers and long lists stand in sentences, and how other people's text is shown."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Collection, NamedTuple, Sequence

if TYPE_CHECKING:
    from ..engine.host import RationedHost
    from ..storage.records import Record

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


# The names of synsets (wnids) and of pictures, parsed and refused in one place.

UNKNOWN = "unknown"
"""Stands for the wnid where a list does not tell its synset."""

LARGEST_NUMBER = 999_999_999
"""Of a picture in its synset; CK reads a name of 16 digits as a UID."""

_WNID = re.compile(r"n[0-9]{8}")
_WNID_INSIDE = re.compile(r"(?<![A-Za-z0-9])n[0-9]{8}(?![0-9])")
_IMAGE_NAME = re.compile(r"(n[0-9]{8}|unknown)_([0-9]{1,9})")


class ImageName(NamedTuple):
    """The name of a picture, `n01440764_9981`: its synset and its number in it."""

    wnid: str
    number: int

    def __str__(self) -> str:
        return f"{self.wnid}_{self.number}"


def is_wnid(text: str) -> bool:
    """Say whether `text` has the form of a wnid: `n` and the eight-digit WordNet 3.0 offset."""
    return _WNID.fullmatch(text) is not None


def stands_for_synset(text: str) -> bool:
    """Say whether pictures may be kept under `text`: a wnid, or `unknown`."""
    return is_wnid(text) or text == UNKNOWN


def parse_image_name(text: str) -> ImageName | None:
    """Return the picture name that `text` is, or None if it is none."""
    match = _IMAGE_NAME.fullmatch(text)
    return ImageName(match.group(1), int(match.group(2))) if match else None


def is_picture_number(text: str) -> bool:
    """Say whether `text` is a picture's number as it is written: `42`, but not `042`."""
    return text.isdecimal() and str(int(text)) == text and int(text) <= LARGEST_NUMBER


def wnid_inside(text: str) -> str | None:
    """Return the first wnid that stands in `text`, such as a file's name, or None."""
    match = _WNID_INSIDE.search(text)
    return match.group() if match else None


# How a run goes, told to whoever listens.


class Progress:
    """Is told how a run goes; this one keeps it to itself.

    Waits, rests and trouble may be told by any thread.
    """

    def waiting(self, what: str) -> None:
        """Another process is at work on this synset, or whatever it is."""

    def resting(self, who: str, seconds: float) -> None:
        """A service asks to be left alone for so long, and is asked again afterwards."""

    def rationed(self, rations: Sequence[RationedHost]) -> None:
        """Nothing is left but these hosts, which give only so much."""

    def trouble(self, said: str) -> None:
        """Something is wrong that does not end the run."""

    def begin(self, what: str, total: int) -> None:
        """So many more URLs will be asked for; `what` is the synset, and who is asked instead."""

    def settled(self, record: Record) -> None:
        """A URL is settled."""

    def advance(self, what: str, done: int, total: int) -> None:
        """So many bytes of something long are done, of so many in all, 0 if nobody knows."""

    def step_aside(self) -> None:
        """Something else is about to be printed."""

    def end(self) -> None:
        """All that was begun is done, or something long."""
