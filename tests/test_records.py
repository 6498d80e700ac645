"""Records: what is known of a picture that is saved, and of what a check finds."""

from __future__ import annotations

import hashlib

import pytest
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.images.formats import FORMATS
from ck_imagenet.images.judging import Picture
from ck_imagenet.storage.records import FindingKind, Record, record_of, saved

NAME = ImageName("n01440764", 7)
URL, FINAL = "http://a/7", "http://b/7.jpg"
PICTURE = Picture(FORMATS["JPEG"], 400, 300)


def test_a_saved_picture_is_known_by_its_bytes_size_and_format() -> None:
    record = saved(NAME, URL, b"bytes", PICTURE, "a list", FINAL)
    assert record == Record(
        NAME,
        URL,
        Outcome.SAVED,
        record.time,
        source="a list",
        final_url=FINAL,
        sha256=hashlib.sha256(b"bytes").hexdigest(),
        bytes=5,
        width=400,
        height=300,
        image_format=PICTURE.format.tag,
    )


def test_when_it_was_captured_and_that_its_host_alters_pictures_is_known_too() -> None:
    record = saved(NAME, URL, b"bytes", PICTURE, "wayback", FINAL, "2010-01-01T00:00:00Z", True)
    assert (record.captured, record.altered) == ("2010-01-01T00:00:00Z", True)
    assert record_of(record.facts()) == record


@pytest.mark.parametrize(
    ("outcome", "withdrawn", "is_kept"),
    [
        (Outcome.SAVED, False, True),
        (Outcome.SAVED, True, False),
        (Outcome.DUPLICATE, False, False),
        (Outcome.GONE, True, False),
    ],
)
def test_a_picture_is_to_be_here_if_it_was_saved_and_not_withdrawn(
    outcome: Outcome, withdrawn: bool, is_kept: bool
) -> None:
    record = Record(NAME, URL, outcome, "2020", withdrawn=withdrawn)
    assert record.is_kept == is_kept
    assert ("withdrawn" in record.facts()) == withdrawn


def test_a_picture_whose_name_alone_is_known_has_no_url() -> None:
    assert Record(NAME, URL, Outcome.SAVED, "2020").has_url
    assert not Record(NAME, "n01440764_7", Outcome.SAVED, "2020").has_url


@pytest.mark.parametrize("kind", FindingKind)
def test_each_finding_has_a_word_and_says_what_it_means_and_what_is_done(
    kind: FindingKind,
) -> None:
    assert (kind.word, kind.meaning, kind.remedy) == kind.value


def test_no_two_findings_have_the_same_word() -> None:
    assert len({kind.word for kind in FindingKind}) == len(FindingKind)
