"""Where the practice web listens, and that it leaves nothing."""

from __future__ import annotations

import gc
import http.client
import socket
import ssl
import sys
import time
from contextlib import closing, suppress
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Iterator
from urllib.parse import urlsplit

import pytest
from ck_imagenet_practice import CannotListen, PracticeWeb, pictures
from ck_imagenet_practice.service import ENDPOINTS
from raw_client import ask, connect, eventually, threads_of, until_closed

PACKAGE = Path(pictures.__file__).parent


class TestPlaces:
    """Where the web listens, and that it leaves."""

    def test_hosts_are_addresses_of_one_port(self, web: PracticeWeb) -> None:
        port = urlsplit(web.service).port
        assert web.service == f"http://127.0.0.1:{port}"
        assert web.hosts == [f"127.0.0.{number}:{port}" for number in range(2, 10)]
        assert web.refusing == f"127.0.0.10:{port}"

    def test_hosts_are_ports_where_there_is_one_address(self) -> None:
        with PracticeWeb(one_address=True) as web:
            port = urlsplit(web.service).port
            assert port
            assert web.hosts == [f"127.0.0.1:{port + number}" for number in range(1, 9)]
            assert {ask(web.url(host, "/gone/1")).status for host in range(8)} == {404}
            assert ask(web.service + ENDPOINTS["newer-urls"] + "?wnid=n1").body == b"Invalid url!"
            with pytest.raises(ConnectionRefusedError):
                connect(web.refusing)

    def test_there_may_be_many_hosts(self) -> None:
        with PracticeWeb(hosts=40) as web:
            assert len({ask(web.url(host, "/good/1.jpg")).body for host in range(40)}) == 1

    @pytest.mark.parametrize("one_address", [False, True])
    def test_the_refusing_host_refuses_and_cannot_be_taken(self, one_address: bool) -> None:
        with PracticeWeb(one_address=one_address) as web:
            with pytest.raises(ConnectionRefusedError):
                connect(web.refusing)
            address, _, port = web.refusing.partition(":")
            with socket.socket() as other:
                other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                with pytest.raises(OSError, match="in use"):
                    other.bind((address, int(port)))

    @pytest.mark.parametrize("one_address", [False, True])
    def test_a_port_can_be_had_again_at_once(self, one_address: bool) -> None:
        hosts = []
        port = 0
        for _ in range(3):
            with PracticeWeb(port, one_address=one_address) as web:
                port = urlsplit(web.service).port or 0
                hosts.append(web.hosts)
                with suppress(http.client.IncompleteRead):
                    ask(web.url(0, "/truncated/1.jpg"))  # the server is the first to close
        assert hosts[0] == hosts[1] == hosts[2]

    def test_a_taken_port_is_named(self, web: PracticeWeb) -> None:
        port = urlsplit(web.service).port or 0
        with pytest.raises(CannotListen) as caught:
            PracticeWeb(port)
        assert str(caught.value) == (
            f"the practice web cannot listen on {web.refusing} (Address already in use): "
            "end the program that uses the port, or choose another"
        )

    @pytest.mark.parametrize("port", [65536, 70000])
    def test_a_port_that_cannot_be_is_refused(self, port: int) -> None:
        with pytest.raises(CannotListen, match="no such port"):
            PracticeWeb(port)

    def test_nothing_is_left_after_stopping(self) -> None:
        """Idle, silent, slow and stuck connections all end, and at once."""
        before = open_files()
        with PracticeWeb() as web:
            clients = [connect(web.hosts[n % 8]) for n in range(12)]
            for client, path in zip(clients, ("silent/1", "slow/60/1", "gone/1") * 3):
                client.sendall(f"GET /{path} HTTP/1.1\r\n\r\n".encode())
            web.requests.wait_for(9)
            assert eventually(lambda: web.connections.made() == 12)
            begin = time.monotonic()
        assert time.monotonic() - begin < 10
        assert threads_of() == []
        for client in clients:
            until_closed(client)
            client.close()
        assert open_files() <= before
        with pytest.raises(ConnectionRefusedError):
            connect(web.hosts[0])

    def test_a_client_that_does_not_read_cannot_hold_the_server(self) -> None:
        with PracticeWeb() as web:
            client = connect(web.hosts[0])
            client.sendall(b"GET /good/1.bmp HTTP/1.1\r\n\r\n" * 100)
            web.requests.wait_for(1)
        client.close()
        assert threads_of() == []


