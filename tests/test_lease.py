"""A worker on a machine of a cluster works as long as somebody exchanges messages with it."""

from __future__ import annotations

import asyncio
import pickle
import time
from pathlib import Path
from typing import Any, Callable, Iterator

import pytest
from ck_imagenet.core.actions import WAYBACK_SERVICE
from ck_imagenet.core.errors import StoreError
from ck_imagenet.core.text import ImageName
from ck_imagenet.engine import lease
from ck_imagenet.engine.context import Crawl, Order, Politeness
from ck_imagenet.engine.lease import LeasedWorker
from ck_imagenet.engine.link import Task
from ck_imagenet.engine.messages import Ended, Fetch, Settled, Stop, ToWorker
from ck_imagenet.http.client import Network
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.numbering import Link
from ck_imagenet_practice import PracticeWeb
from terminal import WNID

LINKS = 6
LOOP = asyncio.new_event_loop()
"""As that of a machine, in which all exchanges run."""
Begin = Callable[[str], LeasedWorker]


@pytest.fixture(autouse=True)
def short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leases that end sooner than those of a run, and later than a busy machine is."""
    monkeypatch.setattr(lease, "LEASE", 2.0)


@pytest.fixture
def order(tmp_path: Path, web: PracticeWeb) -> Order:
    """What a run tells its workers; its pictures go to a folder."""
    store = FolderStore(tmp_path)
    store.synset(WNID).create()
    network = Network(allow_private=web.allow_private)
    return Order(store, network, Crawl(), Politeness(), WAYBACK_SERVICE, {})


@pytest.fixture
def begin(order: Order) -> Iterator[Begin]:
    """A maker of workers, by the names of their runs; those that are left end with the test."""
    yield lambda run: LeasedWorker(run, str(order.store.home()), pickle.dumps(order))
    for worker in list(lease._workers):
        exchange(worker, Stop())
        worker._thread.join()


def exchange(worker: LeasedWorker, *messages: ToWorker) -> tuple[list[Any], bool]:
    """Return what a worker tells who tells it something, and whether its lease has lapsed."""
    return LOOP.run_until_complete(exchanged(worker, 0, *messages))


async def exchanged(
    worker: LeasedWorker, seconds: float, *messages: ToWorker
) -> tuple[list[Any], bool]:
    """Return the same, and wait so long until something is told."""
    told, has_lapsed = pickle.loads(  # noqa: S301 - from this process
        await worker.exchange(pickle.dumps(messages), seconds)
    )
    return told, has_lapsed


def until_it_ends(worker: LeasedWorker, told: list[Any]) -> bool:
    """Add all that a worker tells to what it has told, and return whether its lease has lapsed."""
    while True:
        more, has_lapsed = exchange(worker)
        told += more
        if told and isinstance(told[-1], Ended):
            return has_lapsed
        time.sleep(0.05)


def tasks(web: PracticeWeb, path: str, count: int) -> list[Task]:
    names = [ImageName(WNID, number) for number in range(count)]
    return [Task(Link(name, web.url(0, path.format(name))), "a list") for name in names]


def test_what_comes_of_links_is_told_in_exchanges(begin: Begin, web: PracticeWeb) -> None:
    worker = begin("a run")
    told, _ = exchange(worker, Fetch(tasks(web, "/good/{}.jpg", LINKS)))
    while sum(isinstance(message, Settled) for message in told) < LINKS:
        told += exchange(worker)[0]
    told += exchange(worker, Stop())[0]
    assert not until_it_ends(worker, told)
    assert told[-1] == Ended(None)
    settled = [message.record for message in told if isinstance(message, Settled)]
    assert sorted(record.name.number for record in settled) == list(range(LINKS))


def test_an_exchange_returns_as_soon_as_something_is_told(begin: Begin, web: PracticeWeb) -> None:
    worker = begin("a run")

    async def until_settled(*messages: ToWorker) -> None:
        told: list[Any] = []
        while not any(isinstance(message, Settled) for message in told):
            told, _ = await exchanged(worker, 60, *messages)
            messages = ()

    began = time.monotonic()
    LOOP.run_until_complete(until_settled(Fetch(tasks(web, "/slow/0.3/{}.jpg", 1))))
    assert time.monotonic() < began + 30


def test_who_is_woken_returns_from_an_exchange_at_once_even_if_that_comes_later(
    begin: Begin,
) -> None:
    worker = begin("a run")

    async def woken() -> None:
        told: list[Any] = [None]
        while told:  # that it has begun
            told, _ = await exchanged(worker, 1)
        worker.wake()
        await asyncio.sleep(0.1)
        await exchanged(worker, 60)

    began = time.monotonic()
    LOOP.run_until_complete(woken())
    assert time.monotonic() < began + 30


def test_a_worker_that_nobody_asks_ends_by_itself_and_nothing_revives_it(
    begin: Begin, web: PracticeWeb, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lease, "LEASE", 60.0)
    worker = begin("a run")
    told, has_lapsed = exchange(worker, Fetch(tasks(web, "/slow/0.3/{}.jpg", 1000)))
    while len(web.requests.all()) < LINKS:
        more, has_lapsed = exchange(worker)
        told += more
        assert not has_lapsed
    monkeypatch.setattr(lease, "LEASE", 1.0)
    worker._thread.join()
    asked = len(web.requests.all())
    assert LINKS <= asked < 1000
    more, has_lapsed = exchange(worker, Fetch(tasks(web, "/good/{}.jpg", LINKS)))
    told += more
    # What was saved is still told.
    kept = {message.record.name for message in told if isinstance(message, Settled)}
    assert len(kept) == len(list(Path(worker_home(worker)).rglob(f"{WNID}_*.jpg")))
    assert (told[-1], has_lapsed) == (Ended(None), True)
    assert len(web.requests.all()) == asked


def worker_home(worker: LeasedWorker) -> str:
    return str(worker._worker._crawler._context.store.home().parent)


def test_an_earlier_worker_of_the_same_run_has_ended_when_the_next_begins(
    begin: Begin, web: PracticeWeb
) -> None:
    first = begin("a run")
    exchange(first, Fetch(tasks(web, "/slow/0.3/{}.jpg", 100)))
    web.requests.wait_for(LINKS)
    begin("a run")
    assert not first._thread.is_alive()
    assert exchange(first)[1]


def test_a_worker_of_a_killed_run_has_ended_when_the_next_begins(begin: Begin) -> None:
    first = begin("a killed run")
    exchange(first)
    begin("another run")
    assert not first._thread.is_alive()


def test_a_worker_of_another_run_that_is_at_work_is_left_alone(begin: Begin) -> None:
    first = begin("a run")
    asked = [first]

    async def at_work() -> None:
        loop = asyncio.get_running_loop()
        second = loop.run_in_executor(None, begin, "another run")
        while not second.done():
            await exchanged(first, 0.2)
        asked.append(await second)

    LOOP.run_until_complete(at_work())
    assert all(worker._thread.is_alive() for worker in asked)
    assert not exchange(first)[1]


def test_a_process_that_has_worked_for_other_folders_says_so(
    begin: Begin, order: Order, tmp_path: Path
) -> None:
    elsewhere = tmp_path / "elsewhere"
    with pytest.raises(StoreError) as error:
        LeasedWorker("a run", str(elsewhere), pickle.dumps(order))
    said = f"it has been used for another CK_REPOS than that of {elsewhere}: start it again"
    assert str(error.value) == said


def test_what_each_machine_is_sent_is_small(order: Order) -> None:
    assert len(pickle.dumps(order)) < 1200
