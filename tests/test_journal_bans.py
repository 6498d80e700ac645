"""What older versions recorded as `forbidden` while a host had banned them is asked once more."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path
from typing import Iterable

import pytest
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.storage.bans import IN_A_ROW, suspects
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.journal import Journal
from ck_imagenet.storage.records import Record
from ck_imagenet_practice import PracticeWeb
from hypothesis import given
from hypothesis import strategies as st
from terminal import WNID, Terminal

NOON = "2026-05-01T12:00:00Z"


def line(
    number: int,
    outcome: str,
    time: str = NOON,
    *,
    host: str = "a.example",
    detail: str = "",
    url: str = "",
) -> Record:
    """Return a line as older versions wrote it."""
    usual = {"forbidden": "403", "busy": "429", "host-busy": f"{host}:80"}.get(outcome, "")
    return Record(
        ImageName(WNID, number),
        url or f"http://{host}/{number}.jpg",
        Outcome.named(outcome),
        time,
        detail or usual,
    )


def numbers(records: Iterable[Record]) -> list[int]:
    records = list(records)
    by_url = {record.url: record.name.number for record in records}
    return sorted(by_url[url] for url in suspects(records))


def row(first: int, count: int = IN_A_ROW, host: str = "a.example") -> list[Record]:
    return [line(number, "forbidden", host=host) for number in range(first, first + count)]


def write(folder: Path, records: Iterable[Record]) -> None:
    """Write a journal as older versions did."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = ['{"format": 1}', *(json.dumps(record.facts()) for record in records)]
    (folder / "0.jsonl").write_text("\n".join(lines) + "\n")


class TestAfterARefusal:
    """Within minutes after a host asked to come later."""

    @pytest.mark.parametrize("detail", ["429", "503", "420", "429, come back in 60 s"])
    def test_what_it_forbids_is_suspect(self, detail: str) -> None:
        assert numbers([line(1, "busy", detail=detail), line(2, "forbidden")]) == [2]

    @pytest.mark.parametrize(
        ("time", "expected"),
        [
            ("2026-05-01T12:05:00Z", [2]),
            ("2026-05-01T12:05:01Z", []),
            ("2026-05-02T12:00:00Z", []),
            ("2026-05-01T11:59:59Z", [2]),  # the clock was set back
            ("2020", []),
            ("", []),
        ],
    )
    def test_only_within_five_minutes(self, time: str, expected: list[int]) -> None:
        assert numbers([line(1, "busy"), line(2, "forbidden", time)]) == expected

    def test_what_is_forbidden_again_much_later_is_believed(self) -> None:
        again = line(2, "forbidden", "2026-05-02T12:00:00Z")
        assert numbers([line(1, "busy"), line(2, "forbidden"), again]) == []

    def test_only_after_it(self) -> None:
        assert numbers([line(2, "forbidden"), line(1, "busy")]) == []

    @pytest.mark.parametrize(
        "other",
        [
            line(1, "busy", host="b.example"),
            line(1, "busy", host="a.example:8080"),
            line(1, "server-error", detail="500"),
            line(1, "gone", detail="404"),
            line(1, "saved"),
        ],
    )
    def test_only_of_the_same_host_and_for_that_reason(self, other: Record) -> None:
        assert numbers([other, line(2, "forbidden")]) == []

    def test_the_host_is_that_of_the_url_whatever_its_form(self) -> None:
        refused = line(1, "busy", url="HTTP://A.example:80?x")
        assert numbers([refused, line(2, "forbidden")]) == [2]

    def test_a_host_that_links_were_led_to_is_named(self) -> None:
        """Of what was given up with its host, the line names where it was to be asked."""
        led = line(1, "host-busy", host="old.example", detail="new.example:80")
        assert numbers([led, line(2, "forbidden", host="new.example")]) == [2]
        assert numbers([led, line(2, "forbidden", host="old.example")]) == [2]
        assert numbers([led, line(2, "forbidden", host="other.example")]) == []

    def test_what_has_been_settled_otherwise_since_is_not(self) -> None:
        assert numbers([line(1, "busy"), line(2, "forbidden"), line(2, "saved")]) == []


class TestInARow:
    """Older versions wrote nothing of a refusal after which they asked again."""

    def test_a_host_that_forbids_all_from_one_moment_on_has_banned_us(self) -> None:
        """As the journal of a run against such a host was: 23 saved, then 67 forbidden."""
        records = [*(line(number, "saved") for number in range(23)), *row(23, 67)]
        assert numbers(records) == list(range(23, 90))

    def test_a_few_are_verdicts(self) -> None:
        assert numbers([line(0, "saved"), *row(1, IN_A_ROW - 1), line(9, "saved")]) == []

    def test_another_answer_in_between_shows_that_it_was_no_ban(self) -> None:
        records = [*row(0, 3), line(3, "gone"), *row(4, 3), line(7, "not-a-picture"), *row(8, 3)]
        assert numbers(records) == []

    def test_no_answer_in_between_shows_nothing(self) -> None:
        records = [*row(0, 3), line(3, "silent"), line(4, "refused"), *row(5, 2)]
        assert numbers(records) == [0, 1, 2, 5, 6]

    def test_each_host_has_its_own_row(self) -> None:
        mixed = [each for pair in zip(row(0, 4), row(10, 6, "b.example")) for each in pair]
        assert numbers([*mixed, *row(20, 2, "b.example")]) == [10, 11, 12, 13, 20, 21]

    def test_those_among_the_last_pictures_belong_to_it(self) -> None:
        """A picture takes longer to be written down than a refusal."""
        assert numbers([*row(0, 1), line(1, "saved"), *row(2)]) == [0, 2, 3, 4, 5, 6]