def open_files() -> int:
    """Return how many files and sockets this process has open, 0 where that cannot be known."""
    gc.collect()  # what earlier tests have let go of is none of this one's
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else 0


class TestDropping:
    """Hosts that drop SYNs."""

    @pytest.mark.skipif(sys.platform != "linux", reason="only Linux is known to drop them")
    def test_who_connects_hears_nothing(self) -> None:
        with PracticeWeb(mix={"good": 1, "dropped": 2}) as web:
            hosts = [link.host for link in web.links("n01440764") if link.kind == "dropped"]
            assert hosts == web.own["dropped"]
            for host in hosts * 2:
                with pytest.raises(socket.timeout):
                    connect(host, timeout=0.2)
            assert ask(web.url(0, "/gone/1")).status == 404

    def test_nothing_is_left_of_them(self) -> None:
        before = open_files()
        with PracticeWeb(mix={"dropped": 2, "tls": 1, "tls-self-signed": 1, "lone": 20}):
            pass
        assert open_files() <= before


class TestForbidden:
    """The host that may not be asked."""

    def test_it_counts_who_comes_all_the_same(self, web: PracticeWeb) -> None:
        assert web.forbidden == f"127.9.9.9:{urlsplit(web.service).port}"
        assert ask(web.url(0, "/inside/dotted/1.jpg")).status == 302
        assert web.connections.made(web.forbidden) == 0
        assert ask(f"http://{web.forbidden}/good/inside.jpg").status == 200
        assert web.connections.made(web.forbidden) == 1

    def test_the_narrower_networks_leave_it_out(self) -> None:
        with PracticeWeb(hosts=300, mix={"good": 1, "inside": 1, "black-hole": 1}) as web:
            allowed = ip_network(web.allow_hosts)
            inside, *others = [
                ip_address(host.partition(":")[0])
                for host in (web.forbidden, web.refusing, *web.hosts, *web.own["black-hole"])
            ]
            assert inside in ip_network(web.allow_private)
            assert inside not in allowed
            assert all(other in allowed for other in others)
            assert web.own["inside"] == [web.forbidden]

    def test_where_loopback_has_one_address_nobody_listens(self) -> None:
        with PracticeWeb(one_address=True) as web:
            assert web.forbidden == f"127.9.9.9:{web.hosts[0].partition(':')[2]}"
            with pytest.raises(OSError, match=r"refused|timed out|unreachable|assign"):
                connect(web.forbidden, timeout=0.2)


@pytest.fixture
def secure() -> Iterator[PracticeWeb]:
    """A web with a TLS host of each kind."""
    mix = dict.fromkeys(("tls", "tls-wrong-name", "tls-expired", "tls-self-signed"), 1)
    with PracticeWeb(mix=mix) as web:
        yield web


