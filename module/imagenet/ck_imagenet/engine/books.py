"""The books of all synsets that a run has open."""

from __future__ import annotations

import threading
from collections import deque
from dataclasses import dataclass, field
from typing import Iterable

from ..storage.journal import Record
from .link import Task
from .recorder import Book, Ledger, Verdict


@dataclass
class _Open:
    book: Book
    numbers: set[int]
    """The links of which nothing has come yet."""
    ended: bool = field(default=False)


class Books(Book):
    """Passes on what a crawl asks and tells to the book of the synset that it is about.

    Attributes
    ----------
    reached : bool
        Whether any host could be connected to.
    ended : deque of str
        The synsets of which nothing is to come any more; for the owner to take away and `close`.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._open: dict[str, _Open] = {}
        self.reached = False
        self.ended: deque[str] = deque()

    def __len__(self) -> int:
        return len(self._open)

    @property
    def links(self) -> int:
        """Of how many links nothing has come yet."""
        return sum(len(each.numbers) for each in list(self._open.values()))

    def open(self, wnid: str, book: Book, tasks: Iterable[Task]) -> None:
        """Begin a synset whose links are these."""
        with self._lock:
            self._open[wnid] = _Open(book, {task.link.name.number for task in tasks})
            if self.reached:
                book.reach()
            self._look(wnid)

    def close(self, wnid: str) -> None:
        """Forget a synset; what still comes of its links is nothing to anybody."""
        with self._lock:
            del self._open[wnid]

    def claim(self, record: Record) -> Verdict:
        with self._lock:
            one = self._open.get(record.name.wnid)
            if not one:
                return Verdict.ENOUGH
            verdict = one.book.claim(record)
            if verdict is Verdict.SETTLED:
                self._end(one, record)
            return verdict

    def keep(self, record: Record) -> None:
        with self._lock:
            one = self._open.get(record.name.wnid)
            if one:
                one.book.keep(record)
                self._end(one, record)

    def take_in(self, record: Record) -> None:
        """Count a picture that another process has saved without asking, or remove it again."""
        with self._lock:
            one = self._open.get(record.name.wnid)
            if one and isinstance(one.book, Ledger):
                one.book.take_in(record)
                self._end(one, record)

    def settle(self, record: Record) -> None:
        with self._lock:
            one = self._open.get(record.name.wnid)
            if one:
                one.book.settle(record)
                self._end(one, record)

    def reach(self) -> None:
        if not self.reached:
            with self._lock:
                self.reached = True
                for one in self._open.values():
                    one.book.reach()

    def missing(self, wnid: str) -> int | None:
        one = self._open.get(wnid)
        return one.book.missing(wnid) if one else 0

    def put_by(self, task: Task) -> None:
        one = self._open.get(task.wnid)
        if one:
            one.book.put_by(task)

    def leave(self, task: Task) -> None:
        with self._lock:
            one = self._open.get(task.wnid)
            if one:
                one.book.leave(task)
                one.numbers.discard(task.link.name.number)
                self._look(task.wnid)

    def has_put_by(self) -> bool:
        return any(one.book.has_put_by() for one in list(self._open.values()))

    def take_up(self) -> list[Task]:
        return [task for one in list(self._open.values()) for task in one.book.take_up()]

    def _end(self, one: _Open, record: Record) -> None:
        one.numbers.discard(record.name.number)
        self._look(record.name.wnid)

    def _look(self, wnid: str) -> None:
        """See whether a synset has ended: nothing is to come, or nothing more is wanted."""
        one = self._open[wnid]
        if not one.ended and (not one.numbers or one.book.is_full()):
            one.ended = True
            self.ended.append(wnid)
