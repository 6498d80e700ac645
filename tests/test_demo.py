"""The demo, and the practice web that it plays."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from terminal import CHECKOUT, WNID, Terminal


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
    environment = {**os.environ, "CK_REPOS": str(tmp_path / "CK_REPOS"), "PORT": str(port)}
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
    pictures = Path(first.splitlines()[-3])
    assert len(list(pictures.glob(f"{WNID}_*.*"))) == 1


@pytest.mark.parametrize("ending", [signal.SIGINT, signal.SIGTERM])
def test_the_practice_web_stays_until_ctrl_c(
    terminal: Terminal, port: int, ending: signal.Signals
) -> None:
    process = terminal.start("demo", "imagenet", f"--port={port}")
    assert process.stdout
    said = ""
    while "Ctrl-C ends it" not in said:
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
