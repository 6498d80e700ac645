"""What a download of many synsets would mean."""

from __future__ import annotations

from pathlib import Path
from typing import Iterable

import pytest
from ck_imagenet.cli.estimates import estimate
from ck_imagenet.core.actions import WAYBACK_SERVICE
from ck_imagenet.core.text import duration
from ck_imagenet.core.url_lists import Line
from ck_imagenet.engine.context import Crawl, Politeness, known_paces
from ck_imagenet.engine.planning import estimated, foreseen
from ck_imagenet.sources import lists
from ck_imagenet.sources.lists import SynsetList
from ck_imagenet.sources.url_archive import ArchiveSource
from ck_imagenet.storage.folder_store import FolderStore

WNID, DALMATIAN, DOG = "n01440764", "n02110341", "n02084071"


class Archive:
    """An archive of one synset with ten URLs."""

    source = "all.tgz"

    def lines(self, wnid: str) -> list[Line]:
        raise AssertionError("the index tells enough")

    def counts(self) -> dict[str, int]:
        return {WNID: 10}


def test_six_links_in_ten_give_a_picture() -> None:
    meant = estimated([1000, 500], 0, Crawl())
    assert (meant.synsets, meant.urls, meant.pictures) == (2, 1500, 900)
    assert meant.bytes == 90_000_000
    assert meant.seconds == pytest.approx(1500 * 0.9 / 32)


def test_more_connections_take_less_time_until_the_cores_are_busy() -> None:
    assert estimated([1000], 0, Crawl(jobs=64)).seconds == pytest.approx(1000 * 0.9 / 64)
    assert estimated([1000], 0, Crawl(jobs=1000)).seconds == 2


def test_who_wants_some_pictures_of_a_synset_asks_for_as_many_as_that_may_take() -> None:
    meant = estimated([1000, 10, 3], 0, Crawl(max_images=6))
    assert (meant.urls, meant.pictures) == (10 + 10 + 3, 6 + 6 + 2)


def test_pictures_that_are_here_are_wanted_no_more() -> None:
    meant = estimated([1000, 10, 3], 0, Crawl(max_images=6), here=[3, 6, 0])
    assert (meant.urls, meant.pictures) == (5 + 0 + 3, 3 + 0 + 2)
    assert estimated([1000], 0, Crawl(), here=[500]).urls == 1000


def test_what_is_known_here_is_counted_and_the_rest_is_taken_for_average(tmp_path: Path) -> None:
    store = FolderStore(tmp_path)
    place = store.synset(DALMATIAN)
    place.create()
    lines = [Line(number, None, f"http://a/{number}") for number in range(4)]
    lists.keep(place, SynsetList(DALMATIAN, "http://a", lines, "imagenet"))
    wnids = (WNID, DALMATIAN, DOG)
    paces = known_paces(Politeness(), WAYBACK_SERVICE, {})
    meant = foreseen(wnids, Crawl(offset=1), store, ArchiveSource(Archive), paces)
    assert (meant.synsets, meant.unlisted, meant.urls) == (3, 1, 9 + 3 + 650)
    assert foreseen(wnids, Crawl(), store, None, paces).urls == 650 + 4 + 650


def told(urls: Iterable[int], unlisted: int) -> list[str]:
    return list(estimate(estimated(urls, unlisted, Crawl())))


def test_people_are_told_what_it_is_founded_on() -> None:
    founded = (
        "  if 60% of the links are alive, a picture has 100 kB, and each of 32 connections takes "
        "0.9 s a URL, time-outs included, as measured"
    )
    assert told([1000], 0) == [
        "1 synset, 1,000 URLs to ask for: some 600 pictures, 60 MB, 28 s",
        founded,
    ]
    assert told([1], 0)[0].startswith("1 synset, 1 URL to ask for: 1 picture, ")
    assert told([1000] * 2000, 101) == [
        "2,101 synsets, 2,065,650 URLs to ask for: some 1,239,390 pictures, 124 GB, 16 hours",
        "  no list of 101 of them is here: 650 URLs are counted for each, ImageNet's mean",
        "  get the lists of all at once, before this: ck-imagenet geturls --all",
        "  what is here already is not subtracted, nor would it be asked for again",
        founded,
    ]


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.0, "1 s"),
        (119.4, "119 s"),
        (120, "2 minutes"),
        (7199, "120 minutes"),
        (7200, "2 hours"),
        (400_000, "4.6 days"),
    ],
)
def test_a_time_is_told_in_its_own_unit(seconds: float, text: str) -> None:
    assert duration(seconds) == text


def test_a_service_that_rations_decides_how_long_it_takes(tmp_path: Path) -> None:
    meant = estimated([1000] * 2000, 0, Crawl(), pace=2)
    assert (meant.rationed, meant.seconds) == (1_276_000, 638_000)
    assert list(estimate(meant))[1:3] == [
        "  64% of ImageNet's links lead to one service, flickr, and it gives 2 a second; 1276000 "
        "links left, about 7.4 days",
        "  the pictures of the same synsets come without it from --source=winter21",
    ]
    store = FolderStore(tmp_path)
    for politeness, pace in ((Politeness(), 2), (Politeness(pace="flickr.com:0.5"), 0.5)):
        paces = known_paces(politeness, WAYBACK_SERVICE, {})
        assert foreseen((WNID,), Crawl(), store, None, paces).pace == pace
