"""What people see, and where: lines on standard output, how a run goes on standard error."""

from __future__ import annotations

import math
import os
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any, Callable, Iterable, Iterator, NoReturn, Sequence

from ..catalogue import synsets
from ..catalogue.selection import WHATEVER, Selection
from ..core import text
from ..core.errors import BadInput, NobodyReads, StoreError
from ..core.outcomes import Outcome
from ..core.text import Progress, counted, visible
from ..storage import inventory
from ..storage.ck_kernel import OUTPUT_LOCK
from ..storage.inventory import Tally
from ..storage.records import Record
from .choosing import nothing_here
from .sentences import happened, outcomes, size
from .tables import table

if TYPE_CHECKING:  # what only a bar and a run need costs other commands no import
    from tqdm import tqdm

    from ..engine.host import RationedHost

_A_WHILE = 60.0
"""Seconds between two lines of what is waited for."""


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

    @property
    def is_terminal(self) -> bool:
        """Whether a person sees what is written."""
        return self.is_on and on_terminal()

    def say(self, lines: Iterable[str]) -> None:
        """Print sentences, if anybody is told."""
        if self.is_on:
            write(map(self._spelt, lines))

    def give(self, lines: Iterable[str]) -> None:
        """Print the lines of a list, byte for byte as it has them: Latin-1 text."""
        write(lines, "latin-1")

    def progress(self, verbose: bool = False, quiet: bool = False) -> Progress:
        """Return the progress that suits standard error and the options.

        Parameters
        ----------
        verbose : bool, optional
            Whether the user wants to hear of each link.
        quiet : bool, optional
            Whether the user wants to hear of errors alone.
        """
        if quiet or not self.is_on or sys.stderr is None:
            return Progress()
        import tqdm  # noqa: F401 - if it is missing, that is told before anything is done

        return (Bar if sys.stderr.isatty() else Lines)(verbose, self._spelt)

    def agrees(self, question: str) -> bool:
        """Ask a person, or whoever answers on standard input.

        Raises
        ------
        BadInput
            If nobody answers.
        """
        self.say([f"{question} Type y or n:"])
        answer = sys.stdin.readline()
        if not answer:
            raise BadInput("nobody has answered, so nothing has been done; --force does not ask")
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
    make_safe = visible if on_terminal() else str
    for line in lines:  # which may read the disk, and fail at that
        _write(make_safe(line) + "\n", encoding)
    try:
        with OUTPUT_LOCK:
            sys.stdout.flush()
    except OSError as error:
        _give_up(error)


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


class Lines(Progress):
    """Lines for a log.

    Parameters
    ----------
    verbose : bool
        Show what becomes of each URL.
    spelt : callable, optional
        Returns a sentence with the commands in it as people type them here.
    """

    def __init__(self, verbose: bool, spelt: Callable[[str], str] = str) -> None:
        self._verbose = verbose
        self._spelt = spelt
        self._rationed_at = -math.inf

    def waiting(self, what: str) -> None:
        """Say why nothing happens."""
        self._say(f"{what}: another command is at work on it; waiting for it to end")

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
            print(visible(self._spelt(text)), file=sys.stderr, flush=True)
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

    def __init__(self, verbose: bool, spelt: Callable[[str], str] = str) -> None:
        super().__init__(verbose, spelt)
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
        self._bar = _bar(total=total, desc=what, unit="url")

    def settled(self, record: Record) -> None:
        """Move the bar by one URL."""
        super().settled(record)
        self._saved += record.outcome is Outcome.SAVED
        self._bytes += record.bytes
        if self._bar is not None:
            size = self._bar.format_sizeof(self._bytes, "B", 1000)
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
            self._bar = _bar(
                total=total or None, initial=done, desc=what, unit="B", unit_scale=True
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
        from tqdm import tqdm

        tqdm.write(visible(self._spelt(text)), file=sys.stderr)


def _bar(**how: Any) -> tqdm[Any]:
    from tqdm import tqdm

    return tqdm(file=sys.stderr, dynamic_ncols=True, **how)


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

_MARKS = {"█": "here", "▒": "may pass", "░": "failed", "·": "not asked"}


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
        copies = "altered copies: ck-imagenet export --unaltered leaves them out"
        yield f"  {sum_.altered:5}  {'altered':16}of those here are {copies}"
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
