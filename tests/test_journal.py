"""The journal: what became of every URL, on disk."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from ck_imagenet.core.errors import StoreError
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.storage.journal import Journal
from ck_imagenet.storage.records import Record, now
from hypothesis import given
from hypothesis import strategies as st

LIBRARY = Path(__file__).parents[1] / "module" / "imagenet"
HEADER = '{"format": 1}'

ON_A_FULL_DISK = f"""
import resource, sys
from pathlib import Path
sys.path.insert(0, {str(LIBRARY)!r})
from ck_imagenet.storage.journal import Journal
from ck_imagenet.storage.records import Record
from ck_imagenet.core.text import ImageName
from ck_imagenet.core.outcomes import Outcome

journal = Journal(Path(sys.argv[1]))
for number in range(3):
    if number == 1:
        resource.setrlimit(resource.RLIMIT_FSIZE, (200, resource.RLIM_INFINITY))
    if number == 2:
        resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    try:
        name = ImageName("n01440764", number)
        journal.append(Record(name, f"http://a/{{number}}", Outcome.GONE, "2020", "x" * 80))
    except OSError as error:
        print(error.filename)
print(*journal.records)
"""


def record(
    number: int, outcome: Outcome = Outcome.GONE, time: str = "2020", url: str = ""
) -> Record:
    name = ImageName("n01440764", number)
    return Record(name, url or f"http://a/{number}", outcome, time)


def write(folder: Path, *records: Record, writer: str = "0") -> Journal:
    """Append records as one run does, and return its journal."""
    journal = Journal(folder, writer)
    for each in records:
        journal.append(each)
    journal.close()
    return journal


def test_what_is_forgotten_is_as_if_it_had_never_been_told(tmp_path: Path) -> None:
    write(tmp_path / "journal", record(1), record(2), writer="0")
    write(tmp_path / "journal", record(1, Outcome.SAVED), record(3), writer="1")
    journal = Journal(tmp_path / "journal")
    journal.forget([record(1), record(9)])
    journal.append(record(4))
    journal.close()
    left = {f"http://a/{number}" for number in (2, 3, 4)}
    assert set(journal.records) == set(Journal(tmp_path / "journal").records) == left
    assert [path.name for path in tmp_path.iterdir()] == ["journal"]


def test_what_is_withdrawn_is_asked_for_again_and_what_it_gave_is_known(tmp_path: Path) -> None:
    write(tmp_path, record(1, Outcome.SAVED, time="2020"), record(2), writer="1")
    journal = Journal(tmp_path)
    journal.withdraw(record(1, Outcome.SAVED))
    journal.close()
    for known in (journal, Journal(tmp_path)):
        assert (list(known.records), list(known.withdrawn)) == (["http://a/2"], ["http://a/1"])
    write(tmp_path, record(1, time=now()))
    assert len(Journal(tmp_path).records) == 2
    assert Journal(tmp_path).withdrawn == {}


def test_what_is_told_of_a_picture_by_its_name_is_forgotten_with_it(tmp_path: Path) -> None:
    """As long as nobody knows its URL; another URL with the same number stays."""
    journal = tmp_path / "journal"
    write(journal, record(1, Outcome.SAVED, url="n01440764_1"), record(1, url="http://a/x"))
    Journal(journal).forget([record(1)])
    assert list(Journal(journal).records) == ["http://a/x"]
    write(journal, record(2, Outcome.SAVED, url="n01440764_2"))
    Journal(journal).forget([record(3)])
    assert len(Journal(journal).records) == 2


def test_what_is_told_after_forgetting_is_on_disk(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal")
    journal.append(record(1))
    journal.forget([record(1)])
    journal.append(record(2))
    journal.close()
    assert list(Journal(tmp_path / "journal").records) == ["http://a/2"]


def test_a_saved_picture_that_is_not_here_any_more_is_not_present(tmp_path: Path) -> None:
    journal = write(tmp_path, record(1, Outcome.SAVED), record(2, Outcome.SAVED), record(3))
    assert [each.name.number for each in journal.present({2, 9})] == [2, 3]
    assert [each.name.number for each in journal.present(())] == [3]


def test_lines_that_cannot_be_read_are_counted_and_can_be_dropped(tmp_path: Path) -> None:
    write(tmp_path / "journal", record(1), record(2))
    path = tmp_path / "journal" / "0.jsonl"
    known, newer = path.read_bytes(), b'{"name": "n01440764_9", "outcome": "not yet invented"}\n'
    path.write_bytes(b"garbage\n\xff\n[1]\n\n" + known + newer + b'{"torn": 1')
    journal = Journal(tmp_path / "journal")
    assert (len(journal.records), journal.garbled) == (2, {path: 4})
    journal.drop_garbled(path)
    assert path.read_bytes() == known + newer
    assert journal.garbled == Journal(tmp_path / "journal").garbled == {}


class TestNames:
    """Pictures that are known by ImageNet's name until their URL is."""

    SAVED = record(7, Outcome.SAVED, url="n01440764_7")

    def test_a_picture_gets_the_url_of_its_own_number(self, tmp_path: Path) -> None:
        """Which may be another than its number here."""
        elsewhere = record(30, Outcome.SAVED, url="n01440764_8")
        journal = write(tmp_path, self.SAVED, elsewhere)
        tied = journal.tie({8: "http://a/8", 30: "http://a/30"})
        assert [(str(each.name), each.url) for each in tied] == [("n01440764_30", "http://a/8")]
        assert set(journal.records) == {"n01440764_7", "http://a/8"}

    def test_a_failure_of_the_url_gives_way_to_it(self, tmp_path: Path) -> None:
        journal = write(tmp_path, record(9, url="http://a/7"), self.SAVED)
        assert [each.url for each in journal.tie({7: "http://a/7"})] == ["http://a/7"]
        assert journal.saved()[7].url == "http://a/7"

    def test_a_url_whose_picture_is_here_too_leaves_it_as_it_is(self, tmp_path: Path) -> None:
        journal = write(tmp_path, record(9, Outcome.SAVED, url="http://a/7"), self.SAVED)
        assert journal.tie({7: "http://a/7"}) == []

    def test_what_failed_is_not_tied(self, tmp_path: Path) -> None:
        journal = write(tmp_path, self.SAVED._replace(outcome=Outcome.DUPLICATE))
        assert journal.tie({7: "http://a/7"}) == []

    def test_only_what_has_been_appended_is_on_disk(self, tmp_path: Path) -> None:
        journal = write(tmp_path, self.SAVED)
        (tied,) = journal.tie({7: "http://a/7"})
        assert set(Journal(tmp_path).records) == {"n01440764_7"}
        journal.append(tied)
        journal.close()
        assert Journal(tmp_path).records == {"http://a/7": tied}

    @pytest.mark.parametrize("time", ["1960", "2020", "2021"])
    def test_what_has_become_of_the_url_since_is_what_counts(
        self, tmp_path: Path, time: str
    ) -> None:
        write(tmp_path, self.SAVED, record(7, Outcome.GONE, time, url="http://a/7"))
        assert set(Journal(tmp_path).records) == {"http://a/7"}

    @pytest.mark.parametrize("time", ["1960", "2020", "2021"])
    def test_what_had_become_of_the_url_before_says_nothing_of_it(
        self, tmp_path: Path, time: str
    ) -> None:
        write(tmp_path, record(7, Outcome.GONE, time, url="http://a/7"), self.SAVED)
        assert set(Journal(tmp_path).records) == {"http://a/7", "n01440764_7"}


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def test_a_folder_without_a_journal_has_no_records(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "nowhere")
    assert journal.records == {}
    journal.close()
    assert not (tmp_path / "nowhere").exists()


