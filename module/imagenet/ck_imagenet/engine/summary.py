"""What a run did for one synset."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from ..core.outcomes import Outcome


@dataclass
class Summary:
    """What a run did for one synset."""

    wnid: str
    links: int
    """URLs known."""
    here: int = 0
    """Pictures that are here now."""
    saved: int = 0
    """Pictures that this run saved."""
    to_fetch: int = 0
    """URLs that were not settled: this run asks for them, until it has what it wants."""
    failed: Counter[Outcome] = field(default_factory=Counter)
    """What became of the others so far."""
    set_aside: list[Path] = field(default_factory=list)
    """Files that were called pictures and were none, where they are now."""
    taken_out: dict[str, int] = field(default_factory=dict)
    """Pictures of synsets done before that were removed, for here they came again: placeholders."""
    renamed: int = 0
    """Links that are gone for good, but were not asked for under the name that their hosts have
    today."""
    from_wayback: int = 0
    """Pictures that are here from the Wayback Machine."""
    for_wayback: int = 0
    """Links that are gone for good, of which it has not been asked yet."""
    left: Counter[str] = field(default_factory=Counter)
    """Links that their hosts did not give in the time that there was, by host: not settled. Of what
    is only foreseen, those of hosts that are known to ration."""
    paces: dict[str, float] = field(default_factory=dict)
    """Requests a second that these hosts give, 0 if that is not known."""
    wayback_trouble: str = ""
    """Why it could not be asked for all of them, if it was to be."""

    def facts(self) -> dict[str, Any]:
        """Return the same in plain types, outcomes as their words."""
        failed = {outcome.word: count for outcome, count in self.failed.most_common()}
        return {**vars(self), "failed": failed, "set_aside": list(map(str, self.set_aside))}
