"""Addresses that the user gives for names, in place of the machine's resolver."""

from __future__ import annotations

import re
import socket
import time
from contextlib import suppress
from ipaddress import IPv4Address, IPv6Address

from ..core import urls
from ..core.errors import BadInput
from .resolver import Lookup, system_lookup

_EVERY = "*"
_LONGEST = 3600.0
# curl's form has a port, which says nothing here: an answer is for all ports.
_ITEM = re.compile(r"(?P<host>[^:]+):(\d+:)?(?P<address>.+)", re.DOTALL)


class _Given:
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
            if not 0 <= self.seconds <= _LONGEST:
                raise ValueError
        elif answer != "none":
            six = answer.startswith("[") and answer.endswith("]")
            address = IPv6Address(answer[1:-1]) if six else IPv4Address(answer)
            self.addresses.append(str(address))


def answering(text: str) -> Lookup:
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
    given: dict[str, _Given] = {}
    for item in filter(None, (item.strip() for item in text.split(","))):
        host, answer = _parts(item)
        try:
            given.setdefault(host, _Given()).add(answer)
        except ValueError:
            raise _bad(item) from None

    def lookup(host: str) -> list[str]:
        found = given.get(host) or given.get(_EVERY)
        return found.answer() if found else system_lookup(host)

    return lookup


def _parts(item: str) -> tuple[str, str]:
    """Return a name as it is asked, and what is said of it."""
    parts = _ITEM.fullmatch(item)
    if parts:
        host = parts["host"].strip()
        with suppress(ValueError):
            name = host if host == _EVERY else urls.ascii_host(host)
            if name:
                return name, parts["address"].strip()
    raise _bad(item)


def _bad(item: str) -> BadInput:
    return BadInput(
        f'--resolve: "{item}" is no HOST:ADDRESS; write for example '
        "--resolve=example.org:127.0.0.1,six.example:[::1],gone.example:none,late.example:slow:2"
    )
