"""Names of hosts to addresses, in one place, each name once."""

from __future__ import annotations

import socket
import threading
from queue import SimpleQueue
from typing import Callable, List

from .outcomes import Failed, Outcome

_THREADS = 8
_NO_SUCH_NAME = {
    getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA") if hasattr(socket, name)
}

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
        self._lock = threading.Lock()

    def resolve(self, host: str, wait: float) -> list[str]:
        """Return the addresses of `host`, after at most `wait` seconds.

        Raises
        ------
        Failed
            NO_SUCH_HOST, or SILENT if the answer took too long.
        """
        literal = _literal(host)
        if literal:
            return literal
        answer = self._ask(host)
        if not answer.known.wait(wait):
            raise Failed(Outcome.SILENT, f"no address for {host} in {wait:.3g} s")
        if isinstance(answer.addresses, Failed):
            raise Failed(answer.addresses.outcome, answer.addresses.detail)
        return answer.addresses

    def close(self) -> None:
        """End the threads, those in a lookup after it."""
        with self._lock:
            for _ in range(self._threads):
                self._questions.put(None)
            self._threads = 0

    def _ask(self, host: str) -> _Answer:
        with self._lock:
            answer = self._answers.get(host)
            if not answer:
                answer = self._answers[host] = _Answer(host)
                self._questions.put(answer)
                if self._threads < _THREADS:
                    self._threads += 1
                    threading.Thread(target=self._work, name="resolver", daemon=True).start()
            return answer

    def _work(self) -> None:
        for answer in iter(self._questions.get, None):
            try:
                answer.addresses = self._lookup(answer.host)
            except (OSError, UnicodeError) as error:
                answer.addresses = _failure(answer.host, error)
                if not answer.addresses.outcome.final:
                    with self._lock:
                        self._answers.pop(answer.host, None)
            answer.known.set()


class _Answer:
    def __init__(self, host: str) -> None:
        self.host = host
        self.known = threading.Event()
        self.addresses: list[str] | Failed = []


def _literal(host: str) -> list[str]:
    """Return the address that `host` spells, in any of the forms that the C library reads."""
    try:
        return [socket.inet_ntop(socket.AF_INET6, socket.inet_pton(socket.AF_INET6, host))]
    except (OSError, ValueError):
        pass
    try:  # also decimal, octal and hexadecimal numbers, as 2130706433 or 0x7f.1
        return [socket.inet_ntoa(socket.inet_aton(host))]
    except (OSError, ValueError):
        return []


def _failure(host: str, error: Exception) -> Failed:
    unknown = isinstance(error, UnicodeError) or (
        isinstance(error, socket.gaierror) and error.errno in _NO_SUCH_NAME
    )
    outcome = Outcome.NO_SUCH_HOST if unknown else Outcome.SILENT
    return Failed(outcome, f"{host}: {error}")
