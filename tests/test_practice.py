"""The practice web does exactly what its URLs say, tells the truth about it and leaves nothing."""

from __future__ import annotations

import hashlib
import http.client
import io
import os
import socket
import subprocess
import sys
import threading
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path
from typing import Callable, NamedTuple
from urllib.parse import quote, urljoin, urlsplit

import pytest
from ck_imagenet_practice import CannotListen, Link, PracticeWeb, pictures, world
from ck_imagenet_practice.behaviours import BEHAVIOURS, PLACEHOLDER_PATH, redirecting_to
from ck_imagenet_practice.exchange import decoded_path
from ck_imagenet_practice.service import ENDPOINTS
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, UnidentifiedImageError

PATIENCE = 5.0
PACKAGE = Path(pictures.__file__).parent


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
    target = quote(parts.path.encode("latin-1"), safe="/%,()") + "?" * bool(parts.query)
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


class TestPictures:
    """What the good links show."""

    @pytest.mark.parametrize(
        ("extension", "content_type", "form"),
        [
            ("jpg", "image/jpeg", "JPEG"),
            ("JPEG", "image/jpeg", "JPEG"),
            ("png", "image/png", "PNG"),
            ("gif", "image/gif", "GIF"),
            ("webp", "image/webp", "WEBP"),
            ("bmp", "image/bmp", "BMP"),
        ],
    )
    def test_the_extension_chooses_the_format(
        self, web: PracticeWeb, extension: str, content_type: str, form: str
    ) -> None:
        answer = ask(web.url(0, f"/good/1.{extension}"))
        assert answer.status == 200
        assert answer.headers["Content-Type"] == content_type
        assert answer.headers["Content-Length"] == str(len(answer.body))
        with Image.open(io.BytesIO(answer.body)) as image:
            image.load()
            assert image.format == form
            assert sorted(image.size) in ([375, 500], [333, 500])

    def test_jpegs_are_of_a_photo_s_size_and_no_two_are_alike(self) -> None:
        drawn = [pictures.picture(f"/good/{number}.jpg") for number in range(30)]
        assert len(set(drawn)) == 30
        assert all(55_000 < len(picture) < 115_000 for picture in drawn)

    def test_another_process_draws_the_same_picture(self) -> None:
        program = (
            "import sys, hashlib; from ck_imagenet_practice.pictures import picture;"
            "print(hashlib.sha256(picture('/good/caf\\xe9.jpg')).hexdigest())"
        )
        run = subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
            stdout=subprocess.PIPE,
            check=True,
        )
        here = hashlib.sha256(pictures.picture("/good/caf\xe9.jpg")).hexdigest()
        assert run.stdout.decode().strip() == here


