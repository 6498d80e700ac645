"""A person at a terminal, while something goes on: a real one, seen through a terminal emulator."""

from __future__ import annotations

import os
import re
import shlex
import time
from pathlib import Path
from typing import Any

import pytest
from ck_imagenet.cli.counts import Counts
from ck_imagenet.cli.progress import Lines
from ck_imagenet.commands import Workspace, check, export
from ck_imagenet.core.actions import CheckOptions, ExportOptions
from ck_imagenet.core.options import parse
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.storage.records import Record
from ck_imagenet_practice import PracticeWeb
from screen import OWN, Screen
from tarballs import tar
from terminal import WNID, Terminal

DALMATIAN, DOG = "n02110341", "n02084071"
DOWNLOAD = ("download", "--retry=0", "--timeout=30")
TENCH = (*DOWNLOAD, f"--wnid={WNID}")
STOPPED = "Stopped: 3 of 5 saved. The same command goes on."


@pytest.fixture
def stuck(web: PracticeWeb) -> PracticeWeb:
    """A web of which two hosts never answer, and the others at once."""
    silent = [web.link(WNID, 8, "silent", 6), web.link(WNID, 9, "silent", 7)]
    web.set_links(WNID, [*(web.link(WNID, n, "good", n) for n in range(3)), *silent])
    return web


def own(folder: Path, web: PracticeWeb, *words: str, **given: Any) -> Screen:
    """Start `ck-imagenet` in a folder."""
    environment = {**os.environ, **web.environment(), **given.pop("env", {})}
    return Screen([*OWN, *words], folder, environment, **given)


@pytest.mark.parametrize("columns", [40, 80, 140])
def test_what_is_waited_for_is_seen_while_nothing_settles(
    tmp_path: Path, stuck: PracticeWeb, columns: int
) -> None:
    with own(tmp_path, stuck, *TENCH, columns=columns) as screen:
        text = screen.shows(lambda text: "waiting for 2 slow hosts" in text.replace("\n", " "))
        first, *others = text.splitlines()
        assert re.match(rf"{WNID}  [█·]{{{columns // 4}}}  3 saved", first)
        assert "3 of 5 links" in " ".join(others)
        assert max(map(len, text.splitlines())) <= columns
        assert text.replace("\n", " ").count("slow hosts") == 1
        for tick in map(
            re.compile, (r"hosts\sfor\s5\ss", r"hosts\sfor\s6\ss", r"hosts\sfor\s7\ss")
        ):
            screen.shows(tick.search)


def test_several_synsets_have_a_line_for_the_run_and_one_for_the_synset_at_work(
    tmp_path: Path, stuck: PracticeWeb
) -> None:
    for wnid in (DALMATIAN, DOG):
        stuck.set_links(wnid, [stuck.link(wnid, n, "good", n) for n in range(3)])
    wnids = f"--wnid={DALMATIAN},{DOG},{WNID}"
    with own(tmp_path, stuck, *DOWNLOAD, wnids, "--jobs=8") as screen:
        shown = screen.shows(lambda text: "2 of 3" in text and "2 slow" in text).splitlines()
        assert re.match("2 of 3 synsets  [█·]{20}  9 saved, 0 failed", shown[-2])
        assert shown[-1].startswith(f"{WNID} tench: 3 of 5 links, waiting for 2 slow hosts")
        done = [line.split()[0] for line in shown[:-2] if line.startswith("n")]
        assert sorted(done[-2:]) == [DOG, DALMATIAN]  # untouched


@pytest.mark.every_python
def test_nothing_of_it_stays_on_the_screen_when_all_is_done(
    tmp_path: Path, web: PracticeWeb
) -> None:
    web.set_links(WNID, [web.link(WNID, n, "slow", n % 8) for n in range(30)])
    with own(tmp_path, web, "download", f"--wnid={WNID}", "--jobs=4") as screen:
        screen.shows(lambda text: "█" in text)
        assert screen.ends() == 0
        assert screen.lines[:2] == [
            f"{WNID}  tench, Tinca tinca",
            "  30 pictures here, 30 links known, 30 saved now",
        ]
        assert screen.cursor == (0, True)


