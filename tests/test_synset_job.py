"""One synset's part of a run: what becomes of synsets that are done, while the run goes on."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName, Progress
from ck_imagenet.engine.synset_job import take_out_exposed
from ck_imagenet.storage.deduplication import PLACEHOLDER_NAMES, Duplicates
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.journal import Journal
from ck_imagenet.storage.records import Record
from terminal import WNID

SAVED = Record(ImageName(WNID, 0), "http://a/0.jpg", Outcome.SAVED, "2020", sha256="5")
TWICE = Record(ImageName(WNID, 1), "http://a/1.jpg", Outcome.DUPLICATE, "2020", sha256="5")


@pytest.fixture
def store(tmp_path: Path) -> FolderStore:
    """A store with a synset that is done: a picture, and a link that gave the same."""
    store = FolderStore(tmp_path)
    place = store.synset(WNID)
    place.create()
    place.save(SAVED, b"picture", "jpg")
    with closing(Journal.of(place)) as journal:
        for record in (SAVED, TWICE):
            journal.append(record)
    return store


@pytest.fixture
def duplicates() -> Duplicates:
    """What the run remembers: the same bytes came in another synset, under too many names."""
    duplicates = Duplicates([SAVED, TWICE])
    for number in range(PLACEHOLDER_NAMES):
        name, url = ImageName("n02110341", number), f"http://b/{number}.jpg"
        other = Record(name, url, Outcome.SAVED, "2020", sha256="5")
        duplicates.add([other])
        exposed = duplicates.is_placeholder(other)
    assert exposed
    return duplicates


def taken_out(store: FolderStore, duplicates: Duplicates) -> dict[str, int]:
    return take_out_exposed(store, duplicates, ["n02110341"], Progress())


def test_a_placeholder_that_gives_itself_away_later_is_taken_out(
    store: FolderStore, duplicates: Duplicates
) -> None:
    assert taken_out(store, duplicates) == {WNID: 1}
    outcomes = [each.outcome for each in Journal.of(store.synset(WNID)).records.values()]
    assert outcomes == [Outcome.PLACEHOLDER] * 2
    assert store.synset(WNID).pictures() == {}
    assert taken_out(store, duplicates) == {}


def test_what_somebody_has_had_forgotten_meanwhile_does_not_end_the_run(
    store: FolderStore, duplicates: Duplicates
) -> None:
    """As `ck clean --failed` does in another terminal."""
    Journal.of(store.synset(WNID)).forget([TWICE])
    assert taken_out(store, duplicates) == {WNID: 1}
    assert list(Journal.of(store.synset(WNID)).records) == [SAVED.url]


def test_a_synset_that_somebody_has_removed_meanwhile_does_not_come_back(
    store: FolderStore, duplicates: Duplicates
) -> None:
    store.synset(WNID).discard()
    assert taken_out(store, duplicates) == {}
    assert not store.synset(WNID).folder.exists()
