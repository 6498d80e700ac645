"""Workers in further processes of this machine: both ends of the pipe, and how many pay.

Messages are pickles over two pipes; first which messages there are, and the run's `Order`. A
process's input ends when who has begun it is gone, or needs it no more: then it ends as well. One
that has worked and tells nothing any more is stopped or stuck, and holds its hosts: it is killed,
and so it is lost like any other.

The first is forked before it is known whether it pays (`Fork`). That takes 2 ms; a start takes 150,
when all links wait for it. Others are started when they pay.
"""

from __future__ import annotations

import math
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from queue import SimpleQueue
from typing import BinaryIO, Iterable, NoReturn, cast

from ..core.errors import StoreError
from ..core.threads import start_thread
from .context import Crawl, Order
from .messages import Ended, FromWorker, Lost, Reserve, Stop, Tell, ToWorker
from .transports import Transport, WorkerPool
from .worker import LIBRARY, MESSAGES, Worker

LINKS_PER_PROCESS = 600
"""Links for which one more process pays: its start and its messages take time too."""

_LOOK_EVERY, MOST_LOOKS = 1.0, 30
"""Seconds between two looks whether a worker has told something, and how many it may miss. One that
lives tells something every few seconds (`PULSE`). Looks are counted and not seconds: while the
command is suspended, nobody looks."""

_REPLACED = (
    "another version of ck-imagenet was installed while this command was at work. What is saved is "
    "kept, and the same command goes on"
)

_EXIT_GRACE = 2.0
"""Seconds that a worker has to end by itself."""

_ENDING = (signal.SIGINT, signal.SIGTERM)
"""What ends a process whose user has enough."""

_WAIT_EVERY = 0.002
"""Seconds between two looks whether it has."""


def processes_for(links: int, crawl: Crawl) -> int:
    """Return how many processes suit a number of links: as many as wanted, else as there are cores.

    Parameters
    ----------
    links : int
        How many are to be fetched.
    crawl : Crawl
        How many processes and connections the user wants.
    """
    if not sys.executable:
        return 1
    wanted = crawl.processes or max(1, min(_cores(), links // LINKS_PER_PROCESS))
    return min(crawl.jobs, max(1, links), wanted)


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not everywhere is there such a thing
        return os.cpu_count() or 1


class Processes(WorkerPool):
    """Further processes, beside this one.

    Parameters
    ----------
    order : Order
        What they are started with.
    """

    advice = "with --processes=1 it uses one process"

    def __init__(self, order: Order) -> None:
        self._order = order
        self._pipes: list[Pipe] = []
        self._looked_at = -math.inf
        may_pay = processes_for(sys.maxsize, order.crawl) > 1
        self._ahead = Fork.where_safe() if may_pay else None

    def new(self, links: int) -> Iterable[Transport]:
        now = time.monotonic()
        if now > self._looked_at + _LOOK_EVERY:
            self._looked_at = now
            for pipe in self._pipes:
                pipe.look()
        wanted = processes_for(links, self._order.crawl) - 1
        begun = []
        for _ in range(len(self._pipes), wanted):
            begun.append(Pipe(self._order, self._ahead))
            self._ahead = None
        self._pipes += begun
        return begun

    def lost(self, transport: Transport) -> None:
        self._pipes.remove(cast(Pipe, transport))

    def close(self) -> None:
        """End; all processes have that were given something to do."""
        if self._ahead:
            self._ahead.kill()
            self._ahead.wait()
            self._ahead = None


class Fork:
    """A process that has all that is imported here, and waits for what it is to do.

    It has of a `Popen` what is used of one.
    """

    def __init__(self) -> None:
        inbox, self.stdin = _pipe()
        self.stdout, outbox = _pipe()
        self._lock = threading.Lock()
        self._status: int | None = None
        held = signal.pthread_sigmask(signal.SIG_BLOCK, _ENDING)  # until it is known whose they are
        try:
            self.pid = os.fork()
            if not self.pid:
                self._work(inbox, outbox, held)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, held)
        inbox.close()
        outbox.close()

    def _work(self, inbox: BinaryIO, outbox: BinaryIO, held: Iterable[int]) -> NoReturn:
        try:
            os.setsid()  # Ctrl-C is for the one who knows what to do
            self.stdin.close()  # else it would not see the end of who has begun it
            self.stdout.close()
            for number in _ENDING:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_SETMASK, held)
            _serve(inbox, outbox)
        finally:
            os._exit(1)

    @classmethod
    def where_safe(cls) -> Fork | None:
        """Return one, or None where other threads may hold what it would wait for for ever."""
        if not sys.platform.startswith("linux"):
            return None  # macOS has threads in each process
        threads = Path("/proc/self/task")  # libraries may have some that Python knows nothing of
        with suppress(OSError):
            return cls() if len(list(threads.iterdir())) == 1 else None
        return None

    def wait(self, timeout: float = math.inf) -> int:
        """Return its status when it has ended, less than 0 after a signal.

        Raises
        ------
        TimeoutExpired
            If that takes longer than so many seconds.
        """
        end = time.monotonic() + timeout
        with self._lock:  # it is told once
            while self._status is None:
                try:
                    ended, status = os.waitpid(self.pid, os.WNOHANG)
                except ChildProcessError:  # another part of the program has been told
                    ended, status = self.pid, 0
                if ended:
                    died = os.WIFSIGNALED(status)
                    self._status = -os.WTERMSIG(status) if died else os.WEXITSTATUS(status)
                elif time.monotonic() > end:
                    raise subprocess.TimeoutExpired("fork", timeout)
                else:
                    time.sleep(_WAIT_EVERY)
            return self._status

    def kill(self) -> None:
        """End it at once, if it has not ended."""
        with self._lock:
            if self._status is None:
                os.kill(self.pid, signal.SIGKILL)


