"""README is true: its commands are run, its tables are those of the code."""

from __future__ import annotations

import io
import os
import re
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Iterator

import pytest
import write_docs
from ck_imagenet.core.actions import ACTIONS, DemoOptions
from ck_imagenet_practice import PracticeWeb
from terminal import CHECKOUT, WNID, Terminal

README = (CHECKOUT / "README.md").read_text("utf-8")
PORT = str(DemoOptions().port)


def shell(terminal: Terminal, command: str) -> subprocess.CompletedProcess[str]:
    """Run a command line as a user's shell would."""
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    return subprocess.run(
        ["sh", "-c", command],
        env={**terminal.environment, "PATH": path},
        cwd=terminal.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    )


def steps() -> Iterator[tuple[str, str]]:
    """Yield every command that README shows with its output."""
    for block in re.findall(r"```console\n(.*?)```", README, re.S):
        for step in re.split(r"^\$ ", block, flags=re.M)[1:]:
            command, _, output = step.partition("\n")
            yield command, output


def test_the_first_ten_minutes_go_as_readme_shows_them(
    terminal: Terminal, web: PracticeWeb
) -> None:
    """`…` in what README shows stands for anything."""
    port = web.service.rpartition(":")[2]
    for name in web.environment():
        del terminal.environment[name]
    for command, output in steps():
        exported = re.fullmatch(r"export (\w+)=(.*)", command.replace(PORT, port))
        if exported:
            terminal.environment[exported.group(1)] = exported.group(2)
            continue
        said = shell(terminal, command).stdout
        pattern = re.escape(output.replace(PORT, port)).replace("…", ".*")
        assert re.fullmatch(pattern, said, re.S), f"$ {command}\n{said}"


def old_lines() -> Iterator[tuple[str, str]]:
    """Yield the rows of the table of the succeeded scripts' commands."""
    table = README.partition("| then | now |\n|---|---|\n")[2].partition("\n\n")[0]
    for row in table.splitlines():
        then, now = row.strip("| ").split(" | ")
        yield then, now


def test_every_command_of_the_old_scripts_has_its_counterpart(
    terminal: Terminal, web: PracticeWeb
) -> None:
    links = [web.link(WNID, number, "good") for number in (1, 9981)]
    web.set_links(WNID, links)
    listed = "".join(f"{link.name}\t{link.url}\n" for link in links).encode()
    with tarfile.open(terminal.folder / "imagenet_fall11_urls.tgz", "w:gz") as archive:
        member = tarfile.TarInfo("fall11_urls.txt")
        member.size = len(listed)
        archive.addfile(member, io.BytesIO(listed))
    (terminal.folder / "unknown").write_text(links[0].url)
    terminal.says("download", "imagenet", "--urls=unknown")
    port = web.service.rpartition(":")[2]
    commands = [now for _, now in old_lines() if now.startswith("`")]
    assert len(commands) == 13
    for command in commands:
        done = shell(terminal, command.strip("`").replace(PORT, port))
        assert done.returncode == 0, f"{command}\n{done.stdout}"
        assert done.stdout or "rm" in command or "--downloaded-only" in command, command
    assert len(terminal.pictures()) == 2
    assert len(list((terminal.folder / "dataset-imagenet" / WNID).glob("*.jpg"))) == 2
    assert not terminal.repository("unknown").exists()


def test_the_tables_are_those_of_the_code() -> None:
    """If not, run: python tools/write_docs.py."""
    assert write_docs.readme(README) == README
    module = (write_docs.MODULE / "module.py").read_text("utf-8")
    assert write_docs.module(module) == module
    for action, call in write_docs.FRONT_DOOR.items():
        command = (write_docs.COMMANDS / f"{call.file}.py").read_text("utf-8")
        assert write_docs.function(action, command) == command
    assert write_docs.known_hosts() == write_docs.KNOWN_HOSTS.read_text("utf-8")


@pytest.mark.parametrize("action", ACTIONS)
def test_help_and_the_list_of_actions_say_the_same_of_an_action(action: str) -> None:
    said = (
        f"# {write_docs.META['actions'][action]['desc']}\n\n\ndef {write_docs.FUNCTIONS[action]}("
    )
    assert said in (write_docs.MODULE / "module.py").read_text("utf-8")


@pytest.mark.parametrize("action", ACTIONS)
def test_every_action_has_its_part(action: str) -> None:
    assert f"### `ck {action} imagenet`\n" in README


def python_prints(example: str, terminal: Terminal) -> str:
    """Return what an example prints, where the library is installed."""
    done = subprocess.run(
        [sys.executable, "-c", example],
        env={**terminal.environment, "PYTHONPATH": str(write_docs.MODULE)},
        cwd=terminal.folder,
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    return done.stdout


def test_the_python_examples_run(terminal: Terminal, web: PracticeWeb) -> None:
    web.set_links(WNID, [web.link(WNID, 1, "good"), web.link(WNID, 2, "gone")])
    with_ck, without_ck = re.findall(r"```python\n(.*?)```", README, re.S)
    assert python_prints(with_ck, terminal) == (
        "1 pictures here; what failed: {'gone': 1}\n"
        f"1 is in {terminal.repository()}/dataset/1\n"
        f"1 pictures in {terminal.folder}/tench\n"
    )
    (terminal.folder / "tench").rename(terminal.folder / "with CK")
    assert python_prints(without_ck, terminal) == (
        "1 picture of 1 synset in pictures, 1 saved now\n"
        f"1 picture of 1 synset is in {terminal.folder}/tench\n"
    )
