"""How a run goes, on standard error: lines that tick on a terminal, plain ones in a log.

    engine ── begin, settled, ended, slow ──► counts ◄── looked at by a thread ──► screen, or log

What is seen is made from the counts by a thread of its own: four times a second on a terminal, once
a minute in a log. So a link costs no drawing, and a run that waits is seen to wait.
"""

from __future__ import annotations

import math
import os
import stat
import sys
import textwrap
import threading
import time
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Callable, Iterator, Sequence

from ..core.text import visible
from ..core.threads import start_thread
from ..storage.records import Record
from .counts import Counts, Seen, rationed_words
from .sentences import happened
from .terminal import FAILED, SAVED, has_colours, is_dumb, styled, with_outcomes

if TYPE_CHECKING:  # which only a terminal needs, if a command takes its time
    from rich.live import Live

    from ..engine.host import RationedHost

_LINE_EVERY = 60.0
"""Seconds between two lines in a log."""

_FIRST_FRAME, _FRAME = 0.3, 0.25
"""Seconds before anything is drawn, since most commands are short, and between two drawings."""

_LINE_TO_BAR = 4
"""How many times a bar goes into a line, whatever stands beside it: it is 20 of 80 characters."""

_JOINT = ", "

_BAR_MARKS = {"utf": "█░·", "ascii": "#x."}
"""Links whose pictures are saved, links that failed, and the rest, as `status` shows them."""


def progress(verbose: bool, spelt: Callable[[str], str]) -> Lines:
    """Return the progress that suits standard error.

    Parameters
    ----------
    verbose : bool
        Whether the user wants to hear of each link.
    spelt : callable
        Returns a sentence with the commands in it as people type them here.
    """
    if not sys.stderr.isatty() or is_dumb():
        return Lines(verbose, spelt, every=_LINE_EVERY if verbose or _is_log() else math.inf)
    from importlib.util import find_spec

    if not find_spec("rich"):  # told before anything is done
        raise ModuleNotFoundError(name="rich")
    return Bar(verbose, spelt)


def _is_log() -> bool:
    """Say whether standard error is a file, in which somebody looks for how it goes."""
    with suppress(OSError, ValueError):
        return stat.S_ISREG(os.fstat(sys.stderr.fileno()).st_mode)
    return False


class Lines(Counts):
    """Lines for a log.

    Parameters
    ----------
    verbose : bool
        Show what becomes of each link.
    spelt : callable, optional
        Returns a sentence with the commands in it as people type them here.
    every : float, optional
        Seconds between two lines that tell how far the run is; by default there are none.
    """

    def __init__(
        self, verbose: bool, spelt: Callable[[str], str] = str, every: float = math.inf
    ) -> None:
        super().__init__()
        self._verbose = verbose
        self._spelt = spelt
        self._first = self._every = every
        self._rationed_at = -math.inf
        self._thread: threading.Thread | None = None
        self._has_ended = threading.Event()

    def waiting(self, what: str) -> None:
        """Say why nothing happens."""
        self._say(f"{what}: another command is at work on it; waiting for it to end")

    def resting(self, who: str, seconds: float) -> None:
        """Say why nothing happens."""
        self._say(f"{who} asks to be left alone for {seconds:.0f} s; waiting")

    def rationed(self, rations: Sequence[RationedHost]) -> None:
        """Say now and then what is waited for."""
        super().rationed(rations)
        now = time.monotonic()
        if rations and now > self._rationed_at + _LINE_EVERY:
            self._rationed_at = now
            self._say(rationed_words(rations))

    def trouble(self, said: str) -> None:
        """Say it."""
        self._say(said)

    def settled(self, record: Record) -> None:
        """Count a link, and show its outcome if that is asked for."""
        super().settled(record)
        if self._verbose:
            told = happened(record)
            detail = f" ({told})" if told else ""
            self._say(f"{record.name}  {record.outcome.word}  {record.url}{detail}")

    def expect(self, synsets: int) -> None:
        """Tell from now on how far the run is."""
        super().expect(synsets)
        if synsets:
            self._start()

    def begin(
        self, wnid: str, links: int, wanted: int | None = None, *, from_wayback: bool = False
    ) -> None:
        """Count the links of a synset, and tell from now on how far it is."""
        super().begin(wnid, links, wanted, from_wayback=from_wayback)
        self._start()

    def advance(self, what: str, done: int, total: int) -> None:
        """Tell from now on how far it is."""
        super().advance(what, done, total)
        self._start()

    def end(self) -> None:
        """Tell no more."""
        super().end()
        thread, self._thread = self._thread, None
        if thread:
            self._has_ended.set()
            thread.join()

    def _start(self) -> None:
        if self._thread or self._every == math.inf:
            return
        self._has_ended.clear()
        self._thread = threading.Thread(target=self._tell, name="progress", daemon=True)
        start_thread(self._thread, others=False)

    def _tell(self) -> None:
        """Tell how it goes until it has ended: what a thread does."""
        is_over = self._has_ended.wait(self._first)
        while not is_over:
            self._tick()
            is_over = self._has_ended.wait(self._every)

    def _tick(self) -> None:
        seen = self.seen()
        done = ": ".join(filter(None, [seen.label, ", ".join(seen.facts)]))
        self._say("; ".join(filter(None, [done, *seen.below])))

    def _say(self, text: str) -> None:
        try:
            print(visible(self._spelt(text)), file=sys.stderr, flush=True)
        except OSError:  # a progress that nobody can read is no reason to end the run
            _fall_silent()


