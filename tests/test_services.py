"""What services answer: a list, or something else."""

from __future__ import annotations

import pytest
from ck_imagenet.names import ImageName
from ck_imagenet.services import IMAGENET, WAYBACK, listed
from ck_imagenet.urllists import Line

WNID = "n01440764"
URL = "http://a.example/b.jpg"


@pytest.mark.parametrize(
    ("body", "lines"),
    [
        (f"{URL}\r\n".encode(), [Line(0, None, URL)]),
        (f"\r\n{WNID}_9981 {URL}\r\n".encode(), [Line(1, ImageName(WNID, 9981), URL)]),
        (f"ftp://a.example/\n{URL}".encode(), [Line(1, None, URL)]),
    ],
)
def test_a_list_has_a_line_of_one(body: bytes, lines: list[Line]) -> None:
    assert listed(body, WNID) == lines


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\r\n\r\n",
        b"The synset is not ready yet. Please stay tuned!",
        b"Invalid url!",
        f"<!DOCTYPE html>\n<a>\n{URL}\n</a>".encode(),
        f"Warning: mysql\n<HTML lang=en>\n{URL}\n".encode(),
        f"n02110341_1 {URL}".encode(),
        b"\x1f\x8b\x08\x00",
        b"http://" + b"a" * 70_000,
    ],
)
def test_whatever_else_is_said_is_no_list(body: bytes) -> None:
    assert listed(body, WNID) == []


def test_the_mapping_with_true_numbers_is_asked_for_first_of_each_path() -> None:
    for kind in (IMAGENET, WAYBACK):
        names = [question.name.rpartition(" ")[2] for question in kind.questions]
        assert names == ["mapping", "URLs"] * 2


def test_the_wayback_machine_is_asked_for_what_image_net_org_answered() -> None:
    assert [question.path for question in WAYBACK.questions] == [
        f"/web/20130101000000id_/http://www.image-net.org/api/{path}?wnid="
        for path in (
            "text/imagenet.synset.geturls.getmapping",
            "text/imagenet.synset.geturls",
            "imagenet.synset.geturls.getmapping",
            "imagenet.synset.geturls",
        )
    ]
