"""What people see."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from ck_imagenet.catalogue import synsets
from ck_imagenet.cli import choosing, console, sentences, summaries, terminal
from ck_imagenet.commands.listing import Listed
from ck_imagenet.core.actions import DownloadOptions, ListOptions
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.engine.synset_job import Summary

LIBRARY = Path(__file__).parents[1] / "module" / "imagenet"
TENCH = "n01440764"

ENDLESS = f"""
import itertools, sys
sys.path.insert(0, {str(LIBRARY)!r})
from ck_imagenet.cli import console, sentences, summaries, terminal
from ck_imagenet.core.errors import NobodyReads

try:
    console.write(map(str, itertools.count()))
except NobodyReads:
    print("too late to print")
    sys.exit(7)
"""


def rows(*wnids: str) -> list[Listed]:
    found = [synsets.load().get(wnid) for wnid in wnids]
    return [Listed(synset, 12) for synset in found if synset]


def test_lines_are_written_as_they_are_when_nobody_looks(
    capfdbinary: pytest.CaptureFixture[bytes],
) -> None:
    console.write(["a\tb", "é\x1b[2J"])
    console.write(["http://a/é\x9b"], "latin-1")
    assert capfdbinary.readouterr() == ("a\tb\né\x1b[2J\n".encode() + b"http://a/\xe9\x9b\n", b"")


def test_a_terminal_gets_no_control_characters(
    capfdbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list is other people's text: it must not move the cursor or set the title."""
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    console.write(["n1\thttp://a/\x1b[2J\r\x9b\u202e é"])
    assert capfdbinary.readouterr().out.decode() == ("n1\thttp://a/\\x1b[2J\\r\\x9b\\u202e é\n")


