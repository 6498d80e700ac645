"""A machine whose clock is set back, or is wrong by decades: no decision depends on it."""

from __future__ import annotations

import random

import pytest
import tarballs
from ck_imagenet_practice import Link, PracticeWeb
from clocks import YEAR, wrong
from terminal import WNID, Terminal

DOWNLOAD = ("download", "imagenet", f"--wnid={WNID}", "--retry=0")
SINCE_1960 = -66 * YEAR


@pytest.fixture
def links(terminal: Terminal, web: PracticeWeb) -> list[Link]:
    """The links of six pictures that a tar has too, as `class.tar`."""
    links = [web.link(WNID, number, "good", number) for number in range(1, 7)]
    members = {f"{link.name}.JPEG".encode(): link.picture() for link in links}
    (terminal.folder / "class.tar").write_bytes(tarballs.tar(members))
    web.set_links(WNID, links)
    return links


def at(terminal: Terminal, wall: float = 0.0, monotonic: float = 0.0) -> dict[str, str]:
    """Return the environment of a command whose clocks are off by so many seconds."""
    return {**terminal.environment, **wrong(wall, monotonic)}


@pytest.mark.parametrize("wall", [-10.0, SINCE_1960, 30 * YEAR])
def test_pictures_of_a_tar_stay_when_a_list_tells_their_urls_at_another_time(
    terminal: Terminal, links: list[Link], wall: float
) -> None:
    terminal.says("download", "imagenet", "--tar=class.tar")
    before = terminal.pictures()
    for env in (at(terminal, wall), terminal.environment, at(terminal, -wall)):
        done = terminal.json(*DOWNLOAD, env=env)["synsets"][0]
        assert (done["here"], done["failed"]) == (6, {})
        assert terminal.pictures() == before
    assert terminal.says("check", "imagenet") == ""


def test_whatever_the_clock_does_between_commands_nothing_is_lost_or_asked_twice(
    terminal: Terminal, web: PracticeWeb, links: list[Link]
) -> None:
    chance = random.Random(17)
    commands = [("download", "imagenet", "--tar=class.tar"), DOWNLOAD, ("check", "imagenet")]
    commands += [(*DOWNLOAD, "--retry-failed"), ("check", "imagenet", "--repair")]
    before: dict[str, bytes] = {}
    for _ in range(12):
        wall = chance.choice([-1, 1]) * 10.0 ** chance.uniform(0, 9.3)
        terminal.says(*chance.choice(commands), env=at(terminal, wall))
        now = terminal.pictures()
        assert before.items() <= now.items()
        before = now
    assert len(before) == 6
    asked = web.requests.counts()
    assert max(asked[link.host, link.path] for link in links) <= 1
    assert terminal.says("check", "imagenet") == ""


def test_what_failed_and_then_came_is_here_though_the_clock_went_back_meanwhile(
    terminal: Terminal, web: PracticeWeb
) -> None:
    link = web.link(WNID, 1, "reset-once")
    web.set_links(WNID, [link])
    assert terminal.json(*DOWNLOAD, env=at(terminal, YEAR))["synsets"][0]["failed"] == {
        "cut-short": 1
    }
    again = terminal.json(*DOWNLOAD, "--retry-failed", env=at(terminal, -YEAR))["synsets"][0]
    assert (again["here"], again["failed"]) == (1, {})
    status = terminal.json("status", "imagenet")["synsets"][0]
    assert (status["here"], status["failed"]) == (1, {})


@pytest.mark.parametrize("processes", [1, 2])
def test_a_run_in_1960_ends_as_any_other(
    terminal: Terminal, web: PracticeWeb, processes: int
) -> None:
    """With a monotonic clock that has not reached zero yet, as it may."""
    kinds = ["good", "good", "good", "gone", "503-date-once", "limited-once", "truncated", "silent"]
    web.set_links(WNID, [web.link(WNID, n, kind) for n, kind in enumerate(kinds)])
    command = (*DOWNLOAD, "--retry=1", "--timeout=1", f"--processes={processes}")
    done = terminal.json(*command, env=at(terminal, SINCE_1960, SINCE_1960))["synsets"][0]
    assert (done["here"], done["failed"]) == (5, {"gone": 1, "cut-short": 1, "silent": 1})
