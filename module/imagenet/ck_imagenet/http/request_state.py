"""One URL on its way: through redirects, from host to host."""

from __future__ import annotations

from hashlib import blake2b
from typing import Iterable

from ..core import urls
from ..core.outcomes import Failed, Outcome
from ..images.placeholders import is_placeholder_address
from . import cookies

MOST_REDIRECTS = 20
"""As many as browsers follow (WHATWG's Fetch standard, "HTTP-redirect fetch")."""


class Journey:
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
        self._cookies: cookies.Cookies = ()
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

    def told(self, address: urls.Address) -> dict[str, str]:
        """Return the headers that tell who is asked what only it may know."""
        if address.authorization:
            self._login = _origin(address), address.authorization
        headers = {}
        if self._login and self._login[0] == _origin(address):
            headers["Authorization"] = self._login[1]
        told = cookies.header(self._cookies, address) if self._cookies else ""
        if told:
            headers["Cookie"] = told
        return headers

    def hear(self, address: urls.Address, set_cookies: Iterable[str]) -> None:
        """Keep what who has been asked wants to be told again, as long as this journey lasts."""
        if set_cookies:
            before, self._cookies = (
                self._cookies,
                cookies.after(self._cookies, set_cookies, address),
            )
            if self._cookies != before:
                self._seen = ()  # whoever is told something new may answer something else

    def go_on(
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
        self.hear(base, set_cookies)
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
