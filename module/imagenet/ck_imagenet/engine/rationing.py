"""What processes tell each other of hosts that ration."""

from __future__ import annotations

from typing import Mapping, NamedTuple, Sequence

from ..storage.learned import Learned
from .host import Ration


class Rationing(NamedTuple):
    """How it stands with the hosts that ration, of those that one process asks."""

    rations: Sequence[Ration] = ()
    alone: bool = False
    """Whether nothing else is left."""
    learned: Mapping[str, Learned] | None = None