class TestBehaviours:
    """Every name that a URL may begin with."""

    def test_a_slow_picture_takes_its_time(self, web: PracticeWeb) -> None:
        begin = time.monotonic()
        answer = ask(web.url(0, "/slow/0.2/1.jpg"))
        assert 0.2 <= time.monotonic() - begin < 2
        assert answer.body == pictures.picture("/slow/0.2/1.jpg")

    def test_no_time_at_all_is_a_time(self, web: PracticeWeb) -> None:
        assert ask(web.url(0, "/slow/0/1.jpg")).status == 200

    def test_what_is_gone_is_404(self, web: PracticeWeb) -> None:
        answer = ask(web.url(0, "/gone/1.jpg"))
        assert (answer.status, answer.headers["Content-Type"]) == (404, "text/html")

    def test_flickr_redirects_to_its_placeholder(self, web: PracticeWeb) -> None:
        answer = ask(web.url(3, "/flickr/1.jpg"))
        assert answer.status == 302
        assert answer.headers["Location"] == web.url(3, PLACEHOLDER_PATH)
        placeholder = ask(answer.headers["Location"])
        assert (placeholder.status, placeholder.headers["Content-Type"]) == (200, "image/png")
        assert placeholder.body == pictures.placeholder()
        assert ask(web.url(0, "/placeholder/1.jpg")).body == pictures.placeholder()
        with Image.open(io.BytesIO(placeholder.body)) as image:
            assert image.format == "PNG"

    @pytest.mark.parametrize(
        ("name", "content_type"),
        [("parked", "text/html; charset=utf-8"), ("parked-as-jpeg", "image/jpeg")],
    )
    def test_a_parked_domain_answers_with_a_page(
        self, web: PracticeWeb, name: str, content_type: str
    ) -> None:
        answer = ask(web.url(0, f"/{name}/1.jpg"))
        assert (answer.status, answer.headers["Content-Type"]) == (200, content_type)
        assert answer.body.startswith(b"<!DOCTYPE html>")

    def test_a_truncated_body_ends_before_its_content_length(self, web: PracticeWeb) -> None:
        whole = pictures.picture("/truncated/1.jpg")
        with pytest.raises(http.client.IncompleteRead) as caught:
            ask(web.url(0, "/truncated/1.jpg"))
        assert caught.value.partial == whole[: len(whole) // 2]
        assert caught.value.expected == len(whole) - len(whole) // 2

    def test_a_cut_picture_has_the_content_length_of_what_is_left(self, web: PracticeWeb) -> None:
        whole = pictures.picture("/cut/1.jpg")
        answer = ask(web.url(0, "/cut/1.jpg"))
        assert answer.body == whole[: len(whole) // 2]
        assert answer.headers["Content-Length"] == str(len(answer.body))

    def test_a_broken_picture_begins_and_ends_like_a_jpeg(self, web: PracticeWeb) -> None:
        body = ask(web.url(0, "/broken/1.jpg")).body
        assert (body[:3], body[-2:]) == (b"\xff\xd8\xff", b"\xff\xd9")
        with pytest.raises(UnidentifiedImageError):
            Image.open(io.BytesIO(body))

    def test_an_empty_body_is_empty(self, web: PracticeWeb) -> None:
        answer = ask(web.url(0, "/empty/1.jpg"))
        assert (answer.status, answer.headers["Content-Length"], answer.body) == (200, "0", b"")

    @pytest.mark.parametrize(("name", "status"), [("busy", 503), ("limited", 429)])
    def test_a_busy_host_recovers_after_so_many_requests_or_never(
        self, web: PracticeWeb, name: str, status: int
    ) -> None:
        path = f"/{name}/2/1.jpg"
        assert [ask(web.url(0, path)).status for _ in range(4)] == [status, status, 200, 200]
        assert ask(web.url(0, path)).body == pictures.picture(path)
        assert ask(web.url(1, path)).status == status, "another host counts for itself"
        assert {ask(web.url(0, f"/{name}/1.jpg")).status for _ in range(4)} == {status}

    def test_a_busy_host_remembers_when_the_log_is_cleared(self, web: PracticeWeb) -> None:
        assert ask(web.url(0, "/busy/1/1.jpg")).status == 503
        web.requests.clear()
        assert ask(web.url(0, "/busy/1/1.jpg")).status == 200

    def test_silence_lasts_until_the_client_hangs_up(self, web: PracticeWeb) -> None:
        with connect(web.hosts[0], timeout=0.1) as client:
            client.sendall(b"GET /silent/1.jpg HTTP/1.1\r\n\r\n")
            with pytest.raises(socket.timeout):
                client.recv(1)
            assert threads_of(web.hosts[0])
        assert eventually(lambda: not threads_of(web.hosts[0]))

    @pytest.mark.parametrize("kind", ["moved", "moved-absolute"])
    def test_a_picture_that_moved_is_found_elsewhere(self, web: PracticeWeb, kind: str) -> None:
        link = web.link("n01440764", 1, kind, host=2)
        answer = ask(link.url)
        assert answer.status in (301, 302)
        location = answer.headers["Location"]
        assert location.startswith("http://" if kind == "moved-absolute" else "/good/")
        assert ask(urljoin(link.url, location)).body == link.picture()

    def test_a_loop_leads_to_itself(self, web: PracticeWeb) -> None:
        answer = ask(web.url(0, "/loop/1.jpg"))
        assert (answer.status, answer.headers["Location"]) == (302, "/loop/1.jpg")

    @pytest.mark.parametrize(
        "target",
        ["file:///etc/passwd", "http://10.0.0.1/a%20b.jpg?x=1&y#z", "//[::1]:80/", "caf\xe9 1.jpg"],
    )
    def test_a_redirect_may_lead_anywhere(self, web: PracticeWeb, target: str) -> None:
        answer = ask(web.url(0, redirecting_to(target)))
        assert (answer.status, answer.headers["Location"]) == (302, target)

    @pytest.mark.parametrize("path", ["/god/1.jpg", "/", "/slow/1.jpg", "/slow/x/1.jpg", "/to/1"])
    def test_a_url_that_means_nothing_is_told_what_there_is(
        self, web: PracticeWeb, path: str
    ) -> None:
        assert ask(web.url(0, path)).status == 501

    def test_an_unknown_behaviour_is_answered_with_the_known_ones(self, web: PracticeWeb) -> None:
        told = ask(web.url(0, "/god/1.jpg")).body.decode()
        assert told == (f'no behaviour is called "god"; there are {", ".join(sorted(BEHAVIOURS))}')

    @given(st.text(st.characters(max_codepoint=255)))
    def test_any_path_survives_being_percent_encoded(self, path: str) -> None:
        assert decoded_path(quote(path, encoding="latin-1")) == path


class TestConnections:
    """HTTP as the server speaks it, and what it remembers."""

    def test_a_connection_serves_many_requests(self, web: PracticeWeb) -> None:
        with closing(http.client.HTTPConnection(web.hosts[0])) as connection:
            for number in range(3):
                connection.request("GET", f"/good/{number}.jpg")
                assert connection.getresponse().read() == pictures.picture(f"/good/{number}.jpg")
        assert web.connections.made() == web.connections.made(web.hosts[0]) == 1

    @pytest.mark.parametrize(
        "request_head", [b"GET /gone/1 HTTP/1.0", b"GET /gone/1 HTTP/1.1\r\nConnection: Close"]
    )
    def test_a_connection_is_closed_when_the_client_wishes(
        self, web: PracticeWeb, request_head: bytes
    ) -> None:
        with connect(web.hosts[0]) as client:
            client.sendall(request_head + b"\r\n\r\n")
            assert b"\r\nConnection: close\r\n" in until_closed(client)

    def test_http_1_0_may_keep_its_connection(self, web: PracticeWeb) -> None:
        with connect(web.hosts[0]) as client:
            for _ in range(2):
                client.sendall(b"GET /empty/1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n")
                assert b"\r\nConnection: keep-alive\r\n" in client.recv(65536)

    def test_a_request_may_come_in_pieces(self, web: PracticeWeb) -> None:
        with connect(web.hosts[0]) as client:
            for piece in (b"GET /gone/1 HT", b"TP/1.0\r", b"\n\r", b"\n"):
                client.sendall(piece)
                time.sleep(0.01)
            assert until_closed(client).startswith(b"HTTP/1.1 404 Not Found\r\n")

    @pytest.mark.parametrize("garbage", [b"hello\r\n\r\n", b"\x16\x03\x01\r\n\r\n", b"x" * 70000])
    def test_what_is_no_request_is_hung_up_on(self, web: PracticeWeb, garbage: bytes) -> None:
        with connect(web.hosts[0]) as client:
            client.sendall(garbage)
            with suppress(ConnectionResetError):  # of bytes that nobody had read yet
                assert until_closed(client) == b""
        assert len(web.requests) == 0

    def test_requests_are_remembered_with_their_headers(self, web: PracticeWeb) -> None:
        with connect(web.hosts[1]) as client:
            client.sendall(b"GET /gone/a%20b?c HTTP/1.0\r\nUser-Agent: tester/1\r\n\r\n")
            until_closed(client)
        (asked,) = web.requests.all()
        assert (asked.host, asked.path) == (web.hosts[1], "/gone/a b")
        assert asked.headers == {"user-agent": "tester/1"}
        assert asked.when <= time.monotonic()

    def test_requests_are_counted_until_cleared(self, web: PracticeWeb) -> None:
        for path in ("/gone/1", "/gone/2", "/gone/1"):
            ask(web.url(0, path))
        expected = {(web.hosts[0], "/gone/1"): 2, (web.hosts[0], "/gone/2"): 1}
        assert web.requests.counts() == expected
        web.requests.clear()
        assert web.requests.all() == []

    def test_requests_can_be_waited_for(self, web: PracticeWeb) -> None:
        with connect(web.hosts[0]) as client:
            client.sendall(b"GET /silent/1 HTTP/1.1\r\n\r\n")
            assert [asked.path for asked in web.requests.wait_for(1)] == ["/silent/1"]
        with pytest.raises(TimeoutError, match=r"1 requests of 2 in 0\.01 s"):
            web.requests.wait_for(2, timeout=0.01)

    def test_a_connection_that_waits_delays_no_other(self, web: PracticeWeb) -> None:
        with connect(web.hosts[0]) as waiting:
            waiting.sendall(b"GET /slow/60/1 HTTP/1.1\r\n\r\n")
            web.requests.wait_for(1)
            assert ask(web.url(0, "/gone/1"), timeout=1).status == 404

    def test_the_most_connections_held_at_once_are_counted_by_host(self, web: PracticeWeb) -> None:
        clients = [connect(web.hosts[0]) for _ in range(3)]
        for client in clients:
            client.sendall(b"GET /empty/1 HTTP/1.1\r\n\r\n")
            client.recv(65536)
        for client in clients:
            client.close()
        ask(web.url(1, "/gone/1"))
        assert [web.connections.most(host) for host in web.hosts[:3]] == [3, 1, 0]

    def test_one_connection_after_another_never_counts_as_two(self, web: PracticeWeb) -> None:
        for _ in range(100):
            ask(web.url(0, "/empty/1"))
        assert web.connections.most(web.hosts[0]) == 1
        assert web.connections.made() == 100


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
        assert time.monotonic() - begin < 1
        assert threads_of() == []
        for client in clients:
            until_closed(client)
            client.close()
        assert open_files() == before
        with pytest.raises(ConnectionRefusedError):
            connect(web.hosts[0])

    def test_a_client_that_does_not_read_cannot_hold_the_server(self) -> None:
        with PracticeWeb() as web:
            client = connect(web.hosts[0])
            client.sendall(b"GET /good/1.bmp HTTP/1.1\r\n\r\n" * 100)
            web.requests.wait_for(1)
        client.close()
        assert threads_of() == []


def open_files() -> int | None:
    """Return how many files and sockets this process has open, where that can be known."""
    folder = Path("/proc/self/fd")
    return len(list(folder.iterdir())) if folder.exists() else None


class TestService:
    """image-net.org's list service."""

    LINKS = (
        Link("n01440764_9981", "http://127.0.0.2:80/good/a b,c.jpg", "good"),
        Link("n01440764_12", "http://127.0.0.2:80/gone/caf\xe9.jpg", "gone"),
    )

    @pytest.mark.parametrize("endpoint", ["newer-urls", "older-urls"])
    def test_urls_come_one_a_line(self, web: PracticeWeb, endpoint: str) -> None:
        web.set_links("n01440764", self.LINKS)
        answer = ask(f"{web.service}{ENDPOINTS[endpoint]}?wnid=n01440764")
        assert answer.status == 200
        assert answer.body == (
            b"http://127.0.0.2:80/good/a b,c.jpg\r\nhttp://127.0.0.2:80/gone/caf\xe9.jpg\r\n"
        )

    @pytest.mark.parametrize("endpoint", ["newer-mapping", "older-mapping"])
    def test_a_mapping_has_the_names(self, web: PracticeWeb, endpoint: str) -> None:
        web.set_links("n01440764", self.LINKS)
        assert ask(f"{web.service}{ENDPOINTS[endpoint]}?wnid=n01440764").body == (
            b"n01440764_9981 http://127.0.0.2:80/good/a b,c.jpg\r\n"
            b"n01440764_12 http://127.0.0.2:80/gone/caf\xe9.jpg\r\n"
        )

    def test_the_world_is_what_is_listed(self, web: PracticeWeb) -> None:
        for wnid in world.SYNSETS:
            body = ask(f"{web.service}{ENDPOINTS['newer-urls']}?wnid={wnid}").body
            assert body.decode("latin-1").split("\r\n")[:-1] == [
                link.url for link in web.links(wnid)
            ]

    @pytest.mark.parametrize("endpoint", ENDPOINTS)
    def test_errors_have_status_200(self, web: PracticeWeb, endpoint: str) -> None:
        web.set_links("n00007846", [])
        for wnid, text in (
            ("n99999999", b"Invalid url!"),
            ("", b"Invalid url!"),
            ("n00007846", b"The synset is not ready yet. Please stay tuned!"),
        ):
            answer = ask(f"{web.service}{ENDPOINTS[endpoint]}?wnid={wnid}")
            assert (answer.status, answer.body) == (200, text)

    @pytest.mark.parametrize(
        ("dead", "status", "beginning"),
        [
            ("missing", 404, b"Not Found"),
            ("page", 200, b"<!DOCTYPE html>"),
            ("invalid", 200, b"Invalid url!"),
            ("not-ready", 200, b"The synset is not ready yet"),
        ],
    )
    def test_a_dead_endpoint_answers_as_told(
        self, dead: str, status: int, beginning: bytes
    ) -> None:
        with PracticeWeb(alive={"older-urls"}, dead=dead) as web:
            for name, path in ENDPOINTS.items():
                answer = ask(f"{web.service}{path}?wnid=n01440764")
                if name == "older-urls":
                    assert answer.body.startswith(b"http://")
                else:
                    assert answer.status == status
                    assert answer.body.startswith(beginning)

    def test_a_dead_endpoint_may_answer_nothing(self) -> None:
        address = ENDPOINTS["newer-urls"] + "?wnid=n01440764"
        with PracticeWeb(alive=(), dead="empty") as web:
            assert ask(web.service + address).body == b""

    def test_a_dead_endpoint_may_hang_up(self) -> None:
        with PracticeWeb(alive=(), dead="hang-up") as web:
            address = web.service + ENDPOINTS["newer-urls"]
            with pytest.raises(http.client.RemoteDisconnected):
                ask(address)

    def test_the_service_shows_no_pictures(self, web: PracticeWeb) -> None:
        assert ask(web.service + "/good/1.jpg").status == 404

    def test_a_misspelt_endpoint_is_refused(self) -> None:
        with pytest.raises(ValueError, match=r"^newer: endpoints are newer-urls, "):
            PracticeWeb(alive={"newer"})


class TestWorld:
    """The links and the truth about them."""

    @staticmethod
    def drawn(seed: int = 1, port: int = 80, mix: dict[str, int] | None = None) -> list[Link]:
        hosts = [f"127.0.0.{number}:{port}" for number in range(2, 10)]
        return world.draw("n01440764", seed, hosts, f"127.0.0.10:{port}", mix or world.MIX)

    def test_a_seed_is_a_world_whatever_the_port(self) -> None:
        assert self.drawn() == self.drawn()
        assert self.drawn() != self.drawn(seed=2)
        moved = [link._replace(url=link.url.replace(":80/", ":81/")) for link in self.drawn()]
        assert self.drawn(port=81) == moved

    def test_the_mix_is_kept_exactly(self) -> None:
        links = self.drawn()
        assert Counter(link.kind for link in links) == world.MIX
        assert (len(links), sum(link.obtainable for link in links)) == (30, 18)

    def test_numbers_are_distinct_with_gaps_and_a_famous_one(self) -> None:
        numbers = [int(link.name.partition("_")[2]) for link in self.drawn()]
        assert numbers == sorted(set(numbers))
        assert 9981 in numbers
        assert numbers[-1] - numbers[0] > 1000

    def test_every_kind_of_failure_has_one_host(self) -> None:
        links = self.drawn(mix={"gone": 5, "cut": 5, "refused": 5})
        hosts = {kind: {link.host for link in links if link.kind == kind} for kind in world.KINDS}
        assert [len(hosts[kind]) for kind in ("gone", "cut")] == [1, 1]
        assert hosts["refused"] == {"127.0.0.10:80"}

    def test_urls_are_as_awkward_as_in_reality(self) -> None:
        urls = [link.url for link in self.drawn() if link.obtainable]
        for oddity in (",", "%20", " ", "\xe9"):
            assert [url for url in urls if oddity in url], oddity

    def test_the_truth_is_what_a_patient_client_finds(self) -> None:
        with PracticeWeb(mix=world.EVERY_KIND) as web:
            links = [link for wnid in world.SYNSETS for link in web.links(wnid)]
            assert {link.kind for link in links} == set(world.KINDS)
            found = {link: patiently(link.url) for link in links}
        shown = [picture for picture in found.values() if picture]
        assert len(shown) == len(set(shown))
        assert found == {link: link.picture() if link.obtainable else None for link in links}

    def test_a_test_may_add_links(self, web: PracticeWeb) -> None:
        link = web.link("n01440764", 5, "gone", host=3)
        assert link == Link("n01440764_5", web.url(3, "/gone/n01440764-5.jpg"), "gone")
        web.set_links("n01440764", [*web.links("n01440764"), link])
        assert web.links("n01440764")[-1] == link
        assert len(web.links("n01440764")) == 31
        assert web.link("n01440764", 6, "refused").host == web.refusing
        assert web.links("n00000001") == []


def patiently(url: str) -> bytes | None:
    """Return the picture that a URL leads to, following and retrying a little; None if none."""
    for _ in range(3):
        try:
            answer = ask(url, timeout=0.5)
        except (OSError, http.client.HTTPException):
            return None
        if answer.status in (301, 302):
            url = urljoin(url, answer.headers["Location"])
        elif answer.status == 200:
            return answer.body if is_picture(answer.body) else None
    return None


def is_picture(data: bytes) -> bool:
    """Say whether the bytes decode to their end and are not the placeholder."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
    except OSError:
        return False
    return data != pictures.placeholder()


def test_the_environment_points_a_client_at_the_web(web: PracticeWeb) -> None:
    assert web.environment() == {
        "CK_IMAGENET_SERVICE": web.service,
        "CK_IMAGENET_ALLOW_PRIVATE": "127.0.0.0/8",
    }


def test_the_practice_web_needs_nothing_of_the_library() -> None:
    """So that it can judge the library from outside."""
    program = "import sys, ck_imagenet_practice; print(*sorted(sys.modules))"
    run = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONPATH": str(PACKAGE.parent)},
        stdout=subprocess.PIPE,
        check=True,
    )
    loaded = {name.partition(".")[0] for name in run.stdout.decode().split()}
    assert "ck_imagenet_practice" in loaded
    assert not loaded & {"ck_imagenet", "requests", "ck"}
