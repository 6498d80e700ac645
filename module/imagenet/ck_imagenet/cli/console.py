"""What people are told and asked, on standard output."""

from __future__ import annotations

import os
import sys
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Callable, Iterable, Iterator, NoReturn

from ..catalogue import synsets
from ..catalogue.selection import WHATEVER, Selection, nothing_here
from ..core.errors import BadInput, NobodyReads, StoreError, Unanswered
from ..core.text import counted, visible
from ..storage import inventory
from ..storage.ck_kernel import OUTPUT_LOCK
from ..storage.inventory import Tally
from . import progress as shown
from .counts import Counts
from .sentences import outcomes, size
from .terminal import folded, for_encoding, has_colours, table, with_outcomes

NOBODY = "Nobody can be asked here. To say yes"
"""Begins what is said there; how to say yes comes after it."""

NOTHING_DONE = "Nothing has been done."
"""What is said where the answer is no."""


class Console:
    """Tells people what an action does.

    Parameters
    ----------
    is_on : bool
        Whether anybody is told anything: not a program that wants values.
    spelt : callable, optional
        Returns a sentence with the commands in it as people type them here.
    """

    def __init__(self, is_on: bool, spelt: Callable[[str], str] = str) -> None:
        self.is_on = is_on
        self._spelt = spelt
        self._progress = Counts()

    @property
    def is_terminal(self) -> bool:
        """Whether a person sees what is written."""
        return self.is_on and on_terminal()

    def say(self, lines: Iterable[str]) -> None:
        """Print sentences, if anybody is told."""
        if self.is_on:
            with self._progress.aside() if self.is_terminal else nullcontext():
                told = map(self._spelt, lines)
                write(folded(told) if self.is_terminal else told)

    def give(self, lines: Iterable[str]) -> None:
        """Print the lines of a list, byte for byte as it has them: Latin-1 text."""
        write(lines, "latin-1")

    def progress(self, verbose: bool = False, quiet: bool = False) -> Counts:
        """Return the progress that suits standard error and the options.

        Parameters
        ----------
        verbose : bool, optional
            Whether the user wants to hear of each link.
        quiet : bool, optional
            Whether the user wants to hear of errors alone.
        """
        if not (quiet or not self.is_on or sys.stderr is None):
            self._progress = shown.progress(verbose, self._spelt)
        return self._progress

    def stopped(self) -> str:
        """Return what the run has done that this console shows, for who stops it."""
        return self._progress.stopped()

    def end(self) -> None:
        """Leave the screen as it should be, however the action has ended."""
        self._progress.end()

    def agrees(self, question: str, unasked: str) -> bool:
        """Ask a person, and return whether the answer is yes; all but that is no.

        Parameters
        ----------
        question : str
            What is asked.
        unasked : str
            What to do where nobody can be asked.

        Raises
        ------
        Unanswered
            If nobody can be asked.
        KeyboardInterrupt
            If the answer is Ctrl-C.
        """
        if not self.is_on:
            raise BadInput(f"{question}\n{unasked}")
        if not (self.is_terminal and sys.stdin and sys.stdin.isatty()):
            raise Unanswered(question, unasked)
        *before, asked = folded(f"{question} [y/N]".split("\n"))
        self.say(before)
        with self._progress.aside():
            _write(f"{visible(asked)} ", "utf-8")
            sys.stdout.flush()
            try:
                answer = sys.stdin.readline()
            except KeyboardInterrupt:
                raise KeyboardInterrupt(f"\n{NOTHING_DONE}") from None
            if not answer:  # Ctrl-D, after which the line has not ended
                write([""])
        return answer.strip().lower() in ("y", "yes")


def on_terminal() -> bool:
    """Say whether a person sees what is written to standard output."""
    return sys.stdout is not None and sys.stdout.isatty()


def write(lines: Iterable[str], encoding: str = "utf-8") -> None:
    """Print lines, on a terminal without the control characters that they may hold.

    Parameters
    ----------
    lines : iterable of str
        The lines, without their ends.
    encoding : str, optional
        How their characters become bytes; of URLs as lists hold them, Latin-1.

    Raises
    ------
    NobodyReads
        If nobody reads them any more.
    StoreError
        If they cannot be written, which standard error has been told.
    """
    make_safe: Callable[[str], str] = str
    if on_terminal():
        encoding = getattr(sys.stdout, "encoding", None) or encoding
        make_safe = partial(_shown, encoding=encoding)
    dress = with_outcomes if has_colours(sys.stdout) else str
    for line in lines:  # which may read the disk, and fail at that
        _write(dress(make_safe(line)) + "\n", encoding)
    try:
        with OUTPUT_LOCK:
            sys.stdout.flush()
    except OSError as error:
        _give_up(error)


