"""From what a benchmark has written down to the figures in its table."""

from __future__ import annotations

import os
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Collection, Iterable, Iterator, NamedTuple, Sequence

from scale_server import Asked, requests
from scale_state import Leg, State
from scale_watch import Sample, samples
from scale_world import FATES, GOOD, is_obtainable

TITLES = (
    *("URLs", "time", "pictures", "a second, first and last fifth", "CPU each"),
    *("memory of a process, first fifth, last, most", "files open"),
    *("a picture takes", "journal", "after the kill", "asked twice"),
)


_READERS = 12


class Kept(NamedTuple):
    """What is on the disk: files and folders, and the bytes of their blocks."""

    pictures: int
    """Those that are to be had."""
    wrong: int
    """Others that are kept."""
    inodes: int
    bytes: int
    journal: int
    """Bytes of the state of all synsets, journal and lists."""


class Twice(NamedTuple):
    """Links that were asked for again although the first answer had settled them."""

    links: int
    around_the_kill: int
    """Those of them that were asked for before and after it."""
    seconds: float
    """Before the kill, the first of these were asked for at the earliest."""


def row(folder: Path, state: State) -> list[str]:
    """Return the row of a table with `TITLES`."""
    fates = (folder / "fates").read_bytes()
    asked = list(requests(folder / "requests"))
    good = _without_pauses([each.time for each in asked if fates[each.place] == GOOD], state.legs)
    fifth = len(good) // 5
    first, last = (good[fifth] - good[0], good[-1] - good[-1 - fifth]) if fifth else (0.0, 0.0)
    seen = list(samples(folder / "samples.csv"))
    wall = sum(leg.ended - leg.began for leg in state.legs)
    wanted = _wanted(folder / "list.txt", fates)
    kept, twice = _kept(folder / "CK_REPOS", wanted), _twice(asked, fates, state.killed)
    number = max(1, kept.pictures)
    cpu = sum(leg.processor for leg in state.legs) / number
    return [
        f"{state.urls:,}",
        f"{wall:,.0f} s",
        f"{kept.pictures:,} of {len(wanted):,}, {kept.wrong:,} wrong",
        f"{fifth / first:.0f}, {fifth / last:.0f}" if first and last else "",
        f"{cpu * 1000:.2f} ms",
        ", ".join(f"{kilobytes / 1024:.0f} MB" for kilobytes in _memory(seen, state.legs)),
        str(max((each.files for each in seen), default=0)),
        f"{kept.inodes / number:.1f} inodes, {kept.bytes / number / 1000:.1f} kB",
        f"{kept.journal / state.urls:.0f} bytes a URL",
        f"{_first_new(asked, state):.1f} s",
        f"{twice.links:,}, {twice.around_the_kill:,} of them in the {twice.seconds:.1f} s before "
        "the kill",
    ]


def _without_pauses(times: Iterable[float], legs: Sequence[Leg]) -> list[float]:
    """Return times as they would be if no leg had a pause before its first request."""
    result: list[float] = []
    pause, previous = 0.0, 0.0
    starts = iter([leg.began for leg in legs[1:]])
    start = next(starts, None)
    for time in times:
        while start is not None and time >= start:
            pause += time - previous
            start = next(starts, None)
        previous = time
        result.append(time - pause)
    return result


def _memory(seen: Sequence[Sample], legs: Sequence[Leg]) -> list[int]:
    """Return the most that a process had in the first fifth of the time, in the last, and ever."""
    begin, end = legs[0].began, legs[-1].ended
    fifth = (end - begin) / 5
    first = (each.memory for each in seen if each.time < begin + fifth)
    last = (each.memory for each in seen if each.time > end - fifth)
    return [max(values, default=0) for values in (first, last, (each.peak for each in seen))]


def _twice(asked: Iterable[Asked], fates: bytes, killed: float) -> Twice:
    counts = Counter(each.place for each in asked if FATES[fates[each.place]].is_settled)
    again = {place for place, count in counts.items() if count > 1}
    before, after = {}, set()
    for each in asked:
        if each.place in again:
            if each.time < killed:
                before[each.place] = each.time
            else:
                after.add(each.place)
    around = before.keys() & after
    return Twice(
        len(again), len(around), killed - min((before[at] for at in around), default=killed)
    )


def _first_new(asked: Iterable[Asked], state: State) -> float:
    """Return the seconds from the start after the kill to the first request for something new."""
    began = next((leg.began for leg in state.legs if leg.began >= state.killed), state.killed)
    known = set()
    for each in asked:
        if each.time < began:
            known.add(each.place)
        elif each.place not in known:
            return each.time - began
    return 0.0


def _wanted(listed: Path, fates: bytes) -> set[str]:
    """Return the names of the pictures that are to be had."""
    with listed.open() as lines:
        return {line.partition("\t")[0] for line, fate in zip(lines, fates) if is_obtainable(fate)}


def _kept(repositories: Path, wanted: Collection[str]) -> Kept:
    """Return what is on the disk of all synsets: the disk serves several threads at once."""
    with ThreadPoolExecutor(_READERS) as readers:
        parts = readers.map(partial(_kept_of, wanted), repositories.glob("imagenet-*"))
        return Kept(*map(sum, zip(*parts)))


def _kept_of(wanted: Collection[str], repository: Path) -> Kept:
    pictures = wrong = inodes = size = journal = 0
    for entry in _entries(str(repository)):
        used = entry.stat(follow_symlinks=False)
        inodes += 1
        size += used.st_blocks * 512
        if entry.name.endswith(".jpg"):
            right = entry.name[: -len(".jpg")] in wanted
            pictures, wrong = pictures + right, wrong + (not right)
        if f"{repository.name}/imagenet/" in entry.path and entry.is_file():
            journal += used.st_size
    return Kept(pictures, wrong, inodes, size, journal)


def _entries(folder: str) -> Iterator[os.DirEntry[str]]:
    with os.scandir(folder) as entries:
        for entry in entries:
            yield entry
            if entry.is_dir(follow_symlinks=False):
                yield from _entries(entry.path)
