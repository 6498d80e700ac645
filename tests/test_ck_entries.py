"""Entries that are whole or absent, and that CK takes for its own."""

from __future__ import annotations

import errno
import json
import re
from pathlib import Path

import pytest
from kernel import run
from terminal import WNID, Terminal

REPOSITORY = f"imagenet-{WNID}"

ENTRIES = f"""
kernel = Kernel(ck)
repository = Repositories(kernel).create("{REPOSITORY}")
scratch = repository.folder / "scratch"
scratch.mkdir(exist_ok=True)
entries = Entries(kernel, repository, "dataset", str(scratch))


def put(name, meta, files):
    folder = entries.put(name, meta)
    for file, data in files.items():
        (scratch / (name + file)).write_bytes(data)
        (scratch / (name + file)).replace(folder / file)
"""

ADD_ONE = (
    ENTRIES
    + """
meta = {"dataset_files": ["a.jpg"], "tags": ["imagenet", "http://a/é"]}
put("9981", meta, {"a.jpg": b"data"})
"""
)

ADD_BESIDE_CK = (
    ENTRIES
    + """
meta = {"a": {"b": [1, None, 2.5]}, "tags": ["é", "\\u2028"]}
put("9981", meta, {})
added = ck.access({"action": "add", "common_func": "yes", "repo_uoa": given["repository"],
    "module_uoa": "dataset", "data_uoa": "9982", "dict": meta})
result = added["return"]
"""
)

ADD_WITHOUT_FILES = (
    ENTRIES
    + """
import resource

module = kernel.module("dataset")
limits = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
try:
    kernel.ask(repository, module, "add", "9981", dict={})
except (ImagenetError, OSError) as error:
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)
    result = getattr(error, "errno", str(error))
"""
)

FILL_AT_ONCE = (
    ENTRIES
    + """
from concurrent.futures import ThreadPoolExecutor

sys.setswitchinterval(1e-5)
names = [str(number) for number in range(given["entries"])]
with ThreadPoolExecutor(8) as threads:
    for _ in ("new", "here"):
        list(threads.map(
            lambda name: put(name, {"tags": [name]}, {"a.jpg": name.encode()}), names
        ))
"""
)

