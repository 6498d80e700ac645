"""Where the processor's time goes in one `ck download` of healthy pictures: by part, per picture.

The program runs as it is, in one process, with a clock of each thread's own processor time around
the functions that do a part. What is timed inside another part counts for the inner one only.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections import defaultdict
from concurrent.futures import ProcessPoolExecutor
from functools import partial, wraps
from pathlib import Path
from typing import Any, Callable, Sequence

import nginx
from measure import LIBRARY, machine, table
from ours import WNID, registered, write_list

PARTS = {
    "HTTP": ["ck_imagenet.http.client:Client.ask"],
    "check": ["ck_imagenet.images.judging:judge"],
    "hash": ["ck_imagenet.images.judging:is_placeholder", "ck_imagenet.engine.attempts:saved"],
    "file": [
        "ck_imagenet.storage.folder_store:_SynsetFolder.save",
        "ck_imagenet.storage.ck_store:_SynsetRepository.save",
    ],
    "CK": ["ck_imagenet.storage.ck_store:_SynsetRepository.describe"],
    "duplicates": [
        "ck_imagenet.engine.recorder:SynsetRecorder.reserve",
        "ck_imagenet.engine.recorder:SynsetRecorder.record",
    ],
    "journal": ["ck_imagenet.storage.journal:Journal.append"],
}
"""The functions of each part, as those who call them know them."""

REST = "turns, threads"


class Clocks:
    """The processor time of all threads, by part."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = defaultdict(float)
        self._thread = threading.local()
        self._lock = threading.Lock()

    def around(self, part: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """Return the function with its time counted for a part."""

        @wraps(function)
        def timed(*args: Any, **kwargs: Any) -> Any:
            outer = getattr(self._thread, "inner", 0.0)
            self._thread.inner = 0.0
            start = time.thread_time()
            try:
                return function(*args, **kwargs)
            finally:
                took = time.thread_time() - start
                with self._lock:
                    self.seconds[part] += took - self._thread.inner
                self._thread.inner = outer + took

        return timed

    def install(self) -> None:
        """Put clocks around the functions of all parts."""
        for part, places in PARTS.items():
            for place in places:
                self._replace(place, partial(self.around, part))

    @staticmethod
    def _replace(place: str, change: Callable[[Any], Any]) -> None:
        module, _, name = place.partition(":")
        *outer, last = name.split(".")
        owner: Any = importlib.import_module(module)
        for step in outer:
            owner = getattr(owner, step)
        setattr(owner, last, change(getattr(owner, last)))


def main() -> None:
    """Print the table of benchmarks/README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pictures", type=int, default=5200)
    parser.add_argument("--jobs", type=int, default=32)
    options = parser.parse_args()
    if not nginx.PROGRAM():
        sys.exit(nginx.MISSING)
    print(f"{machine()}: {options.pictures} pictures, one process\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        files = nginx.draw_pictures(folder / "root", options.pictures)
        with nginx.Nginx(folder) as server:
            urls = server.urls(files)
            columns = [_in_a_process(urls, options.jobs, folder, outdir) for outdir in ("", "out")]
    rows = [
        (part, *(f"{column[part] / options.pictures * 1000:.3f} ms" for column in columns))
        for part in [*PARTS, REST, "sum"]
    ]
    table(["CPU per picture", "CK entries", "--outdir"], rows)


def _in_a_process(urls: Sequence[str], jobs: int, folder: Path, outdir: str) -> dict[str, float]:
    spawn = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=spawn) as pool:
        return pool.submit(profile, urls, jobs, folder / f"run-{outdir}", outdir).result()


def profile(urls: Sequence[str], jobs: int, folder: Path, outdir: str) -> dict[str, float]:
    """Download once and return the seconds of processor that each part took."""
    folder.mkdir()
    write_list(folder / "list.txt", urls)
    os.environ.update(registered(folder / "repositories"))
    sys.path.insert(0, str(LIBRARY))
    ck = importlib.import_module("ck.kernel")  # now, since it reads CK_REPOS once

    clocks = Clocks()
    clocks.install()
    start = time.process_time()
    options = {"jobs": jobs, "processes": 1, "allow_private": "127.0.0.0/8"}
    if outdir:
        options["outdir"] = str(folder / outdir)
    request = {"action": "download", "module_uoa": "imagenet", "wnid": WNID, **options}
    result = ck.access({**request, "urls": str(folder / "list.txt")})
    if result["return"] or result["synsets"][0]["saved"] != len(urls):
        sys.exit(str(result))
    total = time.process_time() - start
    clocks.seconds[REST] = total - sum(clocks.seconds.values())
    clocks.seconds["sum"] = total
    return clocks.seconds


if __name__ == "__main__":
    main()
