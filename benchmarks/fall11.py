"""The archive of all URLs beside gzip, tar and grep, on a list of the true size.

Needs 3 GB in TMPDIR, which are given back in the end.
"""

from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median
from typing import NamedTuple

import fall11_list
from measure import LIBRARY, Cost, cost, in_turn, machine, table
from ours import CK, registered

sys.path.insert(0, str(LIBRARY))

from ck_imagenet.sources.url_archive import Archive

TGZ = "imagenet_fall11_urls.tgz"
GETURLS = "ck geturls imagenet"
# Runs the command that follows, and writes down the most memory that a process of it had.
_WATCHED = (
    "import resource, subprocess, sys; subprocess.run(sys.argv[1:], check=True); "
    "open('peak', 'w').write(str(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss))"
)


class Run(NamedTuple):
    """What a command line cost."""

    cost: Cost
    peak: float
    """Of the memory of its largest process, in MB."""


def main() -> None:
    """Print the table of benchmarks/README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--lines", type=int, default=fall11_list.LINES)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        lines = _lines(_packed_list(folder, options.lines))
        environment = registered(folder / "CK_REPOS")

        def measure(line: str) -> Run:
            ck = " ".join(map(shlex.quote, CK))
            words = ["sh", "-c", line.replace("ck ", f"{ck} ")]
            took = cost([sys.executable, "-c", _WATCHED, *words], folder, environment)
            return Run(took, int((folder / "peak").read_text()) / 1024)

        print(f"{machine()}: {options.lines:,} lines, medians of {options.runs} runs in turn\n")
        results = in_turn(lines, options.runs, measure)
        titles = ["command", "time", "processor", "memory"]
        table(titles, (_row(line, runs) for line, runs in zip(lines, results)))
        _print_lookups(folder / "CK_REPOS" / "local" / "imagenet" / "fall11")


def _packed_list(folder: Path, lines: int) -> str:
    """Pack a list as ImageNet has packed its own; return a synset in the middle of it."""
    plain = folder / "fall11_urls.txt"
    fall11_list.write(plain, lines)
    with plain.open("rb") as stream:
        stream.seek(plain.stat().st_size // 2)
        stream.readline()
        wnid = stream.readline().partition(b"_")[0].decode()
    subprocess.run(["tar", "czf", TGZ, plain.name], cwd=folder, check=True)
    plain.unlink()
    return wnid


def _lines(wnid: str) -> list[str]:
    """Return the command lines, each of ours after what does the same without it."""
    return [
        f"gzip -dc {TGZ} | gzip -1 > packed",
        f"{GETURLS} --all --archive={TGZ}",
        f"tar xzOf {TGZ} | grep -a {wnid}_",
        f"{GETURLS} --wnid={wnid}",
        f"tar xzOf {TGZ} | grep -ac '//[^/]*flickr.com'",
        f"{GETURLS} --search-url=flickr.com",
        f"{GETURLS} --search-url=nowhere.example",
    ]


def _row(line: str, runs: list[Run]) -> list[str]:
    took = sorted(runs, key=lambda run: run.cost.wall)[len(runs) // 2]
    peak = max(run.peak for run in runs)
    shown = line.replace("|", "\\|")
    return [f"`{shown}`", f"{took.cost.wall:.2f} s", f"{took.cost.cpu:.2f} s", f"{peak:.0f} MB"]


def _print_lookups(home: Path) -> None:
    """Print what reading a synset takes in a process that has the library: the best of three."""
    wnids = list(Archive.needed(home, "all").counts())
    seconds = []
    for wnid in wnids[:: max(1, len(wnids) // 200)]:
        tries = []
        for _ in range(3):
            start = time.perf_counter()
            Archive.needed(home, "all").lines(wnid)
            tries.append(time.perf_counter() - start)
        seconds.append(min(tries))
    middle, longest = median(seconds) * 1000, max(seconds) * 1000
    print(
        f"\na synset in the process: {middle:.1f} ms, at most {longest:.1f} ms, of {len(seconds)}"
    )


if __name__ == "__main__":
    main()
