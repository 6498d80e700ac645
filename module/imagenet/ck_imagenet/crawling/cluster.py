"""Many machines in one run: the same work, in batches, on a Dask cluster.

All machines see the same store. Each batch holds the links of some hosts, and a host is in one
batch at a time. What comes of them all meets in the books, here.
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import shutil
import socket
import tempfile
import time
from collections import Counter, deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from itertools import chain, count, islice
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any, Callable, Iterable, Iterator, cast
from urllib.parse import urlsplit

from filelock import FileLock

from ..errors import BadInput, StoreError
from ..files import storage_errors
from ..kept.journal import Record
from ..kept.store import Store
from ..kept.turns import Busy, at_once
from ..names import ImageName
from ..outcomes import Outcome
from .batch import LAST, NOTICED, PULSE, Batch, Report, records_of, told
from .books import Books
from .crew import Crew
from .ledger import Book
from .task import Task
from .worker import LIBRARY, Order

LEAST, MOST = 32, 256
"""Links of a batch: few, and machines wait for each other; many, and hosts wait for each other."""

AHEAD = 2
"""Batches for each place where one can run, so that none is idle while results are on their way."""

_CONNECT, _PATIENCE = 10, 60
"""Seconds to wait for a scheduler, and for the first machine."""

_GRACE = 5.0
"""Seconds that a scheduler has to take leave."""

_BEAT = 5.0
_PREFIX = "cluster-"
_LOCK = ".lock"
"""The file, in a run's folder, that is locked as long as there is the run."""

_GOES_ON = "what is here is kept, and the same command goes on"


