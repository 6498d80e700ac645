"""What the environment says of the way to the network: proxies, and whose certificates count."""

from __future__ import annotations

import os
from functools import lru_cache
from urllib.request import getproxies

import certifi
from requests.utils import select_proxy, should_bypass_proxies
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from ..core import urls
from ..core.errors import BadInput

_AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
_MOST_HOSTS = 10_000


def authorities() -> str:
    """Return the file or folder with the certificates of those who are believed."""
    named = filter(None, map(os.environ.get, _AUTHORITIES))
    return next(named, None) or certifi.where()


class Proxies:
    """The proxies of http_proxy, https_proxy, all_proxy and no_proxy, as `requests` reads them.

    The environment is read once. Each is judged when something is to be asked through it: one that
    nobody uses is no matter.
    """

    def __init__(self) -> None:
        named = {name: proxy.strip() for name, proxy in getproxies().items() if _serves(name)}
        self._proxies = {name: proxy for name, proxy in named.items() if proxy}
        self._of_host = lru_cache(maxsize=_MOST_HOSTS)(self._choose)

    def proxy_for(self, address: urls.Address) -> str:
        """Return the proxy through which to ask, nothing to ask directly.

        Raises
        ------
        BadInput
            If it is no HTTP proxy.
        """
        if not self._proxies:
            return ""
        return self._of_host(address.scheme, address.endpoint)

    def _choose(self, scheme: str, endpoint: str) -> str:
        url = f"{scheme}://{endpoint}/"
        proxy = select_proxy(url, self._proxies)
        if not proxy or should_bypass_proxies(url, no_proxy=None):
            return ""
        name = next(name for name, value in self._proxies.items() if value == proxy)
        return _checked(name, proxy)


def _serves(name: str) -> bool:
    """Say whether a proxy of this name is one for URLs: there are ftp_proxy and others too."""
    return name.partition("://")[0] in ("http", "https", "all")


def _checked(name: str, proxy: str) -> str:
    """Return the address of a proxy that can be used."""
    address = proxy if "://" in proxy else f"http://{proxy}"
    try:
        parsed = parse_url(address)
        usable = parsed.scheme == "http" and parsed.host
    except LocationParseError:
        usable = False
    if not usable:
        raise BadInput(
            f'the proxy "{proxy.rpartition("@")[2]}" of {name}_proxy cannot be used: '
            "it must be an HTTP proxy, http://HOST:PORT"
        )
    return address