def test_a_line_holds_what_is_known_and_nothing_empty(tmp_path: Path) -> None:
    write(tmp_path, record(7))
    first, second = lines(tmp_path / "0.jsonl")
    assert first == HEADER
    assert json.loads(second) == {
        "name": "n01440764_7",
        "url": "http://a/7",
        "outcome": "gone",
        "time": "2020",
    }


def test_a_record_is_on_disk_before_append_returns(tmp_path: Path) -> None:
    journal = Journal(tmp_path)
    for number in range(3):
        journal.append(record(number))
        assert Journal(tmp_path).records == journal.records
    assert len(journal.records) == 3
    journal.close()


def test_the_last_record_of_a_url_counts(tmp_path: Path) -> None:
    write(tmp_path, *(record(1, each) for each in (Outcome.BUSY, Outcome.GONE, Outcome.SAVED)))
    assert Journal(tmp_path).records == {"http://a/1": record(1, Outcome.SAVED)}
    assert Journal(tmp_path).saved() == {1: record(1, Outcome.SAVED)}


def test_saved_holds_pictures_only(tmp_path: Path) -> None:
    outcomes = (Outcome.SAVED, Outcome.GONE, Outcome.SAVED)
    journal = write(tmp_path, *(record(number, each) for number, each in enumerate(outcomes)))
    assert sorted(journal.saved()) == [0, 2]


