"""Work that leaves the interpreter's lock to others, done by several threads at once."""

from __future__ import annotations

import os
import threading
import time
from collections import deque
from concurrent.futures import Future
from queue import Empty, Queue
from typing import Callable, Generic, Iterable, Iterator, TypeVar

Given = TypeVar("Given")
Made = TypeVar("Made")

CORES = os.cpu_count() or 1

_LONGEST_END = 1.0
"""Seconds; who decodes a picture cannot be interrupted, and is left behind."""


def side_by_side(
    work: Callable[[Given], Made], given: Iterable[Given], threads: int
) -> Iterator[Made]:
    """Yield what becomes of each thing, in their order, worked out little ahead of its turn.

    Parameters
    ----------
    work : callable
        What is done with each.
    given : iterable
        What it is done with.
    threads : int
        How many do so at once, at most; with one it is done when its turn comes.
    """
    if threads == 1:
        yield from map(work, given)
        return
    crew = _Crew(work, threads)
    begun: deque[Future[Made]] = deque()
    try:
        for each in given:
            begun.append(crew.begin(each))
            if len(begun) > 2 * threads:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
    finally:
        crew.end()


class _Crew(Generic[Given, Made]):
    """Threads that come as they are needed, and that the end of the process does not wait for."""

    def __init__(self, work: Callable[[Given], Made], most: int) -> None:
        self._work = work
        self._most = most
        self._tasks: Queue[tuple[Future[Made], Given] | None] = Queue()
        self._threads: list[threading.Thread] = []

    def begin(self, given: Given) -> Future[Made]:
        """Have something done; return what will become of it."""
        made: Future[Made] = Future()
        if len(self._threads) < self._most:
            self._hire()
        if self._threads:
            self._tasks.put((made, given))
        else:
            self._do(made, given)
        return made

    def end(self) -> None:
        """Let what has not been begun be, and wait a moment for the rest."""
        try:
            while True:
                self._tasks.get_nowait()
        except Empty:
            pass
        for _ in self._threads:
            self._tasks.put(None)
        end = time.monotonic() + _LONGEST_END
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _hire(self) -> None:
        thread = threading.Thread(target=self._labour, daemon=True)
        try:
            thread.start()
        except RuntimeError:  # there is no room for one more: the others do it
            self._most = len(self._threads)
        else:
            self._threads.append(thread)

    def _labour(self) -> None:
        for task in iter(self._tasks.get, None):
            self._do(*task)

    def _do(self, made: Future[Made], given: Given) -> None:
        try:
            made.set_result(self._work(given))
        except BaseException as error:  # which whoever waits for it raises
            made.set_exception(error)
