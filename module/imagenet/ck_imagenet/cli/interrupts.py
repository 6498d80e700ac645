"""Ctrl-C before an action has begun: a sentence, and not Python's traceback.

A front door imports this first, so it imports next to nothing itself.
"""

from __future__ import annotations

import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Callable

STOPPED = 130
"""What is returned when the user has stopped a command."""

STOPPED_SENTENCE = "Stopped. The same command goes on."


def end_at_once(program: str) -> None:
    """Let Ctrl-C end this process, unless another program than ours has loaded us.

    Parameters
    ----------
    program : str
        The name of the program to which this process belongs, if it is ours.
    """
    name = os.path.basename(sys.argv[0] if sys.argv else "")  # noqa: PTH119  pathlib takes its time
    if name in (program, f"{program}.exe"):
        _replace(signal.default_int_handler, _end)


def raise_again() -> None:
    """Let Ctrl-C raise KeyboardInterrupt, as it does by default: now there is who handles that."""
    _replace(_end, signal.default_int_handler)


def _replace(known: Callable[..., object], other: Callable[..., object]) -> None:
    if signal.getsignal(signal.SIGINT) is known:
        try:
            signal.signal(signal.SIGINT, other)
        except ValueError:  # in another thread than the main one
            return


def _end(*_: object) -> None:
    over = b"\r" if os.isatty(2) else b""  # the ^C that a terminal shows
    os.write(2, over + STOPPED_SENTENCE.encode() + b"\n")
    os._exit(STOPPED)
