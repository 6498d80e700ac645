"""The server: raw sockets and a thread a connection, so that a behaviour may do anything."""

from __future__ import annotations

import selectors
import socket
import threading
from http import HTTPStatus
from typing import Callable, Sequence

from .exchange import BadLink, Exchange, Gone, requests_on
from .places import host_of
from .rations import Rations
from .seats import Seats
from .traffic import Connections, RequestLog

_CROWD = 64
"""Threads that may be remembered before those that have ended are forgotten."""


class Server:
    """Serves the sockets given, from construction until `stop`.

    Parameters
    ----------
    listeners : sequence of socket.socket
        Listening sockets; the server owns and closes them.
    behave : callable
        Answers each request.

    Attributes
    ----------
    requests : RequestLog
        The requests that were made.
    connections : Connections
        The connections that were held.
    rations : Rations
        What hosts gave and refused that ration.
    """

    def __init__(
        self, listeners: Sequence[socket.socket], behave: Callable[[Exchange], None]
    ) -> None:
        self.requests = RequestLog()
        self.connections = Connections()
        self.rations = Rations()
        self._seats = Seats()
        self._behave = behave
        self._listeners = listeners
        self._threads: list[threading.Thread] = []
        self._crowd = _CROWD
        self._wake, self._woken = socket.socketpair()
        self._accepting = threading.Thread(target=self._accept, name="practice web", daemon=True)
        self._accepting.start()

    def stop(self) -> None:
        """End all connections and wait for all threads."""
        self._wake.close()
        self._accepting.join()
        self.connections.end_all()
        for thread in self._threads:
            thread.join()
        for listener in (*self._listeners, self._woken):
            listener.close()

    def _accept(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._woken, selectors.EVENT_READ)
            for listener in self._listeners:
                listener.setblocking(False)
                listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # inherited
                selector.register(listener, selectors.EVENT_READ, listener)
            while True:
                for key, _ in selector.select():
                    if key.data is None:
                        return
                    self._accept_one(key.data)

    def _accept_one(self, listener: socket.socket) -> None:
        try:
            connection, _ = listener.accept()
        except (BlockingIOError, ConnectionError):
            return  # the client has thought better of it
        connection.setblocking(True)  # macOS hands the listener's mode down
        host = host_of(listener)
        self.connections.opened(host, connection)
        thread = threading.Thread(
            target=self._converse, args=(connection, host), name=f"practice web {host}", daemon=True
        )
        if len(self._threads) >= self._crowd:
            self._threads = [other for other in self._threads if other.is_alive()]
            self._crowd = max(_CROWD, 2 * len(self._threads))
        self._threads.append(thread)
        thread.start()

    def _converse(self, connection: socket.socket, host: str) -> None:
        try:
            for request in requests_on(connection):
                visit = self.requests.add(host, request)
                exchange = Exchange(connection, request, host, visit, self._seats, self.rations)
                self._answer(exchange)
                if not exchange.keep:
                    return
        except Gone:
            pass
        finally:
            self.connections.close(host, connection)

    def _answer(self, exchange: Exchange) -> None:
        try:
            self._behave(exchange)
        except BadLink as error:
            exchange.answer(HTTPStatus.NOT_IMPLEMENTED, str(error).encode("utf-8"))
