"""Where an answer leads, as browsers see it."""

from __future__ import annotations

from urllib3 import HTTPResponse

from ..core.outcomes import Failed, Outcome
from . import bodies

FOLLOWED = (301, 302, 303, 307, 308)
"""The statuses of redirects that are followed, if they have a Location."""


def location(response: HTTPResponse) -> str:
    """Return where an answer leads; nothing if browsers show what comes with it.

    Raises
    ------
    Failed
        REDIRECTS if it leads to several places at once: browsers follow none of them.
    """
    if response.status not in FOLLOWED:
        return ""
    locations = set(response.headers.getlist("Location"))
    if len(locations) > 1:
        bodies.release(response)
        told = f"{response.status} to {len(locations)} places at once"
        raise Failed(Outcome.REDIRECTS, told)
    return "".join(locations)
