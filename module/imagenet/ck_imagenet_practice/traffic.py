"""What clients did: the requests that they made and the connections that they held."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter, defaultdict
from contextlib import suppress
from typing import Mapping, NamedTuple

from .exchange import Request


class Asked(NamedTuple):
    """One request."""

    host: str
    path: str
    """Percent-decoded, as Latin-1 text."""
    headers: Mapping[str, str]
    """By name in lower case."""
    when: float
    """Seconds of `time.monotonic`."""


class RequestLog:
    """The requests in the order in which they came; safe to use from any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._asked: list[Asked] = []
        self._visits: Counter[tuple[str, str]] = Counter()

    def __len__(self) -> int:
        with self._changed:
            return len(self._asked)

    def add(self, host: str, request: Request) -> int:
        """Note a request before it is answered; return how often it has been made, ever."""
        asked = Asked(host, request.path, request.headers, time.monotonic())
        with self._changed:
            self._asked.append(asked)
            self._visits[asked.host, asked.path] += 1
            self._changed.notify_all()
            return self._visits[asked.host, asked.path]

    def all(self) -> list[Asked]:
        """Return the requests since the last `clear`."""
        with self._changed:
            return list(self._asked)

    def counts(self) -> Counter[tuple[str, str]]:
        """Return how often each (host, path) was asked since the last `clear`."""
        return Counter((asked.host, asked.path) for asked in self.all())

    def clear(self) -> None:
        """Forget the requests; what recovers after some of them remembers that they were made."""
        with self._changed:
            self._asked.clear()

    def wait_for(self, number: int, timeout: float = 60.0) -> list[Asked]:
        """Wait until there are `number` requests, then return all.

        Raises
        ------
        TimeoutError
            If there are fewer after `timeout` seconds.
        """
        with self._changed:
            if not self._changed.wait_for(lambda: len(self._asked) >= number, timeout):
                raise TimeoutError(f"{len(self._asked)} requests of {number} in {timeout:g} s")
            return list(self._asked)


class Connections:
    """The connections that are open, and how many there have been; safe from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: defaultdict[str, set[socket.socket]] = defaultdict(set)
        self._most: Counter[str] = Counter()
        self._made: Counter[str] = Counter()

    def opened(self, host: str, connection: socket.socket) -> None:
        """Note a new connection."""
        with self._lock:
            self._open[host].add(connection)
            self._made[host] += 1
            if len(self._open[host]) > self._most[host]:
                # The client may have closed some that their threads have not looked at since.
                self._most[host] = max(self._most[host], sum(map(_is_held, self._open[host])))

    def close(self, host: str, connection: socket.socket) -> None:
        """Close a connection."""
        with self._lock:
            self._open[host].discard(connection)
            connection.close()

    def end_all(self) -> None:
        """Wake every thread that reads from, writes to or waits on a connection."""
        with self._lock:
            for connection in set().union(*self._open.values()):
                with suppress(OSError):
                    socket.socket.shutdown(connection, socket.SHUT_RDWR)  # whatever TLS thinks

    def made(self, host: str | None = None) -> int:
        """Return how many connections there have been, to one host or to all."""
        with self._lock:
            return self._made[host] if host else sum(self._made.values())

    def most(self, host: str) -> int:
        """Return the largest number of connections that clients held to a host at once."""
        with self._lock:
            return self._most[host]


def _is_held(connection: socket.socket) -> bool:
    """Say whether the client has not closed its end."""
    try:
        flags = socket.MSG_PEEK | socket.MSG_DONTWAIT
        return socket.socket.recv(connection, 1, flags) != b""  # below TLS, which cannot peek
    except BlockingIOError:
        return True
    except OSError:
        return False
