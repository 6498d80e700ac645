"""`requests` over our own connections, direct or through a proxy, and what its exceptions mean."""

from __future__ import annotations

import errno
import socket
import ssl
from functools import lru_cache
from http.client import HTTPException, IncompleteRead
from typing import Any, Callable, Iterator
from urllib.request import getproxies

from requests import PreparedRequest, RequestException
from requests.adapters import HTTPAdapter
from requests.exceptions import InvalidHeader
from requests.utils import select_proxy, should_bypass_proxies
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import HTTPError, LocationParseError
from urllib3.util import parse_url

from ..core import urls
from ..core.errors import BadInput
from ..core.outcomes import Failed, Outcome
from ..core.text import printable
from . import tls
from .connections import Connector, current
from .headers import FramedResponse

_MOST_POOLS = 100

Connect = Callable[[str, int], Any]


class Request(PreparedRequest):
    """A request that needs no session, which would prepare, merge and log each.

    Parameters
    ----------
    address : Address
        What is asked.
    headers : dict of str to str
        Its headers, without Host.
    proxy : str
        The URL of a proxy, an empty text to ask directly.
    """

    def __init__(self, address: urls.Address, headers: dict[str, str], proxy: str) -> None:
        self.method = "GET"
        self.url = address.url
        self.headers = {"Host": address.authority, **headers}  # type: ignore[assignment]
        self.body = None
        self.address = address
        self.proxy = proxy


class Stale(Exception):
    """A reused connection gives no answer, or the rest of the one before: no fault of the URL."""


class Response(FramedResponse):
    """An answer, and the connection over which it comes until all of it has been read.

    Attributes
    ----------
    connection : _ReusableConnection or None
        None when it has gone back to its pool.
    """

    connection: _ReusableConnection | None = None
    pool: _Pool

    def read(self, amt: int | None = None) -> bytes:
        """Return the next bytes of the body, and give the connection back after the last."""
        try:
            data = super().read(amt)
        except BaseException:
            self.close()
            raise
        if self.isclosed() and self.connection:
            self.pool._put_conn(self.connection)  # type: ignore[arg-type]
            self.connection = None
        return data

    def close(self) -> None:
        """Close the connection too, unless it has gone back."""
        super().close()
        if self.connection:
            self.connection.close()


class Adapter(HTTPAdapter):
    """Sends requests over the connections of a connector.

    Parameters
    ----------
    connector : Connector
        What its connections share.
    per_host : int
        The most connections that are kept open for each host.
    """

    def __init__(self, connector: Connector, per_host: int) -> None:
        self._connector = connector
        # urllib3's own search for a host's pool takes as long as half of all else.
        self._pool = lru_cache(maxsize=_MOST_POOLS)(self._make_pool)
        super().__init__(pool_connections=_MOST_POOLS, pool_maxsize=per_host)

    def ask(self, request: Request) -> Response:
        """Return the answer, its body unread."""
        answer: Any = self.send(request, stream=True)
        return answer  # type: ignore[no-any-return]

    def close(self) -> None:
        """Drop all pools; connections that are being read are not closed."""
        self._pool.cache_clear()
        super().close()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of direct connections; `requests` calls this."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pool_classes(self._connector, _DirectConnection)

    def proxy_manager_for(self, proxy: str, **kwargs: Any) -> Any:
        """Return the manager of the pools of connections through a proxy."""
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
        """Return the target in a request's first line; `requests` calls this."""
        address = request.address
        if request.proxy and address.scheme == "http":
            return str(address.url)
        return str(address.target)

    def cert_verify(self, *_: Any) -> None:
        """Do nothing: the context loads certificates, once and not for each connection."""

    def build_response(self, _: Any, response: Any) -> Any:
        """Return the answer as it comes: nobody needs its cookies or its encoding."""
        return response

    def _make_pool(self, scheme: str, host: str, port: int, proxy: str) -> HTTPConnectionPool:
        manager = self.proxy_manager_for(proxy) if proxy else self.poolmanager
        pool: HTTPConnectionPool = manager.connection_from_host(host, port, scheme)
        return pool


class _Pool(HTTPConnectionPool):
    """The connections to one host.

    What urllib3's own `urlopen` and the methods below it do for a request takes several times as
    long: it spells the target anew, copies, checks and writes each header by itself, makes an
    object for each of its rules of time-outs and retries, and another answer around the answer.
    """

    def urlopen(self, method: str, url: str, **told: Any) -> Response:  # type: ignore[override]
        """Return the answer to a request, its body unread; `requests` calls this."""
        headers = told["headers"]
        connection: Any = self._get_conn()
        try:
            if self.proxy and self.scheme == "http":
                headers = {**headers, **self.proxy_headers}
            elif self.proxy and connection.is_closed:
                self._prepare_proxy(connection)
            connection.request(method, url, headers=headers)
            response: Response = connection.getresponse()
        except BaseException:
            connection.close()
            raise
        response.pool, response.connection = self, connection
        return response