class Cluster(Crew):
    """Fetches with the workers of a Dask cluster, as many as there are at any moment.

    Parameters
    ----------
    order : Order
        What the workers need to know.
    store : Store
        Where the pictures go, on a file system that all machines share.
    scheduler : str
        The address of the cluster's scheduler, such as tcp://10.0.0.1:8786.

    Raises
    ------
    BadInput
        If Dask is not installed, or there is no such cluster.
    StoreError
        If machines cannot use the store.
    """

    def __init__(self, order: Order, store: Store, scheduler: str) -> None:
        self.books = Books()
        self._order = pickle.dumps(tuple(order))
        self._work, self._can_work = _remote()
        self._waiting: dict[str, deque[Task]] = {}
        self._asked: set[str] = set()
        """Hosts in a batch."""
        self._free_at: dict[str, float] = {}
        self._out: dict[str, Batch] = {}
        self._futures: dict[str, Any] = {}
        self._given: Counter[str] = Counter()
        """How many links of each synset are in batches, or wait for one."""
        self._come: SimpleQueue[Any] = SimpleQueue()
        self._names = map(str, count())
        self._places = 0
        self._beaten = 0.0
        self._alone_since = time.monotonic()
        self._coming = True
        with ExitStack() as undo:
            self._client = _connected(scheduler)
            undo.callback(self._client.close, timeout=_GRACE)
            _wait_for_workers(self._client, scheduler)
            home = store.create_home().absolute()
            with storage_errors(home):
                self._run = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=home))
                undo.callback(shutil.rmtree, self._run, ignore_errors=True)
                self._lock = undo.enter_context(FileLock(self._run / _LOCK))
                self._beat()
                self._sweep()
            self._prove()
            self._means = undo.pop_all()

    @property
    def is_hungry(self) -> bool:
        if len(self._out) >= AHEAD * self._places:
            return False
        links = chain.from_iterable(self._waiting[host] for host in self._ready())
        return sum(1 for _ in islice(links, LEAST)) < LEAST

    def begin(self, wnid: str, book: Book, tasks: list[Task]) -> None:
        self.books.open(wnid, book, tasks)
        for task in tasks:
            self._give(task)

    def begin_end(self) -> None:
        self._coming = False

    def tend(self, patience: float) -> bool:
        self._beat()
        self._collect(patience if self._out else 0)
        for task in self.books.take_up():
            self._give(task)
        self._send()
        if not self._out:
            time.sleep(patience)  # for hosts that rest, machines that come, or the next synset
        return bool(self._coming or self._out or self._waiting)

    def hurry(self) -> None:
        """Do nothing: a batch asks its own hosts again before it ends."""

    def close(self) -> None:
        self._means.close()

    def abandon(self) -> None:
        # Without its pulse no machine goes on, whatever becomes of the messages.
        try:
            with suppress(Exception):
                (self._run / PULSE).unlink()
                time.sleep(NOTICED if self._out else 0)
                for batch in self._out.values():
                    records = told(batch).values()
                    if any(not record.outcome.unanswered for record in records):
                        self.books.reach()
                    self._settled(batch, records)
        finally:
            self._lock.release()
            shutil.rmtree(self._run, ignore_errors=True)
        with suppress(Exception):
            self._means.close()

    def _beat(self) -> None:
        """Show that the run goes on, and look how many machines there are."""
        now = time.monotonic()
        if now > self._beaten + _BEAT or not self._beaten:
            self._beaten = now
            (self._run / PULSE).write_text(f"{now}\n")
            with _sentence("the cluster's scheduler is gone"):
                self._places = sum(self._client.nthreads().values())
            if self._places:
                self._alone_since = now
            if now > self._alone_since + _PATIENCE:
                raise StoreError(f"the cluster has no workers any more; {_GOES_ON}")

    def _sweep(self) -> None:
        """Remove what runs have left that were killed, and wait until their workers have seen it.

        Old is what is so by the file system's clock, not by ours.
        """
        now = (self._run / PULSE).stat().st_mtime
        still_at_work = False
        for pulse in self._run.parent.glob(f"{_PREFIX}*/{PULSE}"):
            with suppress(FileNotFoundError):  # of a run that ends just now
                is_old = pulse.stat().st_mtime < now - LAST
                if is_old or _is_left(pulse.parent):
                    shutil.rmtree(pulse.parent, ignore_errors=True)
                    still_at_work |= not is_old
        if still_at_work:
            time.sleep(NOTICED)

    def _prove(self) -> None:
        """Have every machine show that it can work here.

        Raises
        ------
        StoreError
            If one cannot.
        """
        pulse = str(self._run / PULSE)
        with _sentence("the cluster's workers cannot be asked what they can do"):
            said = self._client.run(self._can_work, LIBRARY, _environment(), pulse)
        bad = {address: trouble for address, trouble in said.items() if trouble}
        for address, trouble in bad.items():
            raise StoreError(
                f"{len(bad)} of {len(said)} workers cannot work on this run, the first of them, "
                f"{address}: {trouble}; all machines need the same CK_REPOS at the same path, and "
                "the Python packages of requirements.txt and requirements-dask.txt"
            )

    def _give(self, task: Task) -> None:
        """Let a task wait for a batch, or put it by if there are enough for its synset."""
        missing = self.books.missing(task.wnid)
        if missing is not None and self._given[task.wnid] >= missing:
            self.books.put_by(task)
            return
        self._given[task.wnid] += 1
        self._put(task)

    def _put(self, task: Task) -> None:
        self._waiting.setdefault(task.endpoint, deque()).append(task)

    def _ready(self) -> Iterator[str]:
        """Yield the hosts that may be asked now for what waits."""
        now = time.monotonic()
        for host in self._waiting:
            if host not in self._asked and self._free_at.get(host, 0.0) <= now:
                yield host

    def _send(self) -> None:
        """Give out batches as long as there are places and hosts for them."""
        room = AHEAD * self._places - len(self._out)
        idle = self._places - len(self._out)
        if room <= 0:
            return
        hosts = sorted(self._ready(), key=lambda host: len(self._waiting[host]))
        links = sum(min(MOST, len(self._waiting[host])) for host in hosts)
        while room and links >= (1 if idle > 0 else LEAST):
            # The largest has one for itself, and waits for nobody: others may keep silent.
            tasks = self._taken(hosts.pop())
            while hosts and len(tasks) < LEAST:
                tasks += self._taken(hosts.pop())
            self._submit(tasks)
            links -= len(tasks)
            room -= 1
            idle -= 1

    def _taken(self, host: str) -> list[Task]:
        waiting = self._waiting[host]
        tasks = [waiting.popleft() for _ in range(min(MOST, len(waiting)))]
        if not waiting:
            del self._waiting[host]
        self._asked.add(host)
        self._free_at.pop(host, None)
        return tasks

    def _submit(self, tasks: list[Task]) -> None:
        batch = Batch(self._run, next(self._names), tasks)
        self._out[batch.name] = batch
        work = (LIBRARY, _environment(), pickle.dumps(batch), self._order)
        with _sentence("the cluster takes no work any more"):
            key = f"{self._run.name}-{batch.name}"
            # The largest first: their hosts have more to come.
            future = self._client.submit(
                self._work, *work, key=key, pure=False, priority=len(tasks)
            )
        self._futures[batch.name] = future
        future.add_done_callback(lambda _: self._come.put(batch.name))

    def _collect(self, patience: float) -> None:
        """Take in what has come, and wait for it so many seconds."""
        with suppress(Empty):
            while True:
                self._take_in(
                    self._come.get(timeout=patience) if patience else self._come.get_nowait()
                )
                self._beat()
                patience = 0

    def _take_in(self, name: str) -> None:
        with _sentence("the cluster has not done its work"):
            try:
                result = self._futures[name].result(timeout=_BEAT)
            except asyncio.TimeoutError:  # lost with its worker, and being made anew
                self._come.put(name)
                return
            report: Report = pickle.loads(result)  # noqa: S301 - from our own workers
        batch = self._out.pop(name)
        del self._futures[name]
        if report.error:
            raise report.error
        if report.reached:
            self.books.reach()
        self._asked -= {task.endpoint for task in batch.tasks}
        now = time.monotonic()
        self._free_at = {host: free for host, free in self._free_at.items() if free > now}
        self._free_at.update((host, now + rest) for host, rest in report.rests.items())
        tasks = self._settled(batch, report.records)
        for task in report.moved:
            task.link = tasks.pop(task.link.name).link
            self._put(task)
        for task in tasks.values():  # which the batch had no time for
            self._put(task)
        for path in records_of(batch):
            path.unlink()

    def _settled(self, batch: Batch, records: Iterable[Record]) -> dict[ImageName, Task]:
        """Take in what came of a batch, and return the tasks of which nothing has come."""
        tasks = {task.link.name: task for task in batch.tasks}
        for record in records:
            task = tasks.pop(record.name)
            self._given[task.wnid] -= 1
            # In the words that are here already: lists are long.
            known = record._replace(name=task.link.name, url=task.link.url)
            settle = self.books.take_in if record.outcome is Outcome.SAVED else self.books.settle
            settle(known)
        return tasks


