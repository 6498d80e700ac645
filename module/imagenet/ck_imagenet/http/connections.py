"""Connections that keep a deadline and go only where they may.

They do what `requests` cannot: bound the whole time of a request, however slowly a peer sends;
check the very address that is connected to; and be closed from another thread.
"""

from __future__ import annotations

import math
import socket
import ssl
import threading
import time
from contextlib import suppress
from typing import Any, Callable, NamedTuple
from weakref import WeakSet

from ..core.errors import TooManyFiles
from ..core.outcomes import Failed, Outcome
from . import tls
from .address_policy import AddressPolicy
from .resolver import Resolver

SLOWEST = 100
"""Bytes a second: at a lower rate, even a small picture would exceed every limit."""

MOST_HEAD = 2**18
"""Bytes of the headers of an answer."""

_SHORTEST_STEP = 5.0

Check = Callable[[str, int, str], None]
"""Raises Failed if a host may not be asked at a port and an address."""


class Limits(NamedTuple):
    """How long a peer may take, in seconds."""

    connect: float = 10.0
    """To resolve a name and connect to it."""
    first_byte: float = 10.0
    """Between a request and the answer's first byte."""
    stall: float = 10.0
    """In which an answer must go on, by `SLOWEST` bytes a second on average."""
    whole: float = 20.0
    """For the whole of one URL, redirects included."""

    @classmethod
    def within(cls, whole: float) -> Limits:
        """Return the limits for a URL of `whole` seconds: half of them or 5 seconds a step."""
        step = max(whole / 2, min(whole, _SHORTEST_STEP))
        return cls(step, step, step, whole)

    def or_longer(self, other: Limits) -> Limits:
        """Return the longer of these and other limits, step by step."""
        return Limits(*map(max, self, other))

    def first_attempt(self, usual: float) -> Limits:
        """Return the limits of a first attempt at a host that answers within `usual` seconds.

        A step has half its time, but at least three times the usual. A host that hangs then holds a
        connection for less time. It is asked again with all the time, so no slow host is lost.
        """
        step = max(self.first_byte / 2, 3 * usual)
        if step >= self.first_byte:
            return self
        return Limits(min(self.connect, step), step, min(self.stall, step), self.whole)


class Budget:
    """The time that one URL has left, and the rate at which its host must send.

    Parameters
    ----------
    limits : Limits
        How long each step may take.
    spent : float
        Seconds of the whole that earlier attempts took.
    """

    def __init__(self, limits: Limits, spent: float = 0.0) -> None:
        self.limits = limits
        self._begun = time.monotonic() - spent
        self._end = self._begun + limits.whole
        self.expect()

    @property
    def spent(self) -> float:
        """Seconds of the whole that are gone."""
        return time.monotonic() - self._begun

    def left(self, longest: float) -> float:
        """Return the seconds to wait for the next step, at most `longest`.

        Raises
        ------
        TimeoutError
            If nothing is left.
        """
        left = self._end - time.monotonic()
        if left <= 0:
            raise socket.timeout(self._overdue())
        return min(left, longest)

    def exclude(self, seconds: float) -> None:
        """Do not count seconds that have just been waited for a turn."""
        self._begun += seconds
        self._end += seconds

    def expect(self) -> None:
        """Expect the first byte of an answer from now on, and then its headers."""
        self._answered = False
        self._missing: float = 1
        self._head_left: float = MOST_HEAD
        self._due = min(time.monotonic() + self.limits.first_byte, self._end)

    def expect_body(self) -> None:
        """Expect the body from now on: its reader bounds how long it is."""
        self._head_left = math.inf

    def until_due(self) -> float:
        """Return the seconds in which the next bytes must come; raise Failed if none are left."""
        left = self._due - time.monotonic()
        if left <= 0:
            raise self.late()
        return left

    def receive(self, count: int) -> None:
        """Count bytes that have come; raise Failed if they are too many for headers."""
        self._head_left -= count
        if self._head_left < 0:
            raise Failed(Outcome.NOT_HTTP, f"headers of more than {MOST_HEAD} bytes")
        self._missing -= count
        if self._missing <= 0:
            self._answered = True
            self.renew()

    def renew(self) -> None:
        """Give a peer that has sent enough the whole time again to go on."""
        self._missing = SLOWEST * self.limits.stall
        self._due = min(time.monotonic() + self.limits.stall, self._end)

    def late(self) -> Failed:
        """Return the failure of a host that was too slow."""
        if time.monotonic() >= self._end:
            detail = self._overdue()
        elif self._answered:
            detail = f"fewer than {SLOWEST} bytes a second for {self.limits.stall:.3g} s"
        else:
            detail = f"nothing came in {self.limits.first_byte:.3g} s"
        return Failed(Outcome.STALLED if self._answered else Outcome.SILENT, detail)

    def _overdue(self) -> str:
        return f"not done within {self.limits.whole:.3g} s"


class _Current(threading.local):
    """What this thread asks."""

    budget: Budget


_current = _Current()


def spend(budget: Budget) -> None:
    """Count what this thread sends and receives from now on against `budget`."""
    _current.budget = budget


def current() -> Budget:
    """Return the budget of this thread."""
    return _current.budget


