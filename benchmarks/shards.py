"""What it takes to have the pictures of shuffled shards, as the Hugging Face Hub gives ImageNet.

    python benchmarks/shards.py [--samples 20000] [--synsets 1000] [--shards 20]

Each sample is of another synset than the one before it, as good as always. Processor time counts:
on the clock, whatever else the machine does counts too, and its load is told.
"""

from __future__ import annotations

import argparse
import io
import os
import random
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Mapping, NamedTuple, Sequence

from measure import CHECKOUT, LIBRARY, machine, table
from ours import CK

sys.path[:0] = [str(LIBRARY), str(CHECKOUT / "tests")]

from ck_imagenet.sources.labels import sorted_classes  # noqa: E402
from PIL import Image  # noqa: E402
from tarballs import END, file  # noqa: E402

FOLDERS, ENTRIES = "`ck-imagenet download --outdir`", "`ck download imagenet`"
GOALS = {FOLDERS: "300 a second, 300 MB", ENTRIES: "150 a second, 300 MB"}


class Taken(NamedTuple):
    """What a command took: seconds of the clock and of processor, bytes of memory at most."""

    wall: float
    cpu: float
    peak: int


def main() -> None:
    """Print the table of benchmarks/README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=int, default=20_000)
    parser.add_argument("--synsets", type=int, default=1000)
    parser.add_argument("--shards", type=int, default=20)
    options = parser.parse_args()
    print(f"{machine()}, load {os.getloadavg()[0]:.0f} at the beginning\n")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        named = write_shards(folder, options.samples, options.synsets, options.shards)
        rows = [row for way in GOALS for row in measured(folder, way, named, options.samples)]
    head = [f"{options.samples:,} samples of {options.synsets:,} synsets, shuffled"]
    table([*head, "processor", "of one processor", "clock", "memory", "goal"], rows)


def measured(folder: Path, way: str, named: str, samples: int) -> list[list[str]]:
    """Return what it takes to read all shards, and what the same command takes again."""
    rows = []
    environment = {**os.environ, "CK_REPOS": str(folder / "CK_REPOS"), "PYTHONPATH": str(LIBRARY)}
    ours = [sys.executable, "-m", "ck_imagenet", "download", f"--outdir={folder / 'out'}"]
    command = [*CK, "download", "imagenet"] if way == ENTRIES else ours
    if way == ENTRIES:
        register = [*CK, "import", "repo", f"--path={CHECKOUT}", "--quiet"]
        subprocess.run(register, env=environment, check=True, stdout=subprocess.DEVNULL)
    for what, goal in ((way, GOALS[way]), ("the same again", "")):
        taken = run([*command, f"--from={named}", "--quiet"], environment)
        rate = f"{samples / taken.cpu:,.0f} a second" if goal else ""
        seconds = [f"{taken.cpu:.1f} s", rate, f"{taken.wall:.1f} s"]
        rows.append([what, *seconds, f"{taken.peak / 1e6:.0f} MB", goal])
    for name in ("out", "CK_REPOS"):
        shutil.rmtree(folder / name, ignore_errors=True)
    return rows


def run(command: Sequence[str], environment: Mapping[str, str]) -> Taken:
    """Run a command to its end, and return what it took."""
    start = time.perf_counter()
    process = subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL)
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.WEXITSTATUS(status)
    if status:
        sys.exit(f"{' '.join(command)} has ended with {process.returncode}")
    cpu = used.ru_utime + used.ru_stime
    return Taken(time.perf_counter() - start, cpu, used.ru_maxrss * 1024)


def write_shards(folder: Path, samples: int, synsets: int, shards: int) -> str:
    """Write shards of pictures of some 100 kB, no two alike, and return what names all of them."""
    wnids = sorted_classes()[:synsets]
    names = [(wnids[number % synsets], number) for number in range(samples)]
    random.Random(1).shuffle(names)  # noqa: S311
    held = io.BytesIO()
    Image.effect_noise((500, 375), 80).convert("RGB").save(held, "JPEG", quality=70)
    drawn = held.getvalue()
    for shard in range(shards):
        with (folder / f"train-{shard:04}.tar").open("wb") as stream:
            for wnid, number in names[shard::shards]:
                key = f"{wnid}_{number}".encode()
                comment = b"\xff\xfe" + struct.pack(">H", 2 + len(key)) + key
                stream.write(file(key + b".cls", b"%d" % wnids.index(wnid)))
                stream.write(file(key + b".jpg", drawn[:2] + comment + drawn[2:]))
                stream.write(file(key + b".json", b'{"filename": "%s.JPEG"}' % key))
            stream.write(END)
    return str(folder / f"train-{{0000..{shards - 1:04}}}.tar")


if __name__ == "__main__":
    main()
