"""A program that ends what tests have started, however pytest itself ends.

pytest ───> this program: waits until pytest is gone, then kills all that has its mark
  └───────> workers of xdist, `ck`, clusters, browsers: inherit the mark, in their environment
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Iterator
from uuid import uuid4

MARK = "IMAGENET_TEST_RUN"  # nothing that begins with CK_: tests take that out
_PROC = Path("/proc")  # only Linux has it: elsewhere nothing is done

_running: list[subprocess.Popen[bytes]] = []


def start() -> None:
    """Have all that this process starts from now on end when it ends; once for it and its own."""
    if MARK in os.environ or not (_PROC / "self" / "environ").exists():
        return
    os.environ[MARK] = uuid4().hex
    command = [sys.executable, __file__, str(os.getpid())]
    silent = subprocess.DEVNULL
    # In a session of its own, so that Ctrl-C and a closed terminal are none of its business.
    _running.append(
        subprocess.Popen(
            command, stdin=silent, stdout=silent, stderr=silent, start_new_session=True
        )
    )


def _marked() -> Iterator[int]:
    """Yield the processes of this run, but for this one; those that have ended have no mark."""
    mark = f"{MARK}={os.environ[MARK]}".encode()
    for folder in _PROC.glob("[0-9]*"):
        with suppress(OSError):  # it has just ended, or is another user's
            if folder.name != str(os.getpid()) and mark in (folder / "environ").read_bytes():
                yield int(folder.name)


def _reap(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    found = True
    while found:  # again, since one may have started another meanwhile
        found = False
        for process in _marked():
            found = True
            with suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
        time.sleep(0.1)


if __name__ == "__main__":
    _reap(int(sys.argv[1]))
