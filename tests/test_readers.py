"""Whoever reads an export needs one line: those of docs/exports.md run, and Croissant's is read.

What torchvision, timm and Keras need is too large for the suite: `make readers` runs their lines.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ck_imagenet.core.registries import LAYOUTS
from terminal import CHECKOUT
from test_layouts import NUMBERS, PICTURED, WNIDS, exports, pictures, read

__all__ = ["exports", "pictures"]  # as fixtures

COUNTS = {"train": 27, "pictures": 36, "links": 39}
"""Pictures of the part for training, all of them, and links."""

HERE = ("datasets", "webdataset", "pyarrow", "polars", "pandas")
LARGE = ("torchvision", "timm", "keras")

COUNT = """
def batches(found):
    return sum(len(labels) for _, labels in found)

def count(found):
    if hasattr(found, "num_columns") and isinstance(found, dict):
        return sum(map(len, found.values()))  # the parts of a data set
    if "keras" in type(found).__module__ or "tensorflow" in type(found).__module__:
        return batches(found)
    return len(found) if hasattr(found, "columns") else sum(1 for _ in found)
"""


def lines(layout: str) -> list[str]:
    """Return the lines of Python with which the page of exports says that a layout is read."""
    page = (CHECKOUT / "docs" / "exports.md").read_text("utf-8")
    rows = " ".join(re.findall(rf"^\| `{layout}` \|.*$", page, re.M))
    return [span for span in re.findall("`([^`]*)`", rows) if re.match(r"[a-z.]+\.\w+\(", span)]


def read_by(*libraries: str) -> list[tuple[str, str]]:
    """Return layouts, and the lines of these libraries that read them."""
    every = [(row.name, line) for row in LAYOUTS for line in lines(row.name)]
    return [(layout, line) for layout, line in every if line.partition(".")[0] in libraries]


def counted(exports: Path, *lines: tuple[str, str]) -> list[int]:
    """Return how many pictures lines give of exports in parts, all in one Python."""
    modules, ready = [], []
    for layout, line in lines:
        modules.append(line.partition("(")[0].rpartition(".")[0])
        in_parts = exports / f"{layout} in parts"
        folder = in_parts if in_parts.exists() else exports / layout
        ready.append(f"count({line.replace('DIR', str(folder)).replace('000009', '000000')})")
    code = f"import {', '.join(modules)}\n{COUNT}\nresult = [{', '.join(ready)}]"
    found: list[int] = read(code, exports)
    return found


@pytest.fixture(scope="module")
def counts(exports: Path) -> dict[tuple[str, str], int]:
    """How many pictures each line gives; the libraries take longer to begin than to read."""
    every = read_by(*HERE)
    return dict(zip(every, counted(exports, *every)))


@pytest.mark.parametrize(("layout", "line"), read_by(*HERE))
def test_a_line_of_docs_reads_every_picture(
    counts: dict[tuple[str, str], int], layout: str, line: str
) -> None:
    of = "links" if layout.startswith("links") else "train" if "train" in line else "pictures"
    assert counts[layout, line] == COUNTS[of]


def test_every_line_of_docs_is_run_somewhere() -> None:
    every = {line.partition(".")[0] for row in LAYOUTS for line in lines(row.name)}
    assert every == {*HERE, *LARGE}


CROISSANT = """
import logging
import mlcroissant
warnings = []
handler = logging.Handler()
handler.emit = lambda record: warnings.append(record.getMessage())
logging.getLogger().addHandler(handler)
result = {}
for name in names:
    described = mlcroissant.Dataset(f"{folder}/{name}/croissant.json")
    errors = [str(each) for each in described.metadata.ctx.issues.errors]
    rows = []
    for record in described.records("pictures"):
        of = lambda column: record.get(f"pictures/{column}")
        text = lambda column: of(column) and of(column).decode()
        image = of("image").convert("RGB") if of("image") else None
        colour = max(range(3), key=image.getpixel((9, 9)).__getitem__) if image else of("label")
        rows.append([text("name"), text("wnid"), of("label"), text("split"), colour])
    classes = [record["classes/wnid"] for record in described.records("classes")]
    result[name] = errors + warnings, rows, classes
"""


@pytest.fixture(scope="module")
def croissants(exports: Path) -> dict[str, Any]:
    """What mlcroissant finds wrong with each export, and its records."""
    names = [f"{row.name} in parts" for row in PICTURED]
    # It keeps what it unpacks by the path below an export: only one of them is unpacked.
    cache = str(exports / "croissants")
    code = f"import os\nos.environ['CROISSANT_CACHE'] = {cache!r}\nnames = {names!r}"
    found: dict[str, Any] = read(code + CROISSANT, exports)
    return found


def test_croissant_gives_the_records_of_links(exports: Path) -> None:
    code = """
import mlcroissant
result = {}
for name in ("links", "links-parquet"):
    described = mlcroissant.Dataset(f"{folder}/{name}/croissant.json")
    errors = [str(each) for each in described.metadata.ctx.issues.errors]
    outcomes = [record["links/outcome"] for record in described.records("links")]
    result[name] = errors, outcomes.count(b"gone")
"""
    assert read(code, exports) == {name: [[], 3] for name in ("links", "links-parquet")}


@pytest.mark.parametrize("layout", [row.name for row in PICTURED])
def test_croissant_describes_every_layout_and_gives_its_records(
    croissants: dict[str, Any], layout: str
) -> None:
    said, rows, classes = croissants[f"{layout} in parts"]
    assert (said, classes) == ([], WNIDS)
    assert len(rows) == 36
    expected = {f"{wnid}_{n}": (wnid, n) for wnid in WNIDS for n in NUMBERS}
    for name, wnid, label, _, colour in rows:
        assert (wnid, label, colour) == (expected[name][0], *[WNIDS.index(wnid)] * 2)
    assert {row[3] for row in rows} == {"train", "validation"}
    assert [row[3] for row in rows].count("train") == COUNTS["train"]
