"""How long README's "All dogs in four commands" takes, from the practice web of `ck demo imagenet`.

The commands are README's own lines, typed into a shell on a terminal of 80 columns, into a CK that
has nothing yet.
"""

from __future__ import annotations

import argparse
import fcntl
import os
import pty
import re
import shlex
import struct
import subprocess
import sys
import tempfile
import termios
import time
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Iterator

from measure import CHECKOUT, machine, table
from ours import CK, registered

_PORT = 14199


def main() -> None:
    """Print the table of benchmarks/README.md."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=3)
    runs = parser.parse_args().runs
    print(f"{machine()}, load {os.getloadavg()[0]:.1f}\n")
    lines = _four_commands()
    taken = [_run(lines) for _ in range(runs)]
    rows = [[f"`{line}`", f"{median(each):.1f} s"] for line, each in zip(lines, zip(*taken))]
    rows.append(["all four", f"{median(map(sum, taken)):.1f} s"])
    table(["command", "time"], rows)


def _four_commands() -> list[str]:
    text = (CHECKOUT / "README.md").read_text("utf-8")
    section = text.partition("\n## All dogs in four commands\n")[2].partition("\n## ")[0]
    shown = re.findall(r"```console\n\$ (.*)\n", section)
    return [*shown, *"".join(re.findall(r"```sh\n(.*?)```", section, re.S)).splitlines()]


def _run(lines: list[str]) -> list[float]:
    """Return the seconds of each command."""
    with tempfile.TemporaryDirectory() as folder:
        environment = registered(Path(folder) / "CK_REPOS")
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        with _practice_web(environment) as settings:
            here = {**environment, **settings, "PATH": path}
            return [_typed(line, here, folder) for line in lines]


@contextmanager
def _practice_web(environment: dict[str, str]) -> Iterator[dict[str, str]]:
    command = [*CK, "demo", "imagenet", f"--port={_PORT}"]
    with subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, encoding="utf-8"
    ) as web:
        said = ""
        while web.stdout and "all dogs" not in said:
            said += web.stdout.readline()
        yield dict(re.findall(r"export (CK_IMAGENET_\w+)=(\S+)", said))
        web.terminate()


def _typed(line: str, environment: dict[str, str], folder: str) -> float:
    """Return the seconds that a command takes on a terminal, whose screen is read meanwhile."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 25, 80, 0, 0))
    began = time.perf_counter()
    process = subprocess.Popen(
        shlex.split(line), env=environment, cwd=folder, stdin=theirs, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    try:
        while os.read(ours, 65536):
            pass
    except OSError:  # nobody writes any more
        pass
    process.wait()
    os.close(ours)
    return time.perf_counter() - began


if __name__ == "__main__":
    main()
