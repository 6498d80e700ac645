"""One URL: whatever a host does, its answer or one named failure, in time."""

from __future__ import annotations

import gzip
import shutil
import socket
import subprocess
import sys
import threading
import time
import tracemalloc
import zlib
from contextlib import ExitStack, contextmanager, suppress
from datetime import datetime, timedelta, timezone
from email.utils import format_datetime
from ipaddress import IPv4Address, ip_address
from pathlib import Path
from typing import Callable, Iterator

import pytest
from ck_imagenet import USER_AGENT
from ck_imagenet.core import urls
from ck_imagenet.core.errors import BadInput
from ck_imagenet.core.outcomes import Failed, Outcome, Postponed
from ck_imagenet.http import answers
from ck_imagenet.http.address_policy import PUBLIC_ONLY, AddressPolicy
from ck_imagenet.http.answers import Body
from ck_imagenet.http.client import Client
from ck_imagenet.http.connections import Limits
from ck_imagenet.http.request_state import MOST_REDIRECTS, RequestState
from ck_imagenet.http.resolver import Resolver
from ck_imagenet.images.decoding import MOST_BYTES
from ck_imagenet_practice import PracticeWeb
from ck_imagenet_practice.behaviours import redirecting_to
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from peer import (
    Behaviour,
    Peer,
    Serve,
    Talk,
    answer,
    chunked,
    dripping,
    full_backlog,
    head,
    over_tls,
    pouring,
    redirect,
    resetting_after,
    saying,
    saying_late,
    saying_once,
    serving,
    stopping_after,
)

pytestmark = pytest.mark.every_python

DATA = bytes(range(256)) * 40


class OnlyLoopback(AddressPolicy):
    """Lets nothing leave the machine, whatever text a property test makes up."""

    def check(self, host: str, port: int, address: str) -> None:
        """Raise PRIVATE_ADDRESS unless `address` is one of loopback."""
        if not ip_address(address).is_loopback:
            raise Failed(Outcome.PRIVATE_ADDRESS, address)


LOOPBACK = AddressPolicy.allowing("127.0.0.0/8,::1")
PATIENT = Limits(connect=5, first_byte=5, stall=5, whole=10)
HASTY = Limits(connect=0.2, first_byte=0.2, stall=0.2, whole=0.4)
LEEWAY = 4.0
"""Seconds by which a busy machine may be late."""
NAMES = {
    "localhost.example": ["127.0.0.1"],
    "other.example": ["127.0.0.1"],
    "private.example": ["10.0.0.1"],
    "mixed.example": ["10.0.0.1", "127.0.0.1", "169.254.169.254"],
    "limping.example": ["127.0.0.2", "127.0.0.1"],
    "inside.example": ["10.0.0.1", "127.0.0.1"],
    "nowhere.example": [],
}


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    """Ask directly, whatever the environment of the tests says."""
    for scheme in ("http", "https", "all", "no"):
        monkeypatch.delenv(f"{scheme}_proxy", raising=False)
        monkeypatch.delenv(f"{scheme}_proxy".upper(), raising=False)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start hosts, which end with the test."""
    with serving() as start:
        yield start


def look_up(host: str) -> list[str]:
    """Answer for the names of these tests; the machine's resolver is never asked."""
    try:
        return NAMES[host]
    except KeyError:
        raise socket.gaierror(socket.EAI_NONAME, "no such name") from None


@contextmanager
def fetching(policy: AddressPolicy = LOOPBACK, limits: Limits = PATIENT) -> Iterator[Client]:
    """Have a client, closed in the end."""
    client = Client(policy, limits, resolver=Resolver(look_up))
    try:
        yield client
    finally:
        client.close()


@pytest.fixture
def client() -> Iterator[Client]:
    """Return a patient client that may ask loopback."""
    with fetching() as patient:
        yield patient


@pytest.fixture
def hasty() -> Iterator[Client]:
    """Return one that waits 0.2 s for bytes and 0.4 s for a URL."""
    with fetching(limits=HASTY) as impatient:
        yield impatient


@pytest.fixture
def offline() -> Iterator[Client]:
    """Return one that cannot leave the machine, for URLs that nobody has read."""
    with fetching(OnlyLoopback(), HASTY) as confined:
        yield confined


def failure(client: Client, url: str) -> Failed:
    """Return what fetching `url` fails with."""
    with pytest.raises(Failed) as failed:
        client.fetch(url)
    return failed.value


def outcome(client: Client, url: str) -> Outcome:
    """Return the name of what fetching `url` fails with."""
    return failure(client, url).outcome


