"""A link under way, and what is asked for it after its own address, if its host has changed.

A link that the journal has settled is never a task. Any other goes this way; in brackets who owns
it meanwhile:

    parked [`Counted`] ──► waiting for an owner of its host [`owners`] ◄── its worker is lost
      ▲                                │
      │                                ▼
      └─ one too many    waiting for its host [host queue of a worker] ──► under way [`Attempts`]
                               ▲          ▲                                   │
                               │          ├── again: time-out, busy ──────────┤
                               │          └── a redirect on the same host ────┤
                               └── a redirect to another host [dispatcher] ◄──┤
                                                                              │
            recorded: saved, duplicate, failed [journal] ◄────────────────────┤
            left for another run: its host rations it [recorder] ◄────────────┘
"""

from __future__ import annotations

import re
from contextlib import suppress
from copy import copy
from typing import Sequence

from ..core import known_hosts, urls
from ..core.known_hosts import same_host_and_path
from ..core.outcomes import Failed, Outcome
from ..core.text import printable
from ..http.request_state import RequestState
from ..storage.numbering import Link
from ..storage.records import Record


class Task:
    """A link that is to be fetched, from its URL or from another address, and how far that is.

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
        "answers_before",
        "attempts",
        "failed",
        "first_failure",
        "is_cancelled",
        "is_health_check",
        "link",
        "probes",
        "refusals",
        "request",
        "source",
        "wayback",
    )

    def __init__(self, link: Link, source: str, address: str = "") -> None:
        self.link = link
        self.source = source
        self.is_cancelled = False
        """Whether its synset has enough: nothing is to come of it any more."""
        self.is_health_check = False
        """Whether it only finds out whether its host gives a known answer again."""
        self.first_failure: Failed | None = None
        """What came of its own URL, once another address is asked."""
        self.wayback = ""
        """What the Wayback Machine has said of it, if that is not to be asked again."""
        self._begin(address or link.url)

    def _begin(self, address: str) -> None:
        self.address = address
        self.attempts = 0
        self.request: RequestState | None = None
        self.failed: Failed | None = None
        self.refusals = 0
        """How often its host has refused it, having answered others meanwhile."""
        self.answers_before = -1
        """How many answers its host had given when it refused this link last."""
        self.probes = 0
        """How often its host has refused it again since, having answered nobody."""

    def again(self) -> Task:
        """Return the same task for who may be given it again: whoever has this one drops it."""
        other = copy(self)
        other.is_cancelled = False
        return other

    def switch_to(self, address: str, first_failure: Failed) -> None:
        """Ask another address from now on, as if nothing had been asked.

        Parameters
        ----------
        address : str
            What is asked.
        first_failure : Failed
            What came of the link's own URL.
        """
        self.first_failure = first_failure
        self._begin(address)

    @classmethod
    def health_check(cls, link: Link, address: str) -> Task:
        """Return a task that asks a host for a known answer.

        Parameters
        ----------
        link : Link
            The link on whose account it is asked.
        address : str
            What the host has answered before.
        """
        task = cls(link, "", address)
        task.is_health_check = True
        return task

    @property
    def wnid(self) -> str:
        """The synset that it is for."""
        return self.link.name.wnid

    @property
    def endpoint(self) -> str:
        """The host and port that it waits for, nothing if its address has none."""
        return self.request.endpoint if self.request else urls.endpoint(self.address)

    @property
    def host_group(self) -> str:
        """What has one owner in a run: its host, and all that may ration together with it."""
        return known_hosts.host_group(self.endpoint)


_FORBIDDEN = "403"
"""What hosts answer for what they do not have, too; 401, 402 and 451 are a refusal."""


def next_address(known: Sequence[str], url: str, address: str, last: str) -> str:
    """Return what is to be asked next for a link, an empty text if there is no more.

    Parameters
    ----------
    known : sequence of str
        Under which addresses its picture may be today.
    url, address, last : str
        The link's own URL; what was asked for it; where that has led.
    """
    if address != url and address not in known:  # a capture, which has no other address
        return ""
    left = known[known.index(address) + 1 :] if address in known else known
    return next((each for each in left if not same_host_and_path(each, last)), "")


def may_be_elsewhere(failed: Failed) -> bool:
    """Say whether a failure leaves a hope that the picture has another address."""
    if failed.outcome is Outcome.FORBIDDEN:
        return failed.detail.startswith(_FORBIDDEN)
    return failed.outcome.successor_helps


def combined(first_failure: Failed, address: str, second: Failed) -> Failed:
    """Return what became of a link that has failed under its own address and under another.

    Parameters
    ----------
    first_failure, second : Failed
        What came of each.
    address : str
        The other address.
    """
    if second.outcome is Outcome.OPTED_OUT:
        return Failed(second.outcome, f"{second.detail} (under {printable(address)})")
    return Failed(first_failure.outcome, f"{first_failure.detail}{_mark(address)}{second}")


def reopened(record: Record, known: Sequence[str]) -> tuple[str, Failed] | None:
    """Return an address that is still to be asked for a failed link, and the link's own failure.

    That address was never asked, since its host was not known then, or did not answer.

    Parameters
    ----------
    record : Record
        What became of it.
    known : sequence of str
        Under which addresses its picture may be today.
    """
    own, *_ = record.detail.partition(_mark(known[0])) if known else (record.detail,)
    failed = Failed(record.outcome, own)
    if may_be_elsewhere(failed):
        for address in known:
            if not _is_settled(record.detail.partition(_mark(address))[2]):
                return address, failed
    return None


def _mark(address: str) -> str:
    return f"; {printable(address)}: "


def _is_settled(said: str) -> bool:
    word = re.match("[a-z-]*", said)
    with suppress(KeyError):
        return Outcome.named(word.group() if word else "").final
    return False
