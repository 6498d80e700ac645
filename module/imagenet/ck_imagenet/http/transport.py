"""`requests` over our own connections, directly or through a proxy, without what nobody needs."""

from __future__ import annotations

import ssl
import threading
from functools import lru_cache
from http.client import HTTPException
from typing import Any, Callable
from urllib.request import getproxies

import requests
from requests.adapters import HTTPAdapter
from requests.structures import CaseInsensitiveDict
from requests.utils import select_proxy, should_bypass_proxies
from urllib3 import HTTPResponse
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import LocationParseError
from urllib3.util import parse_url

from ..core import urls
from ..core.errors import BadInput
from ..core.outcomes import Failed, Outcome
from ..core.text import printable
from . import tls
from .connections import Connector, current
from .headers import FramedResponse

_KEPT_HOSTS = 100

Connect = Callable[[str, int], Any]


class _Sent(threading.local):
    """What this thread's request names in its first line."""

    target: str


_sent = _Sent()


class Request(requests.PreparedRequest):
    """A request that is ready as it is: a session would prepare, merge and log each.

    Parameters
    ----------
    address : Address
        What is asked.
    headers : CaseInsensitiveDict
        What is said with it.
    proxy : str
        The address of a proxy, nothing to ask directly.
    """

    def __init__(
        self, address: urls.Address, headers: CaseInsensitiveDict[str], proxy: str
    ) -> None:
        self.method = "GET"
        self.url = address.url
        self.headers = headers
        self.body = None
        self.address = address
        self.proxy = proxy


class Stale(Exception):
    """A kept connection that gives no answer any more, or the rest of one: no fault of the URL."""


class Adapter(HTTPAdapter):
    """Sends a `Request` through a Connector.

    Parameters
    ----------
    connector : Connector
        What its connections share.
    per_host : int
        How many of them are kept for each host.
    """

    def __init__(self, connector: Connector, per_host: int) -> None:
        self._connector = connector
        # urllib3's own search for a host's pool takes as long as half of all else.
        self._pool = lru_cache(maxsize=_KEPT_HOSTS)(self._make_pool)
        super().__init__(pool_connections=_KEPT_HOSTS, pool_maxsize=per_host)

    def ask(self, request: Request) -> HTTPResponse:
        """Return the answer as urllib3 gives it, its body unread."""
        _sent.target = self.request_url(request)
        answer: Any = self.send(request, stream=True)
        return answer  # type: ignore[no-any-return]

    def close(self) -> None:
        """Forget all pools; who still reads from a connection may do so."""
        self._pool.cache_clear()
        super().close()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of direct connections; `requests` calls this."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pool_classes(self._connector, _DirectConnection)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Return what makes the pools of connections through a proxy."""
        made = proxy not in self.proxy_manager
        manager = super().proxy_manager_for(proxy, **kwargs)
        if made:
            manager.pool_classes_by_scheme = _pool_classes(self._connector, _ProxiedConnection)
        return manager

    def get_connection_with_tls_context(self, request: Any, *_: Any, **__: Any) -> Any:
        """Return the pool of a request's host; `requests` calls this."""
        address = request.address
        return self._pool(address.scheme, address.host, address.port, request.proxy)

    def request_url(self, request: Any, *_: Any) -> str:
        """Return what a request's first line names; `requests` calls this."""
        address = request.address
        if request.proxy and address.scheme == "http":
            return str(address.url)
        return str(address.target)

    def cert_verify(self, *_: Any) -> None:
        """Leave the certificates to the context, which loads them once and not per connection."""

    def build_response(self, _: Any, response: Any) -> Any:
        """Leave the answer as it is: nobody asks for its cookies or its encoding."""
        return response

    def _make_pool(self, scheme: str, host: str, port: int, proxy: str) -> HTTPConnectionPool:
        manager = self.proxy_manager_for(proxy) if proxy else self.poolmanager
        pool: HTTPConnectionPool = manager.connection_from_host(host, port, scheme)
        return pool


class _ReusableConnection(HTTPConnection):
    """Tells a host that hangs up on a new connection from one that no longer keeps an old one.

    So too where something else than an answer comes: what the host said after the announced end
    of the one before.
    """

    response_class = FramedResponse
    connector: Connector
    _answers = 0

    def putrequest(self, method: str, url: str, *args: Any, **kwargs: Any) -> None:
        """Name what is asked as browsers do: urllib3 has escaped more of `url`, or some twice."""
        super().putrequest(method, _sent.target, *args, **kwargs)

    def getresponse(self) -> Any:
        current().expect()
        try:
            response = super().getresponse()
        except (ConnectionError, HTTPException) as error:
            if self._answers:
                raise Stale from error
            raise
        current().expect_body()
        self._answers += 1
        return response


class _DirectConnection(_ReusableConnection):
    def _new_conn(self) -> Any:
        self._answers = 0
        return self.connector.connect(self.host, self.port)


class _ProxiedConnection(_ReusableConnection):
    """Is led to hosts by a proxy, whose own failures are never those of a URL."""

    def _new_conn(self) -> Any:
        self._answers = 0
        return self.connector.connect_to_proxy(self.host, self.port)

    def _tunnel(self) -> None:
        current().expect()
        try:
            super()._tunnel()
        except (OSError, HTTPException) as error:
            raise self._refused(error) from None
        self.connector.reached = True

    def getresponse(self) -> Any:
        try:
            response = super().getresponse()
        except ConnectionError:
            raise
        except HTTPException as error:  # a proxy writes an answer's first line by itself
            raise (error if self._tunnel_host else self._refused(error)) from None
        if self._tunnel_host is None:
            if response.status == 407:
                raise self._refused(f"407 {response.reason}")
            self.connector.reached |= response.status not in (502, 503, 504)
        return response

    def _refused(self, why: object) -> Failed:
        return Failed(Outcome.REFUSED, f"the proxy {self.host}:{self.port}: {printable(str(why))}")


def _pool_classes(
    connector: Connector, way: type[_ReusableConnection]
) -> dict[str, type[HTTPConnectionPool]]:
    @lru_cache(maxsize=1)  # loading the certificates takes as long as some fetches
    def tls_context() -> ssl.SSLContext:
        return connector.tls_context(tls.authorities())

    class Plain(way):  # type: ignore[valid-type, misc]
        pass

    class Secure(way, HTTPSConnection):  # type: ignore[valid-type, misc]
        pass

    Plain.connector = Secure.connector = connector

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **{**kwargs, "ssl_context": tls_context()})

    return {"http": PlainPool, "https": SecurePool}


# Which proxy the environment names for an address.

_MOST_HOSTS = 10_000


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
