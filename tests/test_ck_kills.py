"""A kill between any two steps of a change in CK leaves what the next opening mends."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from kernel import run
from terminal import WNID, Terminal

FILE = f"{WNID}_7.jpg"

# A process ends at the Nth of these moments: before each call by which anything is written, in CK
# and here, and after each by which a file is opened and so emptied. Each step is a process of its
# own, which reads CK's cache anew.
KILLS = """
import builtins

REPOSITORY = "imagenet-n01440764"
moments = 0


def forked(work):
    "Return what `work` returns in a process of its own, None if that is killed."
    ours, theirs = os.pipe()
    child = os.fork()
    if not child:
        os.write(theirs, json.dumps(work()).encode())
        os._exit(0)
    os.close(theirs)
    with os.fdopen(ours) as pipe:
        told = pipe.read()
    os.waitpid(child, 0)
    return json.loads(told) if told else None


def pass_a_moment(last):
    global moments
    moments += 1
    if moments == last:
        os.kill(os.getpid(), signal.SIGKILL)


def killed_at(last, step):
    def counted(function):
        def call(*arguments, **named):
            pass_a_moment(last)
            return function(*arguments, **named)
        return call

    def opening(file, mode="r", *rest, opened=open, **named):
        if "w" not in mode:
            return opened(file, mode, *rest, **named)
        pass_a_moment(last)
        stream = opened(file, mode, *rest, **named)
        pass_a_moment(last)
        return stream

    def work():
        place = opened_place()
        builtins.open = opening
        for name in ("mkdir", "rename", "replace", "unlink", "remove", "rmdir"):
            setattr(os, name, counted(getattr(os, name)))
        step(place)
        return "done"

    return work


def opened_place():
    place = CkStore(ck).synset("n01440764")
    place.create()
    place.mend()
    return place


def asked(action, data, module="dataset", repo=REPOSITORY, **more):
    request = {"action": action, "common_func": "yes", "module_uoa": module, "data_uoa": data}
    done = ck.access({**request, "repo_uoa": repo, **more})
    return {key: done.get(key) for key in ("return", "dict", "info")}


def seen():
    place = CkStore(ck).synset("n01440764")
    place.create()
    lost = place.mend()
    return {
        "lost": sorted(lost),
        "pictures": {number: path.read_text() for number, path in place.pictures().items()},
        "findings": [[each.kind.word, str(each.where)] for each in place.findings()],
        "left": [str(path) for path in place.folder.rglob(".new-*")],
        "loaded": asked("load", "7"),
        **further(),
    }


def further():
    return {}


def clean():
    CkStore(ck).synset("n01440764").discard()


WORK
result = []
for last in range(1, 200):
    forked(before)
    ended = forked(killed_at(last, step))
    result.append(forked(seen))
    if ended:
        break
    forked(clean)
"""


@pytest.fixture
def terminal(tmp_path: Path) -> Terminal:
    """A terminal that needs no web."""
    return Terminal(tmp_path, {})


def seen_after_kills(terminal: Terminal, work: str) -> list[dict[str, Any]]:
    """Return what is seen after a kill at the first moment, the second, … until there is none."""
    found: list[dict[str, Any]] = run(terminal, KILLS.replace("WORK", work))
    assert len(found) > 8
    assert not any(each["left"] or each["findings"] for each in found)
    return found


def test_a_picture_that_is_saved_is_there_with_all_that_is_told_of_it_or_not_at_all(
    terminal: Terminal,
) -> None:
    work = """
def before():
    opened_place()

def step(place):
    place.save(*picture(7))
"""
    found = seen_after_kills(terminal, work)
    for each in found:
        assert each["lost"] == []
        if each["pictures"]:
            assert each["pictures"] == {"7": "picture 7"}
            assert each["loaded"]["dict"]["dataset_files"] == [FILE]
            assert each["loaded"]["dict"]["imagenet"]["url"] == "http://a/7"
            assert each["loaded"]["info"]["control"]["engine"] == "CK"
        else:
            assert each["loaded"]["return"] == 16
    here = [bool(each["pictures"]) for each in found]
    assert here == sorted(here)
    assert (here[0], here[-2], here[-1]) == (False, True, True)


def test_a_picture_that_is_removed_goes_with_its_entry_or_stays_with_it(
    terminal: Terminal,
) -> None:
    work = """
def before():
    place = opened_place()
    for number in (7, 8):
        place.save(*picture(number))

def step(place):
    place.remove(7)
"""
    found = seen_after_kills(terminal, work)
    assert all(each["pictures"]["8"] == "picture 8" for each in found)
    here = ["7" in each["pictures"] for each in found]
    assert [each["loaded"]["return"] for each in found] == [0 if each else 16 for each in here]
    assert (here[0], here[-1]) == (True, False)


def test_an_entry_that_is_filled_keeps_what_a_user_has_noted_there(terminal: Terminal) -> None:
    work = """
def before():
    opened_place()
    asked("add", "7", dict={"stars": 5, "tags": ["mine"]})

def step(place):
    place.save(*picture(7))
"""
    found: list[dict[str, Any]] = run(terminal, KILLS.replace("WORK", work))
    assert len(found) > 8
    for each in found:
        assert each["left"] == []
        assert each["loaded"]["dict"]["stars"] == 5
        assert "mine" in each["loaded"]["dict"]["tags"]
        assert each["findings"] == ([] if each["pictures"] else [["empty-entry", f"{WNID}_7"]])
    assert found[-1]["loaded"]["dict"]["dataset_files"] == [FILE]


def test_a_place_that_is_made_is_found_by_ck(terminal: Terminal) -> None:
    work = """
OTHER = "imagenet-n02110341"

def before():
    opened_place()

def step(place):
    CkStore(ck).synset("n02110341").create()

def recached():
    done = ck.access({"action": "recache", "module_uoa": "repo"})
    return done["return"], OTHER in ck.cache_repo_uoa

def further():
    told = [recached()]
    step(None)
    told += [recached(), asked("load", "n02110341", "imagenet", OTHER)["dict"]]
    folder = Path(ck.work["dir_repos"]) / OTHER
    described = json.loads((folder / ".ckr.json").read_text())["data_uoa"]
    left = [str(path) for path in folder.rglob(".new-*")]
    CkStore(ck).synset("n02110341").discard()
    return {"told": [*told, described, left]}
"""
    for each in seen_after_kills(terminal, work):
        (code, _), after, loaded, described, left = each["told"]
        assert (code, after) == (0, [0, True])
        assert loaded == {"format": 1, "wnid": "n02110341"}
        assert (described, left) == ("imagenet-n02110341", [])