class TestAnswers:
    """What a host says in any of the ways in which HTTP lets it."""

    @pytest.mark.parametrize(
        "said",
        [
            pytest.param(answer(DATA), id="length"),
            pytest.param(head("Connection: close") + DATA, id="no length"),
            pytest.param(b"HTTP/1.0 200 OK\r\n\r\n" + DATA, id="HTTP/1.0"),
            pytest.param(b"HTTP/1.0 200\r\nServer: x\r\n\r\n" + DATA, id="no phrase"),
            pytest.param(b"HTTP/1.1 200 OK\nServer: x\n\n" + DATA, id="LF"),
            pytest.param(head("Transfer-Encoding: chunked") + chunked(DATA), id="chunked"),
            *(
                pytest.param(answer(DATA, status=f"{status} Fine"), id=f"{status}")
                for status in (201, 202, 203, 207, 226, 250)
            ),
            pytest.param(answer(gzip.compress(DATA), "Content-Encoding: gzip"), id="gzip"),
            pytest.param(answer(zlib.compress(DATA), "Content-Encoding: deflate"), id="deflate"),
            pytest.param(
                head("Transfer-Encoding: chunked", "Content-Encoding: gzip")
                + chunked(gzip.compress(DATA), 7),
                id="gzip in chunks",
            ),
            pytest.param(answer(DATA, "Content-Encoding: image/jpeg"), id="odd encoding"),
            pytest.param(answer(DATA, "Content-Type: text/html"), id="wrong type"),
            pytest.param(answer(DATA, f"Content-Length: {len(DATA)}"), id="length twice"),
            pytest.param(answer(DATA, "Set-Cookie: \xe9=\x01;;,; expires=never"), id="cookie"),
            pytest.param(answer(DATA, "no header at all"), id="broken header"),
            pytest.param(head(status="100 Continue") * 3 + answer(DATA), id="100"),
            pytest.param(head(status="102 Processing") * 3 + answer(DATA), id="102"),
            pytest.param(head("Link: </s.css>", status="103 Early Hints") + answer(DATA), id="103"),
        ],
    )
    def test_the_body_is_the_bytes_of_the_file(
        self, serve: Serve, client: Client, said: bytes
    ) -> None:
        peer = serve(saying_once(said))
        assert client.fetch(peer.url()) == Body(peer.url(), DATA)

    def test_an_empty_body_is_a_body(self, serve: Serve, client: Client) -> None:
        """What it is worth is judged elsewhere."""
        assert client.fetch(serve(saying(answer())).url()).data == b""

    def test_a_request_says_who_asks_and_holds_the_url_as_it_stands(
        self, serve: Serve, client: Client
    ) -> None:
        peer = serve(saying(answer(DATA)))
        client.fetch(peer.url("/a b/caf\xe9%20,(1).jpg?c=d&e#f"))
        line, *headers = peer.heads[0].decode().rstrip().split("\r\n")
        assert line == "GET /a%20b/caf%E9%20,(1).jpg?c=d&e HTTP/1.1"
        assert sorted(headers) == [
            "Accept-Encoding: identity",
            "Accept: image/jpeg,image/png,image/gif,image/*;q=0.5,*/*;q=0.1",
            f"Host: 127.0.0.1:{peer.port}",
            f"User-Agent: {USER_AGENT}",
        ]

    def test_a_line_break_in_a_url_makes_no_header(self, serve: Serve, client: Client) -> None:
        peer = serve(saying(answer(DATA)))
        client.fetch(peer.url("/x HTTP/1.1\r\nEvil: yes\r\n\r\n"))
        assert b"\nEvil" not in peer.heads[0]

    def test_a_host_is_asked_under_its_name(self, serve: Serve, client: Client) -> None:
        peer = serve(saying(answer(DATA)))
        client.fetch(peer.url(host="LocalHost.Example"))
        assert b"Host: localhost.example:%d\r\n" % peer.port in peer.heads[0]

    def test_an_ipv6_address_is_asked(self, client: Client) -> None:
        with suppress(OSError), socket.create_server(("::1", 0), family=socket.AF_INET6) as closed:
            port = closed.getsockname()[1]
            closed.close()
            assert outcome(client, f"http://[::1]:{port}/") is Outcome.REFUSED

    def test_a_body_may_be_read_in_pieces(self, serve: Serve, client: Client) -> None:
        peer = serve(saying(answer(DATA * 100)))
        with client.open(peer.url(), MOST_BYTES) as opened:
            assert opened.url == peer.url()
            chunks = list(opened.chunks)
        assert len(chunks) > 1
        assert b"".join(chunks) == DATA * 100

    def test_it_is_known_whether_any_host_could_be_connected_to(
        self, serve: Serve, hasty: Client, web: PracticeWeb
    ) -> None:
        outcome(hasty, f"http://{web.refusing}/")
        outcome(hasty, "http://none.example/")
        assert not hasty.reached
        outcome(hasty, serve(stopping_after(b"")).url())
        assert hasty.reached

    def test_a_kept_connection_that_its_host_has_closed_costs_nothing(
        self, serve: Serve, client: Client
    ) -> None:
        """The host says nothing of it, and hangs up when it is asked again."""

        def behave(talk: Talk) -> None:
            talk.hear()
            talk.say(answer(DATA))
            talk.hear()

        peer = serve(behave)
        assert [client.fetch(peer.url(f"/{n}")).data for n in range(4)] == [DATA] * 4

    @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.sampled_from(
            [
                b"",
                b"HTTP/1.1 ",
                b"HTTP/1.1 200 OK\r\n",
                b"HTTP/1.1 200 OK\r\n\r\n",
                b"HTTP/1.1 200 OK\r\nContent-Length: ",
                b"HTTP/1.1 200 OK\r\nContent-Encoding: ",
                b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\n\r\n",
                b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
                b"HTTP/1.1 200 OK\r\nSet-Cookie: ",
                b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n",
                b"HTTP/1.1 302 Found\r\nLocation: ",
                b"HTTP/1.1 503 Busy\r\nRetry-After: ",
            ]
        ),
        st.binary(max_size=50),
        st.sampled_from([b"", b"\r\n\r\n"]),
    )
    def test_any_bytes_are_an_answer_or_a_failure(
        self, offline: Client, begin: bytes, middle: bytes, end: bytes
    ) -> None:
        peer = Peer(saying_once(begin + middle + end))
        try:
            with suppress(Failed):
                assert offline.fetch(peer.url()).url
        finally:
            peer.stop()

    @settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.binary(max_size=300)
        | st.lists(
            st.sampled_from(
                b"HTTP/1.1|HTTP/1.0| |200|302|100|\r\n|\n|\r|:|Location|Content-Length|5|-1|"
                b"chunked|Transfer-Encoding|Content-Encoding|gzip|\x00|\xff|x,".split(b"|")
            ),
            max_size=30,
        ).map(b"".join)
    )
    def test_any_bytes_at_all_are_an_answer_or_a_failure(
        self, offline: Client, said: bytes
    ) -> None:
        peer = Peer(saying_once(said))
        started = time.monotonic()
        try:
            with suppress(Failed):
                assert offline.fetch(peer.url()).url
            assert time.monotonic() - started < HASTY.whole + LEEWAY
        finally:
            peer.stop()

    @settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(
        st.text()
        | st.builds(
            "{}{}{}".format,
            st.sampled_from(["http://", "https://", "HTTP:/", "http://127.0.0.1:"]),
            st.text() | st.text("127.0x[]:@%\ud800 ."),
            st.just("") | st.text().map("/{}".format),
        )
    )
    def test_any_text_as_a_url_is_an_answer_or_a_failure(self, offline: Client, url: str) -> None:
        with suppress(Failed):
            assert offline.fetch(url).url


class TestStatuses:
    """Answers that are none."""

    @pytest.mark.parametrize(
        ("status", "meant"),
        [
            (204, Outcome.HTTP_ERROR),
            (205, Outcome.HTTP_ERROR),
            (300, Outcome.HTTP_ERROR),
            (304, Outcome.HTTP_ERROR),
            (400, Outcome.HTTP_ERROR),
            (401, Outcome.FORBIDDEN),
            (402, Outcome.FORBIDDEN),
            (403, Outcome.FORBIDDEN),
            (404, Outcome.GONE),
            (408, Outcome.SERVER_ERROR),
            (410, Outcome.GONE),
            (418, Outcome.HTTP_ERROR),
            (420, Outcome.BUSY),
            (425, Outcome.SERVER_ERROR),
            (429, Outcome.BUSY),
            (451, Outcome.FORBIDDEN),
            (500, Outcome.SERVER_ERROR),
            (502, Outcome.SERVER_ERROR),
            (503, Outcome.BUSY),
            (504, Outcome.SERVER_ERROR),
        ],
    )
    def test_a_status_has_a_meaning(
        self, serve: Serve, client: Client, status: int, meant: Outcome
    ) -> None:
        failed = failure(client, serve(saying(answer(status=f"{status} Phrase"))).url())
        assert (failed.outcome, failed.detail) == (meant, str(status))

    @pytest.mark.parametrize(
        ("text", "seconds"),
        [
            ("0", 0),
            ("7", 7),
            (" 120 ", 120),
            ("99999999999999999999", 999_999_999),
            ("\xb2", 0),
            ("-5", 0),
            ("soon", 0),
            ("1.5", 0),
            ("", 0),
            ("Sun, 06 Nov 1994 08:49:37 GMT", 0),
            ("Sun, 06 Nov 1994 08:49:37", 0),
            ("Sun, 06 Nov 1994 08:49:37 +99999999999999999999", 0),
            ("Sun, 99 Nov 99999 08:49:37 GMT", 0),
        ],
    )
    def test_a_busy_host_says_how_long_to_leave_it_alone(
        self, serve: Serve, client: Client, text: str, seconds: float
    ) -> None:
        said = answer(b"", f"Retry-After: {text}", status="503 Busy")
        assert failure(client, serve(saying(said)).url()).retry_after == seconds

    @pytest.mark.parametrize(
        ("text", "told"),
        [
            ("3600", "come back in 3600 s"),
            ("86401", "come back in more than a day"),
            ("Fri, 31 Dec 9999 23:59:59 GMT", "come back in more than a day"),
        ],
    )
    def test_what_it_says_is_told_for_people(
        self, serve: Serve, client: Client, text: str, told: str
    ) -> None:
        busy, other = (
            failure(client, serve(saying(answer(b"", f"Retry-After: {text}", status=each))).url())
            for each in ("503 Busy", "500 Broken")
        )
        assert (busy.detail, other.detail) == (f"503, {told}", "500")

    def test_a_busy_host_may_say_it_by_a_date(self, serve: Serve, client: Client) -> None:
        date = format_datetime(datetime.now(timezone.utc) + timedelta(minutes=2), usegmt=True)
        said = answer(b"", f"Retry-After: {date}", status="429 Too Many Requests")
        assert 110 < failure(client, serve(saying(said)).url()).retry_after <= 120

    @pytest.mark.parametrize(
        ("sent", "until", "seconds"),
        [
            ("Fri, 01 Jan 1960 00:00:00 GMT", "Fri, 01 Jan 1960 00:02:00 GMT", 120),
            ("Fri, 01 Jan 2100 00:00:00 GMT", "Fri, 01 Jan 2100 00:02:00 GMT", 120),
            ("Sun Nov  6 08:49:37 1994", "Sun Nov  6 08:50:37 1994", 60),
            ("Sun, 06 Nov 1994 09:49:37 +0100", "Sun, 06 Nov 1994 08:50:37 -0000", 60),
            ("Fri, 01 Jan 2100 00:00:00 GMT", "Fri, 01 Jan 2099 00:00:00 GMT", 0),
            ("soon", "Sun, 06 Nov 1994 08:49:37 GMT", 0),
        ],
    )
    def test_a_date_counts_from_the_hosts_own_since_either_clock_may_be_wrong(
        self, serve: Serve, client: Client, sent: str, until: str, seconds: float
    ) -> None:
        said = answer(b"", f"Date: {sent}", f"Retry-After: {until}", status="503 Busy")
        assert failure(client, serve(saying(said)).url()).retry_after == seconds

    @given(
        st.text(st.characters(max_codepoint=255)) | st.from_regex(r"\w+, \d+ \w+ \d+ [\d:]+ .\d+")
    )
    def test_any_text_is_a_number_of_seconds(self, text: str) -> None:
        assert answers._retry_after(text) >= 0


