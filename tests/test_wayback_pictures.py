"""Which links the Wayback Machine is asked for, and what is made of its answers."""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest
from ck_imagenet.actions import DownloadOptions
from ck_imagenet.crawling.ledger import Ledger, Verdict
from ck_imagenet.crawling.wayback_pictures import Captures, Findings, may_help
from ck_imagenet.kept.folder_store import FolderStore
from ck_imagenet.kept.journal import Journal, Record
from ck_imagenet.kept.repeats import Repeats
from ck_imagenet.names import ImageName
from ck_imagenet.outcomes import Outcome

NAME = ImageName("n01440764", 1)
URL = "http://a.example/b.jpg"
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


class Desk:
    """A synset with one link, which is gone."""

    def __init__(self, folder: Path) -> None:
        place = FolderStore(folder).synset(NAME.wnid)
        place.create()
        self.journal = Journal.of(place)
        self.journal.append(GONE)
        repeats = Repeats(self.journal.records.values())
        self.ledger = Ledger(
            place,
            self.journal,
            repeats,
            here=0,
            most=None,
            reached=True,
            report=lambda record: None,
        )
        self.findings = Findings(self.ledger, self.journal, Captures(DownloadOptions()))


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = Desk(tmp_path)
    yield made
    made.journal.close()


def test_what_it_says_stands_beside_what_the_host_said(desk: Desk) -> None:
    said = GONE._replace(outcome=Outcome.NOT_A_PICTURE, detail="HTML", time=CAPTURE.time)
    desk.findings.settle(said)
    assert desk.journal.records[URL] == GONE._replace(
        wayback="not-a-picture: HTML", time=CAPTURE.time
    )
    assert desk.findings.trouble == ""


@pytest.mark.parametrize(
    "outcome",
    [
        *(outcome for outcome in Outcome if not outcome.final),
        Outcome.NO_SUCH_HOST,
        Outcome.BAD_CERTIFICATE,
        Outcome.NOT_HTTP,
        Outcome.PRIVATE_ADDRESS,
    ],
)
def test_its_own_trouble_says_nothing_of_a_link(desk: Desk, outcome: Outcome) -> None:
    desk.findings.settle(GONE._replace(outcome=outcome, detail="x"))
    assert desk.journal.records[URL] == GONE
    assert desk.findings.trouble == f"{outcome.word}: x"


def test_a_capture_takes_the_place_of_the_failure(desk: Desk) -> None:
    assert desk.findings.claim(CAPTURE) is Verdict.KEEP
    desk.findings.keep(CAPTURE)
    assert desk.journal.records[URL] == CAPTURE


def test_a_redirect_that_leads_out_of_the_archive_gives_no_picture(desk: Desk) -> None:
    outside = CAPTURE._replace(captured="", final_url="http://a.example/now.jpg")
    assert desk.findings.claim(outside) is Verdict.SETTLED
    said = desk.journal.records[URL]
    assert (said.outcome, said.wayback) == (Outcome.GONE, "redirects: http://a.example/now.jpg")
