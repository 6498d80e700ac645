"""How long there is between two requests to a host, whoever of this process makes them."""

from __future__ import annotations

import math
import threading
import time


class Gate:
    """Lets one request to a host begin, and the next only when some time has passed.

    All who ask the host share its gate: a host queue, which looks when it opens, and those who
    have no queue and wait. Times are seconds of `time.monotonic`, or of any one clock where nobody
    waits.

    Parameters
    ----------
    gap : float
        Seconds between the starts of two requests at the least.
    """

    def __init__(self, gap: float = 0.0) -> None:
        self._gap = gap
        self._lock = threading.Lock()
        self._next = self._shut_until = -math.inf

    @property
    def is_narrow(self) -> bool:
        """Whether it leaves time between two requests."""
        return self._gap > 0

    @property
    def opens_at(self) -> float:
        """When the next request may begin."""
        return max(self._next, self._shut_until)

    def began(self, now: float) -> None:
        """Count a request that begins."""
        if self._gap:
            with self._lock:
                self._next = max(self._next, now) + self._gap

    def shut(self, until: float) -> None:
        """Let no request begin before some time, since the host wants to rest."""
        with self._lock:
            self._shut_until = max(self._shut_until, until)

    def rest(self) -> float:
        """Return the seconds for which it is shut, 0 if requests only keep their distance."""
        return max(0.0, self._shut_until - time.monotonic())

    def wait(self) -> float:
        """Wait until a request may begin, and count it; return the seconds that this took."""
        begun = time.monotonic()
        while True:
            with self._lock:
                now = time.monotonic()
                if self.opens_at <= now:
                    self._next = now + self._gap
                    return now - begun
                pause = self.opens_at - now
            time.sleep(pause)