class TestOptOut:
    """Pictures whose hosts do not want them to be used for training machines."""

    @pytest.fixture
    def guarded(self, serve: Serve) -> Peer:
        """Return a host that opts out, and stops before the body."""
        tags = ("X-Robots-Tag: noindex", "x-robots-tag: otherbot: none, Ck-ImageNet: NoAI")
        return serve(stopping_after(head(f"Content-Length: {len(DATA)}", *tags)))

    def test_a_picture_that_is_opted_out_is_left_there_without_its_body(
        self, client: Client, guarded: Peer
    ) -> None:
        started = time.monotonic()
        failed = failure(client, guarded.url())
        assert failed.outcome is Outcome.OPTED_OUT
        assert failed.detail == "X-Robots-Tag: noindex, otherbot: none, Ck-ImageNet: NoAI"
        assert time.monotonic() - started < LEEWAY

    def test_the_detail_is_fit_for_any_terminal(self, serve: Serve, client: Client) -> None:
        peer = serve(saying(answer(DATA, "X-Robots-Tag: noai, \x1b[31m\xe9")))
        assert failure(client, peer.url()).detail == r"X-Robots-Tag: noai, \x1b[31m\xe9"

    def test_it_may_be_ignored(self, serve: Serve) -> None:
        peer = serve(saying(answer(DATA, "X-Robots-Tag: noai")))
        client = Client(LOOPBACK, PATIENT, obey_opt_out=False)
        assert client.fetch(peer.url()).data == DATA
        client.close()

    def test_it_is_obeyed_by_the_name_that_is_given(self, serve: Serve) -> None:
        peer = serve(saying(answer(DATA, "X-Robots-Tag: my-study: noai")))
        with fetching() as client:
            assert client.fetch(peer.url()).data == DATA
        client = Client(LOOPBACK, PATIENT, user_agent="My-Study/1.0 (+https://example.org)")
        assert outcome(client, peer.url()) is Outcome.OPTED_OUT
        assert b"\r\nUser-Agent: My-Study/1.0 (+https://example.org)\r\n" in peer.heads[1]
        client.close()

    def test_an_answer_that_is_none_keeps_its_own_meaning(
        self, serve: Serve, client: Client
    ) -> None:
        peer = serve(saying(answer(b"", "X-Robots-Tag: noai", status="404 Not Found")))
        assert outcome(client, peer.url()) is Outcome.GONE

    @pytest.mark.parametrize("user_agent", ["", " ", "a\r\nEvil: yes", "\x1b", "b\xfccher/1"])
    def test_a_user_agent_that_no_request_can_hold_is_refused(self, user_agent: str) -> None:
        with pytest.raises(BadInput, match="cannot be sent: write who you are in ASCII"):
            Client(user_agent=user_agent)


class TestAsk:
    """One host of a request at a time, so that each is asked in its turn."""

    def test_an_answer_ends_the_request(self, serve: Serve, client: Client) -> None:
        peer = serve(saying(redirect("/y.jpg"), answer(DATA)))
        state = RequestState(peer.url())
        assert client.ask(state) == Body(peer.url("/y.jpg"), DATA)
        assert 0 < state.spent < LEEWAY

    def test_a_redirect_to_another_host_is_for_another_turn(
        self, serve: Serve, client: Client
    ) -> None:
        other = serve(saying(answer(DATA)))
        peer = serve(saying(redirect("/y.jpg"), redirect(other.url("/z.jpg"))))
        state = RequestState(peer.url())
        assert client.ask(state) is None
        assert (state.url, state.endpoint) == (other.url("/z.jpg"), f"127.0.0.1:{other.port}")
        assert (len(peer.heads), other.connections) == (2, 0)
        assert client.ask(state) == Body(other.url("/z.jpg"), DATA)

    def test_what_is_not_to_be_asked_is_known_before_its_turn(
        self, serve: Serve, client: Client
    ) -> None:
        other = serve(saying(answer(DATA)))
        lost = other.url("/pw/images/en-us/photo_unavailable.png")
        with pytest.raises(Failed, match=r"^placeholder"):
            client.ask(RequestState(serve(saying(redirect(lost))).url()))
        assert other.connections == 0

    def test_a_circle_over_two_hosts_is_left_where_it_closes(
        self, serve: Serve, client: Client
    ) -> None:
        back: list[bytes] = []
        other = serve(lambda talk: saying(*back)(talk))
        first = serve(saying(redirect(other.url())))
        back.append(redirect(first.url()))
        state = RequestState(first.url())
        assert client.ask(state) is None
        with pytest.raises(Failed, match=r"^redirects: in a circle"):
            client.ask(state)

    def test_the_hosts_share_the_time_of_the_url_and_waiting_costs_none(self, serve: Serve) -> None:
        def silent(talk: Talk) -> None:
            talk.hear()
            time.sleep(0.15)
            talk.say(redirect(other.url()))

        other = serve(stopping_after(b""))
        state = RequestState(serve(silent).url())
        with fetching(limits=PATIENT._replace(whole=1.5)) as client:
            assert client.ask(state) is None
            assert 0.15 <= state.spent < 1.5
            time.sleep(1.5)
            started = time.monotonic()
            state.spent = 1.4
            with pytest.raises(Failed, match=r"^silent: not done within 1\.5 s"):
                client.ask(state)
            assert 0.1 <= time.monotonic() - started < 0.1 + LEEWAY
        assert state.spent >= 1.5


