"""What a tar brought."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.outcomes import Outcome
from ..sources.tars import Fault, Oddity

MOST_EXAMPLES = 3
"""Paths that are kept of each kind of oddity."""


class Oddities:
    """What was odd in a tar.

    Attributes
    ----------
    counts : Counter of Fault
        How much of each kind.
    examples : dict of Fault to list of str
        The first paths of each.
    """

    def __init__(self) -> None:
        self.counts: Counter[Fault] = Counter()
        self.examples: dict[Fault, list[str]] = {}

    def add(self, oddity: Oddity) -> None:
        """Take in one."""
        self.counts[oddity.fault] += 1
        examples = self.examples.setdefault(oddity.fault, [])
        if len(examples) < MOST_EXAMPLES:
            examples.append(oddity.path)


@dataclass
class Unpacked:
    """What a tar brought for one synset."""

    wnid: str
    tar: str
    """Its address, or the name of its file."""
    here: int
    """Pictures that are here now."""
    unread: str = ""
    """Why there was no need to read it, if so."""
    members: int = 0
    """Pictures of the synset in it, as far as it was read."""
    saved: int = 0
    """Pictures that this run saved."""
    failed: Counter[Outcome] = field(default_factory=Counter)
    """What became of members that were not saved."""
    odd: Oddities = field(default_factory=Oddities)
    """What else the tar has."""
    set_aside: list[Path] = field(default_factory=list)
    """Files that were called pictures and were none, where they are now."""

    def facts(self) -> dict[str, Any]:
        """Return the same in plain types, outcomes and faults as their words."""
        return {
            **vars(self),
            "failed": {outcome.word: count for outcome, count in self.failed.most_common()},
            "odd": {fault.word: count for fault, count in self.odd.counts.most_common()},
            "set_aside": list(map(str, self.set_aside)),
        }
