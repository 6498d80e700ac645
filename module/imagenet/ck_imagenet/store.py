"""Where pictures and state are kept: the interface that both forms of it have."""

from __future__ import annotations

from abc import ABC, abstractmethod
from pathlib import Path

from filelock import FileLock

from .journal import Record


class SynsetStore(ABC):
    """The pictures and the state of one synset.

    Attributes
    ----------
    wnid : str
        The synset.
    """

    wnid: str

    @property
    @abstractmethod
    def state(self) -> Path:
        """The folder of the synset's state: journal, known names."""

    def lock(self) -> FileLock:
        """Return what a process holds while it works here; the place must have been made."""
        return FileLock(self.state / ".lock")

    @abstractmethod
    def create(self) -> None:
        """Make the place for pictures and state unless it is there.

        Raises
        ------
        StoreError
            If that is not possible.
        """

    @abstractmethod
    def mend(self) -> set[int]:
        """Finish or undo what a killed run left half done; only one process may do so.

        Returns
        -------
        set of int
            The pictures of which nothing is told any more.
        """

    @abstractmethod
    def pictures(self) -> dict[int, Path]:
        """Return the file of every picture that is here, by number."""

    @abstractmethod
    def url_of(self, number: int) -> str:
        """Return the URL that is kept with a picture itself, or an empty text."""

    @abstractmethod
    def save(self, record: Record, data: bytes, extension: str) -> None:
        """Keep a picture with what its record tells, such that it is there wholly or not at all."""

    @abstractmethod
    def remove(self, number: int) -> None:
        """Take a picture away, wholly; it need not be here."""

    @abstractmethod
    def describe(self, record: Record, file: str) -> None:
        """Keep what its record tells with a picture that is here already, in `file`."""


class Store(ABC):
    """All synsets in one place."""

    @abstractmethod
    def synset(self, wnid: str) -> SynsetStore:
        """Return the place of a synset, which need not exist."""

    @abstractmethod
    def wnids(self) -> list[str]:
        """Return the synsets that have a place here, in order."""

    def counts(self) -> dict[str, int]:
        """Return how many pictures of each synset are here, of those that have any."""
        counts = {wnid: len(self.synset(wnid).pictures()) for wnid in self.wnids()}
        return {wnid: count for wnid, count in counts.items() if count}
