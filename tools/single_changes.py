"""Single changes to a file of Python: what can stand there instead, one thing at a time.

`<` for `<=`, `and` for `or`, a condition turned round, one more or less, a statement or an answer
left out. A change is made to the text, so that it can be shown as it would be typed.
"""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Iterator, NamedTuple

_SWAPS = {
    **{"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "=="},
    **{"is": "is not", "is not": "is", "in": "not in", "not in": "in"},
    **{"and": "or", "or": "and", "+": "-", "-": "+", "*": "/"},
    **{"//": "*", "%": "*", "**": "*", "|": "&", "&": "|"},
}
"""What may stand for an operator; `/` joins paths here, and nobody would miss that it is gone."""

_OPERATOR = re.compile(r"\b(?:is\s+not|not\s+in|is|in|and|or)\b|[<>=!]=|\*\*|//|[<>+*/%|&-]")


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
    """A file, and what can be changed in it.

    Parameters
    ----------
    folder : Path
        The library.
    file : str
        The file's path below it.
    """

    def __init__(self, folder: Path, file: str) -> None:
        self.file = file
        self.data = (folder / file).read_bytes()
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
        new = _SWAPS.get(" ".join(found.group().split())) if found else None
        if found and new:
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
