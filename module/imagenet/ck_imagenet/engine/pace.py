"""How many requests at once are worth their threads."""

from __future__ import annotations

_START, _LEAST = 2, 1
_IDLE, _FULL = 0.65, 0.85


class Pace:
    """Allows more requests while the processor waits for the network, fewer while it does not.

    Threads that all want the processor fight over the interpreter's lock: where answers come at
    once, ten of them fetch less than one.

    Parameters
    ----------
    most : int
        Requests at once that are never exceeded.
    now, processor : float
        The time, and the processor time that this process has had, both in seconds.
    """

    def __init__(self, most: int, now: float, processor: float) -> None:
        self.most = most
        self._now = now
        self._processor = processor
        self.allowed = min(most, _START)

    def sample(self, now: float, processor: float, under_way: int) -> None:
        """Learn from the time since the last sample; `under_way` requests are being made."""
        if now <= self._now:
            return
        share = (processor - self._processor) / (now - self._now)
        self._now, self._processor = now, processor
        if share > _FULL:
            self.allowed = max(min(_LEAST, self.most), self.allowed - 1 - self.allowed // 8)
        elif share < _IDLE and under_way >= self.allowed:
            self.allowed = min(self.most, self.allowed + self.allowed // 2 + 1)
