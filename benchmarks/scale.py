"""All of ImageNet in small: any number of URLs over its synsets, killed half way, and resumed.

    make bench-scale URLS=1000000 FOLDER=/where/there/is/room

What has been done stays in the folder until the end, and the same command goes on from there.
Without one, a folder in TMPDIR is made, and removed in any case. Needs Linux's /proc.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import contextmanager, suppress
from itertools import takewhile
from pathlib import Path
from typing import Iterator, Sequence

import peers
import scale_figures
import scale_world
from measure import CHECKOUT, machine, table
from ours import CK, Ours, leading_to, registered
from processes import descendants, memory
from scale_server import requests
from scale_state import Leg, State, refuse_small_disk
from scale_watch import Watch
from scale_world import GOOD
from trial import Tool, attempt, checksum, present

SLOTS = 64
SLICE = 20_000
"""Links that others are measured with."""

_KEPT = 100_000
"""URLs from which on a row is kept."""

_README = CHECKOUT / "benchmarks" / "README.md"
_MARK = "<!-- table of bench-scale -->\n"
_SERVER = [sys.executable, str(Path(__file__).with_name("scale_server.py"))]


def main() -> None:
    """Print the tables of benchmarks/README.md, and keep the row of this many URLs there."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--urls", type=int, default=_KEPT)
    parser.add_argument("--synsets", type=int, default=scale_world.SYNSETS, help="at most")
    parser.add_argument("--folder", type=Path)
    parser.add_argument("--longest", type=float, default=150, help="seconds for img2dataset")
    parser.add_argument("--alone", action="store_true", help="without img2dataset beside it")
    options = parser.parse_args()
    if not Path("/proc/self/task").exists():
        sys.exit("this benchmark looks at processes through /proc, which only Linux has")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(130))
    with _place(options.folder) as folder:
        print(f"{machine()}: {options.urls:,} URLs\n", flush=True)
        state = State.of(folder, options.urls)
        _prepare(folder, state, options.synsets)
        with _serving(folder, state):
            _download(folder, state)
            row = scale_figures.row(folder, state)
            table(scale_figures.TITLES, [row])
            if options.urls >= _KEPT and options.synsets == scale_world.SYNSETS:
                _keep(row)
            if not options.alone:
                print()
                _compare(folder, state, options.longest)


@contextmanager
def _place(folder: Path | None) -> Iterator[Path]:
    """Give the folder of the run; one that nobody has named does not outlive it."""
    if folder:
        place = folder.resolve() / "bench-scale"
        place.mkdir(parents=True, exist_ok=True)
        yield place
        shutil.rmtree(place)
    else:
        with tempfile.TemporaryDirectory() as name:
            yield Path(name).resolve()


def _prepare(folder: Path, state: State, synsets: int) -> None:
    """Make the list and, of it, the archive of all URLs, unless they are there."""
    if state.is_listed:
        return
    refuse_small_disk(folder, state.urls)
    scale_world.write(folder, state.urls, synsets, state.ports)
    environment = registered(folder / "CK_REPOS")
    archive = f"--archive={folder / 'list.txt'}"
    command = [*CK, "geturls", "imagenet", "--all", archive, "--out=json"]
    subprocess.run(command, env=environment, check=True, stdout=subprocess.DEVNULL)
    with (folder / "list.txt").open() as lines:
        wnids = {line[: len("n01440764")]: None for line in lines}
    (folder / "wnids.txt").write_text("\n".join(wnids) + "\n")
    state.is_listed = True
    state.keep(folder)


@contextmanager
def _serving(folder: Path, state: State) -> Iterator[None]:
    """Have all hosts serve meanwhile, and the one that refuses keep its port."""
    with socket.socket() as refusing:
        refusing.bind(("0.0.0.0", state.refusing))  # noqa: S104
        process = subprocess.Popen([*_SERVER, str(state.serving), str(folder / "requests")])
        try:
            _wait_for(state.serving)
            yield
        finally:
            process.terminate()
            process.wait()


def _wait_for(port: int) -> None:
    for _ in range(100):
        with suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.1)
    sys.exit(f"nobody serves at port {port}")


def _download(folder: Path, state: State) -> None:
    """Download everything; kill the downloader half way, unless an earlier run has."""
    half = (folder / "fates").read_bytes().count(GOOD) // 2
    while not state.is_done:
        now = time.time()
        state.legs.append(Leg(began=now, ended=now))
        killed = _leg(folder, state, 0 if state.killed else half)
        state.killed = state.killed or killed
        state.is_done = not killed
        state.keep(folder)


