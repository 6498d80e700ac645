"""What there is to tell of each synset, kept and believed while it is true."""

from __future__ import annotations

import json
import shutil
import time
from pathlib import Path
from typing import Any, Callable

import pytest
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.storage import inventory, summaries
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.inventory import Inventory, Tally, inventories
from ck_imagenet.storage.journal import Journal
from ck_imagenet.storage.numbering import KeptNames, Link
from ck_imagenet.storage.records import Record
from ck_imagenet.storage.store import SynsetStore
from kernel import run
from terminal import WNID, Terminal

DALMATIAN = "n02110341"
KEPT = f"imagenet/{WNID}/summary.json"


def link(number: int) -> Link:
    return Link(ImageName(WNID, number), f"http://a/{number}")


def settle(
    place: SynsetStore, number: int, outcome: Outcome = Outcome.SAVED, writer: str = "0"
) -> None:
    record = Record(*link(number), outcome, "2020", sha256=str(number), bytes=7)
    journal = Journal(place.state / "journal", writer)
    if outcome is Outcome.SAVED:
        place.save(record, b"picture", "jpg")
    journal.append(record)
    journal.close()


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """A store in which one synset has two pictures, a failure and a link that waits."""
    store = FolderStore(tmp_path)
    place = store.synset(WNID)
    place.create()
    KeptNames.of(place).keep(WNID, [link(number) for number in range(4)], [])
    settle(place, 0)
    settle(place, 1)
    settle(place, 2, Outcome.GONE)
    return store


def kept(store: FolderStore) -> Path:
    return store.synset(WNID).state / "summary.json"


def told(store: FolderStore) -> list[Tally]:
    return list(summaries.tallies(store, store.wnids()))


def exact(store: FolderStore) -> list[Tally]:
    return [each for each in map(inventory.tally, inventories(store)) if each.known]


def pretend(store: FolderStore, **facts: Any) -> None:
    """Change what a summary tells, to see whether it is believed."""
    known = json.loads(kept(store).read_text())
    known["tally"]["here"] = 99
    kept(store).write_text(json.dumps({**known, **facts}))


def test_a_summary_tells_what_reading_everything_does(store: FolderStore) -> None:
    with store.synset(WNID).lock():
        assert summaries.keep(store.synset(WNID)) == inventory.tally(
            Inventory.of(store.synset(WNID))
        )
    pretend(store)
    (tally,) = told(store)
    (true,) = exact(store)
    assert (tally.here, true.here) == (99, 2)
    tally.here = 2
    assert tally == true
    assert summaries.counts(store) == {WNID: 99}


def test_a_missing_summary_is_made_by_whoever_asks(store: FolderStore) -> None:
    assert summaries.counts(store) == {WNID: 2}
    assert not kept(store).exists()
    assert told(store) == exact(store)
    pretend(store)
    assert told(store)[0].here == 99


def test_while_a_run_is_at_work_no_summary_is_made(store: FolderStore) -> None:
    with store.synset(WNID).lock():
        assert told(store) == exact(store)
    assert not kept(store).exists()


def test_a_synset_of_which_nothing_is_known_is_not_told_of(store: FolderStore) -> None:
    store.synset(DALMATIAN).create()
    for _ in range(2):
        assert [tally.name for tally in told(store)] == [WNID]
    assert summaries.counts(store) == {WNID: 2}


CHANGES: dict[str, Callable[[SynsetStore], object]] = {
    "a further picture": lambda place: settle(place, 3),
    "a failure": lambda place: settle(place, 3, Outcome.SILENT),
    "what another process has done": lambda place: settle(place, 3, Outcome.SILENT, "1"),
    "a picture that is removed": lambda place: place.remove(1),
    "a picture that is put there": lambda place: (place.folder / f"{WNID}_9.jpg").touch(),
    "a link that is forgotten": lambda place: Journal.of(place).forget(
        [Record(*link(2), Outcome.GONE, "2020")]
    ),
    "a further link": lambda place: KeptNames.of(place).keep(WNID, [link(7)], []),
    "names that are lost": lambda place: (place.state / "names.tsv").unlink(),
    "a journal that is lost": lambda place: shutil.rmtree(place.state / "journal"),
}


@pytest.mark.parametrize("change", CHANGES)
def test_no_summary_outlives(store: FolderStore, change: str) -> None:
    told(store)
    time.sleep(0.02)  # a file system's clock is coarse
    CHANGES[change](store.synset(WNID))
    pretend(store)
    assert told(store) == exact(store)
    assert told(store) == exact(store)
    assert summaries.counts(store) == {tally.name: tally.here for tally in exact(store)}


def test_a_backup_that_is_laid_over_what_has_come_since_brings_no_summary_that_is_believed(
    store: FolderStore, tmp_path: Path
) -> None:
    """As `cp -a` and `rsync -a` do it: folders get back their times too."""
    told(store)
    shutil.copytree(store.synset(WNID).folder, tmp_path / "backup")
    time.sleep(0.02)  # a file system's clock is coarse
    settle(store.synset(WNID), 3)
    told(store)
    shutil.copytree(tmp_path / "backup", store.synset(WNID).folder, dirs_exist_ok=True)
    assert [tally.here for tally in told(store)] == [3]


