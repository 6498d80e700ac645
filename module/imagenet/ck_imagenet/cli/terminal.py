"""How text fits a terminal: its width, columns of any script, and colours where they are seen.

There is colour for what came of something, and for nothing else.
"""

from __future__ import annotations

import os
import re
import shutil
import textwrap
import unicodedata
from bisect import bisect_left
from itertools import accumulate
from typing import Iterable, Iterator, Sequence, TextIO

from ..core.text import visible

GAP = "  "
"""What stands between two columns."""


_WHOLE = re.compile(r"\bck(?:-imagenet)? [a-z].*|(?<!\S)[\"']?/(?:(?!  ).)*$")
"""What is pasted, to the end of a line: a command, or a path."""


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
    """Yield sentences as lines that fit the terminal; a command or a path stays in one piece."""
    width = terminal_width()
    for line in lines:
        whole = _WHOLE.search(line)
        text = line[: whole.start()].rstrip() if whole else line
        if cells(line) <= width or not text:
            yield line
            continue
        begin = " " * (len(line) - len(line.lstrip())) + GAP
        *before, last = textwrap.wrap(
            text,
            width,
            subsequent_indent=begin,
            break_on_hyphens=False,
            break_long_words=False,
        )
        yield from before
        if whole and cells(last) + cells(whole.group()) < width:
            yield f"{last} {whole.group()}"
        else:
            yield from [last, begin + whole.group()] if whole else [last]


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


# Signs and colours.

_PLAIN_SIGNS = str.maketrans("…█▒░·", "~#+x.")
"""What stands for signs of ours where a terminal cannot show them."""


def for_encoding(text: str, encoding: str | None) -> str:
    """Return a text with signs that can be shown in an encoding.

    Parameters
    ----------
    text : str
        The text.
    encoding : str or None
        The terminal's encoding, None if nobody knows.
    """
    try:
        "…█▒░·".encode(encoding or "utf-8")
    except (LookupError, UnicodeError):
        return text.translate(_PLAIN_SIGNS)
    return text


SAVED, FAILED = "\x1b[32m", "\x1b[31m"
"""Green and red, as each terminal has them."""

_PLAIN = "\x1b[0m"

_OUTCOME = re.compile(r"(?<![\w.,])[1-9][\d,.]*[kM]? (saved|failed)\b")
"""What tells an outcome, wherever it stands: a number that is not 0, and the word."""


def has_colours(stream: TextIO | None) -> bool:
    """Say whether colours are seen where something is written, and wanted (no-color.org)."""
    is_seen = stream is not None and stream.isatty() and not is_dumb()
    return is_seen and not os.environ.get("NO_COLOR")


def is_dumb() -> bool:
    """Say whether the terminal can do nothing but print."""
    return os.environ.get("TERM", "") in ("dumb", "unknown")


def styled(text: str, style: str) -> str:
    """Return a text in a colour.

    Parameters
    ----------
    text, style : str
        The text, and `SAVED` or `FAILED`.
    """
    return f"{style}{text}{_PLAIN}" if text else ""


def with_outcomes(line: str) -> str:
    """Return a line with its outcomes in their colours."""
    styles = {"saved": SAVED, "failed": FAILED}
    return _OUTCOME.sub(lambda found: styled(found.group(), styles[found.group(1)]), line)
