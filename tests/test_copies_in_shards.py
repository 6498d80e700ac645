"""Copies that are cut into shards: shuffled samples, labels, what is read again."""

from __future__ import annotations

import base64
import gzip
import io
import json
import random
import shutil
import subprocess
import zlib
from contextlib import suppress
from pathlib import Path
from typing import Any, Mapping

import pytest
from braceexpand import braceexpand  # which webdataset names its shards with
from ck_imagenet.core.errors import BadInput, NoCopy
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.url_lists import expanded
from ck_imagenet.sources.copies import FinishedParts, named_copies
from ck_imagenet.sources.labels import Labels, read_labels, sorted_classes
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.journal import Journal
from ck_imagenet_practice import pictures
from peer import hosted
from tarballs import END, file, tar
from terminal import Terminal
from test_copies import DALMATIAN, WNID, here, importing, odd, picture, put, taken, zipped

SHARK = "n01484850"
CLASSES = (WNID, "n01443537", SHARK)


def sample(key: str, data: bytes, **said: Any) -> dict[bytes, bytes]:
    """Return a sample as WebDataset writes it, with what is said beside the picture."""
    found = {f"{key}.jpg".encode(): data}
    for extension, value in said.items():
        text = json.dumps(value) if isinstance(value, (dict, list)) else str(value)
        found[f"{key}.{extension}".encode()] = text.encode()
    return dict(sorted(found.items()))


def shards(folder: Path, numbers: Mapping[str, range], count: int = 3) -> str:
    """Write shards with these pictures, shuffled, and return what names all of them."""
    names = [(wnid, number) for wnid, range_ in numbers.items() for number in range_]
    random.Random(7).shuffle(names)
    for shard in range(count):
        files: dict[bytes, bytes] = {}
        for wnid, number in names[shard::count]:
            key = f"{wnid}_{number}"
            about = {"filename": f"{wnid}/{key}.JPEG", "label": 5}
            files.update(sample(key, picture(key), cls=5, json=about, txt="words", index=7))
        put(folder, {f"in-{shard:04}.tar": tar(files)})
    return str(folder / f"in-{{0000..{count - 1:04}}}.tar")


NUMBERS = {WNID: range(10), DALMATIAN: range(5), SHARK: range(3, 9)}
ALL = {f"{wnid}_{number}" for wnid, numbers in NUMBERS.items() for number in numbers}


