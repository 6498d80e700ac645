"""How many requests a host is answering at once, for hosts that mind."""

from __future__ import annotations

import threading
from collections import Counter


class Seats:
    """The seats that are taken, by host; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._taken: Counter[str] = Counter()

    def take(self, host: str, seats: int) -> bool:
        """Take one of the seats of a host; return False if all are taken."""
        with self._lock:
            free = self._taken[host] < seats
            self._taken[host] += free
            return free

    def leave(self, host: str) -> None:
        """Leave a seat."""
        with self._lock:
            self._taken[host] -= 1
