"""Each layout of `ck export imagenet` is read by the library that it is made for."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tarfile
from pathlib import Path
from typing import Any

import pytest
from ck_imagenet.commands.export import run as export
from ck_imagenet.core.actions import ExportOptions
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.registries import LAYOUTS
from ck_imagenet.core.text import ImageName, Progress
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.journal import Journal
from ck_imagenet.storage.records import Record
from PIL import Image

pytestmark = pytest.mark.every_python

PICTURED = [row for row in LAYOUTS if not row.of_links]
WNIDS = ["n01440764", "n04058721", "n10345015"]
WORDS = ["tench, Tinca tinca", "read/write head, head", "nan"]
COLOURS = [(200, 0, 0), (0, 200, 0), (0, 0, 200)]
NUMBERS = range(12)
TIME = "2026-11-26T22:22:00Z"
URL = 'http://a.example/a,b/"ä".jpg?'


@pytest.fixture(scope="module")
def pictures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pictures of each of three synsets, which colours tell apart; six are no plain JPEGs.

    A class has a name that pandas takes for nothing. URLs of all are known but for one's.
    """
    folder = tmp_path_factory.mktemp("my pictures")
    for wnid, colour in zip(WNIDS, COLOURS):
        (folder / wnid).mkdir()
        for number in NUMBERS:
            draw(Image.new("RGB", (40 + number, 30), colour), folder / wnid / f"{wnid}_{number}")
        journal = Journal(FolderStore(folder).synset(wnid).state / "journal")
        for number in NUMBERS:
            name = ImageName(wnid, number)
            is_known = (wnid, number) != (WNIDS[0], 3)
            url = f"{URL}{name}" if is_known else str(name)
            captured = TIME if number == 5 else ""
            record = Record(name, url, Outcome.SAVED, TIME, captured=captured, bytes=9)
            journal.append(record._replace(width=40 + number, height=30))
        name = ImageName(wnid, 77)
        journal.append(Record(name, f"{URL}{name}", Outcome.GONE, TIME, "404 Not Found, a"))
        journal.close()
    return folder


def draw(image: Image.Image, path: Path) -> None:
    """Save a picture in a form that its number decides."""
    number = int(path.name.rpartition("_")[2])
    if number == 6:
        image.save(path.with_suffix(".png"))
    elif number == 7:
        image.convert("P").save(path.with_suffix(".gif"))
    elif number == 8:
        image.save(path.with_suffix(".webp"))
    elif number == 9:
        image.convert("CMYK").save(path.with_suffix(".jpg"))
    elif number == 10:
        image.convert("RGBA").save(path.with_suffix(".png"))
    elif number == 11:
        image.save(path.with_suffix(".tif"))
    else:
        image.save(path.with_suffix(".jpg"))


