"""A crawl in virtual time: `HostQueue` and what it asks, without threads, sockets or sleeps.

It does with its links what `crawling.crawl` does: three attempts, a delay before each further one,
and a refused link goes on first. Who answers, and when, is for each server to say.
"""

from __future__ import annotations

import heapq
import math
from collections import Counter
from random import Random
from typing import Callable, Mapping, NamedTuple, Protocol

from ck_imagenet.core.outcomes import HostSignal, Outcome
from ck_imagenet.engine.host_queue import HostQueue
from ck_imagenet.http.connections import Limits
from ck_imagenet_practice import rations

RETRY = 2
"""Further attempts after the first, as is usual."""


class Link:
    """A link on its way."""

    __slots__ = ("asked", "attempts", "given_before", "host", "nature", "refusals")

    def __init__(self, host: str, nature: int = 0) -> None:
        self.host = host
        self.nature = nature
        """How many of its requests are never answered, first of all."""
        self.asked = self.attempts = self.refusals = 0
        self.given_before = -1


class Reply(NamedTuple):
    """What a server makes of a request."""

    signal: HostSignal
    seconds: float = 0.0
    """Until it says so, counted from the arrival of the request."""
    wish: float = 0.0


class Server(Protocol):
    """Whoever answers."""

    def ask(self, link: Link, now: float) -> Reply:
        """Answer a request that arrives now."""


class Rationer:
    """A host that rations, by a rule of the practice web; hosts may share one."""

    def __init__(self, words: str) -> None:
        self.words = words.split()
        self.terms, _ = rations.read(self.words)
        self._ration = rations.Ration(self.terms)

    def ask(self, link: Link, now: float) -> Reply:
        """Give or refuse."""
        verdict = self._ration.ask(now)
        if verdict.given:
            return Reply(HostSignal.ANSWER)
        told = 0.0 if verdict.banned else self.terms.told(verdict.wait)
        return Reply(HostSignal.BUSY, 0.0, told)

    def tally(self) -> rations.Tally:
        """Return what came of all requests."""
        return self._ration.tally()


class Limper:
    """A host that lives, some links of which hang."""

    def __init__(self, time_out: float = 10.0, answer: float = 0.0) -> None:
        self._time_out = time_out
        self._answer = answer

    def ask(self, link: Link, now: float) -> Reply:
        """Answer, or let the link hang."""
        if link.asked <= link.nature:
            return Reply(HostSignal.TIMEOUT, self._time_out)
        return Reply(HostSignal.ANSWER, self._answer)


class Flaky:
    """A host that refuses by chance, whatever the pace."""

    def __init__(self, share: float, seed: int = 1) -> None:
        self._share = share
        self._random = Random(seed)

    def ask(self, link: Link, now: float) -> Reply:
        """Give or refuse, as it falls."""
        return Reply(HostSignal.BUSY if self._random.random() < self._share else HostSignal.ANSWER)


class Start(NamedTuple):
    """The beginning of a request, and what came of it."""

    time: float
    host: str
    link: Link
    signal: HostSignal


class _Event(NamedTuple):
    time: float
    number: int
    link: Link
    since: float
    reply: Reply | None
    """None while the request has not arrived."""
    haste: float
    """Seconds after which it ends without an answer, if not later."""


