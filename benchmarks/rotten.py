"""Lists as rotten as in reality: what each downloader gets of 1,300 URLs, and how long it takes."""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path
from statistics import median
from typing import Sequence

import peers
from measure import machine, table
from ours import Ours
from practice import Truth, World
from trial import SLOTS, Attempt, Suited, Tool, attempt, in_turn_at_best, present

LONGEST = 150
"""Seconds after which a tool is stopped: a byte a second for ever keeps some of them for ever."""

TOOLS: Sequence[Tool] = (
    Ours("ck download"),
    Ours("ck download --outdir", into_entries=False),
    peers.IMG2DATASET_ONCE,
    peers.IMG2DATASET_RETRYING,
    peers.ARIA2C,
    peers.WGET,
    peers.CURL,
)


def main() -> None:
    """Print the tables of benchmarks/README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--longest", type=float, default=LONGEST)
    parser.add_argument("--worlds", nargs="+", default=["rotten", "long tail"])
    parser.add_argument("--only", default="", help="tools whose name contains this")
    options = parser.parse_args()
    print(machine())
    tools = present([tool for tool in TOOLS if options.only in tool.name])
    with tempfile.TemporaryDirectory() as place:
        for name in options.worlds:
            print(f"\n{name}, medians of {options.runs} runs in turn\n")
            compare(tools, World(name), options.runs, options.longest, Path(place))


def compare(tools: Sequence[Tool], world: World, runs: int, longest: float, place: Path) -> None:
    """Measure all tools on a world and print what came of it."""

    def measure(suited: Suited) -> Attempt:
        with world as urls:
            return attempt(suited.tool, urls, suited.slots, place, longest)

    _print(world.truth, in_turn_at_best(tools, runs, measure))


def _print(truth: Truth, results: dict[Suited, list[Attempt]]) -> None:
    """Print a row for each tool, and the lower bound."""
    bound = truth.bound(max(SLOTS))
    print(
        f"Lower bound: the larger of {peers.TIMEOUT} s and ({truth.waiting:.0f} s of latencies + "
        f"{truth.patience} stuck hosts x {peers.TIMEOUT} s) / {max(SLOTS)} slots = {bound:.1f} s\n"
    )
    titles = [
        "tool",
        "slots",
        "time",
        "times the bound",
        "obtained",
        "missed",
        "wrong kept",
        "last",
    ]
    table(titles, [_row(case, attempts, truth, bound) for case, attempts in results.items()])


def _row(case: Suited, attempts: Sequence[Attempt], truth: Truth, bound: float) -> list[str]:
    wall = median(attempt.cost.wall for attempt in attempts)
    more = "" if attempts[0].cost.ended else "> "
    obtained = [len(truth.pictures & attempt.kept.keys()) for attempt in attempts]
    wrong = [attempt.pictures - got for attempt, got in zip(attempts, obtained)]
    wanted = len(truth.pictures)
    return [
        case.tool.name,
        str(case.slots),
        f"{more}{wall:.1f} s",
        f"{more}{wall / bound:.2f}",
        f"{median(obtained):.0f} of {wanted}",
        f"{wanted - median(obtained):.0f}",
        f"{median(wrong):.0f}",
        f"{median(attempt.last for attempt in attempts):.1f} s",
    ]


if __name__ == "__main__":
    main()
