"""Cookies and credentials: which hosts of a request get them."""

from __future__ import annotations

import base64
import re
from typing import Iterator

import pytest
from ck_imagenet.core.outcomes import Failed, Outcome
from ck_imagenet.http.address_policy import AddressPolicy
from ck_imagenet.http.client import Client
from ck_imagenet.http.request_state import MOST_REDIRECTS, RequestState
from ck_imagenet.http.resolver import Resolver
from peer import Peer, Serve, answer, redirect, saying, serving

DATA = bytes(range(256))
BASIC = f"Basic {base64.b64encode(b'me:sec ret').decode()}"


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start hosts, which end with the test."""
    with serving() as start:
        yield start


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    """Have a client for which every name is this machine's."""
    monkeypatch.setenv("no_proxy", "*")
    client = Client(
        AddressPolicy.allowing("127.0.0.0/8"), resolver=Resolver(lambda _: ["127.0.0.1"])
    )
    yield client
    client.close()


def setting(location: str, *cookies: str, status: str = "302 Found") -> bytes:
    """Return a redirect that sets cookies."""
    lines = [f"Set-Cookie: {cookie}" for cookie in cookies]
    return answer(b"", f"Location: {location}", *lines, status=status)


def told(peer: Peer, header: str) -> list[str]:
    """Return what each request to a host said in a header, nothing if it was not there."""
    heads = [head.decode("latin-1") for head in peer.heads]
    found = [re.findall(f"\r\n{header}: (.*)\r\n", head) for head in heads]
    return ["".join(values) for values in found]


def failure(client: Client, url: str) -> Failed:
    """Return what fetching fails with."""
    with pytest.raises(Failed) as failed:
        client.fetch(url)
    return failed.value


class TestCookies:
    """What hosts set is told to them until the link is settled."""

    def test_a_redirect_to_itself_that_sets_a_cookie_leads_to_the_picture(
        self, serve: Serve, client: Client
    ) -> None:
        peer = serve(saying(setting("/x.jpg", "a=b", "c=d; path=/"), answer(DATA)))
        assert client.fetch(peer.url()).data == DATA
        assert told(peer, "Cookie") == ["", "a=b; c=d"]

    def test_it_is_a_circle_when_nothing_new_is_set(self, serve: Serve, client: Client) -> None:
        peer = serve(saying(setting("/x.jpg", "a=b; max-age=9")))
        failed = failure(client, peer.url())
        assert (failed.outcome, failed.detail) == (
            Outcome.REDIRECTS,
            f"in a circle: {peer.url()}",
        )
        assert told(peer, "Cookie") == ["", "a=b"]

    def test_who_sets_something_new_for_ever_is_left_as_browsers_leave_him(
        self, serve: Serve, client: Client
    ) -> None:
        peer = serve(saying(*(setting("/x.jpg", f"a={n}") for n in range(99))))
        assert failure(client, peer.url()).detail.startswith(f"more than {MOST_REDIRECTS}, ")
        assert len(peer.heads) == MOST_REDIRECTS + 1

    def test_a_way_back_is_none_if_somebody_has_set_something_new_on_it(
        self, serve: Serve, client: Client
    ) -> None:
        first = serve(lambda talk: saying(*back)(talk))
        other = serve(saying(setting(first.url(), "seen=1"), answer(DATA)))
        back = [redirect(other.url("/y.jpg", "other.example"))]
        assert client.fetch(first.url()).data == DATA
        assert told(first, "Cookie") == ["", ""]
        assert told(other, "Cookie") == ["", "seen=1"]

    def test_nobody_else_is_told(self, serve: Serve, client: Client) -> None:
        other = serve(saying(answer(DATA)))
        location = other.url(host="b.example")
        first = serve(
            saying(setting(location, "a=b", "c=d; domain=b.example", "e=f; domain=example"))
        )
        assert client.fetch(first.url(host="a.example")).data == DATA
        assert told(other, "Cookie") == [""]

    def test_nothing_is_kept_for_another_link(self, serve: Serve, client: Client) -> None:
        peer = serve(saying(setting("/y.jpg", "a=b; path=/"), answer(DATA)))
        client.fetch(peer.url())
        client.fetch(peer.url("/z.jpg"))
        assert told(peer, "Cookie") == ["", "a=b", ""]

    def test_who_asks_to_come_later_is_told_what_he_has_set(
        self, serve: Serve, client: Client
    ) -> None:
        busy = answer(b"", "Set-Cookie: a=b", status="429 Too Many Requests")
        peer = serve(saying(busy, answer(DATA)))
        state = RequestState(peer.url())
        with pytest.raises(Failed, match=r"^busy"):
            client.ask(state)
        body = client.ask(state)
        assert body
        assert body.data == DATA
        assert told(peer, "Cookie") == ["", "a=b"]


