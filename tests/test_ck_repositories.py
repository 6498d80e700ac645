"""The registrations of repositories in CK."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from kernel import run
from terminal import WNID, Terminal

REPOSITORY = f"imagenet-{WNID}"

CREATE = """
repositories = Repositories(ck)
result = [str(repositories.create(name)) for name in given["names"]]
"""

CREATE_UNDER_KILLS = """
def work():
    repositories = Repositories(ck)
    for name in given["names"]:
        repositories.create(name)


random.seed(1)
kill_again_and_again(given["kills"], 0.03, work)
"""

CREATE_AT_ONCE = """
def work(names):
    return lambda: [Repositories(ck).create(name) for name in names]


result = at_once(*map(work, given["lists"]))
"""


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal that needs no web, in folders whose names are hard for programs."""
    folder = tmp_path / "Zoë's pictures №5"
    folder.mkdir()
    return Terminal(folder, {})


def repositories(terminal: Terminal) -> list[str]:
    """Return the repositories that CK lists."""
    names = terminal.says("list", "repo:imagenet-*", "--time_out=-1").split()
    return sorted(name.rpartition(":")[2] for name in names)


def cache(terminal: Terminal) -> dict[str, Any]:
    """Return what CK's cache has of each repository of ours, by name."""
    local = terminal.repos / "local"
    uids = json.loads((local / ".ck.cache_repo_uoa.json").read_text("utf-8"))
    infos = json.loads((local / ".ck.cache_repo_info.json").read_text("utf-8"))
    return {name: infos[uid] for name, uid in uids.items() if name.startswith("imagenet-")}


def assert_ck_knows(terminal: Terminal, names: list[str]) -> None:
    """CK finds each repository, and puts entries into it, before and after it caches anew."""
    known = cache(terminal)
    assert sorted(known) == repositories(terminal) == sorted(names)
    for name in names:
        assert known[name]["dict"]["path"] == str(terminal.repos / name)
    terminal.says("recache", "repo")
    assert cache(terminal) == known
    assert list(terminal.repos.rglob(".new-*")) == []


def test_a_repository_is_made_as_ck_makes_one(terminal: Terminal) -> None:
    terminal.says("add", "repo:imagenet-theirs", "--quiet")
    made = run(terminal, CREATE, names=["imagenet-ours"])
    assert made == [str(terminal.repos / "imagenet-ours")]
    ours, theirs = (
        json.loads(json.dumps(each).replace("ours", "…").replace("theirs", "…"))
        for each in (cache(terminal)["imagenet-ours"], cache(terminal)["imagenet-theirs"])
    )
    assert {**ours, "data_uid": ""} == {**theirs, "data_uid": ""}
    described = [
        json.loads((terminal.repos / name / ".ckr.json").read_text())
        for name in ("imagenet-ours", "imagenet-theirs")
    ]
    assert described[0].keys() == described[1].keys()
    assert_ck_knows(terminal, ["imagenet-ours", "imagenet-theirs"])


def test_ck_puts_entries_into_it_and_removes_it(terminal: Terminal) -> None:
    run(terminal, CREATE, names=[REPOSITORY])
    terminal.says("add", f"{REPOSITORY}:dataset:1", "--tags=mine")
    assert terminal.says("search", "dataset:*", "--tags=mine").split() == [
        f"{REPOSITORY}:dataset:1"
    ]
    terminal.says("rm", f"repo:{REPOSITORY}", "--force", "--all")
    assert repositories(terminal) == []
    assert not terminal.repository().exists()


def test_a_repository_that_is_there_stays_as_it_is(terminal: Terminal) -> None:
    run(terminal, CREATE, names=[REPOSITORY])
    before = cache(terminal), (terminal.repository() / ".ckr.json").read_text()
    assert run(terminal, CREATE, names=[REPOSITORY]) == [str(terminal.repository())]
    assert (cache(terminal), (terminal.repository() / ".ckr.json").read_text()) == before


def test_a_repository_that_lives_elsewhere_is_found_there(terminal: Terminal) -> None:
    elsewhere = terminal.folder / "elsewhere"
    terminal.says("add", f"repo:{REPOSITORY}", f"--path={elsewhere}", "--quiet")
    assert run(terminal, CREATE, names=[REPOSITORY]) == [str(elsewhere)]


def test_a_repository_that_was_unregistered_keeps_its_uid(terminal: Terminal) -> None:
    run(terminal, CREATE, names=[REPOSITORY])
    uid = cache(terminal)[REPOSITORY]["data_uid"]
    terminal.says("rm", f"repo:{REPOSITORY}", "--force")
    assert repositories(terminal) == []
    run(terminal, CREATE, names=[REPOSITORY])
    assert cache(terminal)[REPOSITORY]["data_uid"] == uid
    assert_ck_knows(terminal, [REPOSITORY])


def test_kills_at_any_moment_lose_no_repository(terminal: Terminal) -> None:
    names = [f"imagenet-n{number:08}" for number in range(40)]
    run(terminal, CREATE_UNDER_KILLS, names=names, kills=40)
    assert_ck_knows(terminal, names)


def test_processes_that_make_repositories_at_once_lose_none(terminal: Terminal) -> None:
    names = [f"imagenet-n{number:08}" for number in range(30)]
    lists = [names[:20], names[10:], names[::-1], names[5:25]]
    assert run(terminal, CREATE_AT_ONCE, lists=lists) == [0, 0, 0, 0]
    assert_ck_knows(terminal, names)


def test_a_folder_that_cannot_be_made_is_named(terminal: Terminal) -> None:
    terminal.repository().touch()
    said = run(
        terminal,
        """
try:
    Repositories(ck).create(given["name"])
except ImagenetError as error:
    result = str(error)
""",
        name=REPOSITORY,
    )
    assert said == (
        f'the CK repository "{REPOSITORY}" cannot be made: File exists '
        f'("{terminal.repository()}"); CK_REPOS must be a folder that can be written'
    )
    assert repositories(terminal) == []


def test_repositories_are_found_by_what_their_names_begin_with(terminal: Terminal) -> None:
    run(terminal, CREATE, names=["imagenet-a", "imagenet-b", "other"])
    found = run(terminal, 'result = sorted(Repositories(ck).names("imagenet-"))')
    assert found == ["imagenet-a", "imagenet-b"]
