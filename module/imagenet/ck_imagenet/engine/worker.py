"""What a worker does elsewhere: fetch the links of some hosts, and tell what came of them.

`main` is a process at the other end of a pipe. Messages are pickles over its standard input and
output: tuples whose first item says what they are. It gets "tasks", "share", "leave", "drained";
it tells "keep", "record", "reach", "left", "moved", "hungry", "rationing", "error" and "bye".

`work` fetches a batch on a machine of a Dask cluster. What comes of it is also kept in a file,
record by record. So a machine that takes over from one that has died, or is out of reach, asks for
nothing again that was settled. A machine that was only out of reach sees that another is at it,
and leaves it to that one.
"""

from __future__ import annotations

import math
import os
import pickle
import sys
import threading
import time
from abc import abstractmethod
from collections import OrderedDict
from contextlib import closing, suppress
from functools import lru_cache
from itertools import count
from pathlib import Path
from typing import Any, BinaryIO, Iterable, Mapping, NamedTuple

from ..core.errors import ImagenetError, StoreError, TooLittleMemory
from ..core.text import ImageName
from ..http.client import Network
from ..storage.numbering import Link
from ..storage.paces import Learned
from ..storage.records import Record
from .context import Crawl, CrawlContext, Order, Peers, Politeness
from .crawler import SAMPLE, Crawler, Rationing
from .link import Task
from .recorder import Recorder, Verdict

LIBRARY = str(Path(__file__).parents[2])
"""Where another Python finds what it needs for this."""


MOST_OWNERS = 50_000
"""Hosts of which is remembered whose they are: many more than have tasks at once."""


_REPORT_EVERY = 0.5
"""Seconds between two tellings of hosts that ration."""


class RemoteRecorder(Recorder, Peers):
    """Tells what comes of links to a recorder elsewhere, where other peers may be at work too.

    Parameters
    ----------
    tasks : iterable of Task
        What it begins with.
    """

    def __init__(self, tasks: Iterable[Task] = ()) -> None:
        self._hosts: OrderedDict[str, None] = OrderedDict()
        self.add(tasks)

    def add(self, tasks: Iterable[Task]) -> None:
        """Take note of the hosts of tasks: nobody else asks these."""
        for task in tasks:
            self._hosts[task.host_group] = None
            self._hosts.move_to_end(task.host_group)
        while len(self._hosts) > MOST_OWNERS:  # a task for one of these goes round by its owner
            self._hosts.popitem(last=False)

    def reserve(self, record: Record) -> Verdict:
        # To save one too many, which is removed again, costs less than to wait for an answer.
        return Verdict.KEEP

    def hand_over(self, task: Task) -> bool:
        if task.host_group in self._hosts:
            return False
        self.move(task)
        return True

    @abstractmethod
    def move(self, task: Task) -> None:
        """Let others have a task that a redirect has led to another host."""


def main() -> None:
    """Work until the other process says that it is enough, or is gone."""
    inbox = sys.stdin.buffer
    with os.fdopen(os.dup(sys.stdout.fileno()), "wb") as outbox:
        os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing else may get in between
        order: Order = pickle.load(inbox)  # noqa: S301 - from the process that started this one
        recorder = _PipeRecorder(outbox)
        try:
            with closing(order.client()) as client:
                crawl_context = CrawlContext(client, order.store, recorder, order.settings())
                crawler = Crawler(crawl_context, recorder)
                reader = threading.Thread(target=recorder.read, args=(inbox, crawler), daemon=True)
                reader.start()
                crawler.work(lambda: recorder.report_rations(crawler))
                recorder.report_rations(crawler, at_once=True)
            recorder.send("bye")
        except Exception as error:
            recorder.send("error", _sendable(error))
    os._exit(0)  # without waiting for who may be stuck


