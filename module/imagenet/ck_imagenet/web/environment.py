"""What the environment says of the way to the network: proxies, and whose certificates count."""

from __future__ import annotations

import os
from functools import lru_cache
from urllib.request import getproxies

import certifi
from requests.utils import select_proxy, should_bypass_proxies

from ..errors import BadInput
from ..outcomes import Failed
from . import urls

_AUTHORITIES = ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE")
_MOST_HOSTS = 10_000


def authorities() -> str:
    """Return the file or folder with the certificates of those who are believed."""
    named = filter(None, map(os.environ.get, _AUTHORITIES))
    return next(named, None) or certifi.where()


class Proxies:
    """The proxies of http_proxy, https_proxy, all_proxy and no_proxy, as `requests` reads them.

    The environment is read once.

    Raises
    ------
    BadInput
        If one of them is no HTTP proxy.
    """

    def __init__(self) -> None:
        named = getproxies()
        self._proxies = {
            scheme: _checked(scheme, proxy) for scheme, proxy in named.items() if _serves(scheme)
        }
        self._of_host = lru_cache(maxsize=_MOST_HOSTS)(self._choose)

    def proxy_for(self, address: urls.Address) -> str:
        """Return the proxy through which to ask, nothing to ask directly."""
        if not self._proxies:
            return ""
        return self._of_host(address.scheme, address.endpoint)

    def _choose(self, scheme: str, endpoint: str) -> str:
        url = f"{scheme}://{endpoint}/"
        if should_bypass_proxies(url, no_proxy=None):
            return ""
        return select_proxy(url, self._proxies) or ""


def _serves(scheme: str) -> bool:
    """Say whether a proxy of this name is one for URLs: there are ftp_proxy and others too."""
    return scheme.partition("://")[0] in ("http", "https", "all")


def _checked(scheme: str, proxy: str) -> str:
    """Return the address of a proxy that can be used."""
    address = proxy if "://" in proxy else f"http://{proxy}"
    try:
        usable = urls.parse(address).scheme == "http"
    except Failed:
        usable = False
    if not usable:
        raise BadInput(
            f'the proxy "{proxy.rpartition("@")[2]}" of {scheme}_proxy cannot be used: '
            "it must be an HTTP proxy, http://HOST:PORT"
        )
    return address
