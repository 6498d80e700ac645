"""The folder of a run on many machines: it shows that the run goes on, and what is told lies there.

Whoever begins a run holds a lock in it, so that the next one sees which folders killed runs have
left.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from filelock import FileLock

from ..storage.turns import Busy, at_once
from .batch import LAST, NOTICED, PULSE

_PREFIX = "cluster-"
_LOCK = ".lock"


class RunFolder:
    """The folder of one run.

    Parameters
    ----------
    home : Path
        Where it is made, on a file system that all machines share.

    Attributes
    ----------
    path : Path
        The folder.
    """

    def __init__(self, home: Path) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=home))
        self._lock = FileLock(self.path / _LOCK)

    @property
    def pulse(self) -> Path:
        """The file that changes as long as the run goes on."""
        return self.path / PULSE

    def begin(self) -> None:
        """Show that the run has begun, and end what killed ones have left."""
        self._lock.acquire()
        self.beat()
        self._sweep()

    def beat(self) -> None:
        """Show that the run goes on."""
        self.pulse.write_text(f"{time.monotonic()}\n")

    def stop(self) -> None:
        """Have all machines end their work on the run, within `NOTICED`."""
        self.pulse.unlink()

    def close(self) -> None:
        """Remove the folder."""
        self._lock.release()
        shutil.rmtree(self.path, ignore_errors=True)

    def _sweep(self) -> None:
        """Remove what killed runs have left, and wait until their workers have seen it."""
        left = []
        for pulse in self.path.parent.glob(f"{_PREFIX}*/{PULSE}"):
            with suppress(FileNotFoundError):  # of a run that ends just now
                if self._is_left(pulse.parent):
                    left.append(pulse.parent)
        for run in left:
            shutil.rmtree(run, ignore_errors=True)
        if left:
            time.sleep(NOTICED)

    def _is_left(self, run: Path) -> bool:
        """Say whether whoever has begun a run is gone."""
        if (run / _LOCK).exists():
            return _is_free(run / _LOCK)
        # An earlier version has begun it: old is what is so by the file system's clock, not ours.
        return (run / PULSE).stat().st_mtime < self.pulse.stat().st_mtime - LAST


def _is_free(lock: Path) -> bool:
    try:
        with at_once(FileLock(lock)):
            return True
    except Busy:
        return False
