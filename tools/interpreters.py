"""Find the Pythons of this machine on which ck-imagenet runs.

As a program, it lists one for each version, newest first: `3.14 /usr/bin/python3.14`. Only the
standard library is used, and nothing newer than Python 3.7: it runs before anything is installed.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path
from typing import Iterator, NamedTuple

OLDEST, NEWEST = (3, 8), (3, 14)
RANGE = "{}.{} to {}.{}".format(*OLDEST, *NEWEST)
MINORS = [f"3.{minor}" for minor in range(NEWEST[1], OLDEST[1] - 1, -1)]

# The base executable, so that an environment never hangs on another one, or on itself. A Debian
# Python without its venv package does import venv, and fails at ensurepip.
PROBE = """
import sys
print(getattr(sys, "_base_executable", None) or sys.executable)
print(".".join(map(str, sys.version_info[:3])))
import ensurepip, venv
"""


class Interpreter(NamedTuple):
    """A Python: its absolute path, its version, and whether it can make virtual environments."""

    path: str
    version: tuple[int, ...]
    has_venv: bool

    @property
    def minor(self) -> str:
        """The version as in `3.11`."""
        return "{}.{}".format(*self.version)

    def __str__(self) -> str:
        return f"{self.path} (Python {'.'.join(map(str, self.version))})"


def inspect(command: str) -> Interpreter | None:
    """Ask `command` what it is; None when it is no Python that runs, such as a broken shim."""
    answer = output_of(command, "-c", PROBE)
    told = re.fullmatch(r"(.+)\n(\d+)\.(\d+)\.(\d+)\n", answer.stdout) if answer else None
    if answer is None or told is None:
        return None
    path, *version = told.groups()
    return Interpreter(path, tuple(map(int, version)), answer.returncode == 0)


def refusal(interpreter: Interpreter) -> str | None:
    """Why ck-imagenet cannot be set up with `interpreter`; None when it can."""
    if not OLDEST <= interpreter.version[:2] <= NEWEST:
        return f"ck-imagenet runs on Python {RANGE}, and {interpreter} is none of them"
    if not interpreter.has_venv:
        return (
            f"{interpreter} cannot make virtual environments (on Debian and Ubuntu, "
            f"apt-get install python{interpreter.minor}-venv mends that)"
        )
    return None


def found() -> Iterator[Interpreter]:
    """Every Python of this machine once: those named `python3` first, then by version.

    It may have many names, which are links to the same file.
    """
    seen = set()
    for command in commands():
        interpreter = inspect(command)
        file = Path(interpreter.path).resolve() if interpreter else None
        if interpreter and file not in seen:
            seen.add(file)
            yield interpreter


def suitable() -> list[Interpreter]:
    """One interpreter of this machine for each version that suits, newest first."""
    by_version: dict[tuple[int, ...], Interpreter] = {}
    for interpreter in found():
        if refusal(interpreter) is None:
            by_version.setdefault(interpreter.version[:2], interpreter)
    return [by_version[version] for version in sorted(by_version, reverse=True)]


def commands() -> Iterator[str]:
    """What may be a Python: by its usual names on PATH, then in the folder of pyenv's versions."""
    for name in ["python3", *(f"python{minor}" for minor in MINORS), "python"]:
        for folder in os.get_exec_path():
            command = shutil.which(name, path=folder)
            if command:
                yield command
    versions = pyenv_versions()
    for minor in MINORS if versions else []:
        yield from map(str, sorted(Path(versions).glob(f"{minor}.*/bin/python")))


def pyenv_versions() -> str:
    """The folder in which pyenv keeps its Pythons; empty without pyenv."""
    pyenv = shutil.which("pyenv")
    root = output_of(pyenv, "root") if pyenv else None
    return os.path.join(root.stdout.strip(), "versions") if root else ""  # noqa: PTH118


def output_of(*command: str) -> subprocess.CompletedProcess[str] | None:
    """Run `command`, its errors unseen; None when it cannot be run or does not end."""
    try:
        return subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            encoding="utf-8",
            errors="surrogateescape",
            timeout=60,
        )
    except (OSError, subprocess.SubprocessError):
        return None


if __name__ == "__main__":
    for each in suitable():
        print(each.minor, each.path)
