"""The practice web serves pictures in all the ways in which servers do."""

from __future__ import annotations

import gzip
import io
import socket
import struct
import threading
import time
import zlib
from email.utils import parsedate_to_datetime
from urllib.parse import quote

import pytest
from ck_imagenet_practice import PracticeWeb, pictures
from ck_imagenet_practice.redirects import SPELLINGS
from PIL import Image
from raw_client import ask, send, until_closed, wire


def opened(data: bytes) -> Image.Image:
    """Decode a picture to its end."""
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


class TestPictures:
    """What is served."""

    @pytest.mark.parametrize(
        ("name", "mode", "frame"),
        [
            ("good", "RGB", b"\xff\xc0"),
            ("progressive", "RGB", b"\xff\xc2"),
            ("cmyk", "CMYK", b"\xff\xc0"),
            ("grey", "L", b"\xff\xc0"),
        ],
    )
    def test_jpegs_are_of_all_kinds(
        self, web: PracticeWeb, name: str, mode: str, frame: bytes
    ) -> None:
        answer = ask(web.url(0, f"/{name}/1.jpg"))
        assert answer.headers["Content-Type"] == "image/jpeg"
        assert answer.body == pictures.picture(f"/{name}/1.jpg")
        assert opened(answer.body).mode == mode
        assert frame in answer.body[:700]

    def test_bytes_may_follow_the_end(self, web: PracticeWeb) -> None:
        body = ask(web.url(0, "/trailing/1.jpg")).body
        assert body.endswith(b"\xff\xd9\r\n<!-- served by www7 in 0.02 s -->\r\n")
        assert opened(body).format == "JPEG"

    @pytest.mark.parametrize(("extension", "form"), [("png", "PNG"), ("jpg", "JPEG")])
    def test_a_gigapixel_is_a_small_file(self, web: PracticeWeb, extension: str, form: str) -> None:
        body = ask(web.url(0, f"/gigapixel/1.{extension}")).body
        assert len(body) < 1000
        with pytest.raises(Image.DecompressionBombError, match="1073741824 pixels"):
            Image.open(io.BytesIO(body), formats=[form])

    def test_a_png_s_header_has_a_true_checksum(self) -> None:
        body = pictures.gigapixel("1.png")
        assert struct.unpack(">I", body[29:33]) == (zlib.crc32(body[12:29]),)

    def test_a_pixel_is_a_gif(self, web: PracticeWeb) -> None:
        answer = ask(web.url(0, "/pixel/1.gif"))
        assert answer.headers["Content-Type"] == "image/gif"
        assert (opened(answer.body).format, opened(answer.body).size) == ("GIF", (1, 1))

    def test_mirrors_have_one_picture_under_one_name(self, web: PracticeWeb) -> None:
        bodies = {ask(web.url(n, f"/mirror/{n}/tench.jpg")).body for n in range(3)}
        assert bodies == {pictures.picture("/mirror/tench.jpg")}
        assert ask(web.url(0, "/mirror/1/carp.jpg")).body not in bodies

    def test_the_unlisted_placeholder_is_everywhere_the_same(self, web: PracticeWeb) -> None:
        bodies = {ask(web.url(n, f"/unlisted/{n}.jpg")).body for n in range(3)}
        assert bodies == {pictures.unlisted_placeholder()}
        assert opened(bodies.pop()).format == "JPEG"


