"""A Python that has imported all that commands need and read the catalogue, and forks each of them.

    test ──▶ code, argv, env, cwd, descriptors ──▶ server ── fork ──▶ command
         ◀── its id, and its status when it ends ◀────────┘

A command is a process of its own in every respect: signals, descriptors, threads, its end. But what
it imports has been read before. Run as a program, with the number of the socket that requests come
from; when nobody holds the other end any more, the server kills what runs, and ends.
"""

from __future__ import annotations

import array
import atexit
import gc
import importlib
import io
import json
import os
import pkgutil
import select
import signal
import socket
import struct
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

ALSO = "FORK_SERVER_IMPORTS"
"""The variable that names modules, with blanks between them, which are imported as well."""
LIBRARY = str(Path(__file__).resolve().parent.parent / "module" / "imagenet")
NUMBER = struct.Struct("!q")
_MOST_DESCRIPTORS = 1024


def ask(server: socket.socket, request: dict[str, Any], descriptors: list[int]) -> None:
    """Ask for a process.

    Parameters
    ----------
    server : socket
        Leads to a server.
    request : dict
        `code`, `argv`, `env` and `cwd` of the process.
    descriptors : list of int
        A socket that is told the process's id and its status; its standard input, output, errors.
    """
    data = json.dumps(request).encode()
    passed = array.array("i", descriptors).tobytes()
    server.sendmsg([NUMBER.pack(len(data))], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, passed)])
    server.sendall(data)


def _asked(requests: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Return the next request with its descriptors; end with who asks."""
    descriptors = array.array("i")
    head, passed, _, _ = requests.recvmsg(NUMBER.size, socket.CMSG_SPACE(4 * descriptors.itemsize))
    if not head:
        raise EOFError
    descriptors.frombytes(passed[0][2])
    with requests.makefile("rb") as stream:
        return json.loads(stream.read(*NUMBER.unpack(head))), descriptors.tolist()


def _import_what_commands_need() -> None:
    """Import it all but CK itself, which reads the environment when it is imported."""
    sys.path.insert(0, LIBRARY)
    for package in map(importlib.import_module, ("ck_imagenet", "ck_imagenet_practice")):
        for each in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            # Few commands need pyarrow, which is large and begins threads.
            if "parquet" not in each.name and "__main__" not in each.name:
                importlib.import_module(each.name)
    sys.modules["ck_imagenet.catalogue.synsets"].load()  # as most commands do, once a process
    sys.path.remove(LIBRARY)
    for name in os.environ.get(ALSO, "").split():
        with suppress(ImportError):  # who needs it hears of that
            importlib.import_module(name)
    gc.freeze()


def _serve(requests: socket.socket) -> str:
    """Fork a process for each request; in each, return the code that it is to run."""
    told: dict[int, socket.socket] = {}
    ends, end = socket.socketpair()
    end.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(end.fileno())
    while True:
        ready, _, _ = select.select([requests, ends], [], [])
        if ends in ready:
            ends.recv(4096)
            _tell_of_ends(told)
        if requests in ready:
            try:
                request, (teller, *standard) = _asked(requests)
            except (EOFError, ConnectionError):
                for pid in told:
                    os.kill(pid, signal.SIGKILL)
                raise SystemExit from None
            pid = os.fork()
            if not pid:
                signal.set_wakeup_fd(-1)
                signal.signal(signal.SIGCHLD, signal.SIG_DFL)
                _become(request, standard)
                return str(request["code"])
            for each in standard:
                os.close(each)
            told[pid] = socket.socket(fileno=teller)
            told[pid].sendall(NUMBER.pack(pid))


def _tell_of_ends(told: dict[int, socket.socket]) -> None:
    while told:
        pid, status = os.waitpid(-1, os.WNOHANG)
        if not pid:
            break
        with told.pop(pid) as teller, suppress(OSError):  # nobody may want to know
            teller.sendall(NUMBER.pack(status))


def _become(request: dict[str, Any], standard: list[int]) -> None:
    """Make this process what a shell would have started."""
    for number, each in enumerate(standard):
        os.dup2(each, number)
    os.closerange(len(standard), _MOST_DESCRIPTORS)
    os.chdir(request["cwd"])
    os.environ.clear()
    os.environ.update(request["env"])
    time.tzset()
    sys.argv[:] = request["argv"]
    sys.stdin = _text(0, sys.stdin)
    sys.stdout = _text(1, sys.stdout, line_buffering=os.isatty(1))
    sys.stderr = _text(2, sys.stderr, line_buffering=True)


def _text(descriptor: int, like: Any, line_buffering: bool = False) -> io.TextIOWrapper:
    binary = open(descriptor, "wb" if descriptor else "rb", closefd=False)  # noqa: SIM115
    return io.TextIOWrapper(binary, like.encoding, like.errors, "\n", line_buffering)


def _end_at_once(statuses: list[int]) -> None:
    """End, as the last thing at exit; to take all modules apart would be most of a command's work.

    Who cannot write what is left, or does not end by `sys.exit`, ends as any Python does.
    """
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
        for status in statuses:
            os._exit(status)


def _main(requests: socket.socket) -> None:
    statuses: list[int] = []
    atexit.register(_end_at_once, statuses)
    _import_what_commands_need()
    code = _serve(requests)
    try:
        exec(code, {"__name__": "__main__"})  # noqa: S102
    except SystemExit as end:
        statuses += [end.code] if isinstance(end.code, int) else []
        raise
    statuses.append(0)


if __name__ == "__main__":
    del sys.path[0]  # where this file is
    _main(socket.socket(fileno=int(sys.argv[1])))
