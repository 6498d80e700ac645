"""Threads where memory may be short: fewer of them do the same work."""

from __future__ import annotations

import mmap
from concurrent.futures import ThreadPoolExecutor
from threading import Thread

from .errors import TooLittleMemory

_ROOM = 96 * 2**20
"""Bytes of addresses that must be free: a thread takes 72 MB at once, and nobody can do without."""


def started(thread: Thread, others: bool) -> bool:
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
