"""Exports in a few large files: bounded, made once, mended."""

from __future__ import annotations

import random
import tarfile
from pathlib import Path

import pytest
from ck_imagenet.commands.export import run as export
from ck_imagenet.core.actions import ExportOptions
from ck_imagenet.core.text import Progress
from ck_imagenet.storage.folder_store import FolderStore

WNID = "n01440764"


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """Forty pictures, as far as an export looks at them, of some 100 kB."""
    folder = tmp_path / "pictures" / WNID
    folder.mkdir(parents=True)
    for number in range(40):
        size = random.Random(number).randrange(50_000, 150_000)
        (folder / f"{WNID}_{number}.jpg").write_bytes(bytes([number]) * size)
    return FolderStore(tmp_path / "pictures")


def written(store: FolderStore, to: Path, layout: str) -> int:
    """Export in shards of a megabyte; return how many pictures were written."""
    options = ExportOptions(to=str(to), layout=layout, shard_size=1)
    return export(options, store, Progress()).written


def shards(to: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted((to / "data").iterdir())}


@pytest.mark.parametrize("layout", ["webdataset", "parquet"])
def test_no_shard_is_larger_than_allowed(store: FolderStore, tmp_path: Path, layout: str) -> None:
    assert written(store, tmp_path / "out", layout) == 40
    sizes = [len(data) for data in shards(tmp_path / "out").values()]
    assert len(sizes) > 1
    assert max(sizes) <= 1_000_000
    if layout == "webdataset":  # Parquet packs these pictures
        assert min(sizes[:-1]) > 800_000


@pytest.mark.parametrize("layout", ["webdataset", "parquet"])
def test_the_same_pictures_give_the_same_bytes(
    store: FolderStore, tmp_path: Path, layout: str
) -> None:
    for to in ("one", "other"):
        written(store, tmp_path / to, layout)
    assert shards(tmp_path / "one") == shards(tmp_path / "other")


@pytest.mark.parametrize("layout", ["webdataset", "parquet"])
def test_only_what_is_missing_is_written_again(
    store: FolderStore, tmp_path: Path, layout: str
) -> None:
    written(store, tmp_path / "out", layout)
    before = shards(tmp_path / "out")
    assert written(store, tmp_path / "out", layout) == 0
    last = sorted(before)[-1]
    (tmp_path / "out" / "data" / last).unlink()
    (tmp_path / "out" / "data" / f".new-{last}").write_bytes(b"torn")
    assert 0 < written(store, tmp_path / "out", layout) < 20
    assert shards(tmp_path / "out") == before


def test_shards_follow_what_is_here(store: FolderStore, tmp_path: Path) -> None:
    written(store, tmp_path / "out", "webdataset")
    for number in range(1, 40):
        (tmp_path / "pictures" / WNID / f"{WNID}_{number}.jpg").unlink()
    written(store, tmp_path / "out", "webdataset")
    assert list(shards(tmp_path / "out")) == ["pictures-000000.tar"]
    with tarfile.open(tmp_path / "out" / "data" / "pictures-000000.tar") as tar:
        assert tar.getnames() == [f"{WNID}_0{end}" for end in (".jpg", ".cls", ".txt", ".json")]


def test_a_picture_larger_than_a_shard_has_one_of_its_own(
    store: FolderStore, tmp_path: Path
) -> None:
    (tmp_path / "pictures" / WNID / f"{WNID}_7.jpg").write_bytes(bytes(3_000_000))
    written(store, tmp_path / "out", "webdataset")
    large = [data for data in shards(tmp_path / "out").values() if len(data) > 1_000_000]
    assert len(large) == 1
    assert len(large[0]) < 3_020_000
