"""What is here of a synset, and what is known of the rest."""

from __future__ import annotations

from pathlib import Path

import pytest
from ck_imagenet.catalogue.selection import WHATEVER, Selection
from ck_imagenet.core.errors import BadInput
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.inventory import Inventory, inventories
from ck_imagenet.storage.journal import Journal
from ck_imagenet.storage.numbering import KeptNames, Link
from ck_imagenet.storage.records import Record
from ck_imagenet.storage.store import SynsetStore

TENCH = "n01440764"
DALMATIAN = "n02110341"


def record(number: int, outcome: Outcome = Outcome.SAVED, url: str = "") -> Record:
    name = ImageName(TENCH, number)
    return Record(name, url or f"http://a/{number}", outcome, "2020", sha256=str(number))


def link(number: int) -> Link:
    return Link(ImageName(TENCH, number), f"http://a/{number}")


@pytest.fixture
def place(tmp_path: Path) -> SynsetStore:
    """The place of a synset, in which two pictures have been saved and two links have failed."""
    place = FolderStore(tmp_path).synset(TENCH)
    place.create()
    journal = Journal.of(place)
    for each in (record(9), record(5, Outcome.SILENT), record(2), record(3, Outcome.GONE)):
        journal.append(each)
        if each.outcome is Outcome.SAVED:
            place.save(each, b"", "jpg")
    journal.close()
    return place


def test_of_an_empty_place_nothing_is_known(tmp_path: Path) -> None:
    assert Inventory.of(FolderStore(tmp_path).synset(TENCH)) == Inventory(TENCH, {}, {}, [], [], [])


def test_every_link_is_in_one_place_and_in_order(place: SynsetStore) -> None:
    KeptNames.of(place).keep(TENCH, [link(number) for number in (9, 3, 7, 2)], [])
    inventory = Inventory.of(place)
    assert [path.name for path in inventory.pictures.values()] == [
        f"{TENCH}_2.jpg",
        f"{TENCH}_9.jpg",
    ]
    assert list(inventory.saved.items()) == [(2, record(2)), (9, record(9))]
    assert inventory.failed == [record(3, Outcome.GONE), record(5, Outcome.SILENT)]
    assert (inventory.missing, inventory.waiting) == ([], [link(7)])


def test_a_picture_that_somebody_has_removed_is_missing(place: SynsetStore) -> None:
    place.remove(9)
    inventory = Inventory.of(place)
    assert (list(inventory.pictures), list(inventory.saved), inventory.missing) == (
        [2],
        [2],
        [record(9)],
    )


def test_a_picture_that_no_run_has_seen_is_here_and_its_link_is_not_waiting(
    place: SynsetStore,
) -> None:
    KeptNames.of(place).keep(TENCH, [link(7)], [])
    place.save(record(7), b"", "jpg")
    inventory = Inventory.of(place)
    assert (list(inventory.pictures), list(inventory.saved), inventory.waiting) == (
        [2, 7, 9],
        [2, 9],
        [],
    )


def test_a_line_that_is_just_being_written_is_not_there_yet(place: SynsetStore) -> None:
    with (place.state / "journal" / "0.jsonl").open("a") as torn:
        torn.write('{"name": "n01440764_11", "url": "http://a/11", "outc')
    assert len(Inventory.of(place).failed) == 2


def test_synsets_are_read_one_after_the_other_or_those_that_are_meant(place: SynsetStore) -> None:
    store = FolderStore(place.state.parent.parent)
    store.synset(DALMATIAN).create()
    for wanted, wnids in (
        (WHATEVER, [TENCH, DALMATIAN]),
        (Selection(wnid=(DALMATIAN,)), [DALMATIAN]),
        (Selection(under=("n02084071",)), [DALMATIAN]),
        (Selection(search="tinca"), [TENCH]),
    ):
        assert [inventory.wnid for inventory in inventories(store, wanted)] == wnids


@pytest.mark.parametrize(
    ("wnid", "sentence"),
    [
        (
            TENCH,
            (
                "no pictures of n01440764 are here. See which synsets have some: ck-imagenet list "
                "--downloaded-only"
            ),
        ),
        (
            "n99999999",
            ("--wnid=n99999999: ImageNet has no such synset. See all synsets: ck-imagenet list"),
        ),
    ],
)
def test_a_synset_that_is_not_here_is_refused(tmp_path: Path, wnid: str, sentence: str) -> None:
    with pytest.raises(BadInput, match=f"^{sentence}$"):
        inventories(FolderStore(tmp_path), Selection(wnid=(wnid,)))
