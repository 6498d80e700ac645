"""`ck export imagenet` as a user types it."""

from __future__ import annotations

import csv
import json
import os
import re
import signal
import time
from pathlib import Path

import pytest
from ck_imagenet.core.registries import LAYOUTS
from ck_imagenet_practice import PracticeWeb
from PIL import Image
from PIL.PngImagePlugin import PngInfo
from terminal import WNID, Terminal

DALMATIAN = "n02110341"


@pytest.fixture
def web(lasting_web: PracticeWeb) -> PracticeWeb:
    return lasting_web


@pytest.fixture(scope="module")
def downloaded(lasting_web: PracticeWeb, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CK_REPOS with ten pictures of each of two synsets."""
    terminal = Terminal(tmp_path_factory.mktemp("downloaded"), lasting_web.environment())
    for wnid in (WNID, DALMATIAN):
        lasting_web.set_links(wnid, [lasting_web.link(wnid, n, "good") for n in range(10)])
    terminal.says("download", f"imagenet:{WNID},{DALMATIAN}", "--quiet")
    return terminal.repos


@pytest.fixture
def here(downloaded: Path, web: PracticeWeb, tmp_path: Path) -> Terminal:
    """A terminal with the same pictures, as if it had downloaded them itself."""
    return Terminal(tmp_path, web.environment(), downloaded)


def export(terminal: Terminal, *options: str) -> str:
    return terminal.says("export", "imagenet", "--to=out", *options)


def files(folder: Path) -> dict[str, bytes]:
    """Return all that tools see in a folder; of cards, what does not tell it from other folders."""
    return {
        path.relative_to(folder).as_posix(): re.sub(rb"\n  description: .*", b"", path.read_bytes())
        for path in sorted(folder.rglob("[!.]*"))
        if path.is_file()
    }


def names(folder: Path) -> list[str]:
    """Return the paths of all pictures and shards: the rest of an export describes these."""
    return [name for name in files(folder) if not name.endswith((".txt", ".md", ".csv", ".json"))]


def test_every_class_becomes_a_folder(here: Terminal) -> None:
    assert export(here) == (
        f"20 pictures of 2 synsets are in {here.folder}/out\n"
        "  20 written now, 0 removed\n"
        "  labels: 0 to 1 in the order of wnids; classes.txt also has ILSVRC2012's\n"
    )
    found = files(here.folder / "out")
    assert found.pop("classes.txt").decode() == (
        f"0\t{WNID}\ttench, Tinca tinca\t0\n"
        f"1\t{DALMATIAN}\tdalmatian, coach dog, carriage dog\t251\n"
    )
    pictures = {name: found[name] for name in names(here.folder / "out")}
    assert pictures == {
        f"{wnid}/{name}": data
        for wnid in (WNID, DALMATIAN)
        for name, data in here.pictures(wnid).items()
    }
    assert sorted(found.keys() - pictures) == ["README.md", "croissant.json", "metadata.csv"]


def test_flat_is_one_folder_with_the_list_that_caffe_reads(here: Terminal) -> None:
    export(here, "--layout=flat", f"--wnid={DALMATIAN}")
    found = files(here.folder / "out")
    lines = found["val.txt"].decode().splitlines()
    assert lines == [f"{DALMATIAN}_{n}.jpg 251" for n in range(10)]
    assert names(here.folder / "out") == sorted(here.pictures(DALMATIAN))


@pytest.mark.parametrize("layout", [row.name for row in LAYOUTS])
def test_what_no_list_has_named_is_exported_if_nothing_else_is_here(
    terminal: Terminal, web: PracticeWeb, layout: str
) -> None:
    (terminal.folder / "mine").write_text(web.link(WNID, 1, "good").url)
    terminal.says("download", "imagenet", "--urls=mine", "--quiet")
    assert re.match(
        "1 (picture|link) of 1 synset (is|is listed) in", export(terminal, f"--layout={layout}")
    )
    assert files(terminal.folder / "out")["classes.txt"] == b"0\tunknown\t\t\n"


def test_what_no_list_has_named_is_left_out_if_anything_else_is_here(
    here: Terminal, web: PracticeWeb
) -> None:
    (here.folder / "mine").write_text(web.link(WNID, 1, "good").url)
    here.says("download", "imagenet", "--urls=mine", "--quiet")
    assert "20 pictures of 2 synsets" in export(here)
    said = here.says("export", "imagenet", "--to=own", "--wnid=unknown")
    assert "1 picture of 1 synset" in said


def test_labels_are_positions_for_all_where_a_synset_has_none_of_ilsvrc2012(
    here: Terminal, web: PracticeWeb
) -> None:
    web.set_links("n01441117", [web.link("n01441117", 1, "good")])
    here.says("download", "imagenet:n01441117", "--quiet")
    said = export(here, "--layout=flat", "--max-images=1")
    assert "  labels: 0 to 2 in the order of wnids; " in said
    assert "of ILSVRC2012\n" not in said
    found = files(here.folder / "out")
    assert [line.split(b"\t")[:2] for line in found["classes.txt"].splitlines()] == [
        [b"0", WNID.encode()],
        [b"1", b"n01441117"],
        [b"2", DALMATIAN.encode()],
    ]
    labels = [line.partition("_")[0::2] for line in found["val.txt"].decode().splitlines()]
    assert [(wnid, rest.split()[1]) for wnid, rest in labels] == [
        (WNID, "0"),
        ("n01441117", "1"),
        (DALMATIAN, "2"),
    ]


@pytest.mark.parametrize(
    ("options", "count"),
    [
        ([], 20),
        ([f"--wnid={WNID}"], 10),
        (["--under=n02084071"], 10),
        (["--ilsvrc2012", "--max-images=3"], 6),
        ([f"--wnid={WNID},{DALMATIAN}", "--under=n02084071", "--max-images=1"], 1),
    ],
)
def test_options_narrow_what_is_exported(here: Terminal, options: list[str], count: int) -> None:
    export(here, *options)
    assert len(names(here.folder / "out")) == count


def test_a_split_takes_its_share_of_every_class(here: Terminal) -> None:
    said = export(here, "--split=0.8,0.2", "--seed=7")
    assert "20 written now, 0 removed, 16 to train, 4 to val\n" in said
    found = names(here.folder / "out")
    for wnid in (WNID, DALMATIAN):
        assert sum(name.startswith(f"train/{wnid}/") for name in found) == 8
        assert sum(name.startswith(f"val/{wnid}/") for name in found) == 2
    for part in ("train", "val"):
        lines = files(here.folder / "out")[f"{part}.txt"].decode().splitlines()
        paths = [line.split()[0] for line in lines if line.endswith((" 0", " 1"))]
        assert sorted(f"{part}/{path}" for path in paths) == [
            name for name in found if name.startswith(part)
        ]
    again = ["--to=again", "--split=0.8,0.2", "--seed=7"]
    here.says("export", "imagenet", *again)
    assert files(here.folder / "again") == files(here.folder / "out")
    here.says("export", "imagenet", "--to=other", "--split=0.8,0.2", "--seed=8")
    assert names(here.folder / "other") != found


def test_pictures_can_be_resized_and_cut_to_squares(here: Terminal) -> None:
    export(here, "--resize=32", f"--wnid={WNID}")
    here.says("export", "imagenet", "--to=square", "--resize=32", "--crop=center")
    for path in (here.folder / "out").glob("*/*.jpg"):
        with Image.open(path) as image:
            assert min(image.size) == 32
    for path in (here.folder / "square").glob("*/*.jpg"):
        with Image.open(path) as image:
            assert (image.size, image.mode, image.format) == ((32, 32), "RGB", "JPEG")


def test_the_summary_says_what_is_encoded_anew_and_with_which_quality(here: Terminal) -> None:
    options = ("--to=out", f"--wnid={WNID}", "--resize=96")
    said = here.says("export", "imagenet", *options)
    count = len(list((here.folder / "out").glob("*/*.jpg")))
    assert f"  re-encoded: {count} pictures, as JPEGs of quality 95\n" in said
    done = here.json("export", "imagenet", *options)["export"]
    assert (done["reencoded"], done["quality"]) == (count, 95)
    small = here.json("export", "imagenet", "--to=low", *options[1:], "--quality=20")["export"]
    assert (small["reencoded"], small["quality"]) == (count, 20)
    sizes = [
        sum(path.stat().st_size for path in (here.folder / name).glob("*/*.jpg"))
        for name in ("out", "low")
    ]
    assert sizes[1] < sizes[0] / 2
    assert "--resize=96" in here.refuses("export", "imagenet", "--to=low", f"--wnid={WNID}")


@pytest.mark.parametrize("link", ["hard", "symbolic", "copy"])
def test_files_are_linked_or_copied(here: Terminal, link: str) -> None:
    export(here, f"--wnid={WNID}", "--max-images=1", f"--link={link}")
    path = here.folder / "out" / WNID / f"{WNID}_0.jpg"
    origin = here.repository() / "dataset" / "0" / path.name
    assert path.read_bytes() == origin.read_bytes()
    assert path.is_symlink() == (link == "symbolic")
    assert path.samefile(origin) == (link != "copy")


def test_another_kind_of_link_replaces_the_one_that_is_there(here: Terminal) -> None:
    kinds = ["hard", "copy", "symbolic", "hard", "symbolic", "copy"]
    written = [export(here, f"--link={link}").splitlines()[1].strip() for link in kinds]
    assert written == ["20 written now, 0 removed"] * 6


@pytest.mark.parametrize(
    "options", [[], ["--link=hard"], ["--link=symbolic"], ["--resize=16"], ["--layout=webdataset"]]
)
def test_the_same_again_writes_nothing(here: Terminal, options: list[str]) -> None:
    export(here, *options)
    before = files(here.folder / "out")
    assert "\n  0 written now, 0 removed\n" in export(here, *options)
    assert files(here.folder / "out") == before


@pytest.mark.parametrize("layout", ["folders", "flat", "webdataset", "csv"])
def test_an_export_follows_what_is_here(here: Terminal, web: PracticeWeb, layout: str) -> None:
    export(here, f"--layout={layout}")
    here.says("rm", f"imagenet-{WNID}:dataset:3", "--force")
    here.says("rm", f"imagenet-{DALMATIAN}:dataset:*", "--force")
    web.set_links(WNID, [web.link(WNID, n, "good") for n in (*range(3), *range(4, 12))])
    here.says("download", f"imagenet:{WNID}", "--quiet")
    export(here, f"--layout={layout}")
    here.says("export", "imagenet", "--to=fresh", f"--layout={layout}")
    assert files(here.folder / "out") == files(here.folder / "fresh")


def test_an_export_goes_on_where_it_was_killed(here: Terminal) -> None:
    options = ["export", "imagenet", "--to=out", "--resize=1500"]
    with here.start(*options) as process:
        while process.poll() is None and len(names(here.folder / "out")) < 2:
            time.sleep(0.01)
        os.kill(process.pid, signal.SIGKILL)
    begun = {
        path: path.stat().st_mtime_ns
        for path in (here.folder / "out").glob("*/*")
        if path.is_file()
    }
    assert 2 <= len(begun) < 20
    here.says(*options)
    assert len(names(here.folder / "out")) == 20
    assert list((here.folder / "out").glob(".new-*")) == []
    assert {path: path.stat().st_mtime_ns for path in begun} == begun


def test_a_table_tells_every_fact(here: Terminal) -> None:
    export(here, "--layout=csv")
    with (here.folder / "out" / "pictures.csv").open(newline="", encoding="utf-8") as stream:
        rows = list(csv.DictReader(stream))
    assert len(rows) == 20
    meta = here.json("load", f"imagenet-{WNID}:dataset:4")["dict"]["imagenet"]
    row = rows[4]
    assert Path(row.pop("path")).read_bytes() == here.pictures()[f"{WNID}_4.jpg"]
    told = {
        **meta,
        "name": f"{WNID}_4",
        "label": 0,
        "ilsvrc2012": 0,
        "captured": "",
        "altered": "False",
    }
    told["words"] = ", ".join(told["words"])
    del told["format"]
    told["split"] = "train"
    assert row == {key: str(value) for key, value in told.items()}


def test_pictures_of_a_folder_are_exported_too(terminal: Terminal, web: PracticeWeb) -> None:
    web.set_links(WNID, [web.link(WNID, n, "good") for n in range(3)])
    terminal.says("download", f"imagenet:{WNID}", "--outdir=plain", "--quiet")
    export(terminal, "--outdir=plain")
    for name in (f"{WNID}/{WNID}_{n}.jpg" for n in range(3)):
        exported = terminal.folder / "out" / name
        assert exported.read_bytes() == (terminal.folder / "plain" / name).read_bytes()


def test_json_and_python_get_what_people_read(here: Terminal) -> None:
    request = {"action": "export", "module_uoa": "imagenet", "to": "out", "split": "0.5,0.5"}
    expected = {
        "to": str(here.folder / "out"),
        "layout": "folders",
        "classes": 2,
        "pictures": 20,
        "links": None,
        "written": 20,
        "removed": 0,
        "parts": {"train": 10, "val": 10},
        "labels": "positions",
        "missing": [],
        "reencoded": 0,
        "quality": None,
        "altered": 0,
        "left_out": {},
        "lacking": [],
    }
    assert here.access(request) == {"return": 0, "export": expected}
    again = here.json("export", "imagenet", "--to=out", "--split=0.5,0.5")
    assert again == {"return": 0, "export": {**expected, "written": 0}}


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ([], "to which folder? Write --to=DIR"),
        (["--to=out", "--crop=center"], "--crop=center needs --resize=N"),
        (["--to=out", "--layout=csv", "--resize=9"], "writes no pictures: leave --resize out"),
        (
            ["--to=out", "--layout=webdataset", "--link=hard"],
            "no single pictures: leave --link out",
        ),
        (["--to=out", "--link=hard", "--resize=9"], "leave --link out"),
        (["--to=out", "--quality=90"], "--quality is for re-encoded JPEGs"),
        (["--to=out", "--resize=9", "--quality=101"], "--quality=101 is too large"),
        (
            ["--to=out", "--layout=links", "--max-images=1"],
            "writes every link: leave --max-images out",
        ),
        (["--to=out", "--layout=links", "--split=0.5,0.5"], "has no parts: leave --split out"),
        (["--to=out", "--layout=csv", "--keep-formats"], "leave --keep-formats out"),
        (["--to=out", "--keep-formats", "--resize=9"], "leave --keep-formats out"),
        (["--to=out", "--layout=zip"], '--layout="zip": write --layout=folders or'),
        (["--to=out", "--split=0.8,0.3"], '--split="0.8,0.3": write two or three shares'),
        (["--to=out", "--split=0.99,0.005,0.005", "--max-images=2"], "images=2 is too few for 3"),
        (["--to=out", "--wnid=n01443537"], "no pictures of n01443537 are here"),
        (["--to=out", "--under=n01439121", "--wnid=n02110341"], "no pictures of these synsets"),
        (["--to=out", "--outdir=absent"], '--outdir="absent" is not a folder: choose another'),
    ],
)
def test_what_cannot_be_is_refused_before_anything_is_written(
    here: Terminal, options: list[str], sentence: str
) -> None:
    assert sentence in here.refuses("export", "imagenet", *options)
    assert not (here.folder / "out").exists()


def test_a_folder_that_is_not_its_own_is_left_alone(here: Terminal) -> None:
    (here.folder / "out").mkdir()
    mine = here.folder / "out" / "thesis.txt"
    mine.write_text("mine")
    said = here.refuses("export", "imagenet", "--to=out")
    assert said == (
        f'"{here.folder}/out" is not empty, and it is not an export of ck-imagenet: choose '
        "another folder with --to=DIR"
    )
    said = here.refuses("export", "imagenet", "--to=out/thesis.txt")
    assert said == f'--to="{mine}" is not a folder: choose another'
    assert files(here.folder / "out") == {"thesis.txt": b"mine"}


def test_an_export_with_other_options_is_left_alone(here: Terminal) -> None:
    export(here, f"--wnid={WNID}", "--resize=16")
    before = files(here.folder / "out")
    assert here.refuses("export", "imagenet", "--to=out", "--resize=17", "--seed=1") == (
        f'"{here.folder}/out" has an export with --wnid={WNID}, --seed=0, --resize=16: give the '
        "same options, or choose another folder with --to=DIR"
    )
    assert files(here.folder / "out") == before


def test_a_newer_export_is_refused(here: Terminal) -> None:
    export(here)
    mark = here.folder / "out" / ".ck-imagenet.json"
    mark.write_text(json.dumps({**json.loads(mark.read_text()), "format": 2}))
    assert "written by a newer ck-imagenet" in here.refuses("export", "imagenet", "--to=out")


def test_what_a_user_has_added_stays(here: Terminal) -> None:
    export(here)
    note = here.folder / "out" / WNID / "note.txt"
    note.write_text("mine")
    here.says("rm", f"imagenet-{WNID}:dataset:*", "--force")
    assert "0 written now, 10 removed" in export(here)
    assert [name for name in files(here.folder / "out") if WNID in name] == [f"{WNID}/note.txt"]


@pytest.mark.parametrize("layout", ["webdataset", "parquet"])
def test_pictures_that_are_no_longer_in_shards_count_as_removed(
    here: Terminal, layout: str
) -> None:
    export(here, f"--layout={layout}", "--split=0.5,0.5")
    here.says("rm", f"imagenet-{WNID}:dataset:1", "--force")
    here.says("rm", f"imagenet-{WNID}:dataset:2", "--force")
    assert ", 2 removed, 9 to " in export(here, f"--layout={layout}", "--split=0.5,0.5")
    assert "  0 written now, 0 removed, " in export(here, f"--layout={layout}", "--split=0.5,0.5")


@pytest.mark.parametrize(
    ("layout", "own"),
    [
        ("folders", f"mine/{WNID}_99999.jpg"),
        ("flat", f"mine/{WNID}_99999.jpg"),
        ("webdataset", "data/my-000000.tar"),
        ("parquet", "data/my-00000.parquet"),
    ],
)
def test_what_a_user_keeps_in_places_of_his_own_stays(
    here: Terminal, layout: str, own: str
) -> None:
    export(here, f"--layout={layout}")
    kept = here.folder / "out" / own
    kept.parent.mkdir(exist_ok=True)
    kept.write_text("mine")
    export(here, f"--layout={layout}")
    assert kept.read_text() == "mine"


@pytest.mark.every_python
def test_a_gif_becomes_a_png_for_tools_that_read_no_gif(terminal: Terminal) -> None:
    plain = terminal.folder / "plain" / WNID
    plain.mkdir(parents=True)
    Image.new("P", (30, 20), 3).save(plain / f"{WNID}_1.gif")
    export(terminal, "--outdir=plain", "--link=hard")
    (name,) = names(terminal.folder / "out")
    assert name == f"{WNID}/{WNID}_1.png"
    with Image.open(terminal.folder / "out" / name) as image:
        assert (image.format, image.size) == ("PNG", (30, 20))


def test_a_png_that_others_refuse_for_its_text_is_exported_without_that(
    terminal: Terminal,
) -> None:
    plain = terminal.folder / "plain" / WNID
    plain.mkdir(parents=True)
    text = PngInfo()
    text.add_text("Comment", " " * 2**21, zip=True)
    Image.new("RGB", (30, 20), "red").save(plain / f"{WNID}_1.png", pnginfo=text)
    Image.new("RGB", (30, 20), "red").save(plain / f"{WNID}_2.png")
    wanted = ("--outdir=plain", "--link=hard")
    assert "  2 written now" in export(terminal, *wanted)
    for name in names(terminal.folder / "out"):
        with Image.open(terminal.folder / "out" / name) as image:
            assert image.getpixel((9, 9)) == (255, 0, 0)
    assert "  0 written now" in export(terminal, *wanted)


def told_labels(layout: str) -> list[str]:
    """Return what the summary tells of the labels of a single class."""
    told = "  labels: 0 in the order of wnids; classes.txt also has ILSVRC2012's"
    return [told, *["  labels in lists such as val.txt: of ILSVRC2012"][: layout == "flat"]]


@pytest.mark.parametrize("layout", ["folders", "flat", "webdataset", "parquet"])
def test_what_cannot_be_decoded_is_left_out_counted_and_named(
    terminal: Terminal, layout: str
) -> None:
    plain = terminal.folder / "plain" / WNID
    plain.mkdir(parents=True)
    for number in (1, 3, 4):
        Image.new("RGB", (30, 20)).save(plain / f"{WNID}_{number}.jpg")
    (plain / f"{WNID}_2.jpg").write_bytes(b"no picture")
    wanted = ("--to=out", "--outdir=plain", "--resize=9", f"--layout={layout}")
    for written in (3, 0):  # the second time nothing is new, and the same is told
        assert terminal.says("export", "imagenet", *wanted).splitlines() == [
            f"3 pictures of 1 synset are in {terminal.folder / 'out'}",
            f"  {written} written now, 0 removed",
            *told_labels(layout),
            "  re-encoded: 3 pictures, as JPEGs of quality 95",
            "  left out, because they cannot be decoded: 1 picture",
            f"    {WNID}_2: begins 'no picture'",
            f"  to set them aside, type: ck check imagenet --wnid={WNID} --outdir=plain --decode "
            "--repair",
        ]
    terminal.says("check", "imagenet", f"--wnid={WNID}", "--outdir=plain", "--decode", "--repair")
    assert "left out" not in terminal.says("export", "imagenet", *wanted)


def test_links_of_which_none_is_known_are_no_table(terminal: Terminal) -> None:
    """As of pictures of a copy that came without any list: `datasets` refuses an empty table."""
    plain = terminal.folder / "plain" / WNID
    plain.mkdir(parents=True)
    Image.new("RGB", (30, 20)).save(plain / f"{WNID}_1.jpg")
    wanted = ("--to=out", "--outdir=plain", "--layout=links")
    assert "no links of these synsets are known" in terminal.refuses("export", "imagenet", *wanted)
    assert not (terminal.folder / "out" / "links.csv").exists()


@pytest.mark.parametrize("layout", ["folders", "webdataset"])
def test_an_export_of_no_picture_that_can_be_decoded_is_an_error(
    terminal: Terminal, layout: str
) -> None:
    plain = terminal.folder / "plain" / WNID
    plain.mkdir(parents=True)
    (plain / f"{WNID}_1.jpg").write_bytes(b"no picture")
    wanted = ("--to=out", "--outdir=plain", "--resize=9", f"--layout={layout}")
    assert terminal.refuses("export", "imagenet", *wanted) == (
        f"none of these pictures can be decoded, such as {WNID}_1 (begins 'no picture'). Set them "
        f"aside with: ck check imagenet --wnid={WNID} --outdir=plain --decode --repair"
    )


def test_a_class_that_has_lost_all_pictures_of_a_part_is_named(here: Terminal) -> None:
    """Programs that count folders give labels to those that are there."""
    wanted = ("export", "imagenet", "--to=out", "--resize=9", "--split=0.5,0.5", "--max-images=2")
    assert here.json(*wanted)["export"]["lacking"] == []
    (lost,) = (here.folder / "out" / "val" / WNID).iterdir()
    source = here.repository() / "dataset" / lost.stem.partition("_")[2] / lost.name
    source.write_bytes(b"no picture")
    os.utime(source, (0, 0))
    said = here.says(*wanted)
    assert not lost.exists()
    assert (
        f"\n  no picture is left in: val/{WNID}\n"
        "  programs that count folders give other labels; metadata.csv has these\n"
    ) in said
    assert here.json(*wanted)["export"]["lacking"] == [f"val/{WNID}"]
    here.says("check", "imagenet", f"--wnid={WNID}", "--decode", "--repair")
    assert here.json(*wanted)["export"]["lacking"] == []


def hide_pyarrow(terminal: Terminal) -> None:
    hidden = "import sys; sys.modules['pyarrow'] = None"
    (terminal.folder / "sitecustomize.py").write_text(hidden)
    terminal.environment["PYTHONPATH"] = str(terminal.folder)


@pytest.mark.parametrize("layout", [row.name for row in LAYOUTS if not row.needs])
def test_a_layout_that_needs_no_package_is_written_without_any(here: Terminal, layout: str) -> None:
    hide_pyarrow(here)
    assert re.match("20 (pictures|links) of 2 synsets are", export(here, f"--layout={layout}"))


def test_without_pyarrow_parquet_says_what_to_type(here: Terminal) -> None:
    hide_pyarrow(here)
    said = here.refuses("export", "imagenet", "--to=out", "--layout=parquet")
    assert re.fullmatch(
        'the Python package "pyarrow" is missing; get it with: ".*" -m pip install pyarrow',
        said,
    )
    assert not (here.folder / "out").exists()


@pytest.mark.parametrize("layout", [row.name for row in LAYOUTS if row.name != "csv"])
@pytest.mark.every_python
def test_no_export_tells_where_anything_is_on_the_users_machine(
    terminal: Terminal, web: PracticeWeb, layout: str
) -> None:
    private = terminal.folder / "private"
    private.mkdir()
    links = [web.link(WNID, n, "good") for n in range(3)]
    (private / "mine.txt").write_text("".join(f"{link.name} {link.url}\n" for link in links))
    terminal.says(
        "download", f"imagenet:{WNID}", "--quiet", f"--urls={private}/mine.txt", "--outdir=private"
    )
    (journal,) = (private / WNID / ".ck-imagenet" / "journal").glob("*.jsonl")
    journal.write_text(journal.read_text().replace('"mine.txt"', f'"{private}/mine.txt"'))
    export(terminal, "--outdir=private", f"--layout={layout}")
    written = (path for path in (terminal.folder / "out").rglob("*") if path.is_file())
    exported = b"".join(path.read_bytes() for path in written)
    assert b"mine.txt" in exported
    assert str(terminal.folder).encode() not in exported


def test_an_export_of_an_earlier_version_goes_on(terminal: Terminal) -> None:
    """Its mark told the whole path of the folder that the pictures come from."""
    plain = terminal.folder / "plain" / WNID
    plain.mkdir(parents=True)
    Image.new("RGB", (30, 20)).save(plain / f"{WNID}_1.jpg")
    export(terminal, "--outdir=plain")
    mark = terminal.folder / "out" / ".ck-imagenet.json"
    told = json.loads(mark.read_text())
    assert told["export"]["outdir"].startswith("plain (")
    told["export"]["outdir"] = str(plain.parent)
    mark.write_text(json.dumps(told))
    export(terminal, "--outdir=plain")
    (terminal.folder / "other").mkdir()
    said = terminal.refuses("export", "imagenet", "--to=out", "--outdir=other")
    assert "no pictures of these synsets are here" in said or "--outdir=plain" in said
