"""Where there is colour, and what for: for what came of something, and for nothing else."""

from __future__ import annotations

import os
import re
from typing import TextIO

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