@pytest.mark.parametrize("columns", [100, 60])
def test_a_window_that_changes_its_size_has_one_bar(
    tmp_path: Path, stuck: PracticeWeb, columns: int
) -> None:
    with own(tmp_path, stuck, *TENCH) as screen:
        screen.shows(lambda text: "2 slow hosts" in text)
        screen.resize(columns)
        is_new = re.compile(rf"{WNID}  [█·]{{{columns // 4}}}  3 saved")
        text = screen.shows(lambda text: is_new.search(text) and "2 slow hosts" in text)
        assert (text.count("3 saved"), text.count("slow hosts")) == (1, 1)


def test_ctrl_c_leaves_a_clean_line_and_is_no_error(tmp_path: Path, stuck: PracticeWeb) -> None:
    with own(tmp_path, stuck, *TENCH) as screen:
        screen.shows(lambda text: "2 slow hosts" in text)
        screen.type("\x03")
        assert (screen.ends(), screen.lines, screen.cursor) == (130, [STOPPED], (0, True))
        assert screen.colours(STOPPED) == {"default"} | screen.colours("3 of")


def test_neither_is_it_to_ck(terminal: Terminal, stuck: PracticeWeb) -> None:
    words = ("download", "imagenet", *TENCH[1:])
    with terminal.screen(*words) as screen:
        screen.shows(lambda text: "2 slow hosts" in text)
        screen.type("\x03")
        assert (screen.ends(), screen.lines, screen.cursor) == (130, [STOPPED], (0, True))


@pytest.mark.parametrize("after", [0.0, 0.3, 0.6])
def test_ctrl_c_at_any_moment_leaves_one_line_or_none(
    tmp_path: Path, stuck: PracticeWeb, after: float
) -> None:
    """Whatever is being done then: the list, imports, links, the first frame."""
    with own(tmp_path, stuck, *TENCH) as screen:
        stuck.requests.wait_for(1)  # before that, Python itself may not have begun
        time.sleep(after)
        screen.type("\x03")
        assert screen.ends() == 130
        assert len(screen.lines) == 1
        assert re.match(r"Stopped[.:].*The same command goes on\.$", screen.lines[0])
        assert screen.cursor == (0, True)


def test_what_is_told_of_each_link_stands_above_the_bar(tmp_path: Path, stuck: PracticeWeb) -> None:
    with own(tmp_path, stuck, *TENCH, "--verbose", columns=140) as screen:
        *links, bar, _ = screen.shows(lambda text: "2 slow hosts" in text).splitlines()
        assert sorted(line.split()[:2] for line in links) == [
            [f"{WNID}_{n}", "saved"] for n in range(3)
        ]
        assert "█" in bar


def test_a_file_of_bytes_has_a_bar_too(tmp_path: Path, web: PracticeWeb) -> None:
    pictures = {
        b"%s_%d.JPEG" % (WNID.encode(), n): web.link(WNID, n, "good").picture() for n in range(150)
    }
    web.winter21.set(WNID, "slow", tar(pictures))
    command = ("download", f"--wnid={WNID}", "--source=winter21", "--accept-terms")
    with own(tmp_path, web, *command) as screen:
        form = rf"{WNID}\.tar  [█·]{{20}}  \d+ saved, 0 failed, [\d.]+ [kM]B of [\d.]+ [kM]B"
        screen.shows(lambda text: re.match(form, text))
        screen.type("\x03")
        assert screen.ends() == 130
        assert re.fullmatch(r"Stopped: \d+ saved\. The same command goes on\.", screen.text)


class Heard(Counts):
    """Remembers how far something long is said to be."""

    def __init__(self) -> None:
        super().__init__()
        self.told: list[tuple[str, int, int]] = []

    def advance(self, what: str, done: int, total: int) -> None:
        self.told.append((what, done, total))


