"""What a worker does with what it is told, and what it tells, wherever it is."""

from __future__ import annotations

import threading
import time
from pathlib import Path
from typing import Callable, Iterator, Sequence

import pytest
from ck_imagenet.core.actions import WAYBACK_SERVICE
from ck_imagenet.core.outcomes import Outcome
from ck_imagenet.core.text import ImageName
from ck_imagenet.engine.context import Crawl, Order, Politeness
from ck_imagenet.engine.link import Task
from ck_imagenet.engine.messages import (
    Cancel,
    Ended,
    Fetch,
    FromWorker,
    Hungry,
    Left,
    Moved,
    Reached,
    Settled,
    Standing,
    Stop,
)
from ck_imagenet.engine.worker import Worker
from ck_imagenet.http.client import Network
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.numbering import Link
from ck_imagenet_practice import PracticeWeb
from ck_imagenet_practice.redirects import redirecting_to
from terminal import WNID

JOBS = 4


class Told:
    """A worker at work, and what it has told."""

    def __init__(self, folder: Path, web: PracticeWeb) -> None:
        self.store = FolderStore(folder)
        self.store.synset(WNID).create()
        self.said: list[FromWorker] = []
        network = Network(allow_private=web.allow_private, timeout=5)
        crawl = Crawl(jobs=JOBS, retry=0)
        order = Order(self.store, network, crawl, Politeness(), WAYBACK_SERVICE, {})
        self.worker = Worker.of(order, self.said.append)
        self.thread = threading.Thread(target=self.worker.run)
        self.thread.start()

    def fetch(self, urls: Sequence[str]) -> None:
        links = [Link(ImageName(WNID, number), url) for number, url in enumerate(urls)]
        self.worker.receive(Fetch([Task(link, "a list") for link in links]))

    def of(self, kind: type) -> list[FromWorker]:
        return [message for message in self.said if isinstance(message, kind)]

    def wait(self, until: Callable[[], object]) -> None:
        end = time.monotonic() + 20
        while not until():
            assert time.monotonic() < end, self.said
            time.sleep(0.01)


@pytest.fixture
def told(tmp_path: Path, web: PracticeWeb) -> Iterator[Told]:
    made = Told(tmp_path, web)
    yield made
    made.worker.receive(Stop())
    made.thread.join(10)
    assert isinstance(made.said[-1], Ended)


def test_it_asks_for_links_and_tells_what_comes_of_each(told: Told, web: PracticeWeb) -> None:
    told.wait(lambda: told.said)
    assert told.said == [Hungry(is_idle=True)]
    told.fetch([web.url(0, "/good/0.jpg"), web.url(1, "/status/404/1.jpg")])
    told.wait(lambda: len(told.of(Settled)) == 2)
    outcomes = {each.record.name.number: each.record.outcome for each in told.of(Settled)}  # type: ignore[union-attr]
    assert outcomes == {0: Outcome.SAVED, 1: Outcome.GONE}
    assert list(told.store.synset(WNID).pictures()) == [0]
    assert len(told.of(Reached)) == 1
    told.wait(lambda: len(told.of(Hungry)) >= 2)


def test_who_has_nothing_to_tell_tells_all_the_same_that_it_lives(
    told: Told, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ck_imagenet.engine.worker.PULSE", 0.1)
    told.wait(lambda: len(told.of(Standing)) > 1)
    assert {*map(str, told.of(Standing))} == {str(Standing())}


def test_who_is_held_by_silent_hosts_asks_for_nothing_that_would_wait_too(
    told: Told, web: PracticeWeb
) -> None:
    told.wait(lambda: told.of(Hungry))
    told.fetch([web.url(host, "/silent/x.jpg") for host in range(JOBS)])
    told.wait(lambda: len(web.requests.all()) == JOBS)
    time.sleep(1.5)
    asked = len(told.of(Hungry))
    told.fetch([web.url(0, "/silent/y.jpg")])
    time.sleep(0.5)
    assert len(told.of(Hungry)) == asked
    told.wait(lambda: len(told.of(Hungry)) > asked)  # when they have timed out
    assert told.of(Settled)


def test_a_redirect_to_another_host_is_told_and_one_on_the_same_host_followed(
    told: Told, web: PracticeWeb
) -> None:
    here, there = (web.url(host, "/good/x.jpg") for host in (0, 1))
    told.fetch([web.url(0, redirecting_to(url, f"{n}.jpg")) for n, url in enumerate((here, there))])
    told.wait(lambda: told.of(Moved) and told.of(Settled))
    (settled,), (moved,) = told.of(Settled), told.of(Moved)
    assert settled.record.name.number == 0  # type: ignore[union-attr]
    assert (moved.task.link.name.number, moved.task.endpoint) == (  # type: ignore[union-attr]
        1,
        there.split("/")[2],
    )


def settled_or_left(told: Told) -> Iterator[int]:
    for message in told.said:
        if isinstance(message, (Settled, Left)):
            name = message.name if isinstance(message, Left) else message.record.name
            yield name.number


def test_when_a_synset_is_cancelled_no_more_of_it_is_saved_or_told(
    told: Told, web: PracticeWeb
) -> None:
    told.fetch([web.url(host % 3, f"/slow/0.5/{host}.jpg") for host in range(20)])
    told.wait(lambda: len(web.requests.all()) >= JOBS)
    told.worker.receive(Cancel(WNID))
    told.wait(lambda: {*settled_or_left(told)} == {*range(20)})
    here = len(told.store.synset(WNID).pictures())
    asked = len(web.requests.all())
    time.sleep(1.5)
    assert len(told.store.synset(WNID).pictures()) == here == len(told.of(Settled))
    assert len(web.requests.all()) == asked


def test_an_error_ends_it_in_words_that_can_be_sent(told: Told, web: PracticeWeb) -> None:
    told.store.synset(WNID).state.joinpath("new").rmdir()
    told.fetch([web.url(0, "/good/0.jpg")])
    told.wait(lambda: told.of(Ended))
    (ended,) = told.of(Ended)
    assert isinstance(ended.error, FileNotFoundError)  # type: ignore[union-attr]
