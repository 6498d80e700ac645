"""When a host is asked, and when it is asked again.

attempt ── all has come ──> done
   │ it has failed
   ├─ for good, or another attempt cannot help ──────> failed
   ├─ too many attempts in a row have brought nothing ─> failed
   ├─ the host wants a longer rest than anybody waits ─> failed, with the time to come back
   └─ wait: what the host says, else what is usual ──> attempt
"""

from __future__ import annotations

import math
import threading
import time
from typing import Callable, NamedTuple, Sequence, TypeVar

from ..core.outcomes import Failed, Outcome, come_back

Result = TypeVar("Result")


class Spacing:
    """The time between two requests to one host: the next begins only when a gap has passed.

    All who ask the host share its spacing: a host queue, which looks when the host is free, and
    those who have no queue and wait. Times are seconds of `time.monotonic`, or of any one clock
    where nobody waits.

    Parameters
    ----------
    gap : float
        Seconds between the starts of two requests at the least.
    """

    def __init__(self, gap: float = 0.0) -> None:
        self._gap = gap
        self._lock = threading.Lock()
        self._next = self._paused_until = -math.inf

    @property
    def has_gap(self) -> bool:
        """Whether any time must pass between two requests."""
        return self._gap > 0

    @property
    def free_at(self) -> float:
        """When the next request may begin."""
        return max(self._next, self._paused_until)

    def began(self, now: float) -> None:
        """Count a request that begins."""
        if self._gap:
            with self._lock:
                self._next = max(self._next, now) + self._gap

    def pause(self, until: float) -> None:
        """Let no request begin before some time: the host has asked for a pause."""
        with self._lock:
            self._paused_until = max(self._paused_until, until)

    def paused_for(self) -> float:
        """Return the seconds of a pause that are left, 0 if requests only keep their distance."""
        return max(0.0, self._paused_until - time.monotonic())

    def wait(self) -> float:
        """Wait until a request may begin, and count it; return the seconds that this took."""
        begun = time.monotonic()
        while True:
            with self._lock:
                now = time.monotonic()
                if self.free_at <= now:
                    self._next = now + self._gap
                    return now - begun
                pause = self.free_at - now
            time.sleep(pause)


def may_pass(failed: Failed) -> bool:
    """Say whether a failure is none for good."""
    return not failed.outcome.final


def is_busy(failed: Failed) -> bool:
    """Say whether somebody wants to be asked later."""
    return failed.outcome is Outcome.BUSY


class Retry(NamedTuple):
    """How often something is asked for again that has failed, and after which waits."""

    waits: Sequence[float] = ()
    """Seconds after the first attempt in vain, the second and so on; one more is the last."""
    may_help: Callable[[Failed], bool] = may_pass
    """Whether another attempt may help."""
    usual: float = 0.0
    """Seconds that a busy host means which does not say for how long, 0 for those of `waits`."""
    longest: float = 60.0
    """Seconds that a busy host may ask for; one that asks for more is not waited for."""
    resting: Callable[[float], object] = lambda seconds: None
    """Is told how many seconds a busy host is left alone."""
    sleep: Callable[[float], object] = time.sleep

    @classmethod
    def while_busy(cls, usual: float, resting: Callable[[float], object]) -> Retry:
        """Return what asks a busy host two times more, `usual` seconds apart if it says nothing.

        Parameters
        ----------
        usual : float
            Seconds.
        resting : callable
            Is told how many seconds a busy host is left alone.
        """
        return cls((usual, usual), is_busy, usual, resting=resting)

    @classmethod
    def doubling(cls, attempts: int, resting: Callable[[float], object]) -> Retry:
        """Return what waits twice as long after each attempt in vain, but never over a minute.

        Parameters
        ----------
        attempts : int
            How many there are after the first.
        resting : callable
            Is told how many seconds a busy host is left alone.
        """
        waits = [min(60.0, 2.0**number) for number in range(attempts)]
        return cls(waits, resting=resting)

    def call(self, ask: Callable[[], Result]) -> Result:
        """Return what asking gives, also if that takes more than one attempt.

        Raises
        ------
        Failed
            What the last attempt raises; of a busy host, with the time to come back.
        """
        in_vain = 0
        while True:
            try:
                return ask()
            except Failed as failed:
                in_vain += 1
                self.wait(failed, in_vain)

    def wait(self, failed: Failed, in_vain: int) -> None:
        """Wait until the next attempt.

        Parameters
        ----------
        failed : Failed
            What the attempt has come to.
        in_vain : int
            How many in a row have brought nothing; 0 if this one is not to count.

        Raises
        ------
        Failed
            If there is to be no other attempt.
        """
        if not self.may_help(failed):
            raise failed
        asked = failed.retry_after or (self.usual if is_busy(failed) else 0.0)
        if in_vain > len(self.waits) or asked > self.longest:
            if asked and not failed.retry_after:
                failed = Failed(failed.outcome, f"{failed.detail}, {come_back(asked)}")
            raise failed from None
        if asked:
            self.resting(asked)
        self.sleep(asked or (self.waits[in_vain - 1] if in_vain else 0.0))
