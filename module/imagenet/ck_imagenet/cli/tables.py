"""Tables that fit a terminal."""

from __future__ import annotations

import shutil
from typing import Iterator, Sequence


def table(rows: Sequence[tuple[str, ...]], width: int | None = None) -> Iterator[str]:
    """Yield rows as lines, their columns aligned, the last one cut to the terminal's width.

    Parameters
    ----------
    rows : sequence of tuples of str
        The rows, the first of them the head.
    width : int, optional
        Characters of a line, by default those of the terminal.
    """
    width = width or shutil.get_terminal_size().columns
    widths = [max(map(len, column)) for column in list(zip(*rows))[:-1]]
    for row in rows:
        cells = [
            cell.rjust(size) if cell.isdigit() else cell.ljust(size)
            for cell, size in zip(row, widths)
        ]
        line = "  ".join([*cells, row[-1]]).rstrip()
        yield line if len(line) <= width else line[: width - 1] + "…"
