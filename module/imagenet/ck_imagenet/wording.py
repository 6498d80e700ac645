"""How numbers, and names that may be many, stand in sentences."""

from __future__ import annotations

from typing import Sequence


def counted(count: int, noun: str) -> str:
    """Return how many of something there are, such as "1 picture" or "2 pictures"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"


def some(names: Sequence[str], most: int = 20) -> str:
    """Return the first names of what may be thousands."""
    return ", ".join(names[:most]) + (", …" if len(names) > most else "")
