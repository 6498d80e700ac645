"""What a host says while it shuts us out is no news of its links."""

from __future__ import annotations

import math
from collections import OrderedDict
from typing import NamedTuple

from ..core.outcomes import Outcome

_MOST_HOSTS = 10_000
"""Hosts of which is remembered what they answered."""

_IN_A_ROW = (8, 64, 512)
"""Forbidden links in a row at which a host that forbids some may have shut us out."""

# What hosts are known to answer, instead of 429, to whom they have shut out.
_MAY_BE_A_BAN = (
    Outcome.FORBIDDEN,
    Outcome.GONE,
    Outcome.HTTP_ERROR,
    Outcome.NOT_A_PICTURE,
    Outcome.OTHER_FORMAT,
    Outcome.UNDECODABLE,
    Outcome.EMPTY,
    Outcome.SERVER_ERROR,
    Outcome.CUT_SHORT,
    Outcome.REFUSED,
    Outcome.SILENT,
    Outcome.STALLED,
)


_NO_ACCIDENT = 1e-5
"""A chance so small that it is none, also among many links."""

_AT_FIRST = 0.1
"""The share of requests that a host is taken to refuse of which nothing is known yet."""


class Witness(NamedTuple):
    """An answer that a host has given: whether it gives that again tells how it is now."""

    address: str = ""
    outcome: Outcome = Outcome.SAVED


class _Seen(NamedTuple):
    witness: Witness = Witness()
    forbids: bool = False
    """Whether it has forbidden a link while it gave another."""
    answers: int = 0
    refusals: int = 0
    """How often it had refused what it answered then."""
    in_a_row: int = 0
    """Links that it has forbidden since it gave a picture."""


class Bans:
    """Tells a ban from news of a link: by an answer that the host has given before."""

    def __init__(self) -> None:
        self._seen: OrderedDict[str, _Seen] = OrderedDict()

    def answered(self, host: str, address: str, outcome: Outcome, refusals: int = 0) -> None:
        """Take note of an answer, which is true, to a link that was refused so often before.

        Pictures prove most.
        """
        seen = self._seen.get(host, _Seen())
        seen = seen._replace(answers=seen.answers + 1, refusals=seen.refusals + refusals)
        if outcome is Outcome.SAVED:
            seen = seen._replace(witness=Witness(address), in_a_row=0)
        elif seen.witness.outcome is not Outcome.SAVED or not seen.witness.address:
            seen = seen._replace(witness=Witness(address, outcome))
        self._keep(host, seen)

    def most_refusals(self, host: str) -> float:
        """Return how often a link may be refused, while others are given, that is still to be had.

        What rations refuses one link now and another then: what is given has been refused before,
        in some share of all requests. More in a row than such a share brings is the link's affair.
        """
        seen = self._seen.get(host, _Seen())
        share = (seen.refusals + _AT_FIRST) / (seen.answers + seen.refusals + 1)
        return math.log(_NO_ACCIDENT) / math.log(share)

    def witness(self, host: str) -> Witness | None:
        """Return an answer that a host has given, if it has given any."""
        witness = self._seen.get(host, _Seen()).witness
        return witness if witness.address else None

    def proves(self, host: str, outcome: Outcome) -> bool:
        """Say whether a witness's outcome shows that the host answers again as it did."""
        seen = self._seen.get(host, _Seen())
        if seen.witness.outcome is not outcome:
            return False
        self._keep(host, seen._replace(forbids=True))
        return True

    def may_be(self, host: str, outcome: Outcome, is_backing_off: bool) -> bool:
        """Say whether a failure may be a ban's.

        Parameters
        ----------
        host : str
            Who was asked.
        outcome : Outcome
            What came of it.
        is_backing_off : bool
            Whether the host has asked to come later, and has given nothing since.
        """
        if outcome not in _MAY_BE_A_BAN:
            return False
        if is_backing_off:
            return True
        seen = self._seen.get(host, _Seen())
        gives = seen.witness.address and seen.witness.outcome is Outcome.SAVED
        if outcome is not Outcome.FORBIDDEN or not gives:
            return False
        self._keep(host, seen._replace(in_a_row=seen.in_a_row + 1))
        return not seen.forbids or seen.in_a_row + 1 in _IN_A_ROW

    def _keep(self, host: str, seen: _Seen) -> None:
        # Out and in again, in steps that several threads may take at once: the last is the newest.
        self._seen.pop(host, None)
        self._seen[host] = seen
        while len(self._seen) > _MOST_HOSTS:
            self._seen.popitem(last=False)
