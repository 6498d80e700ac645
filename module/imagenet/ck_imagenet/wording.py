"""How numbers and long lists stand in sentences, and how other people's text is shown."""

from __future__ import annotations

from contextlib import suppress
from typing import Sequence


def counted(count: int, noun: str) -> str:
    """Return how many of something there are, such as "1 picture" or "2 pictures"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def some(names: Sequence[str], most: int = 20) -> str:
    """Return the first names of what may be thousands."""
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")


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
