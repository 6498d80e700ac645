"""The machines of a Dask cluster: how they are reached, and what is sent to them and back.

`RunFolder` is a folder that all machines see. Its heartbeat shows that the run goes on; what comes
of batches lies there, too. Whoever begins a run holds a lock in it, so that the next run sees which
folders killed runs have left. `Machines` talks with Dask: its troubles become sentences.
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
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any, Callable, Iterator, cast
from urllib.parse import urlsplit

from filelock import FileLock

from ..core.errors import BadInput, StoreError
from ..storage.store import Busy, try_lock
from .worker import ENDS_WITHIN, HEARTBEAT, HEARTBEAT_TIMEOUT, LIBRARY, MESSAGES, Batch, Report

_FOLDER_PREFIX = "cluster-"
_LOCK = ".lock"


class RunFolder:
    """The folder of one run.

    Parameters
    ----------
    home : Path
        Where it is made, on a file system that all machines share.

    Attributes
    ----------
    path : Path
        The folder.
    """

    def __init__(self, home: Path) -> None:
        self.path = Path(tempfile.mkdtemp(prefix=_FOLDER_PREFIX, dir=home))
        self._lock = FileLock(self.path / _LOCK)

    @property
    def heartbeat_file(self) -> Path:
        """The file that changes as long as the run goes on."""
        return self.path / HEARTBEAT

    def begin(self) -> None:
        """Show that the run has begun, and end what killed ones have left."""
        self._lock.acquire()
        self.beat()
        self._sweep()

    def beat(self) -> None:
        """Show that the run goes on."""
        self.heartbeat_file.write_text(f"{time.monotonic()}\n")

    def stop(self) -> None:
        """Have all machines end their work on the run, within `ENDS_WITHIN`."""
        self.heartbeat_file.unlink()

    def close(self) -> None:
        """Remove the folder."""
        self._lock.release()
        shutil.rmtree(self.path, ignore_errors=True)

    def _sweep(self) -> None:
        """Remove what killed runs have left, and wait until their workers have seen it."""
        left = []
        for heartbeat in self.path.parent.glob(f"{_FOLDER_PREFIX}*/{HEARTBEAT}"):
            with suppress(FileNotFoundError):  # of a run that ends just now
                if self._is_left(heartbeat.parent):
                    left.append(heartbeat.parent)
        for run in left:
            shutil.rmtree(run, ignore_errors=True)
        if left:
            time.sleep(ENDS_WITHIN)

    def _is_left(self, run: Path) -> bool:
        """Say whether whoever has begun a run is gone."""
        if (run / _LOCK).exists():
            return _is_free(run / _LOCK)
        # An earlier version has begun it: old is what is so by the file system's clock, not ours.
        return (
            run / HEARTBEAT
        ).stat().st_mtime < self.heartbeat_file.stat().st_mtime - HEARTBEAT_TIMEOUT


def _is_free(lock: Path) -> bool:
    try:
        with try_lock(FileLock(lock)):
            return True
    except Busy:
        return False


GOES_ON = "what is here is kept, and the same command goes on"

_CONNECT_TIMEOUT, _WORKER_TIMEOUT = 10, 60
"""Seconds to wait for a scheduler, and for the first machine."""

_GRACE = 5.0
"""Seconds that a scheduler has to take leave."""


class Machines:
    """The workers of a cluster, as many as there are at any moment.

    Parameters
    ----------
    scheduler : str
        The address of the cluster's scheduler, such as tcp://10.0.0.1:8786.

    Raises
    ------
    BadInput
        If there is no such cluster, or nobody in it.
    """

    def __init__(self, scheduler: str) -> None:
        self._work, self._can_work = _remote()
        self._client = _connected(scheduler)
        try:
            _wait_for_workers(self._client, scheduler)
        except BaseException:
            self.close()
            raise

    def close(self) -> None:
        """Take leave; what has been given out is done for nobody any more."""
        self._client.close(timeout=_GRACE)

    def slots(self) -> int:
        """Return how many batches can run at once, none if no machine is left."""
        with _sentence("the cluster's scheduler is gone"):
            return sum(self._client.nthreads().values())

    def prove(self, heartbeat: Path) -> None:
        """Have every machine show that it can work on the run that has this pulse.

        Raises
        ------
        StoreError
            If one cannot.
        """
        with _sentence("the cluster's workers cannot be asked what they can do"):
            needs = (LIBRARY, _environment(), str(heartbeat), MESSAGES)
            said = self._client.run(self._can_work, *needs)
        bad = {address: trouble for address, trouble in said.items() if trouble}
        for address, trouble in bad.items():
            raise StoreError(
                f"{len(bad)} of {len(said)} workers cannot work on this run, the first of them, "
                f"{address}: {trouble}; all machines need the same CK_REPOS at the same path, and "
                "the Python packages of requirements.txt and requirements-dask.txt"
            )

    def send(self, batch: Batch, order: bytes, done: Callable[[], object]) -> Any:
        """Give out a batch, those with most links first: their hosts have more to come.

        Parameters
        ----------
        batch : Batch
            The links.
        order : bytes
            The run's `Order`, pickled.
        done : callable
            Called, by another thread, when `report_of` has something to tell.

        Returns
        -------
        distributed.Future
            For `report_of`.

        Raises
        ------
        StoreError
            If the cluster takes no work any more.
        """
        work = (LIBRARY, _environment(), pickle.dumps(batch), order)
        with _sentence("the cluster takes no work any more"):
            key = f"{batch.run.name}-{batch.name}"
            future = self._client.submit(
                self._work, *work, key=key, pure=False, priority=len(batch.tasks)
            )
        future.add_done_callback(lambda _: done())
        return future

    def report_of(self, future: Any, timeout: float) -> Report | None:
        """Return what came of a batch, None if that is lost with its worker and being made anew.

        Parameters
        ----------
        future : distributed.Future
            What `send` has returned.
        timeout : float
            Seconds to wait.

        Raises
        ------
        StoreError
            If Dask has not done the work.
        """
        with _sentence("the cluster has not done its work"):
            try:
                result = future.result(timeout=timeout)
            except asyncio.TimeoutError:
                return None
            report: Report = pickle.loads(result)  # noqa: S301 - from our own workers
        return report


@contextmanager
def _sentence(what: str) -> Iterator[None]:
    """Say in a sentence what Dask, or Python at the other end, has met."""
    try:
        yield
    except (Exception, asyncio.CancelledError) as error:
        said = ": ".join(filter(None, [type(error).__name__, *str(error).splitlines()[:1]]))
        raise StoreError(f"{what} ({said}); {GOES_ON}") from None


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
        from .worker import work

        return pickle.dumps(work(pickle.loads(batch), order))  # noqa: S301 - from who sent this

    def prove(library: str, environment: dict[str, str], heartbeat: str, messages: str) -> str:
        """Return why this machine cannot work on the run, or an empty text."""
        import importlib
        from pathlib import Path

        prepare(library, environment)
        if not Path(heartbeat).is_file():
            return f"it does not see {heartbeat}"
        try:
            worker = importlib.import_module("ck_imagenet.engine.worker")
        except ImportError as error:
            if not (error.name or "").startswith("ck_imagenet"):
                return str(error)
            worker = importlib.import_module("ck_imagenet")  # where that module had another name
        if getattr(worker, "MESSAGES", "") != messages:
            place = Path(str(worker.__file__)).parent
            return f"it has another version of ck-imagenet, in {place}: start it anew"
        return ""

    return work, prove


def _probe(scheduler: str) -> None:
    """Raise OSError unless who listens there speaks as this Dask does: its client would hang."""
    import distributed.core

    ours, rpc = cast(Any, distributed).__version__, cast(Any, distributed.core).rpc

    async def greet() -> str:
        async with rpc(scheduler, timeout=_CONNECT_TIMEOUT) as remote:
            said = await asyncio.wait_for(remote.versions(), _CONNECT_TIMEOUT)
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
        socket.create_connection(
            (address.hostname or "", address.port or 0), _CONNECT_TIMEOUT
        ).close()
        if address.scheme == "tcp":
            _probe(scheduler)
        # Untyped in some releases, and so in all.
        client: Any = cast(Any, distributed).Client(
            scheduler, timeout=_CONNECT_TIMEOUT, set_as_default=False
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
        client.wait_for_workers(1, timeout=_WORKER_TIMEOUT)
    except (OSError, asyncio.TimeoutError):
        raise BadInput(
            f"the Dask scheduler at {scheduler} has no workers; start one on each machine with: "
            f"dask worker {scheduler}"
        ) from None
