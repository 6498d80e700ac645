"""Processes whose clocks are wrong, on any system and without rights: Python's own are replaced."""

from __future__ import annotations

from pathlib import Path

DISTURBED = Path(__file__).with_name("disturbed")
YEAR = 365.25 * 86_400.0


def wrong(wall: float = 0.0, monotonic: float = 0.0) -> dict[str, str]:
    """Return the environment of Python processes whose clocks are off by so many seconds.

    Where a monotonic clock begins is nobody's affair, so it may as well be far below zero.
    """
    off = {"WRONG_WALL": str(wall), "WRONG_MONOTONIC": str(monotonic)}
    return {"PYTHONPATH": str(DISTURBED), **off}
