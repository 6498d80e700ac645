"""At which pace a host is asked: what is known of hosts that ration, and what the user says.

A pace is in requests a second.
"""

from __future__ import annotations

import re
from contextlib import suppress
from functools import lru_cache
from ipaddress import IPv6Address
from typing import Iterator, Mapping, NamedTuple

from . import domains, urls
from .errors import BadInput
from .hostfacts import Fact, rows

_LEAST, _MOST = 0.001, 1000.0
_EXAMPLE = "write for example --pace=flickr.com:1,example.org:0.5"


class Known(NamedTuple):
    """What is known of a host that rations."""

    service: str
    """The name of what all of its hosts are: they ration together."""
    pace: float
    """Requests a second at which to begin."""


def known(host: str) -> Known | None:
    """Return what is known of a host or an endpoint, None if nothing is.

    The longest domain that it belongs to counts.
    """
    table = _table()
    name, _ = urls.host_and_port(host)
    return next((table[each] for each in belongs_to(name) if each in table), None)


@lru_cache(maxsize=50_000)
def party(endpoint: str) -> str:
    """Return what a host has in common with all those with which it may ration.

    So each ration has one owner in a run: its service, else its registrable domain, else itself.
    """
    found = known(endpoint)
    return found.service if found else domains.registrable(endpoint) or endpoint


def paces(text: str) -> dict[str, float]:
    """Return the paces that a user gives, by host or endpoint.

    Parameters
    ----------
    text : str
        `HOST:N` with commas between, or `HOST:PORT:N`; an IPv6 address in brackets.

    Raises
    ------
    BadInput
        If it cannot be read so, or says two things of one host.
    """
    given: dict[str, float] = {}
    for item in filter(None, (item.strip() for item in text.split(","))):
        place, pace = _parts(item)
        if place in given:
            raise BadInput(f"--pace: {place} is there twice: leave one of them out")
        given[place] = pace
    return given


def given_pace(paces: Mapping[str, float], host: str) -> float | None:
    """Return the pace that the user gives for a host or an endpoint, None if there is none.

    The longest domain that it belongs to counts, with its port before without. If there is none,
    it is what is given for another name of its service: whoever says Flickr means all of it.

    Parameters
    ----------
    paces : mapping of str to float
        What `paces` returns.
    host : str
        The host or the endpoint.
    """
    if not paces:
        return None
    name, port = urls.host_and_port(host)
    for each in (name, *_aliases(name)):
        for domain in belongs_to(each):
            for place in (_place(domain, port), domain):
                if place in paces:
                    return paces[place]
    return None


def _aliases(host: str) -> list[str]:
    """Return the domains of the service that a host is of."""
    found = known(host)
    return [each for each, other in _table().items() if found and other.service == found.service]


def _parts(item: str) -> tuple[str, float]:
    """Return whom the user means, and the pace."""
    place, _, number = item.rpartition(":")
    host, port = urls.host_and_port(place.strip())
    with suppress(ValueError):
        name = _plain(urls.ascii_host(host))
        if name and 0 < int(port or 1) < 2**16:
            return (_place(name, str(int(port))) if port else name), _pace(item, number.strip())
    raise BadInput(f'--pace: "{item}" is no HOST:N; {_EXAMPLE}')


def _pace(item: str, number: str) -> float:
    is_number = re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", number)
    if is_number and _LEAST <= float(number) <= _MOST:
        return float(number)
    raise BadInput(
        f'--pace: "{item}" gives no number of requests a second from {_LEAST:g} to {_MOST:g}; '
        f"{_EXAMPLE}"
    )


def belongs_to(host: str) -> Iterator[str]:
    """Yield a host, in its plain form, and the domains that it belongs to, the longest first."""
    domain = _plain(host)
    yield domain
    if urls.is_address(domain):
        return
    while "." in domain:
        domain = domain.partition(".")[2]
        yield domain


def _place(host: str, port: str) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _plain(host: str) -> str:
    """Return the one form of all that mean the same host."""
    with suppress(ValueError):
        return str(IPv6Address(host))
    return host.lower().rstrip(".")


@lru_cache(maxsize=None)
def _table() -> dict[str, Known]:
    return {row.host: Known(row.service, float(row.tells)) for row in rows(Fact.RATIONED)}
