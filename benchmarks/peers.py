"""The bulk downloaders that people use today, each with the settings that suit it best.

All get the same list, so many slots and a time-out of ten seconds. What is not there is named as
missing, with the way to get it; only img2dataset is installed, inside the checkout.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import lru_cache
from pathlib import Path
from typing import Callable, NamedTuple, Sequence
from urllib.parse import quote

from measure import CHECKOUT, Cost, cost

TIMEOUT = 10
"""Seconds that all tools, ours too, give a peer."""

VENV = CHECKOUT / ".venvs" / "bench"
IMG2DATASET = "img2dataset==1.47.0"

Command = Callable[[Sequence[str], Path, int], Sequence[str]]
"""Writes the list of URLs into a folder, and returns what downloads them into `got` beside it."""


class Peer(NamedTuple):
    """A downloader: its name in tables, its program, where that is from, and how to call it."""

    name: str
    program: Callable[[], str]
    package: str
    command: Command

    def __str__(self) -> str:
        return self.name

    def missing(self) -> str:
        """Return what to do to have this program, or an empty text if it is there."""
        return "" if self.program() else f"{self.name} is missing: {self.package}"

    def run(self, urls: Sequence[str], folder: Path, slots: int, longest: float) -> Cost:
        """Download into `folder / "got"`, with so many slots, for at most `longest` seconds."""
        (folder / "got").mkdir()
        command = self.command([_encoded(url) for url in urls], folder, slots)
        return cost([self.program(), *command], folder, _environment(folder), longest)


def _encoded(url: str) -> str:
    """Return a URL in the form that all of them read: ASCII without spaces and commas."""
    return quote(url, safe="%/:?#[]@!$&'()*+;=~", encoding="latin-1")


def _environment(folder: Path) -> dict[str, str]:
    """Return an environment in which no program calls home, uses a proxy or litters."""
    others = {name: value for name, value in os.environ.items() if "proxy" not in name.lower()}
    quiet = {"NO_ALBUMENTATIONS_UPDATE": "1", "WANDB_MODE": "disabled"}
    return {**others, **quiet, "TMPDIR": str(folder)}


def on_path(program: str) -> Callable[[], str]:
    """Return what finds a program on the PATH, or where administrators have theirs."""
    places = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/usr/local/sbin"])
    return lambda: shutil.which(program, path=places) or ""


@lru_cache(maxsize=1)
def _img2dataset_program() -> str:
    """Return the program in an environment of its own, made on first use; "" if that fails."""
    program = VENV / "bin" / "img2dataset"
    if not program.exists():
        print(f"Installing {IMG2DATASET} in {VENV.relative_to(CHECKOUT)} ...", file=sys.stderr)
        pip = [str(VENV / "bin" / "python"), "-m", "pip", "--quiet", "install"]
        for step in ([sys.executable, "-m", "venv", str(VENV)], [*pip, IMG2DATASET, "setuptools"]):
            if subprocess.run(step, stdout=sys.stderr).returncode:
                return ""
    return str(program)


def img2dataset(processes: int = 1, retries: int = 0) -> Command:
    """Return how to call img2dataset such that it keeps bytes as they come: what is fastest.

    It neither resizes nor decodes, and neither hashes nor reads what else it can.
    """

    def command(urls: Sequence[str], folder: Path, slots: int) -> Sequence[str]:
        _write_lines(folder / "list.txt", urls)
        return [
            f"--url_list={folder / 'list.txt'}",
            f"--output_folder={folder / 'got'}",
            "--resize_mode=no",
            "--disable_all_reencoding=True",
            "--extract_exif=False",
            "--compute_hash=None",
            f"--thread_count={slots // processes}",
            f"--processes_count={processes}",
            f"--number_sample_per_shard={-(-len(urls) // processes)}",
            f"--timeout={TIMEOUT}",
            f"--retries={retries}",
        ]

    return command


def _aria2c(urls: Sequence[str], folder: Path, slots: int) -> Sequence[str]:
    lines = [line for number, url in enumerate(urls) for line in (url, f"  out={number}.jpg")]
    _write_lines(folder / "list.txt", lines)
    return [
        f"--input-file={folder / 'list.txt'}",
        f"--dir={folder / 'got'}",
        f"--max-concurrent-downloads={slots}",
        "--split=1",
        f"--timeout={TIMEOUT}",
        f"--connect-timeout={TIMEOUT}",
        "--lowest-speed-limit=1K",  # or a host that drips holds a slot for ever
        "--max-tries=1",
        "--file-allocation=none",
        "--auto-save-interval=0",  # saves it a file beside each
        "--console-log-level=error",
        "--summary-interval=0",
        "--download-result=hide",
        "--show-console-readout=false",
        "--no-conf",
    ]


def wget(urls_each: int) -> Command:
    """Return how to call wget, once for so many URLs; it has a limit for the whole of one only."""

    def command(urls: Sequence[str], folder: Path, slots: int) -> Sequence[str]:
        _write_lines(folder / "list.txt", urls, end="\0")
        limit = ["timeout", str(TIMEOUT)] if urls_each == 1 else []
        options = ["--no-config", "--quiet", f"--timeout={TIMEOUT}", "--tries=1"]
        into = ["--force-directories", f"--directory-prefix={folder / 'got'}"]
        return [
            *("--null", f"--arg-file={folder / 'list.txt'}", f"--max-procs={slots}"),
            *(f"--max-args={urls_each}", *limit, "wget", *options, *into),
        ]

    return command


def _curl(urls: Sequence[str], folder: Path, slots: int) -> Sequence[str]:
    lines = [
        line
        for number, url in enumerate(urls)
        for line in (f'url = "{url}"', f'output = "{folder / "got" / str(number)}.jpg"')
    ]
    _write_lines(folder / "list.txt", lines)
    return [
        *("--disable", "--silent", "--location", "--fail", "--remove-on-error"),
        *("--parallel", "--parallel-immediate", "--parallel-max", str(slots)),
        *("--max-time", str(TIMEOUT), "--config", str(folder / "list.txt")),
    ]


def _xargs() -> str:
    """Return what runs wget many times at once, if both are there."""
    return on_path("wget")() and on_path("xargs")()


def _write_lines(path: Path, lines: Sequence[str], end: str = "\n") -> None:
    path.write_text("".join(line + end for line in lines), "ascii")


_PIP = f"pip could not install {IMG2DATASET} in {VENV.relative_to(CHECKOUT)}, see above"

IMG2DATASET_ONCE = Peer("img2dataset", _img2dataset_program, _PIP, img2dataset())
IMG2DATASET_TWICE = Peer("img2dataset, 2 processes", _img2dataset_program, _PIP, img2dataset(2))
IMG2DATASET_RETRYING = Peer(
    "img2dataset, 3 retries", _img2dataset_program, _PIP, img2dataset(retries=3)
)
ARIA2C = Peer("aria2c", on_path("aria2c"), "apt-get install aria2", _aria2c)
WGET = Peer("wget", _xargs, "apt-get install wget findutils", wget(1))
WGET_MANY = Peer("wget", _xargs, "apt-get install wget findutils", wget(20))
CURL = Peer("curl --parallel", on_path("curl"), "apt-get install curl", _curl)