class TestTransfer:
    """How it is served."""

    def test_a_picture_may_be_called_a_page(self, web: PracticeWeb) -> None:
        answer = ask(web.url(0, "/wrong-type/1.jpg"))
        assert answer.headers["Content-Type"] == "text/html"
        assert answer.body == pictures.picture("/wrong-type/1.jpg")

    @pytest.mark.parametrize(
        ("name", "expected"),
        [
            (
                "unmeasured",
                b"HTTP/1.1 200 OK\r\nContent-Type: image/jpeg\r\nConnection: close",
            ),
            ("http10", b"HTTP/1.0 200 OK\r\nContent-Type: image/jpeg"),
        ],
    )
    def test_a_length_may_be_missing(self, web: PracticeWeb, name: str, expected: bytes) -> None:
        head, body = wire(web.url(0, f"/{name}/1.jpg"))
        assert head == expected
        assert body == pictures.picture(f"/{name}/1.jpg")

    def test_chunks_have_an_extension_and_a_trailer(self, web: PracticeWeb) -> None:
        assert ask(web.url(0, "/chunked/1.jpg")).body == pictures.picture("/chunked/1.jpg")
        head, body = wire(web.url(0, "/chunked/1.jpg"))
        assert b"Content-Length" not in head
        assert body.startswith(b"1f40;part=0\r\n\xff\xd8")
        assert body.endswith(b"\r\n0\r\nX-Parts: all\r\n\r\n")

    def test_gzip_comes_unasked(self, web: PracticeWeb) -> None:
        answer = ask(web.url(0, "/gzip/1.jpg"))
        assert answer.headers["Content-Encoding"] == "gzip"
        assert gzip.decompress(answer.body) == pictures.picture("/gzip/1.jpg")

    @pytest.mark.parametrize("tag", ["noai", "noindex, noai", "ck-imagenet: noimageai", "a/b"])
    def test_robots_are_told_what_the_url_says(self, web: PracticeWeb, tag: str) -> None:
        answer = ask(web.url(0, f"/robots/{quote(tag, safe='')}/1.jpg"))
        assert answer.headers["X-Robots-Tag"] == tag
        assert opened(answer.body).format == "JPEG"

    @pytest.mark.parametrize(
        ("path", "content_type", "beginning"),
        [
            ("/error-page/1.jpg", "text/html", b"<html><head><title>404 Not Found"),
            ("/text/1.jpg", "text/plain", b"Direct linking"),
            ("/svg/1.svg", "image/svg+xml", b"<?xml"),
        ],
    )
    def test_status_200_may_be_a_lie(
        self, web: PracticeWeb, path: str, content_type: str, beginning: bytes
    ) -> None:
        answer = ask(web.url(0, path))
        assert (answer.status, answer.headers["Content-Type"]) == (200, content_type)
        assert answer.body.startswith(beginning)

    def test_garbage_is_no_http(self, web: PracticeWeb) -> None:
        with send(web.url(0, "/garbage/1.jpg")) as connection:
            assert until_closed(connection) == b"SSH-2.0-OpenSSH_5.3\r\n" + bytes(range(256))

    def test_a_head_may_be_of_a_megabyte(self, web: PracticeWeb) -> None:
        head, body = wire(web.url(0, "/big-head/1.jpg"))
        assert 2**20 < len(head) < 2**20 + 5000
        assert body == pictures.picture("/big-head/1.jpg")


