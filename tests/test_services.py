"""What services answer: a list, or something else."""

from __future__ import annotations

import gzip
from typing import Callable, Iterator

import pytest
from ck_imagenet.core.errors import NoList
from ck_imagenet.core.text import ImageName, Progress
from ck_imagenet.core.url_lists import Line
from ck_imagenet.http.address_policy import AddressPolicy
from ck_imagenet.http.client import Client
from ck_imagenet.http.connections import Limits
from ck_imagenet.sources import services
from ck_imagenet.sources.services import ImageNetService, ServiceSource, WaybackService, listed
from peer import Peer, Talk, answer, redirect, saying, serving

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
    for service in (ImageNetService, WaybackService):
        names = [question.name.rpartition(" ")[2] for question in service.questions]
        assert names == ["mapping", "URLs"] * 2


def test_the_wayback_machine_is_asked_for_what_image_net_org_answered() -> None:
    assert [question.path for question in WaybackService.questions] == [
        f"/web/20130101000000id_/http://www.image-net.org/api/{path}?wnid="
        for path in (
            "text/imagenet.synset.geturls.getmapping",
            "text/imagenet.synset.geturls",
            "imagenet.synset.geturls.getmapping",
            "imagenet.synset.geturls",
        )
    ]


class Moody:
    """A host that answers with a list, or with an error, or keeps silent."""

    body, status, silent, header = URL.encode(), "200 OK", False, "X: y"

    def __call__(self, talk: Talk) -> None:
        while talk.hear():
            if self.silent:
                talk.wait()
            talk.say(answer(self.body, self.header, status=self.status))


@pytest.fixture
def host() -> Moody:
    return Moody()


@pytest.fixture
def peer(host: Moody) -> Iterator[Peer]:
    with serving() as serve:
        yield serve(host)


@pytest.fixture
def service(peer: Peer, monkeypatch: pytest.MonkeyPatch) -> ServiceSource:
    """A service that is not waited for as long as users would."""
    limits = Limits(5, first_byte=0.2, stall=5, whole=5)
    monkeypatch.setattr(services, "_LIMITS", limits)
    client = Client(AddressPolicy.allowing("127.0.0.0/8"), limits)  # the longer ones hold
    return ImageNetService(peer.url(""), client, Progress())


@pytest.mark.parametrize("header", ["X: y", "content-encoding: "])
def test_a_list_that_is_packed_without_a_word_is_one(
    service: ServiceSource, host: Moody, header: str
) -> None:
    """As captures in the Wayback Machine are whose original answer was packed."""
    host.body, host.header = gzip.compress(URL.encode()), header
    assert [line.url for line in service.find(WNID).lines] == [URL]
    host.body = host.body[:20]
    with pytest.raises(NoList, match="what was packed is not whole"):
        service.find(WNID)


def finds(service: ServiceSource) -> bool:
    try:
        return bool(service.find(WNID).lines)
    except NoList:
        return False


def test_a_service_that_has_never_answered_is_asked_once(
    service: ServiceSource, host: Moody, peer: Peer
) -> None:
    host.silent = True
    assert [finds(service) for _ in range(3)] == [False] * 3
    assert len(peer.heads) == 1


def test_a_service_that_has_answered_may_fall_silent_for_two_synsets(
    service: ServiceSource, host: Moody, peer: Peer
) -> None:
    for silent in [False, True, True, False, True, True, False]:
        host.silent = silent
        assert finds(service) != silent
    host.silent = True
    asked = len(peer.heads)
    assert [finds(service) for _ in range(5)] == [False] * 5
    assert len(peer.heads) == asked + 3


def test_an_error_is_an_answer(service: ServiceSource, host: Moody, peer: Peer) -> None:
    host.status = "404 Not Found"
    assert not finds(service)
    host.silent = True
    assert [finds(service) for _ in range(5)] == [False] * 5
    assert len(peer.heads) == len(ImageNetService.questions) + 3


def test_a_list_that_the_archive_has_from_another_host_is_none() -> None:
    """Only what has an address of its own is a capture."""
    path = "/web/20130101000000id_/http://www.image-net.org/"

    def say(what: bytes) -> Callable[[Talk], None]:
        def behave(talk: Talk) -> None:
            while talk.hear():
                talk.say(what)

        return behave

    with serving() as serve:
        other = serve(say(answer(URL.encode())))
        archive = serve(say(redirect(other.url(path))))
        client = Client(AddressPolicy.allowing("127.0.0.0/8"))
        service = WaybackService(archive.url(""), client, Progress())
        with pytest.raises(NoList, match="redirected to http://127"):
            service.find(WNID)


def test_an_error_of_the_archive_itself_passes_and_what_it_has_captured_does_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Else a list without true numbers would come in place of the mapping."""
    monkeypatch.setattr(WaybackService, "pauses", (0.01, 0.01))
    memento = "Memento-Datetime: Fri, 01 Jan 2010 00:00:00 GMT"
    error, captured = "502 Bad Gateway", answer(b"", memento, status="502 Bad Gateway")
    with serving() as serve:
        for answers, asked in (
            ([answer(status=error), answer(status=error), answer(URL.encode())], 3),
            ([captured, answer(URL.encode())], 2),
            ([answer(status=error)], 3 * len(WaybackService.questions)),
        ):
            archive = serve(saying(*answers))
            client = Client(AddressPolicy.allowing("127.0.0.0/8"))
            service = WaybackService(archive.url(""), client, Progress())
            assert finds(service) == (len(answers) > 1)
            assert len(archive.heads) == asked
