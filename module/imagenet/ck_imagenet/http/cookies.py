"""The cookies of one link's way: what its hosts set is told to them and to nobody else.

By RFC 6265, and where browsers do otherwise, as they do (its successor, RFC 6265bis, has it). No
cookie ends by itself: a link's way is shorter than what a host means by a while.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Iterable, Iterator, Mapping, NamedTuple, Tuple

from ..core import domains, urls
from . import dates

MOST = 50
"""Cookies of one way: as many as a browser must keep of one domain."""

MOST_BYTES = 8192
"""Characters of all of them: in a header, more than servers read."""

_LONGEST = 4096
_LONGEST_ATTRIBUTE = 1024
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BLANKS = " \t"
_SECONDS = re.compile("-?[0-9]+")


class Cookie(NamedTuple):
    """What a host wants to be told again."""

    name: str
    value: str
    domain: str
    """The host that has set it, or a domain that it is of."""
    is_hosts_own: bool
    """Whether the hosts below `domain` are not told."""
    path: str
    is_secure: bool
    """Whether it is told over TLS only."""

    @property
    def place(self) -> tuple[str, str, bool, str]:
        """What another cookie has in common that takes its place."""
        return self.name, self.domain, self.is_hosts_own, self.path

    def is_for(self, address: urls.Address) -> bool:
        """Say whether to tell it to who is asked."""
        host, path = address.host, _path(address)
        below = not self.is_hosts_own and _is_below(host, self.domain)
        inside = path.startswith(self.path) and (
            self.path.endswith("/") or path[len(self.path) :][:1] in ("", "/")
        )
        secure = address.scheme == "https" or not self.is_secure
        return (host == self.domain or below) and inside and secure


Cookies = Tuple[Cookie, ...]
"""The oldest first."""


def after(kept: Cookies, lines: Iterable[str], address: urls.Address) -> Cookies:
    """Return the cookies that there are once a host has answered.

    Parameters
    ----------
    kept : tuple of Cookie
        Those that there were.
    lines : iterable of str
        What its headers `Set-Cookie` say.
    address : urls.Address
        What it was asked for.
    """
    found = {cookie.place: cookie for cookie in kept}
    for cookie, is_over in filter(None, (_read(line, address) for line in lines)):
        if is_over or found.get(cookie.place) != cookie:
            found.pop(cookie.place, None)
        if not is_over:
            found[cookie.place] = cookie  # the last of all, if it says something new
    left = list(found.values())
    while len(left) > MOST or sum(map(_size, left)) > MOST_BYTES:
        del left[0]
    return tuple(left)


def header(kept: Cookies, address: urls.Address) -> str:
    """Return what to tell who is asked, nothing if there is nothing to tell."""
    told = sorted((each for each in kept if each.is_for(address)), key=lambda each: -len(each.path))
    return "; ".join(f"{each.name}={each.value}" if each.name else each.value for each in told)


def _read(line: str, address: urls.Address) -> tuple[Cookie, bool] | None:
    """Return the cookie that a line sets, and whether it takes it away; None if it is nothing."""
    pair, *rest = line.split(";")
    name, equals, value = (part.strip(_BLANKS) for part in pair.partition("="))
    if not equals:
        name, value = "", name
    said = dict(_attributes(rest))
    whose = _whose(said.get("domain", ""), address.host)
    is_secure = "secure" in said
    is_odd = _CONTROL.search(name + value) or not 0 < len(name) + len(value) <= _LONGEST
    if is_odd or not whose or (is_secure and address.scheme != "https"):
        return None
    path = said.get("path", "")
    if not path.startswith("/"):
        path = _path(address).rpartition("/")[0] or "/"
    return Cookie(name, value, *whose, path, is_secure), _is_over(said)


def _attributes(parts: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield what is said of a cookie; of what is said twice, the last counts."""
    for part in parts:
        name, _, value = (each.strip(_BLANKS) for each in part.partition("="))
        if len(value) <= _LONGEST_ATTRIBUTE:
            yield name.lower(), value


def _whose(domain: str, host: str) -> tuple[str, bool] | None:
    """Return the domain of a cookie, and whether only that very host has it; None if it may not."""
    domain = domain[domain.startswith(".") :]
    if not domain:
        return host, True
    try:
        domain = urls.ascii_host(domain)
    except ValueError:
        return None
    if domain == host:  # of an address, and of what many share, no cookie is for those below
        return host, not domains.registrable(host)
    return (domain, False) if _is_below(host, domain) and domains.registrable(domain) else None


def _is_over(said: Mapping[str, str]) -> bool:
    """Say whether a cookie's time is over as it comes: so hosts take it away."""
    seconds = _SECONDS.fullmatch(said.get("max-age", ""))
    if seconds:
        return seconds[0].startswith("-") or not seconds[0].strip("0")
    until = dates.moment(said.get("expires", ""))
    return bool(until and until <= datetime.now(timezone.utc))


def _is_below(host: str, domain: str) -> bool:
    return host.endswith(f".{domain}") and not urls.is_address(host)


def _path(address: urls.Address) -> str:
    return address.target.partition("?")[0]


def _size(cookie: Cookie) -> int:
    return sum(map(len, (cookie.name, cookie.value, cookie.domain, cookie.path)))
