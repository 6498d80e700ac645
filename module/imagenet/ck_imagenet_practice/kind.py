"""What a kind of link is: where in the web it points, what comes of it, and where it was seen."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple

SAVED = "saved"


class Place(Enum):
    """Where the links of a kind live."""

    SHARED = "among the picture hosts: a dead kind on an eighth of them, others on any"
    LIVING = "on the picture hosts in turn, though it hangs"
    OWN = "on hosts of their own, with nothing else"
    LONE = "each on a host of its own"
    DROPPING = "on hosts of their own that drop SYNs"
    TLS = "on hosts of their own that speak TLS"
    NAMED = "on a host with a name, at the port of the first picture host"
    REFUSING = "on the host that refuses"
    FORBIDDEN = "on the host that may not be asked"


# What a client may say instead of a URL's own outcome once it leaves the host alone.
_SPARED = {
    "busy": "host-busy",
    "refused": "host-down",
    "silent": "host-down",
    "stalled": "host-down",
}


class Kind(NamedTuple):
    """A kind of link: where in the web it points, and what comes of it."""

    folder: str
    """With `{target}` in it, the kind's last host is where the others redirect, not one of them."""
    outcome: str = SAVED
    """The word for what becomes of it, with a client such as ck-imagenet."""
    extension: str = "jpg"
    landing: str = ""
    """The folder where a redirect leads."""
    place: Place = Place.SHARED
    hosts: int = 1
    """How many hosts of its own it has; a kind that is LONE has as many as links."""
    certificate: str = ""
    """What its TLS hosts show, of `tls.CERTIFICATES`."""
    name: str = ""
    """The name of its host, one of `hosting.NAMES`, or none that can be."""
    also: str = ""
    """Another word that is as true, since it depends on which of several is asked first."""
    login: str = ""
    """User and password, percent-encoded, as its URLs hold them."""
    file: str = "{wnid}-{number}{awkward}.{extension}"
    seen: str = ""
    """Where a real host was seen to do so: a public report, or the standard that it breaks."""

    @property
    def obtainable(self) -> bool:
        """Whether a patient client ends with a picture."""
        return self.outcome == SAVED

    @property
    def outcomes(self) -> frozenset[str]:
        """All words that are true, also those of a client that has given up the host."""
        return frozenset({self.outcome, self.also or _SPARED.get(self.outcome, self.outcome)})

    @property
    def leads_across(self) -> bool:
        """Whether its links redirect to another host."""
        return "{target}" in self.folder

    @property
    def is_strict(self) -> bool:
        """Whether the truth needs more settings than the service's address and all of loopback."""
        return bool(self.outcome == "private-address" or self.name or self.certificate)
