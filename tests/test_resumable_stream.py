"""What is at an address as one stream, however often the connection breaks."""

from __future__ import annotations

import gzip
import io
import re
from contextlib import closing
from typing import Iterator, NamedTuple

import pytest
from ck_imagenet.core.outcomes import Failed, Outcome
from ck_imagenet.http.address_policy import AddressPolicy
from ck_imagenet.http.client import Client
from ck_imagenet.http.resumable import ResumableStream
from ck_imagenet.http.retry import Retry
from peer import Behaviour, Peer, Serve, Talk, answer, head, saying, serving

DATA = bytes(range(256)) * 400


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Start hosts, which end with the test."""
    with serving() as start:
        yield start


class Reading(NamedTuple):
    """What was read at an address."""

    data: bytes
    told: list[tuple[int, int]]
    """How many bytes had come, and of how many."""
    pauses: list[float]
    """The seconds between attempts, which are not waited for here."""


def read(peer: Peer, retry: int = 2, pauses: list[float] | None = None) -> Reading:
    """Read all that comes from a host."""
    done = Reading(b"", [], [] if pauses is None else pauses)

    def watch(come: int, size: int) -> None:
        done.told.append((come, size))

    with closing(Client(AddressPolicy.allowing("127.0.0.0/8"))) as client:
        patience = Retry.doubling(retry, lambda rest: None)._replace(sleep=done.pauses.append)
        source = ResumableStream(client, peer.url(), patience, watch)
        with closing(io.BufferedReader(source)) as stream:
            return done._replace(data=stream.read())


def part(start: int, end: int, version: str = "x") -> bytes:
    """Return an answer that is to have the bytes from `start` on, and has them up to `end`."""
    status = "206 Partial Content" if start else "200 OK"
    lines = [f'ETag: "{version}"', f"Content-Length: {len(DATA) - start}"]
    if start:
        lines.append(f"Content-Range: bytes {start}-{len(DATA) - 1}/{len(DATA)}")
    return head(*lines, status=status) + DATA[start:end]


def one_a_connection(*answers: bytes) -> Behaviour:
    """Give each connection one answer, and end it; the last for ever."""
    remaining = list(answers)

    def behave(talk: Talk) -> None:
        if talk.hear():
            talk.say(remaining.pop(0) if len(remaining) > 1 else remaining[0])

    return behave


def ranges(peer: Peer) -> list[str]:
    """Return the ranges that a host was asked for, "" for none."""
    asked = (re.search(rb"\r\nRange: (.*)\r\n", each) for each in peer.heads)
    return [found.group(1).decode() if found else "" for found in asked]


def test_an_answer_is_read_as_it_comes(serve: Serve) -> None:
    done = read(serve(saying(answer(DATA))))
    assert done.data == DATA
    assert done.told[-1] == (len(DATA), len(DATA))


def test_where_it_breaks_off_the_rest_is_asked_for(serve: Serve) -> None:
    peer = serve(one_a_connection(part(0, 1000), part(1000, 50_000), part(50_000, len(DATA))))
    done = read(peer)
    assert done.data == DATA
    assert ranges(peer) == ["", "bytes=1000-", "bytes=50000-"]
    assert [come for come, _ in done.told] == sorted({come for come, _ in done.told})
    assert {size for _, size in done.told} == {len(DATA)}
    assert done.pauses == [1, 1]


def test_a_host_that_begins_again_is_listened_to_again(serve: Serve) -> None:
    assert read(serve(one_a_connection(part(0, 1000), part(0, len(DATA))))).data == DATA


def test_of_what_comes_packed_the_whole_is_asked_for_again(serve: Serve) -> None:
    packed = gzip.compress(DATA)
    whole = answer(packed, "Content-Encoding: gzip")
    peer = serve(one_a_connection(whole[:-100], whole))
    assert read(peer).data == DATA
    assert ranges(peer) == ["", ""]


@pytest.mark.parametrize("retry", [0, 1, 3])
def test_attempts_that_bring_nothing_are_counted(serve: Serve, retry: int) -> None:
    peer = serve(one_a_connection(part(0, 1000), part(1000, 1000)))
    pauses: list[float] = []
    with pytest.raises(Failed) as failed:
        read(peer, retry, pauses)
    assert failed.value.outcome is Outcome.CUT_SHORT
    assert len(peer.heads) == 1 + retry
    assert pauses == [1.0, 2.0, 4.0][:retry]


@pytest.mark.parametrize(
    "change", [part(1000, len(DATA), "y"), answer(DATA), answer(DATA[:-1], 'ETag: "x"')]
)
def test_two_files_are_never_mixed(serve: Serve, change: bytes) -> None:
    with pytest.raises(Failed, match="another in its place"):
        read(serve(one_a_connection(part(0, 1000), change)))


def test_what_is_final_is_final(serve: Serve) -> None:
    peer = serve(saying(answer(status="404 Not Found")))
    with pytest.raises(Failed, match="gone: 404"):
        read(peer)
    assert len(peer.heads) == 1


@pytest.mark.parametrize("asked", [7, 60])
def test_a_busy_host_is_left_alone_for_as_long_as_it_asks(serve: Serve, asked: int) -> None:
    busy = answer(b"", f"Retry-After: {asked}", status="503 Service Unavailable")
    done = read(serve(one_a_connection(busy, part(0, len(DATA)))))
    assert (done.data, done.pauses) == (DATA, [asked])


def test_one_that_asks_for_a_long_rest_is_not_asked_again(serve: Serve) -> None:
    peer = serve(saying(answer(b"", "Retry-After: 61", status="503 Service Unavailable")))
    pauses: list[float] = []
    with pytest.raises(Failed, match="busy: 503, come back in 61 s"):
        read(peer, pauses=pauses)
    assert (len(peer.heads), pauses) == (1, [])


def test_it_is_not_asked_before_it_is_read(serve: Serve) -> None:
    peer = serve(saying(answer(DATA)))
    with closing(Client(AddressPolicy.allowing("127.0.0.0/8"))) as client:
        ResumableStream(client, peer.url(), Retry(), print).close()
    assert peer.connections == 0
