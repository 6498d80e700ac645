"""The same bytes again: the same picture, or a placeholder that nobody has listed."""

from __future__ import annotations

import pytest
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.storage import deduplication as repeats_
from ck_imagenet.storage.deduplication import Duplicates, Sighting, file_name
from ck_imagenet.storage.records import Record


def record(
    url: str, sha256: str = "aa", outcome: Outcome = Outcome.SAVED, wnid: str = "n01440764"
) -> Record:
    return Record(ImageName(wnid, 1), url, outcome, "2020", sha256=sha256)


def test_the_first_of_two_urls_with_the_same_bytes_is_found() -> None:
    duplicates = Duplicates([record("http://a/x.jpg")])
    first = duplicates.first(record("http://b/y.jpg"))
    assert first == Sighting(ImageName("n01440764", 1), "http://a/x.jpg", kept=True)


@pytest.mark.parametrize(
    "other",
    [
        record("http://a/x.jpg"),
        record("http://b/y.jpg", sha256="bb"),
        record("http://b/y.jpg", wnid="n02110341"),
    ],
    ids=["the same URL", "other bytes", "another synset"],
)
def test_what_is_no_duplicate_has_no_first(other: Record) -> None:
    assert Duplicates([record("http://a/x.jpg")]).first(other) is None


def test_the_same_bytes_under_three_names_are_a_placeholder() -> None:
    duplicates = Duplicates([record("http://a/x.jpg")])
    assert not duplicates.is_placeholder(record("http://b/y.jpg"))
    duplicates.add([record("http://b/y.jpg", outcome=Outcome.DUPLICATE)])
    assert duplicates.is_placeholder(record("http://c/z.jpg"))
    assert duplicates.is_placeholder(record("http://a/x.jpg"))


def test_mirrors_keep_the_name() -> None:
    duplicates = Duplicates(record(f"http://{host}/pictures/x.jpg") for host in "abcdef")
    assert not duplicates.is_placeholder(record("http://g/X.JPG"))


def test_the_name_of_a_picture_from_a_tar_tells_nothing() -> None:
    """The same picture is in the tars of several synsets."""
    names = [record(f"n01440764_{number}") for number in range(9)]
    duplicates = Duplicates([*names, record("http://a/x.jpg")])
    assert not duplicates.is_placeholder(record("http://b/y.jpg"))
    assert duplicates.first(record("http://b/y.jpg"))


def test_the_checksum_of_a_placeholder_is_known_to_later_runs() -> None:
    earlier = [record("http://a/x.jpg", outcome=Outcome.PLACEHOLDER)]
    assert Duplicates(earlier).is_placeholder(record("http://b/y.jpg"))


def test_what_has_been_forgotten_does_not_count() -> None:
    duplicates = Duplicates([record("http://a/x.jpg"), record("http://b/y.jpg")])
    duplicates.forget("aa", "n01440764", "http://a/x.jpg")
    assert not duplicates.is_placeholder(record("http://c/z.jpg"))


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("http://a/b/Fish%20one.JPG?size=3", "fish one.jpg"),
        ("http://a/photo.php?id=3", "photo.php?id=3"),
        ("http://a/", "?"),
        ("http://[", "http://["),
    ],
)
def test_the_name_of_a_urls_file(url: str, name: str) -> None:
    assert file_name(url) == name


def test_what_is_rejected_is_so_in_its_synset_whatever_its_url() -> None:
    duplicates = Duplicates([record("http://a/x.jpg", outcome=Outcome.REJECTED)])
    assert duplicates.is_rejected(record("http://b/y.jpg"))
    assert not duplicates.is_rejected(record("http://b/y.jpg", sha256="bb"))
    assert not duplicates.is_rejected(record("http://b/y.jpg", wnid="n02110341"))


def test_what_came_in_synsets_that_are_done_is_remembered_for_a_while(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(repeats_, "REMEMBERED", 2)
    records = [record(f"http://a/{number}.jpg", sha256=str(number)) for number in range(3)]
    counted = Duplicates(records)
    counted.retire(records)
    assert [len(counted.all_of(str(number))) for number in range(3)] == [0, 1, 1]
