"""The list of one synset, and what every place does that may have it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import NamedTuple

from ..core.url_lists import Line


class SynsetList(NamedTuple):
    """The lines of one synset, and where they come from."""

    wnid: str
    source: str
    """An address, a path, or what the place is called."""
    lines: list[Line]
    obtained_by: str = ""
    """Which place was asked over the network, so that this is worth keeping; else nothing."""


class Unlisted(NamedTuple):
    """A synset of which no place has a list."""

    wnid: str
    why: str
    """What each place said, and what would help."""

    def facts(self) -> dict[str, str]:
        """Return the same in plain types."""
        return {"wnid": self.wnid, "unlisted": self.why}


class Place(ABC):
    """A place that may have the lists of synsets."""

    name: str
    """What users call it."""

    @property
    @abstractmethod
    def state(self) -> str:
        """How things stand there, as far as is known without asking anybody."""

    @property
    @abstractmethod
    def needs(self) -> str:
        """What it takes to have a list from there."""

    @abstractmethod
    def find(self, wnid: str) -> SynsetList:
        """Return the list of a synset.

        Raises
        ------
        NoList
            If there is none, with what was said instead, if anything.
        """
