"""The disk is full: at a random byte of a file, and, where that may be mounted, a real one."""

from __future__ import annotations

import resource
import shutil
import subprocess
from contextlib import suppress
from pathlib import Path
from typing import Any

from ck_imagenet_practice import PracticeWeb
from ordeal import Trial, ended, judge, ordeal, world
from terminal import WNID, Terminal

_PICTURES = 12
_LONGEST = 60.0
_DOWNLOAD = ("download", f"imagenet:{WNID}", "--retry=0")


@ordeal("full disks", "commands on disks that end somewhere")
def disks(trial: Trial) -> None:
    """Let commands fail on full disks, then give them room."""
    while trial.goes_on:
        with world() as (terminal, web):
            wanted = _listed(web)
            if not _on_a_small_disk(terminal, trial):
                for _ in range(4):
                    size = int(10 ** trial.chance.uniform(1, 5.3))
                    _try(terminal, trial, preexec_fn=lambda size=size: _end_files_at(size))
            ended(terminal, trial, _LONGEST, "check", "imagenet", "--repair")
            ended(terminal, trial, _LONGEST, *_DOWNLOAD)
            judge(terminal, trial, wanted, "after full disks")
            with suppress(OSError):
                subprocess.run(["umount", terminal.repos], check=False, capture_output=True)


def _listed(web: PracticeWeb) -> dict[str, bytes]:
    links = [web.link(WNID, n, "good", n % len(web.hosts)) for n in range(_PICTURES)]
    web.set_links(WNID, [*links, web.link(WNID, 99, "gone")])
    return {f"{link.name}.jpg": link.picture() for link in links}


def _try(terminal: Terminal, trial: Trial, **popen: Any) -> None:
    processes = trial.chance.choice(["--processes=1", "--processes=2"])
    ended(terminal, trial, _LONGEST, *_DOWNLOAD, processes, **popen)
    trial.tried += 1


def _end_files_at(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))


def _on_a_small_disk(terminal: Terminal, trial: Trial) -> bool:
    """Try on a file system that is too small, then let it grow; say whether that can be."""
    if not shutil.which("mount") or trial.chance.random() < 0.5:
        return False
    kept = terminal.folder / "kept"
    shutil.copytree(terminal.repos, kept)
    if not _mounts(terminal.repos, "size=400k"):
        return False
    shutil.copytree(kept, terminal.repos, dirs_exist_ok=True)
    for size in sorted(trial.chance.sample(range(410, 2000), 4)):
        _mounts(terminal.repos, f"remount,size={size}k")
        _try(terminal, trial)
    return _mounts(terminal.repos, "remount,size=100m")


def _mounts(place: Path, options: str) -> bool:
    command = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(place)]
    return subprocess.run(command, check=False, capture_output=True).returncode == 0
