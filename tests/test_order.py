"""In which order a run takes its synsets."""

from __future__ import annotations

from pathlib import Path

import pytest
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.engine.planning import FRESH, run_order
from ck_imagenet.sources import lists
from ck_imagenet.sources.lists import SynsetList
from ck_imagenet.storage import summaries
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.journal import Journal
from ck_imagenet.storage.records import Record


def wnids(first: int, count: int) -> list[str]:
    return [f"n{number:08}" for number in range(first, first + count)]


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    return FolderStore(tmp_path)


def begin(store: FolderStore, wnid: str) -> None:
    place = store.synset(wnid)
    place.create()
    journal = Journal.of(place)
    journal.append(Record(ImageName(wnid, 1), "http://a/1", Outcome.GONE, "2020"))
    journal.close()


def end(store: FolderStore, wnid: str) -> None:
    begin(store, wnid)
    summaries.keep(store.synset(wnid), mended=True)


def test_where_nothing_has_been_begun_the_order_stays(store: FolderStore) -> None:
    given = list(reversed(wnids(0, 50)))
    assert list(run_order(given, store, first=4)) == given


def test_what_is_done_comes_last_and_what_was_begun_comes_first(store: FolderStore) -> None:
    end(store, "n00000000")
    begin(store, "n00000002")
    given = wnids(0, 4)
    assert list(run_order(given, store, first=4)) == [given[2], given[1], given[3], given[0]]


def test_synsets_whose_list_is_here_come_before_those_of_whom_it_is_to_be_asked(
    store: FolderStore,
) -> None:
    store.synset("n00000002").create()
    lists.keep(store.synset("n00000002"), SynsetList("n00000002", "a place", [], "imagenet"))
    given = wnids(0, 4)
    assert list(run_order(given, store, first=4)) == [given[2], given[0], given[1], given[3]]


def test_of_many_that_were_begun_the_rest_lies_between_those_that_are_new(
    store: FolderStore,
) -> None:
    begun, fresh = wnids(0, 5), wnids(100, 2 * FRESH + 1)
    for wnid in begun:
        begin(store, wnid)
    assert list(run_order([*begun, *fresh], store, first=2)) == [
        *begun[:2],
        *fresh[:FRESH],
        begun[2],
        *fresh[FRESH : 2 * FRESH],
        begun[3],
        fresh[-1],
        begun[4],
    ]
