"""The practice web does exactly what its URLs say."""

from __future__ import annotations

import http.client
import io
import socket
import time
from pathlib import Path
from urllib.parse import quote, urljoin

import pytest
from ck_imagenet_practice import PracticeWeb, pictures
from ck_imagenet_practice.behaviours import BEHAVIOURS, PLACEHOLDER_PATH, redirecting_to
from ck_imagenet_practice.exchange import decoded_path
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, UnidentifiedImageError
from raw_client import ask, connect, eventually, threads_of

PACKAGE = Path(pictures.__file__).parent


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
