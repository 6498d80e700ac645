"""Whose turn it is, where only one process at a time may be at work."""

from __future__ import annotations

from contextlib import contextmanager
from typing import Iterator

from filelock import FileLock, Timeout

from .progress import Progress


@contextmanager
def only_one(lock: FileLock, what: str, progress: Progress) -> Iterator[None]:
    """Let one process at a time work on something; the others wait, and say so."""
    try:
        lock.acquire(timeout=0)
    except Timeout:
        progress.waiting(what)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()