ADD_UNDER_KILLS = (
    ENTRIES
    + """
wanted = [str(number) for number in range(given["wanted"])]


def work():
    entries.mend()
    for name in wanted:
        if not (entries.path(name) / (name + ".jpg")).exists():
            put(name, {"tags": ["mine", name]}, {name + ".jpg": b"data " + name.encode()})


random.seed(given["seed"])
kill_again_and_again(given["kills"], 0.03, work)
entries.mend()
"""
)


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal that needs no web."""
    return Terminal(tmp_path, {})


@pytest.fixture
def dataset(terminal: Terminal) -> Path:
    """The folder of the entries, some of which CK itself has added."""
    run(terminal, ENTRIES)
    terminal.says("add", f"{REPOSITORY}:dataset:7", "--tags=mine")
    return terminal.repository() / "dataset"


def files(folder: Path, name: str) -> dict[str, str]:
    """Return the files of an entry, without what differs from one entry to the next."""
    uid = (folder / ".cm" / f"alias-a-{name}").read_text().strip()
    paths = [path for path in (folder / name).rglob("*") if path.is_file()]
    paths += [folder / ".cm" / f"alias-a-{name}", folder / ".cm" / f"alias-u-{uid}"]
    return {
        _anonymous(path.relative_to(folder).as_posix(), name, uid): _anonymous(
            path.read_text("utf-8"), name, uid
        )
        for path in paths
    }


def _anonymous(text: str, name: str, uid: str) -> str:
    text = re.sub(r'"iso_datetime": "[^"]*"', '"iso_datetime": "…"', text)
    return re.sub(rf"\b{name}\b", "NAME", text.replace(uid, "UID"))


def assert_aliases_agree(folder: Path) -> None:
    """Every entry has an alias and a UID, which lead to each other, and nothing else has."""
    names = {path.name for path in folder.iterdir() if path.name != ".cm"}
    files = {path.name: path.read_text().strip() for path in (folder / ".cm").iterdir()}
    aliases = {name[8:]: text for name, text in files.items() if name.startswith("alias-a-")}
    uids = {name[8:]: text for name, text in files.items() if name.startswith("alias-u-")}
    assert set(aliases) == names
    assert uids == {uid: alias for alias, uid in aliases.items()}
    assert len(files) == 2 * len(names)


def found(terminal: Terminal, tags: str = "mine") -> list[str]:
    """Return the entries that CK finds by tags."""
    lines = terminal.says("search", "dataset:*", f"--tags={tags}", "--time_out=-1").split()
    return sorted(line.rpartition(":")[2] for line in lines)


def listed(terminal: Terminal) -> list[str]:
    lines = terminal.says("list", f"{REPOSITORY}:dataset:*", "--time_out=-1").split()
    return sorted(line.rpartition(":")[2] for line in lines)


def test_that_the_process_may_open_no_more_files_is_what_is_told_of_an_entry(
    terminal: Terminal,
) -> None:
    assert run(terminal, ADD_WITHOUT_FILES) == errno.EMFILE


def test_an_entry_has_the_files_and_the_text_that_ck_writes(terminal: Terminal) -> None:
    assert run(terminal, ADD_BESIDE_CK, repository=REPOSITORY) == 0
    folder = terminal.repository() / "dataset"
    ours, theirs = files(folder, "9981"), files(folder, "9982")
    assert ours == theirs
    assert sorted(ours) == [
        ".cm/alias-a-NAME",
        ".cm/alias-u-UID",
        "NAME/.cm/desc.json",
        "NAME/.cm/info.json",
        "NAME/.cm/meta.json",
    ]


def test_ck_finds_an_entry_by_alias_by_uid_and_by_tags(terminal: Terminal) -> None:
    run(terminal, ADD_ONE)
    entry = terminal.repository() / "dataset" / "9981"
    uid = (entry.parent / ".cm" / "alias-a-9981").read_text().strip()
    for name in ("9981", uid):
        assert terminal.says("find", f"{REPOSITORY}:dataset:{name}").strip() == str(entry)
        loaded = json.loads(terminal.says("load", f"{REPOSITORY}:dataset:{name}", "--min"))
        assert loaded["dict"]["dataset_files"] == ["a.jpg"]
    assert found(terminal, "imagenet,http://a/é") == ["9981"]
    assert (entry / "a.jpg").read_bytes() == b"data"


def test_ck_updates_renames_and_removes_an_entry(terminal: Terminal) -> None:
    run(terminal, ADD_ONE)
    folder = terminal.repository() / "dataset"
    terminal.says("update", f"{REPOSITORY}:dataset:9981", "--tags=mine")
    assert found(terminal) == ["9981"]
    terminal.says("ren", f"{REPOSITORY}:dataset:9981", ":9982")
    assert listed(terminal) == ["9982"]
    assert_aliases_agree(folder)
    terminal.says("rm", f"{REPOSITORY}:dataset:9982", "--force")
    assert [path.name for path in folder.iterdir()] == [".cm"]
    assert_aliases_agree(folder)


def test_an_entry_that_exists_gets_new_meta_and_keeps_its_uid_and_other_files(
    terminal: Terminal, dataset: Path
) -> None:
    alias = dataset / ".cm" / "alias-a-7"
    before = alias.read_text(), (dataset / "7" / ".cm" / "info.json").read_text()
    (dataset / "7" / "notes.txt").write_text("mine")
    run(terminal, ENTRIES + 'put("7", {"tags": ["new"]}, {"b.jpg": b"data"})')
    assert (alias.read_text(), (dataset / "7" / ".cm" / "info.json").read_text()) == before
    assert sorted(path.name for path in (dataset / "7").iterdir()) == [".cm", "b.jpg", "notes.txt"]
    assert (found(terminal), found(terminal, "new")) == ([], ["7"])
    assert_aliases_agree(dataset)


def test_threads_that_fill_entries_at_once_do_not_mix_them_up(terminal: Terminal) -> None:
    """Such as entries that are here without their pictures, when many pictures come at once."""
    run(terminal, FILL_AT_ONCE, entries=300)
    folder = terminal.repository() / "dataset"
    for number in range(300):
        entry = folder / str(number)
        meta = json.loads((entry / ".cm" / "meta.json").read_text())
        assert (meta, (entry / "a.jpg").read_text()) == ({"tags": [entry.name]}, entry.name)
    assert_aliases_agree(folder)


def test_kills_at_any_moment_leave_exactly_the_wanted_entries(terminal: Terminal) -> None:
    run(terminal, ADD_UNDER_KILLS, wanted=150, kills=40, seed=1)
    folder = terminal.repository() / "dataset"
    wanted = sorted(map(str, range(150)))
    assert_aliases_agree(folder)
    assert listed(terminal) == found(terminal) == wanted
    assert list(folder.rglob(".new-*")) == []  # what stays in the scratch folder, the store sweeps
    shapes = {tuple(sorted(files(folder, name))) for name in wanted}
    assert len(shapes) == 1
    assert all((folder / name / f"{name}.jpg").read_text() == f"data {name}" for name in wanted)


def _only_alias(folder: Path) -> None:
    (folder / ".cm" / "alias-a-5").write_text("0123456789abcdef\n")


def _empty_alias(folder: Path) -> None:
    (folder / ".cm" / "alias-a-5").touch()


def _only_uid(folder: Path) -> None:
    (folder / ".cm" / "alias-u-0123456789abcdef").write_text("5\n")


def _folder_without_meta(folder: Path) -> None:
    (folder / ".cm" / "alias-a-5").write_text("0123456789abcdef\n")
    (folder / ".cm" / "alias-u-0123456789abcdef").write_text("5\n")
    (folder / "5" / ".cm").mkdir(parents=True)


def _folder_without_cm(folder: Path) -> None:
    _folder_without_meta(folder)
    (folder / "5" / ".cm").rmdir()


def _folder_without_alias(folder: Path) -> None:
    (folder / "5" / ".cm").mkdir(parents=True)


def _folder_with_empty_alias(folder: Path) -> None:
    _folder_without_alias(folder)
    _empty_alias(folder)


def _torn_meta(folder: Path) -> None:
    _folder_without_meta(folder)
    (folder / "5" / ".cm" / "meta.json").write_text('{"tags": [')


LEFT_BY_A_KILL = [
    _only_alias,
    _empty_alias,
    _only_uid,
    _folder_without_meta,
    _folder_without_cm,
    _folder_without_alias,
    _folder_with_empty_alias,
    _torn_meta,
]


def test_whatever_a_killed_ck_add_leaves_is_mended(terminal: Terminal, dataset: Path) -> None:
    """CK itself can then neither add, update nor remove some of these."""
    for leave in LEFT_BY_A_KILL:
        leave(dataset)
        run(terminal, ENTRIES + "entries.mend()")
        assert_aliases_agree(dataset)
        entry = f"{REPOSITORY}:dataset:5"
        verb = "update" if (dataset / "5").exists() else "add"
        terminal.says(verb, entry, "--tags=mine")
        assert found(terminal) == ["5", "7"], leave.__name__
        terminal.says("rm", entry, "--force")
        assert listed(terminal) == ["7"]


def test_whatever_a_killed_ck_add_leaves_can_be_added_to(terminal: Terminal, dataset: Path) -> None:
    add = ENTRIES + 'put("5", {"tags": ["mine"]}, {"a.jpg": b"data"}); entries.mend()'
    for leave in LEFT_BY_A_KILL:
        leave(dataset)
        run(terminal, add)
        assert_aliases_agree(dataset)
        assert found(terminal) == ["5", "7"], leave.__name__
        terminal.says("rm", f"{REPOSITORY}:dataset:5", "--force")


def test_entries_of_other_names_are_the_users_and_left_alone(
    terminal: Terminal, dataset: Path
) -> None:
    terminal.says("add", f"{REPOSITORY}:dataset:my-own", "--tags=mine")
    (dataset / "no-entry").mkdir()
    (dataset / ".cm" / "alias-a-odd").touch()
    run(terminal, ENTRIES + "entries.mend()")
    assert found(terminal) == ["7", "my-own"]
    assert list((dataset / "no-entry").iterdir()) == []
    assert (dataset / ".cm" / "alias-a-odd").exists()


def test_the_file_that_ck_cannot_open_is_named(terminal: Terminal, dataset: Path) -> None:
    meta = dataset / "7" / ".cm" / "meta.json"
    code = """
module, meta = kernel.module("dataset"), Path(given["meta"])
meta.chmod(0)
for open_to_all in meta.parents:
    if open_to_all.stat().st_uid == os.geteuid():
        open_to_all.chmod(0o755)
if os.geteuid() == 0:
    os.setuid(65534)  # the superuser may read everything
try:
    kernel.ask(repository, module, "update", "7", dict={"tags": ["mine"]})
except OSError as error:
    result = [error.strerror, error.filename]
"""
    assert run(terminal, ENTRIES + code, meta=str(meta)) == ["Permission denied", str(meta)]


def test_mending_where_nothing_is_makes_nothing(terminal: Terminal) -> None:
    run(
        terminal,
        """
kernel = Kernel(ck)
repository = Repositories(kernel).create(given["name"])
Entries(kernel, repository, "dataset").mend()
""",
        name=REPOSITORY,
    )
    assert [path.name for path in terminal.repository().iterdir()] == [".ckr.json"]
