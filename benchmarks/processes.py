"""Processes watched from outside, through Linux's /proc."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Iterator, NamedTuple

_TICKS = os.sysconf("SC_CLK_TCK")


class Memory(NamedTuple):
    """The resident memory of a process in kilobytes, 0 if it has ended."""

    now: int = 0
    peak: int = 0


def descendants(pid: int) -> Iterator[int]:
    """Yield the processes that a process has started, and theirs."""
    with suppress(OSError):
        for thread in Path(f"/proc/{pid}/task").iterdir():
            for child in map(int, (thread / "children").read_text().split()):
                yield child
                yield from descendants(child)


def memory(pid: int) -> Memory:
    """Return how much memory a process has, and had at most."""
    with suppress(OSError):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        fields = dict(line.split(":", 1) for line in lines)
        if "VmHWM" in fields:
            return Memory(*(int(fields[name].split()[0]) for name in ("VmRSS", "VmHWM")))
    return Memory()


def processor(pid: int) -> float:
    """Return the seconds of processor that a process has taken, 0 if it has ended."""
    with suppress(OSError):
        # After its name, which may hold anything but is in parentheses.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS
    return 0.0


def files_open(pid: int) -> int:
    """Return how many files and connections a process has open, 0 if it has ended."""
    with suppress(OSError):
        return sum(1 for _ in Path(f"/proc/{pid}/fd").iterdir())
    return 0