class TestRedirects:
    """Answers that lead elsewhere."""

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_every_kind_of_redirect_is_followed(
        self, serve: Serve, client: Client, status: int
    ) -> None:
        peer = serve(saying(redirect("/y.jpg", status=f"{status} Elsewhere"), answer(DATA)))
        assert client.fetch(peer.url()) == Body(peer.url("/y.jpg"), DATA)

    @pytest.mark.parametrize(
        ("location", "asked"),
        [
            ("y.jpg", "/a/y.jpg"),
            ("../y.jpg", "/y.jpg"),
            ("/y.jpg", "/y.jpg"),
            ("?size=l", "/a/x.jpg?size=l"),
            ("  /y z.jpg  ", "/y%20z.jpg"),
            ("/caf\xe9.jpg", "/caf%E9.jpg"),
            ("/caf\xc3\xa9.jpg", "/caf%C3%A9.jpg"),
            ("/voil\xc3\xa0", "/voil%C3%A0"),
            ("/y.jpg#part", "/y.jpg"),
            ('/"<>`{}', "/%22%3C%3E%60%7B%7D"),
            ("/100%/%c3[1]|2?%|[^]", "/100%/%c3[1]|2?%|[^]"),
            ("\\y\\.\\z\\%2e.\\.jpg", "/y/.jpg"),
            ("\t/y.\tj\tpg", "/y.jpg"),
        ],
    )
    def test_a_location_is_asked_as_browsers_ask_it(
        self, serve: Serve, client: Client, location: str, asked: str
    ) -> None:
        peer = serve(saying(redirect(location), answer(DATA)))
        assert client.fetch(peer.url("/a/x.jpg")).url == peer.url(asked)
        assert peer.heads[1].decode().startswith(f"GET {asked} HTTP/1.1\r\n")

    def test_a_redirect_leads_to_other_hosts(self, serve: Serve, client: Client) -> None:
        other = serve(saying(answer(DATA)))
        first = serve(saying(redirect(other.url("/y.jpg"))))
        assert client.fetch(first.url()) == Body(other.url("/y.jpg"), DATA)

    @pytest.mark.parametrize(
        ("location", "meant"),
        [
            ("file:///etc/passwd", Outcome.BAD_URL),
            ("ftp://127.0.0.1/x.jpg", Outcome.BAD_URL),
            ("data:image/gif;base64,R0lGODlh", Outcome.BAD_URL),
            ("javascript:alert(1)", Outcome.BAD_URL),
            ("http://", Outcome.BAD_URL),
            ("http://[::1", Outcome.BAD_URL),
            ("http://a.com:99999/", Outcome.BAD_URL),
            ("//", Outcome.BAD_URL),
            ("", Outcome.REDIRECTS),
            (" ", Outcome.REDIRECTS),
            ("http://none.example/", Outcome.NO_SUCH_HOST),
            ("http://nowhere.example/", Outcome.NO_SUCH_HOST),
        ],
    )
    def test_a_redirect_to_what_cannot_be_asked_has_a_name(
        self, serve: Serve, client: Client, location: str, meant: Outcome
    ) -> None:
        assert outcome(client, serve(saying(redirect(location))).url()) is meant

    def test_a_redirect_without_a_location_leads_nowhere(
        self, serve: Serve, client: Client
    ) -> None:
        failed = failure(client, serve(saying(answer(status="301 Moved"))).url())
        assert (failed.outcome, failed.detail) == (Outcome.REDIRECTS, "301 without a Location")

    def test_a_circle_is_left_where_it_closes(self, serve: Serve, client: Client) -> None:
        peer = serve(saying(redirect("/y.jpg"), redirect("/x.jpg")))
        failed = failure(client, peer.url())
        assert (failed.outcome, failed.detail) == (
            Outcome.REDIRECTS,
            f"in a circle: {peer.url()}",
        )
        assert len(peer.heads) == 2

    def test_so_many_redirects_are_followed_and_no_more(self, serve: Serve, client: Client) -> None:
        hops = [redirect(f"/{number}.jpg") for number in range(MOST_REDIRECTS + 1)]
        peer = serve(saying(*hops[:MOST_REDIRECTS], answer(DATA)))
        assert client.fetch(peer.url()).url == peer.url(f"/{MOST_REDIRECTS - 1}.jpg")
        peer = serve(saying(*hops))
        failed = failure(client, peer.url())
        assert failed.outcome is Outcome.REDIRECTS
        assert failed.detail == f"more than {MOST_REDIRECTS}, last to {peer.url('/20.jpg')}"
        assert len(peer.heads) == MOST_REDIRECTS + 1

    @pytest.mark.parametrize("suffix", ["", "?size=m", "#here"])
    def test_a_known_placeholder_is_not_even_asked(
        self, serve: Serve, client: Client, suffix: str
    ) -> None:
        location = f"/pw/images/en-us/photo_unavailable_l.png{suffix}"
        peer = serve(saying(redirect(location)))
        assert outcome(client, peer.url()) is Outcome.PLACEHOLDER
        assert outcome(client, peer.url(location)) is Outcome.PLACEHOLDER
        assert len(peer.heads) == 1

    @settings(max_examples=100, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.text(st.characters(max_codepoint=255)))
    def test_any_text_is_followed_or_a_failure(
        self, web: PracticeWeb, offline: Client, location: str
    ) -> None:
        with suppress(Failed):
            assert offline.fetch(web.url(0, redirecting_to(location))).url

    @pytest.mark.parametrize("status", ["301 Moved", "302 Found"])
    def test_who_sends_to_two_places_at_once_leads_nowhere(
        self, serve: Serve, client: Client, status: str
    ) -> None:
        said = head("Location: /a", "Content-Length: 0", "Location: /b", status=status)
        failed = failure(client, serve(saying(said)).url())
        assert failed.outcome is Outcome.REDIRECTS
        assert failed.detail == f"{status[:3]} to 2 places at once"

    def test_who_sends_twice_to_one_place_leads_there(self, serve: Serve, client: Client) -> None:
        said = head("Location: /a", "Content-Length: 0", "Location: /a", status="302 Found")
        assert client.fetch(serve(saying(said, answer(DATA))).url()).data == DATA


class TestPrivateAddresses:
    """What is not public is refused before a connection is made."""

    @pytest.mark.parametrize(
        "host",
        [
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.0.0.1",
            "0177.0.0.1",
            "017700000001",
            "[::ffff:127.0.0.1]",
            "[::ffff:7f00:1]",
            "[::127.0.0.1]",
            "[64:ff9b::7f00:1]",
            "[2002:7f00:1::]",
            "[::1]",
            "0",
            "0.0.0.0",  # noqa: S104 - an address to be refused, not to bind to
            "localhost.example",
            "inside.example",
            "user:password@127.0.0.1",
        ],
    )
    def test_loopback_is_never_connected_to_however_it_is_spelt(
        self, serve: Serve, host: str
    ) -> None:
        peer = serve(saying(answer(DATA)))
        asker = serve(saying(redirect(peer.url(host=host))))
        with fetching(PUBLIC_ONLY.trusting("127.0.0.1", asker.port)) as client:
            assert outcome(client, peer.url(host=host)) is Outcome.PRIVATE_ADDRESS
            assert outcome(client, asker.url()) is Outcome.PRIVATE_ADDRESS
        assert (asker.connections, peer.connections) == (1, 0)

    @pytest.mark.parametrize(
        "host", ["10.0.0.1", "169.254.169.254", "[fe80::1]", "private.example"]
    )
    def test_other_networks_that_are_not_public_are_refused(
        self, client: Client, host: str
    ) -> None:
        assert outcome(client, f"http://{host}/latest/meta-data/") is Outcome.PRIVATE_ADDRESS
        assert outcome(client, f"https://{host}/latest/meta-data/") is Outcome.PRIVATE_ADDRESS

    @pytest.mark.parametrize("host", ["2130706433", "0x7f.1", "localhost.example"])
    def test_what_is_allowed_is_allowed_however_it_is_spelt(
        self, serve: Serve, client: Client, host: str
    ) -> None:
        assert client.fetch(serve(saying(answer(DATA))).url(host=host)).data == DATA

    def test_a_name_is_allowed_whatever_its_address(self, serve: Serve) -> None:
        url = serve(saying(answer(DATA))).url(host="localhost.example")
        with fetching(AddressPolicy.allowing("Localhost.example")) as client:
            assert client.fetch(url).data == DATA
            number = int(IPv4Address("127.0.0.1"))
            assert outcome(client, f"http://{number}/") is Outcome.PRIVATE_ADDRESS

    def test_a_trusted_service_is_trusted_with_its_port_only(self, serve: Serve) -> None:
        service, other = serve(saying(answer(DATA))), serve(saying(answer(DATA)))
        with fetching(PUBLIC_ONLY.trusting("127.0.0.1", service.port)) as client:
            assert client.fetch(service.url()).data == DATA
            assert outcome(client, other.url()) is Outcome.PRIVATE_ADDRESS
        assert other.connections == 0