@pytest.mark.parametrize("names", [("a", "b"), ("b", "a")])
def test_of_several_writers_the_later_record_counts(tmp_path: Path, names: tuple[str, str]) -> None:
    early, late = names
    write(tmp_path, record(1, Outcome.SAVED, "2020-01-02T00:00:00Z"), writer=late)
    write(tmp_path, record(1, Outcome.BUSY, "2020-01-01T00:00:00Z"), record(2), writer=early)
    found = Journal(tmp_path)
    assert found.records["http://a/1"].outcome is Outcome.SAVED
    assert sorted(found.records) == ["http://a/1", "http://a/2"]


@pytest.mark.parametrize("time", ["1960", "2020", "2099"])
def test_what_is_told_later_counts_whatever_the_clock_says(tmp_path: Path, time: str) -> None:
    write(tmp_path, record(1, time="2020"), record(2), writer="other")
    write(tmp_path, record(1, Outcome.SAVED, time), record(2, Outcome.SAVED, time))
    write(tmp_path, record(2, Outcome.BUSY, time))
    found = Journal(tmp_path).records
    assert {url: each.outcome.word for url, each in found.items()} == {
        "http://a/1": "saved",
        "http://a/2": "busy",
    }


def test_every_writer_has_a_file_of_its_own(tmp_path: Path) -> None:
    write(tmp_path, record(0))
    write(tmp_path, record(1), writer="other")
    assert len(lines(tmp_path / "0.jsonl")) == len(lines(tmp_path / "other.jsonl")) == 2


def test_a_line_torn_anywhere_is_dropped_and_the_journal_goes_on(tmp_path: Path) -> None:
    """A kill can end the file after any byte, in the header too."""
    write(tmp_path, record(1))
    path = tmp_path / "0.jsonl"
    whole = path.read_bytes()
    for end in range(len(whole)):
        path.write_bytes(whole[:end])
        assert Journal(tmp_path).records == {}
        write(tmp_path, record(2))
        assert lines(path)[0] == HEADER
        assert len(lines(path)) == 2, end
        assert list(Journal(tmp_path).records) == ["http://a/2"]


@pytest.mark.parametrize(
    "garbage",
    [
        "",
        "garbage",
        "{",
        "[]",
        "null",
        "{}",
        '{"name": "n01440764_3"}',
        '{"name": "n01440764_3", "url": "http://a/3", "outcome": "gone"}',
        '{"name": "n01440764_3", "url": "http://a/3", "outcome": "not-yet-invented", "time": "1"}',
        '{"name": "n01440764_3", "url": "http://a/3", "outcome": [], "time": "1"}',
        '{"name": "n01440764_3", "url": ["http://a/3"], "outcome": "gone", "time": "1"}',
        '{"name": "n01440764_3", "url": "http://a/3", "outcome": "gone", "time": 1}',
        '{"name": "../../etc_3", "url": "http://a/3", "outcome": "gone", "time": "1"}',
        '{"name": null, "url": "http://a/3", "outcome": "gone", "time": "1"}',
    ],
)
def test_a_line_that_is_no_record_is_passed_over(tmp_path: Path, garbage: str) -> None:
    write(tmp_path, record(1))
    with (tmp_path / "0.jsonl").open("ab") as opened:
        opened.write(garbage.encode() + b"\n\xff\xfe\x00\n")
    write(tmp_path, record(2))
    assert list(Journal(tmp_path).records) == ["http://a/1", "http://a/2"]


