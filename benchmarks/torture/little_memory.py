"""A process gets little memory: it goes on with fewer threads, or says so."""

from __future__ import annotations

import resource

from ordeal import Trial, ended, judge, ordeal, world
from terminal import WNID

_PICTURES = 20
_LONGEST = 90.0


@ordeal("little memory", "commands with 40 to 400 MB of addresses")
def starve(trial: Trial) -> None:
    """Give commands random limits, then none."""
    while trial.goes_on:
        with world() as (terminal, web):
            links = [web.link(WNID, n, "good", n % len(web.hosts)) for n in range(_PICTURES)]
            web.set_links(WNID, links)
            download = ("download", f"imagenet:{WNID}", "--jobs=64")
            commands = [
                download,
                (*download, "--processes=2"),
                ("check", "imagenet", "--decode"),
                ("browse", f"imagenet:{WNID}", "--save=page.html"),
                ("export", "imagenet", "--to=exported", "--resize=64"),
            ]
            for _ in range(6):
                limit = int(10**6 * trial.chance.uniform(40, 400))
                ended(
                    terminal,
                    trial,
                    _LONGEST,
                    *trial.chance.choice(commands),
                    preexec_fn=lambda limit=limit: _give(limit),
                )
                trial.tried += 1
            ended(terminal, trial, _LONGEST, *download)
            wanted = {f"{link.name}.jpg": link.picture() for link in links}
            judge(terminal, trial, wanted, "after little memory")


def _give(size: int) -> None:
    resource.setrlimit(resource.RLIMIT_AS, (size, size))
