"""What is in the catalogue and what is here."""

from __future__ import annotations

from pathlib import Path
from typing import Mapping

import pytest
from ck_imagenet.catalogue import synsets
from ck_imagenet.commands.listing import images, listed
from ck_imagenet.core.actions import ListOptions
from ck_imagenet.core.errors import BadInput
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.journal import Journal
from ck_imagenet.storage.records import Record

TENCH = "n01440764"
DALMATIAN = "n02110341"
DOG = "n02084071"
TEDDY = "n04399382"


def wnids(options: ListOptions, counts: Mapping[str, int] | None = None) -> list[str]:
    return [row.synset.wnid for row in listed(options, counts or {})]


def test_all_synsets_are_listed_by_default() -> None:
    assert wnids(ListOptions()) == [synset.wnid for synset in synsets.load().synsets]


def test_positions_are_inclusive_at_both_ends() -> None:
    everything = wnids(ListOptions())
    assert wnids(ListOptions(lower=359, upper=361)) == everything[359:362]
    assert wnids(ListOptions(lower=359, upper=359)) == [TENCH]
    assert wnids(ListOptions(lower=21_841)) == everything[21_841:]
    assert wnids(ListOptions(upper=2)) == everything[:3]
    assert wnids(ListOptions(lower=21_840, upper=99_999)) == everything[21_840:]


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        (
            ListOptions(lower=3, upper=2),
            "there is no position from --lower=3 to --upper=2: positions go from 0 to 21841",
        ),
        (
            ListOptions(lower=21_842),
            (
                "there is no position from --lower=21842 to --upper=21841: positions go from 0 to "
                "21841"
            ),
        ),
        (
            ListOptions(under=("n99999999",)),
            "--under=n99999999: ImageNet has no such synset. See all synsets: ck-imagenet list",
        ),
    ],
)
def test_what_is_no_position_or_synset_is_refused(options: ListOptions, sentence: str) -> None:
    with pytest.raises(BadInput) as refused:
        wnids(options)
    assert str(refused.value) == sentence


def test_only_what_has_pictures_here_is_downloaded() -> None:
    counts = {TENCH: 3, DALMATIAN: 0, DOG: 1}
    rows = list(listed(ListOptions(downloaded_only=True), counts))
    assert [(row.synset.wnid, row.downloaded) for row in rows] == [(TENCH, 3), (DOG, 1)]
    assert wnids(ListOptions(images=True), counts) == [TENCH, DOG]


def test_every_row_tells_how_many_pictures_are_here() -> None:
    rows = {row.synset.wnid: row.downloaded for row in listed(ListOptions(), {TENCH: 3})}
    assert rows[TENCH] == 3
    assert sum(rows.values()) == 3


def test_what_is_here_under_a_name_that_imagenet_does_not_list_comes_last() -> None:
    counts = {"unknown": 2, TENCH: 1, "n00001740": 1, "n99999999": 4}
    options = ListOptions(downloaded_only=True)
    assert wnids(options, counts) == [TENCH, "unknown", "n00001740", "n99999999"]
    assert wnids(ListOptions(), counts)[-1] != "n99999999"


@pytest.mark.parametrize(
    "options",
    [
        ListOptions(downloaded_only=True, search="tench"),
        ListOptions(downloaded_only=True, lower=1),
        ListOptions(downloaded_only=True, upper=21_841),
        ListOptions(downloaded_only=True, under=("n01439121",)),
        ListOptions(downloaded_only=True, ilsvrc2012=True),
    ],
)
def test_what_has_no_words_position_or_label_matches_none(options: ListOptions) -> None:
    assert wnids(options, {"unknown": 2, TENCH: 1}) == [TENCH]


def test_under_means_the_synset_and_all_below_it() -> None:
    dogs = wnids(ListOptions(under=(DOG,)))
    assert DOG in dogs
    assert DALMATIAN in dogs
    assert TENCH not in dogs
    assert wnids(ListOptions(under=(DALMATIAN,)))[0] == DALMATIAN


def test_conditions_combine() -> None:
    found = set(wnids(ListOptions(search="terrier")))
    labelled = set(wnids(ListOptions(ilsvrc2012=True)))
    below = set(wnids(ListOptions(under=(DOG,))))
    assert len(labelled) == 1000
    assert TEDDY in labelled
    both = ListOptions(search="terrier", under=(DOG,), ilsvrc2012=True)
    assert set(wnids(both)) == found & labelled & below
    assert wnids(both)


def test_words_of_no_synset_list_nothing() -> None:
    assert wnids(ListOptions(search="xyzzy")) == []


def test_every_row_tells_how_many_urls_there_are_where_that_is_known() -> None:
    options = ListOptions(lower=357, upper=359)
    assert [row.urls for row in listed(options, {})] == [None] * 3
    assert [row.urls for row in listed(options, {}, {TENCH: 7})] == [0, 0, 7]


def test_those_with_most_urls_come_first_and_else_the_order_stays() -> None:
    options = ListOptions(lower=357, upper=359, sort="urls")
    rows = [row.synset.wnid for row in listed(options, {}, {TENCH: 7, "n01440467": 7})]
    assert rows == ["n01440467", TENCH, "n01440242"]


def test_images_are_the_pictures_here_whose_url_is_known(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    place = store.synset(TENCH)
    place.create()
    journal = Journal(place.state / "journal")
    for number in (10, 9, 8):
        record = Record(ImageName(TENCH, number), f"http://a/{number}", Outcome.SAVED, "2020")
        journal.append(record)
        if number != 8:
            place.save(record, b"", "jpg")
    by_name = Record(ImageName(TENCH, 11), "n01440764_11", Outcome.SAVED, "2020")
    journal.append(by_name)
    place.save(by_name, b"", "jpg")
    journal.close()
    (tmp_path / TENCH / "n01440764_7.jpg").touch()
    rows = listed(ListOptions(images=True), store.counts())
    assert [(str(link.name), link.url) for link in images(store, rows)] == [
        ("n01440764_9", "http://a/9"),
        ("n01440764_10", "http://a/10"),
    ]