class _PipeRecorder(RemoteRecorder):
    """The recorder and the peers at the other end of a pipe."""

    at_work = True

    def __init__(self, outbox: BinaryIO) -> None:
        super().__init__()
        self._outbox = outbox
        self._lock = threading.Lock()
        self._reached = self._hungry = False
        self._last_rationing, self._reported_at = Rationing(), -math.inf

    def send(self, *message: Any) -> None:
        data = pickle.dumps(message)
        with self._lock:
            try:
                self._outbox.write(data)
                self._outbox.flush()
            except OSError:
                os._exit(0)  # nobody is there to work for

    def read(self, inbox: BinaryIO, crawler: Crawler) -> None:
        """Take in messages until there are no more."""
        while True:
            try:
                kind, *content = pickle.load(inbox)  # noqa: S301 - see main
            except (EOFError, OSError, pickle.UnpicklingError):
                kind, content = "stop", []
            if kind == "tasks":
                self._hungry = False
                self.add(content[0])
                crawler.add(content[0])
            elif kind == "share":
                crawler.limit_to(*content)
            elif kind == "leave":
                crawler.leave_rationed()
            elif kind == "drained":
                crawler.drain()
            else:
                crawler.stop()
                return

    def keep(self, record: Record) -> None:
        self.send("keep", record)

    def record(self, record: Record) -> None:
        self.send("record", record)

    def reach(self) -> None:
        if not self._reached:
            self._reached = True
            self.send("reach")

    def leave(self, task: Task) -> None:
        self.send("left", task)

    def move(self, task: Task) -> None:
        self.send("moved", task)

    def report_rations(self, crawler: Crawler, at_once: bool = False) -> None:
        """Tell, at most every half second, how it stands with the hosts that ration.

        Parameters
        ----------
        crawler : Crawler
            Whose hosts these are.
        at_once : bool
            Whether to tell it at once.
        """
        now = time.monotonic()
        if at_once or now > self._reported_at + _REPORT_EVERY:
            self._reported_at = now
            news = crawler.rationing()
            if news != self._last_rationing:
                self._last_rationing = news
                self.send("rationing", news)

    def ask_for_more(self) -> None:
        if not self._hungry:
            self._hungry = True
            self.send("hungry")


def _sendable(error: Exception) -> Exception:
    if isinstance(error, ImagenetError):
        return error
    if TooLittleMemory.is_why(error):
        return TooLittleMemory()
    if isinstance(error, OSError):
        return OSError(error.errno, error.strerror, error.filename)
    return RuntimeError(f"{type(error).__name__}: {error}")


HEARTBEAT = "pulse"
"""The file, in a run's folder, that changes as long as the run goes on."""

_LOOK_EVERY = 1.0
"""Seconds between two looks at it."""

HEARTBEAT_TIMEOUT = 60.0
"""Seconds without a change after which the run is over."""

ENDS_WITHIN = 2.5
"""Seconds within which a machine has ended its work on a run that has no pulse."""

LONGEST_BACK_OFF = 20.0
"""Seconds of back-off at which a batch is given back, if nothing else of it is left."""

_opening = threading.Lock()
"""Held by who opens a store: Collective Knowledge is begun once in a process."""


class Batch(NamedTuple):
    """The links of some hosts, which nobody else asks meanwhile."""

    run: Path
    """The run's folder, on a file system that all machines share."""
    name: str
    tasks: list[Task]
    learned: Mapping[str, Learned] | None = None
    """What others have learnt of its hosts' pace."""


class Report(NamedTuple):
    """What came of a batch."""

    records: list[Record]
    moved: list[Task]
    """What redirects have led to hosts of others."""
    back_offs: dict[str, float]
    """Seconds for which hosts are to be left alone."""
    reached: bool
    """Whether any host could be connected to."""
    learned: Mapping[str, Learned] | None = None
    """What was learnt of hosts that ration."""
    error: Exception | None = None


MESSAGES = "; ".join(
    f"{message.__name__}: {', '.join(vars(message).get('__slots__') or message.__annotations__)}"
    for message in (Order, Network, Crawl, Politeness, Batch, Task, Link, Record, Report)
)
"""What is in that which is sent: a machine whose library is of another version has another text."""


