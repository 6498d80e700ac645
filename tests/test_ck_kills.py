"""A kill between any two steps of a change in CK leaves what the next opening mends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from kernel import run
from terminal import WNID, Terminal

ENTRY = f"imagenet-{WNID}:dataset:7"
FILE = f"{WNID}_7.jpg"

# The process ends at the Nth of these moments: before each call by which anything is written, in
# CK and here, and after each by which a file is opened and so emptied.
KILLED = """
import builtins

moments = 0


def pass_a_moment():
    global moments
    moments += 1
    if moments == given["at"]:
        os.kill(os.getpid(), signal.SIGKILL)


def counted(function):
    def call(*arguments, **named):
        pass_a_moment()
        return function(*arguments, **named)
    return call


def opening(file, mode="r", *rest, opened=open, **named):
    if "w" not in mode:
        return opened(file, mode, *rest, **named)
    pass_a_moment()
    stream = opened(file, mode, *rest, **named)
    pass_a_moment()
    return stream


place = CkStore(ck).synset("n01440764")
place.create()
place.mend()
WORK
child = os.fork()
if not child:
    builtins.open = opening
    for name in ("mkdir", "rename", "replace", "unlink", "remove", "rmdir"):
        setattr(os, name, counted(getattr(os, name)))
    STEP
    os._exit(7)
result = os.waitpid(child, 0)[1] >> 8
"""

MENDED = """
store = CkStore(ck)
place = store.synset("n01440764")
place.create()
lost = place.mend()
result = {
    "lost": sorted(lost),
    "pictures": {number: path.read_text() for number, path in place.pictures().items()},
    "findings": [[each.flaw.word, str(each.where)] for each in place.findings()],
    "left": [str(path) for path in place.folder.rglob(".new-*")],
}
"""


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal that needs no web."""
    return Terminal(tmp_path, {})


def killed_at_each_step(terminal: Terminal, work: str, step: str) -> Any:
    """Yield what is seen after a kill at the first, the second, … step, until there are no more."""
    for at in range(1, 60):
        code = KILLED.replace("WORK", work).replace("STEP", step)
        ended = run(terminal, code, at=at)
        yield run(terminal, MENDED)
        if ended == 7:
            assert at > 5
            return
        terminal.says("clean", "imagenet", f"--wnid={WNID}", "--all", "--force")
    raise AssertionError("it never came to its end")


def test_a_picture_that_is_saved_is_there_with_all_that_is_told_of_it_or_not_at_all(
    terminal: Terminal,
) -> None:
    seen = []
    for mended in killed_at_each_step(terminal, "", "place.save(*picture(7))"):
        assert (mended["findings"], mended["left"], mended["lost"]) == ([], [], [])
        seen.append(mended["pictures"])
        if mended["pictures"]:
            assert mended["pictures"] == {"7": "picture 7"}
            loaded = terminal.json("load", ENTRY)
            assert loaded["dict"]["dataset_files"] == [FILE]
            assert loaded["dict"]["imagenet"]["url"] == "http://a/7"
            assert loaded["info"]["control"]["engine"] == "CK"
        else:
            assert "can't find path" in terminal.ck("load", ENTRY).stdout
    first = seen.index({"7": "picture 7"})
    assert 0 < first < len(seen)
    assert seen[first:] == [{"7": "picture 7"}] * (len(seen) - first)


def test_a_picture_that_is_removed_goes_with_its_entry_or_stays_with_it(
    terminal: Terminal,
) -> None:
    seen = []
    saved = "place.save(*picture(7)); place.save(*picture(8))"
    for mended in killed_at_each_step(terminal, saved, "place.remove(7)"):
        assert (mended["findings"], mended["left"]) == ([], [])
        assert mended["pictures"]["8"] == "picture 8"
        seen.append("7" in mended["pictures"])
        found = "can't find path" not in terminal.ck("load", ENTRY).stdout
        assert found == seen[-1]
    assert (seen[0], seen[-1]) == (True, False)


def test_an_entry_that_is_filled_keeps_what_a_user_has_noted_there(terminal: Terminal) -> None:
    by_hand = """
ck.access({"action": "add", "common_func": "yes", "repo_uoa": "imagenet-n01440764",
    "module_uoa": "dataset", "data_uoa": "7", "dict": {"stars": 5, "tags": ["mine"]}})
"""
    for mended in killed_at_each_step(terminal, by_hand, "place.save(*picture(7))"):
        assert mended["left"] == []
        loaded = terminal.json("load", ENTRY)
        assert loaded["dict"]["stars"] == 5
        assert "mine" in loaded["dict"]["tags"]
        if mended["pictures"]:
            assert loaded["dict"]["dataset_files"] == [FILE]


def test_a_place_that_is_made_is_found_by_ck(terminal: Terminal) -> None:
    made = "CkStore(ck).synset('n02110341').create()"
    for _ in killed_at_each_step(terminal, "", made):
        terminal.says("recache", "repo")
        listed = terminal.says("list", "repo:imagenet-n02110341").split()
        assert listed in ([], ["imagenet-n02110341"])
        run(terminal, made)
        loaded = terminal.json("load", "imagenet-n02110341:imagenet:n02110341")
        assert loaded["dict"] == {"format": 1, "wnid": "n02110341"}
        described = terminal.repository("n02110341") / ".ckr.json"
        assert json.loads(described.read_text())["data_uoa"] == "imagenet-n02110341"
        terminal.says("recache", "repo")
        assert terminal.says("find", "repo:imagenet-n02110341").strip()
        assert list(terminal.repos.rglob(".new-*")) == []
        terminal.says("clean", "imagenet", "--wnid=n02110341", "--all", "--force")
