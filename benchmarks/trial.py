"""One tool's attempt at a list of URLs: what it took, and what it kept."""

from __future__ import annotations

import hashlib
import os
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Callable, Iterator, NamedTuple, Protocol, Sequence, TypeVar, Union

from measure import Cost, in_turn
from ours import Ours
from peers import Peer

Tool = Union[Ours, Peer]

SLOTS = (32, 64)
"""Each tool gets the number that suits it best."""

_EXTENSIONS = {".jpg", ".jpeg", ".png", ".gif", ".webp", ".bmp"}


class Suited(NamedTuple):
    """A tool with the number of slots that suits it."""

    tool: Tool
    slots: int

    def __str__(self) -> str:
        return f"{self.tool}, {self.slots} slots"


class Measured(Protocol):
    """Whatever is measured of a tool, its cost among it."""

    @property
    def cost(self) -> Cost:
        """What it took."""

    @property
    def pictures(self) -> int:
        """How many files came of it."""


Result = TypeVar("Result", bound=Measured)


class Attempt(NamedTuple):
    """What a tool took, and what it kept."""

    cost: Cost
    kept: Counter[str]
    """How often which bytes, by their checksum."""
    last: float
    """Seconds after which the last of them came."""

    @property
    def pictures(self) -> int:
        """How many files were kept."""
        return sum(self.kept.values())

    def __str__(self) -> str:
        more = "" if self.cost.ended else ", stopped"
        return f"{self.cost.wall:.2f} s, {self.pictures} files{more}"


def attempt(
    tool: Tool, urls: Sequence[str], slots: int, place: Path, longest: float = 600
) -> Attempt:
    """Let a tool download a list into a new folder in `place`, which keeps its files, emptied.

    To remove them would slow the next run down: ext4 spends its time on going round the inodes that
    were freed in the last minutes.
    """
    folder = Path(tempfile.mkdtemp(dir=place))
    start = time.time()
    took = tool.run(urls, folder, slots, longest)
    pictures = list(_pictures(folder / "got"))
    kept = Counter(map(_checksum, pictures))
    if not kept:
        print((folder / "said").read_text(errors="replace")[-500:], file=sys.stderr)
    last = max((path.stat().st_ctime for path in pictures), default=start) - start
    for path in folder.rglob("*"):
        if path.is_file():
            os.truncate(path, 0)
    return Attempt(took, kept, last)


def in_turn_at_best(
    tools: Sequence[Tool], runs: int, measure: Callable[[Suited], Result]
) -> dict[Suited, list[Result]]:
    """Measure each tool with 32 and with 64 slots, then in further runs with the better number.

    A tool that had to be stopped is measured once.
    """
    both = [Suited(tool, slots) for tool in tools for slots in SLOTS]
    tried = dict(zip(both, in_turn(both, 1, measure)))

    def rank(suited: Suited) -> tuple[bool, float]:
        first = tried[suited][0]
        return not first.cost.ended, first.cost.wall if first.cost.ended else -first.pictures

    best = [min((Suited(tool, slots) for slots in SLOTS), key=rank) for tool in tools]
    again = [suited for suited in best if tried[suited][0].cost.ended]
    for suited, results in zip(again, in_turn(again, runs - 1, measure)):
        tried[suited] += results
    return {suited: tried[suited] for suited in best}


def checksum(data: bytes) -> str:
    """Return what two files with the same bytes have in common."""
    return hashlib.sha256(data).hexdigest()


def present(tools: Sequence[Tool]) -> list[Tool]:
    """Return the tools that are there, and name the others on standard output."""
    for tool in tools:
        if tool.missing():
            print(tool.missing())
    return [tool for tool in tools if not tool.missing()]


def _checksum(path: Path) -> str:
    return checksum(path.read_bytes())


def _pictures(folder: Path) -> Iterator[Path]:
    """Yield what a user would take for pictures that are done, in whichever way a tool keeps them.

    aria2c marks what is not done by a file beside it; CK and img2dataset keep metadata.
    """
    for path in folder.rglob("*"):
        hidden = any(part.startswith(".") for part in path.relative_to(folder).parts)
        begun = path.with_name(path.name + ".aria2").exists()
        if path.suffix.lower() in _EXTENSIONS and path.is_file() and not (hidden or begun):
            yield path
