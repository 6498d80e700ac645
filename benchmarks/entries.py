"""What an entry of CK costs: through our store, and by CK's bare `add`; read by us, and by CK.

Everything lies in a temporary folder. Processor times are those of the process, so that whatever
else the machine does disturbs them less than the clock.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import os
import sys
import tempfile
import time
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Any, Callable, Iterable

from measure import LIBRARY, machine, table
from ours import WNID, registered

sys.path.insert(0, str(LIBRARY))

from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.storage.ck_entries import Entries
from ck_imagenet.storage.ck_kernel import Kernel
from ck_imagenet.storage.ck_repositories import PREFIX, Repositories
from ck_imagenet.storage.ck_store import CkStore
from ck_imagenet.storage.records import Record, meta_of

_THOUSAND = 1000
_PICTURE = b"picture" * 1000

_spawn = multiprocessing.get_context("spawn")


def main() -> None:
    """Print the tables of benchmarks/README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--entries", type=int, default=50_000)
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print(f"{machine()}, load {os.getloadavg()[0]:.1f}\n")
    runs = [_in_a_process(_measure, options.entries) for _ in range(options.runs)]
    medians = {key: median(run[key] for run in runs) for key in runs[0]}
    titles = ["processor, an entry", "the first thousand", "the last thousand"]
    table(titles, [_row(medians, "`ck.access add`, bare"), _row(medians, "ours, with its picture")])
    print()
    read = [key for key in medians if key not in dict.fromkeys(_written(medians))]
    rows = [[key, f"{medians[key] * 1000:.3f} ms"] for key in read]
    table(["read, an entry", "processor"], rows)


def _written(medians: dict[str, float]) -> list[str]:
    return [key for key in medians if key.endswith(("first", "last"))]


def _row(medians: dict[str, float], who: str) -> list[str]:
    return [who, *(f"{medians[f'{who} {part}'] * 1000:.2f} ms" for part in ("first", "last"))]


def _in_a_process(work: Callable[[int, Connection], None], entries: int) -> dict[str, float]:
    """Return what `work` sends from a process of its own, since CK reads CK_REPOS once."""
    ours, theirs = _spawn.Pipe()
    with tempfile.TemporaryDirectory() as name:
        os.environ.update(registered(Path(name) / "CK_REPOS"))
        process = _spawn.Process(target=work, args=(entries, theirs))
        process.start()
        sent: dict[str, float] = ours.recv()
        process.join()
    print(f"  {sent}", file=sys.stderr, flush=True)
    return sent


def _measure(entries: int, end: Connection) -> None:
    ck = importlib.import_module("ck.kernel")
    ck.init({})
    numbers = range(entries)
    ck.access({"action": "add", "module_uoa": "repo", "data_uoa": "bare", "quiet": "yes"})
    place = CkStore(ck).synset(WNID)
    place.create()

    def add(number: int) -> None:
        record = _record(number)
        meta = meta_of(record, f"{record.name}.jpg", {})
        _asked(ck, "add", "bare", str(number), dict=meta)

    times = dict(_both("`ck.access add`, bare", add, numbers))
    times.update(_both("ours, with its picture", lambda n: _save(place, n), numbers))
    times.update(_reading(ck, numbers[:_THOUSAND], entries))
    end.send(times)


def _reading(ck: Any, some: range, entries: int) -> Iterable[tuple[str, float]]:
    kernel = Kernel(ck)
    repository = Repositories(kernel).create(PREFIX + WNID)
    ours = Entries(kernel, repository, "dataset")
    name = repository.name
    yield "its meta, by `ck.access load`", _each(lambda n: _asked(ck, "load", name, str(n)), some)
    yield "its meta, from its file", _each(lambda n: ours.meta(str(n)), some)
    listing = _each(lambda _: _asked(ck, "list", name, "*", time_out="-1"), range(1))
    yield "one of all, by `ck.access list`", listing / entries
    yield "one of all, from its folder", _each(lambda _: list(ours.names()), range(1)) / entries


def _asked(ck: Any, action: str, repository: str, name: str, **more: Any) -> None:
    request = {"action": action, "common_func": "yes", "module_uoa": "dataset", **more}
    done = ck.access({**request, "repo_uoa": repository, "data_uoa": name})
    if done["return"]:
        sys.exit(done["error"])


def _both(who: str, work: Callable[[int], object], numbers: range) -> Iterable[tuple[str, float]]:
    """Yield what the first and the last thousand take each."""
    yield f"{who} first", _each(work, numbers[:_THOUSAND])
    _each(work, numbers[_THOUSAND:-_THOUSAND])
    yield f"{who} last", _each(work, numbers[-_THOUSAND:])


def _each(work: Callable[[int], object], numbers: range) -> float:
    begin = time.process_time()
    for number in numbers:
        work(number)
    return (time.process_time() - begin) / max(1, len(numbers))


def _save(place: Any, number: int) -> None:
    place.save(_record(number), _PICTURE, "jpg")


def _record(number: int) -> Record:
    url = f"http://farm1.static.flickr.com/{number}/1_{number}.jpg"
    return Record(
        ImageName(WNID, number),
        url,
        Outcome.SAVED,
        "2026-01-01T00:00:00Z",
        source="a list",
        final_url=url,
        sha256="0" * 64,
        bytes=len(_PICTURE),
        width=500,
        height=375,
        image_format="jpeg",
    )


if __name__ == "__main__":
    main()
