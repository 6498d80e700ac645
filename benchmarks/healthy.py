"""Pictures that are all there, from nginx on forty loopback addresses: ours beside its peers."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from typing import NamedTuple, Sequence

import nginx
import peers
from measure import Cost, machine, table
from ours import Ours
from trial import Suited, Tool, attempt, in_turn_at_best, present

ENTRIES = Ours("ck download", ("--processes=1",))
ENTRIES_TWICE = Ours("ck download, 2 processes", ("--processes=2",))
TOOLS: Sequence[Tool] = (
    ENTRIES,
    ENTRIES_TWICE,
    Ours("ck download --outdir", ("--processes=1",), into_entries=False),
    Ours("ck download --outdir, 2 processes", ("--processes=2",), into_entries=False),
    peers.IMG2DATASET_ONCE,
    peers.IMG2DATASET_TWICE,
    peers.ARIA2C,
    peers.WGET_MANY,
    peers.CURL,
)


class Run(NamedTuple):
    """One run: what the tool took, what nginx took, and how many whole pictures came of it."""

    cost: Cost
    server_cpu: float
    pictures: int

    def __str__(self) -> str:
        return f"{self.cost.wall:.2f} s, {self.cost.cpu:.2f} s of CPU, {self.pictures} pictures"


def main() -> None:
    """Print the tables of benchmarks/README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--pictures", type=int, nargs="+", default=[1300, 5200])
    parser.add_argument("--only", default="", help="tools whose name contains this")
    options = parser.parse_args()
    if not nginx.PROGRAM():
        sys.exit(nginx.MISSING)
    print(machine())
    tools = present([tool for tool in TOOLS if options.only in tool.name])
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        files = nginx.draw_pictures(folder / "root", max(options.pictures))
        with nginx.Nginx(folder) as server:
            for number in options.pictures:
                print(f"\n{number} pictures, medians of {options.runs} runs in turn\n")
                compare(tools, server, files[:number], options.runs, folder)


def compare(
    tools: Sequence[Tool], server: nginx.Nginx, files: list[str], runs: int, place: Path
) -> None:
    """Measure all tools on a list, and print what came of it."""
    urls = server.urls(files)

    def measure(suited: Suited) -> Run:
        before = server.cpu()
        done = attempt(suited.tool, urls, suited.slots, place)
        return Run(done.cost, server.cpu() - before, len(done.kept))

    results = in_turn_at_best(tools, runs, measure)
    medians = {suited: _median(found) for suited, found in results.items()}
    _print_rates(medians, len(urls))
    _print_two_cores(medians, len(urls))


def _median(runs: Sequence[Run]) -> Run:
    """Return the run of the median wall time, whose other figures belong together."""
    return sorted(runs, key=lambda run: run.cost.wall)[len(runs) // 2]


def _print_rates(medians: dict[Suited, Run], number: int) -> None:
    ours = next((run.cost.wall for case, run in medians.items() if case.tool == ENTRIES), None)
    rows = [
        (
            case.tool.name,
            str(case.slots),
            f"{run.cost.wall:.2f} s",
            f"{number / run.cost.wall:.0f}",
            f"{run.cost.wall / ours:.2f}" if ours else "",
            f"{run.cost.cpu / number * 1000:.2f} ms",
            f"{run.server_cpu / number * 1000:.2f} ms",
            f"{run.pictures} of {number}",
        )
        for case, run in medians.items()
    ]
    table(["tool", "slots", "time", "a second", "times ours", "CPU each", "nginx's", "got"], rows)


def _print_two_cores(medians: dict[Suited, Run], number: int) -> None:
    """Print how much of what two cores allow two processes reach.

    Two cores give two seconds of processor a second, of which each picture takes what one process
    of ours and nginx take for it.
    """
    by_tool = {case.tool: run for case, run in medians.items()}
    if not {ENTRIES, ENTRIES_TWICE} <= by_tool.keys():
        return
    one, two = by_tool[ENTRIES], by_tool[ENTRIES_TWICE]
    allowed = 2 / ((one.cost.cpu + one.server_cpu) / number)
    reached = number / two.cost.wall
    print(
        f"\nTwo cores allow 2 / (ours + nginx's) = {allowed:.0f} a second; "
        f"2 processes reach {reached:.0f}, {reached / allowed:.2f} of it."
    )


if __name__ == "__main__":
    main()
