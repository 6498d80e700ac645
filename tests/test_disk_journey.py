"""A user's disk is full or forbidden, or files are not as a run left them."""

from __future__ import annotations

import ctypes
import os
import re
import resource
from pathlib import Path
from typing import Callable

import pytest
from ck_imagenet.storage.journal import Journal
from ck_imagenet_practice import PracticeWeb
from terminal import WNID, Terminal

COMMAND = ("download", "imagenet", f"--wnid={WNID}")
PICTURES = 12


@pytest.fixture(autouse=True)
def listed(web: PracticeWeb) -> None:
    """A synset with pictures and a link that is gone."""
    good = [web.link(WNID, n, "good", n % len(web.hosts)) for n in range(PICTURES)]
    web.set_links(WNID, [*good, web.link(WNID, 99, "gone")])


def journal(terminal: Terminal) -> Path:
    return terminal.repository() / "imagenet" / WNID / "journal" / "0.jsonl"


def known(terminal: Terminal) -> set[str]:
    """Return the names of the pictures of which the journal says that they are saved."""
    return {str(record.name) for record in Journal(journal(terminal).parent).saved().values()}


def no_file_above(size: int) -> Callable[[], None]:
    """Return what lets a process write no file above a size: a disk that ends there."""
    return lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (size, size))


def obey_permissions() -> None:
    """Let root write only where others may: without the capability that lets it write anywhere."""
    if os.geteuid() == 0:
        drop_from_bounding_set, write_anywhere = 24, 1
        assert ctypes.CDLL(None).prctl(drop_from_bounding_set, write_anywhere, 0, 0, 0) == 0


def finishes(terminal: Terminal) -> None:
    """See that a run without hindrance brings what is missing, and all is told as it is."""
    done = terminal.json(*COMMAND)["synsets"][0]
    assert (done["here"], done["failed"]) == (PICTURES, {"gone": 1})
    assert len(terminal.pictures()) == PICTURES
    assert known(terminal) == {f"{WNID}_{n}" for n in range(PICTURES)}


@pytest.mark.parametrize("processes", [1, 2])
def test_a_disk_that_takes_no_picture_ends_the_run_with_a_sentence(
    terminal: Terminal, processes: int
) -> None:
    terminal.json(*COMMAND, "--max-images=3")
    before = terminal.tree()
    # A summary is what a run leaves that has come to its end.
    before.remove(f"imagenet/{WNID}/summary.json")
    command = (*COMMAND, f"--processes={processes}")
    said = terminal.refuses(*command, preexec_fn=no_file_above(40_000))
    assert said.endswith('.jpg" cannot be used: File too large')
    assert terminal.tree() == before
    finishes(terminal)


def test_a_disk_that_takes_no_more_of_the_journal_ends_the_run_with_a_sentence(
    terminal: Terminal,
) -> None:
    terminal.json(*COMMAND, "--max-images=3")
    with journal(terminal).open("ab") as opened:
        opened.write(b"#" * 200_000 + b"\n")
    limit = no_file_above(journal(terminal).stat().st_size + 500)
    said = terminal.refuses(*COMMAND, preexec_fn=limit)
    assert said == f'"{journal(terminal)}" cannot be used: File too large'
    finishes(terminal)


def test_too_many_open_files_end_the_run_with_a_sentence(terminal: Terminal) -> None:
    said = terminal.refuses(
        *COMMAND, preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (10, 10))
    )
    assert said == (
        "this process cannot open more files at once. Use fewer --jobs, or raise the limit that "
        "`ulimit -n` shows"
    )
    finishes(terminal)


@pytest.mark.parametrize("folder", ["dataset/.cm", f"imagenet/{WNID}", f"imagenet/{WNID}/journal"])
def test_a_folder_that_is_read_only_ends_the_run_with_a_sentence(
    terminal: Terminal, folder: str
) -> None:
    terminal.json(*COMMAND, "--max-images=3")
    forbidden = terminal.repository() / folder
    (forbidden / "0.jsonl").unlink(missing_ok=True)
    forbidden.chmod(0o555)
    said = terminal.refuses(*COMMAND, preexec_fn=obey_permissions)
    assert "Permission denied" in said
    assert str(forbidden) in said or str(terminal.repository()) in said
    forbidden.chmod(0o755)
    finishes(terminal)


