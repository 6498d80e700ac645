"""What all benchmarks share: the time and processor of a command, runs in turn, tables."""

from __future__ import annotations

import os
import platform
import resource
import signal
import subprocess
import sys
import tempfile
import threading
import time
from contextlib import suppress
from itertools import chain
from pathlib import Path
from typing import Callable, Iterable, Mapping, NamedTuple, Sequence, TypeVar

CHECKOUT = Path(__file__).resolve().parent.parent
LIBRARY = CHECKOUT / "module" / "imagenet"

# As for users: else each command compiles its modules anew, which takes as long as all imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

Case = TypeVar("Case")
Result = TypeVar("Result")


class Command(NamedTuple):
    """A command that is measured, called so in the table."""

    name: str
    words: Sequence[str]

    def __str__(self) -> str:
        return self.name


class Cost(NamedTuple):
    """The seconds that a command took: of the clock, and of processor with all its children."""

    wall: float
    cpu: float
    ended: bool = True
    """False if it had to be stopped, so that it would have taken longer."""


def cost(
    command: Sequence[str],
    folder: Path,
    environment: Mapping[str, str] = os.environ,
    longest: float = 600,
) -> Cost:
    """Run a command in a folder to its end, or for `longest` seconds, and return what it took.

    What it says lands in `said` in that folder. It may fail: the bulk downloaders do at dead links.
    """
    before, start = _cpu_of_children(), time.perf_counter()
    with (folder / "said").open("wb") as said, subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=said,
        stderr=said,
        start_new_session=True,
    ) as process:
        # A timer, since `wait` with a timeout looks only every twentieth of a second.
        timer = threading.Timer(longest, _end_group, [process.pid])
        timer.start()
        try:
            process.wait()
            wall = time.perf_counter() - start
        finally:
            timer.cancel()
            _end_group(process.pid)
    return Cost(wall, _cpu_of_children() - before, wall < longest)


def _end_group(leader: int) -> None:
    with suppress(ProcessLookupError):
        os.killpg(leader, signal.SIGTERM)  # after SIGKILL, Python would leave semaphores behind


def _cpu_of_children() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def in_turn(
    cases: Sequence[Case], runs: int, measure: Callable[[Case], Result]
) -> list[list[Result]]:
    """Measure each case so many times, all of them in turn, and return the results of each.

    So whatever else the machine does disturbs all alike. Progress goes to standard error.
    """
    results: list[list[Result]] = [[] for _ in cases]
    for run in range(runs):
        for case, found in zip(cases, results):
            found.append(measure(case))
            print(f"  run {run + 1} of {runs}: {case}: {found[-1]}", file=sys.stderr, flush=True)
    return results


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """Print a table in Markdown, each row as soon as it is there."""
    for cells in chain((titles, ["---"] * len(titles)), rows):
        print(f"| {' | '.join(cells)} |", flush=True)


def machine() -> str:
    """Return what the figures were measured on: what decides them, and nothing personal."""
    python, files = platform.python_version(), _file_system(Path(tempfile.gettempdir()).resolve())
    return (
        f"{os.cpu_count()} cores, {platform.system()} {platform.machine()}, Python {python}{files}"
    )


def _file_system(folder: Path) -> str:
    """Say on what kind of file system a folder is, where /proc tells."""
    mounts = Path("/proc/mounts")
    if not mounts.exists():
        return ""
    kinds = {Path(line.split()[1]): line.split()[2] for line in mounts.read_text().splitlines()}
    return next((f", files on {kinds[at]}" for at in (folder, *folder.parents) if at in kinds), "")
