"""What it takes to read what is here: `ck check` and `ck status`, and the page of `ck browse`.

Needs nginx, from which the pictures come; for the page Chromium and its ChromeDriver as well.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
from pathlib import Path
from statistics import median
from typing import Sequence

import nginx
from measure import CHECKOUT, Command, cost, in_turn, machine, table
from ours import CK, WNID, Ours

sys.path.insert(0, str(CHECKOUT / "tests"))

from browser import CHROMIUM, DRIVER, Browser

_SLOTS = 64
_LONGEST = 600
_FIRST_PAINT = "performance.getEntriesByName('first-contentful-paint').map(each => each.startTime)"
_LOADED = "performance.getEntriesByType('navigation').map(each => each.loadEventEnd)"


def main() -> None:
    """Print the tables of benchmarks/README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--entries", type=int, default=4000)
    parser.add_argument("--pictures", type=int, default=3000, help="on the page")
    options = parser.parse_args()
    if not nginx.PROGRAM():
        sys.exit(nginx.MISSING)
    print(f"{machine()}, {options.runs} runs in turn\n")
    with tempfile.TemporaryDirectory() as name:
        compare_readers(Path(name), options.entries, options.runs)
    if not (CHROMIUM and DRIVER):
        sys.exit("Chromium is missing: apt-get install chromium chromium-driver")
    with tempfile.TemporaryDirectory() as name:
        show(Path(name), options.pictures, options.runs)


def compare_readers(folder: Path, entries: int, runs: int) -> None:
    """Measure what reads CK entries, beside what any program must do that reads the files."""
    _download(folder, Ours("ck download"), nginx.draw_pictures(folder / "root", entries))
    environment = {**os.environ, "CK_REPOS": str(folder / "got")}
    pictures = map(str, (folder / "got").glob(f"imagenet-{WNID}/dataset/*/{WNID}_*.jpg"))
    readers = [
        Command("`ck check`", [*CK, "check", "imagenet"]),
        Command("`ck check --decode`", [*CK, "check", "imagenet", "--decode"]),
        Command("`ck status`", [*CK, "status", "imagenet"]),
        Command("`sha256sum` of their files, one process", ["sha256sum", *pictures]),
    ]

    def measure(reader: Command) -> float:
        return round(cost(reader.words, folder, environment).wall, 3)

    results = in_turn(readers, runs, measure)
    rows = [
        [reader.name, f"{median(found):.2f} s", _from_to(found)]
        for reader, found in zip(readers, results)
    ]
    table([f"{entries:,} entries", "median", "from, to"], rows)


def show(folder: Path, pictures: int, runs: int) -> None:
    """Measure how long a page takes to be seen, in a browser that has just been started."""
    files = nginx.draw_pictures(folder / "root", pictures, alike=False)
    _download(folder, Ours("ck download --outdir", into_entries=False), files)
    page = folder / "page.html"
    environment = {**os.environ, "CK_REPOS": str(folder / "repositories")}
    command = [*CK, "browse", "imagenet", f"--wnid={WNID}", f"--outdir={folder / 'got'}"]
    command += [f"--save={page}", "--no-open"]
    first, again = (cost(command, folder, environment).wall for _ in range(2))
    seen = [_seen(folder / f"profile-{run}", page) for run in range(runs)]
    paint, loaded = zip(*seen)
    rows = [
        ["size", f"{page.stat().st_size / 1e6:.1f} MB", ""],
        ["first paint", f"{median(paint):.2f} s", _from_to(paint)],
        ["all of it loaded", f"{median(loaded):.2f} s", _from_to(loaded)],
        ["written for the first time", f"{first:.1f} s", ""],
        ["written again", f"{again:.1f} s", ""],
    ]
    print()
    table([f"page of {pictures:,} pictures", "median", "from, to"], rows)


def _download(folder: Path, ours: Ours, files: list[str]) -> None:
    folder.chmod(0o755)
    with nginx.Nginx(folder) as server:
        ours.run(server.urls(files), folder, _SLOTS, _LONGEST)


def _seen(profile: Path, page: Path) -> tuple[float, float]:
    """Return after how many seconds a page begins to be seen, and after how many it is loaded."""
    with Browser(profile) as browser:
        browser.visit(page.as_uri())
        found = browser.until(
            f"const seen = [...{_FIRST_PAINT}, ...{_LOADED}]; return seen[1] ? seen : null"
        )
    return found[0] / 1000, found[1] / 1000


def _from_to(seconds: Sequence[float]) -> str:
    return f"{min(seconds):.2f} to {max(seconds):.2f} s"


if __name__ == "__main__":
    main()
