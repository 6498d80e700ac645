"""The registrations of repositories in CK."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from filelock import FileLock
from kernel import run
from terminal import CHECKOUT, WNID, Terminal

REPOSITORY = f"imagenet-{WNID}"

CREATE = """
repositories = Repositories(Kernel(ck))
result = [str(repositories.create(name).folder) for name in given["names"]]
"""

CREATE_UNDER_KILLS = """
def work():
    repositories = Repositories(Kernel(ck))
    for name in given["names"]:
        repositories.create(name)


random.seed(1)
kill_again_and_again(given["kills"], 0.03, work)
"""

# In small batches, so that there are many moments between two of them.
CREATE_ALL = """
from ck_imagenet.storage import ck_repositories

ck_repositories.BATCH = given["batch"]


def work(names):
    return lambda: Repositories(Kernel(ck)).create_all(names)


random.seed(3)
if "kills" in given:
    kill_again_and_again(given["kills"], 0.2, work(given["lists"][0]))
else:
    result = at_once(*map(work, given["lists"]))
"""

# What CK itself sees, again and again, while others write: the names that lead nowhere, and how
# many there are.
WATCH = """
nowhere, counts = [], []
while given["wanted"] not in counts:
    assert ck.reload_repo_cache({"force": "yes"})["return"] == 0
    names = [name for name in ck.cache_repo_uoa if name.startswith("imagenet-")]
    nowhere += [name for name in names if ck.find_path_to_repo({"repo_uoa": name})["return"]]
    counts.append(len(names))
result = nowhere, sorted(set(counts))
"""

CREATE_AT_ONCE = """
def work(names):
    return lambda: [Repositories(Kernel(ck)).create(name) for name in names]


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
    known = known_repositories(terminal)
    return {name: info for name, info in known.items() if name.startswith("imagenet-")}


def known_repositories(terminal: Terminal) -> dict[str, Any]:
    """Return what CK's cache has of each repository, ours or not, by name."""
    local = terminal.repos / "local"
    uids = json.loads((local / ".ck.cache_repo_uoa.json").read_text("utf-8"))
    infos = json.loads((local / ".ck.cache_repo_info.json").read_text("utf-8"))
    return {name: infos[uid] for name, uid in uids.items() if uid in infos}


def names_of(number: int) -> list[str]:
    return [f"imagenet-n{which:08}" for which in range(number)]


def forget(terminal: Terminal, names: list[str]) -> None:
    """Leave CK's cache as a process leaves it that is killed before it writes it."""
    uids = {info["data_uid"] for name, info in cache(terminal).items() if name in names}
    for key in ("uoa", "info"):
        path = terminal.repos / "local" / f".ck.cache_repo_{key}.json"
        known = json.loads(path.read_text("utf-8"))
        kept = {name: known[name] for name in known if name not in {*names, *uids}}
        path.write_text(json.dumps(kept))


def assert_ck_knows(terminal: Terminal, names: list[str]) -> None:
    """CK finds each repository, and puts entries into it, before and after it caches anew."""
    known = cache(terminal)
    assert sorted(known) == repositories(terminal) == sorted(names)
    for name in names:
        assert known[name]["dict"]["path"] == str(terminal.repos / name)
    terminal.says("recache", "repo")
    assert cache(terminal) == known
    assert list(terminal.repos.rglob(".new-*")) == []


def assert_registered(terminal: Terminal) -> None:
    """What CK knows after a command of ours is what it finds registered when it caches anew."""
    terminal.says("status", "imagenet")
    before = cache(terminal)
    terminal.says("recache", "repo")
    assert cache(terminal) == before


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


def test_many_are_made_in_batches_as_one_is_made(terminal: Terminal) -> None:
    names = names_of(25)
    run(terminal, CREATE, names=names[:1])
    run(terminal, CREATE_ALL, lists=[names], batch=10)
    assert_ck_knows(terminal, names)
    kinds = {tuple(sorted(info)) for info in cache(terminal).values()}
    files = {tuple(path.name for path in (terminal.repos / name).iterdir()) for name in names}
    assert (len(kinds), files) == (1, {(".ckr.json",)})


def test_kills_in_the_middle_of_batches_lose_none(terminal: Terminal) -> None:
    names = names_of(150)
    run(terminal, CREATE_ALL, lists=[names], batch=40, kills=25)
    assert_ck_knows(terminal, names)


def test_processes_that_make_batches_at_once_lose_none(terminal: Terminal) -> None:
    names = names_of(90)
    lists = [names[:60], names[30:], names[::-1]]
    assert run(terminal, CREATE_ALL, lists=lists, batch=20) == [0, 0, 0]
    assert_ck_knows(terminal, names)


def test_ck_sees_whole_batches_at_every_moment(terminal: Terminal) -> None:
    names = names_of(200)
    with ThreadPoolExecutor() as pool:
        watched = pool.submit(run, terminal, WATCH, wanted=len(names))
        run(terminal, CREATE_ALL, lists=[names], batch=20)
        nowhere, counts = watched.result()
    assert nowhere == []
    assert set(counts) <= set(range(0, 201, 20))
    assert counts[-1] == 200


def test_what_a_kill_kept_from_the_cache_is_there_for_ck_after_the_next_command(
    terminal: Terminal,
) -> None:
    run(terminal, CREATE, names=names_of(3))
    before = cache(terminal)
    forget(terminal, names_of(2))
    assert list(cache(terminal)) == names_of(3)[2:]
    terminal.says("status", "imagenet")
    assert cache(terminal) == before
    assert_ck_knows(terminal, names_of(3))


