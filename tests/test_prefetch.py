"""Lists are found ahead of their turn, in a thread, and their places made together."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Iterable, Iterator, Sequence

import pytest
from ck_imagenet.catalogue import synsets
from ck_imagenet.core.errors import NoList
from ck_imagenet.core.url_lists import Line
from ck_imagenet.engine import planning
from ck_imagenet.engine.planning import prefetched
from ck_imagenet.sources.lists import SynsetList, Unlisted
from ck_imagenet.storage.folder_store import FolderStore

MANY = [synset.wnid for synset in synsets.load().synsets[:1000]]


class Places(FolderStore):
    """A store that notes which places are made at once."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.prefetched: list[list[str]] = []

    def prepare(self, wnids: Sequence[str]) -> None:
        self.prefetched.append(list(wnids))
        super().prepare(wnids)


@pytest.fixture
def places(tmp_path: Path) -> Places:
    """A store in which nothing is."""
    return Places(tmp_path)


def list_of(wnid: str) -> SynsetList:
    return SynsetList(wnid, "somewhere", [])


def found(found: Iterable[SynsetList | Unlisted | None]) -> list[str]:
    return [each.wnid for each in found if each]


def test_lists_come_in_their_order_and_those_that_are_not_there_between(places: Places) -> None:
    lists: list[SynsetList | Unlisted] = [list_of(MANY[0]), Unlisted(MANY[1], "gone")]
    lists += map(list_of, MANY[2:])
    assert [each for each in prefetched(lists, places) if each] == lists
    made = [wnid for wnids in places.prefetched for wnid in wnids]
    assert made == [MANY[0], *MANY[2:]]
    assert len(places.prefetched) < len(MANY) / 4


def test_what_is_wrong_is_told_after_all_that_is_right(places: Places) -> None:
    def lists() -> Iterator[SynsetList]:
        yield list_of(MANY[0])
        yield list_of(MANY[1])
        raise NoList("no more")

    got: list[SynsetList | Unlisted | None] = []
    with pytest.raises(NoList, match="no more"):
        got.extend(prefetched(lists(), places))
    assert found(got) == MANY[:2]


def test_while_a_list_is_being_asked_for_nothing_is_given_at_once(places: Places) -> None:
    answered = threading.Event()

    def lists() -> Iterator[SynsetList]:
        yield list_of(MANY[0])
        answered.wait()
        yield list_of(MANY[1])

    got = prefetched(lists(), places)
    assert found([next(got)]) == [MANY[0]]
    assert [next(got), next(got)] == [None, None]
    answered.set()
    assert found(got) == [MANY[1]]


def test_places_are_left_alone_while_a_list_is_being_asked_for(places: Places) -> None:
    answered = threading.Event()

    def lists() -> Iterator[Unlisted | SynsetList]:
        yield Unlisted(MANY[0], "gone")
        answered.wait()
        yield list_of(MANY[1])

    got = prefetched(lists(), places)
    assert found([next(got), next(got), next(got)]) == [MANY[0]]
    assert places.prefetched == []
    answered.set()
    assert found(got) == [MANY[1]]
    assert places.prefetched == [[MANY[1]]]


def test_of_long_lists_fewer_are_asked_for_ahead(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "_MOST_LINKS_AHEAD", 100)
    asked: list[str] = []

    def lists() -> Iterator[SynsetList]:
        for wnid in MANY[:100]:
            asked.append(wnid)
            line = Line(0, None, f"http://host.example/{wnid}.jpg")
            yield list_of(wnid)._replace(lines=[line] * 50)

    got = prefetched(lists(), places)
    assert found([next(got)]) == [MANY[0]]
    time.sleep(0.5)
    assert len(asked) <= 5
    assert found(got) == MANY[1:100]


def test_of_a_services_lists_few_are_asked_for_ahead(places: Places) -> None:
    """Who ends the run before their turn has to ask for them again."""
    asked: list[str] = []

    def lists() -> Iterator[SynsetList]:
        for wnid in MANY[:100]:
            asked.append(wnid)
            yield list_of(wnid)._replace(obtained_by="imagenet")

    got = prefetched(lists(), places)
    assert found([next(got)]) == [MANY[0]]
    time.sleep(0.5)
    assert len(asked) <= 10
    assert found(got) == MANY[1:100]


def test_who_wants_no_more_lists_ends_the_asking(
    places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(planning, "_MOST_LISTS", 4)
    asked: list[str] = []
    ended = threading.Event()

    def lists() -> Iterator[SynsetList]:
        try:
            for wnid in MANY:
                asked.append(wnid)
                yield list_of(wnid)
        finally:
            ended.set()

    got = prefetched(lists(), places)
    assert found([next(got)]) == [MANY[0]]
    got.close()
    assert ended.wait(10)
    assert len(asked) <= 10
