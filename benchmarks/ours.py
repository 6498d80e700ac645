"""`ck download imagenet` as a user types it, in a CK_REPOS of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple, Sequence

from measure import CHECKOUT, Cost, cost
from peers import TIMEOUT

CK = [sys.executable, str(Path(sys.executable).with_name("ck"))]
WNID = "n01440764"


class Ours(NamedTuple):
    """Our downloader, called so in tables, with further options."""

    name: str
    options: tuple[str, ...] = ()
    into_entries: bool = True
    """Whether into CK entries; else into plain files."""
    wnids: tuple[str, ...] = (WNID,)
    """The synsets among which a list is divided."""

    def __str__(self) -> str:
        return self.name

    def missing(self) -> str:
        """Return an empty text, for it is always there."""
        return ""

    def run(self, urls: Sequence[str], folder: Path, slots: int, longest: float) -> Cost:
        """Download into `folder / "got"`, with so many slots, for at most `longest` seconds."""
        write_list(folder / "list.txt", urls, self.wnids)
        repositories = folder / ("got" if self.into_entries else "repositories")
        environment = registered(repositories)
        command = [
            *(*CK, "download", "imagenet", "--quiet"),
            *(f"--urls={folder / 'list.txt'}", f"--jobs={slots}", f"--timeout={TIMEOUT}"),
            *("--allow-private=127.0.0.0/8", *self.options),
            *([] if self.into_entries else [f"--outdir={folder / 'got'}"]),
        ]
        return cost(command, folder, environment, longest)


def write_list(path: Path, urls: Sequence[str], wnids: Sequence[str] = (WNID,)) -> None:
    """Write a list of names and URLs, as image-net.org gives it, with each synset in turn."""
    lines = [f"{wnids[n % len(wnids)]}_{n} {url}\n" for n, url in enumerate(urls)]
    path.write_bytes("".join(lines).encode("latin-1"))


def registered(repositories: Path, checkout: Path = CHECKOUT) -> dict[str, str]:
    """Register a checkout with a CK of its own, and return the environment that leads there."""
    environment = leading_to(repositories)
    subprocess.run(
        [*CK, "import", "repo", f"--path={checkout}", "--quiet", "--out=json"],
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return environment


def leading_to(repositories: Path) -> dict[str, str]:
    """Return the environment in which CK has its repositories there."""
    others = {name: value for name, value in os.environ.items() if not name.startswith("CK_")}
    return {**others, "CK_REPOS": str(repositories)}
