"""Which host is where: the sockets of a practice web, by what they are for."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING, Mapping

from . import places
from .kind import Kind, Place
from .kinds import KINDS
from .kinds_of_changed_hosts import NAMES_HERE
from .kinds_of_urls import BOOKS_NAME
from .redirects import FORBIDDEN_ADDRESS

if TYPE_CHECKING:  # it needs a package that only tests need
    from .tls import Authority

GOOD_NAME = "good.practice"
"""The name of the first picture host."""

HALF_INSIDE, HALF_DEAD = "half-inside.practice", "half-dead.practice"
"""Names of two addresses: the first picture host's, after one that may not be asked, or refuses."""

NAMES: Mapping[str, str] = {
    "nowhere.practice": "none",
    "slow.practice": "slow:15",
    "inside.practice": FORBIDDEN_ADDRESS,
}
"""What other names stand for: an address, `none`, or `slow:SECONDS` for none, but so late."""


class Hosting:
    """Binds what a mix needs, from construction until `close`.

    Parameters
    ----------
    port, hosts, one_address : int, int, bool
        As for `places.bind`.
    mix : mapping of str to int
        How many links of each kind a synset has.
    synsets : int
        How many synsets there are.

    Attributes
    ----------
    service, archive, refusing, forbidden : str
        The hosts that every practice web has, each as `address:port`.
    hosts : list of str
        The picture hosts.
    own : dict of str to list of str
        The hosts of each kind that has its own.
    listening : list of socket.socket
        What a server must serve and close.
    authority : str
        The file of the certificate behind the good ones, "" if there are none.
    """

    def __init__(
        self, port: int, hosts: int, one_address: bool, mix: Mapping[str, int], synsets: int
    ) -> None:
        needed = _hosts_needed(mix, synsets)
        bound = places.bind(port, hosts, sum(needed.values()) + 1, one_address)
        archive = bound.others[-1]
        self.listening = [bound.service, archive, *bound.hosts, *bound.forbidden]
        self.service = places.host_of(bound.service)
        self.archive = places.host_of(archive)
        self.hosts = [places.host_of(host) for host in bound.hosts]
        self.refusing = places.host_of(bound.refusing)
        self.forbidden = f"{FORBIDDEN_ADDRESS}:{bound.hosts[0].getsockname()[1]}"
        self.authority = ""
        self._authority: Authority | None = None
        self._ours = ExitStack()
        self._ours.enter_context(bound.refusing)
        self.own = {kind: self._standing(kind) for kind in KINDS if KINDS[kind].name}
        self.own.update(refused=[self.refusing], inside=[self.forbidden])
        others = iter(bound.others)
        try:
            for kind, count in needed.items():
                self.own[kind] = [self._open(KINDS[kind], next(others)) for _ in range(count)]
        except BaseException:
            self.close()
            for listener in (*self.listening, *bound.others):
                listener.close()
            raise

    def close(self) -> None:
        """Close all but what listens."""
        self._ours.close()

    def resolve(self) -> str:
        """Return what names stand for, as `HOST:ADDRESS` with commas between; others for none."""
        first = self.hosts[0].partition(":")[0]
        here = dict.fromkeys((GOOD_NAME, BOOKS_NAME, *NAMES_HERE), first)
        refusing = self.refusing.partition(":")[0]
        several = [(HALF_INSIDE, FORBIDDEN_ADDRESS), (HALF_DEAD, refusing)]
        both = [(name, address) for name, other in several for address in (other, first)]
        names = [*here.items(), *both, *NAMES.items(), ("*", "none")]
        return ",".join(f"{name}:{address}" for name, address in names)

    def _standing(self, kind: str) -> list[str]:
        """Return the host of a kind whose name leads to hosts that there are, or to none."""
        return [f"{KINDS[kind].name}:{self.hosts[0].partition(':')[2]}"]

    def _open(self, kind: Kind, listener: socket.socket) -> str:
        """Make a host for a kind of what listens."""
        host = places.host_of(listener)
        if kind.place is Place.DROPPING:
            self._ours.callback(places.Dropping(listener).close)
        elif kind.place is Place.TLS:
            self.listening.append(self._certifier().speaking(listener, kind.certificate))
        else:
            self.listening.append(listener)
        return host

    def _certifier(self) -> Authority:
        if not self._authority:
            from .tls import Authority

            self._authority = Authority()
            self._ours.callback(self._authority.close)
            self.authority = self._authority.file
        return self._authority


def _hosts_needed(mix: Mapping[str, int], synsets: int) -> dict[str, int]:
    """Return how many hosts of its own each kind in a mix is given."""
    own = (Place.OWN, Place.DROPPING, Place.TLS)
    needed = {kind: KINDS[kind].hosts for kind in mix if KINDS[kind].place in own}
    lone = (kind for kind in mix if KINDS[kind].place is Place.LONE)
    return {**needed, **{kind: mix[kind] * synsets for kind in lone}}
