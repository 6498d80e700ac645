"""The practice web as a whole: places, server, service and world."""

from __future__ import annotations

import hashlib
import zlib
from typing import Iterable, Mapping, Sequence

from . import fall11, world
from . import further as further_synsets
from .archive import LISTED, Archive
from .behaviours import behave
from .exchange import Exchange
from .hosting import Hosting
from .mementos import Capture
from .server import Server
from .service import ENDPOINTS, ListService
from .winter21 import FOLDER, Winter21
from .world import Link, Place


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
        The number of picture hosts. Kinds that have hosts of their own get them on top.
    alive, dead : iterable of str, str or mapping of str to str
        Which endpoints of the list service work (`service.ENDPOINTS`), and what the others
        answer (`service.DEAD_ANSWERS`), all of them or each.
    captured : iterable of str
        Which endpoints the Wayback Machine has captured, when they worked.
    mix : mapping of str to int
        How many links of each kind a synset has, of `world.KINDS`; `world` has some mixes.
    wnids : sequence of str
        The synsets that there are.
    further : sequence of str
        More synsets, with few links each; the Wayback Machine has none of those that are gone.
    one_address : bool
        Whether to do as where loopback has but one address.
    latency : (float, float)
        The least and the most seconds that each answer of a picture host is late.

    Attributes
    ----------
    service : str
        The list service's address, such as http://127.0.0.1:14197.
    wayback : str
        The Wayback Machine's address.
    archive : Archive
        What it has captured: the list of all URLs, and at first every other link that is gone.
    winter21 : Winter21
        The tars of synsets, at the list service's address.
    hosts : list of str
        The picture hosts, each as `address:port`.
    own : dict of str to list of str
        The hosts of each kind in the mix that has its own.
    refusing : str
        A host that refuses connections.
    forbidden : str
        A host that `allow_hosts` does not name; `connections.made` counts who came all the same.
        Where loopback has but one address, nobody listens there.
    allow_private : str
        What a client must allow to be let in.
    allow_hosts : str
        The same without the forbidden host.
    resolve : str
        What the names of hosts stand for, as `HOST:ADDRESS` with commas between.
    authority : str
        The file of the certificate that a client must trust, or "" if no kind in the mix has TLS.
    requests : RequestLog
        The requests that were made.
    connections : Connections
        The connections that were held.
    rations : Rations
        What hosts gave and refused that ration.

    Raises
    ------
    CannotListen
        If the port is taken, or a host in the mix cannot be had on this system.
    """

    allow_private = "127.0.0.0/8"
    allow_hosts = "127.0.0.0/16"

    def __init__(
        self,
        port: int = 0,
        seed: int = 1,
        *,
        hosts: int = 8,
        alive: Iterable[str] = ENDPOINTS,
        dead: str | Mapping[str, str] = "missing",
        captured: Iterable[str] = (),
        mix: Mapping[str, int] = world.MIX,
        wnids: Sequence[str] = world.SYNSETS,
        further: Sequence[str] = (),
        one_address: bool = False,
        latency: tuple[float, float] = (0, 0),
    ) -> None:
        self._service = ListService(self._list_of, alive, dead)
        self._captured = ListService(self._list_of, captured)
        self.archive = Archive(self._capture)
        self.winter21 = Winter21(self._list_of)
        self._latency = latency
        self._removed: set[tuple[str, str]] = set()
        self._is_strict = any(world.KINDS[kind].is_strict for kind in mix)
        self._hosting = hosting = Hosting(port, hosts, one_address, mix, len(wnids))
        self._behaviours = {
            hosting.service: self._imagenet,
            hosting.archive: self.archive.answer,
        }
        self.service = f"http://{hosting.service}"
        self.wayback = f"http://{hosting.archive}"
        self.hosts = hosting.hosts
        self.own = hosting.own
        self.refusing = hosting.refusing
        self.forbidden = hosting.forbidden
        self.resolve = hosting.resolve()
        self.authority = hosting.authority
        self._lists: dict[str, Sequence[Link]] = {
            wnid: world.draw(wnid, seed, self.hosts, self._share(mix, turn, len(wnids)), mix)
            for turn, wnid in enumerate(wnids)
        }
        for links in self._lists.values():
            for link in [link for link in links if link.kind == "gone"][::2]:
                self.archive.keep(link.url, link.picture())
        willing = self._never_busy()
        for wnid in sorted({*further}.difference(wnids)):
            few = further_synsets.few(wnid, seed)
            self._lists[wnid] = world.draw(wnid, seed, willing, self.own, few) if few else ()
        self._server = Server(hosting.listening, self._answer)
        self.requests = self._server.requests
        self.connections = self._server.connections
        self.rations = self._server.rations

    def __enter__(self) -> PracticeWeb:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Close everything; nothing is left when this returns."""
        self._server.stop()
        self._hosting.close()

    def url(self, host: int, path: str) -> str:
        """Return the URL of a path, such as "/good/0123.jpg", on the picture host of that index."""
        return f"http://{self.hosts[host]}{path}"

    def tar_address(self, wnid: str = "{wnid}") -> str:
        """Return the address of a synset's tar."""
        return f"{self.service}{FOLDER}{wnid}.tar"

    def all_urls_sha1(self) -> str:
        """Return the SHA-1 of the list of all URLs as it is now."""
        return hashlib.sha1(self._all_urls()).hexdigest()  # noqa: S324 - as ImageNet's is

    def link(self, wnid: str, number: int, kind: str, host: int = 0) -> Link:
        """Return a new link of a kind of `world.KINDS`.

        It leads to the picture host of that index, or to one of the kind's own if it can be
        nowhere else; then the kind must be in the mix.
        """
        places = (Place.SHARED, Place.LIVING, Place.OWN, Place.LONE)
        anywhere = world.KINDS[kind].place in places
        hosts = self.hosts if anywhere else self.own[kind]
        named, target = hosts[host if anywhere else 0], hosts[-1]
        return world.link(named, wnid, number, kind, target=target)

    def links(self, wnid: str) -> list[Link]:
        """Return the links that the service lists for a synset, with the truth about each."""
        return list(self._lists.get(wnid, ()))

    def set_links(self, wnid: str, links: Iterable[Link]) -> None:
        """Have the service list these links; without any, it says that the synset is not ready."""
        self._lists[wnid] = list(links)

    def remove(self, link: Link) -> None:
        """Have a link's host answer from now on that it is gone."""
        self._removed.add((link.host, link.path))

    def lateness(self, path: str) -> float:
        """Return the seconds that every answer to a path, percent-decoded, is late."""
        least, most = self._latency
        return least + (most - least) * zlib.crc32(path.encode("latin-1")) / 2**32

    def environment(self) -> dict[str, str]:
        """Return the environment variables that point ck-imagenet at this web.

        They are the strict ones if a kind in the mix needs them.
        """
        if self._is_strict:
            return self.strict_environment()
        return {
            "CK_IMAGENET_SERVICE": self.service,
            "CK_IMAGENET_WAYBACK_SERVICE": self.wayback,
            "CK_IMAGENET_WINTER21": self.tar_address(),
            "CK_IMAGENET_ARCHIVE_SHA1": self.all_urls_sha1(),
            "CK_IMAGENET_ALLOW_PRIVATE": self.allow_private,
        }

    def strict_environment(self) -> dict[str, str]:
        """Return those that do not let the forbidden host in, and answer for every name."""
        certificates = {"REQUESTS_CA_BUNDLE": self.authority} if self.authority else {}
        return {
            "CK_IMAGENET_SERVICE": self.service,
            "CK_IMAGENET_WAYBACK_SERVICE": self.wayback,
            "CK_IMAGENET_WINTER21": self.tar_address(),
            "CK_IMAGENET_ARCHIVE_SHA1": self.all_urls_sha1(),
            "CK_IMAGENET_ALLOW_PRIVATE": self.allow_hosts,
            "CK_IMAGENET_RESOLVE": self.resolve,
            **certificates,
        }

    def _share(self, mix: Mapping[str, int], turn: int, synsets: int) -> dict[str, list[str]]:
        """Return each kind's own hosts for one synset: of those that are alone, its share."""
        lone = {kind for kind in mix if world.KINDS[kind].place is Place.LONE}
        return {
            kind: hosts[turn::synsets] if kind in lone else hosts
            for kind, hosts in self.own.items()
        }

    def _never_busy(self) -> list[str]:
        """Return the picture hosts of which no list has a link that is refused at first.

        A client that has been refused asks such a host slowly for a day.
        """
        links = (link for links in self._lists.values() for link in links)
        busy = {link.host for link in links if link.kind == "busy-once"}
        return [host for host in self.hosts if host not in busy]

    def _list_of(self, wnid: str) -> Sequence[Link] | None:
        return self._lists.get(wnid)

    def _all_urls(self) -> bytes:
        return fall11.packed(link for wnid in sorted(self._lists) for link in self._lists[wnid])

    def _capture(self, target: str) -> Capture | None:
        """Return what the Wayback Machine has of image-net.org's at a path with a query."""
        if target == fall11.PATH:
            return Capture(fall11.CAPTURED, self._all_urls())
        listed = self._captured.body(target)
        return Capture(LISTED, listed) if listed else None

    def _imagenet(self, exchange: Exchange) -> None:
        is_tar = exchange.request.path.startswith(FOLDER)
        (self.winter21 if is_tar else self._service).answer(exchange)

    def _answer(self, exchange: Exchange) -> None:
        if exchange.host in self._behaviours:
            self._behaviours[exchange.host](exchange)
            return
        if any(self._latency):
            exchange.wait(self.lateness(exchange.request.path))
        if (exchange.host, exchange.request.path) in self._removed:
            exchange.answer(404, b"gone", "text/plain")
        else:
            behave(exchange)
