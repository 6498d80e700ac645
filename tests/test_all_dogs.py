"""README's four commands end in a folder to train on, typed into a shell on a terminal.

That they do so in pipes is held where all examples are run, by `test_docs_examples.py`.
"""

from __future__ import annotations

import csv
import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Iterator

import pytest
from ck_imagenet_practice import PracticeWeb
from ck_imagenet_practice.further import DOGS, UNLISTED
from PIL import Image
from terminal import CHECKOUT, Terminal
from test_layouts import image_folder

_PROMPT = b"what next? "


class Bash:
    """A shell on a terminal, which somebody types into."""

    def __init__(self, terminal: Terminal) -> None:
        ours, theirs = pty.openpty()
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        self._process = subprocess.Popen(
            ["bash", "--norc", "--noprofile", "-i"],
            env={**terminal.environment, "PATH": path, "PS1": _PROMPT.decode(), "TERM": "dumb"},
            cwd=terminal.folder,
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            start_new_session=True,
        )
        os.close(theirs)
        self._screen = ours
        self._until_prompt()

    def type(self, line: str) -> str:
        """Return what is shown until the shell asks what is next."""
        os.write(self._screen, line.encode() + b"\n")
        return self._until_prompt()

    def close(self) -> None:
        """Leave the shell."""
        os.write(self._screen, b"exit\n")
        self._process.wait()
        os.close(self._screen)

    def _until_prompt(self) -> str:
        shown = b""
        while not shown.endswith(_PROMPT):
            shown += os.read(self._screen, 65536)
        return shown.decode().replace("\r\n", "\n")


@pytest.fixture
def bash(terminal: Terminal, web: PracticeWeb) -> Iterator[Bash]:
    """A shell whose internet has all dogs but those that have none in the demo, which has more."""
    for dog in DOGS:
        kinds = {} if dog in UNLISTED else {1: "good", 2: "good", 3: "gone"}
        web.set_links(dog, [web.link(dog, number, kind) for number, kind in kinds.items()])
    terminal.environment.update(web.environment())
    shell = Bash(terminal)
    yield shell
    shell.close()


def four_commands() -> list[str]:
    """Return what README's section has typed: some with what they show, some without."""
    text = (CHECKOUT / "README.md").read_text("utf-8")
    section = text.partition("\n## All dogs in four commands\n")[2].partition("\n## ")[0]
    shown = re.findall(r"```console\n\$ (.*)\n", section)
    return [*shown, *"".join(re.findall(r"```sh\n(.*?)```", section, re.S)).splitlines()]


@pytest.mark.skipif(not shutil.which("bash"), reason="bash is what most people type into")
def test_readme_s_four_commands_end_in_a_folder_to_train_on(bash: Bash, terminal: Terminal) -> None:
    find, *others = four_commands()
    assert len(others) == 3
    assert "  ck download imagenet --under=n02084071\n" in bash.type(find)
    for line in others:
        shown = bash.type(line)
        assert bash.type("echo code $?").splitlines()[1] == "code 0", shown
    for part in ("train", "val"):
        found = image_folder(terminal.folder / "dogs" / part)
        assert set(found) == set(DOGS).difference(UNLISTED), part
        names = {name for samples in found.values() for name, _ in samples}
        with (terminal.folder / "dogs" / part / "metadata.csv").open(newline="") as table:
            assert names == {row["name"] for row in csv.DictReader(table)}
    for path in (terminal.folder / "dogs").glob("*/*/*.jpg"):
        with Image.open(path) as picture:
            assert picture.size == (256, 256)
