"""A sampler: what the processes of a run have, once a second, seen from outside."""

from __future__ import annotations

import csv
import time
from pathlib import Path
from typing import Iterator, NamedTuple

from processes import descendants, files_open, memory, processor


class Sample(NamedTuple):
    """What one process had at one time."""

    time: float
    pid: int
    memory: int
    """Kilobytes that were resident."""
    peak: int
    """The most that were so far."""
    files: int
    """Files and connections that were open."""


class Watch:
    """Watches a process and all that it starts.

    Parameters
    ----------
    path : Path
        The file to which samples are added.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._processor: dict[int, float] = {}

    @property
    def processor(self) -> float:
        """The seconds of processor that all of them have taken, as far as has been seen."""
        return sum(self._processor.values())

    def look(self, leader: int) -> None:
        """Take a sample of each of them."""
        with self._path.open("a", newline="") as stream:
            writer = csv.writer(stream)
            for pid in (leader, *descendants(leader)):
                had = memory(pid)
                if had.peak:
                    used = processor(pid)
                    self._processor[pid] = max(used, self._processor.get(pid, 0))
                    writer.writerow(Sample(time.time(), pid, had.now, had.peak, files_open(pid)))


def samples(path: Path) -> Iterator[Sample]:
    """Yield all samples in a file."""
    with path.open(newline="") as stream:
        for row in csv.reader(stream):
            if len(row) == len(Sample._fields):  # else its writer was killed
                yield Sample(float(row[0]), *map(int, row[1:]))
