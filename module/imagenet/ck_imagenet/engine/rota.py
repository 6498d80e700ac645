"""Whose turn it is: links that are likely to be answered first, a share for those that may hang."""

from __future__ import annotations

from collections import deque

SHARE = 4
"""What may end in silence holds one connection of so many, in all and of each host, while other
links may be asked for: so these are not kept waiting by links that hang."""

RESERVE = 8
"""One connection of so many is left for hosts that wait for their pace: what may end in silence
would hold all of them for seconds, and what such a host gives takes longest anyhow."""


class Rota:
    """The names of hosts that can start a request, in turn.

    Attributes
    ----------
    paced : set of str
        Hosts that wait for nothing but their pace, and for that not long.
    in_doubt : int
        How many requests are under way that may well end in silence.
    """

    def __init__(self) -> None:
        self.paced: set[str] = set()
        self.in_doubt = 0
        self._due: deque[str] = deque()
        self._fresh: deque[str] = deque()
        self._doubtful: deque[str] = deque()
        self._share = 1
        self._count = 0

    def __len__(self) -> int:
        return len(self._due) + len(self._fresh) + len(self._doubtful)

    @property
    def has_fresh(self) -> bool:
        """Whether somebody waits for a turn whose request is likely to be answered."""
        return bool(self._due or self._fresh)

    @property
    def has_share(self) -> bool:
        """Whether one more request that may end in silence leaves enough for all others."""
        return self.in_doubt < self._share

    def add(self, name: str, is_doubtful: bool) -> None:
        """Let a host wait for its turn; one that has waited for its pace has every second turn."""
        is_due = name in self.paced and not is_doubtful
        (self._doubtful if is_doubtful else self._due if is_due else self._fresh).append(name)

    def trust(self, name: str) -> None:
        """Let a host that waits among the doubtful wait among the others, since it has answered."""
        self._doubtful.remove(name)
        self._fresh.append(name)

    def take(self, connections: int) -> str | None:
        """Return who has the next turn: one in four is for what may end in silence, if it waits."""
        self._share = max(1, connections // SHARE)
        self._count += 1
        is_theirs = self._count % SHARE == 0 and self.has_share
        reserve = -(-connections // RESERVE) if self.paced else 0
        has_room = self.in_doubt < max(1, connections - reserve)
        if self._due and (self._count % 2 or not self._fresh):
            return self._due.popleft()
        if self._doubtful and (is_theirs or (has_room and not self._fresh)):
            return self._doubtful.popleft()
        return self._fresh.popleft() if self._fresh else None
