"""The practice web never comes to an end, or to one too early, exactly as its URLs say."""

from __future__ import annotations

import resource
import socket
import time
from typing import Iterator

import pytest
from ck_imagenet_practice import PracticeWeb, pictures
from raw_client import ask, connect, eventually, send, threads_of, until_closed, wire


def received(connection: socket.socket, count: int) -> bytes:
    """Return the next bytes, so many."""
    data = b""
    while len(data) < count:
        data += connection.recv(count - len(data))
    return data


def head_and_then(connection: socket.socket) -> tuple[bytes, bytes]:
    """Return the head of an answer, and what else came with it."""
    data = b""
    while b"\r\n\r\n" not in data:
        data += connection.recv(65536)
    head, _, rest = data.partition(b"\r\n\r\n")
    return head, rest


def test_after_the_headers_nothing_may_come(web: PracticeWeb) -> None:
    whole = len(pictures.picture("/head-only/1.jpg"))
    with send(web.url(0, "/head-only/1.jpg")) as client:
        head, rest = head_and_then(client)
        assert b"Content-Length: %d" % whole in head
        assert rest == b""
        client.settimeout(0.2)
        with pytest.raises(socket.timeout):
            client.recv(1)


def test_a_drip_brings_the_picture_byte_by_byte(web: PracticeWeb) -> None:
    begin = time.monotonic()
    with send(web.url(0, "/drip/0.02/1.jpg")) as client:
        _, rest = head_and_then(client)
        rest += received(client, 10 - len(rest))
    assert rest == pictures.picture("/drip/0.02/1.jpg")[:10]
    assert 0.15 < time.monotonic() - begin < 2


def test_a_drip_is_a_byte_a_second_by_default(web: PracticeWeb) -> None:
    begin = time.monotonic()
    with send(web.url(0, "/drip/1.jpg")) as client:
        _, rest = head_and_then(client)
        received(client, 3 - len(rest))
    assert 2 <= time.monotonic() - begin < 4


def test_an_endless_body_goes_on(web: PracticeWeb) -> None:
    with send(web.url(0, "/endless/1.jpg")) as client:
        head, rest = head_and_then(client)
        assert b"Content-Length" not in head
        picture = pictures.picture("/endless/1.jpg")
        rest += received(client, 8 * 2**20)
        assert rest.startswith(picture)
    assert eventually(lambda: not threads_of(web.hosts[0]))


def test_ten_gigabytes_may_be_announced(web: PracticeWeb) -> None:
    picture = pictures.picture("/announced/1.jpg")
    with send(web.url(0, "/announced/1.jpg")) as client:
        head, rest = head_and_then(client)
        assert b"Content-Length: 10000000000" in head
        assert rest + received(client, len(picture) - len(rest)) == picture
        client.settimeout(0.2)
        with pytest.raises(socket.timeout):
            client.recv(1)


def test_a_connection_is_reset_half_way_and_then_no_more(web: PracticeWeb) -> None:
    url = web.url(0, "/reset/2/1.jpg")
    for _ in range(2):
        with send(url) as client, pytest.raises(ConnectionResetError):
            until_closed(client)
    assert ask(url).body == pictures.picture("/reset/2/1.jpg")


def test_a_host_may_hang_up_before_it_answers(web: PracticeWeb) -> None:
    assert wire(web.url(0, "/hang-up/1.jpg")) == (b"", b"")


@pytest.fixture
def _many_files() -> Iterator[None]:
    """As many open files as this system lets us have."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (before[1], before[1]))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, before)


@pytest.mark.usefixtures("_many_files")
def test_thousands_of_stuck_connections_end_at_once() -> None:
    paths = ["silent/1", "drip/1", "head-only/1"] * 13 + ["endless/1"]
    with PracticeWeb() as web:
        clients = [connect(web.hosts[n % 8]) for n in range(2000)]
        for number, client in enumerate(clients):
            client.sendall(f"GET /{paths[number % 40]} HTTP/1.1\r\n\r\n".encode())
        web.requests.wait_for(2000)
        assert ask(web.url(0, "/gone/1")).status == 404
        begin = time.monotonic()
    assert time.monotonic() - begin < 20
    assert threads_of() == []
    for client in clients:
        client.close()
