"""What has been learnt of how fast hosts may be asked, in a form that can be kept and sent."""

from __future__ import annotations

from typing import NamedTuple


class Learned(NamedTuple):
    """A ration as it was learnt."""

    rate: float
    """Requests a second that are given in the long run."""
    burst: int = 1
    """How many are given at once after a rest; 1 if they are given evenly."""
    period: float = 0.0
    """Seconds from one burst to the next; 0 if they are given evenly."""
