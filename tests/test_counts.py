"""What the numbers of a run say while it goes on."""

from __future__ import annotations

import pytest
from ck_imagenet.cli.counts import Counts, short
from ck_imagenet.cli.progress import laid_out
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.engine.host import RationedHost
from ck_imagenet.storage.records import Record

TENCH, DOG = "n01440764", "n02084071"


class Run:
    """A run whose clock stands still until it is told to go on."""

    def __init__(self, synsets: int = 1) -> None:
        self.now = 1000.0
        self.counts = Counts(lambda: self.now)
        self.counts.expect(synsets)

    def settle(
        self, wnid: str = TENCH, *, saved: int = 0, failed: int = 0, took: float = 0
    ) -> None:
        """Let links end, the last of them after so many seconds."""
        self.now += took
        for outcome, count in ((Outcome.SAVED, saved), (Outcome.GONE, failed)):
            for number in range(count):
                name = ImageName(wnid, number)
                self.counts.settled(Record(name, f"http://a.example/{number}", outcome, "2026"))

    def lines(self, width: int = 80) -> list[str]:
        """Return what is seen, without its colours."""
        shown = laid_out(self.counts.seen(), width)
        return [
            line.replace("\x1b[32m", "").replace("\x1b[31m", "").replace("\x1b[0m", "")
            for line in shown
        ]


def test_one_synset_has_a_bar_of_twenty_characters_at_80_columns() -> None:
    run = Run()
    run.counts.begin(TENCH, 1300)
    run.settle(saved=390, failed=260, took=50)
    assert run.lines() == [
        f"{TENCH}  ██████░░░░··········  390 saved, 260 failed, 13/s, 50 s left",
        "650 of 1,300 links",
    ]


@pytest.mark.parametrize("width", [40, 80, 140])
def test_a_bar_is_a_quarter_of_the_line_and_no_line_is_longer_than_that(width: int) -> None:
    run = Run(21841)
    run.counts.begin(TENCH, 1300)
    run.settle(saved=390_123, failed=261_000, took=50_000)
    run.counts.slow(["a.example:80", "b.example:80"])
    first, *others = run.lines(width)
    assert sum(map(first.count, "█░·")) == width // 4
    assert max(map(len, [first, *others])) <= width
    words = " ".join([first, *others])
    for fact in ("390k saved", "261k failed", "13/s", "left", "waiting for 2 slow hosts"):
        assert fact in words


def test_the_time_left_is_of_the_whole_run_and_does_not_jump_when_a_few_links_take_long() -> None:
    """A hundred links in a second, and then one in five: the rate of now is no rate."""
    run = Run()
    run.counts.begin(TENCH, 400)
    run.settle(saved=200, took=10)
    assert run.lines()[0].endswith("20/s, 10 s left")
    for seconds in ("10", "10", "10", "9", "9"):
        run.settle(saved=10, took=1)
        assert run.lines()[0].endswith(f" {seconds} s left")


def test_a_time_left_that_has_passed_without_news_is_not_told_any_more() -> None:
    run = Run()
    run.counts.begin(TENCH, 100)
    run.settle(saved=99, took=20)
    assert "1 s left" in run.lines()[0]
    run.now += 5
    run.counts.slow(["a.example:80"])
    assert run.lines() == [
        f"{TENCH}  {'█' * 20}  99 saved, 0 failed, 4.0/s",
        "99 of 100 links, waiting for 1 slow host for 5 s",
    ]


def test_of_several_synsets_one_line_is_the_run_s_and_one_that_of_the_synset_at_work() -> None:
    run = Run(4)
    run.counts.begin(TENCH, 10)
    run.counts.begin(DOG, 30)
    run.settle(TENCH, saved=10, took=4)
    run.counts.ended(TENCH)
    run.settle(DOG, saved=6, failed=4)
    assert run.lines() == [
        "1 of 4 synsets  ████░···············  16 saved, 4 failed, 5.0/s, 12 s left",
        f"{DOG} dog: 10 of 30 links",
    ]


def test_the_synset_that_is_shown_is_the_first_of_which_there_is_news() -> None:
    run = Run(2)
    run.counts.begin(TENCH, 10)
    run.counts.begin(DOG, 30)
    run.settle(TENCH, saved=9, took=1)
    assert run.lines()[1] == f"{TENCH} tench: 9 of 10 links"
    run.settle(DOG, saved=9, took=4)
    assert run.lines()[1] == f"{DOG} dog: 9 of 30 links"
    run.now += 4
    assert run.lines()[1] == f"{TENCH} tench: 9 of 10 links"


def test_where_so_many_pictures_are_enough_these_are_what_is_done() -> None:
    run = Run()
    run.counts.begin(TENCH, 1300, 20)
    run.settle(saved=10, failed=5, took=2)
    assert run.lines() == [
        f"{TENCH}  ███████░░░··········  10 saved, 5 failed, 7.5/s",
        "10 of 20 pictures",
    ]
    assert run.counts.stopped() == "Stopped: 10 of 20 saved. The same command goes on."


