"""What a machine of a cluster does with a batch, and what the next one does if it dies."""

from __future__ import annotations

import pickle
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Iterator

import pytest
from ck_imagenet.core.actions import WAYBACK_SERVICE
from ck_imagenet.core.text import ImageName
from ck_imagenet.engine import worker
from ck_imagenet.engine.context import Crawl, Order, Politeness
from ck_imagenet.engine.link import Task
from ck_imagenet.engine.worker import HEARTBEAT, Batch, work
from ck_imagenet.http.client import Network
from ck_imagenet.storage.folder_store import FolderStore
from ck_imagenet.storage.numbering import Link
from ck_imagenet_practice import PracticeWeb
from terminal import WNID

LINKS = 6


@pytest.fixture
def ordered(tmp_path: Path, web: PracticeWeb) -> Iterator[tuple[Batch, bytes]]:
    """A batch, and the run's order."""
    store = FolderStore(tmp_path)
    store.synset(WNID).create()
    run = store.create_home() / "cluster-x"
    run.mkdir()
    (run / HEARTBEAT).touch()
    names = [ImageName(WNID, number) for number in range(LINKS)]
    links = [Link(name, web.url(0, f"/good/{name}.jpg")) for name in names]
    order = Order(
        store, Network(allow_private=web.allow_private), Crawl(), Politeness(), WAYBACK_SERVICE, {}
    )
    yield Batch(run, "7", [Task(link, "a list") for link in links]), pickle.dumps(tuple(order))
    worker._unpickled.cache_clear()


def test_who_takes_over_asks_for_nothing_again_that_was_told(
    ordered: tuple[Batch, bytes], web: PracticeWeb
) -> None:
    first = work(*ordered)
    assert (len(first.records), len(web.requests.all())) == (LINKS, LINKS)
    assert sorted(work(*ordered).records) == sorted(first.records)
    assert len(web.requests.all()) == LINKS


@pytest.mark.parametrize("torn", [b"", b"\x80", b"\x80\x04nonsense", b"garbage\n", b"\xff" * 100])
def test_a_torn_record_costs_itself_and_nothing_that_comes_after_it(
    ordered: tuple[Batch, bytes], web: PracticeWeb, torn: bytes
) -> None:
    first = work(*ordered)
    recorded = ordered[0].run / "7.1.records"
    recorded.write_bytes(b"".join(map(pickle.dumps, first.records[:2])) + torn)
    assert len(work(*ordered).records) == LINKS
    assert len(web.requests.all()) == LINKS + LINKS - 2
    assert len(work(*ordered).records) == LINKS
    assert len(web.requests.all()) == LINKS + LINKS - 2


def test_who_was_only_out_of_reach_leaves_a_batch_to_who_has_taken_it_over(
    ordered: tuple[Batch, bytes], web: PracticeWeb
) -> None:
    names = [ImageName(WNID, number) for number in range(100)]
    links = [Link(name, web.url(0, f"/slow/0.3/{name}.jpg")) for name in names]
    batch = ordered[0]._replace(tasks=[Task(link, "a list") for link in links])
    with ThreadPoolExecutor() as machines:
        first = machines.submit(work, batch, ordered[1])
        web.requests.wait_for(10)
        second = machines.submit(work, batch, ordered[1])
        left = first.result()
        assert not second.done()
    assert len(left.records) < len(names)
    assert sorted(record.name for record in second.result().records) == names


def test_who_was_out_of_reach_until_the_batch_was_over_leaves_it(
    ordered: tuple[Batch, bytes], web: PracticeWeb
) -> None:
    names = [ImageName(WNID, number) for number in range(100)]
    links = [Link(name, web.url(0, f"/slow/0.3/{name}.jpg")) for name in names]
    batch = ordered[0]._replace(tasks=[Task(link, "a list") for link in links])
    with ThreadPoolExecutor() as machines:
        first = machines.submit(work, batch, ordered[1])
        web.requests.wait_for(10)
        for recorded in batch.run.glob("*.records"):
            recorded.unlink()
        assert len(first.result().records) < len(names)


def test_what_each_batch_is_sent_with_is_small(ordered: tuple[Batch, bytes]) -> None:
    _, order = ordered
    assert len(order) < 1000
