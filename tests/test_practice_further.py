"""The synsets of the demo beyond its first two: all dogs, and sets that people train on."""

from __future__ import annotations

from typing import Iterator

import pytest
from ck_imagenet.catalogue import synsets
from ck_imagenet_practice import PracticeWeb, world
from ck_imagenet_practice.further import DOGS, FURTHER, IMAGENETTE, IMAGEWOOF, UNLISTED
from raw_client import ask

DOG = "n02084071"


@pytest.fixture(scope="module")
def wide_web() -> Iterator[PracticeWeb]:
    with PracticeWeb(further=FURTHER) as web:
        yield web


def test_all_of_imagenet_s_dogs_are_there() -> None:
    assert set(DOGS) == synsets.load().under(DOG)
    assert len(DOGS) == 190


def test_the_sets_are_of_ten_synsets_of_ilsvrc2012() -> None:
    catalogue = synsets.load()
    for wnids in (IMAGEWOOF, IMAGENETTE):
        found = [catalogue.get(wnid) for wnid in wnids]
        assert (
            len({synset.wnid for synset in found if synset and synset.ilsvrc2012 is not None}) == 10
        )


def test_a_few_dogs_have_no_list_and_the_others_a_short_one(wide_web: PracticeWeb) -> None:
    counts = {wnid: len(wide_web.links(wnid)) for wnid in FURTHER if wnid not in world.SYNSETS}
    assert {wnid for wnid, count in counts.items() if not count} == set(UNLISTED)
    assert {count for count in counts.values() if count} <= set(range(8, 14))
    listed = ask(f"{wide_web.service}/api/imagenet.synset.geturls?wnid={UNLISTED[0]}")
    assert listed.body.startswith(b"The synset is not ready yet")


def test_every_list_has_pictures_and_dead_links(wide_web: PracticeWeb) -> None:
    for wnid in set(FURTHER).difference(UNLISTED):
        shares = {link.obtainable for link in wide_web.links(wnid)}
        assert shares == {True, False}, wnid


def test_the_first_synsets_are_as_without_them(wide_web: PracticeWeb) -> None:
    with PracticeWeb() as web:
        for wnid in world.SYNSETS:
            names = [[link[0::2] for link in each.links(wnid)] for each in (web, wide_web)]
            assert names[0] == names[1]


def test_what_the_first_synsets_teach_of_a_busy_host_slows_none_of_the_others(
    wide_web: PracticeWeb,
) -> None:
    """After `make demo`, the pace of such a host is known for a day: all dogs took six minutes."""
    first = [link for wnid in world.SYNSETS for link in wide_web.links(wnid)]
    busy = {link.host for link in first if link.kind == "busy-once"}
    others = set(FURTHER).difference(world.SYNSETS)
    assert busy
    assert not busy & {link.host for wnid in others for link in wide_web.links(wnid)}
