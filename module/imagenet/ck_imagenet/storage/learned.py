"""What has been learnt of how a host rations."""

from __future__ import annotations

from typing import NamedTuple


class Learned(NamedTuple):
    """What a host gives to who asks as often as it lets."""

    rate: float
    """Requests a second, in the long run."""
    burst: int
    """Requests at once after a rest, 1 if they must come evenly."""
    period: float
    """Seconds between two such bursts, 0 if they must come evenly."""
