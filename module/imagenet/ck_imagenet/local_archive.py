"""The local archive of all of ImageNet's URLs, as a place that has lists."""

from __future__ import annotations

from typing import Protocol

from .errors import NoList
from .lists import Place, SynsetList
from .urllists import Line


class Archive(Protocol):
    """What is asked of the archive."""

    source: str
    """Where it came from."""

    def lines(self, wnid: str) -> list[Line]:
        """Return the lines of a synset, with their true numbers; none if it is not there."""

    def counts(self) -> dict[str, int]:
        """Return how many lines each synset has, of those that are there."""


class LocalArchive(Place):
    """The archive, or the lack of it.

    Parameters
    ----------
    archive : Archive or None
        The one on this machine, if there is one.
    """

    name = "archive"

    def __init__(self, archive: Archive | None) -> None:
        self._archive = archive

    @property
    def is_here(self) -> bool:
        """Whether there is one on this machine."""
        return self._archive is not None

    @property
    def state(self) -> str:
        return "on this machine" if self.is_here else "not on this machine"

    @property
    def needs(self) -> str:
        return "nothing" if self.is_here else "334 MB, once: ck geturls imagenet --all"

    def find(self, wnid: str) -> SynsetList:
        if self._archive is None:
            raise NoList(self.state)
        lines = self._archive.lines(wnid)
        if not lines:
            raise NoList("it has no URL of this synset")
        return SynsetList(wnid, self._archive.source, lines)
