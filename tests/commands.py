"""Commands that tests start: each is a process of its own, which finds all imported already."""

from __future__ import annotations

import atexit
import os
import select
import signal
import socket
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, suppress
from functools import lru_cache
from pathlib import Path
from subprocess import DEVNULL, PIPE, STDOUT
from typing import IO, Any, Mapping, Sequence

import fork_server

_READ_AT_START = ("PYTHON", "LANG", "LC_", "LD_", "FAKETIME", "DASK_", fork_server.ALSO)
"""How the names of variables begin that count when Python starts or imports, and not later."""

_ONE_AT_A_TIME = threading.Lock()
"""Held by who asks a server, until that has answered."""


class Command:
    """A process that is forked from a server; it is used as `subprocess.Popen` is.

    Parameters
    ----------
    code : str
        What it runs, as `python -c` does.
    arguments : sequence of str
        What it finds in `sys.argv`.
    cwd, env, stdin, stdout, stderr : optional but for the first two
        As `subprocess.Popen` has them; by default, it reads nothing and writes into pipes.
    encoding : str, optional
        Of what goes through its pipes.
    """

    def __init__(
        self,
        code: str,
        arguments: Sequence[str],
        *,
        cwd: Path,
        env: Mapping[str, str],
        stdin: int | IO[Any] = DEVNULL,
        stdout: int | IO[Any] = PIPE,
        stderr: int | IO[Any] = PIPE,
        encoding: str = "utf-8",
    ) -> None:
        self.returncode: int | None = None
        self._readers: list[_Reader] = []
        self._told, teller = socket.socketpair()
        request = {"code": code, "argv": list(arguments), "cwd": str(cwd), "env": dict(env)}
        with teller, ExitStack() as theirs:
            modes = ((stdin, "w"), (stdout, "r"), (stderr, "r"))
            ends = [_ends(wanted, mode, encoding, theirs) for wanted, mode in modes]
            if stderr == STDOUT:
                ends[2] = ends[1][0], None
            descriptors = [teller.fileno(), *(descriptor for descriptor, _ in ends)]
            with _ONE_AT_A_TIME:
                fork_server.ask(_server(_read_at_start(env)), request, descriptors)
                self.pid = self._number()
        self.stdin, self.stdout, self.stderr = (ours for _, ours in ends)

    def __enter__(self) -> Command:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind:
            self.kill()
        for stream in filter(None, (self.stdin, self.stdout, self.stderr)):
            with suppress(BrokenPipeError):
                stream.close()
        self.wait()

    def poll(self) -> int | None:
        """Return its exit code if it has ended."""
        with suppress(subprocess.TimeoutExpired):
            self.wait(0)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """Wait for its end, for some seconds at most; return its exit code, -N of a signal."""
        if self.returncode is None:
            if not select.select([self._told], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired("command", timeout or 0)
            status = self._number()
            killed = os.WIFSIGNALED(status)
            self.returncode = -os.WTERMSIG(status) if killed else os.WEXITSTATUS(status)
            self._told.close()
        return self.returncode

    def communicate(self, said: str = "", timeout: float | None = None) -> tuple[str, str]:
        """Say something to it; return what it says until it ends, and its errors."""
        self._readers = self._readers or [_Reader(each) for each in (self.stdout, self.stderr)]
        if self.stdin and not self.stdin.closed:
            with suppress(BrokenPipeError), self.stdin:
                self.stdin.write(said)
        end = None if timeout is None else time.monotonic() + timeout
        for reader in self._readers:
            reader.join(None if end is None else max(0.0, end - time.monotonic()))
            if reader.is_alive():
                raise subprocess.TimeoutExpired("command", timeout or 0)
        self.wait(None if end is None else max(0.0, end - time.monotonic()))
        out, err = (reader.text for reader in self._readers)
        return out, err

    def send_signal(self, number: int) -> None:
        """Send it a signal, if it has not ended."""
        if self.poll() is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it, if it has not ended."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """Ask it to end, if it has not ended."""
        self.send_signal(signal.SIGTERM)

    def _number(self) -> int:
        number: int
        (number,) = fork_server.NUMBER.unpack(self._told.recv(fork_server.NUMBER.size))
        return number


class _Reader(threading.Thread):
    """Reads a stream to its end."""

    def __init__(self, stream: IO[str] | None) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self.text = ""
        self.start()

    def run(self) -> None:
        if self._stream:
            with self._stream:
                self.text = self._stream.read()


def _ends(
    wanted: int | IO[Any], mode: str, encoding: str, theirs: ExitStack
) -> tuple[int, IO[str] | None]:
    """Return the process's end of a stream, and ours of a pipe, in which we read or write."""
    if wanted == PIPE:
        reading, writing = os.pipe()
        own, other = (reading, writing) if mode == "r" else (writing, reading)
        theirs.callback(os.close, other)
        return other, open(own, mode, encoding=encoding, errors="surrogateescape")  # noqa: PTH123
    if wanted == DEVNULL:
        nothing = os.open(os.devnull, os.O_RDWR)
        theirs.callback(os.close, nothing)
        return nothing, None
    return wanted if isinstance(wanted, int) else wanted.fileno(), None


def _read_at_start(env: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the variables that a server must have been started with."""
    return tuple(sorted(each for each in env.items() if each[0].startswith(_READ_AT_START)))


@lru_cache(maxsize=None)
def _server(variables: tuple[tuple[str, str], ...]) -> socket.socket:
    """Return a socket that leads to a server, which is started for this Python when first asked."""
    ours, theirs = socket.socketpair()
    others = {name: os.environ[name] for name in os.environ if not name.startswith(_READ_AT_START)}
    with theirs:
        process = subprocess.Popen(
            [sys.executable, fork_server.__file__, str(theirs.fileno())],
            env={**others, **dict(variables)},
            cwd="/",
            pass_fds=[theirs.fileno()],
            start_new_session=True,  # Ctrl-C is for the tests
        )
    atexit.register(process.wait)
    atexit.register(ours.close)
    return ours
