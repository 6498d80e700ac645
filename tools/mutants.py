"""See whether the tests of the core notice a change to it: change one thing, run them, again.

    source ──► every single change ──► a sample (`--seed`, `--count`) ──► a copy of the library
                                                                                  │
    seen or not ◄── the file's own unit tests, in a process of their own ◄────────┘

The checkout itself is never changed. It runs on Linux and macOS, since it forks.
"""

from __future__ import annotations

import argparse
import compileall
import os
import resource
import shutil
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from random import Random

import hypothesis
import pytest
from single_changes import Change, Source

CHECKOUT = Path(__file__).resolve().parent.parent
LIBRARY = CHECKOUT / "module" / "imagenet" / "ck_imagenet"

TESTS = {
    "engine/host_queue.py": "hosts paced_together limpers rationers",
    "engine/recorder.py": "recorder wayback_pictures",
    "images/judging.py": "judging_placeholders judging formats",
    "storage/numbering.py": "numbering",
    "storage/journal.py": "journal journal_bans",
    "storage/records.py": "records journal",
    "http/address_policy.py": "address_policy",
    "core/url_lists.py": "url_lists_lines url_lists",
}
"""The files of the core, and the tests of each, those first that see most."""

_ODD = "it is told only where a line is odd, and then it is that line's"
_TAKE = "def take(self, now: float, connections: int = 10**6) -> tuple[str, Task] | None:"

EQUIVALENT = {
    ("core/url_lists.py", 'first_odd = 0, b""', "0 -> 1"): _ODD,
    ("core/url_lists.py", 'first_odd = 0, b""', "0 -> -1"): _ODD,
    (
        "core/url_lists.py",
        "return max(map(len, lines), default=0) < LONGEST_LINE",
        "max(map(len, lines), default=0) < LONGEST_LINE -> None",
    ): "lines are then split one by one, which takes longer and gives the same",
    (
        "images/judging.py",
        'return hashlib.new("md5", data, usedforsecurity=False).hexdigest() in _MD5',
        "False -> True",
    ): "only a machine in FIPS mode is told",
    (
        "images/judging.py",
        r'walked = jpeg.walk(data) if data.startswith(b"\xff\xd8\xff") else None',
        r'data.startswith(b"\xff\xd8\xff") -> (not (data.startswith(b"\xff\xd8\xff")))',
    ): "each JPEG is then decoded, which takes longer and tells the same",
    ("engine/host_queue.py", _TAKE, "6 -> 5"): "nobody has so many connections",
    ("engine/host_queue.py", _TAKE, "6 -> 7"): "nobody has so many connections",
    ("engine/host_queue.py", "self._count += 1", "1 -> 2"): "the numbers rise all the same",
    (
        "engine/host_queue.py",
        "if when < host.reminded_at:",
        "< -> <=",
    ): "to be reminded twice at the same time is no more than once",
    (
        "storage/journal.py",
        'name = _name("/".join(record.url.split("/", 3)[:3]).lower())',
        "3 -> 2",
    ): "with its path, a URL has the same host",
    (
        "engine/recorder.py",
        "wanted = min(len(self._parked), self.missing() or 0)",
        "0 -> -1",
    ): "less than none is none",
}
"""Changes after which the file does the same, each with the reason; they are not tried."""

_TIMES = 10
"""How many times longer than usual tests may take, by the processor's clock, and five seconds."""

_MEMORY = 8 * 2**30
"""Bytes of addresses for a run of tests."""

_WARM = ("reaper", "PIL.Image", "hypothesis.strategies", "urllib3", "cryptography.x509")
"""What the tests import that is not the library: it is imported once for all runs."""


class _InThisProcess:
    """A plug-in of pytest that leaves out what starts `ck`: it would see the checkout's library."""

    @staticmethod
    def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
        items[:] = [each for each in items if "terminal" not in getattr(each, "fixturenames", ())]