def test_pages_of_a_folder_that_is_read_only_are_written_elsewhere(terminal: Terminal) -> None:
    terminal.json(*COMMAND, "--max-images=3", "--outdir=out")
    state = terminal.folder / "out" / WNID / ".ck-imagenet"
    state.chmod(0o555)
    browse = ("browse", "imagenet", f"--wnid={WNID}", "--outdir=out")
    said = terminal.refuses(*browse, preexec_fn=obey_permissions)
    hint = "Add --save=FILE to write the page elsewhere"
    assert said == f'"out/{WNID}/{state.name}" cannot be used: Permission denied. {hint}'
    terminal.says(*browse, "--save=page.html", preexec_fn=obey_permissions)
    assert len(re.findall("^UklG", (terminal.folder / "page.html").read_text(), re.M)) == 2
    state.chmod(0o755)


@pytest.mark.parametrize("garbage", [b"\x00\xff\xfe{]\n", b'{"name": 3}\n', b"[]\n", b"\n"])
def test_a_line_of_garbage_costs_nothing_but_itself(
    terminal: Terminal, web: PracticeWeb, garbage: bytes
) -> None:
    terminal.json(*COMMAND)
    lines = journal(terminal).read_bytes().splitlines(keepends=True)
    journal(terminal).write_bytes(b"".join([*lines[:3], garbage, *lines[3:]]))
    web.requests.clear()
    finishes(terminal)
    assert not any(path.endswith(".jpg") for _, path in web.requests.counts())


def test_a_line_that_is_torn_is_asked_for_again(terminal: Terminal) -> None:
    terminal.json(*COMMAND)
    data = journal(terminal).read_bytes()
    journal(terminal).write_bytes(data[:-20])
    finishes(terminal)


def test_a_journal_that_was_deleted_is_written_anew_from_the_entries(
    terminal: Terminal, web: PracticeWeb
) -> None:
    terminal.json(*COMMAND)
    before, saved = terminal.pictures(), Journal(journal(terminal).parent).saved()
    journal(terminal).unlink()
    web.requests.clear()
    finishes(terminal)
    assert terminal.pictures() == before
    assert Journal(journal(terminal).parent).saved() == saved
    asked = [path for _, path in web.requests.counts() if path.endswith(".jpg")]
    assert len(asked) == 1  # that which gave no picture


def test_entries_that_were_deleted_come_back(terminal: Terminal) -> None:
    terminal.json(*COMMAND)
    for number in (3, 4):
        terminal.says("rm", f"imagenet-{WNID}:dataset:{number}", "--force")
    finishes(terminal)


def test_an_entry_without_its_file_goes_when_its_url_has_gone_too(
    terminal: Terminal, web: PracticeWeb
) -> None:
    terminal.json(*COMMAND)
    (terminal.repository() / "dataset" / "5" / f"{WNID}_5.jpg").unlink()
    web.remove(web.links(WNID)[5])
    done = terminal.json(*COMMAND)["synsets"][0]
    assert (done["here"], done["failed"]) == (PICTURES - 1, {"gone": 2})
    found = terminal.says("search", "dataset:*", f"--tags=imagenet,{WNID}").split()
    assert len(found) == PICTURES - 1


@pytest.mark.parametrize("removed", ["entry", "file"])
def test_a_duplicate_is_asked_for_when_the_picture_that_was_kept_has_gone(
    terminal: Terminal, web: PracticeWeb, removed: str
) -> None:
    kept = web.link(WNID, 5, "good", 0)
    mirrors = [kept, web.link(WNID, 5, "good", 1)._replace(name=f"{WNID}_6")]
    web.set_links(WNID, mirrors)
    done = terminal.json(*COMMAND)["synsets"][0]
    assert (done["here"], done["failed"]) == (1, {"duplicate": 1})
    number = next(iter(terminal.pictures()))[len(WNID) + 1 : -len(".jpg")]
    entry = terminal.repository() / "dataset" / number
    if removed == "entry":
        terminal.says("rm", f"imagenet-{WNID}:dataset:{number}", "--force")
    else:
        (entry / f"{WNID}_{number}.jpg").unlink()
    first = next(link for link in mirrors if link.name.endswith(f"_{number}"))
    web.remove(first)
    done = terminal.json(*COMMAND)["synsets"][0]
    assert (done["here"], done["failed"]) == (1, {"gone": 1})
    assert list(terminal.pictures()) == [f"{WNID}_{11 - int(number)}.jpg"]


def test_a_picture_whose_file_was_deleted_comes_back_into_its_entry(terminal: Terminal) -> None:
    terminal.json(*COMMAND)
    entry = terminal.repository() / "dataset" / "5"
    uid = terminal.json("load", f"imagenet-{WNID}:dataset:5")["data_uid"]
    (entry / f"{WNID}_5.jpg").unlink()
    finishes(terminal)
    assert terminal.json("load", f"imagenet-{WNID}:dataset:5")["data_uid"] == uid
