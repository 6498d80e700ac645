"""Who fetches for a run: the interfaces of a dispatcher and of its workers.

A host has one owner in a run, so that its cap, its pace and its breaker are kept in one place. The
dispatcher's map says which worker that is; what rations together (`host_group`) has one owner.

    transport      dispatcher            worker            owner of a host
    none           ProcessDispatcher     ThreadWorker      this process
    a pipe         ProcessDispatcher     ProcessWorker     the worker that was given its first link
    Dask           ClusterDispatcher     Machines          the batch that holds its links just now

A worker that dies loses its hosts to others. What it had told is recorded; the rest is given out
again. A redirect to another owner's host goes through the dispatcher.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Iterator

from ..storage.paces import Learned
from .crawler import Crawler, Rationing
from .host import RationedHost
from .link import Task
from .recorder import Recorder, Router


class Dispatcher(ABC):
    """Fetches tasks of all synsets that are open.

    Attributes
    ----------
    router : Router
        Passes the results on to the recorders of these synsets.
    """

    router: Router

    @property
    @abstractmethod
    def is_hungry(self) -> bool:
        """Whether somebody has less to do than he could."""

    @abstractmethod
    def begin(self, wnid: str, recorder: Recorder, tasks: list[Task]) -> None:
        """Have one synset's tasks fetched.

        Parameters
        ----------
        wnid : str
            The synset.
        recorder : Recorder
            Where what comes of them goes.
        tasks : list of Task
            Its links, each of which comes to the recorder once.
        """

    @abstractmethod
    def drain(self) -> None:
        """Tell that all synsets have been begun."""

    @abstractmethod
    def poll(self, timeout: float) -> bool:
        """Work for so many seconds at most, until there is news; return whether any is to come.

        Raises
        ------
        OSError
            If a picture cannot be kept.
        StoreError
            If those who work keep dying.
        """

    @abstractmethod
    def rations(self) -> list[RationedHost]:
        """Return the hosts that ration and are waited for, the one with most links first."""

    @abstractmethod
    def waits_for_rations_alone(self) -> bool:
        """Say whether something is left, and all of it waits for hosts that ration."""

    @abstractmethod
    def leave_rationed(self) -> None:
        """Ask no more for what waits for hosts that ration; the recorders are told."""

    @abstractmethod
    def learned(self) -> dict[str, Learned]:
        """Return what was learnt of hosts that ration."""

    @abstractmethod
    def close(self) -> None:
        """End, when there is nothing left to do or no picture is wanted any more."""

    @abstractmethod
    def abandon(self) -> None:
        """End at once; what has been saved is counted."""

    def ended(self) -> Iterator[str]:
        """Yield the synsets of whose tasks nothing is to come any more."""
        while self.router.ended:
            wnid = self.router.ended.popleft()
            self.router.close(wnid)
            yield wnid


class Worker(ABC):
    """Fetches tasks: this process, or another."""

    hungry = False

    @abstractmethod
    def give(self, tasks: list[Task]) -> None:
        """Have it fetch these."""

    @abstractmethod
    def drain(self) -> None:
        """Tell it that all tasks have been given out."""

    @abstractmethod
    def limit_to(self, jobs: int) -> None:
        """Tell it how many requests it may make at once."""

    @abstractmethod
    def rationing(self) -> Rationing:
        """Return how it stands with its hosts that ration."""

    @abstractmethod
    def leave_rationed(self) -> None:
        """Tell it to ask no more for what waits for these."""

    @property
    @abstractmethod
    def is_idle(self) -> bool:
        """Whether it has nothing to do."""


class ThreadWorker(Worker):
    """Fetches in threads of this process."""

    def __init__(self, crawler: Crawler) -> None:
        self._crawler = crawler

    def give(self, tasks: list[Task]) -> None:
        self.hungry = False
        self._crawler.add(tasks)

    def drain(self) -> None:
        self._crawler.drain()

    def limit_to(self, jobs: int) -> None:
        self._crawler.limit_to(jobs)

    def rationing(self) -> Rationing:
        return self._crawler.rationing()

    def leave_rationed(self) -> None:
        self._crawler.leave_rationed()

    @property
    def is_idle(self) -> bool:
        return self._crawler.is_idle