@pytest.mark.parametrize(
    "odd",
    [
        *("", "{", "[", "[]", "{}", "[" * 60_000, '{"a":' * 5_000, "9" * 5_000, "1e999", "NaN"),
        *('{"format": 1}', '{"format": 2}', '{"format": 1, "tally": {"here": 1}}'),
    ],
    ids=lambda odd: odd[:20],
)
def test_a_summary_that_makes_no_sense_is_made_anew(store: FolderStore, odd: str) -> None:
    kept(store).write_text(odd)
    assert summaries.counts(store) == {WNID: 2}
    assert told(store) == exact(store)
    assert json.loads(kept(store).read_text())["tally"]["here"] == 2


@pytest.mark.parametrize(
    "facts",
    [
        {"format": 2},
        {"files": 5},
        {"files": {"names.tsv": None}},
        {"pictures": "x"},
        {"within": None},
        {"tally": {"here": 5, "failed": {"unheard-of": 1}}},
        {"tally": {"here": 5, "failed": {}, "more": 1}},
        {"tally": {"here": "many", "failed": {}}},
        {"tally": {"here": -5, "failed": {}}},
        {"tally": {"here": 5, "failed": {"gone": "1"}}},
        {"tally": {"here": 5, "failed": {}, "bytes": 1e300}},
        {"tally": {"here": 5, "failed": {}, "latest": 7}},
        {"files": {"\0": []}},
    ],
)
def test_nor_is_one_whose_facts_are_odd_believed(store: FolderStore, facts: dict[str, Any]) -> None:
    told(store)
    pretend(store, **facts)
    assert told(store) == exact(store)


SAVE = """
from contextlib import closing

from ck_imagenet.storage import summaries
from ck_imagenet.storage.journal import Journal

store = CkStore(ck)
for wnid in given.get("wnids", ["n01440764"]):
    place = store.synset(wnid)
    place.create()
    with closing(Journal.of(place)) as journal:
        for number in range(3):
            record, data, extension = picture(number, wnid=wnid)
            place.save(record, data, extension)
            journal.append(record)
    summaries.keep(place)
"""


def test_a_summary_says_that_a_place_is_whole_only_if_a_run_has_ended_there(
    store: FolderStore,
) -> None:
    place = store.synset(WNID)
    told(store)
    assert kept(store).exists()
    assert not summaries.is_whole(place)
    summaries.keep(place, mended=True)
    assert summaries.is_whole(place)
    settle(place, 3)
    assert not summaries.is_whole(place)
    told(store)
    assert not summaries.is_whole(place)
    summaries.drop(place)
    summaries.drop(place)
    assert not kept(store).exists()


def here(terminal: Terminal) -> str:
    """Return how many pictures are here, as both commands must say."""
    (counted,) = (line.split("\t")[1] for line in terminal.says("status", "imagenet").splitlines())
    listed = terminal.json("list", "imagenet", "--downloaded-only")["lst"]
    assert [str(row["downloaded"]) for row in listed] == [counted]
    return counted


def test_what_ck_itself_does_to_entries_is_noticed(terminal: Terminal) -> None:
    run(terminal, SAVE)
    assert here(terminal) == "3"
    terminal.says("rm", f"imagenet-{WNID}:dataset:1", "--force")
    assert here(terminal) == "2"
    entry = terminal.repository() / "dataset" / "2"
    (entry / f"{WNID}_2.jpg").unlink()
    assert here(terminal) == "1"
    (entry / f"{WNID}_2.jpg").write_bytes(b"picture 2")
    assert here(terminal) == "2"


def test_among_many_synsets_ck_rm_is_noticed_and_no_folder_of_a_picture_looked_at(
    terminal: Terminal,
) -> None:
    run(terminal, SAVE)
    few = "summaries.FEW = 0\nresult = summaries.counts(CkStore(ck))"
    counted = f"from ck_imagenet.storage import summaries\n{few}"
    (terminal.repository() / "dataset" / "2" / f"{WNID}_2.jpg").unlink()
    assert run(terminal, counted) == {WNID: 3}
    terminal.says("rm", f"imagenet-{WNID}:dataset:1", "--force")
    assert run(terminal, counted) == {WNID: 1}


def test_where_nothing_can_be_written_all_is_told_all_the_same(terminal: Terminal) -> None:
    run(terminal, SAVE)
    summary = terminal.repository() / KEPT
    summary.unlink()
    summary.mkdir()  # even the superuser cannot replace it by a file
    assert here(terminal) == "3"


def test_ck_stops_listing_after_half_a_minute_and_no_answer_of_ours_is_cut_short(
    terminal: Terminal,
) -> None:
    """As if that half minute were over at once."""
    run(terminal, SAVE, wnids=[WNID, DALMATIAN])
    code = """
for name in ("list_data", "search"):
    whole = getattr(ck, name)
    setattr(ck, name, lambda i, whole=whole: whole({"time_out": "0", **i}))


def ours(**request):
    return ck.access({"module_uoa": "imagenet", **request})


entries = {"action": "list", "data_uoa": "n*", "repo_uoa": "imagenet-*"}
result = {
    "ck": len(ours(**entries, common_func="yes")["lst"]),
    "entries": len(ours(**entries)["lst"]),
    "synsets": len(ours(action="list", **{"downloaded-only": "yes"})["lst"]),
    "images": len(ours(action="list", images="yes")["lst"]),
    "status": ours(action="status")["total"]["here"],
    "hosts": ours(action="status", hosts="yes")["total"]["here"],
    "check": ours(action="check")["pictures"],
}
"""
    assert run(terminal, code) == {
        "ck": 1,
        "entries": 2,
        "synsets": 2,
        "images": 6,
        "status": 6,
        "hosts": 6,
        "check": 6,
    }
