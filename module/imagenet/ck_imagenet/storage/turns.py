"""Whose turn it is, where only one process at a time may be at work."""

from __future__ import annotations

from contextlib import ExitStack, contextmanager, suppress
from typing import Iterator

from filelock import FileLock, Timeout

from ..core.progress import Progress
from .store import SynsetStore


class Busy(Exception):
    """Another process is at work."""


@contextmanager
def at_once(lock: FileLock) -> Iterator[None]:
    """Let one process at a time work on something; raise Busy if it is another's turn."""
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Busy from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def only_one(lock: FileLock, what: str, progress: Progress) -> Iterator[None]:
    """Let one process at a time work on something; the others wait, and say so."""
    with ExitStack() as turn:
        try:
            turn.enter_context(at_once(lock))
        except Busy:
            progress.waiting(what)
            turn.enter_context(lock)
        yield


@contextmanager
def undisturbed(place: SynsetStore, progress: Progress) -> Iterator[None]:
    """Let no run work on a synset meanwhile; where nothing can be written, none does."""
    with ExitStack() as turn:
        if place.state.is_dir():
            with suppress(OSError):
                turn.enter_context(only_one(place.lock(), place.wnid, progress))
        yield
