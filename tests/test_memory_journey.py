"""A user's machine gives a process little memory: it makes do with fewer threads, or says so."""

from __future__ import annotations

import resource
from typing import Callable

import pytest
from ck_imagenet_practice import PracticeWeb
from terminal import WNID, Terminal

COMMAND = ("download", "imagenet", f"--wnid={WNID}", "--jobs=64")
PICTURES = 40


@pytest.fixture(autouse=True)
def listed(terminal: Terminal, web: PracticeWeb) -> None:
    """A synset with pictures that are worth many threads."""
    # Older releases of Pillow import numpy if it is there, whose threads end the process.
    terminal.environment["OPENBLAS_NUM_THREADS"] = "1"
    web.set_links(WNID, [web.link(WNID, n, "slow", n % 8) for n in range(PICTURES)])


def memory(megabytes: int) -> Callable[[], None]:
    """Return what `ulimit -v` does."""
    return lambda: resource.setrlimit(resource.RLIMIT_AS, (megabytes * 10**6,) * 2)


@pytest.mark.parametrize("processes", [1, 2])
def test_with_memory_for_few_threads_few_do_all_of_it(terminal: Terminal, processes: int) -> None:
    command = (*COMMAND, f"--processes={processes}")
    said = terminal.says(*command, preexec_fn=memory(400))
    assert f"{PICTURES} pictures here, {PICTURES} links known" in said
    for other in (
        ("check", "imagenet", "--decode"),
        ("browse", "imagenet", f"--wnid={WNID}", "--save=page.html"),
        ("export", "imagenet", "--to=exported", "--resize=64"),
    ):
        terminal.says(*other, preexec_fn=memory(400))


@pytest.mark.parametrize("megabytes", [50, 60, 90, 130])
def test_with_less_it_says_so_or_goes_on_and_nothing_is_lost(
    terminal: Terminal, megabytes: int
) -> None:
    done = terminal.ck(*COMMAND, "--max-images=3", preexec_fn=memory(megabytes))
    assert done.returncode == 0 or done.stdout == (
        "CK error: [imagenet] there is too little memory for this command. Nothing saved is lost. "
        "Raise the limits that `ulimit -v` and `ulimit -u` show, then type the same command!\n"
    )
    assert done.stderr == ""
    terminal.says(*COMMAND)
    assert len(terminal.pictures()) == PICTURES
    assert terminal.says("check", "imagenet") == ""
