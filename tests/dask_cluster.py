"""A Dask cluster on loopback, started as a user starts one."""

from __future__ import annotations

import os
import signal
import socket
import time
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import IO, Callable, Iterator, Mapping

import fork_server
from commands import Command

IMPORTED = {fork_server.ALSO: "distributed.cli.dask_scheduler distributed.cli.dask_worker"}
"""For the environment of who needs Dask, which takes longer to import than most of its work."""

_CODE = "import os; os.setsid(); from distributed.cli.dask_{} import main; main()"


class DaskCluster:
    """A scheduler and its workers, each in a session of its own; a context manager.

    Parameters
    ----------
    folder : Path
        Where the processes keep what they need, and their logs.
    environment : mapping of str to str
        Theirs.
    workers : int
        How many.

    Attributes
    ----------
    address : str
        The scheduler's.
    workers : list of Command
        Each worker's nanny, as `dask worker` starts it.
    """

    def __init__(self, folder: Path, environment: Mapping[str, str], workers: int = 2) -> None:
        folder.mkdir()
        self._folder = folder
        self._environment = {
            **environment,
            **IMPORTED,
            "DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT": "10",
        }
        self._logs: list[IO[bytes]] = []
        self.address = f"tcp://127.0.0.1:{_free_port()}"
        port = self.address.rpartition(":")[2]
        self._scheduler = self._start(
            "scheduler", "--host=127.0.0.1", f"--port={port}", "--no-dashboard"
        )
        _wait_for(lambda: _answers(int(port)))
        self.workers: list[Command] = []
        for _ in range(workers):
            self.add_worker()

    def __enter__(self) -> DaskCluster:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for process in [*self.workers, self._scheduler]:
            if process.poll() is None:
                with suppress(ProcessLookupError):  # it has no session yet
                    os.killpg(process.pid, signal.SIGKILL)
                process.kill()
            process.wait()
        for log in self._logs:
            log.close()

    def kill_scheduler(self) -> None:
        """Kill the scheduler."""
        os.killpg(self._scheduler.pid, signal.SIGKILL)
        self._scheduler.wait()

    def pause_scheduler(self) -> None:
        """Have the scheduler answer nobody any more."""
        self._scheduler.send_signal(signal.SIGSTOP)

    def add_worker(self) -> None:
        """Start one more worker, of two threads."""
        worker = self._start(
            "worker",
            self.address,
            "--host=127.0.0.1",
            "--nthreads=2",
            "--no-dashboard",
            f"--local-directory={self._folder}",
            "--memory-limit=0",
            "--death-timeout=60",
        )
        self.workers.append(worker)

    def _start(self, program: str, *arguments: str) -> Command:
        log = (self._folder / f"{program}-{len(self._logs)}.log").open("wb")
        self._logs.append(log)
        return Command(
            _CODE.format(program),
            (f"dask {program}", *arguments),
            cwd=self._folder,
            env=self._environment,
            stdout=log,
            stderr=log,
        )


def process_of(nanny: Command) -> int:
    """Return the process that works for a nanny, when there is one."""
    return _wait_for(lambda: next(_workers(nanny.pid), 0))


def _workers(nanny: int) -> Iterator[int]:
    for children in Path(f"/proc/{nanny}/task").glob("*/children"):
        for child in map(int, children.read_text().split()):
            if b"spawn_main" in Path(f"/proc/{child}/cmdline").read_bytes():
                yield child


def _wait_for(what: Callable[[], int]) -> int:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        found = what()
        if found:
            return found
        time.sleep(0.05)
    raise AssertionError("the cluster has not begun")


def _answers(port: int) -> bool:
    with socket.socket() as asking:
        return asking.connect_ex(("127.0.0.1", port)) == 0


def _free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        port: int = bound.getsockname()[1]
        return port