def _is_left(run: Path) -> bool:
    """Say whether whoever has begun a run is gone."""
    lock = run / _LOCK
    if not lock.exists():
        return False
    try:
        with at_once(FileLock(lock)):
            return True
    except Busy:
        return False


@contextmanager
def _sentence(what: str) -> Iterator[None]:
    """Say in a sentence what Dask, or Python at the other end, has met."""
    try:
        yield
    except (Exception, asyncio.CancelledError) as error:
        said = ": ".join(filter(None, [type(error).__name__, *str(error).splitlines()[:1]]))
        raise StoreError(f"{what} ({said}); {_GOES_ON}") from None


def _environment() -> dict[str, str]:
    """Return the settings of this machine that the others must share, whatever theirs are."""
    return {"CK_REPOS": str(Path(os.environ.get("CK_REPOS") or Path.home() / "CK").absolute())}


def _remote() -> tuple[Callable[..., bytes], Callable[..., str]]:
    """Return what machines do that know nothing of this library yet.

    Functions within a function are sent as they stand; others by the name of their module.
    """

    def prepare(library: str, environment: dict[str, str]) -> None:
        import os
        import sys

        os.environ.update(environment)
        if library not in sys.path:
            sys.path.insert(0, library)

    def work(library: str, environment: dict[str, str], batch: bytes, order: bytes) -> bytes:
        """Fetch a batch."""
        import pickle

        prepare(library, environment)
        from ck_imagenet.crawling.batch import work

        return pickle.dumps(work(pickle.loads(batch), order))  # noqa: S301 - from who sent this

    def prove(library: str, environment: dict[str, str], pulse: str) -> str:
        """Return why this machine cannot work on the run, or an empty text."""
        import importlib
        from pathlib import Path

        prepare(library, environment)
        if not Path(pulse).is_file():
            return f"it does not see {pulse}"
        try:
            importlib.import_module("ck_imagenet.crawling.batch")
        except ImportError as error:
            return str(error)
        return ""

    return work, prove


def _probe(scheduler: str) -> None:
    """Raise OSError unless who listens there speaks as this Dask does: its client would hang."""
    import distributed.core

    ours, rpc = cast(Any, distributed).__version__, cast(Any, distributed.core).rpc

    async def greet() -> str:
        async with rpc(scheduler, timeout=_CONNECT) as remote:
            said = await asyncio.wait_for(remote.versions(), _CONNECT)
            return str(said["packages"]["distributed"])

    # In a thread of its own, since there may be a loop in this one, as in notebooks.
    with ThreadPoolExecutor(1) as one:
        try:
            theirs = one.submit(asyncio.run, greet()).result()
        except (OSError, asyncio.TimeoutError):
            raise OSError("who listens there does not answer as Dask does") from None
    if theirs != ours:
        raise OSError(
            f"it has distributed {theirs}, and here is {ours}: all machines need the same"
        )


def _connected(scheduler: str) -> Any:
    """Return a client of a cluster."""
    import distributed

    for name in list(logging.root.manager.loggerDict):
        if name.startswith("distributed"):  # what it has to say is in its exceptions
            logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        address = urlsplit(scheduler)
        if address.scheme not in ("tcp", "tls"):
            raise ValueError("its address begins with tcp:// or tls://")
        if address.scheme == "tls" and not _has_tls():
            raise ValueError("Dask's configuration here has no TLS certificates")
        # Dask itself would try for long, and be loud about it.
        socket.create_connection((address.hostname or "", address.port or 0), _CONNECT).close()
        if address.scheme == "tcp":
            _probe(scheduler)
        # Untyped in some releases, and so in all.
        client: Any = cast(Any, distributed).Client(
            scheduler, timeout=_CONNECT, set_as_default=False
        )
    except (OSError, ValueError, asyncio.TimeoutError) as error:
        raise BadInput(
            f"--scheduler={scheduler}: no Dask scheduler answers there "
            f"({error or type(error).__name__}); start one with: dask scheduler"
        ) from None
    return client


def _has_tls() -> bool:
    """Say whether Dask has been told who may ask a cluster for anything."""
    import distributed

    arguments = cast(Any, distributed).Security().get_connection_args("client")
    return bool(arguments.get("ssl_context"))


def _wait_for_workers(client: Any, scheduler: str) -> None:
    try:
        client.wait_for_workers(1, timeout=_PATIENCE)
    except (OSError, asyncio.TimeoutError):
        raise BadInput(
            f"the Dask scheduler at {scheduler} has no workers; start one on each machine with: "
            f"dask worker {scheduler}"
        ) from None