def _fall_silent() -> None:
    """Write to nobody from now on: what Python still flushes at its end must not fail again."""
    with suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())


class Bar(Lines):
    """A bar, and beside and below it what has been done, and what is waited for.

    It is there while something is at work, and leaves nothing on the screen.

    Parameters
    ----------
    verbose : bool
        Show what becomes of each link.
    spelt : callable, optional
        Returns a sentence with the commands in it as people type them here.
    """

    def __init__(self, verbose: bool, spelt: Callable[[str], str] = str) -> None:
        super().__init__(verbose, spelt, _FRAME)
        self._first = _FIRST_FRAME
        self._drawing = threading.RLock()
        self._live: Live | None = None
        self._said: list[str] = []

    def rationed(self, rations: Sequence[RationedHost]) -> None:
        """Count only: the bar shows what is waited for."""
        Counts.rationed(self, rations)

    def end(self) -> None:
        """Leave the screen as if there had never been a bar."""
        super().end()
        with self.aside():
            pass

    @contextmanager
    def aside(self) -> Iterator[None]:
        """Take the bar away while something else is printed; it comes back by itself."""
        with self._drawing:
            self._print_said()
            live, self._live = self._live, None
            if live:
                live.transient = True
                live.stop()
            yield

    def _say(self, text: str) -> None:
        if self._thread:
            self._said.append(text)
        else:
            super()._say(text)

    def _tick(self) -> None:
        with self._drawing:
            try:
                self._print_said()
                self._draw()
            except OSError:
                _fall_silent()

    def _print_said(self) -> None:
        said, self._said = self._said, []
        if said and self._live:
            from rich.text import Text

            lines = "\n".join(visible(self._spelt(each)) for each in said)
            self._live.console.print(Text(lines), soft_wrap=True)
        else:
            for each in said:
                super()._say(each)

    def _draw(self) -> None:
        from rich.text import Text

        if not self._live:
            self._live = _live()
        console = self._live.console
        marks = _BAR_MARKS["ascii" if console.options.ascii_only else "utf"]
        lines = "\n".join(laid_out(self.seen(), console.width, marks))
        self._live.update(Text.from_ansi(lines, no_wrap=True, overflow="ellipsis"), refresh=True)


def laid_out(seen: Seen, width: int, marks: str = "█░·") -> Iterator[str]:
    """Yield what is seen of a run as lines: a bar first, with as much beside it as has room.

    Parameters
    ----------
    seen : Seen
        What there is to see.
    width : int
        Characters of a line.
    marks : str, optional
        What a bar is made of: saved, failed, to come.
    """
    length = width // _LINE_TO_BAR
    label, facts = _cut(visible(seen.label), width // 2), list(seen.facts)
    rest: list[str] = []
    room = width - len(label) - 2 - (length + 2 if seen.share is not None else 0)
    while facts and len(_JOINT.join(facts)) > room:
        rest.insert(0, facts.pop())
    bar = "" if seen.share is None else _bar(seen.share, seen.rot, length, marks)
    yield "  ".join(filter(None, [label, bar, with_outcomes(_JOINT.join(facts))]))
    below = _JOINT.join(filter(None, [*rest, *map(visible, seen.below)]))
    yield from map(with_outcomes, textwrap.wrap(below, width))


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else f"{text[: width - 1]}…"


def _bar(share: float, rot: float, length: int, marks: str) -> str:
    done = round(share * length)
    failed = round(rot * done)
    coloured = styled(marks[0] * (done - failed), SAVED) + styled(marks[1] * failed, FAILED)
    return coloured + marks[2] * (length - done)


def _live() -> Live:
    """Return where something is drawn again and again.

    The cursor stays where it is: whoever is killed leaves a terminal that can be used.
    """
    from rich.console import Console
    from rich.live import Live

    class Screen(Console):
        def show_cursor(self, show: bool = True) -> bool:
            return False

    is_coloured = has_colours(sys.stderr)
    screen = Screen(
        stderr=True,
        force_terminal=True,
        color_system="standard" if is_coloured else None,
        no_color=not is_coloured,
        highlight=False,
    )
    live = Live(console=screen, auto_refresh=False, redirect_stdout=False, redirect_stderr=False)
    live.start()
    return live
