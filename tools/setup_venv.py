"""Make the virtual environment in which the Makefile's commands run.

It is made with the interpreter that is asked for, or else with the first suitable one of this
machine, and is made anew only when something that it depends on has changed. Only the standard
library is used, and nothing newer than Python 3.7: it runs before anything is installed.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple, Sequence

import interpreters
from interpreters import Interpreter

CHECKOUT = Path(__file__).resolve().parent.parent
CK = "ck==2.6.4"
REQUIREMENTS = "requirements.txt"
OPTIONAL_REQUIREMENTS = [f"requirements-{extra}.txt" for extra in ("codings", "dask", "export")]
DEV_REQUIREMENTS = "requirements-dev.txt"  # which include the optional ones
INPUTS = ["tools/setup_venv.py", "tools/interpreters.py"]
INPUTS += [REQUIREMENTS, *OPTIONAL_REQUIREMENTS, DEV_REQUIREMENTS]
STAMP = "ck-imagenet.json"
CONSTRAINTS = "oldest.txt"  # in the environment


class SetUpError(Exception):
    """The environment cannot be made: why, and what to do."""


class Stamp(NamedTuple):
    """What a finished environment was made with: the interpreter, a digest of it all, for whom."""

    python: str = ""
    inputs: str = ""
    dev: bool = False


def set_up(venv: Path, asked: str, *, dev: bool, oldest: bool = False) -> None:
    """Make `venv` ready: at once when it is, from nothing when what it was made with has changed.

    Parameters
    ----------
    venv : Path
        The folder of the environment.
    asked : str
        The interpreter to use; empty for the one it was made with, or the first suitable one.
    dev : bool
        Whether to install also what the tests and the linters need.
    oldest : bool
        Whether to install the oldest releases that the library's own requirements allow.

    Raises
    ------
    SetUpError
        If no interpreter suits, `venv` is something else, or a step fails.
    """
    stamp = read_stamp(venv)
    interpreter = choose(asked, stamp.python)
    inputs = fingerprint(interpreter, oldest=oldest)
    same = stamp.inputs == inputs
    if same and (stamp.dev or not dev):
        return
    place = venv.relative_to(CHECKOUT)
    print(f"Setting up {place} with {interpreter}, this once ...", flush=True)
    if not same:
        create(venv, interpreter)
    steps = installs(interpreter.version, dev=dev)
    if oldest:
        (venv / CONSTRAINTS).write_text(oldest_releases(), encoding="utf-8")
        steps[-1] += ["-c", str(venv / CONSTRAINTS)]
    for packages in steps:
        pip_install(venv, packages)
    write_stamp(venv, Stamp(interpreter.path, inputs, dev))


def choose(asked: str, before: str) -> Interpreter:
    """The interpreter `asked` for, else the one used `before`, else the first suitable one.

    Raises SetUpError when the one asked for does not suit, or when there is none.
    """
    if asked:
        return checked(asked)
    last = interpreters.inspect(before) if before else None
    if last and interpreters.refusal(last) is None:
        return last
    reasons = []
    for interpreter in interpreters.found():
        reason = interpreters.refusal(interpreter)
        if reason is None:
            return interpreter
        reasons.append(reason)
    raise SetUpError(
        "; ".join([*reasons, "no suitable Python was found"])
        + f": install one of {interpreters.RANGE}, or name it: make PYTHON=/path/to/python3"
    )


def checked(asked: str) -> Interpreter:
    """The interpreter that the command `asked` is; SetUpError when it does not suit."""
    interpreter = interpreters.inspect(os.path.expanduser(asked))  # noqa: PTH111 (may be a bare name)
    if interpreter is None:
        raise SetUpError(f"PYTHON={asked} is no Python that runs: name one of {interpreters.RANGE}")
    reason = interpreters.refusal(interpreter)
    if reason:
        raise SetUpError(f"{reason}: name another one, make PYTHON=/path/to/python3")
    return interpreter


def installs(version: Sequence[int], *, dev: bool) -> list[list[str]]:
    """The arguments of each `pip install`, in order, for a Python of `version`.

    ck is published as source only, and its build imports ck, which imports `imp`, gone since 3.12,
    and `cgi`, gone since 3.13. So the packages that bring these back come first, and the build is
    not isolated from them. setuptools and wheel are there on every version, so that pip itself
    writes the `ck` command: one that works in a path with a space.
    """
    build = ["setuptools", "wheel"]
    if tuple(version) >= (3, 12):
        build.append("zombie-imp")
    if tuple(version) >= (3, 13):
        build.append("legacy-cgi")
    packages = ["-r", REQUIREMENTS]
    if dev:
        packages += ["-r", DEV_REQUIREMENTS]
    return [build, ["--no-build-isolation", CK], packages]


def oldest_releases() -> str:
    """The lower bounds of the library's requirements as constraints, their markers included.

    Such as `rich==13.7`: what only the tests and the linters need is not among them.
    """
    names = [REQUIREMENTS, *OPTIONAL_REQUIREMENTS]
    files = [(CHECKOUT / name).read_text(encoding="utf-8") for name in names]
    return re.sub(r"(?m)^([\w.-]+)>=", r"\1==", "".join(files))


def fingerprint(interpreter: Interpreter, *, oldest: bool) -> str:
    """A digest of all that an environment depends on, the checkout's own place included."""
    digest = hashlib.sha256(os.fsencode(f"{CHECKOUT}\n{interpreter}\n{oldest}\n"))
    for name in INPUTS:
        digest.update((CHECKOUT / name).read_bytes())
    return digest.hexdigest()


