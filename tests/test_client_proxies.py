"""Requests through a proxy: a real one on loopback, which records what it was asked."""

from __future__ import annotations

import base64
import shutil
import socket
import subprocess
import threading
import time
from contextlib import closing, suppress
from pathlib import Path
from typing import Iterator

import pytest
from ck_imagenet.core.outcomes import Failed, Outcome
from ck_imagenet.http.address_policy import PUBLIC_ONLY, AddressPolicy
from ck_imagenet.http.answers import Body
from ck_imagenet.http.client import Client
from ck_imagenet.http.connections import Limits
from ck_imagenet.http.resolver import Resolver
from peer import (
    Behaviour,
    Peer,
    Serve,
    Talk,
    answer,
    head,
    over_tls,
    redirect,
    saying,
    saying_once,
    serving,
)

DATA = bytes(range(256)) * 40
LIMITS = Limits(connect=5, first_byte=5, stall=5, whole=10)
HASTY = Limits(connect=0.2, first_byte=0.2, stall=0.2, whole=0.4)
LEEWAY = 1.0


def forward(talk: Talk) -> None:
    """Be a proxy for one connection; every name is one of this machine's."""
    while True:
        asked = talk.hear()
        if not asked:
            return
        method, target, _ = asked.decode("latin-1").split("\r\n")[0].split()
        if method == "CONNECT":
            tunnel(talk, int(target.rpartition(":")[2]))
            return
        host, _, path = target[len("http://") :].partition("/")
        rest = asked.split(b"\r\n", 1)[1].replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")
        with socket.create_connection(("127.0.0.1", int(host.rpartition(":")[2]))) as origin:
            origin.sendall(f"GET /{path} HTTP/1.1\r\n".encode("latin-1") + rest)
            pump(origin, talk.connection)
        return


ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"


def forward_after(said: bytes) -> Behaviour:
    """Be a proxy that answers so to CONNECT."""

    def behave(talk: Talk) -> None:
        target = talk.hear().decode("latin-1").split()[1]
        tunnel(talk, int(target.rpartition(":")[2]), said)

    return behave


def tunnel(talk: Talk, port: int, said: bytes = ESTABLISHED) -> None:
    """Pass bytes on, both ways."""
    with socket.create_connection(("127.0.0.1", port)) as origin:
        talk.say(said)
        there = threading.Thread(target=pump, args=(talk.connection, origin))
        there.start()
        pump(origin, talk.connection)
        there.join()


def pump(source: socket.socket, target: socket.socket) -> None:
    """Pass on what comes until nothing more does."""
    with suppress(OSError):
        while True:
            data = source.recv(65536)
            if not data:
                break
            target.sendall(data)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


@pytest.fixture(autouse=True)
def _plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have an environment that says nothing."""
    for scheme in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{scheme}_proxy", raising=False)
        monkeypatch.delenv(f"{scheme}_proxy".upper(), raising=False)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start hosts, which end with the test."""
    with serving() as start:
        yield start