@pytest.fixture(scope="module")
def exports(pictures: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with an export in each layout, undivided and in parts."""
    folder = tmp_path_factory.mktemp("exports")
    for row in LAYOUTS:
        exported(pictures, folder / row.name, layout=row.name)
    for row in PICTURED:
        exported(pictures, folder / f"{row.name} in parts", layout=row.name, split="0.75,0.25")
        exported(pictures, folder / "few" / row.name, layout=row.name, max_images=4)
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
    """Return what torchvision's ImageFolder, timm and Keras find, by the rule of all of them.

    The class folders, sorted, give the indices; all files in them with extensions that all of
    these know are samples. `make readers` reads exports with the libraries themselves.
    """
    extensions = (".jpg", ".jpeg", ".png")
    classes = sorted(entry.name for entry in os.scandir(root) if entry.is_dir())
    found = {
        name: [
            (path.stem, index)
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
        assert sorted(found[wnid]) == sorted((f"{wnid}_{n}", index) for n in NUMBERS)


def test_torchvision_gives_a_class_the_same_index_in_every_part(
    pictures: Path, tmp_path: Path
) -> None:
    root = exported(pictures, tmp_path / "out", split="0.98,0.01,0.01")
    sizes = {"train": 10, "val": 1, "test": 1}
    for part, size in sizes.items():
        found = image_folder(root / part)
        assert {name: len(samples) for name, samples in found.items()} == dict.fromkeys(WNIDS, size)


LOAD = """
from datasets import load_dataset, Image, ClassLabel
def loaded(path):
    parts = {}
    for part, rows in load_dataset(path).items():
        features = rows.features
        picture = next(name for name, kind in features.items() if isinstance(kind, Image))
        label = next(name for name, kind in features.items() if isinstance(kind, ClassLabel))
        words = "txt" if "txt" in features else "words"
        parts[part] = features[label].names, sorted(
            [
                row[label],
                row[words],
                row[picture].size[0],
                max(range(3), key=row[picture].convert("RGB").getpixel((9, 9)).__getitem__),
            ]
            for row in rows
        )
    return parts
"""


@pytest.fixture(scope="module")
def loaded(exports: Path) -> dict[str, Any]:
    """What `datasets.load_dataset("DIR")` gives of each export."""
    names = [f"{row.name}{end}" for row in PICTURED for end in ("", " in parts")]
    names += [f"few/{row.name}" for row in PICTURED]
    code = f"{LOAD}\nresult = {{name: loaded(f'{{folder}}/{{name}}') for name in {names!r}}}"
    found: dict[str, Any] = read(code, exports)
    return found


@pytest.mark.parametrize("layout", [row.name for row in PICTURED])
def test_datasets_takes_no_other_export_for_it_out_of_its_cache(
    loaded: dict[str, Any], layout: str
) -> None:
    """The cache goes by the last folder's name and the card: so an older state is another one."""
    assert len(loaded[f"few/{layout}"]["train"][1]) == 12


@pytest.mark.parametrize("layout", [row.name for row in PICTURED])
@pytest.mark.parametrize("in_parts", [False, True], ids=["undivided", "in parts"])
def test_datasets_loads_every_layout_by_its_folder_alone(
    loaded: dict[str, Any], layout: str, in_parts: bool
) -> None:
    found = loaded[f"{layout} in parts" if in_parts else layout]
    counts = {"train": 27, "validation": 9} if in_parts else {"train": 36}
    assert {part: len(rows) for part, (_, rows) in found.items()} == counts
    assert all(names == WNIDS for names, _ in found.values())
    # What reads tables beside pictures takes the words "nan" for nothing.
    words = [None if each == "nan" and layout in ("folders", "flat") else each for each in WORDS]
    rows = [row for _, of_part in found.values() for row in of_part]
    assert sorted(rows, key=str) == sorted(
        ([label, words[label], 40 + n, label] for label in range(3) for n in NUMBERS), key=str
    )


def test_webdataset_and_its_tuples_read_every_sample(exports: Path) -> None:
    code = """
import webdataset as wds
result = {}
for part in ("train", "val"):
    data = wds.WebDataset(folder + f"/data/{part}-{{000000..000000}}.tar", shardshuffle=False)
    samples = data.decode("pil").to_tuple("jpg", "cls", "txt", "json")
    result[part] = [
        [picture.size[0], label, words, facts["key"], facts["caption"], facts["original_width"]]
        for picture, label, words, facts in samples
    ]
"""
    found = read(code, exports / "webdataset in parts")
    assert {part: len(samples) for part, samples in found.items()} == {"train": 27, "val": 9}
    samples = found["train"] + found["val"]
    assert sorted(samples) == sorted(
        [40 + n, label, WORDS[label], f"{wnid}_{n}", WORDS[label], 40 + n]
        for label, wnid in enumerate(WNIDS)
        for n in NUMBERS
    )
    assert samples != sorted(samples)


def members(folder: Path) -> dict[str, bytes]:
    """Return the files in the tars of an export."""
    found = {}
    for path in sorted(folder.glob("data/*.tar")):
        with tarfile.open(path) as tar:
            for member in tar:
                stream = tar.extractfile(member)
                found[member.name] = stream.read() if stream else b""
    return found


def test_formats_are_kept_if_that_is_wanted(pictures: Path, tmp_path: Path) -> None:
    to = exported(pictures, tmp_path / "out", layout="webdataset", keep_formats=True)
    found = members(to)
    for path in pictures.glob("*/*_*.*"):
        assert found[path.name] == path.read_bytes()
    to = exported(pictures, tmp_path / "folders", keep_formats=True)
    for path in pictures.glob("*/*_*.*"):
        assert (to / path.relative_to(pictures)).read_bytes() == path.read_bytes()


def test_samples_are_told_as_img2dataset_does(exports: Path) -> None:
    told = json.loads(members(exports / "webdataset")[f"{WNIDS[1]}_5.json"])
    assert told == {
        "key": f"{WNIDS[1]}_5",
        "caption": WORDS[1],
        "status": "success",
        "error_message": None,
        "original_width": 45,
        "original_height": 30,
        "name": f"{WNIDS[1]}_5",
        "wnid": WNIDS[1],
        "number": 5,
        "label": 1,
        "words": WORDS[1],
        "split": "train",
        "url": f"{URL}{WNIDS[1]}_5",
        "captured": TIME,
        "time": TIME,
        "bytes": 9,
        "width": 45,
        "height": 30,
        "altered": False,
    }


def test_timm_is_told_of_all_shards(exports: Path) -> None:
    """The form is that of timm's reader of WebDataset, which reads it from the root."""
    told = json.loads((exports / "webdataset in parts" / "info.json").read_text())
    shards = {"train": "data/train-000000.tar", "validation": "data/val-000000.tar"}
    counts = {"train": 27, "validation": 9}
    assert told["splits"] == {
        split: {
            "name": split,
            "num_samples": counts[split],
            "filenames": [shards[split]],
            "shard_lengths": [counts[split]],
        }
        for split in shards
    }


def test_pyarrow_reads_pictures_and_facts(pictures: Path, exports: Path) -> None:
    code = """
import pyarrow.parquet as pq
table = pq.read_table(folder + "/data")
result = [[str(field.name), str(field.type)] for field in table.schema], [
    [row["name"], row["label"], row["words"], row["image"]["path"], row["image"]["bytes"].hex(),
     str(row["time"]), str(row["captured"])]
    for row in table.to_pylist() if row["image"]["path"].endswith(".jpg")
]
"""
    columns, rows = read(code, exports / "parquet")
    assert columns[:5] == [
        ["image", "struct<bytes: binary, path: string>"],
        ["name", "string"],
        ["wnid", "string"],
        ["number", "int64"],
        ["label", "int64"],
    ]
    times = {"time": "timestamp[ms, tz=UTC]", "captured": "timestamp[ms, tz=UTC]"}
    assert {name: kind for name, kind in columns if name in times} == times
    moment = "2026-11-26 22:22:00+00:00"
    assert sorted(rows) == sorted(
        [
            *(path.stem, label, WORDS[label], path.name, path.read_bytes().hex(), moment),
            moment if path.stem.endswith("_5") else "None",
        ]
        for label, wnid in enumerate(WNIDS)
        for path in (pictures / wnid).glob("*.jpg")
    )


def test_parquet_tells_datasets_its_columns_by_itself(exports: Path) -> None:
    code = """
from datasets import load_dataset
features = load_dataset("parquet", data_dir=folder + "/data", split="train").features
result = features["label"].names, features["time"].dtype, type(features["image"]).__name__
"""
    names, time, image = read(code, exports / "parquet")
    assert (names, time, image) == (WNIDS, "timestamp[ms, tz=UTC]", "Image")


def test_the_facts_of_pictures_stand_beside_them(exports: Path) -> None:
    with (exports / "folders" / "metadata.csv").open(newline="", encoding="utf-8") as stream:
        rows = {row["file_name"]: row for row in csv.DictReader(stream)}
    assert len(rows) == 36
    row = rows[f"{WNIDS[1]}/{WNIDS[1]}_5.jpg"]
    rest = json.loads(row.pop("more"))
    assert row == {
        "file_name": f"{WNIDS[1]}/{WNIDS[1]}_5.jpg",
        "name": f"{WNIDS[1]}_5",
        "wnid": WNIDS[1],
        "number": "5",
        "label": "1",
        "words": WORDS[1],
        "split": "train",
        "time": TIME,
        "bytes": "9",
        "width": "45",
        "height": "30",
        "altered": "False",
    }
    assert rest == {"url": f"{URL}{WNIDS[1]}_5", "captured": TIME}  # unknown of some others


def test_links_are_told_with_what_became_of_each(exports: Path) -> None:
    with (exports / "links" / "links.csv").open(newline="", encoding="utf-8") as stream:
        rows = {row["key"]: row for row in csv.DictReader(stream)}
    assert len(rows) == 39
    same = {"wnid": WNIDS[1], "caption": WORDS[1], "time": TIME, "sha256": "", "image_format": ""}
    same = {**same, "final_url": "", "source": "", "altered": ""}
    assert rows[f"{WNIDS[1]}_77"] == {
        **same,
        "key": f"{WNIDS[1]}_77",
        "url": f"{URL}{WNIDS[1]}_77",
        "status": "failed_to_download",
        "error_message": "404 Not Found, a",
        "outcome": "gone",
        "width": "",
        "height": "",
        "bytes": "",
        "captured": "",
    }
    assert rows[f"{WNIDS[1]}_5"] == {
        **same,
        "key": f"{WNIDS[1]}_5",
        "url": f"{URL}{WNIDS[1]}_5",
        "status": "success",
        "error_message": "",
        "outcome": "saved",
        "width": "45",
        "height": "30",
        "bytes": "9",
        "captured": TIME,
    }
    assert rows[f"{WNIDS[0]}_3"]["url"] == ""  # nobody knows it


def test_links_have_the_same_rows_in_parquet(exports: Path) -> None:
    code = """
import csv
import pyarrow.parquet as pq
table = pq.read_table(folder + "/links-parquet/links.parquet")
rows = [{key: str(value) for key, value in row.items() if value is not None}
        for row in table.drop(["time", "captured"]).to_pylist()]
result = rows, [str(table.schema.field(name).type) for name in ("time", "captured", "width")]
"""
    rows, types = read(code, exports)
    with (exports / "links" / "links.csv").open(newline="", encoding="utf-8") as stream:
        expected = [
            {key: value for key, value in row.items() if value and key not in ("time", "captured")}
            for row in csv.DictReader(stream)
        ]
    assert rows == expected
    assert types == ["timestamp[ms, tz=UTC]", "timestamp[ms, tz=UTC]", "int64"]
