"""What a service that is busy asks of who wants something of it: to come back later."""

from __future__ import annotations

import time
from typing import Callable, TypeVar

from ..core.outcomes import Failed, Outcome, come_back
from ..core.progress import Progress

_ATTEMPTS = 3
_LONGEST_WAIT = 60.0
"""Seconds that a busy service may ask for, and is asked again then."""

Result = TypeVar("Result")


def patiently(ask: Callable[[], Result], who: str, usual: float, progress: Progress) -> Result:
    """Return what asking gives, also if that takes more than one attempt.

    Parameters
    ----------
    ask : callable
        Asks once.
    who : str
        Who is asked, for the user.
    usual : float
        Seconds after which to ask again if a busy one does not say for how long.
    progress : Progress
        Is told of every wait.

    Raises
    ------
    Failed
        BUSY, with the time to come back, if it is still so or wants too much; what else fails.
    """
    attempts = 0
    while True:
        attempts += 1
        try:
            return ask()
        except Failed as failed:
            if failed.outcome is not Outcome.BUSY:
                raise
            wait = failed.retry_after or usual
            if attempts == _ATTEMPTS or wait > _LONGEST_WAIT:
                if not failed.retry_after:
                    failed = Failed(Outcome.BUSY, f"{failed.detail}, {come_back(wait)}")
                raise failed from None
        progress.resting(who, wait)
        time.sleep(wait)
