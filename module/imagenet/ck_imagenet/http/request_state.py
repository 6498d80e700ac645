"""The state of one request: where it has been redirected, and which cookies and credentials it has.

The cookies that the hosts of one request set are sent to them, and to nobody else. This follows
RFC 6265, and RFC 6265bis where browsers differ. No cookie expires by itself: a request is shorter
than any time that a host means.
"""

from __future__ import annotations

import os
import re
from contextlib import suppress
from datetime import datetime, timezone
from hashlib import blake2b
from typing import Iterable, Iterator, Mapping, NamedTuple, Tuple

from ..core import urls
from ..core.errors import BadInput
from ..core.outcomes import Failed, Outcome
from ..images.judging import is_placeholder_address
from . import headers

MOST_COOKIES = 50
"""Cookies of one request: as many as a browser must keep for one domain (RFC 6265, 6.1)."""

MOST_COOKIE_CHARACTERS = 8192
"""Characters of all cookies: servers read no longer headers."""

_LONGEST = 4096
_LONGEST_ATTRIBUTE = 1024
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
_BLANKS = " \t"
_TOKEN = re.compile(r"[\x21-\x7e]+")
_MAX_AGE = re.compile("-?[0-9]+")


class Cookie(NamedTuple):
    """A cookie that a host has set."""

    name: str
    value: str
    domain: str
    """The host that has set it, or a domain above that host."""
    is_hosts_own: bool
    """Whether it is sent to `domain` alone, and not to the hosts below."""
    path: str
    is_secure: bool
    """Whether it is sent over TLS only."""

    @property
    def identity(self) -> tuple[str, str, bool, str]:
        """What a new cookie has in common with the one that it replaces."""
        return self.name, self.domain, self.is_hosts_own, self.path

    def is_for(self, address: urls.Address) -> bool:
        """Say whether to send it with a request for an address."""
        host, path = address.host, _path(address)
        below = not self.is_hosts_own and _is_below(host, self.domain)
        inside = path.startswith(self.path) and (
            self.path.endswith("/") or path[len(self.path) :][:1] in ("", "/")
        )
        secure = address.scheme == "https" or not self.is_secure
        return (host == self.domain or below) and inside and secure


Cookies = Tuple[Cookie, ...]
"""All cookies of a request, the oldest first."""


def updated_cookies(cookies: Cookies, lines: Iterable[str], address: urls.Address) -> Cookies:
    """Return the cookies after a host has answered.

    Parameters
    ----------
    cookies : tuple of Cookie
        The cookies before.
    lines : iterable of str
        The values of its headers Set-Cookie.
    address : urls.Address
        What was asked.
    """
    found = {cookie.identity: cookie for cookie in cookies}
    for cookie, is_over in filter(None, (_parse_cookie(line, address) for line in lines)):
        if is_over or found.get(cookie.identity) != cookie:
            found.pop(cookie.identity, None)
        if not is_over:
            found[cookie.identity] = cookie  # at the end, if it says something new
    left = list(found.values())
    while len(left) > MOST_COOKIES or sum(map(_size, left)) > MOST_COOKIE_CHARACTERS:
        del left[0]
    return tuple(left)


def cookie_header(cookies: Cookies, address: urls.Address) -> str:
    """Return the value of the header Cookie, an empty text if there is none to send.

    Parameters
    ----------
    cookies : tuple of Cookie
        All cookies of the request.
    address : urls.Address
        What is asked.
    """
    told = sorted(
        (each for each in cookies if each.is_for(address)), key=lambda each: -len(each.path)
    )
    return "; ".join(f"{each.name}={each.value}" if each.name else each.value for each in told)


def _parse_cookie(line: str, address: urls.Address) -> tuple[Cookie, bool] | None:
    """Return the cookie of a line, and whether the line deletes it; None if it is no cookie."""
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
    """Yield the attributes of a cookie by name; of repeated ones the last counts."""
    for part in parts:
        name, _, value = (each.strip(_BLANKS) for each in part.partition("="))
        if len(value) <= _LONGEST_ATTRIBUTE:
            yield name.lower(), value


def _whose(domain: str, host: str) -> tuple[str, bool] | None:
    """Return the domain of a cookie, and whether it is for that host alone; None if not allowed."""
    domain = domain[domain.startswith(".") :]
    if not domain:
        return host, True
    try:
        domain = urls.ascii_host(domain)
    except ValueError:
        return None
    if domain == host:  # hosts below an address or a public suffix get no cookie of it
        return host, not urls.registrable_domain(host)
    return (domain, False) if _is_below(host, domain) and urls.registrable_domain(domain) else None


def _is_over(said: Mapping[str, str]) -> bool:
    """Say whether a cookie has expired when it comes: so hosts delete it."""
    seconds = _MAX_AGE.fullmatch(said.get("max-age", ""))
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


MOST_REDIRECTS = 20
"""As many as browsers follow (WHATWG's Fetch standard, "HTTP-redirect fetch")."""


