"""Disturbs each Python that has this folder on its PYTHONPATH, as variables tell.

WRONG_WALL and WRONG_MONOTONIC: by how many seconds its clocks are off.
KILL_BEFORE: the step right before which it is killed, counted from 0; a step removes or renames.
"""

from __future__ import annotations

import datetime
import os
import signal
import time
from functools import partial
from typing import Any, Callable

done = 0


def off(clock: str) -> float:
    return float(os.environ.get(f"WRONG_{clock}", 0))


def shifted(read: Callable[[], float], clock: str) -> Callable[[], float]:
    return lambda: read() + off(clock)


class Shifted(datetime.datetime):
    @classmethod
    def now(cls, tz: datetime.tzinfo | None = None) -> Shifted:
        return super().now(tz) + datetime.timedelta(seconds=off("WALL"))


def counted(step: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    global done
    if "KILL_BEFORE" in os.environ:
        if done == int(os.environ["KILL_BEFORE"]):
            os.kill(os.getpid(), signal.SIGKILL)
        done += 1
    return step(*args, **kwargs)


time.time = shifted(time.time, "WALL")
time.monotonic = shifted(time.monotonic, "MONOTONIC")
datetime.datetime = Shifted  # type: ignore[misc]
for name in ("unlink", "remove", "rmdir", "rename", "replace"):
    # Old releases of `pathlib` have these in a class, which would make functions its methods.
    setattr(os, name, partial(counted, getattr(os, name)))
