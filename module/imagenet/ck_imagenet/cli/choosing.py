"""What people choose among: synsets, how many are below each, what each means, what to type."""

from __future__ import annotations

import textwrap
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Iterable, Iterator, Sequence

from ..catalogue.matches import MOST_COLUMNS, NotAWnid
from ..catalogue.selection import Selection, nothing_here
from ..catalogue.synsets import definition
from ..core.errors import Undecided
from ..core.options import as_typed, concern
from .terminal import table, terminal_width

if TYPE_CHECKING:
    from ..commands.listing import Listed
    from ..core.actions import ListOptions

_LEAST_MEANING = 20
"""Characters of a line of what a synset means, however narrow the terminal is."""


def synsets_table(rows: Sequence[Listed], options: ListOptions) -> Iterator[str]:
    """Yield synsets as a table: wnid, pictures here, synsets below, URLs if known, words.

    Parameters
    ----------
    rows : sequence of Listed
        The synsets.
    options : ListOptions
        Whether what each means is told too, and what to say where there is none.
    """
    if not rows:
        yield nothing_here(concern(options, Selection))
        return
    urls = [] if rows[0].urls is None else ["URLs"]
    lines = [(row.synset.wnid, *_counts(row), ", ".join(row.synset.words)) for row in rows]
    head, *shown = table([("wnid", "here", "below", *urls, "words"), *lines])
    yield head
    for row, line in zip(rows, shown):
        yield line
        if options.words:
            yield from _meaning(row.synset.wnid, head.rindex("words"))


def _counts(row: Listed) -> list[str]:
    return [str(count) for count in (row.downloaded, row.below, row.urls) if count is not None]


@contextmanager
def choices_told(action: str, options: Any) -> Iterator[None]:
    """Have whoever writes words for a wnid told what to type instead.

    Parameters
    ----------
    action : str
        The action that was typed.
    options : dataclass instance
        Its options as they were typed.

    Raises
    ------
    Undecided
        With the synsets that match, and commands.
    NotAWnid
        If none matches.
    """
    try:
        yield
    except NotAWnid as error:
        if not error.matches:
            raise
        raise Undecided(choices(error, action, options)) from None


def choices(error: NotAWnid, action: str, options: Any) -> str:
    """Return the synsets that match words, and the commands for the closest of them.

    Parameters
    ----------
    error : NotAWnid
        The words, and what they match.
    action : str
        The action that was typed.
    options : dataclass instance
        Its options as they were typed.
    """
    wnid = error.matches[0].wnid
    written = options.under if error.option == "--under" else options.wnid
    named = tuple(wnid if each == error.words else each for each in written)
    one, all_below = {"wnid": named, "under": ()}, {"wnid": (), "under": named}
    return error.told(
        _command(action, replace(options, **one)),
        _command(action, replace(options, **all_below)),
        min(MOST_COLUMNS, terminal_width()),
    )


def _command(action: str, options: Any) -> str:
    return f"ck-imagenet {action}{as_typed(options)}"


def wnids(rows: Iterable[Listed], options: ListOptions) -> Iterator[str]:
    """Yield a wnid a line, with a tab and the words if the options ask for them.

    Parameters
    ----------
    rows : iterable of Listed
        The synsets.
    options : ListOptions
        What the user has typed.
    """
    for row in rows:
        words = "\t" + ", ".join(row.synset.words) if options.words else ""
        yield row.synset.wnid + words


def _meaning(wnid: str, indent: int) -> list[str]:
    """Return what a synset means, below its words."""
    blanks, width = " " * indent, max(terminal_width(), indent + _LEAST_MEANING)
    return textwrap.wrap(definition(wnid), width, initial_indent=blanks, subsequent_indent=blanks)
