"""The practice web speaks HTTP, remembers what it was asked, and needs no library."""

from __future__ import annotations

import hashlib
import http.client
import io
import os
import subprocess
import sys
import time
from collections import Counter
from contextlib import closing, suppress
from pathlib import Path

import pytest
from ck_imagenet.catalogue import synsets
from ck_imagenet.gallery.thumbnails import alike, difference_hash
from ck_imagenet_practice import PracticeWeb, drawings, pictures
from ck_imagenet_practice.subjects import SUBJECTS
from PIL import Image
from raw_client import ask, connect, until_closed

DOG, FISH, BIRD = "n02084071", "n02512053", "n01503061"
FLOWER, ARTIFACT = "n11669921", "n00021939"

PACKAGE = Path(pictures.__file__).parent


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

    def test_a_picture_shows_what_its_synset_is(self) -> None:
        """WordNet says what is below what; its numbers, by which drawings go, say it too."""
        catalogue = synsets.load()
        shown = {
            root: Counter(drawings.subject(wnid) for wnid in catalogue.under(root))
            for root in (DOG, FISH, BIRD, FLOWER, ARTIFACT)
        }
        assert shown[DOG] == {"dog": 190}
        commonest = {root: found.most_common(1)[0] for root, found in shown.items()}
        assert commonest[FISH][0] == "fish"
        assert commonest[BIRD][0] == "bird"
        assert commonest[FLOWER][0] == "flower"
        assert commonest[ARTIFACT][0] == "machine"
        for root, (_, count) in commonest.items():
            assert count > 0.97 * sum(shown[root].values()), root

    @pytest.mark.parametrize("subject", SUBJECTS)
    def test_every_subject_can_be_drawn_and_no_two_drawings_are_taken_for_one(
        self, subject: str
    ) -> None:
        wnid = next(f"n{first:08}" for first, name in drawings.KINDS if name == subject)
        shown = [
            Image.open(io.BytesIO(pictures.picture(f"/good/{wnid}-{number}.jpg")))
            for number in range(20)
        ]
        assert alike(dict(enumerate(map(difference_hash, shown)))) == []

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

    @pytest.mark.parametrize("garbage", [b"hello\r\n\r\n", b"\x80\x03\x01\r\n\r\n", b"x" * 70000])
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


def test_the_environment_points_a_client_at_the_web(web: PracticeWeb) -> None:
    assert web.environment() == {
        "CK_IMAGENET_SERVICE": web.service,
        "CK_IMAGENET_WAYBACK_SERVICE": web.wayback,
        "CK_IMAGENET_WINTER21": f"{web.service}/data/winter21_whole/{{wnid}}.tar",
        "CK_IMAGENET_ARCHIVE_SHA1": web.all_urls_sha1(),
        "CK_IMAGENET_ALLOW_PRIVATE": "127.0.0.0/8",
    }


def test_strict_settings_come_with_kinds_that_need_them(web: PracticeWeb) -> None:
    strict = {
        "CK_IMAGENET_SERVICE": web.service,
        "CK_IMAGENET_WAYBACK_SERVICE": web.wayback,
        "CK_IMAGENET_WINTER21": web.tar_address(),
        "CK_IMAGENET_ARCHIVE_SHA1": web.all_urls_sha1(),
        "CK_IMAGENET_ALLOW_PRIVATE": "127.0.0.0/16",
        "CK_IMAGENET_RESOLVE": web.resolve,
    }
    assert web.strict_environment() == strict
    for kind in ("inside-octal", "to-metadata", "no-such-host"):
        with PracticeWeb(mix={kind: 1}) as other:
            assert other.environment() == other.strict_environment()
    with PracticeWeb(mix={"tls": 1}) as other:
        assert other.environment()["REQUESTS_CA_BUNDLE"] == other.authority


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
    assert not loaded & {"ck_imagenet", "requests", "ck", "trustme", "cryptography"}
