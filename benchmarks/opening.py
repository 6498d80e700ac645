"""What it costs to open and close a synset, and how long a command takes that finds all settled.

The same links, all of them gone, are downloaded as many synsets and as one: the difference is what
a synset costs beside its links. Then the same commands find them settled. The program of another
checkout is measured in turn with this one: `--beside /path/to/checkout`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
from itertools import product
from pathlib import Path
from statistics import median
from typing import NamedTuple

import nginx
from measure import CHECKOUT, LIBRARY, Cost, cost, in_turn, machine, table
from ours import CK, WNID, registered, write_list

sys.path.insert(0, str(LIBRARY))

from ck_imagenet.catalogue import synsets

_LINKS, _GONE = 1300, 520
"""Of the synset that is settled, and how many of them gave no picture."""


class Program(NamedTuple):
    """A checkout, and a CK of its own that has its module."""

    checkout: Path
    environment: dict[str, str]

    def __str__(self) -> str:
        return self.checkout.name


class Opened(NamedTuple):
    """Links that are downloaded as so many synsets, into a folder or into CK."""

    program: Program
    place: str
    synsets: int

    def __str__(self) -> str:
        return f"{self.program}, {self.place}, {self.synsets}"


class Command(NamedTuple):
    """A command as a user types it."""

    name: str
    words: list[str]
    program: Program

    def __str__(self) -> str:
        return f"{self.program}: {self.name}"


def main() -> None:
    """Print the tables of benchmarks/README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--synsets", type=int, default=300)
    parser.add_argument("--links", type=int, default=4, help="of each synset")
    parser.add_argument("--runs", type=int, default=3, help="of what is fetched")
    parser.add_argument("--commands", type=int, default=15, help="runs of what is settled")
    parser.add_argument("--beside", type=Path, help="another checkout")
    options = parser.parse_args()
    if not nginx.PROGRAM():
        sys.exit(nginx.MISSING)
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # users have their modules compiled
    print(f"{machine()}, load {os.getloadavg()[0]:.1f}\n")
    checkouts = [each.resolve() for each in (options.beside, CHECKOUT) if each]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o755)
        programs = [
            Program(each, registered(folder / f"CK_REPOS {number}", each))
            for number, each in enumerate(checkouts)
        ]
        (folder / "root").mkdir()
        with nginx.Nginx(folder) as server:
            _opened(programs, server, folder, options)
            print()
            _settled(programs, server, folder, options.commands)


def _opened(
    programs: list[Program], server: nginx.Nginx, folder: Path, options: argparse.Namespace
) -> None:
    """Print what a synset costs beside its links."""
    links = options.synsets * options.links
    urls = server.urls([f"gone/{number}.jpg" for number in range(links)])
    wnids = [each.wnid for each in synsets.load().synsets[: options.synsets]]
    lists = {options.synsets: wnids, 1: wnids[:1]}
    for number, chosen in lists.items():
        write_list(folder / f"{number}.txt", urls, chosen)
        (folder / f"{number} wnids.txt").write_text("\n".join(chosen))
    cases = [Opened(*each) for each in product(programs, ("CK", "a folder"), lists)]
    runs = in_turn(cases, options.runs, lambda case: _both(case, folder))
    found = dict(zip(map(str, cases), runs))
    rows = []
    for program, place, turn in product(programs, ("CK", "a folder"), (0, 1)):
        many, one = (
            [run[turn].cpu for run in found[f"{program}, {place}, {each}"]] for each in lists
        )
        each = [(more - less) / (options.synsets - 1) for more, less in zip(many, one)]
        state = "settled before" if turn else f"{options.links} links that are gone"
        rows.append((str(program), place, state, f"{median(each) * 1000:.2f} ms"))
    table(["checkout", "into", "synsets of", "processor, a synset"], rows)


def _both(case: Opened, folder: Path) -> tuple[Cost, Cost]:
    """Download twice into what is new, so that all is settled the second time."""
    place = Path(tempfile.mkdtemp(dir=folder))
    environment = registered(place / "CK_REPOS", case.program.checkout)
    where = [] if case.place == "CK" else [f"--outdir={place / 'out'}"]
    archive = f"--archive={folder / f'{case.synsets}.txt'}"
    cost([*CK, "geturls", "imagenet", "--all", archive, *where], place, environment)
    words = [f"--wnids={folder / f'{case.synsets} wnids.txt'}", "--yes", "--quiet", *where]
    words += ["--source=archive", "--processes=1", "--allow-private=127.0.0.0/8"]
    command = [*CK, "download", "imagenet", *words]
    return cost(command, place, environment), cost(command, place, environment)


def _settled(programs: list[Program], server: nginx.Nginx, folder: Path, runs: int) -> None:
    """Print how long commands take that find one synset settled, and `ck version`."""
    files = nginx.draw_pictures(folder / "root", _LINKS - _GONE)
    gone = [f"gone/{number}.jpg" for number in range(_GONE)]
    write_list(folder / "list.txt", server.urls(files + gone))
    commands = [command for program in programs for command in _commands(program, folder)]
    for command in commands:  # what there is to do is done by this, and modules are compiled
        subprocess.run(
            command.words, env=command.program.environment, check=True, stdout=subprocess.DEVNULL
        )
    took = in_turn(commands, runs, lambda each: cost(each.words, folder, each.program.environment))
    rows = [
        (
            *(str(command.program), f"`{command.name}`"),
            *(f"{median(run.wall for run in found):.3f} s", f"{min(found).wall:.3f} s"),
            f"{median(run.cpu for run in found):.3f} s",
        )
        for command, found in zip(commands, took)
    ]
    table(["checkout", "command, all settled", "time", "shortest", "processor"], rows)


def _commands(program: Program, folder: Path) -> list[Command]:
    here, out = "--allow-private=127.0.0.0/8", f"--outdir={folder / program.checkout.name}"
    asked = [f"--urls={folder / 'list.txt'}", here]
    library = program.checkout / "module" / "imagenet"
    program.environment["PYTHONPATH"] = str(library)  # for `python -m`
    plain = [sys.executable, "-m", "ck_imagenet", "download"]
    return [
        Command("ck version", [*CK, "version"], program),
        Command("ck download imagenet --urls=", [*CK, "download", "imagenet", *asked], program),
        Command("ck download imagenet:WNID", [*CK, "download", f"imagenet:{WNID}"], program),
        Command("… --outdir=", [*CK, "download", "imagenet", *asked, out], program),
        Command("python -m ck_imagenet download --urls=", [*plain, *asked, out], program),
    ]


if __name__ == "__main__":
    main()