def test_where_another_process_is_at_work_nobody_waits_to_mend_nor_overlooks_anything(
    terminal: Terminal,
) -> None:
    run(terminal, CREATE, names=names_of(2))
    forget(terminal, names_of(1))
    with FileLock(terminal.repos / "local" / ".ck-imagenet.lock"):
        terminal.says("status", "imagenet")
        found = run(terminal, 'result = sorted(Repositories(Kernel(ck)).names("imagenet-"))')
    assert found == names_of(2)
    assert list(cache(terminal)) == names_of(2)[1:]


def test_entries_that_ck_does_not_know_any_more_are_listed(terminal: Terminal) -> None:
    run(terminal, 'CkStore(ck).prepare(["n01440764", "n02110341"])')
    forget(terminal, [REPOSITORY])
    listed = terminal.says("list", "imagenet-*:imagenet:*").split()
    assert sorted(listed) == [WNID, "n02110341"]


def test_one_that_lives_elsewhere_stays_there_though_ck_has_lost_it_meanwhile(
    terminal: Terminal,
) -> None:
    """As when CK's own recaching, cut short, comes between two commands and another run."""
    elsewhere = terminal.folder / "elsewhere"
    terminal.says("add", f"repo:{REPOSITORY}", f"--path={elsewhere}", "--quiet")
    before = cache(terminal)
    forget(terminal, [REPOSITORY])
    code = """
with FileLock(given["lock"]):  # so that it cannot mend what CK has lost
    repositories = Repositories(Kernel(ck))
result = str(repositories.create(given["name"]).folder)
"""
    lock = str(terminal.repos / "local" / ".ck-imagenet.lock")
    code = f"from filelock import FileLock\n{code}"
    assert run(terminal, code, name=REPOSITORY, lock=lock) == str(elsewhere)
    assert cache(terminal) == before
    assert not terminal.repository().exists()
    assert_registered(terminal)


def test_the_copy_of_a_repository_s_folder_does_not_take_its_place(terminal: Terminal) -> None:
    run(terminal, CREATE, names=["imagenet-a"])
    before = cache(terminal)
    for copy in ("imagenet-b", "imagenet-c"):
        shutil.copytree(terminal.repos / "imagenet-a", terminal.repos / copy)
    run(terminal, CREATE_ALL, lists=[["imagenet-b", "imagenet-c"]], batch=2)
    assert before.items() < cache(terminal).items()
    assert_ck_knows(terminal, ["imagenet-a", "imagenet-b", "imagenet-c"])


UNREGISTER_UNDER_KILLS = """
repositories = Repositories(Kernel(ck))
random.seed(5)
for name in given["names"]:
    child = os.fork()
    if not child:
        repositories.unregister(name)
        os._exit(0)
    time.sleep(random.uniform(0, 0.006))
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
"""


def test_a_kill_leaves_none_that_ck_knows_until_it_caches_anew(terminal: Terminal) -> None:
    names = names_of(60)
    run(terminal, CREATE_ALL, lists=[names], batch=60)
    run(terminal, UNREGISTER_UNDER_KILLS, names=names)
    assert_registered(terminal)


@pytest.mark.parametrize("key", ["uoa", "info"])
@pytest.mark.parametrize("left", ["", '{"a'])
def test_a_cache_that_ck_left_half_written_is_made_anew(
    terminal: Terminal, key: str, left: str
) -> None:
    run(terminal, CREATE, names=names_of(2))
    before = cache(terminal)
    (terminal.repos / "local" / f".ck.cache_repo_{key}.json").write_text(left)
    assert "problem parsing json" in terminal.ck("list", "imagenet").stdout
    run(terminal, CREATE, names=names_of(3))
    assert_ck_knows(terminal, names_of(3))
    assert before.items() < cache(terminal).items()
    assert terminal.says("list", "imagenet", "--upper=0").split() == ["n00004475"]


@pytest.mark.parametrize("keys", [["info"], ["uoa"], ["info", "uoa"]], ids="+".join)
@pytest.mark.parametrize("left", ["{", "{}", "[]", "null", '{"a": 5}'])
def test_where_ck_cannot_start_or_has_lost_this_module_a_tool_mends_its_cache(
    terminal: Terminal, left: str, keys: list[str]
) -> None:
    """As docs/ck.md says."""
    run(terminal, CREATE, names=names_of(2))
    terminal.says("add", "repo:far-away", "--remote", "--url=http://a/", "--quiet")
    before, all_before = cache(terminal), known_repositories(terminal)
    for key in keys:
        (terminal.repos / "local" / f".ck.cache_repo_{key}.json").write_text(left)
    mended = subprocess.run(
        [sys.executable, CHECKOUT / "tools" / "mend_cache.py"],
        env=terminal.environment,
        capture_output=True,
        encoding="utf-8",
    )
    assert (mended.stdout, mended.stderr) == ("CK knows 3 repositories\n", "")
    assert cache(terminal) == before
    assert known_repositories(terminal) == all_before
    assert terminal.says("list", "imagenet", "--upper=0").split() == ["n00004475"]


def test_a_process_sees_what_another_has_made_meanwhile(terminal: Terminal) -> None:
    code = """
repositories = Repositories(Kernel(ck))
before = dict(repositories.get("imagenet-new").facts)
at_once(lambda: Repositories(Kernel(ck)).create("imagenet-new"))
result = before, str(repositories.get("imagenet-new").folder)
"""
    assert run(terminal, code) == [{}, str(terminal.repos / "imagenet-new")]


def test_a_folder_that_cannot_be_made_is_named(terminal: Terminal) -> None:
    terminal.repository().touch()
    said = run(
        terminal,
        """
try:
    Repositories(Kernel(ck)).create(given["name"])
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
    found = run(terminal, 'result = sorted(Repositories(Kernel(ck)).names("imagenet-"))')
    assert found == ["imagenet-a", "imagenet-b"]
