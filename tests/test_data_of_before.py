"""What the code of before has written is read, gone on with, checked and exported by today's."""

from __future__ import annotations

import re
import tarfile
from pathlib import Path
from typing import Iterator, Set, Tuple

import pytest
from data_of_before import PLACES, checksums, told_now, told_then, unpacked
from small_web import DALMATIAN, GIVEN, LISTED, TENCH, SmallWeb, picture
from terminal import Terminal

COMMITS = ["26a771b"]
DOWNLOAD = ("download", "imagenet", f"--wnid={TENCH},{DALMATIAN}", "--retry=0", "--quiet")
URLS = {**LISTED[TENCH], **LISTED[DALMATIAN], **GIVEN}

WAITING = {f"{DALMATIAN}_{number}" for number in (14, 16, 18)}
"""The pictures whose links had never been asked for."""
PASSED = {f"{TENCH}_{number}" for number in (2, 120, 121, 122, 123, 124, 125)}
"""Those whose links failed then and pass now."""
DEAD = {f"{TENCH}_{number}" for number in (1, 58, 63, 64, *range(90, 100))}
"""Those whose links have failed for good."""
NEVER_ASKED = {f"{TENCH}_{number}" for number in (58, 98, 99)}
"""Those of them that are known without asking: a duplicate, a placeholder's address, no host."""
REJECTED = {f"{TENCH}_17", f"{TENCH}_501"}
NO_LINK = {f"{TENCH}_{number}" for number in (77, 500, 502)}
"""Pictures whose links do not give them: they came from the Wayback Machine and from a tar."""
THE_SAME = {f"{TENCH}_12", f"{TENCH}_58"}
"""Two links to one picture."""

Step = Tuple[Tuple[str, ...], Set[str], Set[str]]
STEPS: list[Step] = [
    ((), WAITING, WAITING),
    (("--retry-failed",), PASSED, PASSED),
    (("--retry-failed=all",), DEAD - NEVER_ASKED, set()),
]
"""Downloads one after the other: their option, which pictures they ask for, and which they get."""


@pytest.fixture
def web() -> Iterator[SmallWeb]:
    """The web from which it came, some time later."""
    with SmallWeb(is_young=False) as later:
        yield later


@pytest.fixture(params=COMMITS)
def commit(request: pytest.FixtureRequest) -> str:
    """The commit that wrote it."""
    return str(request.param)


@pytest.fixture
def terminal(tmp_path: Path, web: SmallWeb, commit: str) -> Terminal:
    """A terminal of a user who has updated ck-imagenet."""
    return unpacked(commit, tmp_path, web.environment())


@pytest.fixture(params=PLACES)
def place(request: pytest.FixtureRequest) -> str:
    """Where it lies."""
    return str(request.param)


@pytest.fixture
def there(place: str) -> tuple[str, ...]:
    """The options with which commands look there."""
    return PLACES[place]


def kept(terminal: Terminal, place: str) -> dict[str, bytes]:
    """Return the files of all pictures, with what CK has of each, by their paths."""
    inside = "CK_REPOS/imagenet-*/dataset/**/*" if place == "CK" else "plain/n*/n*"
    files = (path for path in terminal.folder.glob(inside) if path.is_file())
    return {path.relative_to(terminal.folder).as_posix(): path.read_bytes() for path in files}


def pictures(files: dict[str, bytes]) -> dict[str, bytes]:
    """Return the bytes of each picture by its name without extension."""
    paths = {Path(path): data for path, data in files.items()}
    return {path.stem: data for path, data in paths.items() if path.parent.name != ".cm"}


def test_commands_tell_what_they_told_then(
    terminal: Terminal, web: SmallWeb, commit: str, place: str
) -> None:
    now, then = told_now(terminal, place), dict(told_then(commit)[place])
    assert kept_as_found(now.pop("exported")) == kept_as_found(then.pop("exported"))
    assert now == then
    assert web.asked == []


def test_nothing_is_found_wrong(terminal: Terminal, there: tuple[str, ...]) -> None:
    assert terminal.says("check", "imagenet", *there) == ""
    assert terminal.says("check", "imagenet", "--decode", *there) == ""


def test_downloads_ask_for_what_is_missing_and_keep_what_is_here(
    terminal: Terminal, web: SmallWeb, place: str, there: tuple[str, ...]
) -> None:
    before = kept(terminal, place)
    here = set(pictures(before))
    assert len(here) == 16
    for option, asked, added in STEPS:
        web.asked.clear()
        terminal.says(*DOWNLOAD, *there, *option)
        after = kept(terminal, place)
        assert set(web.asked) == {URLS[name] for name in asked}
        assert {path: after[path] for path in before} == before
        here |= added
        assert set(pictures(after)) == here
        for name in added:
            assert pictures(after)[name] == picture(re.sub("http://[^/]*", "", URLS[name]))
    said = terminal.says("status", "imagenet", "--failures", *there).splitlines()
    assert {line.split("\t")[0] for line in said} == DEAD | REJECTED
    assert terminal.says("check", "imagenet", "--decode", *there) == ""


