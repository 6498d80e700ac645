"""The library is built as docs/architecture.md shows it: from the ground up."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Iterator

import pytest
from terminal import CHECKOUT

LIBRARY = CHECKOUT / "module" / "imagenet" / "ck_imagenet"


def shown() -> Iterator[tuple[str, list[str]]]:
    """Yield the folder and the rooms of each line of the table of docs/architecture.md."""
    page = (CHECKOUT / "docs" / "architecture.md").read_text("utf-8")
    table = page.partition("| folder | room | knows |\n|---|---|---|\n")[2].partition("\n\n")[0]
    for line in table.splitlines():
        folder, rooms = line.split("|")[1:3]
        prefix = f"{folder.strip(' `')}." if folder.strip() else ""
        yield prefix, [f"{prefix}{room}" for room in re.findall(r"`(\w+)`", rooms)]


def floors() -> dict[str, int]:
    """Return how high each room is: a folder is one floor, wherever its lines stand."""
    found: dict[str, int] = {}
    for height, (prefix, rooms) in enumerate(shown()):
        same = [level for room, level in found.items() if prefix and room.startswith(prefix)]
        found.update(dict.fromkeys(rooms, same[0] if same else height))
    return found


def name_of(path: Path) -> str:
    return ".".join(path.relative_to(LIBRARY).with_suffix("").parts)


PATHS = {name_of(path): path for path in sorted(LIBRARY.rglob("*.py")) if path.stem[0] != "_"}


def imported(room: str) -> set[str]:
    """Return the rooms that a room imports, but for types alone."""
    tree = ast.parse(PATHS[room].read_text("utf-8"))
    folder = room.split(".")[:-1]
    types = [node for node in ast.walk(tree) if is_for_types(node)]
    left_out = {inner for node in types for inner in ast.walk(node)}
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.level and node not in left_out:
            base = [*folder[: len(folder) + 1 - node.level], *filter(None, [node.module])]
            names = [".".join([*base, alias.name]) for alias in node.names]
            found |= {".".join(base), *names} & PATHS.keys()
    return found


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def test_every_room_is_in_the_table_once() -> None:
    rooms = [room for _, rooms in shown() for room in rooms]
    assert sorted(rooms) == sorted(PATHS)


@pytest.mark.parametrize("room", PATHS)
def test_a_room_imports_only_from_its_own_floor_and_from_below(room: str) -> None:
    height = floors()
    assert [other for other in imported(room) if height[other] > height[room]] == []


def test_no_rooms_import_each_other_in_a_circle() -> None:
    left = {room: imported(room) for room in PATHS}
    while left:
        free = {room for room, needed in left.items() if not needed & left.keys()}
        assert free, f"a circle among {sorted(left)}"
        left = {room: needed for room, needed in left.items() if room not in free}


@pytest.mark.parametrize("room", [room for room in PATHS if not room.startswith("cli.")])
def test_nobody_prints_but_those_who_tell(room: str) -> None:
    calls = [node for node in ast.walk(ast.parse(PATHS[room].read_text("utf-8"))) if is_print(node)]
    assert calls == []


def is_print(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"
