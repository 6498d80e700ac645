"""Which `forbidden` of older versions may have been a ban's: those links are asked once more.

A host that rations may answer 403 to everything for a while. Older versions took each for a verdict
on its link, and wrote no line of a refusal after which they asked again. So what is likely decides:
to ask in vain costs one request.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime
from functools import lru_cache
from typing import Container, NamedTuple, Sequence

from ..core.known_hosts import known_host
from ..core.outcomes import Outcome
from ..core.urls import endpoint
from .records import Record

MINUTES = 300
"""Seconds after a refusal in which `forbidden` of the same host may be its ban."""

IN_A_ROW = 5
"""So many of one host, with no other answer of it in between, are rather a ban than verdicts."""

_COME_LATER = ("420", "429", "503")


class _HostName(NamedTuple):
    """What the hosts have in common that ration together."""

    text: str
    is_known: bool
    """Whether it is a service that is known to ration."""


def suspects(records: Sequence[Record], sure: Container[int] = ()) -> set[str]:
    """Return the URLs that were forbidden, as far as it seems, because their host had banned us.

    A second verdict is believed if it is sure: so each of these is asked once more.

    Parameters
    ----------
    records : sequence of Record
        All that a file of the journal tells, in its order.
    sure : container of int
        The positions of those that a version has written that tells a ban from a verdict.
    """
    if not _are_worth_a_look(records, sure):
        return set()
    hosts: dict[_HostName, _HostVerdicts] = defaultdict(_HostVerdicts)
    for position, record in enumerate(records):
        name = _name("/".join(record.url.split("/", 3)[:3]).lower())
        hosts[name].take(record, position in sure)
        if record.outcome is Outcome.HOST_BUSY:
            led_to = _name(f"http://{record.detail}")
            hosts[led_to].take(record, is_sure=False)
    latest = {record.url: record.outcome for record in records}
    found = {url for name, host in hosts.items() for url in host.suspects(name.is_known)}
    return {url for url in found if latest[url] is Outcome.FORBIDDEN}


class _HostVerdicts:
    """What the lines tell of one host."""

    def __init__(self) -> None:
        self._forbidden: dict[str, bool] = {}
        """The URLs, and whether the last line of each is sure."""
        self._after_refusal: set[str] = set()
        self._refused = ""
        self._row = self._longest_row = 0

    def take(self, record: Record, is_sure: bool) -> None:
        """Take the next line."""
        if record.outcome is Outcome.FORBIDDEN:
            self._take_forbidden(record, is_sure)
        elif is_refusal(record):
            self._refused = record.time
        elif record.outcome.final:
            self._row = 0

    def suspects(self, is_known: bool) -> set[str]:
        """Return the URLs that seem to have met a ban."""
        if not is_known and self._longest_row < IN_A_ROW:
            return self._after_refusal
        # Those before the row too: what was saved meanwhile took longer to be written down.
        return self._after_refusal | {url for url, sure in self._forbidden.items() if not sure}

    def _take_forbidden(self, record: Record, is_sure: bool) -> None:
        is_believed = is_sure and record.url in self._forbidden
        self._forbidden[record.url] = is_sure
        self._row += not is_sure
        self._longest_row = max(self._row, self._longest_row)
        if not is_believed and _is_soon_after(self._refused, record.time):
            self._after_refusal.add(record.url)
        else:
            self._after_refusal.discard(record.url)


def _are_worth_a_look(records: Sequence[Record], sure: Container[int]) -> bool:
    """Say whether there can be any: most journals cost no more than this."""
    forbidden = [at for at, each in enumerate(records) if each.outcome is Outcome.FORBIDDEN]
    return bool(forbidden) and (
        not all(position in sure for position in forbidden) or any(map(is_refusal, records))
    )


def is_refusal(record: Record) -> bool:
    """Say whether a host has asked to be left alone, or was left alone for that."""
    if record.outcome is Outcome.BUSY:
        return record.detail.startswith(_COME_LATER)
    return record.outcome is Outcome.HOST_BUSY


def _is_soon_after(refused: str, time: str) -> bool:
    """Say whether hardly many minutes have passed, by the clock of then, which may be set back.

    There is no other measure; which was first, the order of the lines has told.
    """
    try:
        first, second = (
            datetime.fromisoformat(each.replace("Z", "+00:00")) for each in (refused, time)
        )
        return (second - first).total_seconds() <= MINUTES
    except (TypeError, ValueError):
        return False


@lru_cache(maxsize=10_000)
def _name(url: str) -> _HostName:
    """Return what a host is called: all names of a known service are one."""
    host = endpoint(url)
    found = known_host(host)
    return _HostName(found.service, True) if found else _HostName(host, False)
