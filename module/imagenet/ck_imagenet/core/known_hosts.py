"""What is known of hosts: public reports of them, and the paces that the user gives.

The file `data/known_hosts.tsv` has a row for each fact, with its source and its date. Nobody here
can check them, and they may be out of date. So `--no-known-hosts` does without them all, except for
the placeholders, which are known by what they are and not by their host. A pace is in requests a
second.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from contextlib import suppress
from enum import Enum
from functools import lru_cache
from ipaddress import IPv6Address
from pathlib import Path
from typing import Iterator, Mapping, NamedTuple

from . import urls
from .errors import BadInput
from .outcomes import Failed

KNOWN_HOSTS_FILE = Path(__file__).with_name("data") / "known_hosts.tsv"


class Fact(Enum):
    """The kinds of facts, and what `tells` holds for each."""

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
    """A domain, with all below it; `*` stands for a number, and alone for any host."""
    service: str
    """The service that the host belongs to."""
    tells: str
    """The fact itself, in the form that its kind has."""
    seen: str
    """What was seen there."""
    source: str
    """Who says so: URLs, or whose code it is."""
    date: str
    """The date of the source."""


@lru_cache(maxsize=None)
def all_rows() -> tuple[Row, ...]:
    """Return all rows, in the order of the file."""
    lines = KNOWN_HOSTS_FILE.read_text("utf-8").splitlines()[1:]
    return tuple(Row(*line.split("\t")) for line in lines)


def rows(fact: Fact) -> list[Row]:
    """Return the rows of facts of one kind."""
    return [row for row in all_rows() if row.fact == fact.word]


# Hosts that have changed: where their pictures are today, and which hosts alter pictures.

_THUMBNAIL = re.compile(
    r"(?P<before>/.*?)/thumb(?P<original>/(?:[^/]+/)*(?P<name>[^/]+))/"
    r"(?P<page>[^/]*?)(?P<width>[0-9]{1,5})px-(?P<rest>[^/]+)"
)
_URL = re.compile(r"(?P<scheme>https?)://(?P<host>[^/]*?)(?P<port>:[0-9]+)?(?P<path>/.*)")
_PICTURE_PATH = re.compile(r"(?i).+\.(?:jpe?g|png|gif|webp|bmp)")
"""Names of originals that are pictures themselves: thumbnails are made of films too."""
_LONGEST_ADDRESS = 8192
"""Characters of a URL; hosts of pictures answer no longer ones."""


def successors(url: str) -> list[str]:
    """Return the URLs at which the picture of a link may be today, the likeliest first.

    Parameters
    ----------
    url : str
        The URL of the link, as a list holds it.

    Returns
    -------
    list of str
        Without the URL of the link itself; mostly it is empty.
    """
    try:
        parts = _URL.fullmatch(urls.parse(url).url)  # as it is asked, however it is written
    except Failed:
        return []
    if not parts or len(parts.string) > _LONGEST_ADDRESS:
        return []
    host, port = parts["host"], parts["port"] or ""
    for pattern, row in _renamed():
        match = pattern.fullmatch(host.rstrip("."))
        if match:
            name, _, folder = row.tells.replace("*", "".join(match.groups())).partition("/")
            inside = f"/{folder}" if folder else ""
            return [f"{parts['scheme']}://{name}{port}{inside}{parts['path']}"]
    row_of = _rewritten()
    found = (row_of[domain] for domain in domains_of(host) if domain in row_of)
    start = f"{parts['scheme']}://{host}{port}"
    return [start + path for row in found for path in _of_thumbnail(parts["path"], row)]


def is_altered(url: str) -> bool:
    """Say whether the host of `url` is known to alter the pictures that it gives."""
    return _is_altering(urls.endpoint(url))


def same_host_and_path(one: str, other: str) -> bool:
    """Say whether two URLs have the same host, path and query, whatever their schemes.

    Parameters
    ----------
    one, other : str
        The URLs; one that cannot be asked is like no other.
    """
    try:
        first, second = urls.parse(one), urls.parse(other)
    except Failed:
        return False
    return (first.host, first.url.split("/", 3)[3:]) == (second.host, second.url.split("/", 3)[3:])


def _of_thumbnail(path: str, row: Row) -> Iterator[str]:
    """Yield the paths of the same picture, for a thumbnail that its host makes no longer."""
    match = _THUMBNAIL.fullmatch(path.partition("?")[0])
    widths = sorted(map(int, row.tells.split()))
    if not match or int(match["width"]) in widths:
        return
    wider = widths[bisect_left(widths, int(match["width"])) :][:1]
    for width in wider:
        thumbnail = f"{match['page']}{width}px-{match['rest']}"
        yield f"{match['before']}/thumb{match['original']}/{thumbnail}"
    if _PICTURE_PATH.fullmatch(match["name"]):
        yield match["before"] + match["original"]


@lru_cache(maxsize=None)
def _renamed() -> tuple[tuple[re.Pattern[str], Row], ...]:
    return tuple(
        (re.compile("([0-9]{1,4})".join(map(re.escape, row.host.split("*")))), row)
        for row in rows(Fact.RENAMED)
    )


@lru_cache(maxsize=None)
def _rewritten() -> dict[str, Row]:
    return {row.host: row for row in rows(Fact.REWRITTEN)}


@lru_cache(maxsize=10_000)
def _is_altering(endpoint: str) -> bool:
    host, _ = urls.host_and_port(endpoint)
    return any(domain in _altering() for domain in domains_of(host))


@lru_cache(maxsize=None)
def _altering() -> frozenset[str]:
    return frozenset(row.host for row in rows(Fact.ALTERED))


"""Returns the URLs at which the picture of a link may be today."""

# Hosts that ration, and paces.

_LEAST_PACE, _MOST_PACE = 0.001, 1000.0
_EXAMPLE = "write for example --pace=flickr.com:1,example.org:0.5"


class KnownHost(NamedTuple):
    """What is known of a host that rations its answers."""

    service: str
    """The service that it belongs to, all hosts of which ration together."""
    pace: float
    """Requests a second at which to begin."""


def known_host(host: str) -> KnownHost | None:
    """Return what is known of a host or an endpoint that rations, None if nothing is.

    The longest of its domains that is known counts.
    """
    table = _table()
    name, _ = urls.host_and_port(host)
    return next((table[each] for each in domains_of(name) if each in table), None)


@lru_cache(maxsize=10_000)
def host_group(endpoint: str) -> str:
    """Return the group of hosts that a host may ration with.

    That is its service, else its registrable domain, else the host itself. So each ration has one
    owner in a run.
    """
    found = known_host(endpoint)
    return found.service if found else urls.registrable_domain(endpoint) or endpoint


def parse_paces(text: str) -> dict[str, float]:
    """Return the paces that the user gives, by host or endpoint.

    Parameters
    ----------
    text : str
        `HOST:N` with commas between, or `HOST:PORT:N`; an IPv6 address in brackets.

    Raises
    ------
    BadInput
        If it has another form, or gives one host twice.
    """
    given: dict[str, float] = {}
    for item in filter(None, (item.strip() for item in text.split(","))):
        name, pace = _parse_pace(item)
        if name in given:
            raise BadInput(f"--pace has {name} twice: leave one of them out")
        given[name] = pace
    return given


def given_pace(paces: Mapping[str, float], host: str) -> float | None:
    """Return the pace that the user gives for a host or an endpoint, None if there is none.

    The longest of its domains counts, with its port before without. If none is given, the pace of
    another domain of its service counts: who says Flickr means all of it.

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
            for given in (_endpoint(domain, port), domain):
                if given in paces:
                    return paces[given]
    return None


