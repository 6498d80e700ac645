"""What people see of how things stand."""

from __future__ import annotations

from collections import Counter

import pytest
from ck_imagenet.cli import console, sentences
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