class TestKeptConnections:
    """A connection serves as many URLs as it can."""

    @pytest.mark.parametrize(
        "first",
        [
            pytest.param(answer(DATA), id="picture"),
            pytest.param(answer(b"gone" * 100, status="404 Not Found"), id="404"),
            pytest.param(answer(status="404 Not Found"), id="empty 404"),
            pytest.param(
                head("Transfer-Encoding: chunked") + chunked(DATA), id="picture in chunks"
            ),
            pytest.param(
                head("Transfer-Encoding: chunked", status="404 Not Found") + chunked(DATA),
                id="404 in chunks",
            ),
            pytest.param(answer(b"later" * 100, status="503 Busy"), id="503"),
        ],
    )
    def test_the_next_url_comes_over_the_same_connection(
        self, serve: Serve, client: Client, first: bytes
    ) -> None:
        peer = serve(saying(first, answer(DATA)))
        with suppress(Failed):
            client.fetch(peer.url("/1.jpg"))
        assert client.fetch(peer.url("/2.jpg")).data == DATA
        assert (peer.connections, len(peer.heads)) == (1, 2)

    def test_a_redirect_with_a_page_keeps_the_connection(
        self, serve: Serve, client: Client
    ) -> None:
        peer = serve(saying(redirect("/y.jpg", b"<html>moved</html>"), answer(DATA)))
        assert client.fetch(peer.url()).data == DATA
        assert peer.connections == 1

    def test_a_long_page_is_not_read_to_keep_a_connection(
        self, serve: Serve, client: Client
    ) -> None:
        for length in ("Content-Length: 99999999", "Transfer-Encoding: chunked"):
            peer = serve(pouring(head(length, status="404 Not Found") + b"ffffffff\r\n"))
            started = time.monotonic()
            assert outcome(client, peer.url()) is Outcome.GONE
            assert time.monotonic() - started < LEEWAY

    def test_a_page_that_does_not_come_is_not_waited_for(
        self, serve: Serve, client: Client
    ) -> None:
        peer = serve(stopping_after(head("Content-Length: 99", status="404 Not Found")))
        started = time.monotonic()
        assert outcome(client, peer.url()) is Outcome.GONE
        assert time.monotonic() - started < LEEWAY

    def test_a_redirect_whose_page_does_not_come_is_followed_all_the_same(
        self, serve: Serve, client: Client
    ) -> None:
        other = serve(saying(answer(DATA)))
        said = head("Content-Length: 99", f"Location: {other.url()}", status="302 Found")
        started = time.monotonic()
        assert client.fetch(serve(stopping_after(said)).url()).data == DATA
        assert time.monotonic() - started < LEEWAY

    def test_hints_before_an_answer_are_not_the_answer_to_the_next_url(
        self, serve: Serve, client: Client
    ) -> None:
        hints = head("Link: </s.css>", status="103 Early Hints")
        peer = serve(saying(*(hints + answer(b"%d" % number) for number in range(4))))
        assert [client.fetch(peer.url(f"/{n}")).data for n in range(4)] == [b"0", b"1", b"2", b"3"]
        assert peer.connections == 1

    def test_hints_have_an_end(self, serve: Serve, client: Client) -> None:
        peer = serve(saying_once(head(status="103 Early Hints") * 20_000))
        assert outcome(client, peer.url()) is Outcome.NOT_HTTP

    def test_what_comes_after_the_announced_end_is_no_part_of_the_next_answer(
        self, serve: Serve, client: Client
    ) -> None:
        peer = serve(saying_late(b"rest\n", answer(DATA)))
        assert [client.fetch(peer.url(f"/{n}")).data for n in range(4)] == [DATA] * 4

    @pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified", "101 Switching"])
    def test_a_body_where_none_may_be_is_not_the_next_answer(
        self, serve: Serve, client: Client, status: str
    ) -> None:
        peer = serve(saying_late(answer(b"late"), head(status=status)))
        for number in range(3):
            failed = failure(client, peer.url(f"/{number}"))
            assert (failed.outcome, failed.detail) == (Outcome.HTTP_ERROR, status[:3])

    def test_a_connection_that_the_host_has_closed_is_made_anew(
        self, serve: Serve, client: Client
    ) -> None:
        peer = serve(saying_once(answer(DATA)))
        for number in range(1, 4):
            assert client.fetch(peer.url()).data == DATA
            assert peer.connections == number
            time.sleep(0.05)  # until the host's farewell is here

    def test_a_body_left_half_read_does_not_become_the_next_answer(
        self, serve: Serve, client: Client
    ) -> None:
        peer = serve(saying(answer(bytes(10**6)), answer(DATA)))
        with client.open(peer.url(), MOST_BYTES) as opened:
            next(opened.chunks)
        with client.open(peer.url(), MOST_BYTES) as opened:
            assert len(b"".join(opened.chunks)) == 10**6


class TestTime:
    """No peer holds a fetch for longer than its limits."""

    @pytest.mark.parametrize(
        ("behave", "meant"),
        [
            (stopping_after(b""), Outcome.SILENT),
            (stopping_after(b"HTTP/1.1 200"), Outcome.STALLED),
            (stopping_after(head("Content-Length: 9")), Outcome.STALLED),
            (stopping_after(head("Content-Length: 9") + b"123"), Outcome.STALLED),
            (stopping_after(head("Transfer-Encoding: chunked") + b"5\r\n123"), Outcome.STALLED),
        ],
    )
    def test_a_host_that_falls_silent_is_left(
        self, serve: Serve, hasty: Client, behave: Behaviour, meant: Outcome
    ) -> None:
        peer = serve(behave)
        started = time.monotonic()
        assert outcome(hasty, peer.url()) is meant
        assert HASTY.first_byte <= time.monotonic() - started < HASTY.first_byte + LEEWAY

    @pytest.mark.parametrize(
        "behave",
        [
            dripping(head("Content-Length: 99999")),
            dripping(head()),
            dripping(b"HTTP/1.1 200 OK\r\nX-Long: "),
            dripping(b"H", b""),
        ],
        ids=["body", "endless body", "a header", "a byte"],
    )
    def test_a_host_that_drips_is_left_after_one_limit_and_not_after_all_of_its_time(
        self, serve: Serve, behave: Behaviour
    ) -> None:
        limits = PATIENT._replace(stall=0.2)
        peer = serve(behave)
        started = time.monotonic()
        with fetching(limits=limits) as client:
            failed = failure(client, peer.url())
        assert failed.outcome is Outcome.STALLED
        assert failed.detail == "fewer than 100 bytes a second for 0.2 s"
        assert limits.stall <= time.monotonic() - started < limits.stall + LEEWAY

    def test_a_host_that_is_slow_but_goes_on_is_waited_for(self, serve: Serve) -> None:
        def slowly(talk: Talk) -> None:
            talk.hear()
            whole = head("Content-Length: 2000") + bytes(2000)
            for place in range(0, len(whole), 200):
                talk.say(whole[place : place + 200])
                time.sleep(0.1)

        with fetching(limits=PATIENT._replace(stall=0.6)) as client:
            assert client.fetch(serve(slowly).url()).data == bytes(2000)

    @pytest.mark.parametrize(
        "behave",
        [
            dripping(b"HTTP/1.1 200 OK\r\n", b"X: yyyyy\r\n"),
            dripping(b"", head(status="100 Continue")),
            dripping(head(), bytes(100)),
            dripping(head("Transfer-Encoding: chunked"), b"1\r\nx\r\n"),
        ],
        ids=["headers", "continues", "endless body", "chunks"],
    )
    def test_a_host_that_goes_on_for_ever_is_left_when_the_time_for_the_url_is_over(
        self, serve: Serve, behave: Behaviour
    ) -> None:
        limits = PATIENT._replace(whole=0.4)
        peer = serve(behave)
        started = time.monotonic()
        with fetching(limits=limits) as client:
            failed = failure(client, peer.url())
        assert (failed.outcome, failed.detail) == (Outcome.STALLED, "not done within 0.4 s")
        assert limits.whole <= time.monotonic() - started < limits.whole + LEEWAY

    def test_redirects_share_the_time_of_their_url(self, serve: Serve, hasty: Client) -> None:
        def slowly(talk: Talk) -> None:
            while talk.hear():
                time.sleep(0.15)
                talk.say(redirect(f"/{time.monotonic()}"))

        started = time.monotonic()
        failed = failure(hasty, serve(slowly).url())
        assert time.monotonic() - started < HASTY.whole + LEEWAY
        assert failed.outcome is Outcome.SILENT

    def test_a_name_that_takes_too_long_is_silent(self) -> None:
        ended = threading.Event()

        def slow(host: str) -> list[str]:
            ended.wait()
            return [host]

        client = Client(LOOPBACK, HASTY, resolver=Resolver(slow))
        started = time.monotonic()
        assert outcome(client, "http://slow.example/") is Outcome.SILENT
        assert time.monotonic() - started < HASTY.connect + LEEWAY
        ended.set()
        client.close()

    @pytest.mark.skipif(sys.platform != "linux", reason="other systems take more connections")
    def test_a_connection_that_is_never_made_is_silent(self, hasty: Client) -> None:
        with full_backlog() as port:
            started = time.monotonic()
            assert outcome(hasty, f"http://127.0.0.1:{port}/") is Outcome.SILENT
            assert time.monotonic() - started < HASTY.connect + LEEWAY

    def test_the_limits_of_one_url_may_be_others(self, serve: Serve, hasty: Client) -> None:
        def late(talk: Talk) -> None:
            talk.hear()
            time.sleep(0.3)
            talk.say(answer(DATA))

        with hasty.open(serve(late).url(), MOST_BYTES, PATIENT) as opened:
            assert b"".join(opened.chunks) == DATA


