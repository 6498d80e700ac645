"""At which pace a host is asked: what is known of hosts that ration, and what the user says.

A pace is in requests a second.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from contextlib import suppress
from enum import Enum
from functools import lru_cache
from ipaddress import IPv6Address
from pathlib import Path
from typing import Callable, Iterator, Mapping, NamedTuple

from . import urls
from .errors import BadInput
from .outcomes import Failed

# What is known of hosts, as public reports tell it: one file, read by all who ask or judge.
#
# `data/known_hosts.tsv` has a row for each fact, with where it is told and of when that is. None of
# it can be checked from here: it may not be so any more. So `--no-known-hosts` does without all of
# it but the placeholders, which are known by what they are, not by whose.

DATA = Path(__file__).with_name("data") / "known_hosts.tsv"


class Fact(Enum):
    """What a row tells of a host, and of what kind its `tells` is."""

    RENAMED = "renamed", "the name that the host has today, with the same path; * is a number"
    REWRITTEN = "rewritten", "the widths of thumbnails that the host still gives"
    RATIONED = "rationed", "requests a second at which to begin; all of a service ration together"
    PLACEHOLDER = "placeholder", "a path, or a checksum, of a picture that says that one is gone"
    ALTERED = "altered", "what the host does to pictures that it gives"

    def __init__(self, word: str, meaning: str) -> None:
        self.word = word
        self.meaning = meaning


class Row(NamedTuple):
    """One fact about hosts."""

    fact: str
    """The word of a `Fact`."""
    host: str
    """A domain, with all below it; `*` in it is a number, and alone any host."""
    service: str
    """The name of what all of its hosts are."""
    tells: str
    seen: str
    """What was seen there."""
    source: str
    """Where that is told: addresses, or whose code it is."""
    date: str
    """Of when that is."""


@lru_cache(maxsize=None)
def all_rows() -> tuple[Row, ...]:
    """Return all rows, in the order of the file."""
    lines = DATA.read_text("utf-8").splitlines()[1:]
    return tuple(Row(*line.split("\t")) for line in lines)


def rows(fact: Fact) -> list[Row]:
    """Return the rows that tell such a fact."""
    return [row for row in all_rows() if row.fact == fact.word]


# Where the pictures of hosts that have changed are today, and who alters what he gives.

_THUMBNAIL = re.compile(
    r"(?P<before>/.*?)/thumb(?P<original>/(?:[^/]+/)*(?P<name>[^/]+))/"
    r"(?P<page>[^/]*?)(?P<width>[0-9]{1,5})px-(?P<rest>[^/]+)"
)
_URL = re.compile(r"(?P<scheme>https?)://(?P<host>[^/]*?)(?P<port>:[0-9]+)?(?P<path>/.*)")
_KEPT = re.compile(r"(?i).+\.(?:jpe?g|png|gif|webp|bmp)")
"""Names of originals that are pictures to keep themselves; thumbnails are made of others too."""
_MOST_CHARACTERS = 8192
"""Of a URL, such as hosts of pictures answer at all."""


def successors(url: str) -> list[str]:
    """Return under which addresses the picture of a link may be today, the likeliest first.

    Parameters
    ----------
    url : str
        As a list holds it.

    Returns
    -------
    list of str
        Without the link's own; as a rule there are none.
    """
    try:
        parts = _URL.fullmatch(urls.parse(url).url)  # as it is asked, however it is written
    except Failed:
        return []
    if not parts or len(parts.string) > _MOST_CHARACTERS:
        return []
    host, port = parts["host"], parts["port"] or ""
    for pattern, row in _renamed():
        match = pattern.fullmatch(host.rstrip("."))
        if match:
            name, _, folder = row.tells.replace("*", "".join(match.groups())).partition("/")
            inside = f"/{folder}" if folder else ""
            return [f"{parts['scheme']}://{name}{port}{inside}{parts['path']}"]
    row_of = {row.host: row for row in rows(Fact.REWRITTEN)}
    found = (row_of[domain] for domain in domains_of(host) if domain in row_of)
    start = f"{parts['scheme']}://{host}{port}"
    return [start + path for row in found for path in _of_thumbnail(parts["path"], row)]


def is_altered(url: str) -> bool:
    """Say whether whoever gave the picture at `url` is known to alter what it gives."""
    host, _ = urls.host_and_port(urls.endpoint(url))
    return any(domain in _altering() for domain in domains_of(host))


def same_host_and_path(one: str, other: str) -> bool:
    """Say whether two URLs are the same host's same path, whichever the scheme."""
    try:
        first, second = urls.parse(one), urls.parse(other)
    except Failed:
        return False
    return (first.host, first.url.split("/", 3)[3:]) == (second.host, second.url.split("/", 3)[3:])


def _of_thumbnail(path: str, row: Row) -> Iterator[str]:
    """Yield the paths at which the picture is of a thumbnail that its host makes no more."""
    match = _THUMBNAIL.fullmatch(path.partition("?")[0])
    widths = sorted(map(int, row.tells.split()))
    if not match or int(match["width"]) in widths:
        return
    wider = widths[bisect_left(widths, int(match["width"])) :][:1]
    for width in wider:
        thumbnail = f"{match['page']}{width}px-{match['rest']}"
        yield f"{match['before']}/thumb{match['original']}/{thumbnail}"
    if _KEPT.fullmatch(match["name"]):
        yield match["before"] + match["original"]


@lru_cache(maxsize=None)
def _renamed() -> tuple[tuple[re.Pattern[str], Row], ...]:
    return tuple(
        (re.compile("([0-9]{1,4})".join(map(re.escape, row.host.split("*")))), row)
        for row in rows(Fact.RENAMED)
    )


@lru_cache(maxsize=None)
def _altering() -> frozenset[str]:
    return frozenset(row.host for row in rows(Fact.ALTERED))


Successors = Callable[[str], "list[str]"]
"""Returns under which addresses the picture of a link may be today."""


_LEAST, _MOST = 0.001, 1000.0
_EXAMPLE = "write for example --pace=flickr.com:1,example.org:0.5"


class KnownHost(NamedTuple):
    """What is known of a host that rations."""

    service: str
    """The name of what all of its hosts are: they ration together."""
    pace: float
    """Requests a second at which to begin."""


def known_host(host: str) -> KnownHost | None:
    """Return what is known of a host or an endpoint, None if nothing is.

    The longest domain that it belongs to counts.
    """
    table = _table()
    name, _ = urls.host_and_port(host)
    return next((table[each] for each in domains_of(name) if each in table), None)


@lru_cache(maxsize=50_000)
def host_group(endpoint: str) -> str:
    """Return what a host has in common with all those with which it may ration.

    So each ration has one owner in a run: its service, else its registrable domain, else itself.
    """
    found = known_host(endpoint)
    return found.service if found else urls.registrable_domain(endpoint) or endpoint


def parse_paces(text: str) -> dict[str, float]:
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
        What `parse_paces` returns.
    host : str
        The host or the endpoint.
    """
    if not paces:
        return None
    name, port = urls.host_and_port(host)
    for each in (name, *_aliases(name)):
        for domain in domains_of(each):
            for place in (_place(domain, port), domain):
                if place in paces:
                    return paces[place]
    return None


def _aliases(host: str) -> list[str]:
    """Return the domains of the service that a host is of."""
    found = known_host(host)
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


def domains_of(host: str) -> Iterator[str]:
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
def _table() -> dict[str, KnownHost]:
    return {row.host: KnownHost(row.service, float(row.tells)) for row in rows(Fact.RATIONED)}
