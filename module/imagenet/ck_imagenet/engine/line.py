"""What waits for one host, and in which order."""

from __future__ import annotations

from collections import deque
from typing import Generic, Iterator, TypeVar

Task = TypeVar("Task")


class Line(Generic[Task]):
    """Tasks in two lines: those that have not been tried, and those that come again."""

    __slots__ = ("_again", "_new")

    def __init__(self) -> None:
        self._new: deque[Task] = deque()
        self._again: deque[Task] = deque()

    def __len__(self) -> int:
        return len(self._new) + len(self._again)

    def __iter__(self) -> Iterator[Task]:
        yield from self._again
        yield from self._new

    @property
    def has_new(self) -> bool:
        """Whether a task waits that has not been tried."""
        return bool(self._new)

    @property
    def has_again(self) -> bool:
        """Whether a task waits that has been tried."""
        return bool(self._again)

    def add(self, task: Task) -> None:
        """Let a task wait that comes for the first time."""
        self._new.append(task)

    def add_again(self, task: Task) -> None:
        """Let a task wait that has been tried."""
        self._again.append(task)

    def add_first(self, task: Task) -> None:
        """Let a task wait that goes on before all others."""
        self._new.appendleft(task)

    def add_after(self, task: Task, others: int) -> None:
        """Let a task wait that goes on after so many others."""
        self._new.insert(others, task)

    def take(self, again: bool) -> Task:
        """Return the next task of one of the lines, and remove it."""
        return (self._again if again else self._new).popleft()

    def clear(self) -> list[Task]:
        """Return all tasks, and remove them."""
        tasks = list(self)
        self._new.clear()
        self._again.clear()
        return tasks
