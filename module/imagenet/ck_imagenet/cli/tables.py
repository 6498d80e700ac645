"""Tables that fit a terminal, whose columns a text of any script takes."""

from __future__ import annotations

import shutil
import textwrap
import unicodedata
from bisect import bisect_left
from itertools import accumulate
from typing import Iterable, Iterator, Sequence

from ..core.text import visible

GAP = "  "
"""What stands between two columns."""


def terminal_width() -> int:
    """Return how many characters the terminal has in a line."""
    return shutil.get_terminal_size().columns


def table(rows: Sequence[tuple[str, ...]], width: int | None = None) -> Iterator[str]:
    """Yield rows as lines, their columns aligned, the last one cut to the terminal's width.

    Parameters
    ----------
    rows : sequence of tuples of str
        The rows, the first of them the head.
    width : int, optional
        Characters of a line, by default those of the terminal.
    """
    width = width or terminal_width()
    widths = [max(map(cells, column)) for column in list(zip(*rows))[:-1]]
    for row in rows:
        line = GAP.join([*map(_aligned, row, widths), row[-1]])
        yield cut(line.rstrip(), width)


def _aligned(text: str, size: int) -> str:
    return _right(text, size) if text.isdigit() else _left(text, size)


def _left(text: str, size: int) -> str:
    return text + " " * (size - cells(text))


def _right(text: str, size: int) -> str:
    return " " * (size - cells(text)) + text


def columns(texts: Sequence[str], sizes: Sequence[int]) -> str:
    """Return a line whose columns begin where they always do: each text is cut to its size.

    Parameters
    ----------
    texts : sequence of str
        What stands in the columns.
    sizes : sequence of int
        How many characters of a terminal each column has; negative for one of numbers, which stand
        to the right.
    """
    shown = [cut(visible(text), abs(size)) for text, size in zip(texts, sizes)]
    fitting = (
        _right(text, -size) if size < 0 else _left(text, size) for text, size in zip(shown, sizes)
    )
    return GAP.join(fitting).rstrip()


def folded(lines: Iterable[str]) -> Iterator[str]:
    """Yield sentences as lines that fit the terminal; a command stays in one line, to be pasted."""
    width = terminal_width()
    for line in lines:
        if "ck-imagenet " in line or cells(line) <= width:
            yield line
        else:
            begin = " " * (len(line) - len(line.lstrip()))
            yield from textwrap.wrap(
                line, width, subsequent_indent=f"{begin}{GAP}", break_on_hyphens=False
            )


def cut(text: str, width: int) -> str:
    """Return a text that takes no more of a terminal's line than that, with … where it is cut.

    Parameters
    ----------
    text : str
        The text.
    width : int
        How many characters of a terminal there are for it.
    """
    if len(text) <= width // 2 or cells(text) <= width:  # no character takes more than two
        return text
    ends = list(accumulate(map(cells, text)))
    return text[: bisect_left(ends, width)] + "…"


def cells(text: str) -> int:
    """Return how many characters of a terminal a text takes: a Chinese one takes two."""
    return len(text) if text.isascii() else sum(map(_cells_of, text))


def _cells_of(character: str) -> int:
    if unicodedata.category(character) in ("Mn", "Me"):  # it stands on the one before
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