class TestShards:
    """Many tars that are one copy."""

    def test_each_synset_has_one_summary_and_companions_are_not_odd(self, tmp_path: Path) -> None:
        done = taken(tmp_path, shards(tmp_path, NUMBERS))
        assert {each.wnid: (each.here, each.members, each.saved) for each in done.values()} == {
            wnid: (len(numbers),) * 3 for wnid, numbers in NUMBERS.items()
        }
        assert (set(here(tmp_path)), odd(done)) == (ALL, {})

    def test_the_journal_names_the_shard_and_status_has_a_summary(self, tmp_path: Path) -> None:
        taken(tmp_path, shards(tmp_path, NUMBERS))
        place = FolderStore(tmp_path / "out").synset(WNID)
        sources = {record.source for record in Journal.of(place).saved().values()}
        assert sources <= {"in-0000.tar", "in-0001.tar", "in-0002.tar"}
        assert not list(place.state.glob("saving-*"))

    def test_wildcards_and_lists_name_them_too(self, tmp_path: Path) -> None:
        shards(tmp_path, NUMBERS)
        for number, named in enumerate(("in-*.tar", "in-000[0-2].tar", "in-{0002,0000,0001}.tar")):
            folder = tmp_path / str(number)
            taken(folder, tmp_path / named)
            assert set(here(folder)) == ALL

    @pytest.mark.parametrize(
        "named",
        ["{0..10}", "{00..10}", "{8..010}", "{10..0}", "{0..9..4}", "{010..0..-3}", "{a,b}-{1..2}"],
    )
    def test_braces_mean_what_they_mean_to_webdataset(self, named: str) -> None:
        address = f"https://host/in-{named}.tar"
        assert expanded("--from", address) == list(braceexpand(address))

    @pytest.mark.parametrize("named", ["{{0..3}}", "{{a,b},c}", "{}", "{7}", "{a..c}", "{0..}"])
    def test_other_braces_are_refused(self, named: str) -> None:
        with pytest.raises(BadInput, match=r"write \{0000\.\.1023\} or \{train,val\} in braces"):
            expanded("--from", f"https://host/in-{named}.tar")

    def test_a_file_that_is_called_so_is_meant_itself(self, tmp_path: Path) -> None:
        put(tmp_path, {"a{0..9}[1].tar": tar({b"n01440764_1.jpg": picture("1")})})
        assert list(taken(tmp_path, tmp_path / "a{0..9}[1].tar")) == [WNID]

    @pytest.mark.parametrize("chosen", [{"wnid": (WNID,)}, {"under": ("n01482330",)}])
    def test_only_what_is_chosen_comes(self, tmp_path: Path, chosen: dict[str, Any]) -> None:
        named = shards(tmp_path, NUMBERS)
        (wnid,) = taken(tmp_path, named, **chosen)
        assert set(here(tmp_path)) == {name for name in ALL if name.startswith(wnid)}
        assert set(taken(tmp_path, named)) == set(NUMBERS)
        assert set(here(tmp_path)) == ALL

    def test_a_picture_twice_is_kept_once_and_other_bytes_of_its_number_are_odd(
        self, tmp_path: Path
    ) -> None:
        first = {**sample(f"{WNID}_1", picture("1")), **sample(f"{DALMATIAN}_1", picture("2"))}
        second = {**sample(f"{WNID}_1", picture("1")), **sample(f"{DALMATIAN}_1", picture("3"))}
        third = sample(f"{WNID}_9", picture("1"))
        files = {f"{n}.tar": tar(each) for n, each in enumerate((first, second, third))}
        put(tmp_path, files)
        done = taken(tmp_path, tmp_path / "{0..2}.tar")
        assert {path: len(data) for path, data in here(tmp_path).items()} == {
            f"{WNID}_1": len(picture("1")),
            f"{DALMATIAN}_1": len(picture("2")),
        }
        assert (done[WNID].failed, odd(done)) == ({Outcome.DUPLICATE: 2}, {"same-number": 1})

    def test_so_many_of_each_synset_and_no_more(self, tmp_path: Path) -> None:
        named = shards(tmp_path, NUMBERS)
        done = taken(tmp_path, named, max_images=4)
        assert {wnid: each.here for wnid, each in done.items()} == dict.fromkeys(NUMBERS, 4)
        assert {each.saved for each in taken(tmp_path, named).values()} == {6, 1, 2}


