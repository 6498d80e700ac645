"""The local archive of all of ImageNet's URLs, as a place that has lists."""

from __future__ import annotations

from typing import Callable, Protocol

from ..core.errors import Damaged, NoList
from ..core.progress import Progress
from ..core.url_lists import Line
from .lists import Place, SynsetList


class KnownUrls(Protocol):
    """What is asked of the archive."""

    source: str
    """Where it came from."""

    def lines(self, wnid: str) -> list[Line]:
        """Return the lines of a synset, with their true numbers; none if it is not there."""

    def counts(self) -> dict[str, int]:
        """Return how many lines each synset has, of those that are there."""


def _none() -> None:
    """Stand for the lack of an archive."""


class LocalArchive(Place):
    """The archive, or the lack of it; one that is damaged is as none, and says so.

    Parameters
    ----------
    open_ : callable
        Returns the one on this machine, None if there is none, or raises Damaged; it is called
        when the archive is needed, and only once.
    """

    name = "archive"

    def __init__(self, open_: Callable[[], KnownUrls | None] = _none) -> None:
        self._open = open_
        self._archive: KnownUrls | None = None
        self._is_open = self._is_told = False
        self._damage = ""

    @property
    def is_here(self) -> bool:
        """Whether there is one on this machine that can be read."""
        return self._opened() is not None

    @property
    def state(self) -> str:
        if self.is_here:
            return "on this machine"
        return "damaged" if self._damage else "not on this machine"

    @property
    def needs(self) -> str:
        if self.is_here:
            return "nothing"
        get = "ck geturls imagenet --all"
        return f"to be built again: {get}" if self._damage else f"334 MB, once: {get}"

    def find(self, wnid: str) -> SynsetList:
        lines = self.lines(wnid)
        archive = self._opened()
        if archive is None:
            raise NoList(self.state)
        if not lines:
            raise NoList("it has no URL of this synset")
        return SynsetList(wnid, archive.source, lines)

    def lines(self, wnid: str) -> list[Line]:
        """Return what it has of a synset, nothing if there is none."""
        archive = self._opened()
        try:
            return archive.lines(wnid) if archive else []
        except Damaged as error:
            self._give_up(error)
            return []

    def counts(self) -> dict[str, int]:
        """Return how many URLs of each synset it has, nothing if there is none."""
        archive = self._opened()
        return archive.counts() if archive else {}

    def warn(self, progress: Progress) -> None:
        """Tell once of its damage, if it has been needed and others have to do without it."""
        if self._damage and not self._is_told:
            self._is_told = True
            progress.trouble(self._damage)

    def _opened(self) -> KnownUrls | None:
        if not self._is_open:
            self._is_open = True
            try:
                self._archive = self._open()
            except Damaged as error:
                self._give_up(error)
        return self._archive

    def _give_up(self, error: Damaged) -> None:
        self._archive, self._damage = None, str(error)
