"""Where the practice web listens: one port of several loopback addresses, or several of one."""

from __future__ import annotations

import errno
import ipaddress
import socket
from contextlib import ExitStack
from typing import NamedTuple, Tuple

from .redirects import FORBIDDEN_ADDRESS

_FIRST_ADDRESS = ipaddress.IPv4Address("127.0.0.1")
_BACKLOG = 1024
_ATTEMPTS = 100
_MOST_WAITING = 8
_AT_ONCE = 0.05
"""Seconds in which a connection on this machine is surely there."""

_Place = Tuple[str, int]


class CannotListen(Exception):
    """The practice web cannot have its port; the text says whose it may be and what to do."""


class Places(NamedTuple):
    """The sockets of a practice web; whoever holds them closes them."""

    refusing: socket.socket
    """Bound and never listened on: who connects is refused, and no other program can take it."""
    service: socket.socket
    hosts: list[socket.socket]
    others: list[socket.socket]
    """Further hosts, for those who want one to themselves."""
    forbidden: list[socket.socket]
    """A listener on `FORBIDDEN_ADDRESS`, or none where that does not exist."""


def host_of(place: socket.socket) -> str:
    """Return the `address:port` of a socket."""
    address, port = place.getsockname()
    return f"{address}:{port}"


def bind(port: int, hosts: int, others: int = 0, one_address: bool = False) -> Places:
    """Bind and listen.

    Parameters
    ----------
    port : int
        The port of all places, or 0 for any that is free. On one address, the first of several.
    hosts, others : int
        The number of picture hosts and of further ones; the service, the host that refuses and
        the one that is forbidden come on top.
    one_address : bool
        Whether to use ports of 127.0.0.1 alone. That is done anyway where the other loopback
        addresses do not exist, as on macOS.

    Raises
    ------
    CannotListen
        If the port is taken.
    """
    count = hosts + others + 2
    if not one_address:
        addresses = [(str(_FIRST_ADDRESS + n), 0) for n in range(count)]
        try:
            return _bind_all(port, hosts, [*addresses, (FORBIDDEN_ADDRESS, 0)])
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                raise
    return _bind_all(port, hosts, [(str(_FIRST_ADDRESS), n) for n in range(count)])


def _bind_all(port: int, hosts: int, offsets: list[_Place]) -> Places:
    """Bind every (address, distance from the port); try other ports if any will do."""
    if port:
        return _bind_exactly(hosts, [(address, port + offset) for address, offset in offsets])
    for _ in range(_ATTEMPTS):
        free = _free_port()
        try:
            return _bind_exactly(hosts, [(address, free + offset) for address, offset in offsets])
        except CannotListen:
            continue
    raise CannotListen(
        f"no free port found for {len(offsets)} loopback hosts in {_ATTEMPTS} attempts: "
        "close programs that hold many ports, or name a port"
    )


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind((str(_FIRST_ADDRESS), 0))
        free: int = probe.getsockname()[1]
        return free


def _bind_exactly(hosts: int, places: list[_Place]) -> Places:
    """Bind the service, the hosts, the one that refuses, the others and the forbidden one."""
    with ExitStack() as undo:
        # The one that refuses comes first: it is the one that two programs can never share.
        refusing = undo.enter_context(_bound(places.pop(hosts + 1)))
        listening = [undo.enter_context(_listening(place)) for place in places]
        undo.pop_all()
    forbidden = [listening.pop()] if places[-1][0] == FORBIDDEN_ADDRESS else []
    service, *shared = listening[: hosts + 1]
    return Places(refusing, service, shared, listening[hosts + 1 :], forbidden)


class Dropping:
    """A host that drops SYNs: whoever connects hears nothing at all, not even a refusal.

    Parameters
    ----------
    listener : socket.socket
        Listens already; this owns and closes it.

    Raises
    ------
    CannotListen
        If this system answers all the same: only Linux is known not to.
    """

    def __init__(self, listener: socket.socket) -> None:
        self._sockets = [listener]
        listener.listen(0)
        # Linux lets one more wait than the backlog says, and drops the SYNs of the others.
        for _ in range(_MOST_WAITING):
            if not self._fill(listener.getsockname()):
                return
        self.close()
        raise CannotListen("SYNs cannot be dropped on this system: leave out the kind `dropped`")

    def close(self) -> None:
        """Close all that this has opened."""
        for opened in self._sockets:
            opened.close()

    def _fill(self, place: _Place) -> bool:
        """Connect and stay; return False if nobody answers."""
        waiting = socket.socket()
        waiting.settimeout(_AT_ONCE)
        try:
            waiting.connect(place)
        except OSError:
            waiting.close()
            return False
        self._sockets.append(waiting)
        return True


def _listening(place: _Place) -> socket.socket:
    listener = _bound(place, reuse=True)
    try:
        listener.listen(_BACKLOG)
    except OSError as error:
        listener.close()
        raise _explained(error, place) from error
    return listener


def _bound(place: _Place, reuse: bool = False) -> socket.socket:
    bound = socket.socket()
    try:
        if reuse:  # or connections that ended a minute ago would still hold the port
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(place)
    except (OSError, OverflowError) as error:
        bound.close()
        raise _explained(error, place) from error
    return bound


def _explained(error: Exception, place: _Place) -> Exception:
    if isinstance(error, OSError) and error.errno == errno.EADDRNOTAVAIL:
        return error
    address, port = place
    reason = error.strerror if isinstance(error, OSError) else "no such port"
    return CannotListen(
        f"the practice web cannot listen on {address}:{port} ({reason}): "
        "end the program that uses the port, or choose another"
    )