class Bench:
    """A folder with a copy of the library, and tests that run against it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._library = folder / "copy" / LIBRARY.name
        shutil.copytree(LIBRARY, self._library, ignore=shutil.ignore_patterns("__pycache__"))
        compileall.compile_dir(self._library, quiet=2)

    def passes(self, source: Source, change: Change | None, seconds: float) -> tuple[bool, float]:
        """Say whether a file's tests pass with a change, and how long they took.

        Parameters
        ----------
        source : Source
            The file.
        change : Change, optional
            What is changed.
        seconds : float
            How long they may take. Both are times of the processor.
        """
        path = self._library / source.file
        for compiled in (path.parent / "__pycache__").glob(f"{path.stem}.*"):
            compiled.unlink()
        path.write_bytes(source.with_change(change) if change else source.data)
        child = os.fork()
        if not child:
            self._run(source.file, int(seconds) + 1)
        _, status, used = os.wait4(child, 0)
        path.write_bytes(source.data)
        return status == 0, used.ru_utime + used.ru_stime

    def _run(self, file: str, seconds: int) -> None:
        """Run the tests in this process, which ends with them."""
        code = 1
        try:
            os.chdir(self._folder)
            silent = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silent, 1)
            os.dup2(silent, 2)
            resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
            resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
            sys.dont_write_bytecode = True
            tests = [str(CHECKOUT / "tests" / f"test_{name}.py") for name in TESTS[file].split()]
            paths = [self._library.parent, LIBRARY.parent, CHECKOUT / "tools", CHECKOUT / "tests"]
            code = pytest.main(
                [
                    *tests,
                    *("-x", "-q", "-n0", "-p", "no:cacheprovider", "--assert=plain"),
                    *("-c", str(CHECKOUT / "pyproject.toml")),
                    *("-o", "pythonpath=" + " ".join(f'"{path}"' for path in paths)),
                    *("--hypothesis-seed=0", "--hypothesis-profile=mutants"),
                ],
                [_InThisProcess()],
            )
        finally:
            os._exit(code)


def sample(source: Source, seed: int, count: int) -> list[Change]:
    """Return some changes, in their order, the same for the same source and seed.

    Parameters
    ----------
    source : Source
        The file.
    seed, count : int
        Which changes, and how many at most.
    """
    changes = [each for each in source.changes() if each.known not in EQUIVALENT]
    drawn = Random(f"{seed} {source.file}").sample(changes, min(count, len(changes)))  # noqa: S311
    return sorted(drawn, key=lambda each: (each.start, each.end, each.new))


def examine(source: Source, changes: list[Change], bench: Bench) -> list[Change]:
    """Return those of a file's changes that its tests do not see.

    Parameters
    ----------
    source : Source
        The file.
    changes : list of Change
        What is tried.
    bench : Bench
        Where.
    """
    is_sound, usual = bench.passes(source, None, 600)
    if not is_sound:
        sys.exit(f"{source.file}: its tests fail without any change; see to them first")
    return [each for each in changes if bench.passes(source, each, _TIMES * usual + 5)[0]]


def main() -> int:
    """Try changes to the files of the core, and return whether too few were seen."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--seed", type=int, default=1, help="which changes are drawn (1)")
    parser.add_argument("--count", type=int, default=60, help="changes to each file (60)")
    parser.add_argument("--list", action="store_true", help="tell the changes, and try none")
    parser.add_argument("files", nargs="*", default=list(TESTS), help="as in engine/recorder.py")
    asked = parser.parse_args()
    sources = [Source(LIBRARY, file) for file in asked.files]
    possible = {change.known for source in sources for change in source.changes()}
    for stale in [key for key in EQUIVALENT if key[0] in asked.files and key not in possible]:
        print("named as equivalent, but not possible any more:", *stale)
    if asked.list:
        for source in sources:
            print(*sample(source, asked.seed, asked.count), sep="\n")
        return 0
    _warm_up()
    too_few = 0
    with tempfile.TemporaryDirectory() as folder:
        bench = Bench(Path(folder))
        print(f"seed {asked.seed}\n\n| file | seen | tried |\n|---|---|---|", flush=True)
        survivors = []
        for source in sources:
            changes = sample(source, asked.seed, asked.count)
            unseen = examine(source, changes, bench)
            seen = len(changes) - len(unseen)
            print(f"| `{source.file}` | {seen} | {len(changes)} |", flush=True)
            too_few += seen < 0.9 * len(changes)
            survivors += unseen
    print("\nNot seen:" if survivors else "\nAll were seen.", *survivors, sep="\n")
    return int(too_few > 0)


def _warm_up() -> None:
    sys.path.insert(0, str(CHECKOUT / "tests"))
    for name in _WARM:
        import_module(name)
    import_module("reaper").start()
    # Which example shows a flaw best is of no interest.
    phases = [hypothesis.Phase.explicit, hypothesis.Phase.generate]
    hypothesis.settings.register_profile("mutants", deadline=None, database=None, phases=phases)


if __name__ == "__main__":
    sys.exit(main())
