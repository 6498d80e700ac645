"""Names of hosts to addresses, in one place, each name once."""

from __future__ import annotations

import socket
import threading
from queue import SimpleQueue
from typing import Callable, List

from .addresses import literal
from .outcomes import Failed, Outcome

_THREADS = 8
_NO_SUCH_NAME = {
    getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA") if hasattr(socket, name)
}
_CLOSED = Failed(Outcome.REFUSED, "the fetcher has been closed")

Lookup = Callable[[str], List[str]]


def system_lookup(host: str) -> list[str]:
    """Return the addresses that the machine's resolver has for `host`, the preferred first."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Resolver:
    """Looks names up and remembers the answers.

    A lookup cannot be interrupted. So it runs on one of a few daemon threads, and whoever waits
    for it leaves at the deadline.
    """

    def __init__(self, lookup: Lookup = system_lookup) -> None:
        self._lookup = lookup
        self._answers: dict[str, _Answer] = {}
        self._questions: SimpleQueue[_Answer | None] = SimpleQueue()
        self._threads = 0
        self._closed = False
        self._lock = threading.Lock()

    def resolve(self, host: str, wait: float) -> list[str]:
        """Return the addresses of `host`, after at most `wait` seconds.

        Raises
        ------
        Failed
            NO_SUCH_HOST, or SILENT if the answer took too long.
        """
        spelt = literal(host)
        if spelt:
            return spelt
        answer = self._ask(host)
        try:
            if not answer.known.wait(wait):
                raise Failed(Outcome.SILENT, f"no address for {host} in {wait:.3g} s")
        finally:
            with self._lock:
                answer.waiting -= 1
        if isinstance(answer.addresses, Failed):
            raise Failed(answer.addresses.outcome, answer.addresses.detail)
        return answer.addresses

    def close(self) -> None:
        """End the threads, those in a lookup after it; who waits for an answer fails at once."""
        with self._lock:
            self._closed = True
            for answer in self._answers.values():
                if not answer.known.is_set():
                    answer.settle(_CLOSED)
            for _ in range(self._threads):
                self._questions.put(None)
            self._threads = 0

    def _ask(self, host: str) -> _Answer:
        with self._lock:
            answer = self._answers.get(host)
            if not answer:
                answer = self._answers[host] = _Answer(host)
                self._look_up(answer)
            answer.waiting += 1
            return answer

    def _look_up(self, answer: _Answer) -> None:
        if self._closed:
            answer.settle(_CLOSED)
            return
        self._questions.put(answer)
        if self._threads < _THREADS:
            self._threads += 1
            threading.Thread(target=self._work, name="resolver", daemon=True).start()

    def _work(self) -> None:
        for answer in iter(self._questions.get, None):
            if self._is_wanted(answer):
                answer.settle(self._outcome(answer.host))

    def _is_wanted(self, answer: _Answer) -> bool:
        """Say whether anybody still waits, and else forget the question: others wait behind it."""
        with self._lock:
            if not answer.waiting:
                del self._answers[answer.host]
            return answer.waiting > 0

    def _outcome(self, host: str) -> list[str] | Failed:
        try:
            return self._lookup(host)
        except (OSError, UnicodeError) as error:
            failed = _failure(host, error)
        if not failed.outcome.final:
            with self._lock:
                del self._answers[host]
        return failed


class _Answer:
    def __init__(self, host: str) -> None:
        self.host = host
        self.waiting = 0
        self.known = threading.Event()
        self.addresses: list[str] | Failed = []

    def settle(self, addresses: list[str] | Failed) -> None:
        self.addresses = addresses
        self.known.set()


def _failure(host: str, error: Exception) -> Failed:
    unknown = isinstance(error, UnicodeError) or (
        isinstance(error, socket.gaierror) and error.errno in _NO_SUCH_NAME
    )
    outcome = Outcome.NO_SUCH_HOST if unknown else Outcome.SILENT
    return Failed(outcome, f"{host}: {error}")
