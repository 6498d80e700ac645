"""An export of a set that people train on: it has the set's own labels."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import pytest
from ck_imagenet.catalogue.synsets import members
from ck_imagenet.core.registries import LAYOUTS
from ck_imagenet_practice import PracticeWeb
from terminal import WNID, Terminal

PARACHUTE = "n03888257"
"""The last of imagenette's, label 9; tench is the first."""

DALMATIAN = "n02110341"


@pytest.fixture(scope="module")
def here(lasting_web: PracticeWeb, tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    """A terminal with pictures of two synsets of imagenette, and of one that is none of it."""
    terminal = Terminal(tmp_path_factory.mktemp("sets"), lasting_web.environment())
    for wnid in (WNID, PARACHUTE, DALMATIAN):
        lasting_web.set_links(wnid, [lasting_web.link(wnid, n, "good") for n in range(2)])
    terminal.says("download", f"imagenet:{WNID},{PARACHUTE},{DALMATIAN}", "--quiet")
    return terminal


def exported(terminal: Terminal, *options: str) -> Path:
    """Export imagenette; return the folder, which is the only one of these options."""
    name = "-".join(["set", *(option.strip("-").replace("=", "-") for option in options)])
    terminal.says("export", "imagenet", f"--to={name}", "--set=imagenette", *options)
    return terminal.folder / name


def test_people_are_told_which_synsets_are_missing_and_what_counts_otherwise(
    here: Terminal,
) -> None:
    said = here.says("export", "imagenet", "--to=told", "--set=imagenette")
    assert said == (
        f"4 pictures of 2 synsets are in {here.folder}/told\n"
        "  4 written now, 0 removed\n"
        "  labels: 0 to 9 of imagenette; classes.txt also has ILSVRC2012's\n"
        "  8 synsets of the set not here: n02102040, n02979186, n03000684, n03028079, …\n"
        "  programs that count folders give other labels; metadata.csv has these\n"
    )


def test_classes_are_all_of_the_set_and_pictures_have_their_labels(here: Terminal) -> None:
    folder = exported(here)
    lines = [line.split("\t") for line in (folder / "classes.txt").read_text().splitlines()]
    assert [(int(line[0]), line[1]) for line in lines] == [*enumerate(members("imagenette"))]
    assert lines[9] == ["9", PARACHUTE, "parachute, chute", "701"]
    with (folder / "metadata.csv").open() as table:
        labels = {(row["wnid"], row["label"], row["ilsvrc2012"]) for row in csv.DictReader(table)}
    assert labels == {(WNID, "0", "0"), (PARACHUTE, "9", "701")}
    assert "`imagenette`" in (folder / "README.md").read_text()
    described = json.loads((folder / "croissant.json").read_text())
    assert described["name"] == "ImageNet: 2 synsets of imagenette"
    assert len(described["recordSet"][0]["data"]) == 10


def test_lists_for_caffe_have_them_with_the_words_beside(here: Terminal) -> None:
    folder = exported(here, "--layout=flat")
    assert (folder / "val.txt").read_text().splitlines() == [
        f"{wnid}_{n}.jpg {label}" for wnid, label in ((WNID, 0), (PARACHUTE, 9)) for n in (0, 1)
    ]
    words = (folder / "synset_words.txt").read_text().splitlines()
    assert (len(words), words[9]) == (10, f"{PARACHUTE} parachute, chute")


def test_with_ilsvrc2012_too_these_lists_have_labels_of_that(here: Terminal) -> None:
    folder = exported(here, "--layout=flat", "--ilsvrc2012")
    labels = [line.split()[1] for line in (folder / "val.txt").read_text().splitlines()]
    assert labels == ["0", "0", "701", "701"]
    assert len((folder / "synset_words.txt").read_text().splitlines()) == 1000


@pytest.mark.parametrize("layout", [row.name for row in LAYOUTS if row.name != "folders"])
def test_every_layout_has_them(here: Terminal, layout: str) -> None:
    name = f"as-{layout}"
    options = (f"--to={name}", "--set=imagenette", f"--layout={layout}")
    done = here.json("export", "imagenet", *options)["export"]
    assert (done["labels"], done["classes"], len(done["missing"])) == ("imagenette", 2, 8)
    if layout == "webdataset":
        assert json.loads((here.folder / name / "info.json").read_text())["num_classes"] == 10
    if layout == "parquet":
        import pyarrow.parquet as pq  # large: not for who only collects the tests

        table = pq.read_table(here.folder / name / "data")
        features = json.loads(table.schema.metadata[b"huggingface"])["info"]["features"]
        assert features["label"]["names"] == list(members("imagenette"))
        assert set(table["label"].to_pylist()) == {0, 9}


def test_a_set_is_another_export_than_all_that_is_here(here: Terminal) -> None:
    here.says("export", "imagenet", "--to=all")
    said = here.refuses("export", "imagenet", "--to=all", "--set=imagenette")
    assert "an export with no --set: " in said


def test_the_pictures_of_a_set_are_counted_and_listed(here: Terminal) -> None:
    listed = here.says("list", "imagenet", "--downloaded-only", "--set=imagenette").split()
    assert listed == [WNID, PARACHUTE]
    status = here.says("status", "imagenet", "--set=imagenette").splitlines()
    assert [line.split("\t")[:2] for line in status] == [
        [WNID, "2"],
        [PARACHUTE, "2"],
        ["total", "4"],
    ]
    ilsvrc = here.says("status", "imagenet", "--ilsvrc2012", "--search=dalmatian")
    assert ilsvrc.startswith(f"{DALMATIAN}\t2\t")


def test_a_misspelt_set_is_told_which_there_are(here: Terminal) -> None:
    said = here.refuses("list", "imagenet", "--set=imagenet")
    assert said == (
        '--set="imagenet": write --set=imagenette or imagewoof or imagenet-100 or tiny-imagenet '
        "or mini-imagenet or imagenet-a or imagenet-r"
    )


def test_without_pictures_of_a_set_it_says_how_to_get_them(here: Terminal) -> None:
    said = here.refuses("export", "imagenet", "--to=none", "--set=imagewoof")
    assert said == (
        "no pictures of these synsets are here. Get some: ck download imagenet --set=imagewoof"
    )
