"""A user downloads from hosts that ration: for how long, at which pace, and what is remembered."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path

import pytest
from ck_imagenet.catalogue import synsets
from ck_imagenet.commands.download import run as download
from ck_imagenet.core.actions import DownloadOptions
from ck_imagenet.core.text import Progress
from ck_imagenet.engine import scheduler
from ck_imagenet.engine.synset_job import Summary
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet_practice import PracticeWeb
from terminal import WNID, Terminal

COMMAND = ("download", "imagenet", f"--wnid={WNID}", "--urls=list", "--processes=1")
MANY = [synset.wnid for synset in synsets.load().synsets[:6]]


@pytest.fixture
def terminal(tmp_path: Path, web: PracticeWeb) -> Terminal:
    """A terminal with a list that each test writes."""
    return Terminal(tmp_path, web.environment())


def write(folder: Path, wnid: str, *urls: str) -> None:
    with (folder / "list").open("a") as opened:
        opened.writelines(f"{wnid}_{number} {url}\n" for number, url in enumerate(urls))


def rationed(web: PracticeWeb, words: str, count: int, start: int = 0) -> list[str]:
    return [web.url(0, f"/rationed/{words}/{n}.jpg") for n in range(start, start + count)]


@pytest.mark.parametrize("processes", [1, 2])
def test_who_has_no_patience_left_is_told_what_is_left_and_the_same_command_goes_on(
    terminal: Terminal, web: PracticeWeb, processes: int
) -> None:
    good = [web.url(1, f"/good/{n}.jpg") for n in range(5)]
    write(terminal.folder, WNID, *rationed(web, "bucket-4-6", 50), *good)
    command = (*COMMAND[:-1], f"--processes={processes}", "--jobs=8")
    told = terminal.says(*command, "--patience=3")
    found = re.search(
        rf"{re.escape(web.hosts[0])}\S* gives (\S+) a second; (\d+) links? left, about .*\n"
        rf"  to go on: ck (download imagenet --wnid={WNID} --urls=list --jobs=8 .*--patience=8h)\n",
        told,
    )
    assert found, told
    assert 2 < float(found[1]) < 5
    left = int(found[2])
    assert len(terminal.pictures()) == 55 - left
    assert 0 < left < 45  # few, if a busy machine has taken long for the others
    refused = len(web.rations.tally(web.hosts[0]).refused)
    goes_on = terminal.ck(*shlex.split(found[3])).stdout
    assert f"55 pictures here, 55 links known, {left} saved now" in goes_on
    # It began at the pace that was learnt.
    assert len(web.rations.tally(web.hosts[0]).refused) - refused <= 3


def test_what_was_learnt_of_a_pace_is_kept(terminal: Terminal, web: PracticeWeb) -> None:
    write(terminal.folder, WNID, *rationed(web, "bucket-4-6", 30))
    terminal.says(*COMMAND, "--quiet")
    (kept,) = terminal.repos.rglob("paces.json")
    (name,) = json.loads(kept.read_text())["paces"]
    assert name.startswith(web.hosts[0])


def test_a_pace_by_hand_is_never_exceeded(terminal: Terminal, web: PracticeWeb) -> None:
    write(terminal.folder, WNID, *(web.url(0, f"/good/{n}.jpg") for n in range(8)))
    terminal.says(*COMMAND, f"--pace={web.hosts[0]}:2")
    asked = [each.when for each in web.requests.all() if each.host == web.hosts[0]]
    assert len(asked) == 8
    # Half a second each, and what a busy machine takes off, where an earlier one comes late.
    assert all(later - earlier > 0.1 for earlier, later in zip(asked, asked[1:]))
    assert asked[-1] - asked[0] > 7 * 0.5 - 0.4


def test_a_wrong_pace_is_refused_before_anything_is_asked(
    terminal: Terminal, web: PracticeWeb
) -> None:
    write(terminal.folder, WNID, web.url(0, "/good/1.jpg"))
    assert "--pace" in terminal.refuses(*COMMAND, "--pace=flickr.com")
    assert len(web.requests) == 0
    assert not terminal.repository().exists()


def test_rationed_hosts_make_room_for_other_synsets_and_have_their_turn_at_the_end(
    tmp_path: Path, web: PracticeWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "MOST_OPEN", 2)
    monkeypatch.setattr(scheduler, "_RATIONED_AFTER", 0.5)
    for number, wnid in enumerate(MANY):
        mine = rationed(web, "bucket-5-4", 6, 6 * number)
        write(tmp_path, wnid, *mine, *(web.url(1, f"/good/{wnid}{n}.jpg") for n in range(3)))
    done = _run(tmp_path, web)
    assert [(each.wnid, each.here, each.saved, sum(each.left.values())) for each in done] == [
        (wnid, 9, 9, 0) for wnid in sorted(MANY)
    ]
    last = {
        host: max(a.when for a in web.requests.all() if a.host == host) for host in web.hosts[:2]
    }
    assert last[web.hosts[1]] < last[web.hosts[0]] - 2


def test_without_patience_every_synset_tells_what_is_left_of_it(
    tmp_path: Path, web: PracticeWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "MOST_OPEN", 2)
    monkeypatch.setattr(scheduler, "_RATIONED_AFTER", 0.3)
    for number, wnid in enumerate(MANY):
        mine = rationed(web, "bucket-1-4", 6, 6 * number)
        write(tmp_path, wnid, *mine, *(web.url(1, f"/good/{wnid}{n}.jpg") for n in range(3)))
    done = _run(tmp_path, web, patience=1.0)
    assert [each.wnid for each in done] == sorted(MANY)
    assert all(each.here >= 3 for each in done)
    assert all(each.here + sum(each.left.values()) == 9 for each in done)
    assert sum(each.here for each in done) < 9 * len(MANY)


def _run(folder: Path, web: PracticeWeb, patience: float = 60.0) -> list[Summary]:
    options = DownloadOptions(
        wnid=tuple(MANY),
        urls=str(folder / "list"),
        processes=1,
        patience=patience,
        outdir=str(folder / "out"),
        allow_private="127.0.0.0/8",
    )
    store = FolderStore(folder / "out")
    found = list(download(options, store, Progress()))
    assert all(isinstance(each, Summary) for each in found)
    return sorted((each for each in found if isinstance(each, Summary)), key=lambda each: each.wnid)


def test_a_dry_run_reckons_with_the_pace_of_hosts_that_are_known_to_ration(
    terminal: Terminal, web: PracticeWeb
) -> None:
    write(terminal.folder, WNID, *(f"http://farm3.static.flickr.com/{n}.jpg" for n in range(1200)))
    told = terminal.says(*COMMAND, "--dry-run")
    assert "  flickr gives 2 a second; 1200 links left, about 10 minutes\n" in told
    assert "1 synset, 1,200 URLs to ask for: some 720 pictures, 72 MB, 10 minutes\n" in told
    told = terminal.says(*COMMAND, "--dry-run", "--pace=staticflickr.com:1")
    assert "  flickr gives 1 a second; 1200 links left, about 20 minutes\n" in told
    assert len(web.requests) == 0
