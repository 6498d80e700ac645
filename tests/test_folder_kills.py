"""A kill at any line leaves a picture in a folder with all that is known of it, or none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from terminal import CHECKOUT

# A process ends at the Nth line that it runs of what keeps pictures. Each step is one of its own.
KILLS = """
import io, json, os, signal, sys
from pathlib import Path

from PIL import Image
from ck_imagenet.storage.recovery import recover
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.journal import Journal
from ck_imagenet.storage.records import saved
from ck_imagenet.core.text import ImageName
from ck_imagenet.images import judging

out = io.BytesIO()
Image.new("RGB", (30, 20)).save(out, "JPEG")
data = out.getvalue()
picture = judging.judge(data)
told = ("http://a/7", data, picture, "a list", "http://b/7", "2010-01-01T00:00:00Z")


def place_in(folder):
    place = FolderStore(Path(folder)).synset("n01440764")
    place.create()
    return place


def save(folder):
    place = place_in(folder)
    journal = Journal.of(place)
    record = saved(ImageName("n01440764", 7), *told)
    place.save(record, data, "jpg")
    journal.append(record)
    place.checkpoint()


def begin(folder):
    place = place_in(folder)
    lost = place.mend()
    journal = Journal.of(place)
    recover(place, journal, {}, {}, lost)
    return journal.records, sorted(path.name for path in place.state.iterdir())


def killed_at(last, step, folder):
    "Say whether a step was killed at its Nth line."
    child = os.fork()
    if not child:
        lines = 0

        def at_line(frame, event, argument):
            nonlocal lines
            if "ck_imagenet" not in frame.f_code.co_filename:
                return None
            lines += event == "line"
            if lines == last:
                os.kill(os.getpid(), signal.SIGKILL)
            return at_line

        sys.settrace(at_line)
        step(folder)
        os._exit(0)
    return os.waitpid(child, 0)[1] == signal.SIGKILL


def seen(folder):
    records, left = begin(folder)
    known = [[each.url, each.source, each.final_url, each.captured] for each in records.values()]
    here = [path.name for path in Path(folder).glob("n01440764/*.jpg")]
    return {"known": known, "here": here, "left": left}


found = []
"""


def seen_after(tmp_path: Path, work: str) -> list[dict[str, Any]]:
    """Return what is seen after each kill, the last time after none."""
    library = str(CHECKOUT / "module" / "imagenet")
    done = subprocess.run(
        [sys.executable, "-c", f"{KILLS}\n{work}\nprint(json.dumps(found))"],
        env={"PYTHONPATH": library},
        cwd=tmp_path,
        capture_output=True,
        encoding="utf-8",
    )
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    assert len(found) > 20
    return found


ALL = ["http://a/7", "a list", "http://b/7", "2010-01-01T00:00:00Z"]
FILE = "n01440764_7.jpg"


def test_a_picture_that_is_saved_is_there_with_where_it_comes_from_or_not_at_all(
    tmp_path: Path,
) -> None:
    work = """
last = 1
while killed_at(last, save, f"at{last}"):
    found.append(seen(f"at{last}"))
    last += 1
found.append(seen(f"at{last}"))
"""
    found = seen_after(tmp_path, work)
    here = [bool(each["here"]) for each in found]
    assert here == sorted(here)
    assert (here[0], here[-1]) == (False, True)
    for each in found:
        assert each["known"] == ([ALL] if each["here"] else [])
        assert each["here"] in ([], [FILE])
        assert not [name for name in each["left"] if name.startswith("saving-")]


def test_a_kill_of_who_mends_costs_nothing_either(tmp_path: Path) -> None:
    work = """
def save_without_journal(folder):
    place = place_in(folder)
    place.save(saved(ImageName("n01440764", 7), *told), data, "jpg")

last = 1
while True:
    killed_at(-1, save_without_journal, f"at{last}")
    killed = killed_at(last, begin, f"at{last}")
    found.append(seen(f"at{last}"))
    if not killed:
        break
    last += 3
"""
    for each in seen_after(tmp_path, work):
        assert (each["known"], each["here"]) == ([ALL], [FILE])


def test_what_is_told_ahead_is_believed_of_these_bytes_only(tmp_path: Path) -> None:
    work = """
for torn in range(25):
    folder = f"torn{torn}"
    place = place_in(folder)
    place.save(saved(ImageName("n01440764", 7), *told), data, "jpg")
    (ahead,) = place.state.glob("saving-*.jsonl")
    ahead.write_bytes(ahead.read_bytes()[: torn * 25] + b"\\xff[{")
    found.append(seen(folder))
place = place_in("other")
place.save(saved(ImageName("n01440764", 7), *told), data, "jpg")
Path("other/n01440764/n01440764_7.jpg").write_bytes(data + b"more")
found.append(seen("other"))
"""
    *torn, other = seen_after(tmp_path, work)
    here = ["n01440764_7", "found here", "", ""]
    assert all(each["known"] == [here] for each in torn)
    assert other["known"] == [here]
