"""Commands are killed at any moment, and then typed again."""

from __future__ import annotations

import shutil
import subprocess
import time
from contextlib import suppress
from pathlib import Path
from typing import Callable

import tarballs
from ck_imagenet_practice import PracticeWeb
from killing import killed_before
from ordeal import Trial, ended, judge, ordeal, world
from terminal import WNID, Terminal

_LINKS = 30
_KILLS, _JOBS = 8, 3
_LONGEST = 60.0
_STEPS = 55
"""A little more than `ck clean --all` has, of two pictures."""


@ordeal("kills of downloads", "kills, of links, a tar and the Wayback Machine")
def downloads(trial: Trial) -> None:
    """Kill downloads some times, then let one end."""
    while trial.goes_on:
        with world() as (terminal, web):
            wanted = _listed(terminal, web)
            for _ in range(_KILLS):
                _kill(terminal, trial)
            asked = web.requests.counts()
            for command in _commands(processes=1):
                ended(terminal, trial, _LONGEST, *command)
            judge(terminal, trial, wanted, "after kills")
            # What was on its way when a kill came, on each connection, cannot be known to anybody.
            good = [link for link in web.links(WNID) if link.kind.startswith("good")]
            again = sum(max(0, asked[link.host, link.path] - 1) for link in good)
            trial.find("twice", again, max(0, again - _KILLS * _JOBS))


def _listed(terminal: Terminal, web: PracticeWeb) -> dict[str, bytes]:
    kinds = ["good", "good", "good-png", "gone", "busy-once"]
    links = [web.link(WNID, n, kinds[n % len(kinds)], n % len(web.hosts)) for n in range(_LINKS)]
    web.set_links(WNID, links)
    gone = [link for link in links if link.kind == "gone"][:3]
    for link in gone:
        web.archive.keep(link.url, link.picture(), "20100521123456")
    tarred = [web.link(WNID, n, "good", n % 8) for n in range(_LINKS, _LINKS + 6)]
    members = {f"{link.name}.JPEG".encode(): link.picture() for link in tarred}
    (terminal.folder / "class.tar").write_bytes(tarballs.tar(members))
    wanted = {
        f"{each.name}{Path(each.path).suffix}": each.picture() for each in links if each.obtainable
    }
    return {**wanted, **{f"{each.name}.jpg": each.picture() for each in (*gone, *tarred)}}


def _commands(processes: int) -> list[tuple[str, ...]]:
    links = ("download", f"imagenet:{WNID}", f"--processes={processes}", f"--jobs={_JOBS}")
    return [("download", "imagenet", "--tar=class.tar"), links, (*links, "--wayback")]


def _kill(terminal: Terminal, trial: Trial) -> None:
    command = trial.chance.choice(_commands(trial.chance.choice([1, 2])))
    process = terminal.start(*command)
    with suppress(subprocess.TimeoutExpired):
        process.communicate(timeout=trial.chance.uniform(0.15, 0.9))
    process.kill()
    process.communicate()
    trial.tried += 1


@ordeal("kills of clean --all", "kills, each right before another step")
def cleaning(trial: Trial) -> None:
    """Kill `ck clean --all` before each of its steps, then type it again."""
    clean = ("clean", "imagenet", f"--wnid={WNID}", "--all", "--force")
    with world() as (origin, web):
        web.set_links(WNID, [web.link(WNID, n, "good") for n in (1, 2)])
        origin.says("download", f"imagenet:{WNID}")
        while trial.goes_on:
            folder = origin.folder / "again"
            folder.mkdir()
            terminal = Terminal(folder, web.environment(), origin.repos)
            step = trial.chance.randrange(_STEPS)
            was_killed = killed_before(terminal, step, *clean)
            trial.tried += was_killed
            seen = terminal.ck("check", "imagenet").returncode or bool(
                terminal.says("list", "imagenet", "--downloaded-only")
            )
            trial.find("lost", [step, "not seen"], bool(terminal.pictures()) and not seen)
            ended(terminal, trial, _LONGEST, *clean)
            trial.find("lost", [step, "not removed"], terminal.repository().exists())
            shutil.rmtree(folder)


@ordeal("kills of check --repair", "kills, of damaged synsets")
def repairing(trial: Trial) -> None:
    """Kill `ck check --repair` at any moment, then let it and a download end."""
    while trial.goes_on:
        with world() as (terminal, web):
            links = [web.link(WNID, n, "good", n % 8) for n in range(12)]
            web.set_links(WNID, links)
            terminal.says("download", f"imagenet:{WNID}")
            wanted = terminal.pictures()
            for number in trial.chance.sample(range(12), 4):
                entry = terminal.repository() / "dataset" / str(number)
                trial.chance.choice(_DAMAGES)(entry)
            for _ in range(3):
                process = terminal.start("check", "imagenet", "--repair")
                time.sleep(trial.chance.uniform(0.2, 0.5))
                process.kill()
                process.communicate()
                trial.tried += 1
            ended(terminal, trial, _LONGEST, "check", "imagenet", "--repair")
            ended(terminal, trial, _LONGEST, "download", f"imagenet:{WNID}")
            judge(terminal, trial, wanted, "after repairs")


def _lose_the_meta(entry: Path) -> None:
    (entry / ".cm" / "meta.json").write_text("{")


def _spoil(entry: Path) -> None:
    next(entry.glob("*.jpg")).write_bytes(b"spoilt")


_DAMAGES: list[Callable[[Path], object]] = [shutil.rmtree, _lose_the_meta, _spoil]
