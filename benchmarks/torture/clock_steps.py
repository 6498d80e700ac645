"""The clock is set back, forth, or to 1960, between commands and for them."""

from __future__ import annotations

from pathlib import Path

import tarballs
from clocks import YEAR, wrong
from ordeal import Trial, ended, judge, ordeal, world
from terminal import WNID, Terminal

_COMMANDS = 12
_LONGEST = 60.0
_LIBRARIES = ("faketime/libfaketimeMT.so.1", "x86_64-linux-gnu/faketime/libfaketimeMT.so.1")


@ordeal("clock steps", "commands, each at another time, from 1960 on")
def steps(trial: Trial) -> None:
    """Type commands at random times; libfaketime tells some of them, if it is installed."""
    found = [path for each in _LIBRARIES for path in Path("/usr/lib").glob(each)]
    while trial.goes_on:
        with world() as (terminal, web):
            links = [web.link(WNID, n, "good", n) for n in range(6)]
            web.set_links(WNID, [*links, web.link(WNID, 6, "gone"), web.link(WNID, 7, "busy-once")])
            members = {f"{link.name}.JPEG".encode(): link.picture() for link in links}
            (terminal.folder / "class.tar").write_bytes(tarballs.tar(members))
            again = ("download", f"imagenet:{WNID}", "--retry-failed", "--retry=0", "--timeout=5")
            commands = [("download", "imagenet", "--tar=class.tar"), again, again[:2]]
            commands += [("check", "imagenet", "--repair"), ("status", "imagenet")]
            before: dict[str, bytes] = {}
            for _ in range(_COMMANDS):
                wall = trial.chance.choice([-1, 1]) * 10.0 ** trial.chance.uniform(0, 9.3)
                clocks = wrong(wall, trial.chance.choice([0.0, -66 * YEAR]))
                env = {**terminal.environment, **clocks}
                if found and trial.chance.random() < 0.5:
                    env = _faked(terminal, found[0], wall)
                command = trial.chance.choice(commands)
                ended(terminal, trial, _LONGEST, *command, env=env)
                trial.tried += 1
                here = terminal.pictures()
                trial.find("lost", [command, wall], len(before.keys() - here.keys()))
                before = here
            for command in (again, again):
                ended(terminal, trial, _LONGEST, *command)
            wanted = {f"{each.name}.jpg": each.picture() for each in links}
            late = web.link(WNID, 7, "busy-once")
            judge(terminal, trial, {**wanted, f"{late.name}.jpg": late.picture()}, "after steps")
            asked = web.requests.counts()
            twice = [link.name for link in links if asked[link.host, link.path] > 1]
            trial.find("twice", twice, len(twice))


def _faked(terminal: Terminal, library: Path, wall: float) -> dict[str, str]:
    # Its own monotonic clock would follow, in which no lock of Python ever times out.
    told = {"FAKETIME": f"{wall:+.0f}s", "FAKETIME_DONT_FAKE_MONOTONIC": "1"}
    return {**terminal.environment, "LD_PRELOAD": str(library), **told}
