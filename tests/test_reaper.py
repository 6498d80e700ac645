"""Whatever becomes of pytest, nothing that its tests have started is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable

import pytest
import reaper

CONFTEST = "import reaper\ndef pytest_configure(): reaper.start()\n"

TEST = """
import os, subprocess, sys, time

def test_one_that_leaves_a_process_in_a_session_of_its_own():
    sleeper = subprocess.Popen([sys.executable, "-c", {sleep!r}], start_new_session=True)
    sleeper.returncode = 0  # so that Python does not complain of it
    with open("new", "w") as file:
        file.write(f"{{os.getpid()}} {{sleeper.pid}}")
    os.rename("new", "pids")
    time.sleep({seconds})
"""

Run = Callable[[int], "subprocess.Popen[bytes]"]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """What starts a pytest of one worker, whose one test takes so many seconds."""

    def started(seconds: int) -> subprocess.Popen[bytes]:
        (tmp_path / "conftest.py").write_text(CONFTEST)
        source = TEST.format(sleep="import time; time.sleep(600)", seconds=seconds)
        (tmp_path / "test_it.py").write_text(source)
        environment = {name: value for name, value in os.environ.items() if name != reaper.MARK}
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", "-q", "-n", "1", "-p", "no:cacheprovider"],
            cwd=tmp_path,
            env={**environment, "PYTHONPATH": str(Path(reaper.__file__).parent)},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )

    return started


def until(what: Callable[[], bool]) -> None:
    end = time.monotonic() + 60
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def is_gone(process: int) -> bool:
    """Say whether a process has ended, although nobody may have asked how."""
    try:
        return ") Z " in Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return True


def pids(folder: Path) -> list[int]:
    """Return a test's worker and what it has started, as soon as it has."""
    until((folder / "pids").exists)
    return [int(pid) for pid in (folder / "pids").read_text().split()]


@pytest.mark.parametrize("the_worker_too", [False, True])
def test_what_tests_have_started_ends_with_a_pytest_that_is_killed(
    run: Run, tmp_path: Path, the_worker_too: bool
) -> None:
    with run(600) as running:
        worker, sleeper = pids(tmp_path)
        for process in [running.pid, *([worker] if the_worker_too else [])]:
            os.kill(process, signal.SIGKILL)
    until(lambda: is_gone(worker) and is_gone(sleeper))


def test_what_tests_have_left_ends_after_the_last_of_them(run: Run, tmp_path: Path) -> None:
    with run(0) as running:
        _, sleeper = pids(tmp_path)
        assert running.wait() == 0
    until(lambda: is_gone(sleeper))
