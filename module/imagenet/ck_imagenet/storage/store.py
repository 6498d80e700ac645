"""The interface of a store, which keeps pictures and state in folders or in CK; and its locks."""

from __future__ import annotations

from abc import ABC, abstractmethod
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Iterable, Iterator, NamedTuple, Sequence

from filelock import FileLock, Timeout

from ..core.text import Progress
from .findings import Finding
from .records import Record


class SynsetPaths(NamedTuple):
    """Where a synset is, as text: of thousands, paths take longer to make than to look at."""

    wnid: str
    state: str
    pictures: str
    """The folder in which something comes or goes whenever a picture does."""
    is_split: bool = False
    """Whether that is so of the folders in it, not of itself."""


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
    def folder(self) -> Path:
        """The folder of all that is kept of the synset, which need not exist."""

    @property
    @abstractmethod
    def state(self) -> Path:
        """The folder of the synset's state: journal, known names."""

    @abstractmethod
    def paths(self) -> SynsetPaths:
        """Return where the synset is, as text."""

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
    def refuse_newer(self) -> None:
        """Raise StoreError if the place, be it there, says that a newer version has made it."""

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
    def record_of(self, number: int, sha256: str) -> Record | None:
        """Return the record that was kept with a picture of these bytes, if there is one."""

    @abstractmethod
    def save(self, record: Record, data: bytes, extension: str) -> None:
        """Keep a picture, such that it is there wholly or not at all.

        What its record tells is kept with it, at least until `checkpoint`: a kill may cost the
        line in the journal.
        """

    @abstractmethod
    def checkpoint(self) -> None:
        """Take note that the journal has a line of every picture that was saved here."""

    @abstractmethod
    def remove(self, number: int) -> None:
        """Take a picture away; it need not be here, and what users keep in its entry stays."""

    @abstractmethod
    def user_files_of(self, number: int) -> list[Path]:
        """Return what users keep in the entry of a picture, if it has one of its own."""

    @abstractmethod
    def findings(self) -> Iterator[Finding]:
        """Yield what is wrong with the place itself, whatever the journal says.

        What `mend` mends, files that belong to no picture, entries without one; nobody may be
        writing there.
        """

    @abstractmethod
    def contradiction(self, record: Record, path: Path) -> str:
        """Return what is kept with a picture that its record does not say, or an empty text."""

    @abstractmethod
    def user_files(self) -> list[Path]:
        """Return what is in the place and is not ours: what users keep there."""

    @abstractmethod
    def discard(self) -> None:
        """Remove all that is ours, and the place itself unless anything else is in it."""

    @abstractmethod
    def describe(self, record: Record, file: str) -> None:
        """Keep what its record tells with a picture that is here already, in `file`."""


class Store(ABC):
    """All synsets in one place."""

    @abstractmethod
    def home(self) -> Path:
        """Return the folder of what is about all synsets; it need not exist."""

    @abstractmethod
    def create_home(self) -> Path:
        """Return the folder of what is about all synsets; make it unless it is there.

        Raises
        ------
        StoreError
            If that is not possible.
        """

    @abstractmethod
    def refuse_forbidden(self, wnids: Iterable[str] | None, delete: bool = False) -> None:
        """Raise StoreError if the user's settings forbid to write here; make nothing.

        Parameters
        ----------
        wnids : iterable of str or None
            Where, if that is known: else only what holds of all that there may be.
        delete : bool, optional
            Whether something is to be removed too.
        """

    @abstractmethod
    def synset(self, wnid: str) -> SynsetStore:
        """Return the place of a synset, which need not exist."""

    def paths(self, wnids: Iterable[str]) -> Iterator[SynsetPaths]:
        """Yield where synsets are, which need not exist."""
        for wnid in wnids:
            yield self.synset(wnid).paths()

    @abstractmethod
    def prepare(self, wnids: Sequence[str]) -> None:
        """Make the places of synsets that will be worked at soon, if that is cheaper at once.

        Each must still be created when it is its turn, which costs little then.

        Parameters
        ----------
        wnids : sequence of str
            The synsets; some hundreds are as good as all.

        Raises
        ------
        StoreError
            If that is not possible.
        """

    @abstractmethod
    def wnids(self) -> list[str]:
        """Return the synsets that have a place here, in order."""

    def unregistered(self) -> list[str]:
        """Return the synsets of which something is here and is in no list of places."""
        return []

    def counts(self) -> dict[str, int]:
        """Return how many pictures of each synset are here, of those that have any."""
        counts = {wnid: len(self.synset(wnid).pictures()) for wnid in self.wnids()}
        return {wnid: count for wnid, count in counts.items() if count}


# Locks: where only one process at a time may be at work.


class Busy(Exception):
    """Another process is at work."""


@contextmanager
def try_lock(lock: FileLock) -> Iterator[None]:
    """Let one process at a time work on something; raise Busy if it is another's turn."""
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise Busy from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def wait_for_lock(lock: FileLock, what: str, progress: Progress) -> Iterator[None]:
    """Let one process at a time work on something; the others wait, and say so."""
    with ExitStack() as stack:
        try:
            stack.enter_context(try_lock(lock))
        except Busy:
            progress.waiting(what)
            stack.enter_context(lock)
        yield


@contextmanager
def lock_synset(synset_store: SynsetStore, progress: Progress) -> Iterator[None]:
    """Let no run work on a synset meanwhile; where nothing can be written, none does."""
    with ExitStack() as stack:
        if synset_store.state.is_dir():
            with suppress(OSError):
                stack.enter_context(wait_for_lock(synset_store.lock(), synset_store.wnid, progress))
        yield
