"""The practice web plays image-net.org's tars of winter 2021."""

from __future__ import annotations

import http.client
import io
import tarfile
from contextlib import closing
from urllib.parse import urlsplit

import pytest
from ck_imagenet_practice import PracticeWeb, world
from raw_client import Answer, ask, wire

WNID = world.SYNSETS[0]


def ask_from(url: str, start: int) -> Answer:
    """Ask for what begins at some byte."""
    parts = urlsplit(url)
    with closing(http.client.HTTPConnection(parts.netloc, timeout=5)) as connection:
        connection.request("GET", parts.path, headers={"Range": f"bytes={start}-"})
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())


def test_a_tar_has_the_picture_of_every_link(web: PracticeWeb) -> None:
    answer = ask(web.tar_address(WNID))
    assert answer.status == 200
    with tarfile.open(fileobj=io.BytesIO(answer.body)) as archive:
        found = {}
        for member in archive.getmembers():
            opened = archive.extractfile(member)
            found[member.name] = opened.read() if opened else b""
    assert found == {f"{link.name}.JPEG": link.picture() for link in web.links(WNID)}


def test_the_rest_of_a_tar_can_be_asked_for(web: PracticeWeb) -> None:
    web.winter21.set(WNID, tar=b"0123456789")
    answer = ask_from(web.tar_address(WNID), 7)
    assert (answer.status, answer.body) == (206, b"789")
    assert answer.headers["Content-Range"] == "bytes 7-9/10"
    web.winter21.set(WNID, "whole")
    assert ask_from(web.tar_address(WNID), 7).body == b"0123456789"


def test_other_synsets_have_none(web: PracticeWeb) -> None:
    assert ask(web.tar_address("n00007846")).status == 404
    assert ask(web.tar_address("x")).status == 404
    web.winter21.set(WNID, "dropped")
    assert ask(web.tar_address(WNID)).status == 404


@pytest.mark.parametrize(
    ("manner", "second"), [("cut", b"56789"), ("cut-whole", b"0123456789"), ("cut-always", b"")]
)
def test_a_tar_may_break_off_in_the_middle(web: PracticeWeb, manner: str, second: bytes) -> None:
    web.winter21.set(WNID, manner, b"0123456789")
    head, body = wire(web.tar_address(WNID))
    assert (b"Content-Length: 10" in head, body) == (True, b"01234")
    try:
        rest = ask_from(web.tar_address(WNID), 5).body
    except http.client.IncompleteRead as cut:
        rest = cut.partial
    assert rest == second


def test_another_tar_may_be_there_when_the_rest_is_asked_for(web: PracticeWeb) -> None:
    web.winter21.set(WNID, "changed", b"0123456789")
    assert b'ETag: "one"' in wire(web.tar_address(WNID))[0]
    assert ask_from(web.tar_address(WNID), 5).headers["ETag"] == '"another"'


def test_a_busy_host_says_so_once(web: PracticeWeb) -> None:
    web.winter21.set(WNID, "busy", b"0123456789")
    answer = ask(web.tar_address(WNID))
    assert (answer.status, answer.headers["Retry-After"]) == (429, "1")
    assert ask(web.tar_address(WNID)).status == 200


def test_a_slow_tar_comes_all_the_same(web: PracticeWeb) -> None:
    web.winter21.set(WNID, "slow", bytes(100))
    assert ask(web.tar_address(WNID)).body == bytes(100)


def test_a_misspelt_manner_is_refused(web: PracticeWeb) -> None:
    with pytest.raises(ValueError, match=r"^god: tars are given good, "):
        web.winter21.set(WNID, "god")
