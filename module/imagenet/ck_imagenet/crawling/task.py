"""A link on its way to become a picture."""

from __future__ import annotations

from ..kept.numbering import Link
from ..outcomes import Failed
from ..web import known_hosts, urls
from ..web.journey import Journey


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
        "given_before",
        "is_witness",
        "journey",
        "link",
        "probes",
        "refusals",
        "source",
    )

    def __init__(self, link: Link, source: str, address: str = "") -> None:
        self.link = link
        self.source = source
        self.address = address or link.url
        self.attempts = 0
        self.journey: Journey | None = None
        self.failed: Failed | None = None
        self.is_witness = False
        """Whether it only finds out whether its host answers again as it has answered before."""
        self.refusals = 0
        """How often its host has refused it, having given others; thrice as much if it alone."""
        self.given_before = -1
        """What its host had given when it refused this link last."""
        self.probes = 0
        """How often it has refused it again since, having given nothing."""

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
