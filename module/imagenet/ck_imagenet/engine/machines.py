"""The machines of a Dask cluster, as many as there are at any moment: each may hold one worker.

What a machine does that knows nothing of this library yet is sent as it stands. Each machine shows
that it can work on the run before it gets any work. Dask's troubles become sentences.

    comes to the cluster ──► invited ──► holds a worker (`lease`) ──► is lost
                               │ ▲                                      │
               cannot work ◄───┘ └──────── if it is still, or again, there
"""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import socket
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from queue import SimpleQueue
from typing import Any, Iterable, Mapping, cast
from urllib.parse import urlsplit

from filelock import FileLock, Timeout

from ..core.errors import BadInput, ImagenetError, StoreError
from ..core.files import storage_errors
from .context import Order
from .lease import LEASE, Lease
from .transports import Transport, WorkerPool
from .worker import LIBRARY, MESSAGES

GOES_ON = "what is saved is kept, and the same command goes on"

_CONNECT_TIMEOUT, _WORKER_TIMEOUT = 10, 60
"""Seconds to wait for a scheduler, and for the first machine."""

_WORKERLESS_TIMEOUT = 60.0
"""Seconds without any machine after which a run ends."""

_LOOK_EVERY = 1.0
"""Seconds between two looks at which machines there are."""

_WITNESS = "cluster-"
"""How the names of files begin by which machines show that they see the same folders."""

_GRACE = 5.0
"""Seconds that a scheduler has to take leave."""

_INTERVAL, _MOST_EXCHANGES = 0.02, 200
"""Seconds at least from one exchange with a machine to the next, and exchanges a second at most
with all of them: one costs the command a millisecond of processor, however much it carries."""


class Machines(WorkerPool):
    """The workers of a cluster.

    Parameters
    ----------
    order : Order
        What the workers are told; its store is on a file system that all machines share.
    scheduler : str
        The address of the cluster's scheduler, such as tcp://10.0.0.1:8786.

    Raises
    ------
    BadInput
        If there is no such cluster, or nobody in it.
    StoreError
        If a machine cannot work on the run.
    """

    advice = "start workers with more memory, or with fewer threads"

    def __init__(self, order: Order, scheduler: str) -> None:
        self._order = order
        self._home = order.store.create_home().absolute()
        self._run = uuid.uuid4().hex
        self._actor = _remote()
        self._invited: dict[str, Any] = {}
        """Dask's futures of their actors, by the machine's address."""
        self._holding: dict[str, Lease] = {}
        self._unfit: dict[str, str] = {}
        """Why machines cannot work."""
        self._witness = FileLock(self._home / f"{_WITNESS}{self._run}", thread_local=False)
        """A file that machines must see. It is there, and locked, while any are invited."""
        self._new: SimpleQueue[Lease] = SimpleQueue()
        self._alone_since = time.monotonic()
        self._closing = threading.Event()
        self._client = _connected(scheduler)
        try:
            _wait_for_workers(self._client, scheduler)
            self._remove_witnesses()
            self._begin()
        except BaseException:
            self.close()
            raise

    def new(self, links: int) -> Iterable[Transport]:
        if self._client.status != "running":
            raise StoreError(f"the cluster's scheduler is gone; {GOES_ON}")
        now = time.monotonic()
        if self._holding or self._invited:
            self._alone_since = now
        if now > self._alone_since + _WORKERLESS_TIMEOUT:
            unfit = "".join(f", but {each}: {why}" for each, why in self._unfit.items())
            raise StoreError(f"the cluster has no workers any more{unfit}; {GOES_ON}")
        return [self._new.get() for _ in range(self._new.qsize())]

    def lost(self, transport: Transport) -> None:
        # Who is still there, or again, is invited anew.
        self._holding.pop(cast(Lease, transport).address, None)

    def close(self) -> None:
        self._closing.set()
        with suppress(Exception, asyncio.CancelledError):
            self._client.close(timeout=_GRACE)
        self._hide_witness()

    def _begin(self) -> None:
        """Invite the machines that there are, and wait for them, but for those that are busy.

        What killed runs have left at work on any machine has ended then.
        """
        end = time.monotonic() + 2 * LEASE
        try:
            self._look()
            while self._invited and time.monotonic() < end:
                self._closing.wait(_INTERVAL)
                self._look()
        except ImagenetError:
            raise
        except (Exception, asyncio.CancelledError) as error:
            said = f"cannot be asked what they can do ({_told(error)})"
            raise StoreError(f"the cluster's workers {said}; {GOES_ON}") from None
        for address, trouble in self._unfit.items():
            asked = len(self._unfit) + len(self._holding) + len(self._invited)
            raise StoreError(
                f"{len(self._unfit)} of {asked} workers cannot work on this run. The first is "
                f"{address}: {trouble}. All machines need the same CK_REPOS at the same path, and "
                "the Python packages of requirements.txt and requirements-dask.txt"
            )
        threading.Thread(target=self._watch, daemon=True).start()

    def _watch(self) -> None:
        while not self._closing.wait(_LOOK_EVERY):
            with suppress(Exception, asyncio.CancelledError):  # `new` tells what becomes of it
                self._look()

    def _look(self) -> None:
        """See which machines have come, gone, or begun."""
        threads: Mapping[str, int] = self._client.nthreads()
        for address in threads.keys() - self._invited.keys() - self._holding.keys():
            if address not in self._unfit:
                self._invited[address] = self._invite(address, threads[address])
        for address in self._unfit.keys() - threads.keys():
            del self._unfit[address]
        for address, future in list(self._invited.items()):
            if future.done() or address not in threads:
                del self._invited[address]
            if future.done() and address in threads:
                self._receive(address, future)
        if not self._invited:
            self._hide_witness()

    def _invite(self, address: str, threads: int) -> Any:
        """Have a machine begin a worker; return Dask's future of its actor."""
        if not self._witness.is_locked:
            with storage_errors(self._home):
                self._witness.acquire(timeout=0)
        crawl = replace(self._order.crawl, jobs=self._order.crawl.jobs * threads)
        order = pickle.dumps(self._order._replace(crawl=crawl))
        needs = (LIBRARY, _environment(), self._witness.lock_file, MESSAGES)
        return self._client.submit(
            *(self._actor, *needs, self._run, str(self._home), order),
            **{"workers": [address], "actor": True, "pure": False},
        )

    def _hide_witness(self) -> None:
        if self._witness.is_locked:
            self._witness.release()
            Path(self._witness.lock_file).unlink(missing_ok=True)

    def _remove_witnesses(self) -> None:
        """Remove what killed runs have left: nobody holds the locks of these any more."""
        for path in self._home.glob(f"{_WITNESS}*"):
            with suppress(Timeout, OSError), FileLock(path, timeout=0):
                path.unlink()

    def _receive(self, address: str, future: Any) -> None:
        """Have a machine whose worker has begun take part, or take note of why it cannot."""
        try:
            with self._client.as_current():
                lease = Lease(
                    address,
                    future.result(timeout=_GRACE),
                    is_gone=lambda: future.status in ("error", "lost"),
                    interval=lambda: max(_INTERVAL, len(self._holding) / _MOST_EXCHANGES),
                )
        except (Exception, asyncio.CancelledError) as error:
            self._unfit[address] = _told(error)
        else:
            self._holding[address] = lease
            self._new.put(lease)