def test_a_host_that_is_known_to_ration_forbids_nothing_for_good() -> None:
    records = [
        line(1, "saved", host="farm1.static.flickr.com"),
        line(2, "forbidden", host="farm2.static.flickr.com"),
        line(3, "forbidden", host="www.flickr.com"),
    ]
    assert numbers(records) == [2]


def test_a_known_service_is_one_host() -> None:
    refused = line(1, "busy", host="farm1.static.flickr.com")
    new = line(2, "forbidden", host="live.staticflickr.com")
    assert suspects([refused, new], sure={1}) == {new.url}


class TestJournal:
    """What a journal tells of suspects."""

    OLD = (line(0, "saved"), *row(1, 6), line(7, "gone"), line(8, "forbidden", host="b.example"))

    def test_suspects_are_as_if_nothing_were_told_of_them(self, tmp_path: Path) -> None:
        write(tmp_path, self.OLD)
        told = {record.name.number for record in Journal(tmp_path).records.values()}
        assert told == {0, 7, 8}

    def test_what_is_forbidden_again_is_believed(self, tmp_path: Path) -> None:
        """Even at once, after a new refusal, and in a row."""
        write(tmp_path, [*self.OLD, line(9, "busy")])
        journal = Journal(tmp_path)
        for record in row(1, 6):
            journal.append(record)
        journal.close()
        assert len(Journal(tmp_path).records) == 10
        assert Journal(tmp_path).records == journal.records

    def test_what_this_version_forbids_in_a_row_is_believed_at_once(self, tmp_path: Path) -> None:
        journal = Journal(tmp_path)
        for record in row(0, 20):
            journal.append(record)
        journal.close()
        assert Journal(tmp_path).records == journal.records
        assert len(journal.records) == 20

    def test_what_another_writer_has_settled_since_stays(self, tmp_path: Path) -> None:
        write(tmp_path, self.OLD)
        other = Journal(tmp_path, "1")
        other.append(line(1, "saved", "2026-06-01T00:00:00Z"))
        other.append(line(2, "forbidden", "2026-06-01T00:00:00Z"))
        other.close()
        told = {record.name.number for record in Journal(tmp_path).records.values()}
        assert told == {0, 1, 2, 7, 8}


def test_a_plain_download_asks_for_them_once(terminal: Terminal, web: PracticeWeb) -> None:
    """Those that give their picture now have it; those that do not are not asked for ever."""
    links = [web.link(WNID, number, "good") for number in range(4)]
    links += [web.link(WNID, number, "403") for number in range(4, 12)]
    web.set_links(WNID, links)
    state = FolderStore(terminal.folder / "out").synset(WNID).state
    refused = [line(number, "busy", url=link.url) for number, link in enumerate(links)]
    banned = [line(number, "forbidden", url=link.url) for number, link in enumerate(links)]
    write(state / "journal", [*refused, *banned])
    command = ("download", "imagenet", f"--wnid={WNID}", "--outdir=out")
    (first,) = terminal.json(*command)["synsets"]
    assert (first["to_fetch"], first["saved"], first["failed"]) == (12, 4, {"forbidden": 8})
    asked = len(web.requests)
    (second,) = terminal.json(*command)["synsets"]
    assert (second["to_fetch"], second["here"], second["failed"]) == (0, 4, {"forbidden": 8})
    assert len(web.requests) == asked


# What is told: of which link, with what outcome and detail, how many minutes after noon, and
# whether a picture is withdrawn; and after how many of these the journal is opened anew.
TOLD = st.tuples(
    st.integers(0, 3),
    st.sampled_from(["forbidden", "busy", "host-busy", "gone", "saved"]),
    st.integers(0, 12),
    st.booleans(),
)


@given(st.lists(TOLD, max_size=12), st.integers(0, 12))
def test_who_has_told_it_knows_what_whoever_reads_it_will(
    told: list[tuple[int, str, int, bool]], reopened: int
) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name) / "journal"
        journal = Journal(folder)
        for position, (number, outcome, minute, withdrawn) in enumerate(told):
            if position == reopened:
                journal.close()
                journal = Journal(folder)
            record = line(number, outcome, f"2026-05-01T12:{minute:02}:00Z")
            journal.append(record._replace(withdrawn=withdrawn and outcome == "saved"))
        known = journal.as_read()
        journal.close()
        assert known.records == Journal(folder).records
        assert known.withdrawn == Journal(folder).withdrawn


def test_a_picture_known_by_its_name_alone_is_not_told_beside_its_url(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.append(line(1, "saved", url=f"{WNID}_1"))
    journal.append(line(1, "saved"))
    journal.close()
    assert list(journal.as_read().records) == ["http://a.example/1.jpg"]
    assert journal.as_read().records == Journal(tmp_path / "journal").records
