"""Which worker owns a host, which links wait to be given out, and what is known of hosts.

    unassigned ── to a worker that is hungry, the largest first ──► owned by it
        ▲                                                            │
        └── the worker is lost: its links are queued again, and ◄────┘
            what is known of its hosts goes to their next owner

A host has one owner in a run, so that its cap, its pace and its breaker are kept in one place; what
rations together (`host_group`) has one owner.

Of a synset of which only so many pictures are wanted, not all links are given out (`Counted`):

    parked ──► out: waits for a worker, then with one ──► settled, left
      ▲          │                     │
      └──────────┴── one too many, ◄───┘ for longer than OVERDUE: not counted on any more
                     or cancelled

Only as many links are out as pictures are still wanted. What is parked goes out as results come,
and in place of links that are overdue, by hosts in turn: one slow host does not have all of them.
When there are enough, those that are out are cancelled; if a picture then turns out to be a
placeholder, that goes on.
"""

from __future__ import annotations

import math
from collections import OrderedDict, defaultdict, deque
from typing import Generic, Iterable, Mapping, NamedTuple, TypeVar

from ..core import known_hosts, urls
from .host import HostState
from .host_queue import FORGET_GIVEN_UP_AFTER
from .link import Task

MOST_OWNERS = 50_000
"""Groups of hosts of which is remembered whose they are: many more than have links at once."""

Owner = TypeVar("Owner")


class Given(NamedTuple):
    """What one worker is given at once."""

    tasks: list[Task]
    hosts: dict[str, HostState]
    """What owners before have found out about their hosts."""


class Owners(Generic[Owner]):
    """The owners of groups of hosts, and what waits for one.

    Attributes
    ----------
    waiting : int
        How many links wait for an owner.
    """

    def __init__(self) -> None:
        self._owners: OrderedDict[str, Owner] = OrderedDict()
        self._own: dict[str, Owner] = {}
        """Those that are never forgotten."""
        self._unassigned: deque[tuple[str, list[Task]]] = deque()
        self._states: dict[str, dict[str, tuple[float, HostState]]] = {}
        """What is known of hosts, by group and host, and since when."""
        self.waiting = 0

    def own(self, owner: Owner, addresses: Iterable[str]) -> None:
        """Let a worker own the hosts of some addresses, whoever is hungry.

        Parameters
        ----------
        owner, addresses : Owner, iterable of str
            The worker, and URLs of hosts that are its own.
        """
        for address in addresses:
            self._own[known_hosts.host_group(urls.endpoint(address))] = owner
        self._owners.update(self._own)

    def queue(self, tasks: Iterable[Task]) -> None:
        """Let tasks wait for a hungry worker, the largest hosts first."""
        by_group: defaultdict[str, list[Task]] = defaultdict(list)
        for task in tasks:
            by_group[task.host_group].append(task)
        self._unassigned += sorted(by_group.items(), key=lambda item: -len(item[1]))
        self.waiting += sum(map(len, by_group.values()))

    def take(self, owner: Owner, wanted: int, now: float) -> dict[Owner, Given]:
        """Take what waits: for a hungry worker, and on the way for the owners of other hosts.

        Parameters
        ----------
        owner : Owner
            The worker, which owns from now on what nobody owns.
        wanted : int
            How many links it is to have at least.
        now : float
            The time.
        """
        given: dict[Owner, Given] = {}
        while self._unassigned and wanted > 0:
            group, tasks = self._unassigned.popleft()
            self.waiting -= len(tasks)
            one, known = self.assign(group, owner, now)
            each = given.setdefault(one, Given([], {}))
            each.tasks.extend(tasks)
            each.hosts.update(known)
            if one is owner:
                wanted -= len(tasks)
        return given

    def assign(self, group: str, owner: Owner, now: float) -> tuple[Owner, dict[str, HostState]]:
        """Return the owner of a group of hosts, and what it has to learn of them.

        Parameters
        ----------
        group : str
            The group.
        owner : Owner
            Who owns it from now on if nobody does.
        now : float
            The time.

        Returns
        -------
        Owner, dict of str to HostState
            Whose it is, and what owners before have found out, if it has not been its own.
        """
        known = {} if group in self._owners else self._known_of(group, now)
        owner = self._owners.setdefault(group, owner)
        self._owners.move_to_end(group)
        if len(self._owners) > MOST_OWNERS:
            self._owners.popitem(last=False)
            self._owners.update(self._own)
        return owner, known

    def lose(self, owner: Owner) -> None:
        """Let nobody own what a worker owned that is lost."""
        for group in [group for group, one in self._owners.items() if one is owner]:
            del self._owners[group]

    # What is known of hosts.

    def note(self, states: Mapping[str, HostState], now: float) -> None:
        """Take note of what owners have found out about hosts.

        Parameters
        ----------
        states, now : mapping of str to HostState, float
            What that is, by host and port, and the time.
        """
        for host, state in states.items():
            group = known_hosts.host_group(host)
            known = self._states.pop(group, {})
            known[host] = now, state
            if state == HostState():  # as a new one
                del known[host]
            if known:
                self._states[group] = known  # the last is the newest
        while len(self._states) > MOST_OWNERS:
            del self._states[next(iter(self._states))]

    def is_rationed(self, group: str) -> bool:
        """Say whether hosts of a group are known to ration."""
        states = self._states.get(group, {}).values()
        return any(state.learned or state.refusals for _, state in states)

    def _known_of(self, group: str, now: float) -> dict[str, HostState]:
        """Return what owners before have found out about hosts, as far as it still counts."""
        known = {}
        for host, (since, state) in self._states.get(group, {}).items():
            ago = now - since
            if not (state.outcome and ago > state.rest + FORGET_GIVEN_UP_AFTER):
                refused_ago = tuple(each + ago for each in state.refused_ago)
                rest = max(0.0, state.rest - ago)
                known[host] = state._replace(rest=rest, refused_ago=refused_ago)
        return known


