"""What people read and write: words in sentences, names of synsets and pictures, and progress."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING, Collection, NamedTuple, Sequence

if TYPE_CHECKING:
    from ..engine.host import RationedHost
    from ..storage.records import Record

_EXPLAINED = 3
"""Causes that are told at length; of the others only the names."""


# Words in sentences.


def counted(count: int, noun: str) -> str:
    """Return how many of something there are, such as "1 picture" or "2 pictures".

    Parameters
    ----------
    count : int
        How many there are.
    noun : str
        What they are, in the singular; its plural must end in "s".
    """
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def some(names: Sequence[str], most: int = 20) -> str:
    """Return the first names of what may be thousands, with commas between.

    Parameters
    ----------
    names : sequence of str
        All names.
    most : int, optional
        How many are shown; an ellipsis stands for the others.
    """
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


def causes(told: Sequence[tuple[str, Collection[str]]], nor: str) -> str:
    """Return why something could not be had: the first causes at length, of the others the names.

    Parameters
    ----------
    told : sequence of (str, collection of str)
        Each cause, as a sentence, and the names of all that could not be had because of it.
    nor : str
        The words before the number of the others, such as "nor for".
    """
    lines = [why for why, _ in told[:_EXPLAINED]]
    others = [name for _, names in told[_EXPLAINED:] for name in names]
    if others:
        lines.append(f"{nor} {len(others):,} more: {some(others)}")
    return "\n".join(lines)


def readable(text: str) -> str:
    """Return Latin-1 text, as lists are read, decoded anew as UTF-8 if its bytes are that."""
    with suppress(UnicodeError):
        return text.encode("latin-1").decode("utf-8")
    return text


def printable(text: str) -> str:
    """Return what a host or a list has sent, shortened and fit for any terminal."""
    return text[:200].encode("unicode_escape").decode("ascii")


def visible(text: str) -> str:
    """Return `text` with its control characters escaped: lists are other people's text."""
    text = readable(text)
    return "".join(
        c if c.isprintable() or c == "\t" else c.encode("unicode_escape").decode() for c in text
    )


def duration(seconds: float) -> str:
    """Return a time of so many seconds for people, such as "40 s" or "2.5 hours"."""
    for unit, length in (("days", 86_400), ("hours", 3600), ("minutes", 60)):
        if seconds >= 2 * length:
            tenths = f"{seconds / length:.1f}" if seconds < 10 * length else ""
            return f"{tenths.replace('.0', '') or round(seconds / length)} {unit}"
    return f"{max(1, seconds):.0f} s"


def brief(seconds: float) -> str:
    """Return about how long a time is, in a few characters, such as "40 s" or "2.5 h"."""
    for unit, length in (("days", 86_400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * length:
            tenths = f"{seconds / length:.1f}" if seconds < 10 * length and length > 60 else ""
            return f"{tenths.replace('.0', '') or round(seconds / length)} {unit}"
    return f"{max(1, seconds):.0f} s"


def ration(host: str, rate: float, left: int) -> str:
    """Return how fast a host answers that rations its answers, and how long the rest will take.

    Parameters
    ----------
    host : str
        The host, as it is shown.
    rate : float
        Requests a second that it answers; 0 if it answers none for now.
    left : int
        Links of it that are left.
    """
    if not rate:
        return f"{host} asks you to come back later; {counted(left, 'link')} left"
    pace = f"{rate:.2g}" if rate < 10 else f"{rate:.0f}"
    return (
        f"{host} gives {pace} a second; {counted(left, 'link')} left, about {duration(left / rate)}"
    )


# Names of synsets (wnids) and of pictures.

UNKNOWN = "unknown"
"""Stands for the wnid where a list does not tell its synset."""

LARGEST_NUMBER = 999_999_999
"""The largest number of a picture in its synset; CK reads a name of 16 digits as a UID."""

UNNAMED, VALIDATION = 100_000_000, 900_000_000
"""Where the numbers begin of pictures that have none of ImageNet, and of `ILSVRC2012_val_N`.

ImageNet's own numbers have six digits at most."""

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


# Progress of a run.


class Progress:
    """Receives the events of a run; this one ignores them all.

    `waiting`, `resting`, `trouble` and `settled` may be called by any thread.
    """

    def expect(self, synsets: int) -> None:
        """A run begins, of so many synsets; 0 if nobody knows how many."""

    def waiting(self, what: str) -> None:
        """Another process works on `what`, a synset for example, and this one waits for it."""

    def resting(self, who: str, seconds: float) -> None:
        """A service has asked for a pause, and is asked again afterwards.

        Parameters
        ----------
        who : str
            The service.
        seconds : float
            How long the pause is.
        """

    def rationed(self, rations: Sequence[RationedHost]) -> None:
        """No links are left but those of hosts that ration their answers."""

    def slow(self, hosts: Sequence[str]) -> None:
        """These hosts have been asked and have not answered for a while; often told."""

    def trouble(self, said: str) -> None:
        """Something is wrong that does not end the run."""

    def begin(
        self, wnid: str, links: int, wanted: int | None = None, *, from_wayback: bool = False
    ) -> None:
        """More links of a synset are about to be asked for.

        Parameters
        ----------
        wnid : str
            The synset.
        links : int
            How many links.
        wanted : int, optional
            How many pictures are enough, by default all.
        from_wayback : bool, optional
            Whether the Wayback Machine is asked for links that have failed.
        """

    def settled(self, record: Record) -> None:
        """A link has its final or its next record."""

    def ended(self, wnid: str, *, is_done: bool = True) -> None:
        """No link of a synset is asked for any more.

        Parameters
        ----------
        wnid : str
            The synset.
        is_done : bool, optional
            Whether it is done; else its other links have their turn later.
        """

    def advance(self, what: str, done: int, total: int) -> None:
        """A part of something long is done.

        Parameters
        ----------
        what : str
            What is read or written.
        done : int
            Bytes that are done.
        total : int
            Bytes in all, 0 if nobody knows.
        """

    def end(self) -> None:
        """What was begun, or something long, is done."""
