"""Where the practice web listens: one port of several loopback addresses, or several of one."""

from __future__ import annotations

import errno
import ipaddress
import socket
from contextlib import ExitStack
from typing import Iterable, NamedTuple, Tuple

_FIRST_ADDRESS = ipaddress.IPv4Address("127.0.0.1")
_BACKLOG = 1024
_ATTEMPTS = 100

_Place = Tuple[str, int]


class CannotListen(Exception):
    """The practice web cannot have its port; the text says whose it may be and what to do."""


class Places(NamedTuple):
    """The sockets of a practice web; whoever holds them closes them."""

    service: socket.socket
    hosts: list[socket.socket]
    refusing: socket.socket
    """Bound and never listened on: who connects is refused, and no other program can take it."""


def host_of(place: socket.socket) -> str:
    """Return the `address:port` of a socket."""
    address, port = place.getsockname()
    return f"{address}:{port}"


def bind(port: int, hosts: int, one_address: bool = False) -> Places:
    """Bind and listen.

    Parameters
    ----------
    port : int
        The port of all places, or 0 for any that is free. On one address, the first of several.
    hosts : int
        The number of picture hosts; the service and the host that refuses come on top.
    one_address : bool
        Whether to use ports of 127.0.0.1 alone. That is done anyway where the other loopback
        addresses do not exist, as on macOS.

    Raises
    ------
    CannotListen
        If the port is taken.
    """
    if not one_address:
        try:
            return _bind_all(port, [(str(_FIRST_ADDRESS + n), 0) for n in range(hosts + 2)])
        except OSError as error:
            if error.errno != errno.EADDRNOTAVAIL:
                raise
    return _bind_all(port, [(str(_FIRST_ADDRESS), n) for n in range(hosts + 2)])


def _bind_all(port: int, offsets: list[_Place]) -> Places:
    """Bind every (address, distance from the port); try other ports if any will do."""
    if port:
        return _bind_exactly((address, port + offset) for address, offset in offsets)
    for _ in range(_ATTEMPTS):
        free = _free_port()
        try:
            return _bind_exactly((address, free + offset) for address, offset in offsets)
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


def _bind_exactly(places: Iterable[_Place]) -> Places:
    *listening, refusing = places
    with ExitStack() as undo:
        # The one that refuses comes first: it is the one that two programs can never share.
        refuser = undo.enter_context(_bound(refusing))
        service, *hosts = [undo.enter_context(_listening(place)) for place in listening]
        undo.pop_all()
        return Places(service, hosts, refuser)


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
