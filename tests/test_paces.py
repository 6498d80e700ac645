"""The memory of a day: what was learnt of how hosts ration."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.paces import A_DAY, LARGEST_MEMORY, MOST_KEYS, Learned, PaceMemory
from hypothesis import given
from hypothesis import strategies as st
from kernel import run
from terminal import CHECKOUT, Terminal

EVENLY = Learned(2.0, 1, 0.0)
IN_BURSTS = Learned(1.9, 40, 20.0)
UNKNOWN = Learned(0.0, 1, 0.0)
NOON = 1_795_694_400.0

KEEPS = """
import sys
from pathlib import Path
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.paces import PaceMemory
from ck_imagenet.storage.paces import Learned

for number in range(20):
    memory = PaceMemory(FolderStore(Path(sys.argv[1])))
    memory.keep({f"{sys.argv[2]}-{number}": Learned(number + 1.0, 1, 0.0)})
"""


def memory(folder: Path, now: float = NOON) -> PaceMemory:
    return PaceMemory(FolderStore(folder), clock=lambda: now)


def file_of(folder: Path) -> Path:
    return FolderStore(folder).home() / "paces.json"


def put(folder: Path, content: bytes) -> None:
    file_of(folder).parent.mkdir(parents=True, exist_ok=True)
    file_of(folder).write_bytes(content)


def test_where_nothing_was_kept_nothing_is_known_or_made(tmp_path: Path) -> None:
    assert memory(tmp_path / "new").load() == {}
    memory(tmp_path / "new").keep({})
    assert not (tmp_path / "new").exists()


def test_what_is_kept_is_known_to_the_next_command(tmp_path: Path) -> None:
    learned = {"flickr": EVENLY, "example.org": IN_BURSTS, "127.0.0.5:14197": UNKNOWN}
    memory(tmp_path).keep(learned)
    assert memory(tmp_path).load() == learned
    assert [path.name for path in tmp_path.iterdir()] == [".ck-imagenet"]
    assert FolderStore(tmp_path).wnids() == []


def test_what_others_have_kept_since_stays_and_the_latest_counts(tmp_path: Path) -> None:
    """Although the clock of another machine may be ahead a little."""
    ours, theirs = memory(tmp_path), memory(tmp_path, NOON + 5)
    ours.keep({"a": EVENLY, "b": EVENLY})
    theirs.keep({"b": IN_BURSTS, "c": IN_BURSTS})
    ours.keep({"a": IN_BURSTS})
    assert theirs.load() == {"a": IN_BURSTS, "b": IN_BURSTS, "c": IN_BURSTS}


@pytest.mark.parametrize(
    ("later", "is_known"),
    [(0, True), (A_DAY - 1, True), (A_DAY, False), (-5, True), (-61, False), (-1e9, False)],
)
def test_after_a_day_or_when_the_clock_is_set_back_it_is_forgotten(
    tmp_path: Path, later: float, is_known: bool
) -> None:
    memory(tmp_path).keep({"a": EVENLY})
    then = memory(tmp_path, NOON + later)
    assert ("a" in then.load()) == is_known
    then.keep({"b": EVENLY})
    assert set(then.load()) == ({"a", "b"} if is_known else {"b"})
    assert set(json.loads(file_of(tmp_path).read_bytes())["paces"]) == set(then.load())


def test_what_was_learnt_last_stays_when_there_is_too_much(tmp_path: Path) -> None:
    memory(tmp_path).keep({f"old-{number}": EVENLY for number in range(MOST_KEYS)})
    memory(tmp_path).keep({f"new-{number}": EVENLY for number in range(10)})
    known = memory(tmp_path).load()
    assert len(known) == MOST_KEYS
    assert {f"new-{number}" for number in range(10)} < set(known)
    assert "old-9" not in known
    assert "old-10" in known


def test_a_file_is_never_larger_than_what_is_read(tmp_path: Path) -> None:
    keys = [f"{number:05}".ljust(300, "\U0001f41f") for number in range(MOST_KEYS)]
    memory(tmp_path).keep(dict.fromkeys(keys, EVENLY))
    assert 0 < file_of(tmp_path).stat().st_size <= LARGEST_MEMORY
    known = list(memory(tmp_path).load())
    assert known == keys[-len(known) :] != []
    memory(tmp_path).keep({"x" * 301: EVENLY})
    assert list(memory(tmp_path).load()) == known


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"[]",
        b"null",
        b"{}",
        b'{"format": 1}',
        b'{"format": 1, "paces": []}',
        b'{"format": 2, "paces": {"a": {"rate": 1, "burst": 1, "period": 0, "time": 0}}}',
        b"[" * 100_000,
        b" " * (LARGEST_MEMORY + 1),
    ],
)
def test_damage_is_as_if_nothing_were_known_and_is_written_over(
    tmp_path: Path, content: bytes
) -> None:
    put(tmp_path, content)
    assert memory(tmp_path).load() == {}
    memory(tmp_path).keep({"a": EVENLY})
    assert memory(tmp_path).load() == {"a": EVENLY}


@pytest.mark.parametrize(
    "wrong",
    [
        {"rate": -1},
        {"rate": float("nan")},
        {"rate": float("inf")},
        {"rate": 10**90},
        {"rate": "2"},
        {"rate": True},
        {"rate": None},
        {"burst": 0},
        {"burst": []},
        {"period": -1},
        {"period": float("inf")},
        {"time": "2026"},
        {"time": NOON + 61},
    ],
)
def test_what_nobody_can_have_learnt_is_left_out(tmp_path: Path, wrong: dict[str, Any]) -> None:
    right = {**EVENLY._asdict(), "time": NOON}
    paces = {"a": {**right, **wrong}, "b": right, "c": 1, "d": {}, "e": None}
    put(tmp_path, json.dumps({"format": 1, "paces": paces}).encode())
    assert memory(tmp_path).load() == {"b": EVENLY}


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=8,
)
TOLD = st.fixed_dictionaries({}, optional=dict.fromkeys((*Learned._fields, "time"), JSON))


@given(content=st.binary() | JSON.map(json.dumps).map(str.encode), told=TOLD)
def test_any_bytes_are_read(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, told: dict[str, Any]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    for each in (content, json.dumps({"format": 1, "paces": {"a": told}}).encode()):
        put(folder, each)
        for learned in memory(folder).load().values():
            assert 0 < learned.rate <= 1e12
            assert 1 <= learned.burst <= 1e12
            assert 0 <= learned.period <= 1e12


@given(
    st.dictionaries(
        st.text(max_size=300),
        st.builds(
            Learned,
            st.floats(1e-6, 1e6),
            st.integers(1, 10**6),
            st.floats(0, 1e6),
        ),
        max_size=5,
    )
)
def test_any_text_is_a_key(
    tmp_path_factory: pytest.TempPathFactory, learned: dict[str, Learned]
) -> None:
    folder = tmp_path_factory.mktemp("keys")
    memory(folder).keep(learned)
    assert memory(folder).load() == learned


def test_what_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    FolderStore(tmp_path).create_home()
    os.mkfifo(file_of(tmp_path))
    assert memory(tmp_path).load() == {}


def test_an_unwritable_place_is_no_error(tmp_path: Path) -> None:
    """To root all folders are writable, but none is below a file."""
    (tmp_path / "file").touch()
    memory(tmp_path / "file").keep({"a": EVENLY})
    assert memory(tmp_path / "file").load() == {}
    file_of(tmp_path).mkdir(parents=True)
    memory(tmp_path).keep({"a": EVENLY})
    assert memory(tmp_path).load() == {}
    assert sorted(each.name for each in file_of(tmp_path).parent.iterdir()) == [
        ".paces.lock",
        "paces.json",
    ]


def test_processes_that_keep_at_once_lose_nothing(tmp_path: Path) -> None:
    at_work = [
        subprocess.Popen(
            [sys.executable, "-c", KEEPS, str(tmp_path), name],
            env={**os.environ, "PYTHONPATH": str(CHECKOUT / "module" / "imagenet")},
        )
        for name in ("one", "two", "three")
    ]
    assert [process.wait(60) for process in at_work] == [0, 0, 0]
    known = PaceMemory(FolderStore(tmp_path)).load()
    assert len(known) == 60
    assert known["two-19"] == Learned(20.0, 1, 0.0)


def test_in_ck_it_lies_in_the_local_repository(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, {})
    program = """
from ck_imagenet.storage.paces import PaceMemory
from ck_imagenet.storage.paces import Learned

memory = PaceMemory(CkStore(ck))
before = memory.load()
memory.keep({"flickr": Learned(2.0, 20, 0.0)})
result = [before, PaceMemory(CkStore(ck)).load()]
"""
    assert run(terminal, program) == [{}, {"flickr": [2.0, 20, 0.0]}]
    assert (terminal.repos / "local" / "imagenet" / "overview" / "paces.json").is_file()
    assert terminal.says("find", "local:imagenet:overview").strip().endswith("overview")