def _leg(folder: Path, state: State, enough: int) -> float:
    """Run the downloader; kill it at so many good links, if any, and return when that was."""
    command = [
        *(*CK, "download", "imagenet", "--yes", "--quiet", "--source=archive"),
        *(_all_or_some(folder), f"--jobs={SLOTS}", f"--timeout={peers.TIMEOUT}"),
        "--no-known-hosts",  # else Flickr's links, three in five, are asked at the pace of today
        *("--allow-private=127.0.0.0/8", f"--resolve={scale_world.resolve_option()}"),
    ]
    progress, watch, leg = _Progress(folder), Watch(folder / "samples.csv"), state.legs[-1]
    with (folder / "said").open("wb") as said, subprocess.Popen(
        command,
        cwd=folder,
        env=leading_to(folder / "CK_REPOS"),
        stdin=subprocess.DEVNULL,
        stdout=said,
        stderr=said,
        start_new_session=True,
    ) as process:
        try:
            while process.poll() is None:
                watch.look(process.pid)
                leg.ended, leg.processor = time.time(), watch.processor
                state.keep(folder)
                if progress.look() >= enough > 0:
                    _kill_all(process.pid)
                    return time.time()
                time.sleep(1 if progress.is_long else 0.2)
        finally:
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
    print((folder / "said").read_text(errors="replace")[-1000:], file=sys.stderr)
    return 0.0


def _kill_all(process: int) -> None:
    """Kill a process and those that it has started, which have sessions of their own."""
    processes = [process, *descendants(process)]
    for each in processes:
        os.kill(each, signal.SIGKILL)
    while any(memory(each).now for each in processes):
        time.sleep(0.005)


def _all_or_some(folder: Path) -> str:
    """Return the option for the synsets that there are: for few URLs, not all."""
    wnids = folder / "wnids.txt"
    everything = len(wnids.read_text().split()) == scale_world.SYNSETS
    return "--all" if everything else f"--wnids={wnids}"


class _Progress:
    """How many good links have been asked for, told on standard error now and then."""

    def __init__(self, folder: Path) -> None:
        self._log = folder / "requests"
        self._fates = (folder / "fates").read_bytes()
        self._read = 0
        self._good = 0
        self._told = time.monotonic()
        self.is_long = len(self._fates) > SLICE

    def look(self) -> int:
        """Return how many there are now."""
        for each in requests(self._log, self._read):
            self._read += 1
            self._good += self._fates[each.place] == GOOD
        if time.monotonic() - self._told > 60:
            self._told = time.monotonic()
            print(f"  {self._read:,} requests, {self._good:,} for pictures", file=sys.stderr)
        return self._good


def _keep(row: Sequence[str]) -> None:
    """Put a row into README's table, in the place of an earlier one of as many URLs."""
    before, marked, after = _README.read_text("utf-8").partition(_MARK)
    head, rule, *lines = takewhile(lambda line: line.startswith("|"), after.splitlines())
    rest = after[sum(len(line) + 1 for line in (head, rule, *lines)) :]
    rows = {_number(line): line for line in (*lines, f"| {' | '.join(row)} |")}
    table = [head, rule, *(rows[number] for number in sorted(rows))]
    text = "".join(f"{line}\n" for line in table)
    _README.write_text(before + marked + text + rest, "utf-8")


def _number(line: str) -> int:
    return int(line.split("|")[1].replace(",", ""))


def _compare(folder: Path, state: State, longest: float) -> None:
    """Measure img2dataset and ours on a slice, at addresses, since img2dataset asks for names."""
    fates = (folder / "fates").read_bytes()
    chance = random.Random(20)  # noqa: S311
    places = set(chance.sample(range(state.urls), min(SLICE, state.urls)))
    with (folder / "list.txt").open() as lines:
        urls = [
            scale_world.at_addresses(line.partition("\t")[2].rstrip(), state.ports)
            for place, line in enumerate(lines)
            if place in places
        ]
    good = [place for place in places if scale_world.is_obtainable(fates[place])]
    wanted = {checksum(scale_world.picture(place)) for place in good}
    tools: list[Tool] = [Ours("ck download"), peers.IMG2DATASET_ONCE, peers.IMG2DATASET_TWICE]
    rows = []
    for tool in present(tools):
        done = attempt(tool, urls, SLOTS, folder, longest)
        got = len(wanted & done.kept.keys())
        more = "" if done.cost.ended else "> "
        rows.append(
            (
                *(tool.name, f"{more}{done.cost.wall:.0f} s", f"{got / done.cost.wall:.0f}"),
                *(f"{done.cost.cpu / max(1, got) * 1000:.2f} ms", f"{got:,} of {len(wanted):,}"),
                f"{done.pictures - got:,}",
            )
        )
    print(f"{len(urls):,} of these URLs, {SLOTS} slots\n")
    table(["tool", "time", "pictures a second", "CPU each", "obtained", "wrong kept"], rows)


if __name__ == "__main__":
    main()
