"""`--help` and `ck help imagenet`: the same words in both doors, as wide as the terminal is."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from typing import Sequence

import pytest
import write_docs
from ck_imagenet.cli.help import EXAMPLES
from ck_imagenet.core.actions import ACTIONS
from ck_imagenet.core.options import kinds, parse
from terminal import CHECKOUT, CK, Terminal

EACH_ACTION = pytest.mark.parametrize("action", ACTIONS)


def without_ck(*words: str) -> str:
    """Return what `python -m ck_imagenet` prints."""
    done = subprocess.run(
        [sys.executable, "-m", "ck_imagenet", *words],
        env={**os.environ, "PYTHONPATH": str(write_docs.MODULE)},
        capture_output=True,
        encoding="utf-8",
    )
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def in_words(text: str) -> str:
    return " ".join(text.split())


@EACH_ACTION
def test_help_begins_with_one_line_of_usage_and_two_examples(
    terminal: Terminal, action: str
) -> None:
    said = terminal.says(action, "imagenet", "--help").splitlines()
    assert said[0] == f"Usage: ck {action} imagenet [OPTIONS]"
    assert said[1:4] == [
        *(f"  ck {action} imagenet {options}".rstrip() for options in EXAMPLES[action]),
        "",
    ]


@EACH_ACTION
def test_an_example_is_one_that_the_action_takes(action: str) -> None:
    for options in EXAMPLES[action]:
        given = dict(re.findall(r"--([a-z-]+)=?(\S*)", options))
        parse(ACTIONS[action], {name: value or "yes" for name, value in given.items()}, {})


@EACH_ACTION
def test_help_names_every_option_and_its_default(terminal: Terminal, action: str) -> None:
    said = terminal.says(action, "imagenet", "--help")
    for name, (kind, default) in kinds(ACTIONS[action]).items():
        assert re.search(rf"^  --{name}{f'={kind.value}' if kind.value else ''}(  |$)", said, re.M)
        shown = f" [{default}]" if default else ""
        assert kind.help + shown in in_words(said)


@pytest.mark.parametrize("columns", [40, 80, 140])
@pytest.mark.parametrize("words", [("download", "imagenet", "--help"), ("help", "imagenet")])
def test_help_is_as_wide_as_the_terminal(
    terminal: Terminal, words: Sequence[str], columns: int
) -> None:
    shown = terminal.shows(*words, columns=columns)
    widths = [len(line) for line in shown.splitlines() if "://" not in line]
    assert max(widths) <= columns
    assert max(widths) > columns - 20


@EACH_ACTION
def test_help_is_the_same_without_ck(terminal: Terminal, action: str) -> None:
    here = terminal.says(action, "imagenet", "--help")
    doors = rf"\bck-imagenet ({'|'.join(ACTIONS)})\b"
    there = re.sub(doors, r"ck \1 imagenet", without_ck(action, "-h"))
    assert in_words(there).replace(" [imagenet]", "") == in_words(here)


def test_help_of_the_module_says_what_it_is_and_the_first_command_to_type(
    terminal: Terminal,
) -> None:
    said = terminal.says("help", "imagenet")
    first, second = re.findall(r"^  ck (\w+) imagenet (\S+)$", said, re.M)
    assert "downloads the pictures of ImageNet" in said
    assert "To begin, type the second example" in in_words(said)
    assert "n02110341\tdalmatian" not in terminal.says(first[0], "imagenet", first[1])
    assert " 18 saved now\n" in terminal.says(second[0], "imagenet", second[1])


def test_help_of_the_module_names_every_action_in_both_doors(terminal: Terminal) -> None:
    for said in (terminal.says("help", "imagenet"), without_ck()):
        for action, options in ACTIONS.items():
            assert f" {action} {(options.__doc__ or '').rstrip('.')}" in in_words(said)


def test_a_command_that_is_too_long_for_the_terminal_can_still_be_pasted(
    terminal: Terminal,
) -> None:
    shown = terminal.shows("download", "imagenet", "--help", columns=40)
    pasted = shown.partition("\n")[2].partition("\n\n")[0]
    done = subprocess.run(
        ["sh", "-c", f'ck() {{ echo "$*"; }}\n{pasted}'], capture_output=True, encoding="utf-8"
    )
    assert done.stdout.splitlines() == [
        f"download imagenet {options}" for options in EXAMPLES["download"]
    ]


def test_programs_get_of_ck_what_they_always_did(terminal: Terminal) -> None:
    """Also people who ask for the interface of the function."""
    asked = {"action": "status", "module_uoa": "imagenet", "help": "yes"}
    assert "Input:  {" in terminal.access(asked)["api"]
    known = json.loads(terminal.says("status", "imagenet", "--help", "--out=json"))
    assert "Output: {" in known["api"]
    assert "Output: {" in terminal.says("get_api", "imagenet", "--func=status")


def test_help_of_other_modules_is_left_alone(terminal: Terminal) -> None:
    asked = {"action": "add", "module_uoa": "repo", "help": "yes", "out": "con"}
    code = (
        "import ck.kernel as ck\n"
        "ck.access({'action': 'list', 'module_uoa': 'imagenet', 'search': 'tench'})\n"
        f"ck.access({asked!r})"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        env=terminal.environment,
        cwd=CHECKOUT,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.stdout.startswith("Description: ")
    assert "API:" in done.stdout


@pytest.mark.parametrize("words", [("download", "imagenet", "--help"), ("help", "imagenet")])
def test_help_that_nobody_reads_ends_quietly(terminal: Terminal, words: Sequence[str]) -> None:
    nobody, pipe = os.pipe()
    os.close(nobody)
    done = subprocess.run(
        [*CK, *words],
        env=terminal.environment,
        stdout=pipe,
        stderr=subprocess.PIPE,
        encoding="utf-8",
    )
    os.close(pipe)
    assert (done.returncode, done.stderr) == (0, "")
