"""The library is built as docs/architecture.md shows it: from the ground up."""

from __future__ import annotations

import ast
import importlib
import inspect
import re
from functools import lru_cache
from pathlib import Path
from typing import Callable, Container, Iterator

import pytest
from ck_imagenet.core.actions import ACTIONS
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


@lru_cache(maxsize=None)
def parsed(room: str) -> ast.Module:
    return ast.parse(PATHS[room].read_text("utf-8"))


def imported(room: str) -> set[str]:
    """Return the rooms that a room imports, but for types alone."""
    types = [node for node in ast.walk(parsed(room)) if is_for_types(node)]
    return named(room, left_out={inner for node in types for inner in ast.walk(node)})


def named(room: str, left_out: Container[ast.AST] = ()) -> set[str]:
    """Return the rooms that a room imports, be it for types alone."""
    folder = room.split(".")[:-1]
    found = set()
    for node in ast.walk(parsed(room)):
        if isinstance(node, ast.ImportFrom) and node.level and node not in left_out:
            base = [*folder[: len(folder) + 1 - node.level], *filter(None, [node.module])]
            names = [".".join([*base, alias.name]) for alias in node.names]
            found |= {".".join(base), *names} & PATHS.keys()
    return found


def is_for_types(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test)


def test_the_house_is_no_larger_than_its_page_says() -> None:
    """At most 123 files in 12 folders, none over 420 lines, and 590 of what CK prints as help."""
    lines = {path: len(path.read_text("utf-8").splitlines()) for path in LIBRARY.rglob("*.py")}
    files = [path for path in lines if path.name != "__init__.py"]
    folders = {path.parent for path in lines}
    module = (CHECKOUT / "module" / "imagenet" / "module.py").read_text("utf-8").splitlines()
    assert (len(files) <= 123, len(folders) <= 12, len(module) <= 590) == (True, True, True)
    assert {path.name: count for path, count in lines.items() if count > 420} == {}


def test_every_file_that_the_page_names_is_there() -> None:
    page = (CHECKOUT / "docs" / "architecture.md").read_text("utf-8")
    named = re.findall(r"`(?:ck_imagenet/)?(\w+(?:/\w+)*\.py)`", page)
    places = (LIBRARY, LIBRARY.parent, CHECKOUT)
    lost = [name for name in named if not any((place / name).is_file() for place in places)]
    assert (lost, len(named) > 40) == ([], True)


def test_every_room_is_in_the_table_once() -> None:
    rooms = [room for _, rooms in shown() for room in rooms]
    assert sorted(rooms) == sorted(PATHS)


@pytest.mark.parametrize("room", PATHS)
def test_a_room_imports_only_from_its_own_floor_and_from_below(room: str) -> None:
    height = floors()
    assert [other for other in imported(room) if height[other] > height[room]] == []


def test_no_rooms_import_each_other_in_a_circle() -> None:
    assert circle({room: imported(room) for room in PATHS}) == {}


def test_no_rooms_name_each_other_in_a_circle_be_it_for_types_alone() -> None:
    """But for progress, which is told of what rooms above have done."""
    assert circle({room: named(room) for room in PATHS if room != "core.text"}) == {}


def circle(needed: dict[str, set[str]]) -> dict[str, set[str]]:
    """Return the rooms from which a way leads in a circle, each with those that it needs there."""
    while True:
        left = {room: others & needed.keys() for room, others in needed.items()}
        left = {room: others for room, others in left.items() if others}
        if len(left) == len(needed):
            return left
        needed = left


@pytest.mark.parametrize("room", [room for room in PATHS if not room.startswith("cli.")])
def test_nobody_prints_but_those_who_tell(room: str) -> None:
    calls = [node for node in ast.walk(ast.parse(PATHS[room].read_text("utf-8"))) if is_print(node)]
    assert calls == []


def is_print(node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and getattr(node.func, "id", "") == "print"


def constants(room: str) -> dict[str, object]:
    """Return the constants that a room gives a name, and their values."""
    tree = ast.parse(PATHS[room].read_text("utf-8"))
    named = [node.targets for node in tree.body if isinstance(node, ast.Assign)]
    named += [[node.target] for node in tree.body if isinstance(node, ast.AnnAssign)]
    names = [
        each.id
        for targets in named
        for target in targets
        for each in ast.walk(target)
        if isinstance(each, ast.Name)
    ]
    module = importlib.import_module(f"ck_imagenet.{room}")
    return {name: getattr(module, name) for name in names if name.isupper()}


def test_no_two_constants_of_one_name_have_different_values() -> None:
    found: dict[str, dict[str, object]] = {}
    for room in PATHS:
        for name, value in constants(room).items():
            found.setdefault(name.strip("_"), {})[f"{room}.{name}"] = value
    different = [
        sorted(values) for values in found.values() if len(set(map(repr, values.values()))) > 1
    ]
    assert different == []


MORE = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
"""Kinds of arguments that have no names of their own."""


def public_functions(room: str) -> Iterator[tuple[str, Callable[..., object]]]:
    """Yield the public functions of a room, and the methods of its classes that override none."""
    module = importlib.import_module(f"ck_imagenet.{room}")
    for name, each in vars(module).items():
        if name[0] != "_" and getattr(each, "__module__", "") == module.__name__:
            if isinstance(each, type):
                above = {inherited for base in each.__mro__[1:] for inherited in vars(base)}
                own = [inner for inner in vars(each) if inner[0] != "_" and inner not in above]
                yield from ((f"{name}.{inner}", getattr(each, inner)) for inner in own)
            else:
                yield name, each


@pytest.mark.parametrize("room", PATHS)
def test_a_public_function_of_two_arguments_says_what_they_are(room: str) -> None:
    silent = []
    for name, function in public_functions(room):
        is_told = "Parameters" in (inspect.getdoc(function) or "")
        if callable(function) and not isinstance(function, type) and not is_told:
            arguments = inspect.signature(function).parameters.values()
            named = [each for each in arguments if each.name != "self" and each.kind not in MORE]
            silent += [name] * (len(named) > 1)
    assert silent == []


ABOVE = ("core.actions", "core.options", "commands.", "cli.")


@pytest.mark.parametrize("room", [room for room in PATHS if not room.startswith(ABOVE)])
def test_the_options_of_an_action_do_not_go_below_the_commands(room: str) -> None:
    """What is below takes small values: Selection, Lists, Network, Politeness, Crawl, Wayback."""
    names = {type_.__name__ for type_ in ACTIONS.values()}
    tree = ast.parse(PATHS[room].read_text("utf-8"))
    assert names & {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} == set()
