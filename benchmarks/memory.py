"""What long lists cost: the peak memory of each process, and what is left over at the end.

Nine in ten URLs are gone; the rest are tiny pictures, each under ten URLs on ten hosts. The program
runs in a process that looks at itself before and after, and is watched from outside meanwhile.
Needs Linux's /proc.
"""

from __future__ import annotations

import argparse
import gc
import importlib
import io
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections import Counter
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Iterator, NamedTuple

import nginx
from measure import machine, table
from ours import WNID, registered, write_list
from PIL import Image
from processes import descendants, memory

_MIRRORS = 10
_SHARE = 100
"""One distinct picture for so many URLs."""

_spawn = multiprocessing.get_context("spawn")


class Found(NamedTuple):
    """What a run took and left."""

    seconds: float
    saved: int
    left: Counter[str]
    """Threads, processes, sockets and files that were not there before."""


def main() -> None:
    """Print the table of benchmarks/README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--urls", type=int, nargs="+", default=[10_000, 100_000])
    parser.add_argument("--processes", type=int, nargs="+", default=[1, 2])
    options = parser.parse_args()
    if not nginx.PROGRAM():
        sys.exit(nginx.MISSING)
    print(f"{machine()}\n")
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        files = _draw_tiny_pictures(folder / "root", max(options.urls) // _SHARE)
        with nginx.Nginx(folder) as server:
            for number in options.urls:
                urls = server.urls(list(_paths(files[: number // _SHARE], number)))
                for processes in options.processes:
                    place = Path(tempfile.mkdtemp(dir=folder))
                    write_list(place / "list.txt", urls)
                    rows.append(_row(number, processes, *_watched(place, processes)))
    table(["URLs", "processes", "peak of each", "time", "saved", "left over"], rows)


def _draw_tiny_pictures(folder: Path, number: int) -> list[str]:
    folder.mkdir(exist_ok=True)
    names = [f"{which:05}.png" for which in range(number)]
    for which, name in enumerate(names):
        image = io.BytesIO()
        Image.new("RGB", (16, 16), (which % 256, which // 256, 0)).save(image, "PNG")
        (folder / name).write_bytes(image.getvalue())
    return names


def _paths(files: list[str], number: int) -> Iterator[str]:
    """Yield a path for each URL: each file under one name on ten hosts, the others not there."""
    for which in range(number):
        turn, place = divmod(which, _SHARE)
        yield files[turn] if place < _MIRRORS else f"gone/{which}.jpg"


def _watched(place: Path, processes: int) -> tuple[Found, list[int]]:
    """Run the program; return what it found and the peaks of its processes, the first one's first.

    They are in kilobytes. One of about 10 MB is Python's own, which minds what processes share.
    """
    os.environ.update(registered(place / "repositories"))
    ours, theirs = _spawn.Pipe()
    process = _spawn.Process(target=_crawl, args=(place, processes, theirs))
    process.start()
    peaks: dict[int, int] = {}
    while not ours.poll(0.05):
        for pid in (process.pid or 0, *descendants(process.pid or 0)):
            peaks[pid] = max(peaks.get(pid, 0), memory(pid).peak)
    found: Found = ours.recv()
    process.join()
    return found, list(peaks.values())


def _crawl(place: Path, processes: int, end: Connection) -> None:
    ck = importlib.import_module("ck.kernel")  # now, since it reads CK_REPOS once
    request = {"action": "download", "module_uoa": "imagenet", "wnid": WNID}
    options = {"allow_private": "127.0.0.0/8", "processes": processes, "jobs": 64}
    before, start = _held(), time.perf_counter()
    result = ck.access({**request, **options, "urls": str(place / "list.txt")})
    seconds = time.perf_counter() - start
    if result["return"]:
        sys.exit(result["error"])
    gc.collect()
    end.send(Found(seconds, result["synsets"][0]["saved"], _held() - before))


def _held() -> Counter[str]:
    """Return how many threads, processes, sockets and other files this process has."""
    held = Counter(threads=threading.active_count(), processes=len(list(descendants(os.getpid()))))
    for descriptor in Path("/proc/self/fd").iterdir():
        with suppress(OSError):
            target = os.readlink(descriptor)
            held["sockets" if target.startswith("socket:") else "files"] += 1
    return held


def _row(number: int, processes: int, found: Found, peaks: list[int]) -> list[str]:
    left = ", ".join(f"{count} {what}" for what, count in found.left.items()) or "nothing"
    each = " + ".join(f"{peak / 1024:.0f} MB" for peak in peaks)
    return [f"{number:,}", str(processes), each, f"{found.seconds:.1f} s", str(found.saved), left]


if __name__ == "__main__":
    main()
