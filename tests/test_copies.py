"""Copies that people have, in plain folders: of folders, zips and tars pictures come."""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import os
import sys
import tempfile
import threading
import tracemalloc
import zipfile
from contextlib import suppress
from pathlib import Path
from typing import Any, Iterator, Mapping

import ck_imagenet
import pytest
from ck_imagenet.commands.download import run as download
from ck_imagenet.core.actions import DownloadOptions
from ck_imagenet.core.errors import BadInput, ImagenetError, NoCopy, StoreError
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName, Progress
from ck_imagenet.core.url_lists import Line
from ck_imagenet.engine.synset_import import Imported
from ck_imagenet.images.judging import judge
from ck_imagenet.sources import tars
from ck_imagenet.sources.tars import SkipReason
from ck_imagenet.sources.url_archive import ArchiveSource
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.journal import Journal
from ck_imagenet_practice import PracticeWeb, pictures
from hypothesis import given, settings
from hypothesis import strategies as st
from tarballs import tar

WNID, DALMATIAN = "n01440764", "n02110341"


def picture(name: str) -> bytes:
    return pictures.picture(f"/copy/{name}.jpg")


def imported(
    options: DownloadOptions, store: FolderStore, archive: ArchiveSource | None = None
) -> Iterator[Imported]:
    """Yield what comes of the copies that options name."""
    done = download(options, store, Progress(), archive)
    return (each for each in done if isinstance(each, Imported))


def importing(folder: Path, copy: Path | str, **options: Any) -> Iterator[Imported]:
    """Yield what a copy brings into a folder."""
    return imported(DownloadOptions(from_=str(copy), **options), FolderStore(folder / "out"))


def taken(folder: Path, copy: Path | str, **options: Any) -> dict[str, Imported]:
    """Return what a copy brings into a folder, by synset."""
    found = list(importing(folder, copy, **options))
    assert len({each.wnid for each in found}) == len(found)
    return {each.wnid: each for each in found}


def here(folder: Path) -> dict[str, bytes]:
    return {path.stem: path.read_bytes() for path in (folder / "out").glob("n*/[!.]*")}


def odd(done: Mapping[str, Imported]) -> dict[str, int]:
    """Return what was odd, in all synsets together."""
    found: dict[str, int] = {}
    for each in done.values():
        for reason, count in each.odd.counts.items():
            found[reason.word] = found.get(reason.word, 0) + count
    return found


def put(folder: Path, files: Mapping[str, bytes]) -> Path:
    for name, data in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
    return folder


NAMED = {
    f"train/{WNID}/{WNID}_1.JPEG": picture("1"),
    f"train/{DALMATIAN}/{DALMATIAN}_2.JPEG": picture("2"),
    f"loose/{WNID}_3.jpg": picture("3"),
    f"val/{DALMATIAN}/ILSVRC2012_val_00000004.JPEG": picture("4"),
    f"hub/{WNID}_5_{WNID}.JPEG": picture("5"),
    f"hub/ILSVRC2012_val_00000006_{WNID}.JPEG": picture("6"),
}
TAKEN = {
    f"{WNID}_1": picture("1"),
    f"{DALMATIAN}_2": picture("2"),
    f"{WNID}_3": picture("3"),
    f"{DALMATIAN}_900000004": picture("4"),
    f"{WNID}_5": picture("5"),
    f"{WNID}_900000006": picture("6"),
}


VALIDATED = "ILSVRC2012_val_00000001"


