"""Standard output, which holds what a command has found, and nothing that other programs say."""

from __future__ import annotations

import os
from contextlib import contextmanager
from threading import RLock
from typing import Iterator

TURN = RLock()
"""Held by who writes there."""

_OUTPUT = 1
"""What a program that is started finds as its standard output."""


@contextmanager
def others_unheard() -> Iterator[None]:
    """Let nothing come there from programs that are started meanwhile; threads may be at work."""
    with TURN:
        try:
            kept = os.dup(_OUTPUT)
        except OSError:  # there is none
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, _OUTPUT)
            yield
        finally:
            os.dup2(kept, _OUTPUT)
            os.close(kept)
            os.close(nowhere)
