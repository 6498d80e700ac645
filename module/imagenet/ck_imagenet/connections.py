"""Connections that keep a deadline and go only where they may, under `requests`.

What `requests` cannot do by itself: bound the whole of a request however slowly a peer drips,
check the very address that is connected to, and be ended from another thread.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from contextlib import suppress
from functools import lru_cache
from typing import Any, NamedTuple
from weakref import WeakSet

import certifi
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

from .addresses import Guard
from .hosts import PER_HOST
from .outcomes import Failed, Outcome
from .resolve import Resolver

_KEPT_HOSTS = 100


class Limits(NamedTuple):
    """How long a peer may take, in seconds."""

    connect: float = 10.0
    """To resolve a name and connect to it."""
    silence: float = 10.0
    """Between a request and the answer's first byte, and between two parts of it."""
    whole: float = 20.0
    """For the whole of one URL, redirects included."""

    @classmethod
    def within(cls, whole: float) -> Limits:
        """Return the limits where one URL may take so long: ten seconds, or half of it, a step."""
        return cls(connect=max(10.0, whole / 2), silence=max(10.0, whole / 2), whole=whole)


class Budget:
    """The time that one URL has left."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self._end = time.monotonic() + limits.whole

    def left(self, longest: float) -> float:
        """Return the seconds to wait for the next step, at most `longest`.

        Raises
        ------
        TimeoutError
            If nothing is left.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise socket.timeout(f"not done within {self.limits.whole:g} s")
        return min(left, longest)


class _Current(threading.local):
    """What this thread is fetching."""

    budget: Budget


_current = _Current()


def spend(budget: Budget) -> None:
    """Let what this thread sends and receives from now on count against `budget`."""
    _current.budget = budget


class _Bounded:
    """Waits no longer for bytes than the current budget allows."""

    network: Network

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        budget = _current.budget
        self.settimeout(budget.left(budget.limits.silence))  # type: ignore[attr-defined]
        received: int = super().recv_into(*args, **kwargs)  # type: ignore[misc]
        if not received:
            self.network.check_running()  # or what we ended would look as if the peer had
        return received


class _Socket(_Bounded, socket.socket):
    pass


class Network:
    """What all connections share: names, permission, and the list of what is open.

    Parameters
    ----------
    resolver : Resolver
        Knows the addresses of hosts.
    guard : Guard
        Knows which of them may be asked.
    """

    def __init__(self, resolver: Resolver, guard: Guard) -> None:
        self._resolver = resolver
        self._guard = guard
        self._open: WeakSet[socket.socket] = WeakSet()
        self._lock = threading.Lock()
        self._ended = False
        self.reached = False
        """Whether any host could be connected to: if so, there is a network."""

    def connect(self, host: str, port: int) -> socket.socket:
        """Return a socket that is connected to `host`, at an address that may be asked.

        What cannot be connected to is Failed and no OSError: urllib3 ignores some of those, and
        then goes on without a socket.
        """
        budget = _current.budget
        addresses = self._resolver.resolve(host, budget.left(budget.limits.connect))
        for address in addresses:
            self._guard.check(host, port, address)
        failure = Failed(Outcome.NO_SUCH_HOST, f"{host} has no address")
        for address in addresses:
            try:
                opened = self._connect_to(address, port, budget)
            except OSError as error:
                late = isinstance(error, (socket.timeout, TimeoutError))
                failure = Failed(Outcome.SILENT if late else Outcome.REFUSED, str(error))
            else:
                self.reached = True
                return opened
        raise failure

    def remember(self, opened: socket.socket) -> None:
        """Have `shut_down` end this socket too; raise OSError if that has been called."""
        with self._lock:
            self.check_running()
            self._open.add(opened)

    def check_running(self) -> None:
        """Raise OSError if `shut_down` has been called."""
        if self._ended:
            raise ConnectionAbortedError("the fetcher has been closed")

    def shut_down(self) -> None:
        """End what every open socket sends and receives, whichever thread waits for it."""
        with self._lock:
            self._ended = True
            self._resolver.close()
            for opened in self._open:
                with suppress(OSError):  # its peer may have closed it
                    opened.shutdown(socket.SHUT_RDWR)

    def _connect_to(self, address: str, port: int, budget: Budget) -> socket.socket:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        opened = _Socket(family, socket.SOCK_STREAM)
        opened.network = self
        try:
            self.remember(opened)
            opened.settimeout(budget.left(budget.limits.connect))
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.connect((address, port))
            opened.settimeout(budget.left(budget.limits.connect))  # for a TLS handshake
        except BaseException:
            opened.close()
            raise
        return opened


class Stale(Exception):
    """A kept connection that its host closed before it was asked again: no fault of the URL."""


class _Kept(HTTPConnection):
    """Tells a host that hangs up on a new connection from one that no longer keeps an old one."""

    network: Network
    _answers = 0

    def _new_conn(self) -> socket.socket:
        self._answers = 0
        return self.network.connect(self.host, self.port)

    def getresponse(self) -> Any:
        try:
            response = super().getresponse()
        except ConnectionError as error:
            if self._answers:
                raise Stale from error
            raise
        self._answers += 1
        return response


class Adapter(HTTPAdapter):
    """A `requests` adapter whose direct connections go through a Network.

    Parameters
    ----------
    network : Network
        What its connections share.
    """

    def __init__(self, network: Network) -> None:
        self._network = network
        super().__init__(pool_connections=_KEPT_HOSTS, pool_maxsize=PER_HOST)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        """Make the pools of connections; `requests` calls this."""
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = _pool_classes(self._network)

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """Leave the certificates to the context, which loads them once and not per connection."""


def _tls_context(network: Network) -> ssl.SSLContext:
    class TLSSocket(_Bounded, ssl.SSLSocket):
        def do_handshake(self, block: bool = False) -> None:
            self.network = network
            network.remember(self)  # it has taken the place of the socket beneath
            super().do_handshake(block)

    context = ssl.create_default_context(cafile=certifi.where())
    context.sslsocket_class = TLSSocket
    return context


def _pool_classes(network: Network) -> dict[str, type[HTTPConnectionPool]]:
    @lru_cache(maxsize=1)  # loading the certificates takes as long as some fetches
    def tls_context() -> ssl.SSLContext:
        return _tls_context(network)

    class Plain(_Kept):
        pass

    class Secure(_Kept, HTTPSConnection):
        pass

    Plain.network = Secure.network = network

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

        def __init__(self, *args: Any, **kwargs: Any) -> None:
            super().__init__(*args, **{**kwargs, "ssl_context": tls_context()})

    return {"http": PlainPool, "https": SecurePool}
