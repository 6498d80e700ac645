"""The cookies of one link's way: what its hosts set is told to them and to nobody else.

By RFC 6265, and where browsers do otherwise, as they do (its successor, RFC 6265bis, has it). No
cookie ends by itself: a link's way is shorter than what a host means by a while.
"""

from __future__ import annotations

import re
from datetime import datetime, timezone
from hashlib import blake2b
from typing import Iterable, Iterator, Mapping, NamedTuple, Tuple

from ..core import urls
from ..core.outcomes import Failed, Outcome
from ..images.judging import is_placeholder_address
from . import headers

MOST_COOKIES = 50
"""Cookies of one way: as many as a browser must keep of one domain."""

MOST_COOKIE_CHARACTERS = 8192
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


def updated_cookies(kept: Cookies, lines: Iterable[str], address: urls.Address) -> Cookies:
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
    for cookie, is_over in filter(None, (_parse_cookie(line, address) for line in lines)):
        if is_over or found.get(cookie.place) != cookie:
            found.pop(cookie.place, None)
        if not is_over:
            found[cookie.place] = cookie  # the last of all, if it says something new
    left = list(found.values())
    while len(left) > MOST_COOKIES or sum(map(_size, left)) > MOST_COOKIE_CHARACTERS:
        del left[0]
    return tuple(left)


def cookie_header(kept: Cookies, address: urls.Address) -> str:
    """Return what to tell who is asked, nothing if there is nothing to tell."""
    told = sorted((each for each in kept if each.is_for(address)), key=lambda each: -len(each.path))
    return "; ".join(f"{each.name}={each.value}" if each.name else each.value for each in told)


def _parse_cookie(line: str, address: urls.Address) -> tuple[Cookie, bool] | None:
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
        return host, not urls.registrable_domain(host)
    return (domain, False) if _is_below(host, domain) and urls.registrable_domain(domain) else None


def _is_over(said: Mapping[str, str]) -> bool:
    """Say whether a cookie's time is over as it comes: so hosts take it away."""
    seconds = _SECONDS.fullmatch(said.get("max-age", ""))
    if seconds:
        return seconds[0].startswith("-") or not seconds[0].strip("0")
    until = headers.moment(said.get("expires", ""))
    return bool(until and until <= datetime.now(timezone.utc))


def _is_below(host: str, domain: str) -> bool:
    return host.endswith(f".{domain}") and not urls.is_address(host)


def _path(address: urls.Address) -> str:
    return address.target.partition("?")[0]


def _size(cookie: Cookie) -> int:
    return sum(map(len, (cookie.name, cookie.value, cookie.domain, cookie.path)))


# One URL on its way: through redirects, from host to host.

MOST_REDIRECTS = 20
"""As many as browsers follow (WHATWG's Fetch standard, "HTTP-redirect fetch")."""


class RequestState:
    """Where a URL is to be asked next, where it has been, what it is told, and how long that took.

    Many wait at once, and they are sent between processes: so they hold no more than they must.

    Parameters
    ----------
    url : str
        As a list holds it.

    Attributes
    ----------
    url : str
        What is to be asked next.
    spent : float
        Seconds that asking has taken so far; waiting for a turn does not count.
    """

    __slots__ = ("_cookies", "_login", "_redirects", "_seen", "spent", "url")

    def __init__(self, url: str) -> None:
        self.url = url
        self.spent = 0.0
        self._cookies: Cookies = ()
        self._login: tuple[str, str] | None = None
        self._redirects = 0
        self._seen: tuple[bytes, ...] = ()

    @property
    def endpoint(self) -> str:
        """Host and port of what is to be asked next, nothing if it cannot be asked."""
        return urls.endpoint(self.url)

    def address(self) -> urls.Address:
        """Return the address of what is to be asked next.

        Raises
        ------
        Failed
            If it is not to be asked: BAD_URL or PLACEHOLDER.
        """
        address = urls.parse(self.url)
        if is_placeholder_address(address.url):
            raise Failed(Outcome.PLACEHOLDER, address.url)
        return address

    def headers_for(self, address: urls.Address) -> dict[str, str]:
        """Return the headers that tell who is asked what only it may know."""
        if address.authorization:
            self._login = _origin(address), address.authorization
        headers = {}
        if self._login and self._login[0] == _origin(address):
            headers["Authorization"] = self._login[1]
        told = cookie_header(self._cookies, address) if self._cookies else ""
        if told:
            headers["Cookie"] = told
        return headers

    def store_cookies(self, address: urls.Address, set_cookies: Iterable[str]) -> None:
        """Keep what who has been asked wants to be told again, as long as this request lasts."""
        if set_cookies:
            before, self._cookies = (
                self._cookies,
                updated_cookies(self._cookies, set_cookies, address),
            )
            if self._cookies != before:
                self._seen = ()  # whoever is told something new may answer something else

    def follow_redirect(
        self, base: urls.Address, location: str, set_cookies: Iterable[str] = ()
    ) -> urls.Address:
        """Follow a redirect, and return the address that it leads to.

        Parameters
        ----------
        base : urls.Address
            Who redirects.
        location, set_cookies : str, iterable of str
            What its headers `Location` and `Set-Cookie` say.

        Raises
        ------
        Failed
            If that is not to be asked: as `address`, or REDIRECTS if it was asked before, and no
            cookie has been set since, or if there have been too many.
        """
        self._redirects += 1
        self._seen = (*self._seen, _mark(base))
        self.store_cookies(base, set_cookies)
        self.url = urls.join(base.url, location)
        address = self.address()
        if self._redirects > MOST_REDIRECTS:
            raise Failed(Outcome.REDIRECTS, f"more than {MOST_REDIRECTS}, last to {address.url}")
        if _mark(address) in self._seen:
            raise Failed(Outcome.REDIRECTS, f"in a circle: {address.url}")
        return address


def _origin(address: urls.Address) -> str:
    """Return whom a user and a password are for (RFC 6454)."""
    return f"{address.scheme}://{address.endpoint}"


def _mark(address: urls.Address) -> bytes:
    """Return what tells a URL from others, in little room."""
    return blake2b(address.url.encode(), digest_size=8).digest()