def read_stamp(venv: Path) -> Stamp:
    """The stamp of `venv`; an empty one when it is absent, unfinished or damaged."""
    if not python_of(venv).exists():
        return Stamp()
    try:
        return Stamp(**json.loads((venv / STAMP).read_text(encoding="utf-8")))
    except (OSError, ValueError, TypeError):
        return Stamp()


def write_stamp(venv: Path, stamp: Stamp) -> None:
    """Say that `venv` is finished. Written last: an interrupted set-up has no stamp."""
    (venv / STAMP).write_text(json.dumps(stamp._asdict()), encoding="utf-8")


def create(venv: Path, interpreter: Interpreter) -> None:
    """Make an empty environment, in place of an older one; its stamp is the first thing to go."""
    if venv.exists() and not (venv / "pyvenv.cfg").exists():
        raise SetUpError(f"{venv} is no virtual environment: move it away or remove it")
    if (venv / STAMP).exists():
        (venv / STAMP).unlink()
    run([interpreter.path, "-m", "venv", "--clear", str(venv)], f"could not make {venv}")


def pip_install(venv: Path, packages: Sequence[str]) -> None:
    """Install into the environment, from wherever the machine's own pip configuration says."""
    pip = [str(python_of(venv)), "-m", "pip", "--quiet", "--disable-pip-version-check"]
    run([*pip, "install", *packages], f"pip could not install {' '.join(packages)}")


def python_of(venv: Path) -> Path:
    """The interpreter of an environment."""
    return venv / "bin" / "python"


def run(command: Sequence[str], failure: str) -> None:
    """Run `command` in the checkout; SetUpError, beginning with `failure`, when it fails."""
    if subprocess.run(command, cwd=CHECKOUT).returncode != 0:
        raise SetUpError(f"{failure} (it says why above); when that is mended, run make again")


def main(arguments: Sequence[str]) -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(description="Make a virtual environment of this checkout.")
    parser.add_argument("--venv", required=True, help="its folder, from the checkout")
    parser.add_argument("--python", default="", help="the interpreter to make it with")
    parser.add_argument("--dev", action="store_true", help="with what tests and linters need")
    parser.add_argument(
        "--oldest", action="store_true", help="with the oldest releases that the library allows"
    )
    options = parser.parse_args(arguments)
    try:
        set_up(CHECKOUT / options.venv, options.python, dev=options.dev, oldest=options.oldest)
    except SetUpError as error:
        print(f"set-up: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
