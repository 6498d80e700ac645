"""One URL on its way: through redirects, from host to host."""

from __future__ import annotations

from ..outcomes import Failed, Outcome
from ..pictures.placeholders import is_placeholder_address
from . import urls

MOST_REDIRECTS = 6


class Journey:
    """Where a URL is to be asked next, where it has been, and how long that took.

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

    __slots__ = ("_seen", "spent", "url")

    def __init__(self, url: str) -> None:
        self.url = url
        self.spent = 0.0
        self._seen: tuple[str, ...] = ()

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

    def go_on(self, base: urls.Address, location: str) -> urls.Address:
        """Follow a redirect, and return the address that it leads to.

        Raises
        ------
        Failed
            If that is not to be asked: as `address`, or REDIRECTS if it was asked before, or if
            there have been too many.
        """
        self._seen = (*self._seen, base.url)
        self.url = urls.join(base.url, location)
        address = self.address()
        if len(self._seen) > MOST_REDIRECTS:
            raise Failed(Outcome.REDIRECTS, f"more than {MOST_REDIRECTS}, last to {address.url}")
        if address.url in self._seen:
            raise Failed(Outcome.REDIRECTS, f"in a circle: {address.url}")
        return address