def _aliases(host: str) -> list[str]:
    """Return the domains of the service that a host belongs to."""
    found = known_host(host)
    return [each for each, other in _table().items() if found and other.service == found.service]


def _parse_pace(item: str) -> tuple[str, float]:
    """Return the host or the endpoint that the user gives, and its pace."""
    endpoint, _, number = item.rpartition(":")
    host, port = urls.host_and_port(endpoint.strip())
    with suppress(ValueError):
        name = _plain(urls.ascii_host(host))
        if name and 0 < int(port or 1) < 2**16:
            return (_endpoint(name, str(int(port))) if port else name), _pace(item, number.strip())
    raise BadInput(f'--pace: "{item}" is not HOST:N; {_EXAMPLE}')


def _pace(item: str, number: str) -> float:
    is_number = re.fullmatch(r"[0-9]{1,9}(\.[0-9]{1,9})?", number)
    if is_number and _LEAST_PACE <= float(number) <= _MOST_PACE:
        return float(number)
    raise BadInput(
        f'--pace: "{item}" needs a number of requests a second, from {_LEAST_PACE:g} to '
        f"{_MOST_PACE:g}; {_EXAMPLE}"
    )


def domains_of(host: str) -> Iterator[str]:
    """Yield a host in its plain form, and the domains above it, the longest first."""
    domain = _plain(host)
    yield domain
    if urls.is_address(domain):
        return
    while "." in domain:
        domain = domain.partition(".")[2]
        yield domain


def _endpoint(host: str, port: str) -> str:
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def _plain(host: str) -> str:
    """Return the one form of all spellings of a host."""
    with suppress(ValueError):
        return str(IPv6Address(host))
    return host.lower().rstrip(".")


@lru_cache(maxsize=None)
def _table() -> dict[str, KnownHost]:
    return {row.host: KnownHost(row.service, float(row.tells)) for row in rows(Fact.RATIONED)}
