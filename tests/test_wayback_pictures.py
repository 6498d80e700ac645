"""Which links the Wayback Machine is asked for, and what is made of its answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterator

import pytest
from ck_imagenet.core import urls
from ck_imagenet.core.actions import WAYBACK_SERVICE
from ck_imagenet.core.outcomes import HostSignal, Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.engine import context
from ck_imagenet.engine.context import Crawl, Order, Politeness, Wayback
from ck_imagenet.engine.host_queue import HostQueue
from ck_imagenet.engine.recorder import SynsetRecorder, Verdict
from ck_imagenet.engine.wayback import CaptureRecorder, Captures, may_help
from ck_imagenet.http.client import Network
from ck_imagenet.http.retry import Spacing
from ck_imagenet.storage.deduplication import Duplicates
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.journal import Journal
from ck_imagenet.storage.records import Record

NAME = ImageName("n01440764", 1)
URL = "http://a.example/b.jpg"
ARCHIVE = "web.archive.org:443"
TIME = "2026-01-01T00:00:00Z"
GONE = Record(NAME, URL, Outcome.GONE, TIME, detail="404", source="a list")
CAPTURE = Record(
    NAME,
    URL,
    Outcome.SAVED,
    "2026-01-02T00:00:00Z",
    source="wayback",
    final_url=f"https://web.archive.org/web/20100101000000id_/{URL}",
    captured="2010-01-01T00:00:00Z",
    sha256="1" * 64,
)


def test_the_archive_is_asked_for_what_is_gone_for_good_and_not_meant_to_be() -> None:
    helped = {outcome for outcome in Outcome if may_help(GONE._replace(outcome=outcome))}
    left_alone = {"saved", "duplicate", "rejected", "opted-out", "bad-url", "private-address"}
    assert {each.word for each in Outcome if each.final} - {each.word for each in helped} == (
        left_alone
    )
    assert all(outcome.final for outcome in helped)


def test_it_is_asked_once() -> None:
    assert may_help(GONE)
    assert not may_help(GONE._replace(wayback="gone: 404"))
    assert not may_help(GONE._replace(outcome=Outcome.PLACEHOLDER, source="wayback"))


class OneLink:
    """A synset with one link, which is gone."""

    def __init__(self, folder: Path) -> None:
        place = FolderStore(folder).synset(NAME.wnid)
        place.create()
        self.journal = Journal.of(place)
        self.journal.append(GONE)
        duplicates = Duplicates(self.journal.records.values())
        self.recorder = SynsetRecorder(
            place,
            self.journal,
            duplicates,
            here=0,
            most=None,
            reached=True,
            report=lambda record: None,
        )
        self.capture_recorder = CaptureRecorder(self.recorder, self.journal, Captures(Wayback()))


@pytest.fixture
def one_link(tmp_path: Path) -> Iterator[OneLink]:
    made = OneLink(tmp_path)
    yield made
    made.journal.close()


@pytest.mark.parametrize("outcome", [each for each in Outcome if each is not Outcome.SAVED])
def test_what_a_capture_is_stands_beside_what_the_host_said(
    one_link: OneLink, outcome: Outcome
) -> None:
    said = CAPTURE._replace(outcome=outcome, detail="as captured")
    one_link.capture_recorder.record(said)
    assert one_link.journal.records[URL] == GONE._replace(
        wayback=f"{outcome.word}: as captured", time=CAPTURE.time
    )
    assert one_link.capture_recorder.trouble == ""


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        (Outcome.GONE, "gone: never captured"),
        (Outcome.FORBIDDEN, "forbidden: x"),
        (Outcome.HTTP_ERROR, "http-error: x"),
        (Outcome.REDIRECTS, "redirects: x"),
        (Outcome.BAD_URL, "bad-url: x"),
    ],
)
def test_so_does_what_it_says_itself_for_good(
    one_link: OneLink, outcome: Outcome, said: str
) -> None:
    one_link.capture_recorder.record(GONE._replace(outcome=outcome, detail="x"))
    assert one_link.journal.records[URL].wayback == said
    assert one_link.capture_recorder.trouble == ""


def test_what_is_no_http_is_of_the_link_once_others_have_been_answered(one_link: OneLink) -> None:
    garbled = GONE._replace(outcome=Outcome.NOT_HTTP, detail="x")
    one_link.capture_recorder.record(garbled)
    assert (one_link.journal.records[URL], one_link.capture_recorder.trouble) == (
        GONE,
        "not-http: x",
    )
    one_link.capture_recorder.record(GONE)
    one_link.capture_recorder.record(garbled)
    assert one_link.journal.records[URL].wayback == "not-http: x"


@pytest.mark.parametrize(
    "outcome",
    [
        *(outcome for outcome in Outcome if not outcome.final),
        Outcome.NO_SUCH_HOST,
        Outcome.BAD_CERTIFICATE,
        Outcome.NOT_HTTP,
        Outcome.NOT_A_PICTURE,
        Outcome.EMPTY,
    ],
)
def test_its_own_trouble_says_nothing_of_a_link(one_link: OneLink, outcome: Outcome) -> None:
    one_link.capture_recorder.record(GONE._replace(outcome=outcome, detail="x"))
    assert one_link.journal.records[URL] == GONE
    assert one_link.capture_recorder.trouble == f"{outcome.word}: x"


def test_a_capture_takes_the_place_of_the_failure(one_link: OneLink) -> None:
    assert one_link.capture_recorder.reserve(CAPTURE) is Verdict.KEEP
    one_link.capture_recorder.record(CAPTURE)
    assert one_link.journal.records[URL] == CAPTURE


def test_a_redirect_that_leads_out_of_the_archive_gives_no_picture(one_link: OneLink) -> None:
    outside = CAPTURE._replace(captured="", final_url="http://a.example/now.jpg")
    assert one_link.capture_recorder.reserve(outside) is Verdict.SETTLED
    said = one_link.journal.records[URL]
    assert (said.outcome, said.wayback) == (Outcome.GONE, "redirects: http://a.example/now.jpg")


class TestPace:
    """At which pace it is asked, with a clock that is passed in."""

    @pytest.mark.parametrize(
        ("options", "gap"),
        [
            ({}, 1 / urls.WAYBACK_PACE),
            ({"sleep": 0.1}, 1 / urls.WAYBACK_PACE),
            ({"sleep": 3.0}, 3.0),
            ({"pace": "web.archive.org:2"}, 0.5),
            ({"pace": "archive.org:2", "sleep": 1.0}, 1.0),
        ],
    )
    def test_eight_requests_a_second_and_less_if_so_wished(
        self, options: dict[str, Any], gap: float
    ) -> None:
        spacing = context.wayback_spacing(Politeness(**options), WAYBACK_SERVICE)
        spacing.began(100)
        assert spacing.free_at == 100 + gap
        assert 8 * gap > 1

    @pytest.fixture
    def order(self, tmp_path: Path) -> Order:
        store = FolderStore(tmp_path)
        return Order(store, Network(), Crawl(), Politeness(), WAYBACK_SERVICE, {})

    @staticmethod
    def hosts(order: Order, spacing: Spacing) -> HostQueue[str]:
        asked = order.capture_settings(spacing)
        hosts: HostQueue[str] = HostQueue(asked.per_host, asked.back_off, asked.profile)
        for number in range(100):
            hosts.put(ARCHIVE, str(number), 0)
        return hosts

    def test_links_of_a_list_that_lead_there_go_through_the_same_spacing(
        self, order: Order
    ) -> None:
        spacing = Spacing(0.125)
        near, far = order.settings(spacing), order.capture_settings(spacing)
        for host, shared in ((ARCHIVE, spacing), ("a.example:80", None)):
            assert near.profile(host).spacing is far.profile(host).spacing is shared

    def test_all_of_a_run_share_its_spacing(self, order: Order) -> None:
        spacing = Spacing(0.125)
        hosts = self.hosts(order, spacing)
        assert hosts.take(1.0)
        spacing.began(1.125)  # who has no queue
        assert [bool(hosts.take(now)) for now in (1.125, 1.2, 1.25, 1.3)] == [
            False,
            False,
            True,
            False,
        ]

    @pytest.mark.parametrize("given", [0, 1, 2, 3, 10, 50])
    def test_a_429_that_names_no_time_means_a_minute_whatever_was_learnt(
        self, order: Order, given: int
    ) -> None:
        hosts, now = self.hosts(order, Spacing(0.125)), 0.0
        for _ in range(given):
            now += 0.2
            assert hosts.take(now)
            hosts.release(ARCHIVE, now + 0.05, HostSignal.ANSWER, now)
        for _ in range(3):
            now += 0.2
            assert hosts.take(now)
            hosts.release(ARCHIVE, now + 0.05, HostSignal.BUSY, now)
            assert hosts.take(now + 60) is None
            now += 200

    def test_a_back_off_of_one_who_asks_is_one_of_all(self, order: Order) -> None:
        spacing = Spacing(0.125)
        hosts = self.hosts(order, spacing)
        assert hosts.take(1.0)
        hosts.release(ARCHIVE, 1.1, HostSignal.BUSY, 1.0)
        assert spacing.free_at >= 61