class TestAddresses:
    """Of several addresses of a name, the first that may be asked and connects is."""

    def test_those_that_may_not_be_asked_are_passed_over(
        self, serve: Serve, client: Client
    ) -> None:
        peer = serve(saying(answer(DATA)))
        assert client.fetch(peer.url(host="mixed.example")).data == DATA

    def test_one_that_refuses_is_passed_over(self, serve: Serve, client: Client) -> None:
        peer = serve(saying(answer(DATA)))
        assert client.fetch(peer.url(host="limping.example")).data == DATA

    @pytest.mark.skipif(sys.platform != "linux", reason="other systems take more connections")
    def test_one_that_is_silent_is_passed_over_in_time(self, serve: Serve) -> None:
        peer = serve(saying_once(answer(DATA)))
        limits = PATIENT._replace(connect=4)  # of which the silent one has half
        with full_backlog("127.0.0.2", peer.port), fetching(limits=limits) as client:
            assert client.fetch(peer.url(host="limping.example")).data == DATA
            started = time.monotonic()
            assert client.fetch(peer.url(host="limping.example")).data == DATA
            assert time.monotonic() - started < 2, "the next connection goes where the first went"
        assert peer.connections == 2


class TestLostConnections:
    """Connections that fail."""

    def test_a_port_where_nobody_listens_refuses(self, client: Client, web: PracticeWeb) -> None:
        failed = failure(client, f"http://{web.refusing}/x.jpg")
        assert failed.outcome is Outcome.REFUSED
        assert "refused" in failed.detail

    @pytest.mark.parametrize(
        "behave",
        [
            pytest.param(saying_once(b""), id="no answer"),
            pytest.param(lambda talk: None, id="not even listening"),
            pytest.param(saying_once(head("Content-Length: 9") + b"123"), id="body"),
            pytest.param(saying_once(head("Content-Length: 99999")), id="no body"),
            pytest.param(
                saying_once(head("Transfer-Encoding: chunked") + chunked(DATA)[:-3000]), id="chunks"
            ),
            pytest.param(
                saying_once(head("Transfer-Encoding: chunked") + chunked(DATA)[:-5]),
                id="the last chunk",
            ),
            pytest.param(
                saying_once(head("Content-Length: 9", "Content-Encoding: gzip") + b"\x1f\x8b"),
                id="gzip",
            ),
            pytest.param(resetting_after(b""), id="reset"),
            pytest.param(resetting_after(b"HTTP/1.1 200 OK\r\nServer"), id="reset in the head"),
            pytest.param(resetting_after(head("Content-Length: 9") + b"123"), id="reset in body"),
        ],
    )
    def test_an_answer_that_ends_too_early_is_cut_short(
        self, serve: Serve, client: Client, behave: Behaviour
    ) -> None:
        assert outcome(client, serve(behave).url()) is Outcome.CUT_SHORT

    def test_a_reset_connection_can_work_the_second_time(
        self, serve: Serve, client: Client
    ) -> None:
        behaviours = [resetting_after(head("Content-Length: 9") + b"123"), saying(answer(DATA))]
        peer = serve(lambda talk: behaviours.pop(0)(talk))
        assert outcome(client, peer.url()) is Outcome.CUT_SHORT
        assert client.fetch(peer.url()).data == DATA


class TestOtherProtocols:
    """Hosts that speak something else."""

    @pytest.mark.parametrize(
        "said",
        [
            b"SSH-2.0-OpenSSH_9.6\r\n",
            b"220 mail.example ESMTP\r\n",
            b"\x00\x01\x02\x03 garbage \xff\xfe\r\n\r\n",
            b"<html>HTTP/0.9</html>",
            b"HTTP/1.1 200 OK\r\nX: " + b"x" * 2**20 + b"\r\n\r\n",
            b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 2**18 + b"\r\n",
            b"HTTP/1.1 200 OK\r\n" + (b"X: " + b"y" * 60_000 + b"\r\n") * 17 + b"\r\n",
            head(status="100 Continue") * 2**16 + answer(DATA),
            b"HTTP/1.1 200 OK\r\n" + b"\x00" * 2**20,
            answer(DATA, "Content-Length: 1"),
        ],
        ids=lambda said: ascii(said[:40].decode("latin-1")),
    )
    def test_what_is_not_http_has_a_name(self, serve: Serve, client: Client, said: bytes) -> None:
        assert outcome(client, serve(saying_once(said)).url()) is Outcome.NOT_HTTP

    def test_https_asked_of_a_host_that_speaks_http_is_a_bad_handshake(
        self, serve: Serve, client: Client
    ) -> None:
        def plain(talk: Talk) -> None:
            talk.connection.recv(100)
            talk.say(answer(DATA, status="400 Bad Request"))

        assert outcome(client, serve(plain).secure_url()) is Outcome.BAD_HANDSHAKE


class TestSize:
    """No more bytes than a picture can have."""

    def test_a_body_of_10_gb_that_is_announced_is_not_read(
        self, serve: Serve, client: Client
    ) -> None:
        peer = serve(pouring(head("Content-Length: 10000000000")))
        failed = failure(client, peer.url())
        assert failed.outcome is Outcome.TOO_LARGE
        assert failed.detail == "10000000000 bytes announced"

    @pytest.mark.parametrize("lines", [(), ("Transfer-Encoding: chunked",)])
    def test_an_endless_body_is_left(
        self, serve: Serve, client: Client, lines: tuple[str, ...]
    ) -> None:
        begin = head(*lines) + (b"ffffffff\r\n" if lines else b"")
        failed = failure(client, serve(pouring(begin)).url())
        assert failed.outcome is Outcome.TOO_LARGE
        assert failed.detail == f"more than {MOST_BYTES} bytes"

    def test_a_body_that_unpacks_to_too_much_is_left(self, serve: Serve, client: Client) -> None:
        bomb = gzip.compress(bytes(MOST_BYTES + 1), 1)
        peer = serve(saying_once(answer(bomb, "Content-Encoding: gzip")))
        assert outcome(client, peer.url()) is Outcome.TOO_LARGE

    def test_the_largest_body_is_read_and_one_byte_more_is_not(
        self, serve: Serve, client: Client
    ) -> None:
        peer = serve(saying(answer(DATA)))
        with client.open(peer.url(), len(DATA)) as opened:
            assert b"".join(opened.chunks) == DATA
        with pytest.raises(Failed, match="too-large"), client.open(peer.url(), len(DATA) - 1):
            pass


