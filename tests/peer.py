"""Hosts on loopback: sockets that say exactly the bytes that a test wants."""

from __future__ import annotations

import socket
import ssl
import struct
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Callable, Iterator, Mapping


class Talk:
    """One connection, as its host sees it."""

    def __init__(self, connection: socket.socket, heads: list[bytes]) -> None:
        self.connection = connection
        self._heads = heads

    def hear(self) -> bytes:
        """Return the head of the next request; nothing when the client has hung up."""
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            byte = self.connection.recv(1)
            if not byte:
                return b""
            head += byte
        self._heads.append(head)
        return head

    def say(self, data: bytes) -> None:
        """Send bytes."""
        self.connection.sendall(data)

    def wait(self) -> None:
        """Do nothing until the client hangs up."""
        while self.connection.recv(65536):
            pass


Behaviour = Callable[[Talk], object]
"""What a host does with one connection, until it closes it."""


class Peer:
    """A host on loopback.

    Parameters
    ----------
    behave : callable
        What it does with each connection.
    address, port : str, int
        Where it listens, by default on any port that is free.

    Attributes
    ----------
    port : int
        Where it listens.
    heads : list of bytes
        The requests that it has heard.
    connections : int
        How many it has accepted.
    """

    def __init__(self, behave: Behaviour, address: str = "127.0.0.1", port: int = 0) -> None:
        self._behave = behave
        self._listener = socket.create_server((address, port))
        self._open: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.port: int = self._listener.getsockname()[1]
        self.heads: list[bytes] = []
        self.connections = 0
        self._stopping = False
        self._accepting = threading.Thread(target=self._accept)
        self._accepting.start()

    def url(self, path: str = "/x.jpg", host: str = "127.0.0.1") -> str:
        """Return the address of a path, under any name of the host."""
        return f"http://{host}:{self.port}{path}"

    def secure_url(self, path: str = "/x.jpg", host: str = "localhost.example") -> str:
        """Return the same over TLS, where a host needs a name."""
        return f"https://{host}:{self.port}{path}"

    def stop(self) -> None:
        """End everything."""
        self._stopping = True
        with socket.create_connection(self._listener.getsockname()):
            self._accepting.join()
        self._listener.close()
        for connection in self._open:
            with suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()

    def _accept(self) -> None:
        while True:
            connection, _ = self._listener.accept()
            if self._stopping:
                connection.close()
                return
            self.connections += 1
            self._open.append(connection)
            self._threads.append(threading.Thread(target=self._converse, args=(connection,)))
            self._threads[-1].start()

    def _converse(self, connection: socket.socket) -> None:
        with connection, suppress(OSError):
            self._behave(Talk(connection, self.heads))


Serve = Callable[[Behaviour], Peer]


@contextmanager
def serving() -> Iterator[Serve]:
    """Start hosts, which end with the block."""
    with ExitStack() as stack:

        def start(behave: Behaviour) -> Peer:
            peer = Peer(behave)
            stack.callback(peer.stop)
            return peer

        yield start


def head(*lines: str, status: str = "200 OK") -> bytes:
    """Return the head of an answer."""
    return "\r\n".join([f"HTTP/1.1 {status}", *lines, "", ""]).encode("latin-1")


def answer(body: bytes = b"", *lines: str, status: str = "200 OK") -> bytes:
    """Return a whole answer that announces its length."""
    return head(f"Content-Length: {len(body)}", *lines, status=status) + body


def redirect(location: str, body: bytes = b"", status: str = "302 Found") -> bytes:
    """Return an answer that leads elsewhere."""
    return answer(body, f"Location: {location}", status=status)


def chunked(data: bytes, size: int = 1000) -> bytes:
    """Return a body in chunks."""
    parts = [data[place : place + size] for place in range(0, len(data), size)]
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in [*parts, b""])


def saying(*answers: bytes) -> Behaviour:
    """Answer one request after the other, the last answer for ever."""

    def behave(talk: Talk) -> None:
        remaining = list(answers)
        while talk.hear():
            talk.say(remaining.pop(0) if len(remaining) > 1 else remaining[0])

    return behave


def saying_late(rest: bytes, whole: bytes) -> Behaviour:
    """Answer each request, and say something more when the next one has come."""

    def behave(talk: Talk) -> None:
        while talk.hear():
            talk.say(whole)
            talk.hear()
            talk.say(rest)

    return behave


def saying_once(data: bytes) -> Behaviour:
    """Answer one request and hang up."""

    def behave(talk: Talk) -> None:
        talk.hear()
        talk.say(data)

    return behave


def stopping_after(data: bytes) -> Behaviour:
    """Answer so much and then nothing more."""

    def behave(talk: Talk) -> None:
        talk.hear()
        talk.say(data)
        talk.wait()

    return behave


def dripping(data: bytes, drop: bytes = b"x") -> Behaviour:
    """Answer so much and then a drop now and then, for ever."""

    def behave(talk: Talk) -> None:
        talk.hear()
        talk.say(data)
        while True:
            talk.say(drop)
            time.sleep(0.02)

    return behave


def pouring(data: bytes) -> Behaviour:
    """Answer so much and then as much as the client takes."""

    def behave(talk: Talk) -> None:
        talk.hear()
        talk.say(data)
        while True:
            talk.say(bytes(2**20))

    return behave


def resetting_after(data: bytes) -> Behaviour:
    """Answer so much, then reset the connection."""

    def behave(talk: Talk) -> None:
        talk.hear()
        talk.say(data)
        time.sleep(0.05)  # a reset may overtake what was said
        linger = struct.pack("ii", 1, 0)
        talk.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)

    return behave


def over_tls(certificate: Path, behave: Behaviour) -> Behaviour:
    """Do the same over TLS."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)

    def behave_so(talk: Talk) -> None:
        with context.wrap_socket(talk.connection, server_side=True) as talk.connection:
            behave(talk)

    return behave_so


@contextmanager
def full_backlog(address: str = "127.0.0.1", port: int = 0) -> Iterator[int]:
    """Give the port of a host whose system drops every further connection."""
    with socket.create_server((address, port), backlog=0) as listener, ExitStack() as held:
        for _ in range(4):
            waiting = held.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@contextmanager
def hosted(answers: Mapping[str, bytes | str]) -> Iterator[str]:
    """Give the address of a host that answers so at each path: with a picture, or elsewhere."""

    class Host(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = answers.get(self.path, b"")
            if isinstance(answer, str):
                self.send_response(302)
                self.send_header("Location", answer)
                answer = b""
            else:
                self.send_response(200 if answer else 404)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Host) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
