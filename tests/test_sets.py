"""The sets of synsets that people train on."""

from __future__ import annotations

import pytest
from ck_imagenet.catalogue import synsets
from ck_imagenet.catalogue.selection import Selection, among, chosen
from ck_imagenet.commands.listing import listed
from ck_imagenet.core.actions import ListOptions
from ck_imagenet.core.registries import SETS, SetRow

KNOWN = synsets.load()
TENCH = "n01440764"


def test_each_set_has_a_name_that_is_typed_and_no_other_is_there() -> None:
    rows = synsets.SETS_FILE.read_text("ascii").splitlines()[1:]
    assert {row.partition("\t")[0] for row in rows} == {row.name for row in SETS}
    assert len(rows) == 820


@pytest.mark.parametrize("row", SETS, ids=lambda row: row.name)
def test_a_set_has_as_many_synsets_as_its_authors_say_all_of_ilsvrc2012(row: SetRow) -> None:
    wnids = synsets.members(row.name)
    assert len(set(wnids)) == len(wnids) == row.synsets
    found = [KNOWN.get(wnid) for wnid in wnids]
    assert all(synset and synset.ilsvrc2012 is not None for synset in found)


@pytest.mark.parametrize("row", SETS, ids=lambda row: row.name)
def test_labels_are_in_the_order_of_wnids_as_who_reads_the_folders_counts(row: SetRow) -> None:
    assert list(synsets.members(row.name)) == sorted(synsets.members(row.name))


def test_imagenette_and_imagewoof_are_what_fast_ai_says() -> None:
    """As the README of fastai/imagenette names them, and in the order of its labels."""
    assert words_of("imagenette") == [
        *("tench", "English springer", "cassette player", "chain saw", "church", "French horn"),
        *("garbage truck", "gas pump", "golf ball", "parachute"),
    ]
    assert sorted(words_of("imagewoof"), key=str.lower) == [
        *("Australian terrier", "beagle", "Border terrier", "dingo", "English foxhound"),
        *("golden retriever", "Old English sheepdog", "Rhodesian ridgeback", "Samoyed", "Shih-Tzu"),
    ]


def words_of(name: str) -> list[str]:
    return [synset.words[0] for synset in map(KNOWN.get, synsets.members(name)) if synset]


def test_a_set_is_chosen_as_it_is_listed() -> None:
    shown = [row.synset.wnid for row in listed(ListOptions(set="imagewoof"), {})]
    assert chosen(Selection(set="imagewoof")) == tuple(shown) == synsets.members("imagewoof")


def test_a_set_combines_with_other_conditions() -> None:
    dogs = chosen(Selection(set="imagenette", under=("n02084071",)))
    assert dogs == ("n02102040",)
    named = Selection(wnid=("n02084071", TENCH), set="imagenette")
    assert chosen(named) == (TENCH,)
    assert among([TENCH, "n02084071", "unknown"], Selection(set="imagenette")) == [TENCH]
    everything = chosen(Selection(set="imagenet-r", ilsvrc2012=True))
    assert everything == synsets.members("imagenet-r")
