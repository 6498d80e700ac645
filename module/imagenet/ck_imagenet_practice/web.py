"""The practice web as a whole: places, server, service and world."""

from __future__ import annotations

from typing import Iterable, Mapping, Sequence

from . import places, world
from .behaviours import behave
from .exchange import Exchange
from .server import Server
from .service import ENDPOINTS, ListService
from .world import Link


class PracticeWeb:
    """A small web on loopback, from construction until `stop`; a context manager.

    Parameters
    ----------
    port : int
        The port of all hosts, or 0 for any that is free. Where loopback has but one address, the
        first of as many ports as there are hosts.
    seed : int
        Which links there are.
    hosts : int
        The number of picture hosts.
    alive, dead : iterable of str, str
        Which endpoints of the list service work (`service.ENDPOINTS`), and what the others
        answer (`service.DEAD_ANSWERS`).
    mix : mapping of str to int
        How many links of each kind a synset has, of `world.KINDS`.
    wnids : sequence of str
        The synsets that there are.
    one_address : bool
        Whether to do as where loopback has but one address.

    Attributes
    ----------
    service : str
        The list service's address, such as http://127.0.0.1:14197.
    hosts : list of str
        The picture hosts, each as `address:port`.
    refusing : str
        A host that refuses connections.
    allow_private : str
        What a client must allow to be let in.
    requests : RequestLog
        The requests that were made.
    connections : Connections
        The connections that were held.

    Raises
    ------
    CannotListen
        If the port is taken.
    """

    allow_private = "127.0.0.0/8"

    def __init__(
        self,
        port: int = 0,
        seed: int = 1,
        *,
        hosts: int = 8,
        alive: Iterable[str] = ENDPOINTS,
        dead: str = "missing",
        mix: Mapping[str, int] = world.MIX,
        wnids: Sequence[str] = world.SYNSETS,
        one_address: bool = False,
    ) -> None:
        self._service = ListService(self._list_of, alive, dead)
        bound = places.bind(port, hosts, one_address)
        self._refuser = bound.refusing
        self._service_host = places.host_of(bound.service)
        self.service = f"http://{self._service_host}"
        self.hosts = [places.host_of(host) for host in bound.hosts]
        self.refusing = places.host_of(bound.refusing)
        self._lists: dict[str, Sequence[Link]] = {
            wnid: world.draw(wnid, seed, self.hosts, self.refusing, mix) for wnid in wnids
        }
        self._server = Server([bound.service, *bound.hosts], self._answer)
        self.requests = self._server.requests
        self.connections = self._server.connections

    def __enter__(self) -> PracticeWeb:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Close everything; nothing is left when this returns."""
        self._server.stop()
        self._refuser.close()

    def url(self, host: int, path: str) -> str:
        """Return the URL of a path, such as "/good/0123.jpg", on the picture host of that index."""
        return f"http://{self.hosts[host]}{path}"

    def link(self, wnid: str, number: int, kind: str, host: int = 0) -> Link:
        """Return a new link of a kind of `world.KINDS`, on the picture host of that index."""
        where = self.refusing if kind == world.REFUSED else self.hosts[host]
        return world.link(where, wnid, number, kind)

    def links(self, wnid: str) -> list[Link]:
        """Return the links that the service lists for a synset, with the truth about each."""
        return list(self._lists.get(wnid, ()))

    def set_links(self, wnid: str, links: Iterable[Link]) -> None:
        """Have the service list these links; without any, it says that the synset is not ready."""
        self._lists[wnid] = list(links)

    def environment(self) -> dict[str, str]:
        """Return the environment variables that point ck-imagenet at this web."""
        return {
            "CK_IMAGENET_SERVICE": self.service,
            "CK_IMAGENET_ALLOW_PRIVATE": self.allow_private,
        }

    def _list_of(self, wnid: str) -> Sequence[Link] | None:
        return self._lists.get(wnid)

    def _answer(self, exchange: Exchange) -> None:
        if exchange.host == self._service_host:
            self._service.answer(exchange)
        else:
            behave(exchange)
