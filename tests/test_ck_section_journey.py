"""Every line of the CK section of the succeeded scripts' README, with the real `ck`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from ck_imagenet_practice import Link, PracticeWeb
from terminal import WNID, Terminal

ENTRY = f"imagenet-{WNID}:dataset:9981"


@pytest.fixture
def link(terminal: Terminal, web: PracticeWeb) -> Link:
    """A picture that has been downloaded."""
    link = web.link(WNID, 9981, "good")
    web.set_links(WNID, [link])
    terminal.says("download", "imagenet", f"--wnid={WNID}")
    return link


def test_a_repository_and_an_entry_are_added_by_hand(terminal: Terminal) -> None:
    terminal.says("add", f"repo:imagenet-{WNID}", "--quiet")
    tags = f"imagenet,{WNID},9981,http://dividiti.com"
    terminal.says("add", ENTRY, f"--tags={tags}")
    loaded = json.loads(terminal.says("load", ENTRY, "--min"))
    # CK's module `dataset` adds a tag of its own.
    assert loaded == {"dict": {"tags": ["dataset", *tags.split(",")]}, "desc": {}}
    found = terminal.says("search", "dataset:*", "--tags=imagenet,http://dividiti.com")
    assert found == f"{ENTRY}\n"


def test_find_tells_the_folder(terminal: Terminal, link: Link) -> None:
    folder = Path(terminal.says("find", ENTRY).strip())
    assert folder == terminal.repository() / "dataset" / "9981"
    assert (folder / f"{WNID}_9981.jpg").read_bytes() == link.picture()


def test_search_finds_it_by_either_pair_of_tags(terminal: Terminal, link: Link) -> None:
    for tag in (WNID, link.url):
        assert terminal.says("search", "dataset:*", f"--tags=imagenet,{tag}") == f"{ENTRY}\n"


def test_load_min_shows_meta_and_desc(terminal: Terminal, link: Link) -> None:
    loaded = json.loads(terminal.says("load", ENTRY, "--min"))
    assert (set(loaded), loaded["desc"]) == ({"dict", "desc"}, {})
    assert loaded["dict"]["dataset_files"] == [f"{WNID}_9981.jpg"]
    assert loaded["dict"]["tags"][:4] == ["imagenet", WNID, "9981", link.url]


def test_update_changes_the_meta(terminal: Terminal, link: Link) -> None:
    change = terminal.folder / "change.json"
    change.write_text(json.dumps({"dict": {"dataset_files": ["other.jpg"]}}))
    said = terminal.says("update", ENTRY, f"@{change}")
    assert said.startswith("Entry 9981 (")
    assert said.endswith("updated successfully!\n")
    loaded = json.loads(terminal.says("load", ENTRY, "--min"))["dict"]
    assert loaded["dataset_files"] == ["other.jpg"]
    assert loaded["imagenet"]["url"] == link.url


def test_it_is_found_by_its_uid_renamed_and_removed(terminal: Terminal, link: Link) -> None:
    uid = terminal.json("load", ENTRY)["data_uid"]
    assert terminal.says("find", f"dataset:{uid}").strip().endswith("/dataset/9981")
    terminal.says("ren", ENTRY, ":dataset:mine")
    assert terminal.says("list", f"imagenet-{WNID}:dataset:*") == "mine\n"
    terminal.says("rm", f"imagenet-{WNID}:dataset:mine", "--force")
    assert terminal.says("list", f"imagenet-{WNID}:dataset:*") == ""
