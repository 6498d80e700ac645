"""What every test may ask for: a practice web, and a terminal that is pointed at it."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
from pathlib import Path
from typing import Iterator

import browser
import hypothesis
import pytest
import reaper
from ck_imagenet_practice import PracticeWeb
from terminal import Terminal

# These need a browser; `.ci/run` sees to it that there is one.
BROWSED = ["test_pages_in_a_browser.py", "test_beside_a_browser.py"]
collect_ignore = [] if browser.CHROMIUM and browser.DRIVER else BROWSED

# Tests make and remove many thousands of small files, which takes a disk longer than memory.
_MEMORY = Path("/dev/shm")  # noqa: S108  as Linux has it
_ROOM = 8 * 2**30
"""Bytes that must be free there: containers have little, and what tests leave takes some."""

if "TMPDIR" not in os.environ and os.access(_MEMORY, os.W_OK):
    _found = os.statvfs(_MEMORY)
    if _found.f_bavail * _found.f_frsize > _ROOM and not _found.f_flag & os.ST_NOEXEC:
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None  # pytest has asked for it already

# Who wants no compiled modules has every process of the tests compile what it imports.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False

# What a shell has put in the background ignores Ctrl-C, and so would each command that is tested.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# A developer's proxy has no business between the tests and the practice web.
for _name in [name for name in os.environ if name.lower().endswith("_proxy")]:
    del os.environ[_name]


def pytest_configure() -> None:
    """See to it that no process outlives pytest, however that ends."""
    reaper.start()


def pytest_xdist_auto_num_workers() -> int:
    """Return how many processes test: four for each core, since most of the time is waiting."""
    return 4 * (os.cpu_count() or 1)


# Nothing here asserts how long anything takes: machines are busy.
hypothesis.settings.register_profile("patient", deadline=None)
hypothesis.settings.load_profile("patient")


@pytest.fixture
def web() -> Iterator[PracticeWeb]:
    """A practice web of its own."""
    with PracticeWeb() as practice:
        yield practice


@pytest.fixture(scope="module")
def lasting_web() -> Iterator[PracticeWeb]:
    """A practice web for tests that all begin with what was downloaded from it once."""
    with PracticeWeb() as practice:
        yield practice


@pytest.fixture
def terminal(tmp_path: Path, web: PracticeWeb) -> Terminal:
    """A terminal whose ck-imagenet sees the practice web instead of the internet."""
    return Terminal(tmp_path, web.environment())