class TestReadAgain:
    """Which shards are read again, and which not."""

    @staticmethod
    def unread(folder: Path, named: str, **options: Any) -> set[str]:
        """Return the synsets of which nothing was read."""
        return {each.wnid for each in taken(folder, named, **options).values() if each.unread}

    def test_what_was_read_to_its_end_is_not_read_again(self, tmp_path: Path) -> None:
        named = shards(tmp_path, NUMBERS)
        taken(tmp_path, named)
        assert self.unread(tmp_path, named) == set(NUMBERS)
        assert self.unread(tmp_path, named, wnid=(WNID,)) == {WNID}
        assert self.unread(tmp_path, named, retry_failed="yes") == set()

    def test_of_a_run_that_ended_early_only_the_rest_is_read(self, tmp_path: Path) -> None:
        named = shards(tmp_path, NUMBERS)
        whole = (tmp_path / "in-0002.tar").read_bytes()
        put(tmp_path, {"in-0002.tar": whole[:2000]})
        taken(tmp_path, named)
        put(tmp_path, {"in-0002.tar": whole})
        done = taken(tmp_path, named)
        assert set(here(tmp_path)) == ALL
        assert sum(each.members for each in done.values()) == len(ALL) // 3

    def test_two_runs_at_once_remember_what_both_have_read(self, tmp_path: Path) -> None:
        shards(tmp_path, NUMBERS, 4)
        store = FolderStore(tmp_path / "out")
        halves = [
            named_copies(f"{tmp_path}/in-{half}.tar", ())
            for half in ("{0000..0001}", "{0002..0003}")
        ]
        first, second = [FinishedParts(store, copy) for (copy,) in halves]
        for finished, ((copy,), at) in zip((first, second, first), zip(halves * 2, (0, 0, 1))):
            finished.add(copy.parts[at], ())
        (whole,) = named_copies(f"{tmp_path}/in-*.tar", ())
        assert FinishedParts(store, whole).parts() == set(whole.parts[:3])

    def test_a_synset_that_was_not_wanted_then_is_read(self, tmp_path: Path) -> None:
        named = shards(tmp_path, NUMBERS)
        taken(tmp_path, named, wnid=(WNID,))
        assert self.unread(tmp_path, named, wnid=(WNID, SHARK)) == set()
        assert {name[:9] for name in here(tmp_path)} == {WNID, SHARK}

    @pytest.mark.parametrize("lost", [f"{WNID}/{WNID}_3.jpg", SHARK])
    def test_when_anything_is_lost_they_are_read_again(self, tmp_path: Path, lost: str) -> None:
        named = shards(tmp_path, NUMBERS)
        taken(tmp_path, named)
        path = tmp_path / "out" / lost
        shutil.rmtree(path) if path.is_dir() else path.unlink()
        assert self.unread(tmp_path, named) == set()
        assert set(here(tmp_path)) == ALL

    def test_a_shard_of_another_size_is_another(self, tmp_path: Path) -> None:
        named = shards(tmp_path, NUMBERS)
        taken(tmp_path, named)
        more = tar({b"n01440764_77.jpg": picture("77")})
        put(tmp_path, {"in-0001.tar": (tmp_path / "in-0001.tar").read_bytes()[: -len(END)] + more})
        taken(tmp_path, named)
        assert set(here(tmp_path)) == {*ALL, f"{WNID}_77"}

    def test_what_nobody_could_tell_then_is_read_when_labels_tell_it(self, tmp_path: Path) -> None:
        for shard in range(2):
            files = sample("000000001", picture(str(shard)), cls=shard)
            put(tmp_path, {f"key-{shard}.tar": tar(files)})
        with pytest.raises(NoCopy, match="its synset is not known"):
            taken(tmp_path, tmp_path / "key-{0..1}.tar")
        assert set(taken(tmp_path, tmp_path / "key-{0..1}.tar", ilsvrc2012=True)) == {
            WNID,
            "n01443537",
        }

    def test_a_shard_that_is_not_there_keeps_the_others_from_nothing(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setenv("no_proxy", "*")
        kept = {f"/{n}.tar": tar(sample(f"{WNID}_{n}", picture(str(n)))) for n in (0, 2)}
        with hosted(kept) as host:
            found = importing(tmp_path, f"{host}/{{0..2}}.tar")
            assert next(found).odd.counts == {}  # what is not there is not cut
            with pytest.raises(NoCopy, match=r"1\.tar. cannot be downloaded: the host says"):
                next(found)
            assert set(here(tmp_path)) == {f"{WNID}_0", f"{WNID}_2"}

    def test_notes_that_are_damaged_cost_no_more_than_reading_again(self, tmp_path: Path) -> None:
        named = shards(tmp_path, NUMBERS)
        notes = tmp_path / "out" / ".ck-imagenet" / "parts.json"
        for spoilt in (b"", b"[]", b'{"runs": 5}', b'{"runs": [{"read": [], "found": [1]}]}'):
            put(notes.parent, {"parts.json": spoilt})
            assert self.unread(tmp_path, named) == set()
            assert set(here(tmp_path)) == ALL

    def test_a_run_that_is_killed_is_gone_on_with(self, terminal: Terminal) -> None:
        many = {wnid: range(15) for wnid in (WNID, DALMATIAN, SHARK)}
        command = ("download", "imagenet", f"--from={shards(terminal.folder, many)}")
        chance = random.Random(3)
        for _ in range(6):
            process = terminal.start(*command)
            with suppress(subprocess.TimeoutExpired):
                process.communicate(timeout=chance.uniform(0.02, 0.5))
            process.kill()
            process.communicate()
        terminal.says(*command)
        assert {wnid: len(terminal.pictures(wnid)) for wnid in many} == dict.fromkeys(many, 15)
        assert not list(terminal.repos.rglob(".new-*"))
        again = terminal.json(*command)["synsets"]
        assert [bool(each["unread"]) for each in again] == [True] * 3


class TestKeys:
    """Samples whose names are only numbers."""

    @staticmethod
    def put_keys(folder: Path, **said: Any) -> Path:
        files: dict[bytes, bytes] = {}
        for key in range(4):
            told = {name: value[key] for name, value in said.items()}
            files.update(sample(f"{key:09}", picture(str(key)), **told))
        return put(folder, {"keys.tar": tar(files)}) / "keys.tar"

    def test_a_label_counts_when_the_thousand_classes_are_said(self, tmp_path: Path) -> None:
        copy = self.put_keys(tmp_path, cls=[0, 1, 2, 0])
        done = taken(tmp_path, copy, ilsvrc2012=True)
        assert {wnid: each.here for wnid, each in done.items()} == dict(zip(CLASSES, (2, 1, 1)))

    def test_without_that_nothing_is_guessed(self, tmp_path: Path) -> None:
        copy = self.put_keys(tmp_path, cls=[0, 1, 2, 0])
        with pytest.raises(NoCopy) as refused:
            taken(tmp_path, copy)
        assert str(refused.value).endswith(
            "its synset is not known; --labels can tell it (000000000.jpg, 000000001.jpg, "
            "000000002.jpg). If the synsets are given as numbers: --ilsvrc2012 means the "
            "positions in the sorted order of its 1,000 synsets; --labels=FILE is your own list, "
            "with one wnid on each line, from number 0 on. For the validation pictures of "
            "ILSVRC2012, --labels=FILE is val.txt, Kaggle's LOC_val_solution.csv or the devkit"
        )

    def test_a_file_of_classes_tells_whose_the_labels_are(self, tmp_path: Path) -> None:
        copy = self.put_keys(tmp_path, cls=[0, 1, 1, 2])
        put(tmp_path, {"classes.txt": f"{SHARK} shark\n{DALMATIAN} dog, hound\n".encode()})
        done = taken(tmp_path, copy, labels=str(tmp_path / "classes.txt"))
        assert {wnid: each.here for wnid, each in done.items()} == {SHARK: 1, DALMATIAN: 2}
        assert odd(done) == {"no-label": 1}

    def test_what_lies_beside_may_tell_it_all(self, tmp_path: Path) -> None:
        told = [
            {"filename": f"{WNID}/{WNID}_5.JPEG", "label": 2},
            {"wnid": DALMATIAN},
            {"label": True, "filename": 7, "wnid": ["x"]},
            {"synset": SHARK, "key": "000000003"},
        ]
        done = taken(tmp_path, self.put_keys(tmp_path, json=told))
        assert {wnid: each.here for wnid, each in done.items()} == {WNID: 1, DALMATIAN: 1, SHARK: 1}
        assert f"{WNID}_5" in here(tmp_path)
        assert odd(done) == {"no-label": 1}

    def test_the_picture_may_come_before_or_behind_what_tells_of_it(self, tmp_path: Path) -> None:
        data = b"".join(
            [
                *(file(b"1.jpg", picture("1")), file(b"1.wnid", WNID.encode() + b"\n")),
                *(file(b"2.synset", WNID.encode()), file(b"2.jpg", picture("2"))),
                *(file(b"3.jpg", picture("3")), file(b"4.cls", b"0"), file(b"5.info.json", b"{}")),
                END,
            ]
        )
        done = taken(tmp_path, put(tmp_path, {"a.tar": data}) / "a.tar")
        assert (done[WNID].here, odd(done)) == (2, {"other-name": 3})

    def test_validation_pictures_keep_their_numbers_whoever_tells_their_synset(
        self, tmp_path: Path
    ) -> None:
        names = [f"ILSVRC2012_val_0000000{n}" for n in range(5)]
        told: list[dict[str, Any]] = [
            {"json": {"filename": f"{SHARK}/{names[0]}.JPEG"}},
            {"cls": 1},
            {"json": {"label": 0}},
            {},
        ]
        files: dict[bytes, bytes] = {}
        for name, said in zip(names, told):
            files.update(sample(name, picture(name), **said))
        files.update(sample("4", picture("4"), json={"filename": f"{names[4]}.JPEG"}, cls=0))
        done = taken(tmp_path, put(tmp_path, {"a.tar": tar(files)}) / "a.tar", ilsvrc2012=True)
        numbers = ((SHARK, 0), ("n01443537", 1), (WNID, 2), (WNID, 4))
        assert set(here(tmp_path)) == {f"{wnid}_90000000{n}" for wnid, n in numbers}
        assert odd(done) == {"no-label": 1}

    def test_what_is_hostile_beside_a_picture_harms_nothing(self, tmp_path: Path) -> None:
        deep = b"[" * 60_000
        said = [deep, b'{"label": 1' + b"0" * 5000 + b"}", b"\xff" * 999, b"x" * 2**17]
        files: dict[bytes, bytes] = {}
        for key, data in enumerate(said):
            files.update({b"%d.jpg" % key: picture(str(key)), b"%d.json" % key: data})
            files[b"%d.cls" % key] = b"9" * 9 if key % 2 else b"-1"
        files[b"n01440764_1.jpg"] = picture("last")
        done = taken(tmp_path, put(tmp_path, {"a.tar": tar(files)}) / "a.tar", ilsvrc2012=True)
        assert (done[WNID].here, odd(done)) == (1, {"no-label": 4})


VALIDATION = {f"ILSVRC2012_val_{n:08}.JPEG": pictures.picture(f"/val/{n}.jpg") for n in (1, 2)}
NONE_OF_THEM = (
    "has none of LOC_val_solution.csv, val.txt and ILSVRC2012_validation_ground_truth.txt"
)
TOLD = {"ILSVRC2012_val_00000001": SHARK, "ILSVRC2012_val_00000002": WNID}


META = b"MATLAB 5.0 MAT-file".ljust(124) + b"\0\1IM"
META += base64.b85decode(
    "4*&oF6afGLc%0*7U|@K_#=rnX3>-kr!~g-TP(CvdGeR*t5EobG6{nUI1Lav51fk*`K<w!g92VqkWMF6%"
    "@96?EAlwf^!$Em|QA#ngKzdGoF^WK5X>NRSMrKY*QEDDo0EGiHBQLciJ|i_VJ);DwrKBh^GcP_fH!(f6"
    "n1K%{Xu*K+4;z|)7?Cgta6-i);DbF#zXOtf7A*QXk@O2d`FRG0CME{vW+qT^ba!AghYigf5I<2NEweZS"
    "qMwjExX|>2_{E8tDGK>%3YjI?-9cJ-K=d0B(9eLTpIY{ktv_Ij1BLcGke?2W3=Iv8O$>4PV>BI*ZtuXQ"
    "0}cw(fuV_oiG`^F4u6cM1JdoKBpm<%Y=%n*"
)
"""What SciPy writes of three synsets in the form of the devkit's meta.mat."""


class TestLabels:
    """Files that tell the synsets of ILSVRC2012's validation pictures."""

    @pytest.mark.parametrize(
        "text",
        [
            "ILSVRC2012_val_00000001.JPEG 2\nILSVRC2012_val_00000002.JPEG 0\n",
            "val/ILSVRC2012_val_00000001.JPEG\t2\r\n\r\nILSVRC2012_val_00000002.JPEG\t0\r\n",
            f"ILSVRC2012_val_00000001.JPEG {SHARK}\nILSVRC2012_val_00000002 {WNID}\n",
            "ImageId,PredictionString\n"
            f"ILSVRC2012_val_00000002,{WNID} 85 1 499 272 \n"
            f'ILSVRC2012_val_00000001,"{SHARK} 1 2 3 4 {SHARK} 5 6 7 8"\n',
            f'\ufeff"ILSVRC2012_val_00000001.JPEG","{SHARK}"\n"ILSVRC2012_val_00000002",0\n',
        ],
    )
    def test_names_with_labels_or_wnids_in_tar_folder_and_zip(
        self, tmp_path: Path, text: str
    ) -> None:
        put(tmp_path, {"labels": text.encode()})
        assert read_labels(str(tmp_path / "labels"), False).of_names == TOLD
        put(tmp_path, {"val.tar": tar({k.encode(): v for k, v in VALIDATION.items()})})
        put(tmp_path / "val", VALIDATION)
        put(tmp_path, {"val.zip": zipped(VALIDATION)})
        for name in ("val.tar", "val", "val.zip"):
            done = taken(tmp_path / f"of-{name}", tmp_path / name, labels=str(tmp_path / "labels"))
            assert set(here(tmp_path / f"of-{name}")) == {f"{SHARK}_900000001", f"{WNID}_900000002"}
            assert odd(done) == {}

    def test_a_wnid_a_line_of_all_pictures_or_of_all_classes(self, tmp_path: Path) -> None:
        lines = [CLASSES[n % 3] for n in range(50_000)]
        put(tmp_path, {"all": "\n".join(lines).encode(), "few": "\n".join(CLASSES).encode()})
        told = read_labels(str(tmp_path / "all"), False)
        assert (told.of_names["ILSVRC2012_val_00000001"], len(told.of_names)) == (WNID, 50_000)
        assert read_labels(str(tmp_path / "few"), False) == Labels(CLASSES, {})
        put(
            tmp_path,
            {"json": json.dumps({str(n): [w, "x"] for n, w in enumerate(CLASSES)}).encode()},
        )
        assert read_labels(str(tmp_path / "json"), False).classes == CLASSES
        assert read_labels("", True).classes == sorted_classes()
        assert (len(sorted_classes()), sorted_classes()[65]) == (1000, "n01751748")

    @pytest.mark.parametrize(
        ("data", "sentence"),
        [
            (b"", "has no labels"),
            (b"a.jpg 1000\n", "line 1 has the label 1000, but labels count from 0 to 999"),
            (b"a.jpg 1\nwhat is this\n", "line 2 has no name and label, and no wnid: what is this"),
            (b"n01440764\na.jpg 1\n", "has no labels, or has them in two ways"),
            (b"490\n361\n171\n", "has the devkit's own ids, and there is no meta.mat"),
            (b'{"0": 7}', "is not a JSON object of labels"),
            (b"\x1f\x8b" + bytes(50), NONE_OF_THEM),
            (tar({b"x": b"y"}), NONE_OF_THEM),
            (zipped({"x": b"y"}), NONE_OF_THEM),
            (tar({b"val.txt": b"ILSVRC2012_val_00000001 1000\n"}), "line 1 has the label 1000"),
            (b"\n" + b"\0" * 9, "has no name and label"),
        ],
    )
    def test_what_tells_nothing_is_refused_with_what_suits(
        self, tmp_path: Path, data: bytes, sentence: str
    ) -> None:
        put(tmp_path, {"labels": data})
        with pytest.raises(BadInput) as refused:
            read_labels(str(tmp_path / "labels"), False)
        assert sentence in str(refused.value)
        assert "LOC_val_solution.csv" in str(refused.value) or "object" in sentence

    def test_the_devkit_tells_it_as_scipy_reads_it(self, tmp_path: Path) -> None:
        with suppress(ImportError):
            from scipy.io import loadmat

            rows = loadmat(io.BytesIO(META), squeeze_me=True)["synsets"]
            told = {int(row["ILSVRC2012_ID"]): row["WNID"] for row in rows}
            assert told == {1: WNID, 2: DALMATIAN, 3: SHARK}
        plain = META[:128] + zlib.decompress(META[136:])
        for meta in (META, plain):
            truth = self.devkit(tmp_path, meta)
            for copy in (truth, tmp_path / "kit", tmp_path / "d.tar.gz"):
                names = read_labels(str(copy), False).of_names
                assert [names[f"ILSVRC2012_val_{n:08}"] for n in (1, 2, 3)] == [SHARK, WNID, WNID]

    def test_a_devkit_that_is_damaged_tells_the_truth_or_nothing(self, tmp_path: Path) -> None:
        """SciPy ends the process for some of these."""
        plain = META[:128] + zlib.decompress(META[136:])
        for at in range(0, len(plain), 29):
            for spoilt in (plain[:at], plain[:at] + b"\xff\0\xff" + plain[at + 3 :]):
                truth = self.devkit(tmp_path, spoilt)
                with suppress(BadInput):
                    assert set(read_labels(str(truth), False).of_names.values()) == {SHARK, WNID}

    def test_they_may_lie_in_a_folder_a_tar_or_a_zip_by_their_usual_names(
        self, tmp_path: Path
    ) -> None:
        """As Caffe and Kaggle give them; also in the copy itself, where other files lie."""
        val = "".join(f"{name}.JPEG {CLASSES.index(wnid)}\n" for name, wnid in TOLD.items())
        solution = "".join(f"{name},{wnid} 1 2 3 4\n" for name, wnid in TOLD.items())
        other = {"ILSVRC/ImageSets/CLS-LOC/val.txt": b"ILSVRC2012_val_00000001 1\n"}
        put(tmp_path / "aux", {"val.txt": val.encode(), "train.txt": b"n01440764_1.JPEG 0\n"})
        files = {f"./{each.name}": each.read_bytes() for each in (tmp_path / "aux").iterdir()}
        packed = gzip.compress(tar({name.encode(): data for name, data in files.items()}))
        kaggle = {**other, **VALIDATION, "LOC_val_solution.csv": solution.encode()}
        put(tmp_path, {"caffe_ilsvrc12.tar.gz": packed, "kaggle.zip": zipped(kaggle)})
        put(tmp_path / "kaggle", kaggle)
        for name in ("aux", "caffe_ilsvrc12.tar.gz", "kaggle.zip", "kaggle"):
            assert read_labels(str(tmp_path / name), False).of_names == TOLD, name

    @staticmethod
    def devkit(folder: Path, meta: bytes) -> Path:
        truth = "ILSVRC2012_validation_ground_truth.txt"
        data = put(folder / "kit" / "data", {truth: b"3\n1\n1\n", "meta.mat": meta})
        inside = {
            f"ILSVRC2012_devkit_t12/data/{each.name}": each.read_bytes() for each in data.iterdir()
        }
        packed = gzip.compress(tar({name.encode(): each for name, each in inside.items()}))
        put(folder, {"d.tar.gz": packed})
        return data / truth

    def test_labels_alone_mean_nothing(self, tmp_path: Path) -> None:
        with pytest.raises(BadInput, match="--labels needs --from"):
            taken(tmp_path, "", labels="x", wnid=(WNID,))