class _ReusableConnection(HTTPConnection):
    """A connection that is Stale if it was used before, and gives no answer now.

    Only a new connection tells that a host hangs up. On a used one, the host may have closed it, or
    sent more than the announced length of the answer before.
    """

    connector: Connector
    response_class = Response
    _answers = 0

    def request(self, method: str, url: str, *_: Any, **told: Any) -> None:
        """Send a request in one piece, with the target as it is given."""
        lines = [f"{method} {url} HTTP/1.1", *map(": ".join, told["headers"].items()), "\r\n"]
        head = "\r\n".join(lines)
        if head.count("\n") != len(lines) or head.count("\r") != len(lines):
            raise InvalidHeader("a header of several lines")
        try:
            self.send(head.encode("latin-1"))
        except (BrokenPipeError, ConnectionResetError):
            pass  # it may have answered all the same, before it hung up
        except OSError as error:
            if error.errno != errno.EPROTOTYPE:  # which macOS says for the same
                raise

    def getresponse(self) -> Response:  # type: ignore[override]
        """Return the answer, its body unread."""
        budget = current()
        budget.expect()
        response = Response(self.sock, method="GET")
        try:
            response.begin()
        except BaseException as error:
            response.close()
            if self._answers and isinstance(error, (ConnectionError, HTTPException)):
                raise Stale from error
            raise
        if response.will_close:
            self.close()  # the answer holds the socket as long as it is read
        budget.expect_body()
        self._answers += 1
        return response


class _DirectConnection(_ReusableConnection):
    def _new_conn(self) -> Any:
        self._answers = 0
        return self.connector.connect(self.host, self.port)


class _ProxiedConnection(_ReusableConnection):
    """A connection through a proxy, whose own failures are never the fault of a URL."""

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

    def getresponse(self) -> Response:  # type: ignore[override]
        """Return the answer, unless the proxy gives it itself."""
        try:
            response = super().getresponse()
        except ConnectionError:
            raise
        except HTTPException as error:  # without a tunnel, the proxy writes the first line
            raise (error if self._tunnel_host else self._refused(error)) from None
        if self._tunnel_host is None:
            if response.status == 407:
                response.close()
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

    class PlainPool(_Pool):
        ConnectionCls = Plain

    class SecurePool(_Pool, HTTPSConnectionPool):
        ConnectionCls = Secure

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **{**kwargs, "ssl_context": tls_context()})

    return {"http": PlainPool, "https": SecurePool}


# What the exceptions of the layers below mean.

# RemoteDisconnected is a BadStatusLine too: the order matters.
_MEANINGS = (
    ((socket.timeout, TimeoutError), Outcome.SILENT),
    ((ConnectionResetError, BrokenPipeError, IncompleteRead), Outcome.CUT_SHORT),
    ((ssl.SSLError,), Outcome.CUT_SHORT),  # after the handshake
    ((HTTPException, InvalidHeader), Outcome.NOT_HTTP),
)


_OF_LAYERS_BELOW = (RequestException, HTTPError, HTTPException, OSError, ValueError)


class AsFailed:
    """Turns exceptions of the layers below into `Failed`; unknown ones mean `otherwise`."""

    def __init__(self, otherwise: Outcome) -> None:
        self._otherwise = otherwise

    def __enter__(self) -> None:
        pass

    def __exit__(self, kind: object, error: BaseException | None, _: object) -> None:
        if isinstance(error, _OF_LAYERS_BELOW):
            raise _meaning(error, self._otherwise) from None


def _meaning(error: BaseException, otherwise: Outcome) -> Failed:
    """Return the failure that a chain of wrapped exceptions means."""
    causes = list(_chain(error))
    for cause in causes:
        if isinstance(cause, Failed):
            return cause
        if isinstance(cause, ssl.SSLError) and cause.reason in tls.LATE:
            return tls.handshake_failure(cause)
    outcome = otherwise
    for kinds, meant in _MEANINGS:
        if any(isinstance(cause, kinds) for cause in causes):
            outcome = meant
            break
    return Failed(outcome, printable(str(causes[-1])) or type(causes[-1]).__name__)


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an exception, and all that it wraps as cause, context, argument or reason."""
    pending, seen = [error], set()
    while pending:
        error = pending.pop(0)
        if isinstance(error, BaseException) and id(error) not in seen:
            seen.add(id(error))
            yield error
            pending += [error.__cause__, error.__context__, getattr(error, "reason", None)]
            pending += [item for item in error.args if isinstance(item, BaseException)]


# Proxies of the environment.

_MOST_HOSTS = 10_000


class Proxies:
    """The proxies of http_proxy, https_proxy, all_proxy and no_proxy, as `requests` reads them.

    The environment is read once. Each proxy is checked when it is first needed: a bad one that
    nobody uses does not matter.
    """

    def __init__(self) -> None:
        named = {name: proxy.strip() for name, proxy in getproxies().items() if _is_for_web(name)}
        self._proxies = {name: proxy for name, proxy in named.items() if proxy}
        self._of_host = lru_cache(maxsize=_MOST_HOSTS)(self._choose)

    def proxy_for(self, address: urls.Address) -> str:
        """Return the URL of the proxy for an address, an empty text to ask directly.

        Raises
        ------
        BadInput
            If it is not an HTTP proxy.
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


def _is_for_web(name: str) -> bool:
    """Say whether a variable is for URLs of the web: there are ftp_proxy and others too."""
    return name.partition("://")[0] in ("http", "https", "all")


def _checked(name: str, proxy: str) -> str:
    """Return the URL of a proxy; raise BadInput if it cannot be used."""
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
