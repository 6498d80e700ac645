"""Each layout of `ck export imagenet` is read by the library that it is made for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from ck_imagenet.commands.export import run as export
from ck_imagenet.core.actions import ExportOptions
from ck_imagenet.core.text import Progress
from ck_imagenet.storage.folder_store import FolderStore
from PIL import Image

pytestmark = pytest.mark.every_python

WNIDS = ["n01440764", "n01443537", "n02110341"]
LABELS = [0, 1, 2]
COLOURS = [(200, 0, 0), (0, 200, 0), (0, 0, 200)]


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pictures of each of three synsets, which their colours tell apart."""
    folder = tmp_path_factory.mktemp("pictures")
    for wnid, colour in zip(WNIDS, COLOURS):
        (folder / wnid).mkdir()
        for number in range(12):
            image = Image.new("RGB", (40 + number, 30), colour)
            image.save(folder / wnid / f"{wnid}_{number}.jpg")
    return folder


def exported(pictures: Path, to: Path, **options: Any) -> Path:
    export(ExportOptions(to=str(to), **options), FolderStore(pictures), Progress())
    return to


def read(code: str, folder: Path) -> Any:
    """Return what `code` leaves in `result`, in a Python of its own: what it reads is `folder`.

    The libraries warn of much, keep caches, and would ask the internet.
    """
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            f"import json, sys\nfolder = sys.argv[1]\n{code}\nprint('\\n' + json.dumps(result))",
            str(folder),
        ],
        env={
            **os.environ,
            "HF_DATASETS_OFFLINE": "1",
            "HF_HUB_OFFLINE": "1",
            "HF_HOME": str(folder.parent / "huggingface"),
        },
        capture_output=True,
        encoding="utf-8",
        timeout=110,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


def image_folder(root: Path) -> dict[str, list[tuple[str, int]]]:
    """Return what torchvision's ImageFolder finds, by the rule in its documentation.

    The class folders, sorted, give the indices; all files in them with its extensions are samples.
    """
    extensions = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")
    classes = sorted(entry.name for entry in os.scandir(root) if entry.is_dir())
    found = {
        name: [
            (path.name, index)
            for path in sorted((root / name).rglob("*"))
            if path.name.lower().endswith(extensions)
        ]
        for index, name in enumerate(classes)
    }
    assert all(found.values()), "ImageFolder refuses a class without a picture"
    return found


@pytest.mark.parametrize("link", ["hard", "symbolic", "copy"])
def test_torchvision_finds_a_class_in_every_folder(
    pictures: Path, tmp_path: Path, link: str
) -> None:
    found = image_folder(exported(pictures, tmp_path / "out", link=link))
    assert list(found) == WNIDS
    for index, wnid in enumerate(WNIDS):
        assert sorted(found[wnid]) == sorted((f"{wnid}_{n}.jpg", index) for n in range(12))


def test_torchvision_gives_a_class_the_same_index_in_every_part(
    pictures: Path, tmp_path: Path
) -> None:
    root = exported(pictures, tmp_path / "out", split="0.98,0.01,0.01")
    sizes = {"train": 10, "val": 1, "test": 1}
    for part, size in sizes.items():
        found = image_folder(root / part)
        assert {name: len(samples) for name, samples in found.items()} == dict.fromkeys(WNIDS, size)


@pytest.mark.parametrize("split", ["", "0.75,0.25"])
def test_datasets_loads_folders(pictures: Path, tmp_path: Path, split: str) -> None:
    root = exported(pictures, tmp_path / "out", split=split, resize=32, crop="center")
    code = """
from datasets import load_dataset
loaded = load_dataset("imagefolder", data_dir=folder)
result = {}
for part, rows in loaded.items():
    names = rows.features["label"].names
    result[part] = sorted(
        [names[row["label"]], max(range(3), key=row["image"].getpixel((9, 9)).__getitem__)]
        + list(row["image"].size)
        for row in rows
    )
"""
    parts = {"train": 9, "validation": 3} if split else {"train": 12}
    assert read(code, root) == {
        part: [[wnid, colour, 32, 32] for colour, wnid in enumerate(WNIDS) for _ in range(count)]
        for part, count in parts.items()
    }


def test_webdataset_loads_shards(pictures: Path, tmp_path: Path) -> None:
    root = exported(pictures, tmp_path / "out", layout="webdataset", split="0.75,0.25")
    code = """
import webdataset as wds
result = {}
for part in ("train", "val"):
    data = wds.WebDataset(folder + f"/data/{part}-{{000000..000000}}.tar", shardshuffle=False)
    samples = data.decode("pil").to_tuple("__key__", "cls", "jpg", "json")
    result[part] = [
        [key, label, facts["wnid"], picture.size[0]]
        for key, label, picture, facts in samples
    ]
"""
    found = read(code, root)
    assert {part: len(samples) for part, samples in found.items()} == {"train": 27, "val": 9}
    samples = found["train"] + found["val"]
    assert sorted(samples) == sorted(
        [f"{wnid}_{n}", label, wnid, 40 + n]
        for wnid, label in zip(WNIDS, LABELS)
        for n in range(12)
    )
    assert samples != sorted(samples)


@pytest.mark.parametrize("layout", ["parquet", "webdataset"])
def test_datasets_streams_shards(pictures: Path, tmp_path: Path, layout: str) -> None:
    root = exported(pictures, tmp_path / "out", layout=layout)
    column, picture = {"parquet": ("label", "image"), "webdataset": ("cls", "jpg")}[layout]
    code = f"""
from datasets import load_dataset
rows = load_dataset("{layout}", data_dir=folder + "/data", split="train")
result = sorted([row["{column}"], row["{picture}"].size[0]] for row in rows)
"""
    assert read(code, root) == sorted([label, 40 + n] for label in LABELS for n in range(12))


def test_pyarrow_reads_pictures_and_facts(pictures: Path, tmp_path: Path) -> None:
    root = exported(pictures, tmp_path / "out", layout="parquet", wnid=(WNIDS[2],))
    code = """
import pyarrow.parquet as pq
table = pq.read_table(folder + "/data")
result = [[str(field.name), str(field.type)] for field in table.schema], [
    [row["name"], row["label"], row["words"], row["image"]["path"], row["image"]["bytes"].hex()]
    for row in table.to_pylist()
]
"""
    columns, rows = read(code, root)
    assert columns[:5] == [
        ["image", "struct<bytes: binary, path: string>"],
        ["name", "string"],
        ["wnid", "string"],
        ["number", "int64"],
        ["label", "int64"],
    ]
    assert sorted(rows) == sorted(
        [path.stem, 0, "dalmatian, coach dog, carriage dog", path.name, path.read_bytes().hex()]
        for path in (pictures / WNIDS[2]).glob("*.jpg")
    )
