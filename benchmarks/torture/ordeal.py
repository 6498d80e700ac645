"""What all ordeals share: their registry, the time that they have, and what they count."""

from __future__ import annotations

import json
import random
import shutil
import subprocess
import tempfile
import time
from collections import Counter
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator

from ck_imagenet_practice import PracticeWeb
from terminal import WNID, Terminal

WRONG = ("lost", "twice", "stuck", "forged", "no sentence")
"""What must never be, in the order of the table.

Lost is a picture, or what was known of it; twice is one that is kept twice, or a settled link that
is asked again; stuck is a command that does not end; forged is what is here and is not so; no
sentence is whatever a command says that is none, such as a defect.
"""

_MOST_TOLD = 3


class Trial:
    """One run of an ordeal.

    Parameters
    ----------
    seed : int
        Decides all that chance does.
    seconds : float
        How long it may go on.

    Attributes
    ----------
    chance : Random
        Where all chance comes from.
    tried : int
        How many times something was done to the program.
    wrong : Counter of str
        How often what must never be.
    told : list of str
        The first of these, for who mends them.
    """

    def __init__(self, seed: int, seconds: float) -> None:
        self.chance = random.Random(seed)  # noqa: S311 - to be repeated
        self._end = time.monotonic() + seconds
        self.tried = 0
        self.wrong: Counter[str] = Counter()
        self.told: list[str] = []

    @property
    def goes_on(self) -> bool:
        """Whether there is time left."""
        return time.monotonic() < self._end

    def find(self, what: str, example: object, count: int = 1) -> None:
        """Count what must never be, if there is any."""
        if count:
            self.wrong[what] += count
            if len(self.told) < _MOST_TOLD:
                self.told.append(f"{what}: {example}")

    def hear(self, said: str, example: object) -> None:
        """Look at what a command has said: a sentence, or something else."""
        if any(word in said for word in ("a defect of", "Traceback", "Fatal Python error")):
            self.find("no sentence", f"{example}: {said[-600:]}")


Ordeal = Callable[[Trial], None]

ORDEALS: dict[str, tuple[str, Ordeal]] = {}
"""What each does, and the function that does it, by name."""


def ordeal(name: str, what: str) -> Callable[[Ordeal], Ordeal]:
    """Register an ordeal; `what` says for the table what it does how many times."""

    def registered(function: Ordeal) -> Ordeal:
        ORDEALS[name] = what, function
        return function

    return registered


@contextmanager
def world() -> Iterator[tuple[Terminal, PracticeWeb]]:
    """Give a terminal with a practice web of its own; nothing of either stays."""
    folder = Path(tempfile.mkdtemp(prefix="torture-"))
    try:
        with PracticeWeb() as web:
            yield Terminal(folder, web.environment()), web
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def ended(terminal: Terminal, trial: Trial, seconds: float, *arguments: str, **popen: Any) -> str:
    """Run `ck` to its end and return what it says; count it as stuck if it takes too long."""
    with terminal.start(*arguments, stderr=subprocess.STDOUT, **popen) as process:
        try:
            said, _ = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            said, _ = process.communicate()
            trial.find("stuck", [arguments, popen.get("env", {}).get("PYTHONPATH"), said[-300:]])
    trial.hear(said, arguments)
    return said


def judge(terminal: Terminal, trial: Trial, wanted: dict[str, bytes], example: object) -> None:
    """Count what is not as it must be of a synset that has just been downloaded to its end."""
    here = terminal.pictures()
    trial.find("lost", example, len(wanted.keys() - here.keys()))
    trial.find("forged", example, sum(here[name] != wanted.get(name, here[name]) for name in here))
    trial.find("twice", example, max(0, len(here) - len(wanted)))
    found = terminal.says("search", "dataset:*", f"--tags=imagenet,{WNID}").split()
    trial.find("lost", [example, "CK does not find all"], max(0, len(here) - len(found)))
    for name in here:
        told = terminal.repository() / "dataset" / name[len(WNID) + 1 :].partition(".")[0]
        source = json.loads((told / ".cm" / "meta.json").read_bytes())["imagenet"]["source"]
        trial.find("lost", [example, name, source], source == "found here")
    said = terminal.ck("check", "imagenet")
    trial.find("lost", [example, said.stdout], said.returncode)
