"""Runs that end before their time, and runs at the same time."""

from __future__ import annotations

import random
import signal
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest
from ck_imagenet_practice import PracticeWeb
from terminal import WNID, Terminal

COUNT = 40
COMMAND = ("download", "imagenet", f"--wnid={WNID}", "--retry=0")


@pytest.fixture
def busy_web(web: PracticeWeb) -> PracticeWeb:
    """A practice web with enough to do for a kill to come in the middle of it."""
    kinds = ["good", "good", "good", "gone", "good-png"]
    links = [web.link(WNID, n, kinds[n % len(kinds)], n % len(web.hosts)) for n in range(COUNT)]
    web.set_links(WNID, links)
    return web


def wanted(web: PracticeWeb) -> dict[str, bytes]:
    links = [link for link in web.links(WNID) if link.obtainable]
    return {f"{link.name}{Path(link.path).suffix}": link.picture() for link in links}


def unfinished(folder: Path) -> list[Path]:
    return list(folder.rglob(".new-*"))


@pytest.fixture
def undisturbed(tmp_path_factory: pytest.TempPathFactory, busy_web: PracticeWeb) -> list[str]:
    """What a run that nobody disturbs leaves in the synset's repository."""
    terminal = Terminal(tmp_path_factory.mktemp("undisturbed"), busy_web.environment())
    terminal.says(*COMMAND)
    return terminal.tree()


def test_ctrl_c_stops_at_once_says_how_to_go_on_and_loses_nothing(
    terminal: Terminal, web: PracticeWeb
) -> None:
    silent = [web.link(WNID, n, "silent", n % 4) for n in range(100, 120)]
    good = [web.link(WNID, n, "good", 5) for n in range(10)]
    web.set_links(WNID, [*good, *silent])
    process = terminal.start(*COMMAND, "--jobs=40")
    journal = terminal.repository() / "imagenet" / WNID / "journal" / "0.jsonl"
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline and len(terminal.pictures()) < len(good):
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    pressed = time.monotonic()
    out, err = process.communicate(timeout=10)
    assert time.monotonic() - pressed < 2
    assert (process.returncode, out) == (130, "")
    assert err == "Stopped: 10 of 30 saved. The same command goes on.\n"
    assert len(terminal.pictures()) == len(good)
    assert journal.read_text().count('"saved"') == len(good)
    web.set_links(WNID, good)
    assert terminal.json(*COMMAND, "--refresh")["synsets"][0]["to_fetch"] == 0


def test_a_kill_at_any_moment_leaves_nothing_that_the_next_run_does_not_mend(
    terminal: Terminal, busy_web: PracticeWeb, undisturbed: list[str]
) -> None:
    chance = random.Random(8)
    for _ in range(12):
        process = terminal.start(*COMMAND, "--jobs=2")
        with suppress(subprocess.TimeoutExpired):
            process.communicate(timeout=chance.uniform(0.02, 0.3))
        process.kill()
        process.communicate()
    terminal.says(*COMMAND)
    assert terminal.pictures() == wanted(busy_web)
    assert terminal.tree() == undisturbed
    assert not unfinished(terminal.repos)
    found = terminal.says("search", "dataset:*", f"--tags=imagenet,{WNID}").split()
    assert len(found) == len(wanted(busy_web))
    aliases = list((terminal.repository() / "dataset" / ".cm").iterdir())
    assert len(aliases) == 2 * len(found)


def test_kills_that_come_thick_and_fast_while_pictures_are_saved(
    terminal: Terminal, busy_web: PracticeWeb, undisturbed: list[str]
) -> None:
    """Each kill comes when some picture has just been asked for, so when others are saved."""
    chance = random.Random(9)
    for _ in range(8):
        busy_web.requests.clear()
        process = terminal.start(*COMMAND, "--jobs=3")
        with suppress(TimeoutError):  # at last there is little left to ask for
            busy_web.requests.wait_for(chance.randrange(3, 9), timeout=3)
            time.sleep(chance.uniform(0, 0.01))
        process.kill()
        process.communicate()
    terminal.says(*COMMAND)
    assert (terminal.pictures(), terminal.tree()) == (wanted(busy_web), undisturbed)
    assert not unfinished(terminal.repos)


def test_a_killed_run_into_plain_folders_is_mended_too(
    terminal: Terminal, busy_web: PracticeWeb
) -> None:
    command = (*COMMAND, "--outdir=out", "--jobs=3")
    chance = random.Random(10)
    for _ in range(6):
        busy_web.requests.clear()
        process = terminal.start(*command)
        with suppress(TimeoutError):
            busy_web.requests.wait_for(chance.randrange(3, 9), timeout=3)
        process.kill()
        process.communicate()
    terminal.says(*command)
    folder = terminal.folder / "out" / WNID
    assert {path.name: path.read_bytes() for path in folder.glob("[!.]*")} == wanted(busy_web)
    assert not unfinished(folder)


def test_of_two_downloads_of_one_synset_the_second_waits_and_says_so(
    terminal: Terminal, web: PracticeWeb
) -> None:
    links = [web.link(WNID, n, "slow", 0) for n in range(60)]
    web.set_links(WNID, links)
    first = terminal.start(*COMMAND, "--jobs=5")
    web.requests.wait_for(4)
    second = terminal.start(*COMMAND, "--jobs=5")
    outs = [process.communicate(timeout=60) for process in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0]
    assert f"{WNID}: another command is at work on it; waiting for it to end" in outs[1][1]
    assert len(terminal.pictures()) == 60
    asked = web.requests.counts()
    assert all(asked[link.host, link.path] == 1 for link in links)


def test_two_downloads_of_different_synsets_do_not_disturb_each_other(
    terminal: Terminal, web: PracticeWeb
) -> None:
    wnids = [WNID, "n02110341", "n02084071", "n00007846"]
    for wnid in wnids:
        web.set_links(wnid, [web.link(wnid, n, "good", n % 8) for n in range(5)])
    processes = [terminal.start("download", f"imagenet:{wnid}") for wnid in wnids]
    assert [process.wait(timeout=60) for process in processes] == [0] * len(wnids)
    for process in processes:
        process.communicate()
    listed = terminal.says("list", "imagenet", "--downloaded-only").split()
    assert listed == sorted(wnids)
    assert len(terminal.says("search", "dataset:*", "--tags=imagenet").split()) == 20


def test_a_place_that_cannot_be_written_ends_the_run_with_a_sentence(
    terminal: Terminal, web: PracticeWeb
) -> None:
    """Root may write anywhere, so a file stands where a folder should be."""
    (terminal.folder / "out").write_text("")
    said = terminal.refuses(*COMMAND, "--outdir=out")
    assert said.endswith("choose another folder with --outdir=DIR")
    (terminal.repos / f"imagenet-{WNID}").write_text("")
    assert f'the CK repository "imagenet-{WNID}" cannot be made' in terminal.refuses(*COMMAND)


def test_what_a_killed_registration_left_is_swept(terminal: Terminal, web: PracticeWeb) -> None:
    web.set_links(WNID, [web.link(WNID, 1, "good")])
    folder = f"imagenet-{WNID}"
    for left in (
        "local/.new-x",
        "local/repo/.cm/.new-x",
        f"{folder}/.new-x",
        f"{folder}/.cm/.new-x",
    ):
        path = terminal.repos / left
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    terminal.says(*COMMAND)
    assert not unfinished(terminal.repos)
    assert len(terminal.pictures()) == 1