# Synsets of which only so many pictures are wanted.

OVERDUE = 2.0
"""Seconds after which a link that is out is not counted on any more."""


class Counted:
    """The links of one such synset, of which nothing has come yet.

    Parameters
    ----------
    tasks : iterable of Task
        All of them.

    Attributes
    ----------
    is_over : bool
        Whether there are enough pictures: no link is given to a worker for now.
    """

    def __init__(self, tasks: Iterable[Task]) -> None:
        self._parked: dict[str, deque[Task]] = {}
        self._turns: deque[str] = deque()
        self._out: dict[int, float] = {}
        """Since when a worker has each, infinity if it waits for one."""
        self.is_over = False
        for task in tasks:
            self.park(task)

    @property
    def groups(self) -> Iterable[str]:
        """The groups of hosts of which links are parked."""
        return self._parked.keys()

    @property
    def has_ended(self) -> bool:
        """Whether there are enough pictures, and no worker has any of its links."""
        return self.is_over and not any(since < math.inf for since in self._out.values())

    def park(self, task: Task) -> None:
        """Let a link wait until it may be of use."""
        self.end(task.link.name.number)
        group = task.host_group
        if group not in self._parked:
            self._parked[group] = deque()
            self._turns.append(group)
        self._parked[group].append(task)

    def next(self, missing: int, now: float = -math.inf) -> list[Task]:
        """Return the links that are to be given out now.

        Parameters
        ----------
        missing : int
            How many pictures are still wanted.
        now : float, optional
            The time; with it, what is overdue is replaced.
        """
        overdue = sum(since + OVERDUE <= now for since in self._out.values())
        wanted = missing - (len(self._out) - 2 * overdue)
        tasks: list[Task] = []
        while self._turns and len(tasks) < wanted:
            group = self._turns.popleft()
            tasks.append(self._parked[group].popleft())
            if self._parked[group]:
                self._turns.append(group)
            else:
                del self._parked[group]
        for task in tasks:
            self.give(task, math.inf)
        return tasks

    def give(self, task: Task, since: float) -> None:
        """Take note that a link is out.

        Parameters
        ----------
        task, since : Task, float
            The link, and since when a worker has it, infinity if it waits for one.
        """
        self._out[task.link.name.number] = since

    def end(self, number: int) -> None:
        """Take note that a link has ended."""
        self._out.pop(number, None)

    def leave(self, group: str) -> Iterable[Task]:
        """Return the links of a group of hosts that are parked, and forget them."""
        self._turns.remove(group)
        return self._parked.pop(group)
