"""How numbers stand in sentences."""

from __future__ import annotations


def counted(count: int, noun: str) -> str:
    """Return how many of something there are, such as "1 picture" or "2 pictures"."""
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
