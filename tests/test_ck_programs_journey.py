"""CK programs use what has been downloaded: pictures by tags and UID, exports as environments.

`tests/ck-env` stands for the repository of that name: the least of it that is needed.
"""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest
from ck_imagenet_practice import PracticeWeb
from terminal import CHECKOUT, WNID, Terminal


@pytest.fixture
def here(terminal: Terminal, web: PracticeWeb) -> Terminal:
    """A terminal with three pictures in CK."""
    web.set_links(WNID, [web.link(WNID, number, "good") for number in (1, 2, 9981)])
    terminal.says("download", f"imagenet:{WNID}", "--quiet")
    return terminal


@pytest.fixture
def with_ck_env(here: Terminal) -> Terminal:
    """The same where CK has what stands for ck-env."""
    shutil.copytree(CHECKOUT / "tests" / "ck-env", here.folder / "ck-env")
    here.says("import", "repo", f"--path={here.folder / 'ck-env'}", "--quiet")
    return here


def measured(terminal: Terminal, selection: str) -> tuple[int, Path]:
    """Return what the program writes: the size of the picture that it is given, and its path."""
    terminal.says("run", "program:size", selection)
    size, path = (
        (terminal.folder / "ck-env/program/size/tmp/size.txt").read_text().split(maxsplit=1)
    )
    return int(size), Path(path.strip())


def test_a_program_runs_on_a_picture_chosen_by_tags(with_ck_env: Terminal) -> None:
    tags = f"@@@{{'extra_dataset_tags':['{WNID}','9981']}}"
    picture = with_ck_env.pictures()[f"{WNID}_9981.jpg"]
    path = with_ck_env.repository() / "dataset" / "9981" / f"{WNID}_9981.jpg"
    assert measured(with_ck_env, tags) == (len(picture), path)


def test_a_program_runs_on_a_picture_chosen_by_its_uid(with_ck_env: Terminal) -> None:
    uid = with_ck_env.says("cid", f"imagenet-{WNID}:dataset:2").strip().partition(":")[2]
    picture = with_ck_env.pictures()[f"{WNID}_2.jpg"]
    path = with_ck_env.repository() / "dataset" / "2" / f"{WNID}_2.jpg"
    assert measured(with_ck_env, f"--dataset_uoa={uid}") == (len(picture), path)


def variable(terminal: Terminal, environment: str, name: str) -> str:
    """Return what a program finds in a variable when CK has set its environment."""
    script = Path(terminal.says("find", f"env:{environment}").strip()) / "env.sh"
    printed = subprocess.run(
        ["bash", "-c", f'. "{script}"; printf %s "${name}"'],
        env=terminal.environment,
        capture_output=True,
        encoding="utf-8",
        check=True,
    )
    return printed.stdout


@pytest.mark.parametrize(
    ("options", "name", "folder"),
    [
        (["--layout=folders"], "CK_ENV_DATASET_IMAGENET_TRAIN", ""),
        (["--layout=folders", "--split=0.7,0.3"], "CK_ENV_DATASET_IMAGENET_TRAIN", "train"),
        (["--layout=flat"], "CK_ENV_DATASET_IMAGENET_VAL", ""),
        (["--layout=flat", "--split=0.7,0.3"], "CK_ENV_DATASET_IMAGENET_VAL", "val"),
    ],
)
def test_an_export_becomes_an_environment(
    with_ck_env: Terminal, options: list[str], name: str, folder: str
) -> None:
    for to in ("first", "my export"):  # a second takes the place of the first
        to = f"--to={to}"
        done = with_ck_env.json("export", "imagenet", to, *options, "--register")
    root = with_ck_env.folder / "my export" / folder
    assert variable(with_ck_env, done["environment"], name) == str(root).rstrip("/")
    assert len(with_ck_env.says("list", "env").split()) == (2 if "--layout=flat" in options else 1)


def scores(terminal: Terminal, pictures: str, labels: str) -> list[tuple[str, str]]:
    """Return the picture and the words of its label of each line, as CK's accuracy scripts do.

    Those of ck-mlperf and ck-tensorflow: what they classify are the first JPEGs in the order of
    their names. Of each they look up the label in as many lines of `val.txt`, by its name; the
    loadgen of MLPerf takes the line at the same place. The words are the line of that number.
    """
    folder = Path(variable(terminal, pictures, "CK_ENV_DATASET_IMAGENET_VAL"))
    beside = Path(variable(terminal, labels, "CK_ENV_DATASET_IMAGENET_AUX"))
    assert variable(terminal, labels, "CK_CAFFE_IMAGENET_VAL_TXT") == str(beside / "val.txt")
    names = sorted(path.name for path in folder.iterdir() if path.suffix in (".jpg", ".jpeg"))
    words = (beside / "synset_words.txt").read_text().splitlines()
    lines = [line.split() for line in (beside / "val.txt").read_text().splitlines()]
    assert [name for name, _ in lines] == names
    values = {name: int(label) for name, label in lines[: len(names)]}
    return [(name, words[values[name]]) for name in names]


