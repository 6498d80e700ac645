"""What is known of a benchmark's run so far, in its folder: so it goes on where it was stopped."""

from __future__ import annotations

import json
import os
import random
import socket
from dataclasses import asdict, dataclass, field
from pathlib import Path

from scale_world import SYNSETS, Ports

_BYTES_A_LINK = 30_000
_INODES_A_LINK = 7
"""What six pictures in ten take, with all that CK keeps of each."""

_A_SYNSET = 40
"""Inodes, and as many blocks."""

_BLOCK = 4096


@dataclass
class Leg:
    """A run of the downloader, from its start to its end or until it was stopped."""

    began: float
    """As `time.time` counts, like the next one."""
    ended: float
    processor: float = 0
    """Seconds that all its processes took."""


@dataclass
class State:
    """How far a benchmark has come."""

    urls: int
    serving: int
    refusing: int
    is_listed: bool = False
    """Whether list and archive are made."""
    killed: float = 0
    """When the downloader was killed half way."""
    is_done: bool = False
    legs: list[Leg] = field(default_factory=list)

    @property
    def ports(self) -> Ports:
        """Where the hosts listen, and where nobody does."""
        return Ports(self.serving, self.refusing)

    @classmethod
    def of(cls, folder: Path, urls: int) -> State:
        """Return the state that a folder has, or that of a new benchmark."""
        try:
            known = json.loads((folder / "state.json").read_bytes())
        except FileNotFoundError:
            return cls(urls, *_free_ports())
        if known["urls"] != urls:
            raise SystemExit(f'"{folder}" has a benchmark of {known["urls"]} URLs: go on with that')
        return cls(**{**known, "legs": [Leg(**leg) for leg in known["legs"]]})

    def keep(self, folder: Path) -> None:
        """Write it down."""
        new = folder / "state.json.new"
        new.write_text(json.dumps(asdict(self)))
        new.replace(folder / "state.json")


def refuse_small_disk(folder: Path, urls: int) -> None:
    """End the program unless a folder's disk has room for so many links."""
    disk = os.statvfs(folder)
    room, inodes = disk.f_bavail * disk.f_frsize, disk.f_favail
    bytes_needed = urls * _BYTES_A_LINK + min(urls, SYNSETS) * _A_SYNSET * _BLOCK
    inodes_needed = urls * _INODES_A_LINK + min(urls, SYNSETS) * _A_SYNSET
    # Some file systems make inodes as they need them, and say that they have none.
    few_inodes = disk.f_files > 0 and inodes < inodes_needed
    if room < bytes_needed or few_inodes:
        raise SystemExit(
            f"{urls:,} URLs need {bytes_needed / 1e9:.0f} GB and {inodes_needed:,} inodes; "
            f'"{folder}" has {room / 1e9:.0f} GB and {inodes:,} inodes: name another with FOLDER='
        )


def _free_ports() -> tuple[int, int]:
    """Return two ports that nobody has, below those that systems give to connections."""
    free = []
    for port in random.Random().sample(range(20_000, 30_000), 100):  # noqa: S311
        with socket.socket() as tried:
            try:
                tried.bind(("0.0.0.0", port))  # noqa: S104
            except OSError:
                continue
            free.append(port)
        if len(free) == 2:
            break
    return free[0], free[1]
