"""Pictures in plain folders."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from ck_imagenet.core.errors import StoreError
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.records import Record

LIBRARY = Path(__file__).parents[1] / "module" / "imagenet"
WNID = "n01440764"

# The superuser may write everywhere, so it becomes nobody first.
IN_A_READ_ONLY_FOLDER = f"""
import os, sys
from pathlib import Path
sys.path.insert(0, {str(LIBRARY)!r})
from ck_imagenet.core.errors import StoreError
from ck_imagenet.storage.folder_store import FolderStore

place = FolderStore(Path()).synset("{WNID}")
(place.state / "new").chmod(0o555)
Path().chmod(0o555)
if os.geteuid() == 0:
    os.setuid(65534)
try:
    place.create()
except StoreError as error:
    print(error)
"""


def record(number: int, wnid: str = WNID) -> Record:
    return Record(ImageName(wnid, number), f"http://a/{number}", Outcome.SAVED, "2020")


def tree(folder: Path) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))


def test_an_absent_folder_is_empty_and_stays_absent(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "new")
    assert store.counts() == {}
    assert store.synset(WNID).pictures() == {}
    assert not (tmp_path / "new").exists()


def test_a_link_to_a_users_file_that_a_kill_has_left_is_not_written_into(tmp_path: Path) -> None:
    place = FolderStore(tmp_path / "new").synset(WNID)
    place.create()
    theirs = tmp_path / "theirs.jpg"
    theirs.write_bytes(b"theirs")
    os.link(theirs, place.state / "new" / ".new-n01440764_9981.jpg")
    place.save(record(9981), b"data", "jpg")
    assert place.pictures()[9981].read_bytes() == b"data"
    assert theirs.read_bytes() == b"theirs"


def test_a_picture_lies_under_its_name_in_its_synset(tmp_path: Path) -> None:
    place = FolderStore(tmp_path / "new").synset(WNID)
    place.create()
    place.save(record(9981), b"data", "jpg")
    path = tmp_path / "new" / WNID / "n01440764_9981.jpg"
    assert path.read_bytes() == b"data"
    assert place.pictures() == {9981: path}
    assert place.state == tmp_path / "new" / WNID / ".ck-imagenet"


def test_what_is_about_all_synsets_has_a_home_that_is_no_synset(tmp_path: Path) -> None:
    store = FolderStore(tmp_path / "new")
    assert not store.home().exists()
    assert store.create_home() == store.home() == tmp_path / "new" / ".ck-imagenet"
    assert store.home().is_dir()
    assert store.counts() == {}


def test_nothing_else_is_a_picture(tmp_path: Path) -> None:
    folder = tmp_path / WNID
    folder.mkdir()
    for name in ("n01440764_1.JPEG", "n01440764_2.png"):
        (folder / name).touch()
    for name in ("n01440764_3.txt", "n02110341_4.jpg", "n01440764_x.jpg", "n01440764_5", "x.jpg"):
        (folder / name).touch()
    assert sorted(FolderStore(tmp_path).synset(WNID).pictures()) == [1, 2]


def test_synsets_without_pictures_and_other_folders_do_not_count(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    for wnid in (WNID, "unknown", "n02110341"):
        store.synset(wnid).create()
    store.synset(WNID).save(record(1), b"", "jpg")
    store.synset(WNID).save(record(2), b"", "jpg")
    store.synset("unknown").save(record(3, "unknown"), b"", "png")
    (tmp_path / "holidays").mkdir()
    (tmp_path / "holidays" / "holidays_1.jpg").touch()
    assert store.counts() == {WNID: 2, "unknown": 1}


def test_mending_removes_what_a_kill_left_unfinished(tmp_path: Path) -> None:
    place = FolderStore(tmp_path).synset(WNID)
    place.create()
    place.save(record(1), b"data", "jpg")
    whole = tree(tmp_path)
    (place.state / "new" / ".new-n01440764_2.jpg").write_bytes(b"half")
    (place.state / ".new-names.tsv").write_bytes(b"half")
    place.mend()
    assert tree(tmp_path) == whole


def test_what_is_unfinished_is_no_picture(tmp_path: Path) -> None:
    place = FolderStore(tmp_path).synset(WNID)
    place.create()
    (place.state / "new" / ".new-n01440764_2.jpg").write_bytes(b"half")
    assert place.pictures() == {}


@pytest.mark.parametrize("in_the_way", ["outdir", "outdir/n01440764"])
def test_a_place_that_cannot_be_made_is_named(tmp_path: Path, in_the_way: str) -> None:
    blocked = tmp_path / in_the_way
    blocked.parent.mkdir(exist_ok=True)
    blocked.touch()
    with pytest.raises(StoreError) as refused:
        FolderStore(tmp_path / "outdir").synset(WNID).create()
    assert str(refused.value) == (
        f'"{tmp_path / "outdir" / WNID}" cannot be written (Not a directory): '
        "choose another folder with --outdir=DIR"
    )


def test_a_place_that_cannot_be_written_is_named(tmp_path: Path) -> None:
    FolderStore(tmp_path).synset(WNID).create()
    done = subprocess.run(
        [sys.executable, "-c", IN_A_READ_ONLY_FOLDER],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == (
        f'"{WNID}" cannot be written (Permission denied): choose another folder with --outdir=DIR'
    )


def test_a_file_knows_no_url(tmp_path: Path) -> None:
    assert FolderStore(tmp_path).synset(WNID).url_of(1) == ""
