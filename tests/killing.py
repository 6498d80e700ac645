"""Commands that are killed right before one of their steps: each removes or renames something."""

from __future__ import annotations

import signal
import subprocess
from pathlib import Path

from terminal import Terminal

_KILLED = """
import os, signal

if os.environ.get("KILL_BEFORE"):
    left = int(os.environ["KILL_BEFORE"])

    def counting(step):
        def counted(*args, **kwargs):
            global left
            left -= 1
            if left < 0:
                os.kill(os.getpid(), signal.SIGKILL)
            return step(*args, **kwargs)
        return counted

    for name in ("unlink", "remove", "rmdir", "rename", "replace"):
        setattr(os, name, counting(getattr(os, name)))
"""


def killed_before(terminal: Terminal, step: int, *arguments: str) -> bool:
    """Run `ck`, and kill it before a step, counted from 0; say whether there was such a step."""
    folder: Path = terminal.folder / "killing"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(_KILLED)
    told = {"PYTHONPATH": str(folder), "KILL_BEFORE": str(step)}
    done: subprocess.CompletedProcess[str] = terminal.ck(
        *arguments, env={**terminal.environment, **told}
    )
    return done.returncode == -signal.SIGKILL
