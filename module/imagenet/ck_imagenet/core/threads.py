"""Work that leaves the interpreter's lock to others, done by several threads at once."""

from __future__ import annotations

import mmap
import os
import threading
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from queue import Empty, Queue
from threading import Thread
from typing import Callable, Iterable, Iterator, TypeVar

from .errors import TooLittleMemory

# Threads where memory may be short: fewer of them do the same work.

_ROOM = 96 * 2**20
"""Bytes of addresses that must be free: a thread takes 72 MB at once, and nobody can do without."""


def start_thread(thread: Thread, others: bool) -> bool:
    """Start a thread, if there is memory for it; say whether there is.

    Parameters
    ----------
    thread : Thread
        What is to be started.
    others : bool
        Whether the work goes on without it. Then it must not take what these need: where memory
        ends, Python does not only raise MemoryError.

    Raises
    ------
    TooLittleMemory
        If there is none, and no other.
    """
    if others and not _has_room():
        return False
    try:
        thread.start()
    except (RuntimeError, MemoryError):
        if not others:
            raise TooLittleMemory from None
        return False
    return True


class Threads(ThreadPoolExecutor):
    """A pool of at most so many threads that makes do with those for which there is memory."""

    def _adjust_thread_count(self) -> None:
        if not self._threads or _has_room():
            super()._adjust_thread_count()


def _has_room() -> bool:
    try:
        mmap.mmap(-1, _ROOM).close()
    except (OSError, ValueError, MemoryError):
        return False
    return True


Given = TypeVar("Given")
Made = TypeVar("Made")

CORES = os.cpu_count() or 1

_LONGEST_END = 1.0
"""Seconds; who decodes a picture cannot be interrupted, and is left behind."""


class ParallelMap:
    """Threads that come as they are needed, and that the end of the process does not wait for.

    Parameters
    ----------
    most : int
        How many there are at once; with one, all is done by who asks for it.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._tasks: Queue[Callable[[], None] | None] = Queue()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> ParallelMap:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def each(self, work: Callable[[Given], Made], given: Iterable[Given]) -> Iterator[Made]:
        """Yield what becomes of each thing, in their order, worked out little ahead of its turn.

        Parameters
        ----------
        work : callable
            What is done with each.
        given : iterable
            What it is done with.
        """
        if self._most == 1:
            yield from map(work, given)
            return
        begun: deque[Future[Made]] = deque()
        for each in given:
            begun.append(self._begin(work, each))
            if len(begun) > 2 * self._most:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()

    def end(self) -> None:
        """Let what has not been begun be, and wait a moment for the rest."""
        with suppress(Empty):
            while True:
                self._tasks.get_nowait()
        for _ in self._threads:
            self._tasks.put(None)
        end = time.monotonic() + _LONGEST_END
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _begin(self, work: Callable[[Given], Made], given: Given) -> Future[Made]:
        """Have something done; return what will become of it."""
        made: Future[Made] = Future()

        def do() -> None:
            try:
                made.set_result(work(given))
            except BaseException as error:  # which whoever waits for it raises
                made.set_exception(error)

        if len(self._threads) < self._most:
            self._hire()
        if self._threads:
            self._tasks.put(do)
        else:
            do()
        return made

    def _hire(self) -> None:
        thread = threading.Thread(target=self._labour, daemon=True)
        if start_thread(thread, others=True):
            self._threads.append(thread)
        else:  # those that there are do it, or who asks for it
            self._most = max(2, len(self._threads))

    def _labour(self) -> None:
        for task in iter(self._tasks.get, None):
            task()


def parallel_map(
    work: Callable[[Given], Made], given: Iterable[Given], threads: int
) -> Iterator[Made]:
    """Yield what becomes of each thing, as `SideBySide.each` does, with threads of its own."""
    with ParallelMap(threads) as crew:
        yield from crew.each(work, given)
