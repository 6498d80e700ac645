"""A link on its way to become a picture."""

from __future__ import annotations

from ..core import known_hosts, urls
from ..core.outcomes import Failed
from ..http.request_state import Journey
from ..storage.numbering import Link


class Task:
    """A link that is to be fetched, from its URL or from another address, and how far it is.

    Parameters
    ----------
    link : Link
        What is to be had.
    source : str
        Where it comes from, for the record.
    address : str, optional
        What is asked instead of its URL.
    """

    __slots__ = (
        "address",
        "attempts",
        "failed",
        "first",
        "given_before",
        "is_witness",
        "journey",
        "link",
        "probes",
        "refusals",
        "source",
        "wayback",
    )

    def __init__(self, link: Link, source: str, address: str = "") -> None:
        self.link = link
        self.source = source
        self.is_witness = False
        """Whether it only finds out whether its host answers again as it has answered before."""
        self.first: Failed | None = None
        """What came of its own URL, if another address is asked since its host has changed."""
        self.wayback = ""
        """What the Wayback Machine has said of it, if that is not to be asked again."""
        self._begin(address or link.url)

    def _begin(self, address: str) -> None:
        self.address = address
        self.attempts = 0
        self.journey: Journey | None = None
        self.failed: Failed | None = None
        self.refusals = 0
        """How often its host has refused it, having given others."""
        self.given_before = -1
        """What its host had given when it refused this link last."""
        self.probes = 0
        """How often it has refused it again since, having given nothing."""

    def go_on(self, address: str, first: Failed) -> None:
        """Ask another address from now on, as if nothing had been asked."""
        self.first = first
        self._begin(address)

    @classmethod
    def witness(cls, link: Link, address: str) -> Task:
        """Return what asks anew for what a host has answered."""
        task = cls(link, "", address)
        task.is_witness = True
        return task

    @property
    def wnid(self) -> str:
        """The synset that it is for."""
        return self.link.name.wnid

    @property
    def endpoint(self) -> str:
        """The host and port that it waits for, nothing if its address has none."""
        return self.journey.endpoint if self.journey else urls.endpoint(self.address)

    @property
    def party(self) -> str:
        """What has one owner in a run: its host, and all that may ration together with it."""
        return known_hosts.party(self.endpoint)
