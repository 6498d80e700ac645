"""The demo, and the practice web that it plays."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

import pytest
from terminal import CHECKOUT, CK, WNID, Terminal

SHELLS = [name for name in ("bash", "zsh") if shutil.which(name)]


@pytest.fixture
def port() -> int:
    """A port that is free, below those that the system gives away by itself."""
    for candidate in range(24_000 + os.getpid() % 1000, 30_000):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", candidate)):
                return candidate
    raise AssertionError("no free port")


def test_the_demo_shows_the_main_job_and_the_second_time_what_resuming_looks_like(
    tmp_path: Path, port: int
) -> None:
    repos = tmp_path / "with a blank" / "CK_REPOS"
    repos.parent.mkdir()
    environment = {**os.environ, "CK_REPOS": str(repos), "PORT": str(port)}
    shown = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, str(CHECKOUT / "tools" / "demo.py")],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            encoding="utf-8",
        )
        assert (done.returncode, done.stderr) == (0, "")
        shown.append(done.stdout)
    first, second = shown
    assert f"$ export CK_IMAGENET_SERVICE=http://127.0.0.1:{port}\n" in first
    for said, times in (("18 saved now", 2), ("0 saved now", 0)):
        assert first.count(f" {said}") == times
    assert second.count(" 0 saved now") == 2
    assert re.findall(r"^\$ (ck \w+)", first, re.M) == [
        "ck add",
        "ck demo",
        "ck download",
        "ck download",
        "ck list",
        "ck search",
        "ck load",
        "ck find",
    ]
    (found,) = (line for line in first.splitlines() if line.startswith(f"{repos}/imagenet-"))
    assert len(list(Path(found).glob(f"{WNID}_*.*"))) == 1
    two_lines, commands = first.rpartition("type these two lines:\n\n")[2].split("\n\n")[::2]
    browse, export, play = commands.strip().splitlines()
    assert play == f"  ck demo imagenet --port={port}"
    for name in SHELLS:
        typed = f"{two_lines}\n{browse}\n{export}\n"
        assert typed_into(name, typed, tmp_path) == [
            f"{repos}/local/imagenet/overview/gallery.html",
            f"36 pictures of 2 synsets are in {tmp_path}/pictures",
        ]


def typed_into(shell: str, text: str, folder: Path) -> list[str]:
    """Return the lines at the margin that a new shell prints, which knows of no `ck` before."""
    done = subprocess.run(
        [shell],
        input=text,
        env={"HOME": str(folder), "PATH": "/usr/bin:/bin"},
        cwd=folder,
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.returncode, done.stderr) == (0, "")
    return [line for line in done.stdout.splitlines() if not line.startswith(" ")]


@pytest.fixture
def ck_of_its_own(tmp_path: Path) -> Path:
    """A `ck` in an environment whose path has a blank, with the packages of this one."""
    home = tmp_path / "an environment"
    venv.create(home)
    paths = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    packages = sysconfig.get_path("purelib", vars={"base": str(home), "platbase": str(home)})
    Path(packages, "of-tests.pth").write_text("\n".join(paths))
    command = home / "bin" / "ck"
    command.write_text(f'#!/bin/sh\nexec "$(dirname "$0")/python" "{CK[1]}" "$@"\n')
    command.chmod(0o755)
    return command


def test_what_the_demo_prints_can_be_pasted_into_a_shell_that_knows_nothing(
    terminal: Terminal, tmp_path: Path, port: int, ck_of_its_own: Path
) -> None:
    repos = tmp_path / "my repositories"
    terminal.repos.rename(repos)
    for file in (*repos.glob("local/.ck.cache*"), *repos.glob("local/repo/*/.cm/meta.json")):
        file.write_text(file.read_text().replace(str(terminal.repos), str(repos)))
    web = subprocess.Popen(
        [str(ck_of_its_own), "demo", "imagenet", f"--port={port}"],
        env={**terminal.environment, "CK_REPOS": str(repos)},
        stdout=subprocess.PIPE,
        encoding="utf-8",
    )
    try:
        said = ""
        while web.stdout and "all dogs" not in said:
            said += web.stdout.readline()
        lines = [line for line in said.splitlines() if line.startswith("  ")]
        (dogs,) = (line for line in lines if "--under=" in line)
        for name in SHELLS:
            typed = "\n".join(line for line in lines if line != dogs)
            *_, page = typed_into(name, typed, tmp_path)
            assert page == f"{repos}/local/imagenet/overview/gallery.html"
    finally:
        web.terminate()
        web.communicate()
    assert dogs == "  ck download imagenet --under=n02084071 --max-images=100 --yes"
    assert len(list((repos / f"imagenet-{WNID}").glob(f"dataset/*/{WNID}_*"))) == 18


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_practice_web_stays_until_ctrl_c(
    terminal: Terminal, port: int, ending: signal.Signals
) -> None:
    process = terminal.start("demo", "imagenet", f"--port={port}")
    assert process.stdout
    said = ""
    while "all dogs" not in said:
        said += process.stdout.readline()
    settings = dict(re.findall(r"export (\w+)=(\S+)", said))
    listed = terminal.ck(
        "geturls", f"imagenet:{WNID}", f"--service={settings['CK_IMAGENET_SERVICE']}"
    )
    assert len(listed.stdout.splitlines()) == 30
    busy = terminal.refuses("demo", "imagenet", f"--port={port}")
    assert str(port) in busy
    assert "--port" in busy
    process.send_signal(ending)
    out, err = process.communicate(timeout=10)
    assert (process.returncode, out, err) == (0, "", "")
