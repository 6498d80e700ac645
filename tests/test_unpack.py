"""The job for tars, in plain folders."""

from __future__ import annotations

import gzip
import json
import tempfile
from pathlib import Path
from typing import Any

import pytest
from ck_imagenet.commands.download import run as download
from ck_imagenet.core.actions import DownloadOptions
from ck_imagenet.core.errors import ImagenetError, StoreError
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName, Progress
from ck_imagenet.core.url_lists import Line
from ck_imagenet.engine.tar_results import Unpacked
from ck_imagenet.images.judging import judge
from ck_imagenet.sources.tars import SkipReason
from ck_imagenet.sources.url_archive import ArchiveSource
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.journal import Journal
from ck_imagenet_practice import PracticeWeb, pictures
from hypothesis import given, settings
from hypothesis import strategies as st
from tarballs import tar

WNID, DALMATIAN = "n01440764", "n02110341"


def unpacked(folder: Path, data: bytes, **options: Any) -> list[Unpacked]:
    """Unpack a tar into a folder."""
    path = folder / "some.tar"
    path.write_bytes(data)
    wanted = DownloadOptions(from_=str(path), **options)
    return unpack(wanted, FolderStore(folder / "out"))


def unpack(
    options: DownloadOptions, store: FolderStore, archive: ArchiveSource | None = None
) -> list[Unpacked]:
    """Return what comes of the tars that options name."""
    done = download(options, store, Progress(), archive)
    return [each for each in done if isinstance(each, Unpacked)]


def here(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in (folder / "out").glob("n*/[!.]*")}


def test_the_pictures_of_several_synsets_may_come_in_any_order(tmp_path: Path) -> None:
    names = [f"{wnid}_{number}" for number in (1, 2) for wnid in (WNID, DALMATIAN)]
    files = {name.encode() + b".JPEG": pictures.picture(name) for name in names}
    done = unpacked(tmp_path, tar(files))
    assert [(each.wnid, each.here, each.saved) for each in done] == [
        (WNID, 2, 2),
        (DALMATIAN, 2, 2),
    ]
    assert len(here(tmp_path)) == 4


def test_a_picture_that_is_packed_in_its_tar_is_unpacked(tmp_path: Path) -> None:
    packed = gzip.compress(pictures.picture("x"))
    (done,) = unpacked(tmp_path, tar({b"n01440764_1.JPEG": packed}))
    assert (done.saved, here(tmp_path)) == (1, {f"{WNID}_1.jpg": pictures.picture("x")})


def test_what_is_odd_is_told_with_the_synset_before_it_or_with_the_first(tmp_path: Path) -> None:
    files = [b"README", b"n01440764_1.JPEG", b"n02110341_1.JPEG", b"LICENSE"]
    first, second = unpacked(tmp_path, tar({name: pictures.picture("x") for name in files}))
    assert first.odd.examples == {SkipReason.OTHER_NAME: ["README"]}
    assert second.odd.examples == {SkipReason.OTHER_NAME: ["LICENSE"]}
    assert second.facts()["odd"] == {"other-name": 1}


def test_what_an_archive_knows_gives_pictures_their_urls(tmp_path: Path) -> None:
    class Known:
        source = "all"

        def lines(self, wnid: str) -> list[Line]:
            return [Line(0, ImageName(wnid, 5), f"http://a/{wnid}"), Line(1, None, "http://b/")]

        def counts(self) -> dict[str, int]:
            return {}

    (tmp_path / "some.tar").write_bytes(tar({b"n01440764_5.JPEG": pictures.picture("x")}))
    store = FolderStore(tmp_path / "out")
    options = DownloadOptions(from_=str(tmp_path / "some.tar"))
    assert [each.saved for each in unpack(options, store, ArchiveSource(Known))] == [1]
    records = Journal.of(store.synset(WNID)).records
    assert {url: str(record.name) for url, record in records.items()} == {
        f"http://a/{WNID}": f"{WNID}_5"
    }


def test_what_a_newer_version_knows_of_tars_is_not_touched(
    tmp_path: Path, web: PracticeWeb
) -> None:
    place = FolderStore(tmp_path).synset(WNID)
    place.create()
    (place.state / "tars.json").write_text(json.dumps({"format": 2}))
    options = DownloadOptions(
        wnid=(WNID,), source="winter21", accept_terms=True, winter21=web.tar_address()
    )
    with pytest.raises(StoreError, match="written by a newer ck-imagenet"):
        unpack(options, FolderStore(tmp_path))


def test_members_are_judged_as_all_bytes_are(tmp_path: Path) -> None:
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
    assert list(here(tmp_path)) == ["n01440764_3.png"]


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
