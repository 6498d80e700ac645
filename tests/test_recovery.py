"""Pictures that are here and in no journal."""

from __future__ import annotations

import gzip
import hashlib
import io
from pathlib import Path
from typing import Any

import pytest
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.journal import Journal
from ck_imagenet.storage.records import Record
from ck_imagenet.storage.recovery import recover
from ck_imagenet.storage.store import SynsetStore
from kernel import run
from PIL import Image
from terminal import Terminal

WNID = "n01440764"


def jpeg(shade: int = 0) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (30, 20), (shade, 0, 0)).save(out, "JPEG")
    return out.getvalue()


@pytest.fixture
def place(tmp_path: Path) -> SynsetStore:
    """A synset in a folder."""
    place = FolderStore(tmp_path).synset(WNID)
    place.create()
    return place


def put(place: SynsetStore, name: str, data: bytes) -> Path:
    path = place.state.parent / name
    path.write_bytes(data)
    return path


def recovered(place: SynsetStore, named: dict[int, str]) -> tuple[list[Path], dict[str, Record]]:
    """Return what a run puts aside as it recovers, and the journal as the next run reads it."""
    journal = Journal(place.state / "journal")
    aside = recover(place, journal, {}, named, ())
    journal.close()
    return aside, Journal(place.state / "journal").records


def test_a_picture_that_an_old_script_has_left_packed_is_unpacked(place: SynsetStore) -> None:
    path = put(place, "n01440764_7.jpg", gzip.compress(jpeg()))
    other = put(place, "n01440764_8.jpg", gzip.compress(b"<html>a page</html>"))
    aside, records = recovered(place, {7: "http://a/7"})
    assert path.read_bytes() == jpeg()
    assert records["http://a/7"].sha256 == hashlib.sha256(jpeg()).hexdigest()
    assert [each.name for each in aside] == [other.name]
    assert gzip.decompress(aside[0].read_bytes()) == b"<html>a page</html>"


def test_a_picture_of_a_known_name_gets_its_line(place: SynsetStore) -> None:
    data = jpeg()
    put(place, "n01440764_7.jpg", data)
    aside, records = recovered(place, {7: "http://a/7", 8: "http://a/8"})
    assert aside == []
    record = records.pop("http://a/7")
    assert records == {}
    assert record == Record(
        ImageName(WNID, 7),
        "http://a/7",
        Outcome.SAVED,
        record.time,
        source="found here",
        sha256=hashlib.sha256(data).hexdigest(),
        bytes=len(data),
        width=30,
        height=20,
        image_format="jpeg",
    )


def test_a_second_time_there_is_nothing_to_recover(place: SynsetStore) -> None:
    put(place, "n01440764_7.jpg", jpeg())
    first = recovered(place, {7: "http://a/7"})
    assert recovered(place, {7: "http://a/7"}) == first


def test_a_picture_of_an_unknown_url_is_known_by_its_name(place: SynsetStore) -> None:
    path = put(place, "n01440764_7.jpg", jpeg())
    aside, records = recovered(place, {})
    assert aside == []
    assert list(records) == ["n01440764_7"]
    assert records["n01440764_7"].name == ImageName(WNID, 7)
    assert path.read_bytes() == jpeg()


def test_it_has_its_url_as_soon_as_that_is_known(place: SynsetStore) -> None:
    put(place, "n01440764_7.jpg", jpeg())
    _, before = recovered(place, {})
    _, after = recovered(place, {7: "http://a/7"})
    assert list(after) == ["http://a/7"]
    known = before["n01440764_7"]
    assert after["http://a/7"] == known._replace(url="http://a/7", time=after["http://a/7"].time)
    assert recovered(place, {}) == ([], after)


@pytest.mark.parametrize("data", [b"", b"<html>gone</html>", jpeg()[:-20]])
def test_what_is_no_picture_is_put_aside_and_not_lost(place: SynsetStore, data: bytes) -> None:
    path = put(place, "n01440764_7.jpg", data)
    aside, records = recovered(place, {7: "http://a/7"})
    assert aside == [place.state / "no-pictures" / "n01440764_7.jpg"]
    assert aside[0].read_bytes() == data
    assert records == {}
    assert not path.exists()
    assert place.pictures() == {}


def test_what_the_journal_knows_is_not_even_read(place: SynsetStore) -> None:
    put(place, "n01440764_7.jpg", jpeg())
    before = recovered(place, {7: "http://a/7"})
    put(place, "n01440764_7.jpg", b"spoilt since, which is for check to find")
    assert recovered(place, {7: "http://a/7"}) == before


def test_a_url_saved_under_another_number_is_not_recovered_again(
    place: SynsetStore,
) -> None:
    put(place, "n01440764_7.jpg", jpeg())
    recovered(place, {7: "http://a/7"})
    put(place, "n01440764_9.jpg", jpeg(9))
    _, records = recovered(place, {9: "http://a/7"})
    assert {url: record.name.number for url, record in records.items()} == {"http://a/7": 7}


def test_of_two_pictures_of_one_url_the_first_is_recovered(place: SynsetStore) -> None:
    for number in (7, 9):
        put(place, f"n01440764_{number}.jpg", jpeg(number))
    _, records = recovered(place, {7: "http://a/7", 9: "http://a/7"})
    assert {url: record.name.number for url, record in records.items()} == {"http://a/7": 7}


