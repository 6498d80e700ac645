"""Damaged state files, in every reader of every one: a command says sentences only."""

from __future__ import annotations

from pathlib import Path

import pytest
import state_files
from ck_imagenet_practice import PracticeWeb
from terminal import Terminal


@pytest.fixture
def pristine(terminal: Terminal, web: PracticeWeb) -> Path:
    """Return a copy of a CK_REPOS in which there is something of all kinds, also an export."""
    return state_files.prepared(terminal, web)


@pytest.mark.parametrize("part", range(4))
def test_whatever_becomes_of_a_state_file_commands_say_sentences_only(
    terminal: Terminal, pristine: Path, part: int
) -> None:
    files = state_files.FILES[part::4]
    assert state_files.found(terminal, pristine, times=18, files=files, of=6) == []
