"""Processes whose clocks are wrong, on any system and without rights: Python's own are replaced."""

from __future__ import annotations

from pathlib import Path

_WRONG = """
import datetime, time

def shifted(clock, seconds):
    return lambda: clock() + seconds

time.time = shifted(time.time, {wall})
time.monotonic = shifted(time.monotonic, {monotonic})

class Shifted(datetime.datetime):
    @classmethod
    def now(cls, tz=None):
        return super().now(tz) + datetime.timedelta(seconds={wall})

datetime.datetime = Shifted
"""

YEAR = 365.25 * 86_400.0


def wrong(folder: Path, wall: float = 0.0, monotonic: float = 0.0) -> dict[str, str]:
    """Return the environment of Python processes whose clocks are off by so many seconds.

    Where a monotonic clock begins is nobody's affair, so it may as well be far below zero.
    """
    folder = folder / f"clocks{wall:+.0f}{monotonic:+.0f}"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(_WRONG.format(wall=wall, monotonic=monotonic))
    return {"PYTHONPATH": str(folder)}