def test_a_picture_that_is_here_after_all_is_no_failure_any_more(place: SynsetStore) -> None:
    journal = Journal(place.state / "journal")
    journal.append(Record(ImageName(WNID, 7), "http://a/7", Outcome.GONE, "2020"))
    journal.close()
    put(place, "n01440764_7.jpg", jpeg())
    _, records = recovered(place, {7: "http://a/7"})
    assert records["http://a/7"].outcome is Outcome.SAVED


def test_what_is_told_of_a_picture_tells_its_url_as_soon_as_that_is_known(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, {})
    meta = run(
        terminal,
        """
from ck_imagenet.storage.recovery import recover
from ck_imagenet.storage.journal import Journal

place = CkStore(ck).synset("n01440764")
place.create()
journal = Journal.of(place)
record, _, _ = picture(9981, "n01440764_9981")
record = record._replace(source="n01440764.tar")
place.save(record, bytes.fromhex(given["jpeg"]), "jpg")
journal.append(record)
recover(place, journal, {}, {9981: "http://a/9981"}, ())
journal.close()
result = json.loads((place.pictures()[9981].parent / ".cm" / "meta.json").read_text())
""",
        jpeg=jpeg().hex(),
    )
    assert "http://a/9981" in meta["tags"]
    assert meta["imagenet"]["url"] == "http://a/9981"
    assert meta["imagenet"]["source"] == "n01440764.tar"


def test_a_repository_made_by_hand_is_recovered_with_the_urls_of_its_tags(tmp_path: Path) -> None:
    terminal = Terminal(tmp_path, {})
    terminal.says("add", f"repo:imagenet-{WNID}", "--quiet")
    for number, data in ((9981, jpeg()), (9982, b"<html>")):
        entry = f"imagenet-{WNID}:dataset:{number}"
        terminal.says("add", entry, f"--tags=imagenet,{WNID},{number},http://a.example/{number}")
        file = Path(terminal.says("find", entry).strip()) / f"{WNID}_{number}.jpg"
        file.write_bytes(data)
    aside, saved = run(
        terminal,
        """
from ck_imagenet.storage.recovery import recover
from ck_imagenet.storage.journal import Journal

place = CkStore(ck).synset("n01440764")
place.create()
place.mend()
journal = Journal(place.state / "journal")
aside = recover(place, journal, {}, {9981: "http://another.example/"}, ())
journal.close()
result = [path.name for path in aside], {n: record.url for n, record in journal.saved().items()}
""",
    )
    assert aside == ["n01440764_9982.jpg"]
    assert saved == {"9981": "http://a.example/9981"}


# A picture is saved, and the run is killed before it writes that down; then the next one comes.
KILLED = """
from ck_imagenet.storage.recovery import recover
from ck_imagenet.storage.journal import Journal

place = CkStore(ck).synset("n01440764")
place.create()
data = bytes.fromhex(given["jpeg"])
record, _, extension = picture(given["number"], given["url"], data=data)
record = record._replace(source="wayback", final_url="http://b/web/", captured="2010-05-21")
place.save(record, data, extension)
if given["other"]:
    place.pictures()[given["number"]].write_bytes(bytes.fromhex(given["other"]))
before = place.pictures()[given["number"]].parent.joinpath(".cm", "meta.json").read_text()
place.mend()
journal = Journal.of(place)
recover(place, journal, {9: "http://a/another"}, {int(n): u for n, u in given["true"].items()}, ())
journal.close()
(found,) = Journal.of(place).saved().values()
after = place.pictures()[given["number"]].parent.joinpath(".cm", "meta.json").read_text()
result = found == record, found.url, found.source, found.captured, after == before
"""


def after_a_kill(
    tmp_path: Path, url: str, true: dict[int, str], number: int = 9, other: bytes = b""
) -> Any:
    given = {"jpeg": jpeg(7).hex(), "other": other.hex(), "number": number, "url": url}
    return run(Terminal(tmp_path, {}), KILLED, true=true, **given)


def test_a_picture_whose_line_a_kill_has_cost_knows_where_it_comes_from(tmp_path: Path) -> None:
    url = "http://a/9,x?y=\xe4"
    found = after_a_kill(tmp_path, url, {9: "http://a/of-9"})
    assert found == [True, url, "wayback", "2010-05-21", True]


@pytest.mark.parametrize(("number", "name"), [(9, "n01440764_9"), (30, "n01440764_9")])
def test_so_does_one_of_a_tar_also_where_it_has_another_number(
    tmp_path: Path, number: int, name: str
) -> None:
    found = after_a_kill(tmp_path, name, {30: "http://a/of-30"}, number)
    assert found == [True, name, "wayback", "2010-05-21", True]


def test_its_url_is_that_of_its_own_number_once_a_list_tells_it(tmp_path: Path) -> None:
    true = {9: "http://a/of-9", 30: "http://a/of-30"}
    found = after_a_kill(tmp_path, "n01440764_9", true, 30)
    assert found == [False, "http://a/of-9", "wayback", "2010-05-21", False]


def test_what_is_kept_with_a_picture_says_nothing_of_other_bytes_in_its_place(
    tmp_path: Path,
) -> None:
    found = after_a_kill(tmp_path, "http://a/9", {}, other=jpeg(8))
    assert found == [False, "http://a/9", "found here", "", False]