class Simulator:
    """A crawl in virtual time.

    Attributes
    ----------
    now : float
        The time.
    given, lost : dict
        When each link was given, and why others were not.
    starts : list
        All requests whose end is known, in the order in which they began.
    """

    def __init__(
        self,
        servers: Mapping[str, Server],
        hosts: HostQueue[Link] | None = None,
        connections: int = 32,
        latency: float = 0.004,
        seed: int = 1,
        time_out: float = 10.0,
    ) -> None:
        self._limits = Limits.within(2 * time_out)
        self.hosts: HostQueue[Link] = hosts or HostQueue()
        self._servers = servers
        self._connections = connections
        self._latency = latency
        self._random = Random(seed)
        self._events: list[_Event] = []
        self._count = 0
        self.now = 0.0
        self.given: dict[Link, float] = {}
        self.lost: dict[Link, Outcome] = {}
        self._log: dict[int, Start] = {}
        self.before_take: Callable[[], None] = lambda: None
        self.before_start: Callable[[str], None] = lambda name: None
        self.told: dict[str, float] = {}

    @property
    def starts(self) -> list[Start]:
        """Return all requests that have ended, in the order in which they began."""
        return [self._log[number] for number in sorted(self._log)]

    def given_by(self, host: str) -> list[float]:
        """Return when a host gave what it has given."""
        return sorted(time for link, time in self.given.items() if link.host == host)

    def refusals(self) -> Counter[str]:
        """Return how often each host refused."""
        return Counter(each.host for each in self._log.values() if each.signal is HostSignal.BUSY)

    def put(self, *links: Link) -> None:
        """Let links wait."""
        for link in links:
            self.hosts.put(link.host, link, self.now)

    def run(self, until: float = math.inf) -> float:
        """Run until nothing is left, or until a time; return the time."""
        while self.hosts.waiting or self._events:
            self._begin_all()
            if not (self.hosts.waiting or self._events):
                break
            following = self._next_time()
            if following > until:
                self.now = until
                break
            self.now = max(self.now, following)
            while self._events and self._events[0].time <= self.now:
                self._happen(heapq.heappop(self._events))
        self._settle_given_up()
        return self.now

    def _begin_all(self) -> None:
        while len(self._events) < self._connections:
            self.before_take()
            started = self.hosts.take(self.now, self._connections)
            self._settle_given_up()
            if not started:
                return
            name, link = started
            self.before_start(name)
            link.asked += 1
            way = self._latency * (1 + 0.3 * self._random.random()) / 2
            self._count += 1
            usual = math.inf if link.attempts else self.hosts.slowest(name)
            haste = self._limits.first_attempt(usual).first_byte
            event = _Event(self.now + way, self._count, link, self.now, None, haste)
            heapq.heappush(self._events, event)

    def _next_time(self) -> float:
        event = self._events[0].time if self._events else math.inf
        if len(self._events) >= self._connections:
            return event
        following = self.hosts.next_time()
        wake = math.inf if following is None else following
        assert min(event, wake) < math.inf or not self.hosts.waiting, "something waits for ever"
        assert wake > self.now, "nothing would ever be done but to look"
        return min(event, wake)

    def _happen(self, event: _Event) -> None:
        if event.reply is None:
            reply = self._servers[event.link.host].ask(event.link, event.time)
            if reply.seconds > event.haste:
                reply = Reply(HostSignal.TIMEOUT, event.haste)
            end = event.time + reply.seconds + (event.time - event.since)
            heapq.heappush(self._events, event._replace(time=end, reply=reply))
            return
        link, reply = event.link, event.reply
        self._log[event.number] = Start(event.since, link.host, link, reply.signal)
        if reply.signal is HostSignal.ANSWER:
            self.given[link] = self.now
        elif reply.signal is HostSignal.BUSY:
            self._refused(link)
            self.told[link.host] = max(self.told.get(link.host, 0.0), self.now + reply.wish)
        else:
            self._failed(link)
        self.hosts.release(link.host, self.now, reply.signal, event.since, reply.wish, link)
        self._settle_given_up()

    def _refused(self, link: Link) -> None:
        """Let it wait; a link that is refused while others are given ends at last."""
        given = self.hosts.given(link.host)
        if given != link.given_before:
            link.given_before = given
            link.refusals += 1
        if link.refusals > RETRY:
            self.lost[link] = Outcome.BUSY
        elif self.hosts.is_backing_off(link.host):
            self.hosts.put(link.host, link, self.now)
        else:
            self.hosts.put_back(link.host, link, self.now)

    def _failed(self, link: Link) -> None:
        link.attempts += 1
        if link.attempts > RETRY:
            self.lost[link] = Outcome.SILENT
        else:
            delay = self.hosts.spread(1.0)
            self.hosts.put(link.host, link, self.now, delay)

    def _settle_given_up(self) -> None:
        for link, outcome in self.hosts.given_up:
            self.lost[link] = Outcome.SILENT if link.attempts else outcome
        self.hosts.given_up.clear()
