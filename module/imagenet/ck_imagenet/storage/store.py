"""The interface of a store, which keeps pictures and state in folders or in CK; and its locks."""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Iterable, Iterator, NamedTuple, Sequence

from ..core.files import write
from ..core.text import Progress
from .records import Finding, Record

if TYPE_CHECKING:  # to read what is here must not cost its import
    from filelock import FileLock


class SynsetPaths(NamedTuple):
    """The paths of a synset, as text: of thousands, `Path` takes longer to make than to look at."""

    wnid: str
    state: str
    pictures: str
    """The folder that changes whenever a picture comes or goes."""
    is_split: bool = False
    """Whether it is the folders in it that change, not itself: CK can split entries."""


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
        """Return the paths of the synset, as text."""

    def lock(self) -> FileLock:
        """Return what a process holds while it works here; the store must have been created."""
        from filelock import FileLock

        return FileLock(self.state / ".lock")

    @abstractmethod
    def create(self) -> None:
        """Make the folders for pictures and state unless they are there.

        Raises
        ------
        StoreError
            If that is not possible.
        """

    @abstractmethod
    def refuse_newer(self) -> None:
        """Raise StoreError if a newer version has made what is here."""

    @abstractmethod
    def mend(self) -> set[int]:
        """Finish or undo what a killed run left half done; only one process may do so.

        Returns
        -------
        set of int
            The numbers of pictures whose description was lost: the journal is to describe them.
        """

    @abstractmethod
    def pictures(self) -> dict[int, Path]:
        """Return the file of every picture that is here, by number."""

    @abstractmethod
    def url_of(self, number: int) -> str:
        """Return the URL that is kept with a picture itself, or an empty text."""

    @abstractmethod
    def record_of(self, number: int, sha256: str) -> Record | None:
        """Return the record that was kept with a picture, if there is one.

        Parameters
        ----------
        number : int
            The picture's number in the synset.
        sha256 : str
            The SHA-256 of its bytes, 64 hexadecimal digits: a record of other bytes is not meant.
        """

    @abstractmethod
    def save(
        self, record: Record, data: bytes, extension: str, original: Path | None = None
    ) -> None:
        """Keep a picture, such that it is there wholly or not at all.

        What its record tells is kept with it, at least until `checkpoint`: a kill may cost the
        line in the journal.

        Parameters
        ----------
        record : Record
            What is known of the picture.
        data : bytes
            Its file.
        extension : str
            What the file's name ends with, without a dot.
        original : Path, optional
            A file of the user's that holds the same; it is linked to where that can be.

        Raises
        ------
        OSError
            If the disk does not take it.
        StoreError
            If CK does not.
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
        """Yield what is wrong with files and entries, whatever the journal says.

        What `mend` mends, files that belong to no picture, entries without one; nobody may be
        writing there.
        """

    @abstractmethod
    def contradiction(self, record: Record, path: Path, strictly: bool = False) -> str:
        """Return in which point what is kept with a picture contradicts its record.

        Parameters
        ----------
        record : Record
            What the journal says of the picture.
        path : Path
            Its file.
        strictly : bool, optional
            Whether it is to have also what earlier versions did not write.

        Returns
        -------
        str
            A sentence, or an empty text.
        """

    @abstractmethod
    def user_files(self) -> list[Path]:
        """Return what is in the synset's folder and is not ours: what users keep there."""

    @abstractmethod
    def discard(self) -> None:
        """Remove all that is ours, and the folder itself unless anything else is in it."""

    @abstractmethod
    def describe(self, record: Record, file: str) -> None:
        """Keep what its record tells with a picture that is here already.

        Parameters
        ----------
        record : Record
            What is known of the picture.
        file : str
            What its file is called.
        """


class Store(ABC):
    """All synsets that are kept together: in one folder, or in one CK."""

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
        """Return the store of a synset, which need not exist."""

    def paths(self, wnids: Iterable[str]) -> Iterator[SynsetPaths]:
        """Yield the paths of synsets, which need not exist."""
        for wnid in wnids:
            yield self.synset(wnid).paths()

    @abstractmethod
    def prepare(self, wnids: Sequence[str]) -> None:
        """Create the stores of synsets that will be worked at soon, if that is cheaper together.

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
        """Return the synsets that have a store here, in order."""

    def unregistered(self) -> list[str]:
        """Return the synsets of which something is here that no list of stores has."""
        return []

    def counts(self) -> dict[str, int]:
        """Return how many pictures of each synset are here, of those that have any."""
        counts = {wnid: len(self.synset(wnid).pictures()) for wnid in self.wnids()}
        return {wnid: count for wnid, count in counts.items() if count}


def link_or_write(path: Path, data: bytes, original: Path | None) -> None:
    """Have a new file with `data` at `path`: a hard link to a file that holds them, if that can be.

    Nothing here ever writes into such a file, so that what the user has stays as it is.

    Parameters
    ----------
    path : Path
        Where to, which must not be there.
    data : bytes
        What the file holds.
    original : Path or None
        The file that was read, if it may be linked to.

    Raises
    ------
    OSError
        If it cannot be written.
    """
    if original:
        path.unlink(missing_ok=True)
        with suppress(OSError):  # on another file system, or not allowed
            os.link(original, path)
            if path.read_bytes() == data:
                return
            path.unlink()  # somebody has changed it since it was read
    try:
        write(path, data, os.O_EXCL)
    except FileExistsError:  # what a kill has left may be a link too
        path.unlink()
        write(path, data, os.O_EXCL)


# Locks: where only one process at a time may be at work.


class Busy(Exception):
    """Another process is at work."""


@contextmanager
def try_lock(lock: FileLock) -> Iterator[None]:
    """Hold a lock; raise Busy if another process holds it."""
    try:
        lock.acquire(timeout=0)
    except TimeoutError:
        raise Busy from None
    try:
        yield
    finally:
        lock.release()


@contextmanager
def wait_for_lock(lock: FileLock, what: str, progress: Progress) -> Iterator[None]:
    """Hold a lock; if another process holds it, wait for it, and say so.

    Parameters
    ----------
    lock : FileLock
        The lock.
    what : str
        What the other process works on, for people.
    progress : Progress
        Is told that this one waits.
    """
    with ExitStack() as stack:
        try:
            stack.enter_context(try_lock(lock))
        except Busy:
            progress.waiting(what)
            stack.enter_context(lock)
        yield


@contextmanager
def lock_synset(synset_store: SynsetStore, progress: Progress) -> Iterator[None]:
    """Hold the lock of a synset; where nothing can be written, no run works, and none is needed.

    Parameters
    ----------
    synset_store : SynsetStore
        The synset; of one that is not there, no lock is made.
    progress : Progress
        Is told if another process holds it, and is waited for.
    """
    with ExitStack() as stack:
        if synset_store.state.is_dir():
            with suppress(OSError):
                stack.enter_context(wait_for_lock(synset_store.lock(), synset_store.wnid, progress))
        yield