def _told(error: BaseException) -> str:
    """Return what an error says, with its name unless that is said already, as `Actor` does."""
    says_all = isinstance(error, (ImagenetError, ImportError, RuntimeError))
    name = "" if says_all else type(error).__name__
    return ": ".join(filter(None, [name, *str(error).splitlines()[:1]]))


def _environment() -> dict[str, str]:
    """Return the settings of this machine that the others must share, whatever theirs are."""
    return {"CK_REPOS": str(Path(os.environ.get("CK_REPOS") or Path.home() / "CK").absolute())}


def _remote() -> type[Any]:
    """Return the actor that holds a machine's worker; the machine knows nothing of this library.

    A class within a function is sent as it stands; others by the name of their module.
    """

    class Actor:
        def __init__(
            self,
            library: str,
            environment: dict[str, str],
            witness: str,
            messages: str,
            *lease: Any,
        ) -> None:
            import importlib
            import os
            import sys
            from pathlib import Path

            os.environ.update(environment)
            if library not in sys.path:
                sys.path.insert(0, library)
            if not Path(witness).is_file():
                raise RuntimeError(f"it does not see {witness}")
            try:
                worker = importlib.import_module("ck_imagenet.engine.worker")
            except ImportError as error:
                if not (error.name or "").startswith("ck_imagenet"):
                    raise
                worker = importlib.import_module("ck_imagenet")  # that module had another name
            if getattr(worker, "MESSAGES", "") != messages:
                place = Path(str(worker.__file__)).parent
                raise RuntimeError(
                    f"it has another version of ck-imagenet, in {place}: start it again"
                )
            self._worker = importlib.import_module("ck_imagenet.engine.lease").LeasedWorker(*lease)

        async def exchange(self, inbox: bytes, seconds: float) -> bytes:
            exchanged: bytes = await self._worker.exchange(inbox, seconds)
            return exchanged

        async def wake(self) -> None:
            self._worker.wake()

    return Actor


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
            raise OSError("what listens there does not answer like Dask") from None
    if theirs != ours:
        raise OSError(
            f"it has distributed {theirs}, and this machine has {ours}: all machines need the same"
        )


def _connected(scheduler: str) -> Any:
    """Return a client of a cluster."""
    import distributed

    for name in list(logging.root.manager.loggerDict):
        if name.split(".")[0] in ("distributed", "tornado"):  # their exceptions tell all of it
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
