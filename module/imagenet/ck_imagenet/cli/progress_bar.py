"""How a run goes, on standard error: a bar on a terminal, lines for what is asked for."""

from __future__ import annotations

import math
import os
import sys
import time
import webbrowser
from contextlib import suppress
from pathlib import Path
from typing import Any, Sequence

from tqdm import tqdm

from ..core import text
from ..core.outcomes import Outcome
from ..core.text import Progress, counted, visible
from ..engine.host import RationedHost
from ..storage.records import Record
from .tables import happened

_A_WHILE = 60.0
"""Seconds between two lines of what is waited for."""


def choose(verbose: bool, quiet: bool) -> Progress:
    """Return the progress that suits standard error and the options."""
    if quiet or sys.stderr is None:
        return Progress()
    return Bar(verbose) if sys.stderr.isatty() else Lines(verbose)


class Lines(Progress):
    """Lines for a log.

    Parameters
    ----------
    verbose : bool
        Show what becomes of each URL.
    """

    def __init__(self, verbose: bool) -> None:
        self._verbose = verbose
        self._rationed_at = -math.inf

    def waiting(self, what: str) -> None:
        """Say why nothing happens."""
        self._say(f"{what}: another ck command is at work on it; waiting for it to end")

    def resting(self, who: str, seconds: float) -> None:
        """Say why nothing happens."""
        self._say(f"{who} asks to be left alone for {seconds:.0f} s; waiting")

    def rationed(self, rations: Sequence[RationedHost]) -> None:
        """Say now and then what is waited for."""
        now = time.monotonic()
        if rations and now > self._rationed_at + _A_WHILE:
            self._rationed_at = now
            self._say(_waited_for(rations))

    def trouble(self, said: str) -> None:
        """Say it."""
        self._say(said)

    def settled(self, record: Record) -> None:
        """Show one URL's outcome, if that is asked for."""
        if self._verbose:
            told = happened(record)
            detail = f" ({told})" if told else ""
            self._say(f"{record.name}  {record.outcome.word}  {record.url}{detail}")

    def _say(self, text: str) -> None:
        try:
            print(visible(text), file=sys.stderr, flush=True)
        except OSError:  # a progress that nobody can read is no reason to end the run
            _fall_silent()


def _waited_for(rations: Sequence[RationedHost]) -> str:
    first, *others = rations
    more = f"; and {counted(len(others), 'other host')}" if others else ""
    return text.ration(first.host, first.rate, first.waiting) + more


def _fall_silent() -> None:
    """Write to nobody from now on: what Python still flushes at its end must not fail again."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


class Bar(Lines):
    """A bar for synsets: done of all, pictures saved, bytes, rate and time left."""

    def __init__(self, verbose: bool) -> None:
        super().__init__(verbose)
        self._bar: tqdm[Any] | None = None
        self._saved = self._bytes = self._begun = 0

    def begin(self, what: str, total: int) -> None:
        """Show a bar, or make the one longer that is not done."""
        if self._bar is not None and self._bar.n >= (self._bar.total or 0):
            self.end()
        if self._bar is not None:
            self._begun += 1
            self._bar.total = (self._bar.total or 0) + total
            self._bar.set_description(f"{what} and {self._begun} more", refresh=False)
            return
        self._saved = self._bytes = self._begun = 0
        self._bar = tqdm(total=total, desc=what, unit="url", file=sys.stderr, dynamic_ncols=True)

    def settled(self, record: Record) -> None:
        """Move the bar by one URL."""
        super().settled(record)
        self._saved += record.outcome is Outcome.SAVED
        self._bytes += record.bytes
        if self._bar is not None:
            size = tqdm.format_sizeof(self._bytes, "B", 1000)
            self._bar.set_postfix_str(f"{self._saved} saved, {size}", refresh=False)
            self._bar.update(self._bar.unit != "B")  # else it is `advance` that moves it

    def rationed(self, rations: Sequence[RationedHost]) -> None:
        """Show on the bar what is waited for."""
        if rations and self._bar is not None:
            self._bar.set_postfix_str(_waited_for(rations))

    def advance(self, what: str, done: int, total: int) -> None:
        """Move the bar of something long, and show it first if it is new."""
        if self._bar is None:
            self._saved = self._bytes = 0
            self._bar = tqdm(
                total=total or None,
                initial=done,
                desc=what,
                unit="B",
                unit_scale=True,
                file=sys.stderr,
                dynamic_ncols=True,
            )
        self._bar.update(done - self._bar.n)

    def step_aside(self) -> None:
        """Clear the bar's line; it comes back with the next URL."""
        if self._bar is not None:
            self._bar.clear()

    def end(self) -> None:
        """Leave the bar where it is."""
        if self._bar is not None:
            self._bar.close()
        self._bar = None

    def _say(self, text: str) -> None:
        tqdm.write(visible(text), file=sys.stderr)


# The desktop of whoever types a command.


def show(page: Path) -> bool:
    """Open a page in the user's browser; say whether there is one."""
    # Where nothing can open a window, Python would start a browser of text in this terminal.
    windows = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and not any(map(os.environ.get, windows)):
        return False
    return webbrowser.open(page.as_uri())
