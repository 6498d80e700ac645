"""The resolver: names of hosts to addresses, each name once, and the DNS overrides of the user."""

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

# DNS overrides: addresses that the user gives instead of those of the machine's resolver.

_EVERY_HOST = "*"
_LONGEST_DELAY = 3600.0
# The form of curl has a port, which is ignored: an override is for all ports.
_OVERRIDE = re.compile(r"(?P<host>[^:]+):(\d+:)?(?P<address>.+)", re.DOTALL)


class _Override:
    """What the user gives for one name: its addresses, and how many seconds a lookup takes."""

    def __init__(self) -> None:
        self.addresses: list[str] = []
        self.seconds = 0.0

    def answer(self) -> list[str]:
        time.sleep(self.seconds)
        if not self.addresses:
            raise socket.gaierror(socket.EAI_NONAME, "no such name, as --resolve says")
        return self.addresses

    def add(self, answer: str) -> None:
        """Add an address, "none" or "slow:SECONDS"; raise ValueError for anything else."""
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
    """Return a lookup that knows the names in `text`, and asks the machine for all others.

    Parameters
    ----------
    text : str
        `HOST:ADDRESS` with commas between, or curl's `HOST:PORT:ADDRESS`; an IPv6 address in
        brackets. `*` is every other host. The address `none` means that there is no such host, and
        `slow:SECONDS` that a lookup takes so long.

    Raises
    ------
    BadInput
        If it has another form.
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
    """Return a name as it is asked, and what is given for it."""
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
        f'--resolve: "{item}" is not HOST:ADDRESS; write for example '
        "--resolve=example.org:127.0.0.1,six.example:[::1],gone.example:none,late.example:slow:2"
    )


# The resolver.

_MOST_AWAITED = 8
"""Lookups at once that somebody waits for."""

_MOST_LOOKUPS = 64
"""Lookups at once, abandoned ones included."""

MOST_REMEMBERED = 10_000
"""Names that are cached; the list of all of ImageNet has a hundred times as many."""

_NO_SUCH_NAME = {
    getattr(socket, name) for name in ("EAI_NONAME", "EAI_NODATA") if hasattr(socket, name)
}
_CLOSED = Failed(Outcome.REFUSED, "the client has been closed")

Lookup = Callable[[str], List[str]]


def system_lookup(host: str) -> list[str]:
    """Return the addresses that the machine's resolver knows for `host`, the preferred first."""
    found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))


class Resolver:
    """Looks names up, and caches the answers for the names that were asked last.

    A lookup cannot be interrupted. So each runs in a daemon thread of its own, and callers abandon
    it at their deadline. Few lookups run at once; abandoned ones do not count, else a few slow
    names would keep all others waiting.

    Parameters
    ----------
    lookup : callable, optional
        Returns the addresses of a host; by default the machine's own.
    """

    def __init__(self, lookup: Lookup = system_lookup) -> None:
        self._lookup = lookup
        self._answers: OrderedDict[str, _Answer] = OrderedDict()
        self._queue: deque[_Answer] = deque()
        self._running: list[_Answer] = []
        self._closed = False
        self._lock = threading.Lock()

    def resolve(self, host: str, wait: float) -> list[str]:
        """Return the addresses of a host.

        Parameters
        ----------
        host : str
            As `urls.Address` has it.
        wait : float
            The most seconds to wait.

        Raises
        ------
        Failed
            NO_SUCH_HOST, or SILENT if the answer took too long.
        Postponed
            If the lookup had to wait for others, so that it had less time.
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
        """Return this address of a host first from now on, since others did not connect.

        Parameters
        ----------
        host : str
            As `resolve` was asked for it.
        address : str
            One of its addresses.
        """
        with self._lock:
            answer = self._answers.get(host)
            if answer and not isinstance(answer.addresses, Failed):
                answer.addresses = sorted(answer.addresses, key=lambda known: known != address)

    def close(self) -> None:
        """Begin no further lookups; callers that wait for one fail at once."""
        with self._lock:
            self._closed = True
            self._queue.clear()
            for answer in self._answers.values():
                if not answer.known.is_set():
                    answer.complete(_CLOSED)

    def _ask(self, host: str) -> _Answer:
        with self._lock:
            answer = self._answers.get(host)
            if not answer:
                answer = self._answers[host] = _Answer(host)
                if self._closed:
                    answer.complete(_CLOSED)
                else:
                    self._queue.append(answer)
            answer.waiting += 1
            self._answers.move_to_end(host)
            self._forget()
            self._begin()
            return answer

    def _forget(self) -> None:
        """Drop the oldest answer if there are too many, and nobody waits for it."""
        if len(self._answers) > MOST_REMEMBERED:
            host, oldest = next(iter(self._answers.items()))
            if oldest.known.is_set() and not oldest.waiting:
                del self._answers[host]
            else:
                self._answers.move_to_end(host)

    def _begin(self) -> None:
        """Begin as many lookups as may run now; the caller holds the lock."""
        while self._queue and self._has_room():
            answer = self._queue.popleft()
            if answer.waiting:
                thread = threading.Thread(target=self._work, args=(answer,), daemon=True)
                if not start_thread(thread, others=bool(self._running)):
                    self._queue.appendleft(answer)  # lookups that end make room
                    return
                answer.begun = time.monotonic()
                self._running.append(answer)
            else:
                del self._answers[answer.host]

    def _has_room(self) -> bool:
        awaited = sum(answer.waiting > 0 for answer in self._running)
        return awaited < _MOST_AWAITED and len(self._running) < _MOST_LOOKUPS

    def _work(self, answer: _Answer) -> None:
        addresses = self._outcome(answer.host)
        with self._lock:
            if isinstance(addresses, Failed) and not addresses.outcome.final:
                self._answers.pop(answer.host, None)
            answer.complete(addresses)
            self._running.remove(answer)
            with suppress(TooLittleMemory):  # the next lookup raises it
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

    def complete(self, addresses: list[str] | Failed) -> None:
        self.addresses = addresses
        self.known.set()


def _failure(host: str, error: Exception) -> Failed:
    unknown = isinstance(error, UnicodeError) or (
        isinstance(error, socket.gaierror) and error.errno in _NO_SUCH_NAME
    )
    outcome = Outcome.NO_SUCH_HOST if unknown else Outcome.SILENT
    return Failed(outcome, f"{host}: {error}")