class TestRanges:
    """Answers that begin where an earlier one broke off."""

    @staticmethod
    def whole(client: Client, url: str, start: int) -> tuple[int, int | None, str, bytes]:
        """Return where an answer begins, what is told of the whole, and its bytes."""
        with client.open(url, MOST_BYTES, start=start) as given:
            return given.start, given.size, given.version, b"".join(given.chunks)

    def test_the_rest_of_a_body_can_be_asked_for(self, serve: Serve, client: Client) -> None:
        place = f"Content-Range: bytes 1000-{len(DATA) - 1}/{len(DATA)}"
        rest = answer(DATA[1000:], place, 'ETag: "x"', status="206 Partial Content")
        peer = serve(saying(rest))
        told = (1000, len(DATA), '"x"', DATA[1000:])
        assert self.whole(client, peer.url(), 1000) == told
        assert b"\r\nRange: bytes=1000-\r\n" in peer.heads[0]

    def test_a_host_may_begin_again_instead(self, serve: Serve, client: Client) -> None:
        again = answer(DATA, "Last-Modified: Sat, 01 Jan 2011 00:00:00 GMT")
        told = (0, len(DATA), "Sat, 01 Jan 2011 00:00:00 GMT", DATA)
        assert self.whole(client, serve(saying(again)).url(), 1000) == told

    @pytest.mark.parametrize("place", ["bytes 999-10239/10240", "bytes 10000-1/2", "pages 1-2", ""])
    def test_what_begins_elsewhere_is_no_answer(
        self, serve: Serve, client: Client, place: str
    ) -> None:
        wrong = answer(DATA, f"Content-Range: {place}", status="206 Partial Content")
        with pytest.raises(Failed, match=r"^http-error: 206$"):
            self.whole(client, serve(saying(wrong)).url(), 1000)

    @pytest.mark.parametrize(
        "place",
        [
            "bytes 0-9/99",
            "bytes 0-10239/10241",
            "bytes 1-10240/10241",
            "bytes 0-9/10",
            "pages 1",
            "",
        ],
    )
    def test_a_part_that_nobody_asked_for_is_cut_short(
        self, serve: Serve, client: Client, place: str
    ) -> None:
        part = answer(DATA, f"Content-Range: {place}", status="206 Partial Content")
        assert failure(client, serve(saying(part)).url()).outcome is Outcome.CUT_SHORT

    @pytest.mark.parametrize(
        "place", ["bytes 0-10239/10240", "Bytes=0-10239/10240", "bytes 0-10239/*"]
    )
    def test_a_part_that_is_the_whole_is_one(
        self, serve: Serve, client: Client, place: str
    ) -> None:
        for body in (DATA, chunked(DATA)):
            lines = [f"Content-Range: {place}", "Transfer-Encoding: chunked"][: 2 - (body is DATA)]
            said = head(*lines, status="206 Partial Content") + body
            assert client.fetch(serve(saying_once(said)).url()).data == DATA

    def test_a_part_that_is_packed_counts_as_it_comes(self, serve: Serve, client: Client) -> None:
        packed = gzip.compress(DATA)
        place = f"Content-Range: bytes 0-{len(packed) - 1}/{len(packed)}"
        said = answer(packed, place, "Content-Encoding: gzip", status="206 Partial Content")
        assert client.fetch(serve(saying(said)).url()).data == DATA

    def test_the_places_of_a_packed_body_are_not_those_of_what_it_holds(
        self, serve: Serve, client: Client
    ) -> None:
        packed = answer(gzip.compress(DATA), "Content-Encoding: gzip")
        assert self.whole(client, serve(saying(packed)).url(), 0) == (0, None, "", DATA)

    def test_a_range_is_asked_of_whoever_a_redirect_leads_to(
        self, serve: Serve, client: Client
    ) -> None:
        there = serve(saying(answer(DATA)))
        self.whole(client, serve(saying(redirect(there.url()))).url(), 7)
        assert b"\r\nRange: bytes=7-\r\n" in there.heads[0]


class TestPacked:
    """Bodies that are packed although that was not asked for."""

    @pytest.mark.parametrize(
        ("coding", "packed"),
        [
            ("gzip", gzip.compress(DATA)),
            ("X-GZIP ", gzip.compress(DATA)),
            ("gzip", gzip.compress(DATA[:99]) + gzip.compress(DATA[99:])),
            ("gzip", gzip.compress(DATA) + bytes(100)),
            ("deflate", zlib.compress(DATA)),
            ("deflate", zlib.compress(DATA)[2:-4]),
            ("gzip", zlib.compress(DATA)),
        ],
        ids=["gzip", "x-gzip", "parts", "more", "zlib", "bare", "mistaken"],
    )
    def test_they_are_unpacked(
        self, serve: Serve, client: Client, coding: str, packed: bytes
    ) -> None:
        peer = serve(saying(answer(packed, f"Content-Encoding: {coding}")))
        assert client.fetch(peer.url()).data == DATA

    def test_nine_codings_one_over_the_other_are_undone(self, serve: Serve, client: Client) -> None:
        """As by browsers; urllib3 would stop at five, also where it is not to undo any."""
        packed = DATA
        for _ in range(9):
            packed = gzip.compress(packed)
        for lines in (["gzip, " * 8 + "gzip"], ["gzip"] * 9):
            told = [f"Content-Encoding: {line}" for line in lines]
            assert client.fetch(serve(saying(answer(packed, *told))).url()).data == DATA

    def test_nothing_is_nothing(self, serve: Serve, client: Client) -> None:
        peer = serve(saying(answer(b"", "Content-Encoding: gzip")))
        assert client.fetch(peer.url()).data == b""

    @pytest.mark.parametrize("length", [1, 5, 100, -9])
    def test_what_is_packed_but_not_whole_is_cut_short(
        self, serve: Serve, client: Client, length: int
    ) -> None:
        """Even if all bytes that were announced have come."""
        packed = gzip.compress(DATA)[:length]
        peer = serve(saying(answer(packed, "Content-Encoding: gzip")))
        assert outcome(client, peer.url()) is Outcome.CUT_SHORT

    def test_a_bomb_never_is_much_at_once(self, serve: Serve, client: Client) -> None:
        bomb = gzip.compress(bytes(2 * MOST_BYTES), 9)
        peer = serve(saying(answer(bomb, "Content-Encoding: gzip")))
        tracemalloc.start()
        try:
            with client.open(peer.url(), MOST_BYTES) as opened, pytest.raises(Failed) as failed:
                assert max(map(len, opened.chunks)) <= 2**20
            assert tracemalloc.get_traced_memory()[1] < 8 * 2**20
        finally:
            tracemalloc.stop()
        assert failed.value.outcome is Outcome.TOO_LARGE

    def test_many_endless_bodies_at_once_do_not_fill_the_memory(self, serve: Serve) -> None:
        """Few that are large are read at once; the others wait for a while, without any blame."""
        peer = serve(pouring(head()))
        ended: list[object] = []

        def ask() -> None:
            try:
                ended.append(impatient.ask(RequestState(peer.url())))
            except Postponed:
                ended.append(Postponed)
            except Failed as failed:
                ended.append(failed.outcome)

        threads = [threading.Thread(target=ask) for _ in range(24)]
        tracemalloc.start()
        try:
            with fetching(limits=Limits(stall=1)) as impatient:
                for thread in threads:
                    thread.start()
                for thread in threads:
                    thread.join()
            assert tracemalloc.get_traced_memory()[1] < 8 * MOST_BYTES
        finally:
            tracemalloc.stop()
        assert Outcome.TOO_LARGE in ended
        assert len(ended) == 24
        assert set(ended) <= {Outcome.TOO_LARGE, Postponed}

    @pytest.mark.parametrize("size", [2**20 - 1, 2**20, 2**20 + 1, 3 * 2**20])
    def test_all_of_a_large_body_is_unpacked(self, serve: Serve, client: Client, size: int) -> None:
        peer = serve(saying(answer(gzip.compress(bytes(size)), "Content-Encoding: gzip")))
        assert client.fetch(peer.url()).data == bytes(size)


