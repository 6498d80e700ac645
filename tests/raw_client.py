"""A client that shows exactly what goes over the wire."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from contextlib import closing
from typing import Callable, NamedTuple
from urllib.parse import quote, urlsplit

PATIENCE = 20.0
"""Seconds: a busy machine takes its time, and who waits for nothing says for how long."""


class Answer(NamedTuple):
    """What a client was told."""

    status: int
    headers: http.client.HTTPMessage
    body: bytes


def connect(host: str, timeout: float = PATIENCE) -> socket.socket:
    """Connect to an `address:port`."""
    address, _, port = host.partition(":")
    return socket.create_connection((address, int(port)), timeout)


def ask(url: str, timeout: float = PATIENCE) -> Answer:
    """Ask once, on a connection of its own, and follow nothing."""
    parts = urlsplit(url)
    target = quote(parts.path.encode("latin-1"), safe="/%,():") + "?" * bool(parts.query)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=timeout)) as connection:
        connection.request("GET", target + parts.query)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())


def until_closed(connection: socket.socket) -> bytes:
    """Return all that comes until the server closes the connection."""
    return b"".join(iter(lambda: connection.recv(65536), b""))


def eventually(condition: Callable[[], bool]) -> bool:
    """Wait for a condition; say whether it came."""
    deadline = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.005)
    return True


def threads_of(web_host: str = "") -> list[str]:
    """Return the names of the practice web's threads."""
    names = [thread.name for thread in threading.enumerate()]
    return [name for name in names if name.startswith(f"practice web {web_host}".rstrip())]


def send(url: str, timeout: float = PATIENCE) -> socket.socket:
    """Send a request that asks for the connection to be closed; return the connection."""
    parts = urlsplit(url)
    connection = connect(parts.netloc, timeout)
    connection.sendall(f"GET {parts.path} HTTP/1.1\r\nConnection: close\r\n\r\n".encode("latin-1"))
    return connection


def wire(url: str) -> tuple[bytes, bytes]:
    """Return the head and the body of an answer, byte for byte."""
    with send(url) as connection:
        head, _, body = until_closed(connection).partition(b"\r\n\r\n")
        return head, body
