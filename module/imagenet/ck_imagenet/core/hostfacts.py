"""What is known of hosts, as public reports tell it: one file, read by all who ask or judge.

`data/known_hosts.tsv` has a row for each fact, with where it is told and of when that is. None of
it can be checked from here: it may not be so any more. So `--no-known-hosts` does without all of
it but the placeholders, which are known by what they are, not by whose.
"""

from __future__ import annotations

from enum import Enum
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).with_name("data") / "known_hosts.tsv"


class Fact(Enum):
    """What a row tells of a host, and of what kind its `tells` is."""

    RENAMED = "renamed", "the name that the host has today, with the same path; * is a number"
    REWRITTEN = "rewritten", "the widths of thumbnails that the host still gives"
    RATIONED = "rationed", "requests a second at which to begin; all of a service ration together"
    PLACEHOLDER = "placeholder", "a path, or a checksum, of a picture that says that one is gone"
    ALTERED = "altered", "what the host does to pictures that it gives"

    def __init__(self, word: str, meaning: str) -> None:
        self.word = word
        self.meaning = meaning


class Row(NamedTuple):
    """One fact about hosts."""

    fact: str
    """The word of a `Fact`."""
    host: str
    """A domain, with all below it; `*` in it is a number, and alone any host."""
    service: str
    """The name of what all of its hosts are."""
    tells: str
    seen: str
    """What was seen there."""
    source: str
    """Where that is told: addresses, or whose code it is."""
    date: str
    """Of when that is."""


@lru_cache(maxsize=None)
def every() -> tuple[Row, ...]:
    """Return all rows, in the order of the file."""
    lines = DATA.read_text("utf-8").splitlines()[1:]
    return tuple(Row(*line.split("\t")) for line in lines)


def rows(fact: Fact) -> list[Row]:
    """Return the rows that tell such a fact."""
    return [row for row in every() if row.fact == fact.word]
