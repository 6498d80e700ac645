"""One request and the connection that it came on: what a behaviour is given to play with."""

from __future__ import annotations

import select
import socket
import struct
from contextlib import contextmanager
from http import HTTPStatus
from typing import Iterator, Mapping, NamedTuple
from urllib.parse import unquote, unquote_to_bytes

from .rations import Rations
from .seats import Seats

_LONGEST_HEAD = 65536
_CHUNK = 65536
_TLS = b"\x16\x03"
"""How a client begins that takes a host for one that speaks TLS."""
_PLAIN_HTTP = b"HTTP/1.1 400 Bad Request\r\nConnection: close\r\n\r\nPlain HTTP is spoken here.\n"


class Gone(Exception):
    """The client has hung up, or the server stops."""


class BadLink(Exception):
    """A URL asks for a behaviour that does not exist, or with arguments that it cannot read."""


class Request(NamedTuple):
    """What a client asked."""

    method: str
    target: str
    """As it came: percent-encoded, with the query."""
    version: str
    headers: Mapping[str, str]
    """By name in lower case; of several with one name, the last."""

    @property
    def path(self) -> str:
        """The target's path, percent-decoded, as Latin-1 text: one character a byte."""
        return decoded_path(self.target)

    @property
    def keeps_alive(self) -> bool:
        """Whether the client wants to ask again on this connection."""
        wish = self.headers.get("connection", "").lower()
        return wish != "close" and (self.version == "HTTP/1.1" or wish == "keep-alive")


def decoded_path(target: str) -> str:
    """Return the path of a request's target, percent-decoded, as Latin-1 text."""
    raw = target.partition("?")[0].encode("latin-1")
    return unquote_to_bytes(raw).decode("latin-1")


class Exchange:
    """One request, to be answered.

    A behaviour may use `answer` and `redirect`, or write any bytes with `send`. It has the
    connection to itself until it returns.

    Attributes
    ----------
    connection : socket.socket
        For what cannot be said with the methods below; without a timeout, which would hold up
        whoever else looks at it.
    request : Request
        What was asked.
    host : str
        The `address:port` that was asked.
    visit : int
        How often this path of this host has been asked, this time included.
    rations : Rations
        What hosts give, and gave.
    keep : bool
        Whether the connection is kept for another request.
    """

    def __init__(
        self,
        connection: socket.socket,
        request: Request,
        host: str,
        visit: int,
        seats: Seats,
        rations: Rations,
    ) -> None:
        self.connection = connection
        self.request = request
        self.host = host
        self.visit = visit
        self.rations = rations
        self.keep = request.keeps_alive
        self._seats = seats

    @property
    def segments(self) -> list[str]:
        """The path's parts, each percent-decoded: a slash inside one is %2F in the URL."""
        path = self.request.target.partition("?")[0]
        return [unquote(part, "latin-1") for part in path.split("/")[1:]]

    @property
    def arguments(self) -> list[str]:
        """What stands between the behaviour's name and the file's name."""
        return self.segments[1:-1]

    def enter(self, segments: int) -> None:
        """Go on as if the path began so many parts later."""
        parts = self.request.target.split("/")
        self.request = self.request._replace(target="/".join(["", *parts[1 + segments :]]))

    def send(self, data: bytes) -> None:
        """Send bytes as they are; raise Gone if nobody is there to take them."""
        try:
            self.connection.sendall(data)
        except OSError as error:
            raise Gone from error

    def answer(
        self,
        status: int,
        body: bytes = b"",
        content_type: str = "text/plain",
        headers: Mapping[str, str] | None = None,
        length: int | None = None,
    ) -> None:
        """Send a whole answer.

        Parameters
        ----------
        status : int
            For example 200.
        body, content_type : bytes, str
            What is sent, and what it is said to be.
        headers : mapping, optional
            Further headers, sent as Latin-1.
        length : int, optional
            The Content-Length to announce instead of the true one.
        """
        lines = {
            "Content-Type": content_type,
            "Content-Length": len(body) if length is None else length,
            "Connection": "keep-alive" if self.keep else "close",
            **(headers or {}),
        }
        self.send(_head(status, lines) + body)

    def head(self, status: int, headers: Mapping[str, object], version: str = "HTTP/1.1") -> None:
        """Send the head of an answer with these headers and no other."""
        self.send(_head(status, headers, version))

    def redirect(self, location: str, status: int = 302) -> None:
        """Send the client elsewhere."""
        self.answer(status, headers={"Location": location})

    def wait(self, seconds: float | None) -> None:
        """Do nothing for some time, None being for ever; raise Gone when the client hangs up."""
        poll = select.poll()
        poll.register(self.connection, select.POLLIN)
        # Readable means the end, for no client here asks again before it has its answer.
        if poll.poll(None if seconds is None else seconds * 1000):
            raise Gone

    def hang_up(self) -> None:
        """Close the connection once the behaviour returns."""
        self.keep = False

    def reset(self) -> None:
        """Reset the connection once the behaviour returns: what is under way is lost."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.hang_up()

    @contextmanager
    def seat(self, seats: int) -> Iterator[bool]:
        """Take one of the host's seats for a while; give False if so many are taken already."""
        seated = self._seats.take(self.host, seats)
        try:
            yield seated
        finally:
            if seated:
                self._seats.leave(self.host)


def requests_on(connection: socket.socket) -> Iterator[Request]:
    """Yield the requests that come on a connection, until it ends or brings what is no request."""
    held = b""
    while True:
        while b"\r\n\r\n" not in held:
            try:
                data = connection.recv(_CHUNK)
            except OSError:
                return
            held += data
            if held.startswith(_TLS):
                connection.sendall(_PLAIN_HTTP)
                return
            if not data or len(held) > _LONGEST_HEAD:
                return
        head, _, held = held.partition(b"\r\n\r\n")
        request = _parsed(head.decode("latin-1"))
        if request is None:
            return
        yield request


def _head(status: int, headers: Mapping[str, object], version: str = "HTTP/1.1") -> bytes:
    lines = [
        f"{version} {status} {_phrase(status)}",
        *(f"{name}: {value}" for name, value in headers.items()),
    ]
    return ("\r\n".join(lines) + "\r\n\r\n").encode("latin-1")


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:  # of those that services have made up
        return "Enhance Your Calm" if status == 420 else "Unknown"


def _parsed(head: str) -> Request | None:
    first, *lines = head.split("\r\n")
    words = first.split(" ")
    if len(words) != 3 or not words[1].startswith("/") or not words[2].startswith("HTTP/1."):
        return None
    pairs = (line.partition(":") for line in lines)
    headers = {name.strip().lower(): value.strip() for name, _, value in pairs}
    return Request(words[0], words[1], words[2], headers)