@pytest.mark.parametrize("resized", [[], ["--resize=32"]])
@pytest.mark.parametrize("split", [[], ["--split=0.4,0.6"]])
def test_accuracy_scripts_find_each_label_and_its_words(
    with_ck_env: Terminal, web: PracticeWeb, split: list[str], resized: list[str]
) -> None:
    """With numbers of one digit and of more, and pictures that are no JPEGs."""
    other, words = "n02123045", {WNID: f"{WNID} tench, Tinca tinca"}
    words[other] = f"{other} tabby, tabby cat"
    links = [web.link(other, n, "good") for n in (1, 2, 10, 11, 100)]
    links += [web.link(other, n, "good-png") for n in (3, 20)]
    web.set_links(other, links)
    with_ck_env.says("download", f"imagenet:{other}", "--quiet")
    options = ["--to=out", "--layout=flat", "--register", *split, *resized]
    done = with_ck_env.json("export", "imagenet", *options)
    found = scores(with_ck_env, done["environment"], done["environment_of_labels"])
    assert len(found) == (done["export"]["parts"]["val"] if split else 10)
    assert [label for _, label in found] == [words[name.partition("_")[0]] for name, _ in found]
    assert len((with_ck_env.folder / "out" / "synset_words.txt").read_text().splitlines()) == 1000
    assert {name.partition("_")[0] for name, _ in found} == {WNID, other}
    if not split:
        assert done["export"]["reencoded"] == (10 if resized else 2)


def test_accuracy_scripts_find_the_labels_of_a_set(with_ck_env: Terminal, web: PracticeWeb) -> None:
    """Parachute is the last of imagenette's ten, and the 702nd of ILSVRC2012's."""
    parachute, options = "n03888257", ["--layout=flat", "--register", "--set=imagenette"]
    web.set_links(parachute, [web.link(parachute, 1, "good")])
    with_ck_env.says("download", f"imagenet:{parachute}", "--quiet")
    for to, more, label in (("own", [], 9), ("thousand", ["--ilsvrc2012"], 701)):
        done = with_ck_env.json("export", "imagenet", f"--to={to}", *options, *more)
        found = scores(with_ck_env, done["environment"], done["environment_of_labels"])
        assert found[-1] == (f"{parachute}_1.jpg", f"{parachute} parachute, chute")
        assert f"{parachute}_1.jpg {label}\n" in (with_ck_env.folder / to / "val.txt").read_text()


def test_formats_are_kept_for_programs_too_if_that_is_wanted(
    with_ck_env: Terminal, web: PracticeWeb
) -> None:
    cat = "n02123045"
    web.set_links(cat, [web.link(cat, 3, "good-png")])
    with_ck_env.says("download", f"imagenet:{cat}", "--quiet")
    options = ["--to=out", "--layout=flat", "--register", "--keep-formats"]
    assert with_ck_env.json("export", "imagenet", *options)["export"]["reencoded"] == 0
    assert (with_ck_env.folder / "out" / f"{cat}_3.png").is_file()


def test_synsets_without_labels_of_ilsvrc2012_are_registered_without_labels(
    with_ck_env: Terminal, web: PracticeWeb
) -> None:
    web.set_links("n00007846", [web.link("n00007846", 1, "good")])
    with_ck_env.says("download", "imagenet:n00007846", "--quiet")
    done = with_ck_env.json("export", "imagenet", "--to=out", "--layout=flat", "--register")
    assert (done["environment_of_labels"], len(with_ck_env.says("list", "env").split())) == ("", 1)
    assert not (with_ck_env.folder / "out" / "synset_words.txt").exists()


def test_people_are_told_of_the_environment(with_ck_env: Terminal) -> None:
    said = with_ck_env.says("export", "imagenet", "--to=out", "--register")
    (uid,) = with_ck_env.says("list", "env").split()
    assert said == (
        f"3 pictures of 1 synset are in {with_ck_env.folder}/out\n"
        "  3 written now, 0 removed\n"
        "  labels: 0 in the order of wnids; classes.txt also has ILSVRC2012's\n"
        f"  registered: ck show env:{uid}\n"
    )


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ["--layout=flat"],
            "--register needs soft:dataset.imagenet.val, which CK does not have yet: "
            "get it with: ck pull repo:ck-env",
        ),
        (
            ["--layout=csv"],
            "--register needs --layout=folders, for training, or --layout=flat, for validation",
        ),
    ],
)
def test_what_cannot_be_registered_is_not_exported(
    here: Terminal, options: list[str], sentence: str
) -> None:
    assert here.refuses("export", "imagenet", "--to=out", "--register", *options) == sentence
    assert not (here.folder / "out").exists()
