"""See whether the tests of the core notice a change to it: change one thing, run them, again.

    source ──► every single change ──► a sample (`--seed`, `--count`) ──► a copy of the library
                                                                                  │
    seen or not ◄── the file's own unit tests, in a process of their own ◄────────┘

The changes are small: `<` for `<=`, `and` for `or`, one more or less, a statement or an answer
left out. The checkout itself is never changed. It runs on Linux and macOS, since it forks.
"""

from __future__ import annotations

import argparse
import ast
import compileall
import os
import re
import resource
import shutil
import sys
import tempfile
from importlib import import_module
from pathlib import Path
from random import Random
from typing import Iterator, NamedTuple

import hypothesis
import pytest

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

EQUIVALENT: dict[tuple[str, str, str], str] = {
    (
        "core/url_lists.py",
        'first_odd = 0, b""',
        "0 -> 1",
    ): "it is told only where a line is odd, and then it is that line's",
    (
        "core/url_lists.py",
        'first_odd = 0, b""',
        "0 -> -1",
    ): "it is told only where a line is odd, and then it is that line's",
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
    (
        "engine/recorder.py",
        "wanted = min(len(self._parked), self.missing() or 0)",
        "0 -> -1",
    ): "less than none is none",
}
"""Changes after which the file does the same, each with the reason; they are not tried."""

_SWAPS = {
    **{"<": ["<="], "<=": ["<"], ">": [">="], ">=": [">"], "==": ["!="], "!=": ["=="]},
    **{"is": ["is not"], "is not": ["is"], "in": ["not in"], "not in": ["in"]},
    **{
        "and": ["or"],
        "or": ["and"],
        "+": ["-"],
        "-": ["+"],
        "*": ["/"],
    },
    **{"//": ["*"], "%": ["*"], "**": ["*"], "|": ["&"], "&": ["|"]},
}
"""What may stand for an operator; `/` joins paths here, and nobody would miss that it is gone."""

_OPERATOR = re.compile(r"\b(?:is\s+not|not\s+in|is|in|and|or)\b|[<>=!]=|\*\*|//|[<>+*/%|&-]")

_TIMES = 10
"""How many times longer than usual tests may take, by the processor's clock, and five seconds."""

_MEMORY = 8 * 2**30
"""Bytes of addresses for a run of tests."""

_WARM = ("reaper", "PIL.Image", "hypothesis.strategies", "urllib3", "cryptography.x509")
"""What the tests import that is not the library: it is imported once for all runs."""


class Change(NamedTuple):
    """One change to a file: what stands between two places becomes something else."""

    file: str
    line: int
    start: int
    end: int
    """Places in the bytes of the source."""
    old: str
    new: str
    within: str
    """The line as it was."""

    @property
    def known(self) -> tuple[str, str, str]:
        """What stays the same if lines above change: the file, the line and the change."""
        return self.file, self.within, f"{self.old} -> {self.new}"

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.old} -> {self.new}    in: {self.within}"