# Tokens: what a user may show to one host, who says by them who he is.

HUB = "huggingface.co"
_HUBS_VARIABLE = "HF_TOKEN"
"""The variable in which tools of the Hugging Face Hub have its token."""


def tokens(said: str) -> dict[str, str]:
    """Return what is sent to hosts in the header Authorization, by origin: over TLS alone.

    The token itself stands in the environment: what is typed is seen by everybody on the machine.

    Parameters
    ----------
    said : str
        `HOST:VARIABLE` or `HOST:PORT:VARIABLE`, with commas between.

    Raises
    ------
    BadInput
        If a host or a variable is none; what was given for the variable may be a token, and is
        never told.
    """
    found = {}
    own = os.environ.get(_HUBS_VARIABLE, "").strip()
    if _TOKEN.fullmatch(own):
        found[f"https://{HUB}:443"] = f"Bearer {own}"
    for each in filter(None, (part.strip() for part in said.split(","))):
        host, _, variable = each.rpartition(":")
        endpoint = urls.endpoint(f"https://{host}/") if host and "/" not in host else ""
        if not endpoint or "@" in host:
            raise BadInput(
                "--token takes HOST:VARIABLE: the host, and the environment variable that holds "
                "its token"
            )
        token = os.environ.get(variable, "").strip() if variable else ""
        if not _TOKEN.fullmatch(token):
            shown = host if "." in host else "HOST"  # else it may be the token itself
            raise BadInput(
                f"--token={shown}:… does not name an environment variable that holds a token. Put "
                f"the token into one, such as MY_TOKEN, and write --token={shown}:MY_TOKEN"
            )
        found[f"https://{endpoint}"] = f"Bearer {token}"
    return found


class RequestState:
    """Which URL is asked next, which ones were, with which cookies, and how long that took.

    Many wait at once, and they are sent between processes. So they hold as little as possible.

    Parameters
    ----------
    url : str
        As a list holds it.

    Attributes
    ----------
    url : str
        What is asked next.
    spent : float
        Seconds that the request has taken; waiting for a turn does not count.
    """

    __slots__ = ("_cookies", "_login", "_redirects", "_seen", "spent", "url")

    def __init__(self, url: str) -> None:
        self.url = url
        self.spent = 0.0
        self._cookies: Cookies = ()
        self._login: tuple[str, str] | None = None
        self._redirects = 0
        self._seen: tuple[bytes, ...] = ()

    def authorize(self, authorizations: Mapping[str, str]) -> bool:
        """Have the host of the URL told who asks: it alone, wherever it redirects; say if it is.

        Parameters
        ----------
        authorizations : mapping of str to str
            What `tokens` returns.
        """
        with suppress(Failed):
            origin = _origin(urls.parse(self.url))
            if origin in authorizations:
                self._login = origin, authorizations[origin]
        return self._login is not None

    def without_login(self, text: str) -> str:
        """Return a text, as of a host, without the token that this one may have repeated."""
        token = self._login[1].rpartition(" ")[2] if self._login else ""
        return text.replace(token, "…") if token else text

    @property
    def endpoint(self) -> str:
        """Host and port of what is asked next, an empty text if it cannot be asked."""
        return urls.endpoint(self.url)

    def address(self) -> urls.Address:
        """Return the address of what is asked next.

        Raises
        ------
        Failed
            BAD_URL or PLACEHOLDER if it is not asked.
        """
        address = urls.parse(self.url)
        if is_placeholder_address(address.url):
            raise Failed(Outcome.PLACEHOLDER, address.url)
        return address

    def headers_for(self, address: urls.Address) -> dict[str, str]:
        """Return the headers that only this host may get: credentials and cookies."""
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
        """Keep the cookies that an answer sets, as long as this request lasts.

        Parameters
        ----------
        address : urls.Address
            What was asked.
        set_cookies : iterable of str
            The values of its headers Set-Cookie.
        """
        if set_cookies:
            before, self._cookies = (
                self._cookies,
                updated_cookies(self._cookies, set_cookies, address),
            )
            if self._cookies != before:
                self._seen = ()  # with new cookies, a URL may answer something else

    def follow_redirect(
        self, base: urls.Address, location: str, set_cookies: Iterable[str] = ()
    ) -> urls.Address:
        """Follow a redirect, and return the address that it leads to.

        Parameters
        ----------
        base : urls.Address
            What was asked, and redirects.
        location : str
            The value of its header Location.
        set_cookies : iterable of str, optional
            The values of its headers Set-Cookie.

        Raises
        ------
        Failed
            As `address` does; or REDIRECTS after too many, or in a circle: to a URL that was asked
            with the same cookies.
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
    """Return the origin that credentials are for (RFC 6454)."""
    return f"{address.scheme}://{address.endpoint}"


def _mark(address: urls.Address) -> bytes:
    """Return a short hash of a URL."""
    return blake2b(address.url.encode(), digest_size=8).digest()
