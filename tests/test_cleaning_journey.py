"""Entries that users add, change and remove with CK itself, as they did with the old scripts."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from ck_imagenet_practice import PracticeWeb
from terminal import WNID, Terminal


@pytest.fixture
def unknown(terminal: Terminal, web: PracticeWeb) -> tuple[str, ...]:
    """A download of a list that names no synset, and the command that did it."""
    urls = terminal.folder / "urls.txt"
    urls.write_text("".join(f"{web.url(0, f'/good/{n}.jpg')}\n" for n in range(3)))
    command = ("download", "imagenet", f"--urls={urls}")
    assert terminal.says(*command).startswith("unknown  a list that names no synset\n")
    assert len(terminal.pictures("unknown")) == 3
    return command


def is_whole(terminal: Terminal) -> bool:
    """Whether what the module tells of `unknown` is what CK finds."""
    listed = terminal.json("list", "imagenet", "--downloaded-only")["lst"]
    found = terminal.says("search", "dataset:*", "--tags=imagenet,unknown").split()
    counts = {row["wnid"]: row["downloaded"] for row in listed}
    return counts == {"unknown": 3} and len(found) == len(terminal.pictures("unknown")) == 3


def test_after_the_entries_are_removed_nothing_is_listed_and_all_comes_back(
    terminal: Terminal, unknown: tuple[str, ...]
) -> None:
    terminal.says("rm", "imagenet-unknown:dataset:*", "--force")
    assert terminal.says("list", "imagenet", "--downloaded-only") == ""
    assert terminal.json(*unknown)["synsets"][0]["saved"] == 3
    assert is_whole(terminal)


def test_after_the_registration_is_removed_nothing_is_listed_and_all_is_taken_up_again(
    terminal: Terminal, unknown: tuple[str, ...]
) -> None:
    terminal.says("rm", "repo:imagenet-unknown", "--force")
    assert terminal.says("list", "imagenet", "--downloaded-only") == ""
    again = terminal.json(*unknown)["synsets"][0]
    assert (again["saved"], again["here"]) == (0, 3)
    assert is_whole(terminal)


def test_after_the_folder_is_removed_nothing_is_listed_and_all_comes_back(
    terminal: Terminal, unknown: tuple[str, ...]
) -> None:
    shutil.rmtree(terminal.repository("unknown"))
    assert terminal.says("list", "imagenet", "--downloaded-only") == ""
    assert terminal.json(*unknown)["synsets"][0]["saved"] == 3
    assert is_whole(terminal)


def test_all_three_steps_leave_nothing_and_all_comes_back(
    terminal: Terminal, unknown: tuple[str, ...]
) -> None:
    terminal.says("rm", "imagenet-unknown:dataset:*", "--force")
    terminal.says("rm", "repo:imagenet-unknown", "--force")
    shutil.rmtree(terminal.repository("unknown"))
    assert terminal.says("list", "imagenet", "--downloaded-only") == ""
    assert "imagenet-unknown" not in terminal.says("list", "repo")
    assert terminal.json(*unknown)["synsets"][0]["saved"] == 3
    assert is_whole(terminal)


def by_hand(terminal: Terminal, number: int, url: str, picture: bytes | None) -> Path:
    """Add an entry as the succeeded scripts did, and return its folder."""
    terminal.says(
        "add",
        f"imagenet-{WNID}:dataset:{number}",
        f"--tags=imagenet,{WNID},{number},{url}",
        "--common",
    )
    folder = Path(terminal.says("find", f"imagenet-{WNID}:dataset:{number}").strip())
    if picture is not None:
        name = f"{WNID}_{number}.jpg"
        (folder / name).write_bytes(picture)
        change = terminal.folder / "change.json"
        change.write_text(json.dumps({"dict": {"dataset_files": [name]}}))
        terminal.says("update", f"imagenet-{WNID}:dataset:{number}", f"@{change}")
    return folder


def test_a_repository_that_old_scripts_made_is_adopted(
    terminal: Terminal, web: PracticeWeb
) -> None:
    links = [web.link(WNID, n, "good", n % 4) for n in range(4)]
    web.set_links(WNID, links)
    terminal.says("add", f"repo:imagenet-{WNID}", "--quiet")
    by_hand(terminal, 0, links[0].url, links[0].picture())
    by_hand(terminal, 1, links[1].url, None)
    by_hand(terminal, 2, "http://example.com/lost", b"<html>not here</html>")
    assert terminal.json("list", "imagenet", "--downloaded-only")["lst"][0]["wnid"] == WNID
    done = terminal.json("download", "imagenet", f"--wnid={WNID}")["synsets"][0]
    assert (done["here"], done["saved"], len(done["set_aside"])) == (4, 3, 1)
    assert Path(done["set_aside"][0]).read_bytes() == b"<html>not here</html>"
    assert (web.hosts[0], links[0].path) not in web.requests.counts()
    wanted = {f"{link.name}.jpg": link.picture() for link in links}
    assert terminal.pictures() == wanted
    meta = terminal.json("load", f"imagenet-{WNID}:dataset:1")["dict"]
    assert (meta["dataset_files"], meta["imagenet"]["url"]) == ([f"{WNID}_1.jpg"], links[1].url)
    again = terminal.json("download", "imagenet", f"--wnid={WNID}")["synsets"][0]
    assert (again["to_fetch"], again["here"]) == (0, 4)


def test_what_users_add_to_an_entrys_meta_stays(terminal: Terminal, web: PracticeWeb) -> None:
    web.set_links(WNID, [web.link(WNID, 7, "good")])
    terminal.says("add", f"repo:imagenet-{WNID}", "--quiet")
    by_hand(terminal, 7, "http://example.com/7", None)
    change = terminal.folder / "change.json"
    change.write_text(json.dumps({"dict": {"mine": 1, "tags": ["imagenet", "pretty"]}}))
    terminal.says("update", f"imagenet-{WNID}:dataset:7", f"@{change}")
    terminal.says("download", "imagenet", f"--wnid={WNID}")
    meta = terminal.json("load", f"imagenet-{WNID}:dataset:7")["dict"]
    assert (meta["mine"], "pretty" in meta["tags"], "jpeg" in meta["tags"]) == (1, True, True)


def test_what_is_written_for_a_newer_version_is_refused_with_the_way_to_upgrade(
    terminal: Terminal, web: PracticeWeb
) -> None:
    web.set_links(WNID, [web.link(WNID, 7, "good")])
    terminal.says("download", "imagenet", f"--wnid={WNID}")
    journal = terminal.repository() / "imagenet" / WNID / "journal" / "0.jsonl"
    journal.write_text(journal.read_text().replace('{"format": 1}', '{"format": 2}'))
    said = terminal.refuses("download", "imagenet", f"--wnid={WNID}")
    assert said.endswith("Upgrade with: ck pull repo:ck-imagenet")