class Source:
    """A file of the core, and what can be changed in it."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.data = (LIBRARY / file).read_bytes()
        self._lines = self.data.splitlines(keepends=True)
        self._offsets = [sum(map(len, self._lines[:row])) for row in range(len(self._lines) + 1)]

    def changes(self) -> list[Change]:
        """Return all single changes that Python can compile, in their order."""
        found = {}
        for node in _living(ast.parse(self.data)):
            for start, end, new in self._changes_of(node):
                old = self.data[start:end].decode()
                line = self.data.count(b"\n", 0, start) + 1
                within = self._lines[line - 1].decode().strip()
                change = Change(self.file, line, start, end, " ".join(old.split()), new, within)
                if new != old and _compiles(self.with_change(change)):
                    found[(start, end, new)] = change
        return [found[key] for key in sorted(found)]

    def with_change(self, change: Change) -> bytes:
        """Return the source with a change."""
        return self.data[: change.start] + change.new.encode() + self.data[change.end :]

    def _changes_of(self, node: ast.AST) -> Iterator[tuple[int, int, str]]:
        """Yield what one node can become: from where to where, and what stands there then."""
        for left, right in _operands(node):
            yield from self._swapped(left, right)
        for test in _conditions(node):
            yield (*self._place(test), f"(not ({self._text(test)}))")
        if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.Not):
            start, _ = self._place(node)
            yield start, start + len("not "), ""
        elif isinstance(node, ast.Constant):
            yield from ((*self._place(node), new) for new in _neighbours(node.value))
        elif isinstance(node, ast.Return) and node.value:
            if not _is_no(node.value):
                yield (*self._place(node.value), "None")
        elif _may_be_dropped(node):
            yield (*self._place(node), "pass")

    def _swapped(self, left: ast.AST, right: ast.AST) -> Iterator[tuple[int, int, str]]:
        """Yield what may stand for the operator between two operands."""
        start, end = self._place(left)[1], self._place(right)[0]
        found = _OPERATOR.search(self.data[start:end].decode("latin-1"))
        if found:
            for new in _SWAPS.get(" ".join(found.group().split()), []):
                yield start + found.start(), start + found.end(), new

    def _place(self, node: ast.AST) -> tuple[int, int]:
        assert isinstance(node, (ast.expr, ast.stmt))  # noqa: S101  for types
        assert node.end_lineno is not None  # noqa: S101
        assert node.end_col_offset is not None  # noqa: S101
        return (
            self._offsets[node.lineno - 1] + node.col_offset,
            self._offsets[node.end_lineno - 1] + node.end_col_offset,
        )

    def _text(self, node: ast.AST) -> str:
        start, end = self._place(node)
        return self.data[start:end].decode()


def _living(node: ast.AST) -> Iterator[ast.AST]:
    """Yield all nodes but what is no behaviour: types, sentences, settings of a module."""
    if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
        return
    yield node
    for name, value in ast.iter_fields(node):
        if name in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            is_setting = isinstance(node, ast.Module) and _is_number(child)
            if isinstance(child, ast.AST) and not _is_text(child) and not is_setting:
                yield from _living(child)


def _operands(node: ast.AST) -> Iterator[tuple[ast.expr, ast.expr]]:
    """Yield what stands left and right of each operator of a node."""
    if isinstance(node, ast.Compare):
        yield from zip([node.left, *node.comparators], node.comparators)
    elif isinstance(node, ast.BoolOp):
        yield from zip(node.values, node.values[1:])
    elif isinstance(node, ast.BinOp):
        yield node.left, node.right
    elif isinstance(node, ast.AugAssign):
        yield node.target, node.value


def _conditions(node: ast.AST) -> list[ast.expr]:
    """Return the conditions of a node that no operator in them turns round."""
    tests = []
    if isinstance(node, (ast.If, ast.IfExp, ast.While)):
        tests = [node.test]
    elif isinstance(node, ast.comprehension):
        tests = node.ifs
    return [each for each in tests if not isinstance(each, (ast.Compare, ast.UnaryOp))]


def _is_number(node: ast.AST) -> bool:
    """Say whether a statement gives a number a name: a test could only repeat it."""
    arithmetic = (ast.Constant, ast.BinOp, ast.operator)
    return isinstance(node, ast.Assign) and all(
        isinstance(each, arithmetic) for each in ast.walk(node.value)
    )


def _is_text(node: ast.AST) -> bool:
    is_alone = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
    return is_alone or isinstance(node, ast.JoinedStr)


def _is_no(node: ast.AST) -> bool:
    return isinstance(node, ast.Constant) and not node.value


def _may_be_dropped(node: ast.AST) -> bool:
    """Say whether nothing that follows lacks a name if a statement is left out."""
    if isinstance(node, ast.Assign):
        return all(isinstance(each, (ast.Attribute, ast.Subscript)) for each in node.targets)
    return isinstance(
        node,
        (ast.Expr, ast.AugAssign, ast.Delete, ast.Raise, ast.Continue, ast.Break, ast.Return),
    )


def _neighbours(value: object) -> list[str]:
    if isinstance(value, bool):
        return [str(not value)]
    return [repr(value + 1), repr(value - 1)] if isinstance(value, (int, float)) else []


def _compiles(source: bytes) -> bool:
    try:
        compile(source, "", "exec")
    except (SyntaxError, ValueError):
        return False
    return True


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
    sources = [Source(file) for file in asked.files]
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