def work(batch: Batch, order: bytes) -> Report:
    """Fetch a batch.

    Parameters
    ----------
    batch : Batch
        The links.
    order : bytes
        The run's `Order`, pickled.

    Returns
    -------
    Report
        What came of it, with the error that ended it, if one did.
    """
    recorder = _FileRecorder(batch)
    try:
        with _opening:
            ordered = _unpickled(str(batch.run), order)
        # One of its own, whose connections end with it: then the hosts are another's.
        with closing(ordered.client()) as client:
            settings = ordered.settings(batch.learned or {})
            crawler = Crawler(CrawlContext(client, ordered.store, recorder, settings), recorder)
            crawler.add(task for task in batch.tasks if task.link.name not in recorder.known)
            while crawler.poll(SAMPLE):
                if not recorder.is_wanted():
                    crawler.abandon()
                if _is_too_long(crawler.back_offs()) and crawler.waits_for_rations_alone():
                    crawler.leave_rationed()  # for another batch, when they give again
            crawler.stop()
            learned = crawler.rationing().learned
            return recorder.report(crawler.back_offs())._replace(learned=learned)
    except StoreError as error:
        return recorder.report({})._replace(error=error)
    except OSError as error:
        return recorder.report({})._replace(
            error=OSError(error.errno, error.strerror, error.filename)
        )
    finally:
        recorder.close()


@lru_cache(maxsize=4)
def _unpickled(run: str, order: bytes) -> Order:
    """Return what all batches of a run share in this process."""
    ordered = Order(*pickle.loads(order))  # noqa: S301 - from who sent this code too
    if ordered.store.home().absolute() != Path(run).parent:
        raise StoreError(
            f"a worker has been used for another CK_REPOS than that of {run}: start it anew"
        )
    return ordered


def _is_too_long(back_offs: dict[str, float]) -> bool:
    return bool(back_offs) and min(back_offs.values()) > LONGEST_BACK_OFF


class _FileRecorder(RemoteRecorder):
    """Collects the records of one batch for its report, and keeps them in a file as well."""

    def __init__(self, batch: Batch) -> None:
        super().__init__(batch.tasks)
        self._lock = threading.Lock()
        self._heartbeat_file = batch.run / HEARTBEAT
        self._heartbeat, self._looked_at = 0.0, -math.inf
        self._changed = time.monotonic()
        self.known: dict[ImageName, Record] = {}
        files = (batch.run / f"{batch.name}.{turn}.records" for turn in count(1))
        for path in files:
            try:
                self._file = path.open("xb")
                self._path = path
                break
            except FileExistsError:
                self.known.update(_records_in(path))
        self._next_path = next(files)
        self._moved: list[Task] = []
        self._reached = has_answers(self.known.values())

    def report(self, back_offs: dict[str, float]) -> Report:
        """Return what has come of the batch so far."""
        with self._lock:
            return Report(list(self.known.values()), self._moved, back_offs, self._reached)

    def close(self) -> None:
        self._file.close()

    def is_wanted(self) -> bool:
        """Say whether it is still wanted, and from here; it costs little to ask."""
        now = time.monotonic()
        if now < self._looked_at + _LOOK_EVERY:
            return True
        self._looked_at = now
        if self._next_path.exists() or not self._path.exists():
            return False
        try:
            heartbeat = self._heartbeat_file.stat().st_mtime
        except OSError:
            return False
        if heartbeat != self._heartbeat:
            self._heartbeat, self._changed = heartbeat, now
        return now < self._changed + HEARTBEAT_TIMEOUT

    def keep(self, record: Record) -> None:
        self.record(record)

    def record(self, record: Record) -> None:
        with self._lock:
            self.known[record.name] = record
            pickle.dump(record, self._file)
            self._file.flush()

    def reach(self) -> None:
        self._reached = True

    def leave(self, task: Task) -> None:
        """Say nothing of it: the dispatcher sees that nothing has come of it."""

    def move(self, task: Task) -> None:
        with self._lock:
            self._moved.append(task)


def has_answers(records: Iterable[Record]) -> bool:
    """Say whether what came of links shows that there is a network."""
    return any(not record.outcome.unanswered for record in records)


def record_files(batch: Batch) -> list[Path]:
    """Return the files in which what came of a batch is kept."""
    return list(batch.run.glob(f"{batch.name}.*.records"))


def recorded(batch: Batch) -> dict[ImageName, Record]:
    """Return what has come of a batch so far."""
    return {
        name: record for path in record_files(batch) for name, record in _records_in(path).items()
    }


def _records_in(path: Path) -> dict[ImageName, Record]:
    """Return what somebody has kept, but for a record that he did not end."""
    known = {}
    with path.open("rb") as records, suppress(Exception):  # whatever Python takes torn bytes for
        while True:
            record: Record = pickle.load(records)  # noqa: S301 - written by `record`
            known[record.name] = record
    return known


if __name__ == "__main__":
    pass  # others read what it sends by this name

    main()
