"""Whose turn it is among the hosts that can start a request: three queues of their names.

due       has waited for its pace       every second turn, if healthy hosts wait too
healthy   is likely to answer           all other turns
suspect   may well time out             one turn in SHARE, and all that nobody else wants
"""

from __future__ import annotations

from collections import deque

SHARE = 4
"""Requests that may time out hold one connection of so many, in all and of each host, while other
links may be asked for: so these are not kept waiting by links that hang."""

RESERVE = 8
"""One connection of so many is left for hosts that wait for their pace. Requests that may time out
would hold all of them for seconds, and what a paced host gives takes longest anyhow."""


class FairShare:
    """The names of hosts that can start a request, in turn.

    Attributes
    ----------
    paced : set of str
        Hosts that wait for nothing but their pace, and for that not long.
    suspect_requests : int
        How many requests are under way that may well time out.
    """

    def __init__(self) -> None:
        self.paced: set[str] = set()
        self.suspect_requests = 0
        self._due: deque[str] = deque()
        self._healthy: deque[str] = deque()
        self._suspect: deque[str] = deque()
        self._share = 1
        self._count = 0

    def __len__(self) -> int:
        return len(self._due) + len(self._healthy) + len(self._suspect)

    @property
    def has_healthy(self) -> bool:
        """Whether a host waits for its turn that is likely to answer."""
        return bool(self._due or self._healthy)

    @property
    def has_share(self) -> bool:
        """Whether one more request that may time out leaves enough connections for all others."""
        return self.suspect_requests < self._share

    def add(self, name: str, is_suspect: bool) -> None:
        """Let a host wait for its turn, in the suspect queue or in one of the others.

        Parameters
        ----------
        name : str
            The host; one of `paced` is due.
        is_suspect : bool
            Whether what it starts next may well time out.
        """
        is_due = name in self.paced and not is_suspect
        (self._suspect if is_suspect else self._due if is_due else self._healthy).append(name)

    def take(self, connections: int) -> str | None:
        """Return the host that has the next turn, None if none has."""
        self._share = max(1, connections // SHARE)
        self._count += 1
        is_theirs = self._count % SHARE == 0 and self.has_share
        reserve = -(-connections // RESERVE) if self.paced else 0
        has_room = self.suspect_requests < max(1, connections - reserve)
        if self._due and (self._count % 2 or not self._healthy):
            return self._due.popleft()
        if self._suspect and (is_theirs or (has_room and not self._healthy)):
            return self._suspect.popleft()
        return self._healthy.popleft() if self._healthy else None