class TestCredentials:
    """User and password in a URL."""

    def test_they_are_told_to_the_host_alone(self, serve: Serve, client: Client) -> None:
        peer = serve(saying(answer(DATA)))
        url = peer.url().replace("//", "//me:sec%20ret@")
        assert client.fetch(url).url == peer.url()
        assert told(peer, "Authorization") == [BASIC]
        assert client.fetch(peer.url()).data == DATA
        assert told(peer, "Authorization") == [BASIC, ""]

    def test_redirects_on_the_host_keep_them(self, serve: Serve, client: Client) -> None:
        peer = serve(lambda talk: saying(*answers)(talk))
        answers = [redirect("y.jpg"), redirect(peer.url("/z.jpg")), answer(DATA)]
        assert client.fetch(peer.url().replace("//", "//me:sec%20ret@")).data == DATA
        assert told(peer, "Authorization") == [BASIC] * 3

    @pytest.mark.parametrize("host", ["127.0.0.1", "other.example"])
    def test_no_other_host_or_port_is_told(self, serve: Serve, client: Client, host: str) -> None:
        first = serve(lambda talk: saying(*answers)(talk))
        other = serve(saying(redirect(first.url("/back.jpg"))))
        answers = [redirect(other.url(host=host)), answer(DATA)]
        assert client.fetch(first.url().replace("//", "//me:sec%20ret@")).data == DATA
        assert told(other, "Authorization") == [""]
        assert told(first, "Authorization") == [BASIC, BASIC]
        assert [head for head in other.heads if b"eferer" in head or b"me:" in head] == []

    def test_a_location_may_hold_others(self, serve: Serve, client: Client) -> None:
        other = serve(saying(answer(DATA)))
        first = serve(saying(redirect(other.url().replace("//", "//me:sec%20ret@"))))
        body = client.fetch(first.url().replace("//", "//you@"))
        assert (body.url, body.data) == (other.url(), DATA)
        assert told(other, "Authorization") == [BASIC]


class TestWhatLeadsNowhere:
    """Browsers show what comes with a redirect that they do not follow."""

    @pytest.mark.parametrize(
        ("status", "lines"),
        [
            ("302 Found", ()),
            ("301 Moved", ("Location:",)),
            ("300 Multiple Choices", ("Location: /y.jpg",)),
            ("305 Use Proxy", ("Location: /y.jpg",)),
        ],
    )
    def test_a_picture_that_comes_with_it_is_one(
        self, serve: Serve, client: Client, status: str, lines: tuple[str, ...]
    ) -> None:
        peer = serve(saying(answer(DATA, "Content-Type: image/jpeg", *lines, status=status)))
        assert client.fetch(peer.url()).data == DATA
        assert len(peer.heads) == 1

    @pytest.mark.parametrize(
        ("status", "lines", "told"),
        [
            ("300 Multiple Choices", ("Location: /y.jpg",), "http-error: 300"),
            ("304 Not Modified", ("Location: /y.jpg",), "http-error: 304"),
            ("302 Found", ("Location:",), "redirects: 302 without a Location"),
            ("302 Found", ("Location: /1", "Location: /2"), "redirects: 302 to 2 places at once"),
        ],
    )
    def test_a_page_that_comes_with_it_is_none(
        self, serve: Serve, client: Client, status: str, lines: tuple[str, ...], told: str
    ) -> None:
        peer = serve(saying(answer(b"", *lines, status=status)))
        assert str(failure(client, peer.url())) == told

    def test_the_same_location_twice_is_one(self, serve: Serve, client: Client) -> None:
        twice = answer(b"", "Location: /y.jpg", "Location: /y.jpg", status="302 Found")
        peer = serve(saying(twice, answer(DATA)))
        assert client.fetch(peer.url()).url == peer.url("/y.jpg")