class TestTLS:
    """Hosts that speak TLS."""

    @staticmethod
    def fetch(web: PracticeWeb, kind: str) -> bytes:
        link = web.link("n01440764", 1, kind)
        context = ssl.create_default_context(cafile=web.authority)
        with closing(
            http.client.HTTPSConnection(link.host, timeout=5, context=context)
        ) as connection:
            connection.request("GET", link.path)
            body = connection.getresponse().read()
            assert body == link.picture()
            return body

    def test_the_authority_makes_the_good_one_good(self, secure: PracticeWeb) -> None:
        assert self.fetch(secure, "tls")
        assert all(link.url.startswith("https://") for link in secure.links("n01440764"))

    @pytest.mark.parametrize(
        ("kind", "reason"),
        [
            ("tls-wrong-name", "IP address mismatch"),
            ("tls-expired", "certificate has expired"),
            ("tls-self-signed", "self.signed certificate"),
        ],
    )
    def test_each_bad_one_is_bad_for_its_own_reason(
        self, secure: PracticeWeb, kind: str, reason: str
    ) -> None:
        with pytest.raises(ssl.SSLCertVerificationError, match=reason):
            self.fetch(secure, kind)

    def test_who_does_not_trust_the_authority_gets_nothing(self, secure: PracticeWeb) -> None:
        (host,) = secure.own["tls"]
        with pytest.raises(ssl.SSLCertVerificationError), connect(host) as plain:
            ssl.create_default_context().wrap_socket(plain, server_hostname="127.0.0.1")

    def test_the_file_goes_with_the_web(self) -> None:
        with PracticeWeb(mix={"tls": 1}) as web:
            authority = Path(web.authority)
            assert authority.is_file()
        assert not authority.parent.exists()

    def test_a_stuck_handshake_holds_nobody(self) -> None:
        with PracticeWeb(mix={"tls": 1}) as web:
            (host,) = web.own["tls"]
            stuck = connect(host)
            assert eventually(lambda: web.connections.made(host) == 1)
            assert self.fetch(web, "tls")
        stuck.close()
        assert threads_of() == []

    def test_without_tls_there_is_no_authority(self, web: PracticeWeb) -> None:
        assert web.authority == ""


class TestNames:
    """Hosts that have names, which no resolver is asked for."""

    def test_what_names_stand_for(self, web: PracticeWeb) -> None:
        refusing = web.refusing.partition(":")[0]
        assert web.resolve.startswith(
            "good.practice:127.0.0.2,xn--bcher-kva.practice:127.0.0.2,farm1.static.flickr.com:127.0.0.2,"
        )
        assert web.resolve.endswith(
            ",half-inside.practice:127.9.9.9,half-inside.practice:127.0.0.2,"
            f"half-dead.practice:{refusing},half-dead.practice:127.0.0.2,nowhere.practice:none,"
            "slow.practice:slow:15,inside.practice:127.9.9.9,*:none"
        )

    def test_links_carry_the_port_of_the_first_host(self, web: PracticeWeb) -> None:
        port = web.hosts[0].partition(":")[2]
        assert web.link("n01440764", 1, "named").host == f"good.practice:{port}"
        assert web.link("n01440764", 1, "no-such-host").host == f"nowhere.practice:{port}"
        assert web.link("n01440764", 1, "bad-url").host == f"two words.practice:{port}"


def seconds_until_answered(url: str) -> float:
    begin = time.monotonic()
    ask(url)
    return time.monotonic() - begin


class TestLatency:
    """Hosts that are far away."""

    def test_every_answer_is_as_late_as_its_path_says(self) -> None:
        with PracticeWeb(latency=(0.1, 0.3)) as web:
            for path in ("/gone/1", "/gone/2"):
                late = [seconds_until_answered(web.url(0, path)) for _ in range(4)]
                # The soonest, since a busy machine adds to each.
                assert 0 <= min(late) - web.lateness(path) < 0.1
            late = [web.lateness(f"/good/{number}.jpg") for number in range(1000)]
        assert 0.1 <= min(late) < 0.11
        assert 0.29 < max(late) < 0.3
        assert web.lateness("/good/caf\xe9.jpg") == web.lateness("/good/caf\xe9.jpg")

    def test_the_service_is_near(self) -> None:
        with PracticeWeb(latency=(5, 5)) as web:
            assert ask(web.service + ENDPOINTS["newer-urls"], timeout=4).status == 200