def test_whoever_stops_reading_causes_no_complaint() -> None:
    with subprocess.Popen(
        [sys.executable, "-c", ENDLESS], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stdout.readline() == b"0\n"
        process.stdout.close()
        assert process.stderr.read() == b""
    assert process.returncode == 7


def test_columns_are_aligned_numbers_to_the_right() -> None:
    table = terminal.table([("n1", "5", "tench"), ("unknown", "1300", "")], 40)
    assert list(table) == ["n1          5  tench", "unknown  1300"]


def test_a_line_that_is_too_long_is_cut_where_the_terminal_ends() -> None:
    lines = list(terminal.table([("n1", "exactly fits")], 16))
    assert lines == ["n1  exactly fits"]
    assert list(terminal.table([("n1", "exactly fits")], 15)) == ["n1  exactly fi…"]


def test_a_table_without_rows_has_no_lines() -> None:
    assert list(terminal.table([], 80)) == []


def test_where_no_synset_is_left_a_person_is_told_so() -> None:
    none_has = choosing.synsets_table([], ListOptions(search="dalmation"))
    assert list(none_has) == [
        '--search="dalmation": no synset has these words. Did you mean dalmatian?'
    ]
    none_meets = choosing.synsets_table([], ListOptions(search="tench", under=("n02084071",)))
    assert list(none_meets) == ["no synset meets all these conditions: leave one out"]
    none_here = choosing.synsets_table([], ListOptions(downloaded_only=True))
    assert list(none_here) == [
        "no pictures are here yet. Begin with: ck-imagenet download --wnid=n01440764"
    ]
    of_these = choosing.synsets_table([], ListOptions(downloaded_only=True, set="imagenette"))
    assert list(of_these) == [
        "no pictures of these synsets are here. See which synsets have some: ck-imagenet list "
        "--downloaded-only"
    ]


def test_synsets_are_shown_with_what_is_here_and_their_words(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    assert list(choosing.synsets_table(rows(TENCH, "n02512053"), ListOptions())) == [
        "wnid       here  below  words",
        "n01440764    12      0  tench, Tinca tinca",
        "n02512053    12    565  fish",
    ]


def test_with_words_a_person_is_told_what_each_synset_means(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    cranes = rows("n02012849", "n03126707")
    assert list(choosing.synsets_table(cranes, ListOptions(words=True))) == [
        "wnid       here  below  words",
        "n02012849    12      1  crane",
        "                        large long-necked wading bird of",
        "                        marshes and plains in many parts of",
        "                        the world",
        "n03126707    12      3  crane",
        "                        lifts and moves heavy objects;",
        "                        lifting tackle is suspended from a",
        "                        pivoted boom that rotates around a",
        "                        vertical axis",
    ]


def test_a_pipe_gets_wnids_and_the_words_if_asked_for() -> None:
    assert list(choosing.wnids(rows(TENCH), ListOptions())) == [TENCH]
    with_words = choosing.wnids(rows(TENCH), ListOptions(words=True))
    assert list(with_words) == ["n01440764\ttench, Tinca tinca"]


def test_a_summary_gives_each_cause_of_failure_its_number() -> None:
    failed = Counter({Outcome.GONE: 2, Outcome.BUSY: 30})
    done = Summary(TENCH, links=40, here=8, saved=5, to_fetch=37, failed=failed)
    assert list(summaries.block(done, DownloadOptions())) == [
        "n01440764  tench, Tinca tinca",
        "  8 pictures here, 40 links known, 5 saved now",
        "     30  busy            the host asks you to come back later (420, 429, 503)",
        "      2  gone            the host says that the picture is gone (404, 410)",
        "  Some of these failures may be temporary: ask again with --retry-failed",
    ]


def test_who_has_asked_again_just_now_is_told_to_do_so_later() -> None:
    done = Summary(TENCH, links=1, failed=Counter({Outcome.BUSY: 1}))
    *_, hint = summaries.block(done, DownloadOptions(retry_failed="all"))
    assert hint == "  Some of these failures may be temporary: ask later, with --retry-failed"


def test_a_summary_offers_to_ask_again_only_what_may_pass() -> None:
    done = Summary(TENCH, links=1, failed=Counter({Outcome.GONE: 1}))
    assert not any("--retry-failed" in line for line in summaries.block(done, DownloadOptions()))


def test_where_pictures_are_missing_and_links_left_the_summary_says_what_to_type() -> None:
    taken_out = {TENCH: 2}
    failed = Counter({Outcome.PLACEHOLDER: 1})
    done = Summary(TENCH, links=40, here=2, failed=failed, taken_out=taken_out)
    lines = list(summaries.block(done, DownloadOptions(max_images=3)))
    assert lines[-2:] == [
        f"  pictures of {TENCH} removed, because they are placeholders too: 2; the same command "
        "downloads others",
        "  37 links not asked for yet: the same command goes on",
    ]
    for options in (
        DownloadOptions(),
        DownloadOptions(max_images=2),
        DownloadOptions(max_images=3, offset=1),
        DownloadOptions(max_images=3, dry_run=True),
    ):
        assert not any("goes on" in line for line in summaries.block(done, options))


def test_a_dry_run_says_how_many_would_be_asked_for() -> None:
    done = Summary(TENCH, links=40, here=8, to_fetch=32)
    assert list(summaries.block(done, DownloadOptions(dry_run=True)))[1] == (
        "  8 pictures here, 40 links known, 32 to ask for"
    )


def test_a_summary_says_where_files_that_were_no_pictures_are_now() -> None:
    aside = [Path("state/no-pictures/n01440764_1.jpg")]
    done = Summary(TENCH, links=1, here=1, set_aside=aside)
    assert list(summaries.block(done, DownloadOptions()))[-1] == (
        "  files here that are not pictures: 1, set aside in state/no-pictures"
    )


def test_a_list_that_names_no_synset_has_a_summary_too() -> None:
    assert next(summaries.block(Summary("unknown", links=0), DownloadOptions())) == (
        "unknown  a list that names no synset"
    )


def test_a_table_tells_how_many_urls_there_are_where_that_is_known() -> None:
    known = [row._replace(urls=1300) for row in rows(TENCH)]
    assert list(choosing.synsets_table(known, ListOptions())) == [
        "wnid       here  below  URLs  words",
        "n01440764    12      0  1300  tench, Tinca tinca",
    ]


def test_hosts_are_told_the_most_frequent_first() -> None:
    counts = Counter({"a.example": 2, "b.a.example": 1300})
    assert list(sentences.hosts(counts, terminal=False)) == ["b.a.example\t1300", "a.example\t2"]
    assert list(sentences.hosts(counts, terminal=True)) == [
        "1,302 URLs, 2 hosts",
        "1300  b.a.example",
        "   2  a.example",
    ]
    assert list(sentences.hosts(Counter(), terminal=True)) == ["0 URLs, 0 hosts"]
