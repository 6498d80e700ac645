"""What `make readers` runs: the lines of docs/exports.md whose libraries are too large here."""

from __future__ import annotations

from pathlib import Path

import pytest
from test_layouts import NUMBERS, WNIDS, exports, pictures, read
from test_readers import COUNTS, LARGE, counted, read_by

__all__ = ["exports", "pictures"]  # as fixtures


@pytest.mark.parametrize(("layout", "line"), read_by(*LARGE))
def test_a_line_of_docs_reads_every_picture(exports: Path, layout: str, line: str) -> None:
    assert counted(exports, (layout, line)) == [COUNTS["train"]]


@pytest.mark.parametrize(
    ("module", "found"),
    [
        ("torchvision", "torchvision.datasets.ImageFolder(train).class_to_idx"),
        ("timm.data", 'timm.data.create_dataset("", train).reader.class_to_idx'),
        ("keras", "keras.utils.image_dataset_from_directory(train).class_names"),
    ],
)
def test_all_count_labels_as_every_file_of_an_export_does(
    exports: Path, module: str, found: str
) -> None:
    code = f"""
import csv
import {module}
train = folder + "/train"
with open(train + "/metadata.csv") as stream:
    table = {{row["wnid"]: int(row["label"]) for row in csv.DictReader(stream)}}
with open(folder + "/train.txt") as stream:
    listed = {{line.split("/")[0]: int(line.split()[1]) for line in stream}}
found = {found}
found = found if isinstance(found, dict) else {{name: n for n, name in enumerate(found)}}
result = [found, table, listed]
"""
    labels = {wnid: label for label, wnid in enumerate(WNIDS)}
    assert read(code, exports / "folders in parts") == [labels] * 3


def test_timm_reads_every_sample_of_shards_with_its_label(exports: Path) -> None:
    code = """
import timm.data
found = [timm.data.create_dataset("wds/", folder, split=split) for split in ("train", "validation")]
result = sorted([picture.size[0], label] for part in found for picture, label in part)
"""
    expected = sorted([40 + number, label] for label in range(3) for number in NUMBERS)
    assert read(code, exports / "webdataset in parts") == expected