class TestCallers:
    """`with client.open(…)`."""

    def test_what_the_caller_raises_passes_unchanged(self, serve: Serve, client: Client) -> None:
        """Even what the network could have raised."""
        peer = serve(saying(answer(DATA)))
        for error in (OSError(28, "No space left on device"), ValueError(), KeyboardInterrupt()):
            with pytest.raises(type(error)) as raised, client.open(peer.url(), MOST_BYTES):
                raise error
            assert raised.value is error
        with client.open(peer.url(), MOST_BYTES) as opened:
            assert b"".join(opened.chunks) == DATA


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file with a key and a certificate that localhost.example has signed for itself."""
    if not shutil.which("openssl"):
        pytest.skip("openssl makes the certificates, and there is none here")
    file = tmp_path_factory.mktemp("tls") / "self-signed.pem"
    request = "req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=practice"
    names = "-addext subjectAltName=DNS:localhost.example"
    files = ["-keyout", str(file), "-out", str(file.with_suffix(".crt"))]
    run = ["openssl", *request.split(), *names.split(), *files]
    subprocess.run(run, check=True, stderr=subprocess.DEVNULL)
    file.write_bytes(file.read_bytes() + file.with_suffix(".crt").read_bytes())
    return file


class TestTLS:
    """https, where the host must prove who it is."""

    @pytest.fixture
    def trusting(
        self, certificate: Path, monkeypatch: pytest.MonkeyPatch
    ) -> Iterator[Callable[[Limits], Client]]:
        """Make clients that trust the certificate as they trust the authorities' ones."""
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate.with_suffix(".crt")))
        with ExitStack() as stack:
            yield lambda limits: stack.enter_context(fetching(limits=limits))

    def test_a_host_that_signs_for_itself_is_not_believed(
        self, serve: Serve, client: Client, certificate: Path
    ) -> None:
        peer = serve(over_tls(certificate, saying(answer(DATA))))
        assert outcome(client, peer.secure_url()) is Outcome.BAD_CERTIFICATE
        assert peer.heads == []

    def test_a_certificate_for_another_name_is_not_believed(
        self, serve: Serve, trusting: Callable[[Limits], Client], certificate: Path
    ) -> None:
        peer = serve(over_tls(certificate, saying(answer(DATA))))
        url = peer.secure_url(host="other.example")
        assert outcome(trusting(PATIENT), url) is Outcome.BAD_CERTIFICATE

    def test_one_connection_serves_many_urls(
        self, serve: Serve, trusting: Callable[[Limits], Client], certificate: Path
    ) -> None:
        peer = serve(over_tls(certificate, saying(answer(DATA))))
        client = trusting(PATIENT)
        for number in range(3):
            assert client.fetch(peer.secure_url(f"/{number}.jpg")).data == DATA
        assert peer.connections == 1

    @pytest.mark.parametrize(
        ("behave", "meant"),
        [
            (stopping_after(b""), Outcome.SILENT),
            (stopping_after(head("Content-Length: 9") + b"123"), Outcome.STALLED),
            (dripping(head("Content-Length: 99999")), Outcome.STALLED),
        ],
    )
    def test_the_same_limits_hold(
        self,
        serve: Serve,
        trusting: Callable[[Limits], Client],
        certificate: Path,
        behave: Behaviour,
        meant: Outcome,
    ) -> None:
        peer = serve(over_tls(certificate, behave))
        started = time.monotonic()
        assert outcome(trusting(HASTY), peer.secure_url()) is meant
        assert time.monotonic() - started < HASTY.whole + LEEWAY

    @pytest.mark.parametrize("said", [b"", head("Content-Length: 9") + b"123"])
    def test_an_answer_that_ends_too_early_is_cut_short(
        self,
        serve: Serve,
        trusting: Callable[[Limits], Client],
        certificate: Path,
        said: bytes,
    ) -> None:
        peer = serve(over_tls(certificate, saying_once(said)))
        assert outcome(trusting(PATIENT), peer.secure_url()) is Outcome.CUT_SHORT

    def test_bytes_that_are_damaged_on_their_way_may_come_whole_the_next_time(
        self, serve: Serve, trusting: Callable[[Limits], Client], certificate: Path
    ) -> None:
        def damaging(talk: Talk) -> None:
            talk.hear()
            talk.say(head("Content-Length: 9"))
            socket.socket.sendall(talk.connection, bytes(99))  # past its encryption

        peer = serve(over_tls(certificate, damaging))
        assert outcome(trusting(PATIENT), peer.secure_url()) is Outcome.CUT_SHORT

    def test_a_host_that_never_shakes_hands_is_silent(self, serve: Serve, hasty: Client) -> None:
        started = time.monotonic()
        peer = serve(lambda talk: talk.wait())
        assert outcome(hasty, peer.secure_url()) is Outcome.SILENT
        assert time.monotonic() - started < HASTY.whole + LEEWAY

    def test_a_host_that_hangs_up_while_shaking_hands_has_lost_the_connection(
        self, serve: Serve, client: Client
    ) -> None:
        peer = serve(lambda talk: talk.connection.recv(1000))
        assert outcome(client, peer.secure_url()) is Outcome.CUT_SHORT


class TestClose:
    """`close`, from another thread."""

    @pytest.mark.parametrize(
        "behave",
        [
            pytest.param(lambda talk: talk.wait(), id="silent"),
            pytest.param(dripping(b"HTTP/1.1 200 "), id="dripping"),
            pytest.param(stopping_after(head("Content-Length: 9") + b"123"), id="stalled"),
            pytest.param(stopping_after(head() + b"123"), id="stalled without length"),
        ],
    )
    def test_a_fetch_that_waits_fails_at_once(
        self, serve: Serve, client: Client, behave: Behaviour
    ) -> None:
        peer = serve(behave)
        assert woken_by_close(client, peer.url(), lambda: peer.connections > 0) < LEEWAY

    def test_a_fetch_that_waits_for_hands_to_be_shaken_fails_at_once(
        self, serve: Serve, client: Client
    ) -> None:
        peer = serve(lambda talk: talk.wait())
        assert woken_by_close(client, peer.secure_url(), lambda: peer.connections > 0) < LEEWAY

    @pytest.mark.skipif(sys.platform != "linux", reason="other systems take more connections")
    def test_a_fetch_that_waits_for_its_connection_fails_at_once(self, client: Client) -> None:
        with full_backlog() as port:
            url = f"http://127.0.0.1:{port}/"
            assert woken_by_close(client, url, lambda: True) < LEEWAY

    def test_a_fetch_that_waits_for_a_name_fails_at_once(self) -> None:
        asked, ended = threading.Event(), threading.Event()

        def slow(host: str) -> list[str]:
            asked.set()
            ended.wait()
            return []

        client = Client(LOOPBACK, PATIENT, Resolver(slow))
        assert woken_by_close(client, "http://slow.example/", asked.is_set) < LEEWAY
        ended.set()

    def test_a_body_that_is_being_read_fails_at_once(self, serve: Serve, client: Client) -> None:
        peer = serve(stopping_after(head("Content-Length: 999999") + bytes(300_000)))
        with client.open(peer.url(), MOST_BYTES) as opened:
            next(opened.chunks)
            threading.Timer(0.1, client.close).start()
            started = time.monotonic()
            with pytest.raises(Failed):
                next(opened.chunks)
            assert time.monotonic() - started < LEEWAY

    def test_no_connection_is_made_any_more(self, serve: Serve, client: Client) -> None:
        peer = serve(saying(answer(DATA)))
        client.fetch(peer.url())
        client.close()
        failed = failure(client, peer.url())
        assert (failed.outcome, failed.detail) == (Outcome.REFUSED, "the client has been closed")
        assert len(peer.heads) == 1

    def test_closing_twice_is_no_matter(self, client: Client) -> None:
        client.close()
        client.close()


def woken_by_close(client: Client, url: str, begun: Callable[[], bool]) -> float:
    """Close a client while it fetches; return the seconds until that fails."""
    failed: list[Failed] = []
    thread = threading.Thread(target=lambda: failed.append(failure(client, url)))
    thread.start()
    deadline = time.monotonic() + 5
    while not begun() and time.monotonic() < deadline:
        time.sleep(0.01)
    time.sleep(0.1)
    started = time.monotonic()
    client.close()
    thread.join()
    assert not failed[0].outcome.final
    return time.monotonic() - started


class TestPracticeWeb:
    """The practice web's hosts, which behave as their URLs say."""

    @pytest.mark.parametrize(
        ("kind", "meant"),
        [
            ("gone", Outcome.GONE),
            ("flickr", Outcome.PLACEHOLDER),
            ("refused", Outcome.REFUSED),
            ("truncated", Outcome.CUT_SHORT),
            ("busy", Outcome.BUSY),
            ("limited", Outcome.BUSY),
            ("loop", Outcome.REDIRECTS),
        ],
    )
    def test_a_dead_link_has_a_name(
        self, web: PracticeWeb, client: Client, kind: str, meant: Outcome
    ) -> None:
        assert outcome(client, web.link("n01440764", 1, kind).url) is meant

    @pytest.mark.parametrize("kind", ["good", "good-png", "moved", "moved-absolute"])
    def test_a_good_link_gives_its_picture(
        self, web: PracticeWeb, client: Client, kind: str
    ) -> None:
        link = web.link("n01440764", 1, kind)
        assert len(client.fetch(link.url).data) > 10_000, "a photo"

    def test_a_list_in_any_encoding_can_be_asked(self, web: PracticeWeb, client: Client) -> None:
        for name in ("caf\xe9.jpg", "caf\xc3\xa9.jpg", "a b,c.jpg"):
            url = web.url(0, f"/good/{name}")
            assert client.fetch(url).url == urls.parse(url).url
        asked = [request.path for request in web.requests.all()]
        assert asked == ["/good/caf\xe9.jpg", "/good/caf\xc3\xa9.jpg", "/good/a b,c.jpg"]
