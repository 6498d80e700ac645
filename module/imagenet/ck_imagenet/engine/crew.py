"""Who fetches for a run: this machine, or many."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Iterator

from ..storage.learned import Learned
from .books import Books
from .host import Ration
from .link import Task
from .recorder import Book


class Crew(ABC):
    """Fetches tasks of all synsets that are open.

    Attributes
    ----------
    books : Books
        The books of these synsets, in which the results come together.
    """

    books: Books

    @property
    @abstractmethod
    def is_hungry(self) -> bool:
        """Whether somebody has less to do than he could."""

    @abstractmethod
    def begin(self, wnid: str, book: Book, tasks: list[Task]) -> None:
        """Have one synset's tasks fetched; what comes of them goes into its book."""

    @abstractmethod
    def begin_end(self) -> None:
        """Tell that all synsets have been begun."""

    @abstractmethod
    def tend(self, patience: float) -> bool:
        """Work for so many seconds at most, until there is news; return whether any is to come.

        Raises
        ------
        OSError
            If a picture cannot be kept.
        StoreError
            If those who work keep dying.
        """

    @abstractmethod
    def rations(self) -> list[Ration]:
        """Return the hosts that ration and are waited for, the one with most links first."""

    @abstractmethod
    def waits_for_rations_alone(self) -> bool:
        """Say whether something is left, and all of it waits for hosts that ration."""

    @abstractmethod
    def leave(self) -> None:
        """Ask no more for what waits for hosts that ration; their books are told."""

    @abstractmethod
    def learned(self) -> dict[str, Learned]:
        """Return what was learnt of hosts that ration."""

    @abstractmethod
    def close(self) -> None:
        """End, when there is nothing left to do or no picture is wanted any more."""

    @abstractmethod
    def abandon(self) -> None:
        """End at once; what has been saved is counted."""

    def ended(self) -> Iterator[str]:
        """Yield the synsets of whose tasks nothing is to come any more."""
        while self.books.ended:
            wnid = self.books.ended.popleft()
            self.books.close(wnid)
            yield wnid
