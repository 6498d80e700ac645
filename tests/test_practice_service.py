"""The practice web plays image-net.org's list service."""

from __future__ import annotations

import http.client
from pathlib import Path

import pytest
from ck_imagenet_practice import Link, PracticeWeb, pictures, world
from ck_imagenet_practice.service import ENDPOINTS
from raw_client import ask

PACKAGE = Path(pictures.__file__).parent


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

    def test_each_dead_endpoint_may_answer_in_its_own_way(self) -> None:
        dead = {"newer-urls": "not-ready", "older-urls": "missing"}
        with PracticeWeb(alive=(), dead=dead) as web:
            paths = (ENDPOINTS["newer-urls"], ENDPOINTS["older-urls"])
            statuses = [ask(f"{web.service}{path}?wnid=n01440764").status for path in paths]
        assert statuses == [200, 404]

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