def _pipe() -> tuple[BinaryIO, BinaryIO]:
    """Return what is read from, and what is written to."""
    reading, writing = os.pipe()
    return os.fdopen(reading, "rb"), os.fdopen(writing, "wb")


class Pipe(Transport):
    """A process that works for this one.

    Parameters
    ----------
    order : Order
        What it is told first.
    process : Fork, optional
        The process; by default one is started.
    """

    def __init__(self, order: Order, process: Fork | None = None) -> None:
        self._outgoing: SimpleQueue[str | Order | ToWorker | None] = SimpleQueue()
        self._outgoing.put(MESSAGES)
        self._outgoing.put(order)
        self._forked = process
        self._listening = threading.Thread()
        self._missed: float = -math.inf
        """Looks since it has told something; none before it does, or while that is taken in."""

    def begin(self, tell: Tell, reserve: Reserve) -> None:
        self._process = self._forked or _started()
        writing = threading.Thread(target=self._write, daemon=True)
        self._listening = threading.Thread(target=self._listen, args=(tell,), daemon=True)
        for thread in (writing, self._listening):
            if not start_thread(thread, others=True):  # those that there are do all of it
                self._process.kill()
                self.close()
                raise MemoryError

    def send(self, message: ToWorker) -> None:
        self._outgoing.put(message)

    def close(self) -> None:
        self._outgoing.put(None)
        self._wait()
        with suppress(RuntimeError):  # that of one which was never started
            self._listening.join()

    def look(self) -> None:
        """Kill it if it has told nothing for too long."""
        self._missed += 1
        if self._missed > MOST_LOOKS:
            self._process.kill()

    def _write(self) -> None:
        inbox = cast(BinaryIO, self._process.stdin)
        with suppress(OSError), inbox:  # its end is found by who listens to it
            for message in iter(self._outgoing.get, None):
                pickle.dump(message, inbox)
                inbox.flush()

    def _listen(self, tell: Tell) -> None:
        """Pass on what it tells, until it ends."""
        with cast(BinaryIO, self._process.stdout) as outbox:
            with suppress(EOFError, OSError, pickle.UnpicklingError):
                while True:
                    message = pickle.load(outbox)  # noqa: S301 - our own child
                    self._missed = -math.inf
                    tell(message)
                    self._missed = 0
                    if isinstance(message, Ended):
                        return
            tell(Lost(f"with status {self._wait()}"))

    def _wait(self) -> int:
        """Return its status when it has ended, which it must soon."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(_EXIT_GRACE)
        self._process.kill()
        return self._process.wait()


def _started() -> subprocess.Popen[bytes]:
    path = os.pathsep.join([LIBRARY, *filter(None, sys.path)])
    return subprocess.Popen(
        [sys.executable, "-m", "ck_imagenet.engine.pipe"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": path},
        start_new_session=True,  # as above
    )


# The other end.


def main() -> None:
    """Work for the process that has started this one."""
    outbox = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())  # nothing else may get in between
    _serve(sys.stdin.buffer, outbox)


def _serve(inbox: BinaryIO, outbox: BinaryIO) -> NoReturn:
    """Work until the other process says that it is enough, or is gone; nothing comes after that."""
    with suppress(EOFError), outbox:
        lock = threading.Lock()

        def tell(message: FromWorker) -> None:
            data = pickle.dumps(message)
            with lock:
                try:
                    outbox.write(data)
                    outbox.flush()
                except OSError:
                    os._exit(0)  # nobody is there to work for

        if pickle.load(inbox) != MESSAGES:  # noqa: S301 - from who has begun this one
            tell(Ended(StoreError(_REPLACED)))
            os._exit(0)
        order: Order = pickle.load(inbox)  # noqa: S301 - as above
        worker = Worker.of(order, tell)
        threading.Thread(target=_read, args=(inbox, worker), daemon=True).start()
        worker.run()
    os._exit(0)  # without waiting for who may be stuck


def _read(inbox: BinaryIO, worker: Worker) -> None:
    """Hand over messages until there are no more."""
    with suppress(EOFError, OSError, pickle.UnpicklingError):
        while True:
            worker.receive(pickle.load(inbox))  # noqa: S301 - see main
    worker.receive(Stop())


if __name__ == "__main__":
    main()