class TestFolders:
    """Folders that people have unpacked."""

    def test_pictures_are_found_by_their_names_and_by_the_folders_of_classes(
        self, tmp_path: Path
    ) -> None:
        done = taken(tmp_path, put(tmp_path / "copy", NAMED))
        assert here(tmp_path) == TAKEN
        assert odd(done) == {}

    def test_a_picture_is_a_link_to_the_users_own_and_takes_no_room(self, tmp_path: Path) -> None:
        copy = put(tmp_path / "copy", {f"{WNID}_1.JPEG": picture("1")})
        taken(tmp_path, copy)
        own = tmp_path / "out" / WNID / f"{WNID}_1.jpg"
        assert own.samefile(copy / f"{WNID}_1.JPEG")

    def test_where_nothing_can_be_linked_pictures_are_copied(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> None:
            raise OSError(18, "Invalid cross-device link")

        monkeypatch.setattr(os, "link", refuse)
        taken(tmp_path, put(tmp_path / "copy", NAMED))
        assert here(tmp_path) == TAKEN

    def test_what_a_killed_run_had_linked_is_never_written_into(self, tmp_path: Path) -> None:
        copy = put(tmp_path / "copy", {f"{WNID}_1.JPEG": picture("1")})
        store = FolderStore(tmp_path / "out").synset(WNID)
        store.create()
        os.link(copy / f"{WNID}_1.JPEG", store.state / "new" / f".new-{WNID}_1.jpg")
        other = put(tmp_path / "other", {f"{WNID}_1.JPEG": picture("other")})
        taken(tmp_path, other)
        assert (copy / f"{WNID}_1.JPEG").read_bytes() == picture("1")

    def test_a_picture_of_a_class_without_a_number_keeps_the_one_that_it_gets(
        self, tmp_path: Path
    ) -> None:
        files = {f"{WNID}/a cat.jpg": picture("a"), f"{WNID}/b.jpg": picture("b")}
        taken(tmp_path, put(tmp_path / "copy", files))
        first = here(tmp_path)
        assert sorted(first.values()) == sorted(files.values())
        assert all(100_000_000 <= int(name[10:]) < 900_000_000 for name in first)
        again = taken(tmp_path, put(tmp_path / "moved", {f"{WNID}/z.jpg": picture("a")}))
        assert (again[WNID].saved, here(tmp_path)) == (0, first)

    def test_no_link_leads_out_of_it_or_in_a_circle(self, tmp_path: Path) -> None:
        outside = put(tmp_path / "outside", {f"{WNID}_1.JPEG": picture("1")})
        copy = put(tmp_path / "copy", {f"{WNID}/{WNID}_2.JPEG": picture("2")})
        (copy / f"{WNID}_1.JPEG").symlink_to(outside / f"{WNID}_1.JPEG")
        (copy / f"{WNID}_3.JPEG").symlink_to(copy / WNID / f"{WNID}_2.JPEG")
        (copy / f"{WNID}_4.JPEG").symlink_to("nowhere")
        (copy / "circle").symlink_to(copy / WNID)
        (copy / "away").symlink_to(outside)
        os.mkfifo(copy / f"{WNID}_5.JPEG")
        done = taken(tmp_path, copy)
        assert sorted(here(tmp_path)) == [f"{WNID}_3"]  # which comes first
        assert odd(done) == {"outside": 2, "unreadable": 1, "link": 1, "device": 1}
        assert done[WNID].failed == {Outcome.DUPLICATE: 1}

    def test_hidden_and_other_files_are_odd(self, tmp_path: Path) -> None:
        files = {f"{WNID}/.a.jpg": b"", f"{WNID}/._n01440764_1.JPEG": b"", f"{WNID}/README.md": b""}
        hidden = {f".git/{WNID}_7.jpg": picture("7")}
        copy = put(tmp_path / "copy", {**files, **hidden, f"{WNID}/{WNID}_1.JPEG": picture("1")})
        done = taken(tmp_path, copy)
        assert (odd(done), sorted(here(tmp_path))) == ({"other-name": 3}, [f"{WNID}_1"])

    def test_the_boxes_of_ilsvrcs_pictures_are_not_odd_wherever_they_lie(
        self, tmp_path: Path
    ) -> None:
        boxes = {f"Annotations/{name}.xml": b"<a/>" for name in (f"{WNID}_1", VALIDATED)}
        copy = put(tmp_path / "copy", {**boxes, f"Data/{WNID}_1.JPEG": picture("1")})
        assert odd(taken(tmp_path, copy)) == {}

    def test_a_folder_of_the_tars_of_classes_is_read_as_the_tar_of_them_is(
        self, tmp_path: Path
    ) -> None:
        files = {f"{WNID}.tar": tar({b"n01440764_1.JPEG": picture("1")}), f"{DALMATIAN}.tar": b"x"}
        done = taken(tmp_path, put(tmp_path / "copy", files))
        assert (sorted(here(tmp_path)), odd(done)) == ([f"{WNID}_1"], {"garbage": 1})

    @pytest.mark.parametrize("ending", [".tar", ".zip", ".tar.xz"])
    def test_of_a_folder_of_shards_it_is_said_how_they_are_named(
        self, tmp_path: Path, ending: str
    ) -> None:
        copy = put(tmp_path / "copy", {f"in-0{ending}": b"", f"in-1{ending}": b""})
        with pytest.raises(NoCopy) as refused:
            taken(tmp_path, copy)
        hint = f'. To read what is packed in it: --from="{copy}/*{ending}"'
        assert str(refused.value).endswith(hint)

    def test_the_folder_of_one_class_is_enough(self, tmp_path: Path) -> None:
        copy = put(tmp_path / "copy", {f"{WNID}/1.jpg": picture("1"), f"{DALMATIAN}/2.jpg": b""})
        assert list(taken(tmp_path, copy / WNID)) == [WNID]

    def test_only_the_synsets_that_are_named_come(self, tmp_path: Path) -> None:
        done = taken(tmp_path, put(tmp_path / "copy", NAMED), wnid=(DALMATIAN,))
        assert sorted(here(tmp_path)) == [f"{DALMATIAN}_2", f"{DALMATIAN}_900000004"]
        assert odd(done) == {"other-synset": 4}


def zipped(files: Mapping[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", method) as archive:
        for name, data in files.items():
            archive.writestr(name, data)
    return held.getvalue()


class TestZips:
    """Zips, good and hostile."""

    @pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
    def test_pictures_are_found_as_in_folders(self, tmp_path: Path, method: int) -> None:
        files = {f"ILSVRC/Data/CLS-LOC/{name}": data for name, data in NAMED.items()}
        put(tmp_path, {"kaggle.zip": zipped({"a/": b"", **files}, method)})
        assert odd(taken(tmp_path, tmp_path / "kaggle.zip")) == {}
        assert here(tmp_path) == TAKEN

    def test_a_large_zip_and_one_with_something_before_it_are_read(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10)
        monkeypatch.setattr(zipfile, "ZIP_FILECOUNT_LIMIT", 1)
        data = zipped(NAMED)
        assert b"PK\6\6" in data
        put(tmp_path, {"large.zip": data, "before.zip": b"PK\3\4" + bytes(999) + data})
        for name in ("large.zip", "before.zip"):
            folder = tmp_path / name[:-4]
            assert odd(taken(folder, tmp_path / name)) == {}
            assert here(folder) == TAKEN

    @pytest.mark.parametrize("encoding", ["utf-8", "cp437"])
    def test_paths_are_told_as_they_are_whoever_wrote_them(
        self, tmp_path: Path, encoding: str
    ) -> None:
        wrote = "Ä".encode(encoding)
        place = b"@" * len(wrote)
        data = zipped({f"{place.decode()}/1.txt": b"x", f"{WNID}_1.JPEG": picture("1")})
        put(tmp_path, {"a.zip": data.replace(place + b"/1.", wrote + b"/1.")})
        (done,) = taken(tmp_path, tmp_path / "a.zip").values()
        assert done.odd.examples == {SkipReason.OTHER_NAME: ["Ä/1.txt"]}

    def test_the_tars_of_classes_in_it_are_read(self, tmp_path: Path) -> None:
        inner = tar({b"n01440764_%d.JPEG" % n: picture(str(n)) for n in range(5)})
        put(tmp_path, {"a.zip": zipped({f"train/{WNID}.tar": inner, "other.tar": inner})})
        assert taken(tmp_path, tmp_path / "a.zip")[WNID].saved == 5
        put(tmp_path, {"b.zip": zipped({"other.tar": inner})})
        with pytest.raises(NoCopy, match=r"other\.tar\)$"):  # which no command names
            taken(tmp_path, tmp_path / "b.zip")

    def test_what_is_no_file_of_ours_is_named(self, tmp_path: Path) -> None:
        data = bytearray(zipped({f"{WNID}_1.JPEG": picture("1"), f"{WNID}_2.JPEG": picture("2")}))
        entry = data.rindex(b"PK\1\2")
        data[entry + 8] |= 1  # encrypted
        put(tmp_path, {"encrypted.zip": bytes(data)})
        assert odd(taken(tmp_path, tmp_path / "encrypted.zip")) == {"encrypted": 1}
        files = {f"../{WNID}_1.JPEG": b"", f"/{WNID}_2.JPEG": b"", f"..\\{WNID}_3.JPEG": b""}
        put(tmp_path, {"out.zip": zipped({**files, f"{WNID}_4.JPEG": picture("4")})})
        assert odd(taken(tmp_path, tmp_path / "out.zip")) == {"outside": 3}
        put(tmp_path, {"lzma.zip": zipped({f"{WNID}_5.JPEG": picture("5")}, zipfile.ZIP_LZMA)})
        with pytest.raises(NoCopy, match="it is compressed in a way that cannot be undone here"):
            taken(tmp_path, tmp_path / "lzma.zip")

    @pytest.mark.parametrize("field", [16, 24, 42])
    def test_a_directory_that_lies_brings_no_picture(self, tmp_path: Path, field: int) -> None:
        """About checksum, size, and where the file is."""
        data = bytearray(zipped({f"{WNID}_1.JPEG": picture("1"), f"{WNID}_2.JPEG": picture("2")}))
        entry = data.index(b"PK\1\2") + field
        told = int.from_bytes(data[entry : entry + 4], "little")
        data[entry : entry + 4] = (told + 7).to_bytes(4, "little")
        put(tmp_path, {"a.zip": bytes(data)})
        done = taken(tmp_path, tmp_path / "a.zip")
        assert (odd(done), sorted(here(tmp_path))) == ({"damaged": 1}, [f"{WNID}_2"])

    def test_a_place_that_no_disk_has_is_damage(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(zipfile, "ZIP64_LIMIT", 10)
        data = bytearray(zipped({f"{WNID}_{n}.JPEG": picture(str(n)) for n in (1, 2)}))
        extra = data.rindex(b"PK\6\6")
        data[extra - 8 : extra] = b"\xff" * 8  # the offset of the last file
        put(tmp_path, {"a.zip": bytes(data)})
        done = taken(tmp_path, tmp_path / "a.zip")
        assert (odd(done), sorted(here(tmp_path))) == ({"damaged": 1}, [f"{WNID}_1"])

    def test_a_bomb_stays_small(self, tmp_path: Path) -> None:
        bomb = zipped({f"{WNID}_{n}.JPEG": bytes(200 * 2**20) for n in range(2)})
        small = bytearray(bomb)
        for start in (at for at in range(len(small) - 4) if small[at : at + 4] == b"PK\1\2"):
            small[start + 24 : start + 28] = (1000).to_bytes(4, "little")  # of 200 MB
        put(tmp_path, {"bomb.zip": bomb, "small.zip": bytes(small)})
        tracemalloc.start()
        with pytest.raises(NoCopy, match="larger than any picture"):
            taken(tmp_path, tmp_path / "bomb.zip")
        taken(tmp_path, tmp_path / "small.zip")
        assert tracemalloc.get_traced_memory()[1] < 2**25
        tracemalloc.stop()
        assert here(tmp_path) == {}

    def test_the_same_bytes_given_for_many_files_end_it(self, tmp_path: Path) -> None:
        data = zipped({f"{WNID}_1.JPEG": picture("1")}, zipfile.ZIP_STORED)
        at, end = data.index(b"PK\1\2"), data.index(b"PK\5\6")
        entries = data[at:end] * 1000
        tail = bytearray(data[end:])
        tail[12:16] = len(entries).to_bytes(4, "little")
        put(tmp_path, {"a.zip": data[:at] + entries + bytes(tail)})
        done = taken(tmp_path, tmp_path / "a.zip")
        assert (odd(done)["damaged"], done[WNID].members < 5) == (1, True)

    def test_wherever_a_zip_is_cut_there_is_a_sentence(self, tmp_path: Path) -> None:
        data = zipped(NAMED)
        for end in range(5, len(data), len(data) // 30):
            put(tmp_path, {"a.zip": data[:end]})
            with pytest.raises(NoCopy, match=r"the zip .* has no picture of ImageNet"):
                taken(tmp_path, tmp_path / "a.zip")

    def test_a_zip_that_comes_in_order_is_refused(self, tmp_path: Path) -> None:
        os.mkfifo(tmp_path / "pipe")

        def write() -> None:
            with suppress(BrokenPipeError):
                (tmp_path / "pipe").write_bytes(zipped(NAMED))

        threading.Thread(target=write).start()
        with pytest.raises(BadInput, match="is a zip, which is read from its end"):
            taken(tmp_path, tmp_path / "pipe")


class TestPackings:
    """Tars that are packed."""

    @staticmethod
    def packed(data: bytes) -> dict[str, bytes]:
        zstd = pytest.importorskip("backports.zstd" if sys.version_info < (3, 14) else "zlib")
        if sys.version_info >= (3, 14):
            from compression import zstd
        half = len(data) // 2
        return {
            "a.tar.bz2": bz2.compress(data),
            "b.tar.bz2": bz2.compress(data[:half]) + bz2.compress(data[half:]),
            "a.tar.xz": lzma.compress(data),
            "a.tar.zst": zstd.compress(data),
            "b.tar.zst": zstd.compress(data[:half]) + zstd.compress(data[half:]),
            # What pzstd writes before each stream, and what may fill up those of xz.
            "c.tar.zst": b"\x50\x2a\x4d\x18\4\0\0\0four" + zstd.compress(data),
            "b.tar.xz": lzma.compress(data[:half]) + bytes(8) + lzma.compress(data[half:]),
        }

    def test_each_is_unpacked(self, tmp_path: Path) -> None:
        members = {b"n01440764_%d.JPEG" % n: picture(str(n)) for n in range(3)}
        for name, data in self.packed(tar(members)).items():
            put(tmp_path, {name: data})
            done = taken(tmp_path / name[:-4] / name[-3:], tmp_path / name)
            assert (done[WNID].saved, odd(done)) == (3, {}), name

    def test_wherever_one_is_cut_or_damaged_it_ends_there(self, tmp_path: Path) -> None:
        members = {b"n01440764_%d.JPEG" % n: picture(str(n)) for n in range(3)}
        for name, data in self.packed(tar(members)).items():
            for end in (20, len(data) // 2, len(data) - 9):
                put(tmp_path, {name: data[:end] + bytes(40) if end % 2 else data[:end]})
                try:
                    done = taken(tmp_path / f"of {name}", tmp_path / name)
                except NoCopy as error:
                    assert "has no picture" in str(error)
                else:
                    assert done[WNID].here <= 3

    @pytest.mark.parametrize("begin", [b"\x28\xb5\x2f\xfd\xff", b"\xfd7zXZ\0", b"BZh"])
    def test_what_cannot_be_unpacked_is_not_called_incomplete(
        self, tmp_path: Path, begin: bytes
    ) -> None:
        put(tmp_path, {"a": begin + b"\xff" * 999})
        with pytest.raises(NoCopy, match="it is compressed in a way that cannot be undone here"):
            taken(tmp_path, tmp_path / "a")

    def test_without_the_package_for_zstd_a_sentence_names_it(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(tars, "zstd", lambda: None)
        put(tmp_path, {"a.tar.zst": b"\x28\xb5\x2f\xfd" + bytes(99)})
        with pytest.raises(BadInput, match=r"pip install backports\.zstd"):
            taken(tmp_path, tmp_path / "a.tar.zst")


def unpacked(folder: Path, data: bytes) -> list[Imported]:
    """Return what a tar brings into a folder."""
    return list(taken(folder, put(folder, {"some.tar": data}) / "some.tar").values())


class TestTars:
    """Tars, good and hostile."""

    def test_the_pictures_of_several_synsets_may_come_in_any_order(self, tmp_path: Path) -> None:
        names = [f"{wnid}_{number}" for number in (1, 2) for wnid in (WNID, DALMATIAN)]
        files = {name.encode() + b".JPEG": pictures.picture(name) for name in names}
        done = unpacked(tmp_path, tar(files))
        assert [(each.wnid, each.here, each.saved) for each in done] == [
            (WNID, 2, 2),
            (DALMATIAN, 2, 2),
        ]
        assert len(here(tmp_path)) == 4

    def test_a_picture_that_is_packed_in_its_tar_is_unpacked(self, tmp_path: Path) -> None:
        packed = gzip.compress(pictures.picture("x"))
        (done,) = unpacked(tmp_path, tar({b"n01440764_1.JPEG": packed}))
        assert (done.saved, here(tmp_path)) == (1, {f"{WNID}_1": pictures.picture("x")})

    def test_what_is_odd_is_told_with_the_synset_before_it_or_with_the_first(
        self, tmp_path: Path
    ) -> None:
        files = [b"README", b"n01440764_1.JPEG", b"n02110341_1.JPEG", b"LICENSE"]
        first, second = unpacked(tmp_path, tar({name: pictures.picture("x") for name in files}))
        assert first.odd.examples == {SkipReason.OTHER_NAME: ["README"]}
        assert second.odd.examples == {SkipReason.OTHER_NAME: ["LICENSE"]}
        assert second.facts()["odd"] == {"other-name": 1}

    def test_what_an_archive_knows_gives_pictures_their_urls(self, tmp_path: Path) -> None:
        class Known:
            source = "all"

            def lines(self, wnid: str) -> list[Line]:
                return [Line(0, ImageName(wnid, 5), f"http://a/{wnid}"), Line(1, None, "http://b/")]

            def counts(self) -> dict[str, int]:
                return {}

        (tmp_path / "some.tar").write_bytes(tar({b"n01440764_5.JPEG": pictures.picture("x")}))
        store = FolderStore(tmp_path / "out")
        options = DownloadOptions(from_=str(tmp_path / "some.tar"))
        assert [each.saved for each in imported(options, store, ArchiveSource(Known))] == [1]
        records = Journal.of(store.synset(WNID)).records
        assert {url: str(record.name) for url, record in records.items()} == {
            f"http://a/{WNID}": f"{WNID}_5"
        }

    def test_what_a_newer_version_knows_of_tars_is_not_touched(
        self, tmp_path: Path, web: PracticeWeb
    ) -> None:
        place = FolderStore(tmp_path).synset(WNID)
        place.create()
        (place.state / "tars.json").write_text(json.dumps({"format": 2}))
        options = DownloadOptions(
            wnid=(WNID,), source="winter21", accept_terms=True, winter21=web.tar_address()
        )
        with pytest.raises(StoreError, match="written by a newer ck-imagenet"):
            list(imported(options, FolderStore(tmp_path)))

    def test_members_are_judged_as_all_bytes_are(self, tmp_path: Path) -> None:
        files = {
            b"n01440764_1.JPEG": pictures.gigapixel("a.png"),
            b"n01440764_2.JPEG": pictures.pixel(),
            b"n01440764_3.JPEG": pictures.picture("a.png"),
            b"n01440764_4.JPEG": pictures.picture("a.jpg")[:-1000],
            b"n01440764_5.JPEG": b"",
        }
        (done,) = unpacked(tmp_path, tar(files))
        outcomes = [Outcome.TOO_LARGE, Outcome.TOO_SMALL, Outcome.TRUNCATED, Outcome.EMPTY]
        assert done.failed == dict.fromkeys(outcomes, 1)
        assert [path.name for path in (tmp_path / "out").glob("n*/[!.]*")] == ["n01440764_3.png"]


@settings(max_examples=60)
@given(data=st.data())
def test_whatever_becomes_of_a_tar_only_pictures_come_of_it(data: st.DataObject) -> None:
    """Bytes are changed, taken out, put in, doubled."""
    small = pictures.unlisted_placeholder()
    files = {b"n01440764_%d.JPEG" % n: small + bytes([n]) for n in range(4)}
    spoilt = bytearray(tar(files))
    for _ in range(data.draw(st.integers(0, 5))):
        place = data.draw(st.integers(0, len(spoilt) // 512)) * 512 + data.draw(st.integers(0, 511))
        length = data.draw(st.integers(0, 600))
        other = data.draw(st.binary(max_size=20)) * data.draw(st.integers(0, 40))
        spoilt[place : place + length] = other
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        try:
            done = unpacked(folder, bytes(spoilt))
        except ImagenetError:
            done = []
        found = here(folder)
        assert len(found) == (done[-1].here if done else 0)
        for picture in found.values():
            judge(picture)


@pytest.mark.parametrize("named", ["-", "s3://a/{0..1}.tar", "pipe:cat a.tar", "hf://datasets/a"])
def test_who_names_a_copy_as_other_programs_do_is_told_how_it_is_named(
    tmp_path: Path, named: str
) -> None:
    ways = "Copies are files, folders, URLs of http or https, and pipes as /dev/stdin"
    with pytest.raises(BadInput, match=f" cannot be read: No such file or directory. {ways}$"):
        taken(tmp_path, named)


@pytest.mark.parametrize("named", ["x" * 300, "x" * 300 + "{0..1}", "/x" * 3000])
def test_a_name_that_is_too_long_for_a_path_is_refused(tmp_path: Path, named: str) -> None:
    with pytest.raises(BadInput, match=" is not a path: File name too long"):
        taken(tmp_path, named)


def test_python_says_from_and_the_older_name_goes_on_working(tmp_path: Path) -> None:
    copy = put(tmp_path / "a copy", NAMED)
    ways: list[dict[str, Any]] = [{"from_": copy}, {"tar": copy}, {"tar": str(copy)}]
    for number, way in enumerate(ways):
        done = ck_imagenet.download(to=tmp_path / str(number), **way)
        assert (done.saved, done.here) == (len(NAMED), len(NAMED))
    with pytest.raises(BadInput, match="--from and --tar are the same: give one"):
        ck_imagenet.download(to=tmp_path / "x", from_=copy, tar=copy)
