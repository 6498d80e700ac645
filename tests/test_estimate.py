"""What a download of many synsets would mean."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterable

import pytest
from ck_imagenet.cli.estimates import estimate, question, shown, two_ways
from ck_imagenet.cli.terminal import folded
from ck_imagenet.commands import outlook
from ck_imagenet.core.actions import WAYBACK_SERVICE, DownloadOptions
from ck_imagenet.core.text import duration
from ck_imagenet.core.url_lists import Line
from ck_imagenet.engine.context import Crawl, Politeness, known_paces
from ck_imagenet.engine.planning import Estimate, estimated, foreseen
from ck_imagenet.sources import lists
from ck_imagenet.sources.lists import SynsetList
from ck_imagenet.sources.url_archive import ArchiveSource
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.paces import Learned

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
        "  assumed, as measured: 60% of the links work, a picture has 100 kB, and each of 32 "
        "connections takes 0.9 s for a URL, with time-outs"
    )
    assert told([1000], 0) == [
        "1 synset, 1,000 URLs to ask for: some 600 pictures, 60 MB, 28 s",
        founded,
    ]
    assert told([1], 0)[0].startswith("1 synset, 1 URL to ask for: 1 picture, ")
    assert told([1000] * 2000, 101) == [
        "2,101 synsets, 2,065,650 URLs to ask for: some 1,239,390 pictures, 124 GB, 16 hours",
        "  no list of 101 synsets is here: 650 URLs are assumed for each, ImageNet's mean",
        "  first download the lists of all synsets: ck-imagenet geturls --all",
        "  pictures that are here already are counted too, but not downloaded again",
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
        "  --source=winter21 has the pictures of these synsets without that service",
    ]
    store = FolderStore(tmp_path)
    for politeness, pace in ((Politeness(), 2), (Politeness(pace="flickr.com:0.5"), 0.5)):
        # That a run was interrupted when it was refused tells nothing of the pace.
        paces = known_paces(politeness, WAYBACK_SERVICE, {"flickr": Learned(0.0, 1, 0.0)})
        assert foreseen((WNID,), Crawl(), store, None, paces).pace == pace


def seen(meant: Estimate, **options: object) -> list[str]:
    return list(folded(shown(meant, DownloadOptions(**options))))  # type: ignore[arg-type]


def test_a_person_sees_both_ways_side_by_side() -> None:
    meant = estimated([1000] * 200, 1, Crawl(), pace=2)
    lines = seen(meant, under=("n00001740",), max_images=9, yes=True)
    assert lines[1] == ("  no list of 1 synset is here: 650 links are assumed for each, the mean")
    assert lines[-5:] == [
        "Two ways lead to pictures today:",
        "  links  some 200,650, 128,015 at hosts that ration; 60% may be alive; 18 hours",
        "  tars   201 of some 65 MB each: all pictures, unless ImageNet dropped them",
        "         you must first accept their terms. To take them, type:",
        "  ck-imagenet download --under=n00001740 --source=winter21 --max-images=9",
    ]
    one = list(
        two_ways(estimated([7], 0, Crawl()), DownloadOptions(accept_terms=True, wnid=(WNID,)))
    )
    assert one[1:] == [
        "  links  7; 60% may be alive; 1 s",
        "  tars   1 of some 65 MB: all pictures, unless ImageNet dropped them",
        "         you have accepted their terms. To take them, type:",
        f"  ck-imagenet download --wnid={WNID} --source=winter21",
    ]


def test_who_gives_a_list_or_has_all_is_shown_no_other_way() -> None:
    assert "Two ways lead to pictures today:" not in seen(estimated([7], 0, Crawl()), urls="x")
    assert "Two ways lead to pictures today:" not in seen(estimated([0], 0, Crawl()))


def test_a_dry_run_of_a_few_counts_the_links_at_hosts_that_ration() -> None:
    previews: list[dict[str, object]] = [{"left": {"flickr": 5}}, {"left": {}}, {"unlisted": ""}]
    lines = list(shown(estimated([9, 9], 0, Crawl()), DownloadOptions(wnid=(WNID,)), previews))
    assert "  links  18, 5 at hosts that ration; 60% may be alive; 1 s" in lines
    assert any(line.startswith("  tars   3 of some 65 MB each: ") for line in lines)


@pytest.mark.parametrize("columns", [80, 140])
def test_no_line_of_an_estimate_but_a_command_is_longer_than_the_terminal(
    columns: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", str(columns))
    lines = seen(estimated([650] * 21_842, 0, Crawl(), pace=2), all=True)
    assert [line for line in lines if len(line) > columns and "ck-imagenet" not in line] == []


@pytest.mark.parametrize(
    ("urls", "pace", "asked"),
    [
        ([166] * 190, 0, "190 synsets, 31,540 links, about 1.9 GB, 15 min"),
        ([166] * 190, 2, "190 synsets, 31,540 links, about 1.9 GB, 2.8 hours"),
        ([1], 0, "1 synset, 1 link, about 100 kB, 1 s"),
        ([0], 0, "1 synset, 0 links, about 0 bytes, 1 s"),
        ([650] * 21_842, 2, "21,842 synsets, 14,197,300 links, about 852 GB, 52 days"),
    ],
)
def test_a_person_is_asked_with_the_numbers_that_matter(
    urls: list[int], pace: float, asked: str
) -> None:
    assert question(estimated(urls, 0, Crawl(), pace=pace)) == f"Download {asked}?"


@pytest.mark.parametrize(
    ("known", "wnids", "options", "is_many"),
    [
        (1000, (WNID,), {}, True),
        (999, (WNID,), {}, False),
        (1000, (WNID,), {"max_images": 9}, False),
        (1000, (WNID, DALMATIAN, DOG), {}, False),
        (1000, (WNID, *[DOG] * 7), {}, True),
    ],
)
def test_many_links_are_fewer_where_a_list_tells_them_than_where_they_are_guessed(
    known: int, wnids: tuple[str, ...], options: dict[str, Any], is_many: bool, tmp_path: Path
) -> None:
    store = FolderStore(tmp_path)
    store.synset(WNID).create()
    lines = [Line(number, None, f"http://a/{number}") for number in range(known)]
    lists.keep(store.synset(WNID), SynsetList(WNID, "http://a", lines, "imagenet"))
    found = list(outlook.of_many_links(wnids, DownloadOptions(**options), store, None))
    assert bool(found) == is_many
