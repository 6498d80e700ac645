"""What it costs to list the whole catalogue: `ck list imagenet` beside `ck version`.

Both are run in turn, so that whatever else the machine does disturbs both alike.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

CHECKOUT = Path(__file__).resolve().parent.parent
CK = [sys.executable, str(Path(sys.executable).with_name("ck"))]
RUNS = 15


def main() -> None:
    """Print a row of the table in benchmarks/README.md."""
    with tempfile.TemporaryDirectory() as repositories:
        environment = {**os.environ, "CK_REPOS": repositories}
        subprocess.run(
            [*CK, "import", "repo", f"--path={CHECKOUT}", "--quiet", "--out=json"],
            env=environment,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        commands = (["version"], ["list", "imagenet"])
        times = [[seconds(command, environment) for command in commands] for _ in range(RUNS)]
    version, listing = (median(column) for column in zip(*times))
    python = ".".join(map(str, sys.version_info[:2]))
    print(f"| {python} | {version:.3f} s | {listing:.3f} s | {listing - version:.3f} s |")


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """Return how long one `ck` command takes, its output in a pipe."""
    start = time.perf_counter()
    subprocess.run([*CK, *command], env=environment, check=True, capture_output=True)
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
