"""What a person sees when a run is done: a block of one synset, or a line each and a total."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any, Iterable

import pytest
from ck_imagenet.cli import summaries, terminal
from ck_imagenet.cli.summaries import Done, Report
from ck_imagenet.core.actions import DownloadOptions
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.engine.synset_import import Imported
from ck_imagenet.engine.synset_job import Summary
from ck_imagenet.sources.lists import Unlisted
from ck_imagenet.sources.tars import Skipped, SkipReason
from ck_imagenet_practice import PracticeWeb
from terminal import WNID, Terminal

DALMATIAN, GOLDFISH, ALBATROSS = "n02110341", "n01443537", "n02058221"
MANY_CAUSES = Counter({Outcome.GONE: 1200, Outcome.NOT_A_PICTURE: 30, Outcome.BUSY: 4})


def told(
    results: Iterable[Done],
    columns: int = 80,
    monkeypatch: pytest.MonkeyPatch | None = None,
    **options: object,
) -> list[str]:
    report = Report(DownloadOptions(**options), "/ck/imagenet-{}/dataset".format)  # type: ignore[arg-type]
    lines = [line for done in results for line in report.tell(done)] + list(report.end())
    return list(terminal.folded(lines))


@pytest.fixture(autouse=True)
def eighty_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "80")


def test_one_synset_has_its_block_then_its_folder_and_what_to_type_next() -> None:
    failed = Counter({Outcome.GONE: 1})
    assert told([Summary(WNID, links=3, here=2, saved=2, failed=failed)]) == [
        "n01440764  tench, Tinca tinca",
        "  2 pictures here, 3 links known, 2 saved now",
        "      1  gone            the host says that the picture is gone (404, 410)",
        "  The pictures are in /ck/imagenet-n01440764/dataset",
        "  To look at them: ck-imagenet browse --wnid=n01440764",
        "  To train on them: ck-imagenet export --wnid=n01440764 --to=training",
    ]


def test_where_no_picture_is_here_or_nothing_is_done_nothing_follows() -> None:
    assert len(told([Summary(WNID, links=1)])) == 2
    assert len(told([Summary(WNID, links=3, here=2, to_fetch=1)], dry_run=True)) == 2
    assert told([]) == []


def test_several_synsets_have_a_line_each_then_one_total_with_each_hint_once() -> None:
    results = [
        Summary(WNID, links=3000, here=1766, saved=1500, failed=MANY_CAUSES, for_wayback=1200),
        Summary(DALMATIAN, links=1, here=1),
        Summary(GOLDFISH, links=1, failed=Counter({Outcome.GONE: 1}), for_wayback=1),
    ]
    assert told(results, under=("n00001740",)) == [
        "wnid       words             here   known   saved  failed",
        "n01440764  tench, Tinca …   1,766   3,000   1,500  1,200 gone, …",
        "n02110341  dalmatian, co…       1       1       0",
        "n01443537  goldfish, Car…       0       1       0  1 gone",
        "3 synsets: 1,767 pictures here, 3,002 links known, 1,500 saved now",
        "  1,201  gone            the host says that the picture is gone (404, 410)",
        "     30  not-a-picture   a web page or other text instead of a picture",
        "      4  busy            the host asks you to come back later (420, 429, 503)",
        "  Some of these failures may be temporary: ask again with --retry-failed",
        "  The Wayback Machine may have pictures of 1,201 of these: ask it with --wayback",
        "  The pictures are in /ck/imagenet-*/dataset",
        "  To look at them: ck-imagenet browse",
        "  To train on them: ck-imagenet export --under=n00001740 --to=training",
    ]


def test_a_wider_terminal_shows_more_of_words_and_causes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "140")
    done = Summary(WNID, links=3000, here=1766, failed=MANY_CAUSES)
    assert told([done, done])[1] == (
        "n01440764  tench, Tinca tinca                   1,766   3,000       0  "
        "1,200 gone, 30 not-a-picture, 4 busy"
    )


@pytest.mark.parametrize("columns", [20, 40, 80, 81, 140])
def test_no_line_but_a_command_or_a_folder_is_longer_than_the_terminal(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    each = Summary(
        ALBATROSS,
        links=10**6,
        here=10**5,
        failed=MANY_CAUSES,
        renamed=1,
        for_wayback=5,
        wayback_trouble="x" * 30 + " y" * 30,
        left=Counter({"farm9.static.flickr.com:80": 12_345}),
        taken_out={WNID: 1200},
        set_aside=[Path("state/no-pictures/x.jpg")],
    )
    for line in told([each, each, Unlisted("n02084071", "")]):
        if "ck-imagenet " not in line and "The pictures are in" not in line:
            assert terminal.cells(line) <= columns or " " not in line.strip()


def test_what_waits_for_hosts_that_ration_is_told_of_all_together() -> None:
    each = Summary(WNID, links=5, left=Counter({"flickr": 3}), paces={"flickr": 2.0})
    lines = told([each, each], wnids="mine.txt", patience=60.0)
    assert lines[1].endswith("  3 left")
    assert lines[4:] == [
        "  flickr gives 2 a second; 6 links left, about 3 s",
        "  to go on: ck-imagenet download --wnids=mine.txt --patience=8h",
        "  without these hosts, if you accept ImageNet's terms:",
        "    ck-imagenet download --wnids=mine.txt --source=winter21",
    ]


def test_links_that_are_still_wanted_are_summed_up() -> None:
    short, full = Summary(WNID, links=40, here=2), Summary(DALMATIAN, links=40, here=3)
    lines = told([short, full], max_images=3)
    assert "  38 links not asked for yet: the same command goes on" in lines


def test_who_gives_a_list_of_links_that_have_failed_learns_how_to_ask_again() -> None:
    done = Summary(WNID, links=2, failed=Counter({Outcome.GONE: 2}))
    hint = "  All these links failed before: ask again with --retry-failed=all"
    assert told([done], urls="again.txt")[-1] == hint
    for options in ({"urls": "again.txt", "retry_failed": "all"}, {"wnid": (WNID,)}):
        assert hint not in told([done], **options)
    assert hint not in told([Summary(WNID, links=2, to_fetch=1)], urls="again.txt")


def test_of_copies_the_line_tells_what_was_odd_in_them() -> None:
    done = Imported(WNID, "1.tar", here=2, members=4, saved=2, failed=Counter({Outcome.BROKEN: 1}))
    done.odd.add(Skipped("a.txt", SkipReason.OTHER_NAME))
    lines = told([done, Imported(DALMATIAN, "2.tar", here=7, unread="it has been read")])
    odd = f"1 broken, 1 {SkipReason.OTHER_NAME.word}"
    assert lines[1] == f"n01440764  tench, Tinca …       2       4       2  {odd}"
    assert lines[3] == "2 synsets: 9 pictures here, 11 in copies, 2 saved now"


def test_synsets_without_a_list_are_one_line_with_the_commands_that_help() -> None:
    missing = [Unlisted(f"n0000000{n}", "") for n in range(7)]
    here = Summary(WNID, links=1, here=1)
    assert told([missing[0], here, *missing[1:]], upper=9)[2:-3] == [
        "no list of links for 7 synsets: n00000000, n00000001, n00000002, n00000003,",
        "  n00000004, …",
        "  What each source says: ck-imagenet geturls --wnid=n00000000",
        "  The lists of all synsets, once: ck-imagenet geturls --all",
        "  Or ImageNet's own pictures, which need no list:",
        "    ck-imagenet download --upper=9 --source=winter21",
    ]
    few = told([here, missing[0]], under=("n00001740",), max_images=5)
    assert few[2] == "no list of links for 1 synset: n00000000"
    assert few[6].endswith("download --wnid=n00000000 --source=winter21 --max-images=5")
    given = told([here, missing[0]], urls="{wnid}.txt")
    assert given[2:5] == [
        "no list of links for 1 synset: n00000000",
        "  What each source says:",
        "    ck-imagenet geturls --wnid=n00000000 '--urls={wnid}.txt'",
    ]
    assert len(given) == 8


def test_a_person_sees_lines_and_a_pipe_gets_blocks(terminal: Terminal, web: PracticeWeb) -> None:
    for wnid in (WNID, GOLDFISH):
        web.set_links(wnid, [web.link(wnid, 1, "good", 1), web.link(wnid, 2, "gone", 2)])
    command = ("download", "imagenet", f"--wnid={WNID},{GOLDFISH}")
    with terminal.screen(*command, columns=200) as screen:
        assert screen.ends() == 0
        head, *lines, total, gone, wayback, folder, look, train = screen.lines
    assert head.split() == ["wnid", "words", "here", "known", "saved", "failed"]
    assert sorted(line.split()[0] for line in lines) == [WNID, GOLDFISH]
    assert {" ".join(line.split()[-5:]) for line in lines} == {"1 2 1 1 gone"}
    assert [total, gone, wayback, folder, look, train] == [
        "2 synsets: 2 pictures here, 4 links known, 2 saved now",
        "      2  gone            the host says that the picture is gone (404, 410)",
        "  The Wayback Machine may have pictures of 2 of these: ask it with --wayback",
        f"  The pictures are in {terminal.repos}/imagenet-*/dataset",
        "  To look at them: ck browse imagenet",
        f"  To train on them: ck export imagenet --wnid={WNID},{GOLDFISH} --to=training",
    ]
    assert terminal.shows(*command, "--quiet") == ""
    assert "The pictures are in" not in terminal.says(*command)
    assert terminal.says(*command).count("\n  1 picture here, 2 links known, 0 saved now\n") == 2


@pytest.mark.parametrize("chosen", [{"set": "imagewoof"}, {"wnids": "mine.txt"}, {"lower": 5}])
def test_the_few_synsets_without_a_list_are_named_alone(chosen: dict[str, Any]) -> None:
    *_, tars = summaries.unlisted([WNID], DownloadOptions(**chosen))
    assert tars.endswith(f": ck-imagenet download --wnid={WNID} --source=winter21")