class _BoundedSocket:
    """A socket that waits no longer for bytes than the current budget allows.

    Its time-out is mostly left as it is, though it may be too short, and the wait goes on then: to
    set it for each of three reads of a picture costs as much as a read.
    """

    connector: Connector

    def recv_into(self, *args: Any, **kwargs: Any) -> int:
        budget = _current.budget
        self._wait_at_most(budget.until_due())
        while True:
            try:
                received: int = super().recv_into(*args, **kwargs)  # type: ignore[misc]
                break
            except (socket.timeout, TimeoutError):
                pass
            self.settimeout(budget.until_due())  # type: ignore[attr-defined]
        if not received:
            self.connector.check_running()  # else what we have closed would look as if the peer had
        budget.receive(received)
        return received

    def sendall(self, *args: Any, **kwargs: Any) -> None:
        budget = _current.budget  # a long request may not fit into the buffers of the systems
        self._wait_at_most(budget.left(budget.limits.first_byte))
        try:
            super().sendall(*args, **kwargs)  # type: ignore[misc]
        except ssl.SSLEOFError:  # after which urllib3 reads what the host has sent
            raise BrokenPipeError from None

    def _wait_at_most(self, seconds: float) -> None:
        now = self.gettimeout()  # type: ignore[attr-defined]
        if now is None or not seconds / 2 <= now <= seconds:
            self.settimeout(seconds * 0.75)  # type: ignore[attr-defined]


class _Socket(_BoundedSocket, socket.socket):
    pass


class Connector:
    """What all connections share: names, permission, and the list of what is open.

    Parameters
    ----------
    resolver : Resolver
        Knows the addresses of hosts.
    policy : AddressPolicy
        Decides which of them may be asked.
    """

    def __init__(self, resolver: Resolver, policy: AddressPolicy) -> None:
        self._resolver = resolver
        self._policy = policy
        self._open: WeakSet[socket.socket] = WeakSet()
        self._lock = threading.Lock()
        self._ended = False
        self.reached = False
        """Whether any host could be connected to: if so, there is a network."""

    def connect(self, host: str, port: int) -> socket.socket:
        """Return a socket that is connected to `host`, at an address that may be asked.

        Parameters
        ----------
        host : str
            As `urls.Address` has it.
        port : int
            The port.

        Raises
        ------
        Failed
            If it cannot be connected to; no OSError, since urllib3 ignores some of these and goes
            on without a socket.
        """
        opened = self._connect(host, port, self._policy.check)
        self.reached = True
        return opened

    def connect_to_proxy(self, host: str, port: int) -> socket.socket:
        """Return a socket that is connected to a proxy, at any address, since the user named it.

        Parameters
        ----------
        host : str
            The host of the proxy.
        port : int
            The port of the proxy.

        Raises
        ------
        Failed
            SILENT or REFUSED if it does not answer, which is never the fault of a URL.
        """
        try:
            return self._connect(host, port, lambda *_: None)
        except Failed as failed:
            silent = failed.outcome is Outcome.SILENT
            outcome = Outcome.SILENT if silent else Outcome.REFUSED
            raise Failed(outcome, f"the proxy {host}:{port}: {failed.detail}") from None

    def tls_context(self, authorities: str) -> ssl.SSLContext:
        """Return a TLS context whose connections keep their deadlines too.

        Parameters
        ----------
        authorities : str
            The file or folder with the certificates of the trusted authorities.

        Raises
        ------
        BadInput
            If there are none.
        """
        connector = self

        class TLSSocket(_BoundedSocket, ssl.SSLSocket):
            def do_handshake(self, block: bool = False) -> None:
                self.connector = connector
                connector.register(self)  # it has replaced the socket below it
                self.settimeout(_current.budget.left(_current.budget.limits.connect))
                try:
                    super().do_handshake(block)
                except OSError as error:
                    connector.check_running()
                    self.close()  # Python 3.8 does so only after errors of its own
                    raise tls.handshake_failure(error) from None

        context = tls.context(authorities)
        context.sslsocket_class = TLSSocket
        return context

    def register(self, opened: socket.socket) -> None:
        """Let `shut_down` close this socket too; raise OSError if it has been called."""
        with self._lock:
            self.check_running()
            self._open.add(opened)

    def check_running(self) -> None:
        """Raise OSError if `shut_down` has been called."""
        if self._ended:
            raise ConnectionAbortedError("the client has been closed")

    def shut_down(self) -> None:
        """Shut down every open socket, whichever thread waits for it."""
        with self._lock:
            self._ended = True
            self._resolver.close()
            for opened in self._open:
                with suppress(OSError):  # the peer may have closed it
                    opened.shutdown(socket.SHUT_RDWR)

    def _connect(self, host: str, port: int, check: Check) -> socket.socket:
        limit = _current.budget.left(_current.budget.limits.connect)
        end = time.monotonic() + limit
        addresses = _allowed(host, port, self._resolver.resolve(host, limit), check)
        failure = Failed(Outcome.NO_SUCH_HOST, f"{host} has no address")
        for index, address in enumerate(addresses):
            left = max(end - time.monotonic(), 0.001)
            try:
                opened = self._connect_to(address, port, left / (len(addresses) - index))
            except OSError as error:
                TooManyFiles.check(error)
                late = isinstance(error, (socket.timeout, TimeoutError))
                failure = Failed(Outcome.SILENT if late else Outcome.REFUSED, str(error))
            else:
                if index:  # else each connection would try the bad addresses first
                    self._resolver.prefer(host, address)
                return opened
        raise failure

    def _connect_to(self, address: str, port: int, wait: float) -> socket.socket:
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        opened = _Socket(family, socket.SOCK_STREAM)
        opened.connector = self
        try:
            self.register(opened)
            opened.settimeout(wait)
            opened.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            opened.connect((address, port))
        except BaseException:
            opened.close()
            raise
        return opened


def _allowed(host: str, port: int, addresses: list[str], check: Check) -> list[str]:
    """Return the addresses of a host that may be asked; raise Failed if none may."""
    allowed, failure = [], None
    for address in addresses:
        try:
            check(host, port, address)
            allowed.append(address)
        except Failed as failed:
            failure = failed
    if failure and not allowed:
        raise failure
    return allowed
