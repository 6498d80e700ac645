"""What a repository for every synset costs: to make them all, and to work where they are.

Each synset has two pictures, a link that is gone and one that waits. All lies in a temporary
folder, which is removed at the end. The commands are whole, start-up included.
"""

from __future__ import annotations

import argparse
import importlib
import multiprocessing
import os
import socket
import subprocess
import sys
import tempfile
import time
from contextlib import closing
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median
from typing import Callable, NamedTuple, Sequence

from measure import LIBRARY, cost, in_turn, machine, table
from ours import CK, registered

sys.path.insert(0, str(LIBRARY))

from ck_imagenet.catalogue import synsets
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.storage import summaries
from ck_imagenet.storage.journal import Journal
from ck_imagenet.storage.numbering import KeptNames, Link
from ck_imagenet.storage.records import Record
from ck_imagenet.storage.store import Store

_THOUSAND = 1000

_spawn = multiprocessing.get_context("spawn")


class Command(NamedTuple):
    """A `ck` command, as its words."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(("ck", *self.words))


def main() -> None:
    """Print the tables of benchmarks/README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--synsets", type=int, default=len(synsets.load().synsets))
    parser.add_argument("--batch", type=int, default=_THOUSAND, help="synsets made at once")
    parser.add_argument("--runs", type=int, default=3)
    options = parser.parse_args()
    print(f"{machine()}, load {os.getloadavg()[0]:.1f}\n")
    wnids = [synset.wnid for synset in synsets.load().synsets[: options.synsets]]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = registered(folder / "CK_REPOS")
        os.environ.update(environment)
        _show_making(_in_a_process(_make, wnids, options.batch))
        _in_a_process(_fill, wnids, 1)
        print()
        _show_commands(folder, environment, wnids, options.runs)


def _show_making(seconds: Sequence[float]) -> None:
    first, last = sum(seconds[:_THOUSAND]), sum(seconds[-_THOUSAND:])
    titles = ["repositories", "the first thousand", "the last thousand", "all"]
    row = [f"{len(seconds):,}", f"{first:.1f} s", f"{last:.1f} s", f"{sum(seconds):.1f} s"]
    table(titles, [row])


def _show_commands(
    folder: Path, environment: dict[str, str], wnids: Sequence[str], runs: int
) -> None:
    commands = [
        Command(("version",)),
        Command(("list", "imagenet")),
        Command(("list", "imagenet", "--downloaded-only")),
        Command(("status", "imagenet")),
        Command(("status", f"imagenet:{wnids[-1]}")),
        Command(("search", "dataset:*", "--tags=imagenet", "--time_out=-1")),
    ]

    def measure(command: Command) -> tuple[float, float]:
        return cost([*CK, *command.words], folder, environment)[:2]

    rows = []
    for command, results in zip(commands, in_turn(commands, runs, measure)):
        wall, cpu = (median(found) for found in zip(*results))
        rows.append([f"`{command}`", f"{wall:.2f} s", f"{cpu:.2f} s"])
    starts = [_seconds_to_the_first_request(folder, environment, wnids[-1]) for _ in range(runs)]
    rows.append([f"`ck download imagenet:{wnids[-1]}` asks", f"{median(starts):.2f} s", ""])
    table(["command", "time", "CPU"], rows)


def _seconds_to_the_first_request(folder: Path, environment: dict[str, str], wnid: str) -> float:
    """Return after how many seconds `ck download` asks a host that it has not asked yet."""
    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        server.settimeout(60)
        port = server.getsockname()[1]
        (folder / "list.txt").write_text(f"http://127.0.0.1:{port}/new.jpg\n")
        words = ["download", "imagenet", f"--wnid={wnid}", f"--urls={folder / 'list.txt'}"]
        command = [*CK, *words, "--allow-private=127.0.0.0/8", "--quiet", "--retry=0"]
        begin = time.perf_counter()
        with subprocess.Popen(command, cwd=folder, env=environment), server.accept()[0]:
            return time.perf_counter() - begin


def _in_a_process(
    work: Callable[[Sequence[str], int, Connection], None], wnids: Sequence[str], batch: int
) -> Sequence[float]:
    """Return what `work` sends from a process of its own, since CK reads CK_REPOS once."""
    ours, theirs = _spawn.Pipe()
    process = _spawn.Process(target=work, args=(wnids, batch, theirs))
    process.start()
    sent: Sequence[float] = ours.recv()
    process.join()
    return sent


def _store() -> Store:
    ck = importlib.import_module("ck.kernel")
    ck.init({})
    store: Store = importlib.import_module("ck_imagenet.storage.ck_store").CkStore(ck)
    return store


def _make(wnids: Sequence[str], batch: int, end: Connection) -> None:
    """Make the repositories and send how many seconds each took."""
    store, seconds = _store(), []
    for start in range(0, len(wnids), batch):
        chunk, begin = wnids[start : start + batch], time.perf_counter()
        store.prepare(chunk)
        seconds += [(time.perf_counter() - begin) / len(chunk)] * len(chunk)
    end.send(seconds)


def _fill(wnids: Sequence[str], batch: int, end: Connection) -> None:
    """Do in each synset what a run does, without asking anybody."""
    store = _store()
    for wnid in wnids:
        place = store.synset(wnid)
        place.create()
        links = [Link(ImageName(wnid, n), f"http://host.example/{wnid}/{n}") for n in range(4)]
        KeptNames.of(place).keep(wnid, links, [])
        with closing(Journal.of(place)) as journal:
            for link in links[:2]:
                saved = _saved(link)
                place.save(saved, b"picture", "jpg")
                journal.append(saved)
            journal.append(Record(*links[2], Outcome.GONE, "2026-01-01T00:00:00Z", "404"))
        summaries.keep(place)
    end.send([])


def _saved(link: Link) -> Record:
    return Record(
        *link,
        Outcome.SAVED,
        "2026-01-01T00:00:00Z",
        source="a list",
        final_url=link.url,
        sha256=link.url,
        bytes=len(b"picture"),
        width=30,
        height=20,
        image_format="jpeg",
    )


if __name__ == "__main__":
    main()