def test_a_list_that_was_kept_is_not_asked_for_again(
    terminal: Terminal, web: SmallWeb, there: tuple[str, ...]
) -> None:
    options = (f"--wnid={DALMATIAN}", "--source=imagenet", "--dry-run")
    (told,) = terminal.json("download", "imagenet", *options, *there)["synsets"]
    assert (told["links"], told["to_fetch"]) == (9, 3)
    assert web.asked == []


def test_a_tar_that_has_been_read_is_not_fetched_again(
    terminal: Terminal, web: SmallWeb, there: tuple[str, ...]
) -> None:
    options = (f"--wnid={DALMATIAN}", "--source=winter21", "--accept-terms", "--quiet")
    terminal.says("download", "imagenet", *options, *there)
    assert web.asked == []


def test_what_is_cleaned_comes_back_under_the_same_numbers_or_goes_for_good(
    terminal: Terminal, place: str, there: tuple[str, ...]
) -> None:
    before = pictures(kept(terminal, place))
    terminal.says("clean", "imagenet", f"--wnid={TENCH}", "--force", *there)
    assert {name.split("_")[0] for name in pictures(kept(terminal, place))} == {DALMATIAN}
    terminal.says(*DOWNLOAD, *there)
    after = pictures(kept(terminal, place))
    again = before.keys() - NO_LINK - THE_SAME
    assert set(after) - THE_SAME == again | WAITING
    assert len(set(after) & THE_SAME) == 1  # whichever comes first
    assert {name: after[name] for name in again} == {name: before[name] for name in again}
    terminal.says("clean", "imagenet", f"--wnid={TENCH}", "--all", "--force", *there)
    (line,) = terminal.says("status", "imagenet", *there).splitlines()
    assert line.split("\t")[:4] == [DALMATIAN, "11", "11", "0"]
    assert terminal.says("check", "imagenet", *there) == ""


def test_a_page_shows_every_picture_and_every_dead_link(
    terminal: Terminal, place: str, there: tuple[str, ...]
) -> None:
    here = {name for name in pictures(kept(terminal, place)) if name.startswith(TENCH)}
    terminal.says("browse", "imagenet", f"--wnid={TENCH}", "--save=page.html", *there)
    page = (terminal.folder / "page.html").read_text("utf-8")
    shown = {f"{TENCH}_{number}" for number in re.findall(r'data-number="(\d+)"', page)}
    assert shown == here | DEAD | PASSED | REJECTED
    terminal.says("browse", "imagenet", "--save=overview.html", *there)
    overview = (terminal.folder / "overview.html").read_text("utf-8")
    assert "tench" in overview
    assert "dalmatian" in overview


def test_pictures_of_folders_made_then_stay(terminal: Terminal) -> None:
    then = kept_as_found(checksums(terminal.folder / "folders"))
    terminal.says("export", "imagenet", "--to=folders", "--quiet")
    assert kept_as_found(checksums(terminal.folder / "folders")) == then


def kept_as_found(sums: list[str]) -> list[str]:
    """Return the checksums of pictures whose bytes exports leave as they are.

    WebPs become PNGs today, since few tools read them, and other files describe an export.
    """
    return [line for line in sums if "/" in line and line.endswith((".jpg", ".gif"))]


def test_shards_made_then_have_the_same_pictures_and_labels_of_today(terminal: Terminal) -> None:
    """Their labels were ILSVRC2012's, as no reader counts; what was no JPEG, most lost."""
    then = members(terminal.folder / "shards")
    terminal.says("export", "imagenet", "--to=shards", "--layout=webdataset", "--quiet")
    now = members(terminal.folder / "shards")
    jpegs = {name: data for name, data in then.items() if name.endswith(".jpg")}
    assert {name: now[name] for name in jpegs} == jpegs
    assert {Path(name).stem for name in now} == {Path(name).stem for name in then}
    labels = {name[:9]: data for name, data in now.items() if name.endswith(".cls")}
    assert labels == {TENCH: b"0", DALMATIAN: b"1"}


def members(folder: Path) -> dict[str, bytes]:
    """Return the files in the tars of an export."""
    found: dict[str, bytes] = {}
    for path in folder.rglob("*.tar"):
        with tarfile.open(path) as tar:
            found.update((each.name, tar.extractfile(each).read()) for each in tar)  # type: ignore[union-attr]
    return found