def test_a_field_of_the_wrong_type_counts_as_not_known(tmp_path: Path) -> None:
    line = {**record(1).facts(), "bytes": "many", "width": None, "detail": 4, "new": "x"}
    (tmp_path / "0.jsonl").write_text(json.dumps(line) + "\n")
    assert Journal(tmp_path).records == {"http://a/1": record(1)}


def test_a_newer_format_is_refused_with_the_command_to_upgrade(tmp_path: Path) -> None:
    path = tmp_path / "0.jsonl"
    path.write_text('{"format": 2}\n')
    with pytest.raises(StoreError) as refused:
        Journal(tmp_path)
    assert str(refused.value) == (
        f"{path} was written by a newer ck-imagenet: it has format 2, and this version reads "
        "format 1. Upgrade with: pip install --upgrade ck-imagenet"
    )


def test_an_older_or_missing_format_is_read(tmp_path: Path) -> None:
    fact = json.dumps(record(1).facts())
    for head in ("", '{"format": 0}\n', '{"format": 1}\n'):
        (tmp_path / "0.jsonl").write_text(f"{head}{fact}\n")
        assert list(Journal(tmp_path).records) == ["http://a/1"]


def test_a_full_disk_names_the_journal_and_costs_one_record(tmp_path: Path) -> None:
    """A disk that is nearly full takes a part of a line: the next line must not be glued to it."""
    command = [sys.executable, "-c", ON_A_FULL_DISK, str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines() == [str(tmp_path / "0.jsonl"), "http://a/0 http://a/2"]
    assert list(Journal(tmp_path).records) == ["http://a/0", "http://a/2"]
    assert len(lines(tmp_path / "0.jsonl")) == 3


def test_the_time_sorts_as_text_does() -> None:
    before, after = now(), now()
    assert before <= after
    assert len(before) == len("2020-01-01T00:00:00Z")
    assert before.endswith("Z")


# Two halves of a surrogate pair become the one character that they stand for.
ANY_TEXT = st.text(st.characters(), min_size=1, max_size=20).filter(
    lambda text: text == json.loads(json.dumps(text))
)
WNIDS = st.integers(0, 99_999_999).map(lambda offset: f"n{offset:08}") | st.just("unknown")
RECORDS = st.builds(
    Record,
    name=st.builds(ImageName, WNIDS, st.integers(0, 999_999_999)),
    url=ANY_TEXT,
    outcome=st.sampled_from(Outcome),
    time=ANY_TEXT,
    detail=st.just("") | ANY_TEXT,
    source=st.just("") | ANY_TEXT,
    bytes=st.integers(0),
    width=st.integers(0),
    height=st.integers(0),
    withdrawn=st.booleans(),
)


@given(records=st.lists(RECORDS, max_size=8))
def test_records_are_read_as_they_were_written(
    tmp_path_factory: pytest.TempPathFactory, records: list[Record]
) -> None:
    folder = tmp_path_factory.mktemp("journal")
    journal = write(folder, *records)
    latest = {each.url: each for each in records}
    for known in (journal, Journal(folder)):
        assert known.records == {url: latest[url] for url in latest if not latest[url].withdrawn}
        assert known.withdrawn == {url: latest[url] for url in latest if latest[url].withdrawn}


def test_what_a_url_has_answered_is_known_until_it_answers_again(tmp_path: Path) -> None:
    """Its picture may come from a tar meanwhile, and be withdrawn: that is no answer of the URL."""
    gone = record(1, Outcome.GONE)
    from_tar = record(1, Outcome.SAVED)._replace(source="1.tar")
    given = from_tar._replace(final_url="http://a/1")
    journal = Journal(tmp_path)
    journal.append(gone)
    assert journal.answers == {}
    journal.append(from_tar)
    journal.withdraw(from_tar)
    for known in (journal, Journal(tmp_path), Journal(tmp_path, "other")):
        assert list(known.answers.values()) == [gone]
    journal.append(given)
    for known in (journal, Journal(tmp_path)):
        assert known.answers == {}
    journal.append(from_tar)
    assert list(Journal(tmp_path).answers.values()) == [given]
    journal.forget([given])
    assert (journal.answers, Journal(tmp_path).answers) == ({}, {})
