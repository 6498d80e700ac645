"""Threads where memory may be short, and a map over threads for work that frees the GIL."""

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

_BYTES_OF_THREAD = 96 * 2**20
"""Bytes of addresses that must be free to start a thread: glibc takes 72 MB for each at once."""


def start_thread(thread: Thread, others: bool) -> bool:
    """Start a thread if there is memory for it.

    Parameters
    ----------
    thread : Thread
        What is to be started.
    others : bool
        Whether the work goes on without it, in other threads. Then it must leave them the memory
        that they need: where memory ends, Python does not only raise MemoryError.

    Returns
    -------
    bool
        Whether it has been started; always true without `others`.

    Raises
    ------
    TooLittleMemory
        If there is no memory for it, and no other thread to do the work.
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
    """A pool of threads that makes do with those for which there is memory."""

    def _adjust_thread_count(self) -> None:
        if not self._threads or _has_room():
            super()._adjust_thread_count()


def _has_room() -> bool:
    try:
        mmap.mmap(-1, _BYTES_OF_THREAD).close()
    except (OSError, ValueError, MemoryError):
        return False
    return True


Given = TypeVar("Given")
Made = TypeVar("Made")

CORES = os.cpu_count() or 1

_LONGEST_JOIN = 1.0
"""Seconds that `end` waits: a thread that decodes a picture cannot be interrupted."""


class ParallelMap:
    """A map over threads that keeps the order.

    Threads are started as they are needed, and the end of the process does not wait for them.

    Parameters
    ----------
    most : int
        The most threads at once; with one, the caller's own thread does the work.
    """

    def __init__(self, most: int) -> None:
        self._most = most
        self._tasks: Queue[Callable[[], None] | None] = Queue()
        self._threads: list[threading.Thread] = []

    def __enter__(self) -> ParallelMap:
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def map(self, work: Callable[[Given], Made], given: Iterable[Given]) -> Iterator[Made]:
        """Yield the result of each item in the order of the items, computed a little ahead.

        Parameters
        ----------
        work : callable
            What is called with each item.
        given : iterable
            The items; few of them are taken before their results are.
        """
        if self._most == 1:
            for each in given:
                yield work(each)
            return
        begun: deque[Future[Made]] = deque()
        for each in given:
            begun.append(self._begin(work, each))
            if len(begun) > 2 * self._most:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()

    def end(self) -> None:
        """Drop the work that has not begun, and wait a moment for the rest."""
        with suppress(Empty):
            while True:
                self._tasks.get_nowait()
        for _ in self._threads:
            self._tasks.put(None)
        end = time.monotonic() + _LONGEST_JOIN
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))

    def _begin(self, work: Callable[[Given], Made], given: Given) -> Future[Made]:
        """Let a thread do some work; return its future result."""
        made: Future[Made] = Future()

        def do() -> None:
            try:
                made.set_result(work(given))
            except BaseException as error:  # raised again by whoever takes the result
                made.set_exception(error)

        if len(self._threads) < self._most:
            self._add_thread()
        if self._threads:
            self._tasks.put(do)
        else:
            do()
        return made

    def _add_thread(self) -> None:
        thread = threading.Thread(target=self._run, daemon=True)
        if start_thread(thread, others=True):
            self._threads.append(thread)
        else:  # the threads that there are do it, or else the caller
            self._most = max(2, len(self._threads))

    def _run(self) -> None:
        for task in iter(self._tasks.get, None):
            task()


def parallel_map(
    work: Callable[[Given], Made], given: Iterable[Given], threads: int
) -> Iterator[Made]:
    """Yield the result of each item in their order, with threads that end with it.

    Parameters
    ----------
    work : callable
        What is called with each item.
    given : iterable
        The items; few of them are taken before their results are.
    threads : int
        The most threads at once.
    """
    with ParallelMap(threads) as parallel:
        yield from parallel.map(work, given)
