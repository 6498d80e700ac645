"""How a dispatcher reaches its workers, and what it knows of each: here, over a pipe, over Dask.

    transport   class                  its worker                        from
    none        `Local`, here          threads of this process           it is there
    a pipe      `Pipe` (`pipe`)        a process, forked or started      `Processes`: when it pays
    Dask        `Lease` (`machines`)   an actor on a machine             `Machines`: when one comes

A transport begins, carries messages in their order, and comes to one end: the worker has told
`Ended`, or the transport tells that it is `Lost`. After that nothing comes any more.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from functools import partial
from typing import Iterable, Iterator

from ..core.errors import StoreError
from ..core.text import ImageName
from ..core.threads import start_thread
from ..http.client import Client
from ..storage.store import Store
from .context import CrawlSettings
from .link import Task
from .messages import Limit, Reserve, Standing, Tell, ToWorker
from .worker import Worker

MOST_IN_VAIN = 5
"""Workers that may be lost, one after the other, while nobody elsewhere brings anything. More
are no accident: a link that kills whoever asks for it is not asked for ever."""

_JOIN_WITHIN = 1.0
"""Seconds that a thread has to end that has told so."""


class Transport(ABC):
    """A way to one worker."""

    @abstractmethod
    def begin(self, tell: Tell, reserve: Reserve) -> None:
        """Let the worker begin, and pass on what it tells.

        Parameters
        ----------
        tell : callable
            Takes in what the worker tells, from any thread.
        reserve : callable
            Says whether a picture is to be saved; in this process only, where to ask costs little.

        Raises
        ------
        MemoryError or OSError
            If there is no memory for it, or the system has no more of what it needs.
        """

    @abstractmethod
    def send(self, message: ToWorker) -> None:
        """Tell the worker something, without waiting until it listens; nothing if it is gone."""

    @abstractmethod
    def close(self) -> None:
        """Forget the worker, whatever it does: it has had its time to end."""


class WorkerPool(ABC):
    """Where further workers come from, as long as a run goes on.

    Attributes
    ----------
    advice : str
        What helps if they keep dying.
    """

    advice: str

    @abstractmethod
    def new(self, links: int) -> Iterable[Transport]:
        """Return workers that have come, or that pay for so many links; asked often, so be quick.

        Raises
        ------
        StoreError
            If the run cannot go on, since nobody fetches.
        """

    @abstractmethod
    def lost(self, transport: Transport) -> None:
        """Take note that a worker is gone, by the way to it."""

    @abstractmethod
    def close(self) -> None:
        """End, when all workers have."""


class Local(Transport):
    """No way at all: a worker in this process, which asks before it saves a picture.

    Parameters
    ----------
    client : Client
        What it asks with; it is closed at the end.
    store : Store
        Where the pictures go.
    settings : CrawlSettings
        How to crawl.
    """

    def __init__(self, client: Client, store: Store, settings: CrawlSettings) -> None:
        self._worker_of = partial(Worker, client, store, settings)

    def begin(self, tell: Tell, reserve: Reserve) -> None:
        self._worker = self._worker_of(tell, reserve)
        self._thread = threading.Thread(target=self._worker.run, daemon=True)
        start_thread(self._thread, others=False)

    def send(self, message: ToWorker) -> None:
        self._worker.receive(message)

    def close(self) -> None:
        self._thread.join(_JOIN_WITHIN)


# The workers of a run, as the dispatcher knows them.


class Member:
    """A worker, as the dispatcher knows it.

    Parameters
    ----------
    transport : Transport
        The way to it.
    """

    def __init__(self, transport: Transport) -> None:
        self.transport = transport
        self.open: dict[ImageName, Task] = {}
        """What it has been given and has not told the end of."""
        self.jobs = 0
        """How many requests it may make at once, if that has been told."""
        self.is_hungry = self.is_idle = self.has_ended = False
        self.standing = Standing()

    def limit_to(self, jobs: int) -> None:
        """Let it make so many requests at once, if it does not know that."""
        if jobs != self.jobs:
            self.jobs = jobs
            self.transport.send(Limit(jobs))


class Members:
    """The workers that there are at any moment.

    Parameters
    ----------
    jobs : int
        Connections at once.
    are_shared : bool
        Whether these are those of all together, or of each.

    Attributes
    ----------
    lost_in_vain : int
        How many have been lost since one elsewhere than in this process has brought something.
    """

    def __init__(self, jobs: int, are_shared: bool) -> None:
        self.jobs = jobs
        self._are_shared = are_shared
        self._members: list[Member] = []
        self._gone: list[Transport] = []
        self.lost_in_vain = 0
        self._sharing = 1
        """Among how many the connections are shared."""

    def __iter__(self) -> Iterator[Member]:
        return iter(list(self._members))

    @property
    def links(self) -> int:
        """How many links they have been given whose end they have not told."""
        return sum(len(member.open) for member in self._members)

    def add(self, member: Member) -> None:
        """Take a worker on that has begun."""
        self._members.append(member)

    def remove(self, member: Member) -> None:
        """Let a worker go."""
        member.has_ended = True
        self._members.remove(member)
        self._gone.append(member.transport)

    def count_loss(self, why: str, advice: str) -> None:
        """Count one that is lost.

        Parameters
        ----------
        why, advice : str
            A sentence without its end, and what helps if they keep dying.

        Raises
        ------
        StoreError
            If that cannot be an accident.
        """
        self.lost_in_vain += 1
        if self.lost_in_vain > MOST_IN_VAIN:
            raise StoreError(
                f"something ended the workers of this run {self.lost_in_vain} times, and they "
                f"brought nothing (the last: {why}). Perhaps there is too little memory. What is "
                f"saved is kept, and the same command goes on; {advice}"
            )

    def send(self, message: ToWorker) -> None:
        """Tell all of them something."""
        for member in self:
            member.transport.send(message)

    def share(self) -> None:
        """Share the connections anew, if there are more workers now, or fewer."""
        is_new = any(not member.jobs for member in self._members)
        if self._are_shared and (is_new or len(self._members) != self._sharing):
            self._sharing = len(self._members)
            for member in self._members:
                member.limit_to(max(1, self.jobs // self._sharing))

    def lend(self) -> None:
        """At the end, let those who have much left have the connections of those who have little.

        Who has so few links left has no more requests under way: all together are never too many.
        """
        if self._sharing < 2:
            return
        for member in self._members:
            member.limit_to(max(1, min(member.jobs, len(member.open))))
        free = self.jobs - sum(member.jobs for member in self._members)
        short = [member for member in self._members if len(member.open) > member.jobs]
        for position, member in enumerate(sorted(short, key=lambda each: len(each.open))):
            more = min(max(0, free) // (len(short) - position), len(member.open) - member.jobs)
            member.limit_to(member.jobs + more)
            free -= more

    def close(self) -> None:
        """Forget all of them, those too that have ended; what is on its way is still heard."""
        for transport in (*self._gone, *(member.transport for member in self)):
            transport.close()
