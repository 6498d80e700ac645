"""How a run goes, told to whoever listens."""

from __future__ import annotations

from typing import TYPE_CHECKING, Sequence

if TYPE_CHECKING:
    from ..engine.host import Ration
    from ..storage.journal import Record


class Progress:
    """Is told how a run goes; this one keeps it to itself.

    Waits, rests and trouble may be told by any thread.
    """

    def waiting(self, what: str) -> None:
        """Another process is at work on this synset, or whatever it is."""

    def resting(self, who: str, seconds: float) -> None:
        """A service asks to be left alone for so long, and is asked again afterwards."""

    def rationed(self, rations: Sequence[Ration]) -> None:
        """Nothing is left but these hosts, which give only so much."""

    def trouble(self, said: str) -> None:
        """Something is wrong that does not end the run."""

    def begin(self, what: str, total: int) -> None:
        """So many more URLs will be asked for; `what` is the synset, and who is asked instead."""

    def settled(self, record: Record) -> None:
        """A URL is settled."""

    def advance(self, what: str, done: int, total: int) -> None:
        """So many bytes of something long are done, of so many in all, 0 if nobody knows."""

    def step_aside(self) -> None:
        """Something else is about to be printed."""

    def end(self) -> None:
        """All that was begun is done, or something long."""
