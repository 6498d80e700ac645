"""A worker in a process of its own: what becomes of one that tells nothing any more."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Callable, Iterator, cast

import pytest
from ck_imagenet.core.actions import WAYBACK_SERVICE
from ck_imagenet.core.errors import StoreError
from ck_imagenet.engine import pipe
from ck_imagenet.engine.context import Crawl, Order, Politeness
from ck_imagenet.engine.messages import Ended, FromWorker, Hungry, Lost, Stop
from ck_imagenet.engine.pipe import Pipe, Processes
from ck_imagenet.engine.worker import LIBRARY
from ck_imagenet.http.client import Network
from ck_imagenet.storage.folder_store import FolderStore

LINKS = 10
LOOKS = 2 * pipe.MOST_LOOKS


class Child:
    """A process at work, and what it has told."""

    def __init__(self, folder: Path) -> None:
        crawl = Crawl(processes=2)
        order = Order(FolderStore(folder), Network(), crawl, Politeness(), WAYBACK_SERVICE, {})
        self.pool = Processes(order)
        (transport,) = self.pool.new(LINKS)
        self.way = cast(Pipe, transport)
        self.said: list[FromWorker] = []
        self.on_word: Callable[[], None] = lambda: None
        self.way.begin(self.take_in, lambda record: True)

    def take_in(self, message: FromWorker) -> None:
        self.on_word()
        self.said.append(message)

    def wait(self, until: Callable[[], object]) -> None:
        end = time.monotonic() + 30
        while not until():
            assert time.monotonic() < end, self.said
            time.sleep(0.01)

    def look(self) -> None:
        """Let those who ask for more workers do so, again and again."""
        for _ in range(LOOKS):
            assert list(self.pool.new(LINKS)) == []
            time.sleep(0.001)


@pytest.fixture
def child(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Child]:
    """A process whose looks follow one another at once."""
    monkeypatch.setattr(pipe, "_LOOK_EVERY", 0.0)
    monkeypatch.setattr(pipe.Fork, "where_safe", lambda: None)  # a start takes long
    made = Child(tmp_path)
    yield made
    made.way.send(Stop())
    made.way.close()


def test_one_that_was_stopped_is_lost_once_it_has_said_something(child: Child) -> None:
    child.look()  # it may take long to begin
    child.wait(lambda: child.said)
    assert child.said[0] == Hungry(is_idle=True)
    os.kill(child.way._process.pid, signal.SIGSTOP)
    child.look()
    child.wait(lambda: Lost("with status -9") in child.said)
    child.pool.lost(child.way)
    assert len(list(child.pool.new(LINKS))) == 1


def test_one_of_another_version_ends_the_run_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after `ck pull`, while a long run goes on."""
    monkeypatch.setattr(pipe.Fork, "where_safe", lambda: None)  # it has what is imported here
    monkeypatch.setattr(pipe, "MESSAGES", "those of yesterday")
    child = Child(tmp_path)
    child.wait(lambda: child.said)
    child.way.close()
    (ended,) = child.said
    assert isinstance(ended, Ended)
    assert isinstance(ended.error, StoreError)
    assert "the same command goes on" in str(ended.error)


def test_one_is_not_whose_word_takes_long_to_be_taken_in(child: Child) -> None:
    child.on_word = child.look
    child.wait(lambda: child.said)
    assert not any(isinstance(message, Lost) for message in child.said)


INTERRUPTED = """
import os, signal
from ck_imagenet.engine.pipe import Fork

os.register_at_fork(after_in_child=lambda: os.kill(os.getpid(), signal.SIGINT))
print(Fork().wait())
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="it is forked where that is possible")
def test_ctrl_c_while_one_is_forked_ends_it_without_a_word() -> None:
    done = subprocess.run(
        [sys.executable, "-c", INTERRUPTED],
        env={**os.environ, "PYTHONPATH": LIBRARY},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout, done.stderr) == (f"-{int(signal.SIGINT)}\n", "")