class TestStatuses:
    """Who refuses, for how long, and says so or not."""

    @pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 451, 500, 502])
    def test_a_status_is_what_the_url_says(self, web: PracticeWeb, status: int) -> None:
        answers = [ask(web.url(0, f"/status/{status}/1.jpg")) for _ in range(3)]
        assert {answer.status for answer in answers} == {status}
        assert answers[0].headers["Retry-After"] is None

    def test_a_host_may_recover(self, web: PracticeWeb) -> None:
        url = web.url(0, "/status/500/2/1.jpg")
        assert [ask(url).status for _ in range(4)] == [500, 500, 200, 200]
        assert ask(url).body == pictures.picture("/status/500/2/1.jpg")
        assert ask(web.url(1, "/status/500/2/1.jpg")).status == 500, "another host for itself"

    def test_a_host_may_say_when_to_come_again(self, web: PracticeWeb) -> None:
        url = web.url(0, "/status/429/2/after-7/1.jpg")
        answers = [ask(url) for _ in range(3)]
        assert [answer.status for answer in answers] == [429, 429, 200]
        assert [answer.headers["Retry-After"] for answer in answers] == ["7", "7", None]
        assert answers[2].body == pictures.picture("/status/429/2/after-7/1.jpg")

    def test_it_may_say_so_with_a_date(self, web: PracticeWeb) -> None:
        text = ask(web.url(0, "/status/503/always/date-5/1.jpg")).headers["Retry-After"]
        assert text.endswith(" GMT")
        assert 3.5 < parsedate_to_datetime(text).timestamp() - time.time() <= 5

    @pytest.mark.parametrize(
        "path",
        ["/status/1.jpg", "/status/x/1.jpg", "/status/503/1/soon/1.jpg", "/status/503/1///1"],
    )
    def test_what_cannot_be_read_is_told(self, web: PracticeWeb, path: str) -> None:
        answer = ask(web.url(0, path))
        assert (answer.status, answer.body[:13]) == (501, b"write /status")

    def test_a_host_with_a_cap_refuses_who_is_too_many(self, web: PracticeWeb) -> None:
        answers: list[int] = []

        def client(number: int) -> None:
            answers.append(ask(web.url(0, f"/capped/2/{number}.jpg")).status)

        threads = [threading.Thread(target=client, args=(number,)) for number in range(5)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(answers) == [200, 200, 429, 429, 429]
        assert ask(web.url(0, "/capped/2/1.jpg")).body == pictures.picture("/capped/2/1.jpg")

    def test_hosts_count_for_themselves_and_0_seats_are_none(self, web: PracticeWeb) -> None:
        answer = ask(web.url(0, "/capped/0/1.jpg"))
        assert (answer.status, answer.headers["Retry-After"]) == (429, None)
        with send(web.url(0, "/capped/1/1.jpg")):
            assert ask(web.url(1, "/capped/1/1.jpg")).status == 200


class TestRedirects:
    """Where the web sends its clients."""

    @pytest.mark.parametrize(
        ("name", "status", "location"),
        [
            ("moved-aside", 303, b"../good/moved-aside/a.jpg"),
            ("moved-across", 307, b"//HOST/good/moved-across/a.jpg"),
            ("moved-to-spaces", 308, b"/good/my holiday pictures/a.jpg"),
            ("moved-to-latin-1", 302, b"/good/caf\xe9/a.jpg"),
            ("moved-to-utf-8", 302, b"http://HOST/good/caf\xc3\xa9/a.jpg"),
        ],
    )
    def test_locations_are_of_all_kinds(
        self, web: PracticeWeb, name: str, status: int, location: bytes
    ) -> None:
        head, _ = wire(web.url(1, f"/{name}/a.jpg"))
        lines = head.replace(web.hosts[1].encode(), b"HOST").split(b"\r\n")
        assert lines[0].startswith(b"HTTP/1.1 %d " % status)
        assert b"Location: " + location in lines

    def test_hops_are_relative_and_absolute_in_turn(self, web: PracticeWeb) -> None:
        locations = [ask(web.url(0, f"/hops/{n}/a.jpg")).headers["Location"] for n in (3, 2, 1)]
        assert locations == [
            "/hops/2/a.jpg",
            web.url(0, "/hops/1/a.jpg"),
            "/good/hops/a.jpg",
        ]

    def test_a_circle_has_two_ends(self, web: PracticeWeb) -> None:
        assert ask(web.url(0, "/circle/a.jpg")).headers["Location"] == "/circle/back/a.jpg"
        assert ask(web.url(0, "/circle/back/a.jpg")).headers["Location"] == "/circle/a.jpg"

    def test_a_redirect_may_lead_nowhere(self, web: PracticeWeb) -> None:
        answer = ask(web.url(0, "/nowhere/a.jpg"))
        assert (answer.status, answer.headers["Location"]) == (302, None)

    @pytest.mark.parametrize("spelling", sorted(set(SPELLINGS) - {"name"}))
    def test_all_spellings_lead_to_the_forbidden_host(
        self, web: PracticeWeb, spelling: str
    ) -> None:
        location = ask(web.url(0, f"/inside/{spelling}/a.jpg")).headers["Location"]
        host = SPELLINGS[spelling]
        port = web.forbidden.rpartition(":")[2]
        assert location == f"http://{host}:{port}/good/inside.jpg"
        address = host.strip("[]")
        packed = (
            socket.inet_pton(socket.AF_INET6, address)[-4:]
            if ":" in address
            else socket.inet_aton(address)
        )
        assert packed == socket.inet_aton("127.9.9.9")

    @pytest.mark.parametrize("path", ["/hops/a.jpg", "/hops/x/a.jpg", "/inside/a/a.jpg"])
    def test_what_cannot_be_read_is_told(self, web: PracticeWeb, path: str) -> None:
        assert ask(web.url(0, path)).status == 501