@pytest.fixture
def proxy(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> Peer:
    """Start a proxy that the environment names."""
    peer = serve(forward)
    monkeypatch.setenv("all_proxy", f"http://127.0.0.1:{peer.port}")
    return peer


def no_lookup(host: str) -> list[str]:
    """Fail: through a proxy no name is looked up here."""
    raise AssertionError(host)


@pytest.fixture
def client(proxy: Peer) -> Iterator[Client]:
    """Return a client that asks through the proxy and may ask nothing but public hosts."""
    through = Client(PUBLIC_ONLY, LIMITS, Resolver(no_lookup))
    yield through
    through.close()


def fetching(policy: AddressPolicy = PUBLIC_ONLY, limits: Limits = LIMITS) -> Client:
    """Return a client in the environment as it is now."""
    return Client(policy, limits, Resolver(no_lookup))


def failure(client: Client, url: str) -> Failed:
    """Return what fetching `url` fails with."""
    with pytest.raises(Failed) as failed:
        client.fetch(url)
    client.close()
    return failed.value


class TestHttp:
    """Plain URLs, for which the proxy is asked by their whole address."""

    def test_the_proxy_is_asked_for_the_whole_address(
        self, serve: Serve, proxy: Peer, client: Client
    ) -> None:
        origin = serve(saying(answer(DATA)))
        url = origin.url("/./a b.jpg%?c[%", host="pictures.example")
        asked = f"http://pictures.example:{origin.port}/a%20b.jpg%?c[%"
        assert client.fetch(url) == Body(asked, DATA)
        line, *headers = proxy.heads[0].decode().split("\r\n")
        assert line == f"GET {asked} HTTP/1.1"
        assert f"Host: pictures.example:{origin.port}" in headers
        assert not any(header.startswith("Proxy-") for header in headers)

    def test_a_redirect_is_followed_through_the_proxy(
        self, serve: Serve, proxy: Peer, client: Client
    ) -> None:
        other = serve(saying(answer(DATA)))
        target = other.url("/y.jpg", host="other.example")
        first = serve(saying_once(redirect(target)))
        assert client.fetch(first.url(host="first.example")) == Body(target, DATA)
        assert len(proxy.heads) == 2

    def test_name_and_password_are_sent_as_such(
        self, serve: Serve, proxy: Peer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        origin = serve(saying(answer(DATA)))
        monkeypatch.setenv("http_proxy", f"http://me:pass%40word@127.0.0.1:{proxy.port}")
        assert fetching().fetch(origin.url(host="a.example")).data == DATA
        said = base64.b64encode(b"me:pass@word")
        assert b"\r\nProxy-Authorization: Basic " + said + b"\r\n" in proxy.heads[0]

    def test_the_network_is_reached_when_a_host_answers(self, serve: Serve, client: Client) -> None:
        assert not client.reached
        origin = serve(saying(answer(DATA)))
        client.fetch(origin.url(host="a.example"))
        assert client.reached


class TestTrust:
    """The proxy is trusted as a proxy, and decides about names only."""

    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1",
            "2130706433",
            "0x7f.1",
            "0177.0.0.1",
            "[::ffff:127.0.0.1]",
            "[::1]",
            "localhost",
            "a.localhost",
            "intranet",
            "metadata.google.internal",
        ],
    )
    def test_what_is_not_public_is_refused_before_asking(
        self, serve: Serve, proxy: Peer, client: Client, host: str
    ) -> None:
        origin = serve(saying(redirect(proxy.url("/", host=host))))
        with pytest.raises(Failed, match=r"^private-address"):
            client.fetch(proxy.url("/", host=host))
        with pytest.raises(Failed, match=r"^private-address"):
            client.fetch(proxy.secure_url("/", host=host))
        assert proxy.heads == []
        assert failure(client, origin.url(host="a.example")).outcome is Outcome.PRIVATE_ADDRESS
        assert len(proxy.heads) == 1

    def test_what_the_user_names_may_be_asked(self, serve: Serve, proxy: Peer) -> None:
        origin = serve(saying(answer(DATA)))
        assert (
            fetching(AddressPolicy.allowing("localhost")).fetch(origin.url(host="localhost")).data
        )
        assert fetching(AddressPolicy.allowing("127.0.0.0/8")).fetch(origin.url(host="127.1")).data

    def test_the_proxy_itself_is_not_asked_directly_even_past_itself(
        self, proxy: Peer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        assert failure(fetching(), proxy.url("/")).outcome is Outcome.PRIVATE_ADDRESS
        assert proxy.connections == 0


class TestPastIt:
    """NO_PROXY."""

    def test_what_no_proxy_names_is_asked_directly(
        self, serve: Serve, proxy: Peer, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        origin = serve(saying(answer(DATA)))
        monkeypatch.setenv("NO_PROXY", "127.0.0.0/8")
        assert fetching(AddressPolicy.allowing("127.0.0.0/8")).fetch(origin.url()).data == DATA
        assert proxy.connections == 0
        assert origin.heads[0].startswith(b"GET /x.jpg HTTP/1.1\r\n")


class TestFailures:
    """A proxy that fails is no fault of the URL: each may be asked again."""

    @pytest.mark.parametrize("url", ["http://a.example/x.jpg", "https://a.example/x.jpg"])
    def test_a_proxy_that_wants_a_password_is_named_without_the_one_it_got(
        self, serve: Serve, monkeypatch: pytest.MonkeyPatch, url: str
    ) -> None:
        peer = serve(saying(answer(b"no", status="407 Proxy Authentication Required")))
        monkeypatch.setenv("all_proxy", f"http://me:secret@127.0.0.1:{peer.port}")
        client = fetching()
        failed = failure(client, url)
        assert failed.outcome is Outcome.REFUSED
        assert failed.detail.startswith(f"the proxy 127.0.0.1:{peer.port}: ")
        assert failed.detail.endswith("407 Proxy Authentication Required")
        assert not client.reached

    @pytest.mark.parametrize("url", ["http://a.example/x.jpg", "https://a.example/x.jpg"])
    def test_a_proxy_that_refuses_is_named(self, monkeypatch: pytest.MonkeyPatch, url: str) -> None:
        with socket.create_server(("127.0.0.1", 0)) as closed:
            port = closed.getsockname()[1]
        monkeypatch.setenv("all_proxy", f"http://me:secret@127.0.0.1:{port}")
        failed = failure(fetching(), url)
        assert failed.outcome is Outcome.REFUSED
        assert failed.detail.startswith(f"the proxy 127.0.0.1:{port}: ")
        assert "refused" in failed.detail
        assert "secret" not in failed.detail

    def test_a_proxy_that_does_not_exist_is_no_dead_link(
        self, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def unknown(host: str) -> list[str]:
            raise socket.gaierror(socket.EAI_NONAME, "no such name")

        monkeypatch.setenv("all_proxy", "http://gone.example:3128")
        failed = failure(Client(PUBLIC_ONLY, LIMITS, Resolver(unknown)), "http://a.example/")
        assert failed.outcome is Outcome.REFUSED
        assert failed.detail.startswith("the proxy gone.example:3128: ")

    def test_a_proxy_that_opens_no_tunnel_says_why(
        self, serve: Serve, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        peer = serve(saying(head(status="502 Bad Gateway")))
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{peer.port}")
        failed = failure(fetching(), "https://a.example/x.jpg")
        assert failed.outcome is Outcome.REFUSED
        assert failed.detail.endswith("502 Bad Gateway")

    @pytest.mark.parametrize("url", ["http://a.example/x.jpg", "https://a.example/x.jpg"])
    def test_a_proxy_that_speaks_something_else_is_named(
        self, serve: Serve, monkeypatch: pytest.MonkeyPatch, url: str
    ) -> None:
        port = serve(saying_once(b"\x05\xff no HTTP")).port
        monkeypatch.setenv("all_proxy", f"http://127.0.0.1:{port}")
        failed = failure(fetching(), url)
        assert failed.outcome is Outcome.REFUSED
        assert failed.detail == rf"the proxy 127.0.0.1:{port}: it begins with \x05\xff no HTTP"

    @pytest.mark.parametrize("url", ["http://a.example/x.jpg", "https://a.example/x.jpg"])
    def test_a_proxy_that_is_silent_is_left(
        self, serve: Serve, monkeypatch: pytest.MonkeyPatch, url: str
    ) -> None:
        monkeypatch.setenv("all_proxy", f"127.0.0.1:{serve(lambda talk: talk.wait()).port}")
        started = time.monotonic()
        assert failure(fetching(limits=HASTY), url).outcome is Outcome.SILENT
        assert time.monotonic() - started < HASTY.whole + LEEWAY


class TestHttps:
    """Over CONNECT."""

    @pytest.fixture
    def certificate(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        """Return a key and a certificate for secure.example, which is believed."""
        if not shutil.which("openssl"):
            pytest.skip("openssl makes the certificates, and there is none here")
        file, believed = tmp_path / "both.pem", tmp_path / "believed.pem"
        request = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=practice"
        names = "-addext subjectAltName=DNS:secure.example"
        files = ["-keyout", str(file), "-out", str(believed)]
        run = ["openssl", *request.split(), *names.split(), *files]
        subprocess.run(run, check=True, stderr=subprocess.DEVNULL)
        file.write_bytes(file.read_bytes() + believed.read_bytes())
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(believed))
        return file

    def test_a_tunnel_is_opened_and_serves_many_urls(
        self, serve: Serve, proxy: Peer, certificate: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        origin = serve(over_tls(certificate, saying(answer(DATA))))
        monkeypatch.setenv("https_proxy", f"http://me:secret@127.0.0.1:{proxy.port}")
        client = fetching()
        for number in range(3):
            url = origin.secure_url(f"/{number}.jpg", host="secure.example")
            assert client.fetch(url) == Body(url, DATA)
        client.close()
        assert client.reached
        (connect,) = proxy.heads
        assert connect.startswith(b"CONNECT secure.example:%d HTTP/1." % origin.port)
        assert b"\r\nProxy-Authorization: Basic " in connect
        assert len(origin.heads) == 3
        assert b"Proxy-" not in b"".join(origin.heads)
        assert origin.heads[0].startswith(b"GET /0.jpg HTTP/1.1\r\n")

    def test_the_host_must_prove_who_it_is(
        self, serve: Serve, proxy: Peer, certificate: Path
    ) -> None:
        origin = serve(over_tls(certificate, saying(answer(DATA))))
        failed = failure(fetching(), origin.secure_url(host="other.example"))
        assert failed.outcome is Outcome.BAD_CERTIFICATE

    @pytest.mark.parametrize(
        "said",
        [
            b"HTTP/1.0 200\r\n\r\n",
            b"HTTP/1.1 200 OK\nVia: x\n\n",
            b"HTTP/1.1 200 OK\r\nno colon\r\nX-G\xe9n: 1\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n" + b"X-Debug: y\r\n" * 300 + b"\r\n",
            b"HTTP/1.1 200 OK\r\nX-Debug: " + b"y" * 100_000 + b"\r\n\r\n",
        ],
        ids=["no reason", "LF", "odd lines", "many lines", "a long line"],
    )
    def test_the_head_of_the_answer_to_connect_may_be_odd(
        self, serve: Serve, certificate: Path, monkeypatch: pytest.MonkeyPatch, said: bytes
    ) -> None:
        origin = serve(over_tls(certificate, saying(answer(DATA))))
        monkeypatch.setenv("https_proxy", f"http://127.0.0.1:{serve(forward_after(said)).port}")
        with closing(fetching()) as client:
            assert client.fetch(origin.secure_url(host="secure.example")).data == DATA

    def test_the_limits_hold_in_the_tunnel(
        self, serve: Serve, proxy: Peer, certificate: Path
    ) -> None:
        def stalling(talk: Talk) -> None:
            talk.hear()
            talk.say(head("Content-Length: 9") + b"123")
            talk.wait()

        origin = serve(over_tls(certificate, stalling))
        started = time.monotonic()
        failed = failure(fetching(limits=HASTY), origin.secure_url(host="secure.example"))
        assert failed.outcome is Outcome.STALLED
        assert time.monotonic() - started < HASTY.whole + LEEWAY
