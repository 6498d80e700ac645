"""A CK_REPOS as this program wrote it when it made CK's files itself needs nothing."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import pytest
from terminal import CHECKOUT, WNID, Terminal

DOWNLOAD = ("download", "imagenet", f"--wnid={WNID}", "--retry=0")
KEPT = Path(__file__).with_name("repos_of_2026.json")
"""The files of two pictures and a link that was gone, as they were written on 2026-11-26."""

UIDS = {"3": "af370abc04ed0cba", "12": "833053b08fb8e825"}


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal with such a CK_REPOS, and a web that is not there."""
    terminal = Terminal(tmp_path, {})
    subprocess.run(["rm", "-r", terminal.repos], check=True)
    for name, content in json.loads(KEPT.read_text()).items():
        path = terminal.repos / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str):
            text = content.replace("{CK_REPOS}", str(terminal.repos))
            path.write_text(text.replace("{CHECKOUT}", str(CHECKOUT)))
        else:
            path.write_bytes(base64.b64decode(content["base64"]))
    return terminal


def test_all_of_it_is_read_and_sound(terminal: Terminal) -> None:
    assert terminal.json("status", "imagenet")["total"]["here"] == 2
    assert terminal.says("check", "imagenet", "--decode") == ""
    assert terminal.says("list", "imagenet", "--downloaded-only").split() == [WNID]
    terminal.says("export", "imagenet", f"--wnid={WNID}", "--to=out")
    assert len(list((terminal.folder / "out").rglob("*.png"))) == 2
    searched = terminal.says("search", "dataset:*", f"--tags=imagenet,{WNID}").split()
    assert sorted(searched) == [f"imagenet-{WNID}:dataset:{number}" for number in ("12", "3")]


def test_a_download_goes_on_there(terminal: Terminal) -> None:
    before = terminal.tree()
    done = terminal.json(*DOWNLOAD, f"--urls={listed(terminal)}")["synsets"][0]
    assert (done["here"], done["to_fetch"], done["failed"]) == (2, 0, {"gone": 1})
    added = {f"imagenet/{WNID}/{name}" for name in (".lock", "list.txt", "summary.json")}
    assert set(terminal.tree()) == {*before, *added}
    for number, uid in UIDS.items():
        assert terminal.json("load", f"imagenet-{WNID}:dataset:{number}")["data_uid"] == uid


def test_it_is_cleaned(terminal: Terminal) -> None:
    terminal.says("clean", "imagenet", f"--wnid={WNID}", "--number=3", "--force")
    assert list(terminal.pictures()) == [f"{WNID}_12.png"]
    terminal.says("clean", "imagenet", f"--wnid={WNID}", "--all", "--force")
    assert not terminal.repository().exists()
    assert "imagenet-" not in terminal.says("list", "repo:imagenet-*")


def test_its_entries_follow_when_ck_splits_them_now(terminal: Terminal) -> None:
    terminal.says("set", "kernel", "var.split_dirs#dataset=1", "var.split_dirs#imagenet=2")
    done = terminal.json(*DOWNLOAD, f"--urls={listed(terminal)}")["synsets"][0]
    assert (done["here"], done["to_fetch"], done["failed"]) == (2, 0, {"gone": 1})
    for number, uid in UIDS.items():
        loaded = terminal.json("load", f"imagenet-{WNID}:dataset:{number}")
        assert loaded["data_uid"] == uid
        assert Path(loaded["path"]).parent.name == {"3": "_", "12": "1"}[number]
    assert terminal.json("status", "imagenet")["total"]["here"] == 2


def test_what_its_killed_runs_left_is_swept(terminal: Terminal) -> None:
    left = terminal.repository() / "dataset" / ".cm" / ".new-15"
    (left / ".cm").mkdir(parents=True)
    (left / f"{WNID}_15.jpg").write_bytes(b"half a pic")
    terminal.says(*DOWNLOAD, f"--urls={listed(terminal)}")
    assert list(terminal.repos.rglob(".new-*")) == []


def listed(terminal: Terminal) -> Path:
    """Return a list of the links that the CK_REPOS knows."""
    path = terminal.folder / "list.txt"
    links = (f"{WNID}_{number} http://127.0.0.1:9/{number}.png\n" for number in (3, 12, 15))
    path.write_text("".join(links))
    return path
