"""Names of hosts to addresses, in one place, each name once."""

from __future__ import annotations

import math
import re
import socket
import threading
import time
from collections import OrderedDict, deque
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address
from typing import Callable, List

from ..core import urls
from ..core.errors import BadInput, TooLittleMemory
from ..core.outcomes import Failed, Outcome, Postponed
from ..core.threads import start_thread
from .address_policy import literal_address

# Addresses that the user gives for names, in place of the machine's resolver.

_EVERY_HOST = "*"
_LONGEST_DELAY = 3600.0
# curl's form has a port, which says nothing here: an answer is for all ports.
_OVERRIDE = re.compile(r"(?P<host>[^:]+):(\d+:)?(?P<address>.+)", re.DOTALL)


class _Override:
    """What is said of one name: its addresses, and how long it takes to say so."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.seconds = 0.0

    def answer(self) -> list[str]:
        time.sleep(self.seconds)
        if not self.addresses:
            raise socket.gaierror(socket.EAI_NONAME, "no such name, as --resolve says")
        return self.addresses

    def add(self, answer: str) -> None:
        """Add an address, "none", or "slow:SECONDS"; raise ValueError if it is nothing of these."""
        kind, _, seconds = answer.partition(":")
        if kind == "slow":
            self.seconds = float(seconds)
            if not 0 <= self.seconds <= _LONGEST_DELAY:
                raise ValueError
        elif answer != "none":
            six = answer.startswith("[") and answer.endswith("]")
            address = IPv6Address(answer[1:-1]) if six else IPv4Address(answer)
            self.addresses.append(str(address))


def lookup_with_overrides(text: str) -> Lookup:
    """Return the lookup that answers for the names in `text` and asks the machine for all others.

    Parameters
    ----------
    text : str
        `HOST:ADDRESS` with commas between, or curl's `HOST:PORT:ADDRESS`; an IPv6 address in
        brackets. `*` is every other host. The address `none` says that there is no such host, and
        `slow:SECONDS` says so after a while.

    Raises
    ------
    BadInput
        If it cannot be read so.
    """
    given: dict[str, _Override] = {}
    for item in filter(None, (item.strip() for item in text.split(","))):
        host, answer = _override_parts(item)
        try:
            given.setdefault(host, _Override()).add(answer)
        except ValueError:
            raise _bad_override(item) from None

    def lookup(host: str) -> list[str]:
        found = given.get(host) or given.get(_EVERY_HOST)
        return found.answer() if found else system_lookup(host)

    return lookup


def _override_parts(item: str) -> tuple[str, str]:
    """Return a name as it is asked, and what is said of it."""
    parts = _OVERRIDE.fullmatch(item)
    if parts:
        host = parts["host"].strip()
        with suppress(ValueError):
            name = host if host == _EVERY_HOST else urls.ascii_host(host)
            if name:
                return name, parts["address"].strip()
    raise _bad_override(item)


def _bad_override(item: str) -> BadInput:
    return BadInput(
        f'--resolve: "{item}" is no HOST:ADDRESS; write for example '
        "--resolve=example.org:127.0.0.1,six.example:[::1],gone.example:none,late.example:slow:2"
    )


_WANTED = 8
"""Lookups at once that somebody waits for."""

_ALL = 64
"""Lookups at once, with those that everybody has left."""

MOST_KNOWN = 10_000
"""Names that are remembered: a list of all of ImageNet has a hundred times as many."""

_NO_SUCH_NAME = {
    getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA") if hasattr(socket, name)
}
_CLOSED = Failed(Outcome.REFUSED, "the client has been closed")

Lookup = Callable[[str], List[str]]


def system_lookup(host: str) -> list[str]:
    """Return the addresses that the machine's resolver has for `host`, the preferred first."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Resolver:
    """Looks names up and remembers the answers, of the names that were asked last.

    A lookup cannot be interrupted. So each runs on a daemon thread of its own, and whoever waits
    for it leaves at the deadline. Only a few that are waited for run at once; those that have been
    left do not count, or a few slow names would keep all others waiting.
    """

    def __init__(self, lookup: Lookup = system_lookup) -> None:
        self._lookup = lookup
        self._answers: OrderedDict[str, _Answer] = OrderedDict()
        self._queue: deque[_Answer] = deque()
        self._running: list[_Answer] = []
        self._closed = False
        self._lock = threading.Lock()

    def resolve(self, host: str, wait: float) -> list[str]:
        """Return the addresses of `host`, after at most `wait` seconds.

        Raises
        ------
        Failed
            NO_SUCH_HOST, or SILENT if the answer took too long.
        Postponed
            If the lookup had to wait for others, so that it has not had so long.
        """
        spelt = literal_address(host)
        if spelt:
            return spelt
        answer = self._ask(host)
        try:
            if not answer.known.wait(wait):
                if time.monotonic() - answer.begun < wait:
                    raise Postponed(f"the lookup of {host} waits for others")
                raise Failed(Outcome.SILENT, f"no address for {host} in {wait:.3g} s")
        finally:
            with self._lock:
                answer.waiting -= 1
                self._begin()
        if isinstance(answer.addresses, Failed):
            raise Failed(answer.addresses.outcome, answer.addresses.detail)
        return answer.addresses

    def prefer(self, host: str, address: str) -> None:
        """Give this one of a host's addresses first from now on: others did not connect."""
        with self._lock:
            answer = self._answers.get(host)
            if answer and not isinstance(answer.addresses, Failed):
                answer.addresses = sorted(answer.addresses, key=lambda known: known != address)

    def close(self) -> None:
        """Begin no further lookups; who waits for an answer fails at once."""
        with self._lock:
            self._closed = True
            self._queue.clear()
            for answer in self._answers.values():
                if not answer.known.is_set():
                    answer.settle(_CLOSED)

    def _ask(self, host: str) -> _Answer:
        with self._lock:
            answer = self._answers.get(host)
            if not answer:
                answer = self._answers[host] = _Answer(host)
                if self._closed:
                    answer.settle(_CLOSED)
                else:
                    self._queue.append(answer)
            answer.waiting += 1
            self._answers.move_to_end(host)
            self._forget()
            self._begin()
            return answer

    def _forget(self) -> None:
        """Forget the oldest answer, if there are too many and nobody waits for it."""
        if len(self._answers) > MOST_KNOWN:
            host, oldest = next(iter(self._answers.items()))
            if oldest.known.is_set() and not oldest.waiting:
                del self._answers[host]
            else:
                self._answers.move_to_end(host)

    def _begin(self) -> None:
        """Begin as many lookups as may run now; for who holds the lock."""
        while self._queue and self._has_room():
            answer = self._queue.popleft()
            if answer.waiting:
                thread = threading.Thread(target=self._work, args=(answer,), daemon=True)
                if not start_thread(thread, others=bool(self._running)):
                    self._queue.appendleft(answer)  # those that look now make room
                    return
                answer.begun = time.monotonic()
                self._running.append(answer)
            else:
                del self._answers[answer.host]

    def _has_room(self) -> bool:
        wanted = sum(answer.waiting > 0 for answer in self._running)
        return wanted < _WANTED and len(self._running) < _ALL

    def _work(self, answer: _Answer) -> None:
        addresses = self._outcome(answer.host)
        with self._lock:
            if isinstance(addresses, Failed) and not addresses.outcome.final:
                self._answers.pop(answer.host, None)
            answer.settle(addresses)
            self._running.remove(answer)
            with suppress(TooLittleMemory):  # which who looks for the next name says
                self._begin()

    def _outcome(self, host: str) -> list[str] | Failed:
        try:
            return self._lookup(host)
        except (OSError, UnicodeError) as error:
            return _failure(host, error)


class _Answer:
    def __init__(self, host: str) -> None:
        self.host = host
        self.waiting = 0
        self.begun = math.inf
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