def test_an_export_and_a_check_tell_how_far_they_are(tmp_path: Path, web: PracticeWeb) -> None:
    web.set_links(WNID, [web.link(WNID, n, "good", n % 8) for n in range(4)])
    with own(tmp_path, web, "download", f"--wnid={WNID}", "--quiet") as screen:
        assert screen.ends() == 0
    folder, heard = str(tmp_path / "imagenet"), Heard()
    store = Workspace(folder).store
    size = sum(path.stat().st_size for path in Path(folder, WNID).glob("*.jpg"))
    export.run(parse(ExportOptions, {"to": str(tmp_path / "out")}, {}), store, heard)
    list(check.Inspection(parse(CheckOptions, {}, {}), store, heard).findings())
    ends = {what: (done, total) for what, done, total in heard.told}
    assert ends == {"exporting": (size, size), WNID: (size, size)}


# Colours, and screens that have none.


def test_outcomes_have_colours_and_nothing_else_has(tmp_path: Path, web: PracticeWeb) -> None:
    gone = [web.link(WNID, n, "gone", n % 8) for n in range(40, 60)]
    web.set_links(WNID, [*(web.link(WNID, n, "slow", n % 8) for n in range(40)), *gone])
    with own(tmp_path, web, "download", f"--wnid={WNID}", "--jobs=4") as screen:
        screen.shows(lambda text: re.search("[1-9] saved, [1-9]+ failed", text) and "░" in text)
        assert screen.colours("█") == {"green"}
        assert screen.colours("░") == {"red"}
        assert screen.colours(WNID) == screen.colours("of 60 links") == {"default"}
        assert screen.ends() == 0
        assert screen.colours("40 saved") == {"green"}
        assert screen.colours("tench") == {"default"}


