"""A large file is fetched in as many pieces as it takes, and never mixed with another."""

from __future__ import annotations

import os
from contextlib import closing
from pathlib import Path
from typing import Iterator

import pytest
from ck_imagenet.core.outcomes import Failed, Outcome
from ck_imagenet.http.address_policy import AddressPolicy
from ck_imagenet.http.client import Client
from ck_imagenet.http.resumable import ResumableFile
from keeper import Keeper, places
from peer import Peer, Serve, Talk, answer, head, saying, serving

DATA = os.urandom(3 * 2**20)
OTHER = os.urandom(2 * 2**20)
HALF = len(DATA) // 2


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start hosts, which end with the test."""
    with serving() as start:
        yield start


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """Return where the file goes."""
    return tmp_path / "file.tgz"


def fetch(peer: Peer, path: Path, seen: list[tuple[int, int]] | None = None) -> bytes:
    """Fetch what is missing, as a new run does, and return what is here then."""
    seen = [] if seen is None else seen
    with closing(Client(AddressPolicy.allowing("127.0.0.0/8"))) as client:
        ResumableFile(peer.url(), path).fetch(
            client, lambda done, total: seen.append((done, total))
        )
    return path.read_bytes()


def failure(peer: Peer, path: Path) -> Outcome:
    """Return what a run fails with."""
    with pytest.raises(Failed) as failed:
        fetch(peer, path)
    return failed.value.outcome


def test_a_file_comes_whole_and_is_not_asked_for_again(serve: Serve, path: Path) -> None:
    peer, seen = serve(Keeper(DATA)), []  # type: ignore[var-annotated]
    assert fetch(peer, path, seen) == DATA
    assert seen[-1] == (len(DATA), len(DATA))
    assert fetch(peer, path) == DATA
    assert places(peer) == [0]


def test_after_an_interruption_only_the_rest_is_asked_for(serve: Serve, path: Path) -> None:
    keeper = Keeper(DATA, most=1000)
    peer = serve(keeper)
    assert failure(peer, path) is Outcome.CUT_SHORT
    assert path.read_bytes() == DATA[:1000]
    keeper.most = 2**40
    seen: list[tuple[int, int]] = []
    assert fetch(peer, path, seen) == DATA
    assert places(peer) == [0, 1000]
    assert seen[0][0] > 1000


def test_a_connection_that_ends_after_a_good_while_is_followed_by_another(
    serve: Serve, path: Path
) -> None:
    peer = serve(Keeper(DATA, most=HALF))
    assert fetch(peer, path) == DATA
    assert places(peer) == [0, HALF]


@pytest.mark.parametrize("version", ['ETag: "1"', "Last-Modified: Wed, 30 Jan 2019 00:55:44 GMT"])
def test_a_host_that_tells_versions_apart_is_asked_for_the_same_one(
    serve: Serve, path: Path, version: str
) -> None:
    peer = serve(Keeper(DATA, most=HALF, version=version))
    assert fetch(peer, path) == DATA
    assert f"If-Range: {version.partition(' ')[2]}\r\n".encode() in peer.heads[1]


def test_a_host_without_ranges_is_asked_for_all_of_it(serve: Serve, path: Path) -> None:
    keeper = Keeper(DATA, most=1000, ranges=False)
    peer = serve(keeper)
    assert failure(peer, path) is Outcome.CUT_SHORT
    keeper.most = 2**40
    assert fetch(peer, path) == DATA


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('ETag: "1"', 'ETag: "2"'),
        ('ETag: W/"1"', 'ETag: W/"2"'),
        ("", 'ETag: "2"'),
        ("", ""),
    ],
)
def test_a_file_that_has_changed_is_fetched_anew(
    serve: Serve, path: Path, before: str, after: str
) -> None:
    keeper = Keeper(DATA, most=1000, version=before)
    peer = serve(keeper)
    failure(peer, path)
    keeper.data, keeper.version, keeper.most = OTHER, after, 2**40
    assert fetch(peer, path) == OTHER


def test_a_file_that_has_become_shorter_than_what_is_here_is_fetched_anew(
    serve: Serve, path: Path
) -> None:
    keeper = Keeper(DATA, most=1000, version="")
    peer = serve(keeper)
    failure(peer, path)
    keeper.data = OTHER[:500]
    assert fetch(peer, path) == OTHER[:500]
    assert places(peer) == [0, 1000, 0]


def test_another_piece_than_was_asked_for_is_not_taken(serve: Serve, path: Path) -> None:
    wrong = head("Content-Range: bytes 0-9/20", "Content-Length: 10", status="206 Partial Content")
    said = [head("Content-Length: 20") + bytes(10), wrong + bytes(10), answer(bytes(20))]

    def behave(talk: Talk) -> None:
        talk.hear()
        talk.say(said.pop(0))

    peer = serve(behave)
    failure(peer, path)
    assert fetch(peer, path) == bytes(20)


def test_a_file_whose_length_nobody_tells_is_whole_when_it_ends(serve: Serve, path: Path) -> None:
    peer = serve(Keeper(DATA, length=False))
    assert fetch(peer, path) == DATA
    assert fetch(peer, path) == DATA
    assert len(peer.heads) == 1


def test_what_a_host_calls_packed_is_kept_as_it_comes(serve: Serve, path: Path) -> None:
    peer = serve(saying(answer(b"\x1f\x8b no gzip at all", "Content-Encoding: x-gzip")))
    assert fetch(peer, path) == b"\x1f\x8b no gzip at all"


def test_files_of_two_addresses_are_not_mixed(serve: Serve, path: Path) -> None:
    failure(serve(Keeper(DATA, most=1000)), path)
    assert fetch(serve(Keeper(OTHER)), path) == OTHER


@pytest.mark.parametrize(
    ("status", "outcome"), [("404 No", Outcome.GONE), ("503 Later", Outcome.BUSY)]
)
def test_what_is_here_outlives_a_host_that_does_not_give_the_rest(
    serve: Serve, path: Path, status: str, outcome: Outcome
) -> None:
    said = [head(f"Content-Length: {len(DATA)}") + DATA[:1000], answer(status=status)]

    def behave(talk: Talk) -> None:
        talk.hear()
        talk.say(said.pop(0))

    peer = serve(behave)
    failure(peer, path)
    assert failure(peer, path) is outcome
    assert path.read_bytes() == DATA[:1000]


def test_a_host_that_always_begins_anew_and_hangs_up_is_given_up(serve: Serve, path: Path) -> None:
    peer = serve(Keeper(DATA, most=HALF, ranges=False))
    assert failure(peer, path) is Outcome.CUT_SHORT
    assert len(peer.heads) == 2
