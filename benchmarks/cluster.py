"""What a Dask cluster costs: the same links fetched by the command itself, and by workers."""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

import nginx
from measure import CHECKOUT, cost, in_turn, machine, table
from ours import CK, registered, write_list

sys.path.insert(0, str(CHECKOUT / "tests"))

from ck_imagenet.catalogue import synsets
from ck_imagenet.core.text import counted
from dask_cluster import DaskCluster

SYNSETS = 20
ALIVE = 0.6
"""Of the links; nginx says of the others that they are gone."""


class Case(NamedTuple):
    """So many workers of two threads each, or none: then the command fetches by itself."""

    workers: int

    def __str__(self) -> str:
        return counted(self.workers, "worker") if self.workers else "the command itself"


class Run(NamedTuple):
    """The seconds of a run, its command's own seconds of processor, and the pictures it got."""

    wall: float
    cpu: float
    pictures: int


def main() -> None:
    """Print the table of benchmarks/README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--links", type=int, default=12_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    if not nginx.PROGRAM():
        sys.exit(nginx.MISSING)
    print(f"{machine()}\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        files = nginx.draw_pictures(folder / "root", int(options.links * ALIVE))
        files += [f"gone-{number}.jpg" for number in range(options.links - len(files))]
        with nginx.Nginx(folder) as server:
            wnids = [synset.wnid for synset in synsets.load().synsets[:SYNSETS]]
            write_list(folder / "list.txt", server.urls(files), wnids)
            cases = [Case(workers) for workers in options.workers]
            results = in_turn(cases, options.runs, lambda case: measure(case, folder))
    rows = []
    for case, runs in zip(cases, results):
        wall, cpu = median(run.wall for run in runs), median(run.cpu for run in runs)
        rates = f"{options.links / wall:.0f}", f"{cpu / options.links * 1000:.2f} ms"
        got = f"{min(run.pictures for run in runs):,} of {int(options.links * ALIVE):,}"
        rows.append([str(case), f"{wall:.1f} s", *rates, got])
    table(["who fetches", "time", "links a second", "CPU of the command, a link", "pictures"], rows)


def measure(case: Case, folder: Path) -> Run:
    """Download all links into a CK_REPOS of its own; the cluster is there before that begins."""
    with tempfile.TemporaryDirectory(dir=folder) as name:
        place = Path(name)
        environment = registered(place / "CK_REPOS")
        command = [
            *(*CK, "download", "imagenet", "--quiet", f"--urls={folder / 'list.txt'}"),
            *("--jobs=32", "--allow-private=127.0.0.0/8"),
        ]
        if case.workers:
            with DaskCluster(place / "cluster", environment, case.workers) as cluster:
                engine = ["--engine=dask", f"--scheduler={cluster.address}"]
                done = cost([*command, *engine], place, environment)
        else:
            done = cost(command, place, environment)
        pictures = len(list(place.glob("CK_REPOS/*/dataset/*/*.jpg")))
        return Run(done.wall, done.cpu, pictures)


if __name__ == "__main__":
    main()
