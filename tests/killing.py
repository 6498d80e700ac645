"""Commands that are killed right before one of their steps: each removes or renames something."""

from __future__ import annotations

import signal

from clocks import DISTURBED
from terminal import Terminal


def killed_before(terminal: Terminal, step: int, *arguments: str) -> bool:
    """Run `ck`, and kill it before a step, counted from 0; say whether there was such a step."""
    told = {"PYTHONPATH": str(DISTURBED), "KILL_BEFORE": str(step)}
    done = terminal.ck(*arguments, env={**terminal.environment, **told})
    return done.returncode == -signal.SIGKILL