@pytest.mark.parametrize("setting", [{"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_who_wants_no_colours_has_none(
    tmp_path: Path, stuck: PracticeWeb, setting: dict[str, str]
) -> None:
    with own(tmp_path, stuck, *TENCH, "--jobs=4", env=setting) as screen:
        if "NO_COLOR" in setting:
            screen.shows(lambda text: "slow hosts" in text)
        else:
            stuck.requests.wait_for(5)
        screen.type("\x03")
        assert screen.ends() == 130
    assert not re.search(rb"\x1b\[[0-9;]*[1-9][0-9;]*m", screen.bytes)
    assert ("TERM" in setting) == (b"\x1b" not in screen.bytes)


def test_an_error_is_red_on_a_terminal(tmp_path: Path, web: PracticeWeb) -> None:
    with own(tmp_path, web, "download") as screen:
        assert screen.ends() == 1
        assert screen.colours("ck-imagenet:") == {"red"}
        assert screen.colours("which synset?") == {"default"}


# Where there is no terminal.


def test_quiet_shows_nothing_on_a_terminal(tmp_path: Path, web: PracticeWeb) -> None:
    web.set_links(WNID, [web.link(WNID, n, "slow", n % 8) for n in range(20)])
    with own(tmp_path, web, "download", f"--wnid={WNID}", "--jobs=4", "--quiet") as screen:
        assert (screen.ends(), screen.bytes) == (0, b"")


def test_standard_output_may_be_a_file_while_the_terminal_shows_a_bar(
    tmp_path: Path, stuck: PracticeWeb
) -> None:
    words = shlex.join([*OWN, *TENCH])
    environment = {**os.environ, **stuck.environment()}
    with Screen(["sh", "-c", f"exec {words} > out"], tmp_path, environment) as screen:
        screen.shows(lambda text: "2 slow hosts" in text)
        screen.type("\x03")
        assert (screen.ends(), screen.lines) == (130, [STOPPED])
    assert (tmp_path / "out").read_text() == ""


def test_a_log_has_a_line_now_and_then_which_tells_the_same(
    capsys: pytest.CaptureFixture[str],
) -> None:
    log = Lines(verbose=False, every=0.05)
    log.expect(1)
    log.begin(WNID, 100)
    for number in range(20):
        log.settled(Record(ImageName(WNID, number), "http://a.example/", Outcome.SAVED, "2026"))
    log.slow(["a.example:80"])
    said = ""
    while "\n" not in said:
        time.sleep(0.05)
        said += capsys.readouterr().err
    log.end()
    line = said.splitlines()[0]
    assert line == f"{WNID}: 20 saved, 0 failed; 20 of 100 links; waiting for 1 slow host"
    capsys.readouterr()
    time.sleep(0.2)
    assert capsys.readouterr().err == ""


# Questions.

ALL_DOGS = ("download", "--under=n02084071")


def test_who_says_no_is_told_that_nothing_has_been_done(tmp_path: Path, web: PracticeWeb) -> None:
    with own(tmp_path, web, *ALL_DOGS) as screen:
        text = screen.shows(lambda text: text.endswith("[y/N]"))
        question = r"Download 190 synsets, 123,500 links, about 7\.4 GB, \d+ hours\? \[y/N\]"
        assert re.fullmatch(question, text.splitlines()[-1])
        screen.type("\n")
        assert (screen.ends(), screen.lines[-1]) == (0, "Nothing has been done.")
    assert len(web.requests) == 0
    assert list(tmp_path.iterdir()) == []


def test_who_says_yes_goes_on_and_ctrl_c_is_an_answer_too(tmp_path: Path, web: PracticeWeb) -> None:
    with own(tmp_path, web, *ALL_DOGS) as screen:
        screen.shows(lambda text: text.endswith("[y/N]"))
        screen.type("\x03")
        assert (screen.ends(), screen.lines[-1]) == (130, "Nothing has been done.")
        assert screen.cursor == (0, True)
    with own(tmp_path, web, *ALL_DOGS) as screen:
        screen.shows(lambda text: text.endswith("[y/N]"))
        screen.type("y\n")
        web.requests.wait_for(1)


@pytest.mark.parametrize("answer", ["y\n", "n\n"])
def test_the_terms_of_access_can_be_accepted_where_they_are_read(
    tmp_path: Path, web: PracticeWeb, answer: str
) -> None:
    web.set_links(WNID, [web.link(WNID, n, "good") for n in range(3)])
    with own(tmp_path, web, "download", f"--wnid={WNID}", "--source=winter21") as screen:
        text = screen.shows(lambda text: text.endswith("[y/N]"))
        assert "for non-commercial research and education only" in text
        assert text.endswith("\nDo you accept these terms? [y/N]")
        assert len(web.requests) == 0
        screen.type(answer)
        assert screen.ends() == 0
        told = "Nothing has been done." if answer == "n\n" else "3 pictures here, 3 in"
        assert told in screen.text


def test_where_standard_output_is_a_pipe_nobody_is_asked(tmp_path: Path, web: PracticeWeb) -> None:
    words = shlex.join([*OWN, *ALL_DOGS])
    environment = {**os.environ, **web.environment()}
    with Screen(["sh", "-c", f"{words} | cat; exit 3"], tmp_path, environment) as screen:
        assert screen.ends() == 3
        assert screen.lines[-2:] == [
            "Nobody can be asked here. To say yes, type:",
            "  ck-imagenet download --under=n02084071 --yes",
        ]
        assert "[y/N]" not in screen.text


def test_a_terminal_without_rich_is_told_of_before_anything_is_done(
    tmp_path: Path, web: PracticeWeb
) -> None:
    code = "import sys; sys.modules['rich'] = None; from ck_imagenet.__main__ import main; "
    words = f"sys.exit(main(['download', '--wnid={WNID}']))"
    environment = {**os.environ, **web.environment()}
    with Screen([OWN[0], "-c", code + words], tmp_path, environment, columns=300) as screen:
        assert screen.ends() == 1
        assert 'ck-imagenet: the Python package "rich" is missing; ' in screen.text
    assert len(web.requests) == 0