def test_what_the_wayback_machine_is_asked_for_has_not_failed_yet() -> None:
    run = Run()
    run.counts.begin(TENCH, 10)
    run.settle(saved=4, failed=6)
    run.counts.begin(TENCH, 6, from_wayback=True)
    assert "4 saved, 0 failed" in run.lines()[0]
    run.settle(saved=1, failed=2)
    assert "5 saved, 2 failed" in run.lines()[0]
    assert run.lines()[1] == "13 of 16 links"


def test_a_deferred_synset_is_not_done_and_its_links_are_counted_once() -> None:
    run = Run(2)
    run.counts.begin(TENCH, 10)
    run.settle(saved=4)
    run.counts.ended(TENCH, is_done=False)
    run.counts.begin(DOG, 5)
    run.settle(DOG, saved=5)
    run.counts.ended(DOG)
    run.counts.begin(TENCH, 6)
    run.settle(saved=6)
    assert (
        run.counts.stopped() == "Stopped: 1 of 2 synsets done, 15 saved. The same command goes on."
    )
    run.counts.ended(TENCH)
    assert run.counts.stopped().startswith("Stopped: 2 of 2 synsets done, 15 saved.")


def test_hosts_that_ration_are_told_with_what_they_give_and_how_long_the_rest_takes() -> None:
    run = Run()
    run.counts.begin(TENCH, 1000)
    run.settle(saved=500, took=5)
    run.counts.rationed([RationedHost("flickr.example", 2.0, 480, 0.0)])
    first, second, *_ = run.lines()
    assert first.endswith("500 saved, 0 failed, 100/s, 4 min left")
    assert second.startswith("500 of 1,000 links, flickr.example gives 2 a second; 480 links left")
    run.now += 3
    assert "gives" not in " ".join(run.lines())


def test_before_any_synset_is_at_work_pictures_are_looked_for() -> None:
    run = Run()
    run.now += 7
    assert [line for line in run.lines() if line] == ["looking for pictures for 7 s"]


def test_synsets_that_were_done_before_count_as_done() -> None:
    run = Run(4)
    for wnid in (TENCH, DOG):
        run.counts.ended(wnid)
    assert run.lines() == [
        f"2 of 4 synsets  {'█' * 10}{'·' * 10}  0 saved, 0 failed",
        "looking for pictures",
    ]


def test_something_long_is_told_in_bytes_with_its_own_rate() -> None:
    run = Run(0)
    run.counts.advance("fetching", 200_000_000, 1_200_000_000)  # what had come before
    run.now += 10
    run.counts.advance("fetching", 300_000_000, 1_200_000_000)
    assert run.lines() == [
        f"fetching  {'█' * 5}{'·' * 15}  300 MB of 1.2 GB, 10 MB/s, 90 s left",
    ]
    run.counts.end()
    run.counts.advance("checking", 5, 0)
    assert run.lines() == ["checking  5 bytes"]


def test_of_a_tar_the_pictures_are_told_too() -> None:
    run = Run(0)
    run.counts.advance("n01440764.tar", 0, 100)
    run.settle(saved=3, failed=1)
    run.counts.advance("n01440764.tar", 50, 100)
    assert run.lines() == [
        f"n01440764.tar  {'█' * 8}{'░' * 2}{'·' * 10}  3 saved, 1 failed, 50 bytes of 100 bytes"
    ]
    assert run.counts.stopped() == "Stopped: 3 saved. The same command goes on."


def test_of_several_tars_it_is_told_how_many_are_done() -> None:
    run = Run(3)
    run.counts.advance("n01440764.tar", 0, 100)
    run.settle(saved=3)
    run.counts.end()
    run.counts.ended(TENCH)
    run.counts.advance("n02084071.tar", 0, 100)
    assert run.lines()[-1] == "1 of 3 synsets"
    assert (
        run.counts.stopped() == "Stopped: 1 of 3 synsets done, 3 saved. The same command goes on."
    )


def test_what_is_other_people_s_text_cannot_move_the_cursor() -> None:
    run = Run()
    run.counts.begin(TENCH, 5)
    run.counts.rationed([RationedHost("a\x1b[2Jb.example", 1.0, 3, 0.0)])
    assert "a\\x1b[2Jb.example gives 1 a second" in " ".join(run.lines(140))


@pytest.mark.parametrize(
    ("saved", "shown"),
    [
        (9999, "9,999"),
        (12_345, "12.3k"),
        (803_412, "803k"),
        (1_234_567, "1234k"),
        (14_197_122, "14.2M"),
    ],
)
def test_large_numbers_are_short(saved: int, shown: str) -> None:
    assert short(saved) == shown


def test_who_stops_before_anything_was_asked_is_told_that_the_same_command_goes_on() -> None:
    assert Run().counts.stopped() == "Stopped. The same command goes on."
