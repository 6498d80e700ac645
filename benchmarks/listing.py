"""What it costs to list the whole catalogue: `ck list imagenet` beside `ck version`."""

from __future__ import annotations

import platform
import tempfile
from pathlib import Path
from statistics import median
from typing import NamedTuple

from measure import Cost, cost, in_turn, machine, table
from ours import CK, registered

RUNS = 15


class Command(NamedTuple):
    """A `ck` command, as its words."""

    words: tuple[str, ...]

    def __str__(self) -> str:
        return " ".join(("ck", *self.words))


def main() -> None:
    """Print the table of benchmarks/README.md."""
    print(f"{machine()}, medians of {RUNS} runs in turn\n")
    commands = (Command(("version",)), Command(("list", "imagenet")))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        environment = registered(folder / "CK_REPOS")

        def measure(command: Command) -> Cost:
            return cost([*CK, *command.words], folder, environment)

        results = in_turn(commands, RUNS, measure)
    version, listing = (median(took.wall for took in found) for found in results)
    python = ".".join(platform.python_version_tuple()[:2])
    titles = ["Python", *(f"`{command}`" for command in commands), "more"]
    table(titles, [[python, f"{version:.3f} s", f"{listing:.3f} s", f"{listing - version:.3f} s"]])


if __name__ == "__main__":
    main()
