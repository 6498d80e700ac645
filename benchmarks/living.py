"""Hosts that live but have links that hang: all that is to be had, as one synset and as twenty."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple, Sequence

from measure import LIBRARY, in_turn, machine, table
from ours import WNID, Ours
from peers import TIMEOUT
from practice import ATTEMPTS, World
from trial import Attempt, attempt

sys.path.insert(0, str(LIBRARY))

from ck_imagenet.catalogue import synsets

JOBS = 64
SYNSETS = 20
STEP = TIMEOUT / 2
"""Seconds that a step of a request is given."""

BOUND = ATTEMPTS * STEP

LONGEST = 300


class Case(NamedTuple):
    """The same links as so many synsets."""

    name: str
    tool: Ours

    def __str__(self) -> str:
        return self.name


def main() -> None:
    """Print the table of benchmarks/README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--jobs", type=int, default=JOBS)
    options = parser.parse_args()
    wnids = [synset.wnid for synset in synsets.load().synsets[:SYNSETS]]
    cases = [
        Case("one synset", Ours("ck download", wnids=(WNID,))),
        Case(f"{SYNSETS} synsets", Ours("ck download", wnids=tuple(wnids))),
    ]
    world = World("living")
    print(f"{machine()}\n\nliving, medians of {options.runs} runs in turn\n")
    with tempfile.TemporaryDirectory() as place:

        def measure(case: Case) -> Attempt:
            with world as urls:
                return attempt(case.tool, urls, options.jobs, Path(place), LONGEST)

        results = in_turn(cases, options.runs, measure)
    titles = ["links as", "obtained", "missed", "wrong", "time", "times the bound", "last"]
    table(titles, [_row(case, runs, world) for case, runs in zip(cases, results)])
    one, many = (median(run.cost.wall for run in runs) for runs in results)
    print(
        f"\nBound: {ATTEMPTS} attempts x {STEP:g} s = {BOUND:g} s. Links that hang on hosts that "
        f"live take {world.truth.hanging} attempts x {STEP:g} s / {options.jobs} connections = "
        f"{world.truth.hanging * STEP / options.jobs:.1f} s of it. "
        f"{SYNSETS} synsets took {many / one:.2f} times as long as one."
    )


def _row(case: Case, runs: Sequence[Attempt], world: World) -> list[str]:
    """Return a row: the worst of what was kept, the median of times."""
    wanted = len(world.truth.pictures)
    obtained = [len(world.truth.pictures & run.kept.keys()) for run in runs]
    wrong = max(run.pictures - got for run, got in zip(runs, obtained))
    wall = median(run.cost.wall for run in runs)
    more = "" if all(run.cost.ended for run in runs) else "> "
    return [
        case.name,
        f"{min(obtained)} of {wanted}",
        f"{wanted - min(obtained)}",
        f"{wrong}",
        f"{more}{wall:.1f} s",
        f"{more}{wall / BOUND:.2f}",
        f"{median(run.last for run in runs):.1f} s",
    ]


if __name__ == "__main__":
    main()