def _shown(line: str, encoding: str) -> str:
    """Return a line as the terminal can show it."""
    return for_encoding(visible(line), encoding)


def _write(text: str, encoding: str) -> None:
    buffer = getattr(sys.stdout, "buffer", None)
    try:
        with OUTPUT_LOCK:
            if buffer:
                buffer.write(text.encode(encoding, "replace"))
            else:  # a notebook's
                sys.stdout.write(text)
    except OSError as error:
        _give_up(error)


def _give_up(error: OSError) -> NoReturn:
    # What Python would still flush at its end, and CK would print, must not fail again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        raise NobodyReads from None
    lost = StoreError(f"the output cannot be written: {error.strerror}")
    print(lost, file=sys.stderr)
    raise lost from None


def open_page(page: Path) -> bool:
    """Open a page in the user's browser; say whether there is one."""
    # Where nothing can open a window, Python would start a browser of text in this terminal.
    windows = ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and not any(map(os.environ.get, windows)):
        return False
    import webbrowser  # which asks the system what there is, and imports much for that

    return webbrowser.open(page.as_uri())


# Tables of how things stand.

_BAR = 10
"""Characters."""

_MARKS = {"█": "here", "▒": "may work later", "░": "failed", "·": "not asked"}


def tally_lines(tallies: Iterable[Tally]) -> Iterator[str]:
    """Yield a line for each tally, and their total if there are several, for other programs."""
    count, sum_ = 0, Tally("total")
    for tally in tallies:
        yield _line(tally)
        sum_.add(tally)
        count += 1
    if count > 1:
        yield _line(sum_)


def _line(tally: Tally) -> str:
    rot = "" if tally.rot is None else f"{tally.rot:.3f}"
    failed = ",".join(f"{outcome.word}={count}" for outcome, count in tally.failed.most_common())
    counts = (tally.here, tally.known, tally.waiting, tally.bytes)
    altered = [str(tally.altered)] if tally.altered else []
    return "\t".join([tally.name, *map(str, counts), rot, tally.latest, failed, *altered])


def standing(tallies: Iterable[Tally], of: str, wanted: Selection = WHATEVER) -> Iterator[str]:
    """Yield tallies as a table, then their total and what its outcomes mean.

    Parameters
    ----------
    tallies : iterable of Tally
        Of synsets or of hosts.
    of : str
        What they are of, for the head of the table.
    wanted : Selection, optional
        Which synsets were chosen.
    """
    rows = list(tallies)
    if not rows:
        yield nothing_here(wanted)
        return
    head = (of, "here", "known", "", "rot", "size", "latest", "")
    yield from table([head, *map(_row, rows)])
    yield "  ".join(f"{mark} {meaning}" for mark, meaning in _MARKS.items())
    sum_ = inventory.total(rows)
    rot = f", rot {_percent(sum_)} of {sum_.asked}" if sum_.asked else ""
    yield f"{counted(sum_.here, 'picture')} here of {sum_.known} known, {size(sum_.bytes)}{rot}"
    if sum_.altered:
        yield f"  {sum_.altered:5}  {'altered':16}of those here are altered copies"
        yield "  to leave them out: ck-imagenet export --unaltered"
    yield from outcomes(sum_.failed)
    if sum_.waiting:
        yield f"  {sum_.waiting:5}  {'not asked':16}the next download asks for them"


def _row(tally: Tally) -> tuple[str, ...]:
    synset = synsets.load().get(tally.name)
    return (
        tally.name,
        str(tally.here),
        str(tally.known),
        bar(tally),
        _percent(tally),
        size(tally.bytes),
        tally.latest[:10],
        ", ".join(synset.words) if synset else "",
    )


def bar(tally: Tally) -> str:
    """Return how much is here, failed, and waits, as a bar."""
    may_pass = sum(count for outcome, count in tally.failed.items() if not outcome.final)
    final = sum(tally.failed.values()) - may_pass
    bar, done = "", 0
    for mark, count in zip(_MARKS, (tally.here, may_pass, final, tally.waiting)):
        done += count
        bar += mark * (round(_BAR * done / (tally.known or 1)) - len(bar))
    return bar


def _percent(tally: Tally) -> str:
    return "" if tally.rot is None else f"{tally.rot:.0%}"
