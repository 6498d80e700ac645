"""How a run goes, told to whoever listens."""

from __future__ import annotations

from .journal import Record


class Progress:
    """Is told how a run goes; this one keeps it to itself."""

    def waiting(self, wnid: str) -> None:
        """Another process is at work on this synset."""

    def begin(self, wnid: str, total: int) -> None:
        """So many URLs of a synset will be asked for."""

    def settled(self, record: Record) -> None:
        """A URL is settled."""

    def end(self) -> None:
        """The synset is done."""
