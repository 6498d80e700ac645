"""What is read from CK's files directly is what CK itself says, for each form of entry."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest
from kernel import run
from terminal import CHECKOUT, WNID, Terminal

READ = """
from ck_imagenet.storage import ck_repositories


def asked(action, repo, module, data, **more):
    done = ck.access({"action": action, "common_func": "yes", "repo_uoa": repo,
        "module_uoa": module, "data_uoa": data, "time_out": "-1", **more})
    assert done["return"] == 0, done
    return done


def read(repository, module):
    "What we read of a module's entries in a repository: name, folder, UID, meta."
    entries = Entries(kernel, repository, module)
    return sorted([name, entries.location(name), entries.uid(name), entries.meta(name)]
        for name in entries.names() if entries.uid(name))


def said(repository, module):
    "The same as `list` and `load` say it; `find` and `search` must agree with these."
    rows = []
    for each in asked("list", repository.name, module, "*")["lst"]:
        name = each["data_uoa"]
        loaded = asked("load", repository.name, module, name)
        found = asked("find", repository.name, module, loaded["data_uid"])
        assert each["path"] == loaded["path"] == found["path"]
        rows.append([name, loaded["path"], loaded["data_uid"], loaded["dict"]])
    searched = asked("search", repository.name, module, "*")["lst"]
    assert sorted(each["path"] for each in searched) == sorted(row[1] for row in rows)
    return sorted(rows)


kernel, store = Kernel(ck), CkStore(ck)
for wnid, numbers in (("n01440764", (3, 42, 9981)), ("unknown", (1,))):
    place = store.synset(wnid)
    place.create()
    for number in numbers:
        place.save(*picture(number, wnid=wnid))
asked("add", "imagenet-n01440764", "dataset", "mine", dict={"tags": ["mine"]})
store.create_home()
ck_repositories.make_home(ck)
repositories = Repositories(kernel)
places = [(repositories.get("imagenet-" + wnid), module)
    for wnid in ("n01440764", "unknown") for module in ("dataset", "imagenet")]
places += [(kernel.local, "imagenet"), (kernel.local, "repo")]
result = [[read(*place), said(*place)] for place in places]
"""


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal that needs no web."""
    return Terminal(tmp_path, {})


@pytest.mark.parametrize("split", ["", "1", "2", "5"])
def test_pictures_states_archive_overview_and_registrations(terminal: Terminal, split: str) -> None:
    if split:
        modules = ("dataset", "imagenet")
        terminal.says("set", "kernel", *(f"var.split_dirs#{each}={split}" for each in modules))
    found = run(terminal, READ)
    for read, said in found:
        assert read == said
    names = [[row[0] for row in read] for read, _ in found]
    assert names == [
        ["3", "42", "9981", "mine"],
        [WNID],
        ["1"],
        ["unknown"],
        ["fall11", "overview"],
        ["ck-imagenet", f"imagenet-{WNID}", "imagenet-unknown"],
    ]


def test_nobody_writes_ck_s_files_but_who_mends_them() -> None:
    """And who writes its cache, which CK leaves half written when it is killed."""
    rooms = CHECKOUT / "module" / "imagenet" / "ck_imagenet"
    texts = {path: path.read_text("utf-8") for path in (rooms / "storage").glob("ck_*.py")}
    writers = {
        (path.name, node.name)
        for path, text in texts.items()
        for node in ast.parse(text).body
        if isinstance(node, (ast.FunctionDef, ast.ClassDef))
        for word in ("write_whole", "to_json", "write_text", "json.dump")
        if word in (ast.get_source_segment(text, node) or "")
    }
    assert writers == {
        ("ck_entries.py", "_write_aliases"),
        ("ck_entries.py", "_write_control_files"),
        ("ck_kernel.py", "Cache"),
    }
    naming = {
        path.name
        for path in rooms.rglob("*.py")
        if path.parent.name != "exports"  # where `info.json` is timm's
        for word in ("meta.json", "info.json", "desc.json", "alias-a-", "alias-u-", "CM}")
        if word in path.read_text("utf-8")
    }
    assert naming == {"ck_entries.py"}
