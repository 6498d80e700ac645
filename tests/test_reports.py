"""What people see of how things stand."""

from __future__ import annotations

from collections import Counter
from types import SimpleNamespace
from typing import cast

import pytest
from ck_imagenet.cli import console, sentences, terminal
from ck_imagenet.commands.check import Inspection
from ck_imagenet.core.actions import StatusOptions
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.storage.inventory import Tally
from ck_imagenet.storage.records import Record
from hypothesis import given
from hypothesis import strategies as st

COUNTS = st.integers(0, 10**6)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_a_bar_is_as_long_as_all_others_and_each_part_as_long_as_its_share(
    here: int, busy: int, gone: int, waiting: int
) -> None:
    failed = Counter({Outcome.BUSY: busy, Outcome.GONE: gone})
    tally = Tally("n01440764", here, waiting, failed)
    bar = console.bar(tally)
    assert len(bar) == (10 if tally.known else 0)
    for mark, count in zip("█▒░·", (here, busy, gone, waiting)):
        assert abs(bar.count(mark) - 10 * count / (tally.known or 1)) <= 1


@pytest.mark.parametrize(
    ("count", "shown"),
    [
        (0, "0 bytes"),
        (999, "999 bytes"),
        (1000, "1 kB"),
        (85_432, "85.4 kB"),
        (999_499, "999 kB"),
        (999_500, "1 MB"),
        (1_234_567_890, "1.23 GB"),
        (1_200_000_000_000, "1.2 TB"),
    ],
)
def test_sizes_are_for_people(count: int, shown: str) -> None:
    assert sentences.size(count) == shown


def test_a_failure_is_told_with_what_the_wayback_machine_said_of_it() -> None:
    failed = Record(ImageName("n01440764", 7), "http://a.com/7.jpg", Outcome.GONE, "", "404")
    captured = failed._replace(wayback="cut-short: IncompleteRead(8 bytes read, 4 more expected)")
    line = "n01440764_7\thttp://a.com/7.jpg\tgone\t404"
    assert list(sentences.failures([failed, captured])) == [
        line,
        f"{line}; Wayback Machine: cut-short: 8 bytes came, 4 are missing",
    ]


FAILED = Record(ImageName("n01440764", 7), "http://a.com/7.jpg", Outcome.GONE, "", "404")


def shown(*records: Record, columns: int, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the table of failures on a terminal as wide as that, without what stands below it."""
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = list(sentences.failures_table(records, StatusOptions(failures=True)))
    meanings = len({record.outcome for record in records})
    return lines[: lines.index("To ask these links again, type:") - meanings]


def test_a_person_sees_failures_as_a_table_that_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    long = FAILED._replace(
        name=ImageName("n01440764", 900_000_123),
        outcome=Outcome.PRIVATE_ADDRESS,
        url=f"https://b.org/{'x' * 100}.jpg",
        detail="10.0.0.1 is no public address, and so it is never asked",
    )
    assert shown(FAILED, long, columns=80, monkeypatch=monkeypatch) == [
        "picture              outcome          link                  what happened",
        "n01440764_7          gone             a.com/7.jpg           404",
        "n01440764_900000123  private-address  https://b.org/xxxxx…  10.0.0.1 is no",
        "                                                            public address, and",
        "                                                            so it is never asked",
    ]
    assert shown(long, columns=40, monkeypatch=monkeypatch) == [
        "picture              outcome",
        "  link",
        "  what happened",
        "n01440764_900000123  private-address",
        "  https://b.org/xxxxxxxxxxxxxxxxxxxxxxx…",
        "  10.0.0.1 is no public address, and so",
        "  it is never asked",
    ]


@pytest.mark.parametrize("columns", [20, 61, 80, 81, 140])
def test_no_text_of_others_makes_a_line_of_a_table_too_long(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Control characters are shown as what they are; a Chinese character takes two columns."""
    chinese = "http://a.com/鱼鱼鱼鱼鱼鱼鱼鱼鱼鱼鱼鱼鱼鱼鱼.jpg".encode().decode("latin-1")
    hostile = f"http://a.com/{chr(27)}[2J{chr(7)}{chr(0x202E)}" + "\r\n" * 20
    records = [FAILED._replace(url=url) for url in (chinese, hostile, "http://a/e\u0301" * 9)]
    for line in shown(*records, columns=columns, monkeypatch=monkeypatch):
        assert terminal.cells(line) <= columns
        assert line.isprintable()


def test_below_the_table_stand_what_its_words_mean_and_how_to_ask_again() -> None:
    options = StatusOptions(failures=True, outdir="my pictures")
    assert list(sentences.failures_table([FAILED], options))[2:] == [
        "      1  gone            the host says that the picture is gone (404, 410)",
        "To ask these links again, type:",
        "  ck-imagenet status --failures '--outdir=my pictures' | cut -f 1,2 > again.txt",
        "  ck-imagenet download --urls=again.txt --retry-failed=all",
    ]
    assert list(sentences.failures_table([], options)) == ["no link has failed"]


def inspected(pictures: int, found: int = 0) -> str:
    done = SimpleNamespace(pictures=pictures, bytes=1_234_567 * pictures, found=found)
    return sentences.inspected(cast(Inspection, done))


def test_a_person_is_told_that_all_pictures_are_intact() -> None:
    assert inspected(20) == "all 20 pictures are intact (24.7 MB)"
    assert inspected(1) == "the one picture here is intact (1.23 MB)"
    assert inspected(1200) == "all 1,200 pictures are intact (1.48 GB)"
    assert inspected(0) == "no picture is here, so there is nothing to check"
    assert inspected(1200, 1) == "1,200 pictures, 1.48 GB: 1 finding"
    assert inspected(0, 2) == "0 pictures, 0 bytes: 2 findings"


@pytest.mark.parametrize("outcome", Outcome)
def test_what_an_outcome_means_fits_into_a_line_of_80(outcome: Outcome) -> None:
    (line,) = sentences.outcomes(Counter({outcome: 99_999}))
    assert len(line) <= 80
