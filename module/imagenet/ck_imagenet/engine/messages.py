"""What a dispatcher and a worker say to each other: values, the same over every transport.

    dispatcher ── Fetch, Limit, Cancel, LeaveRationed, Stop ──► worker
    dispatcher ◄── Settled, Left, Moved, Hungry, Reached, Standing, Ended ── worker

Each side sends its messages in an order that the other keeps. A worker tells something every few
seconds (`worker.PULSE`). `Ended` is the last; where it cannot, its transport tells `Lost`. Whoever
works for a run must know the same messages (`worker.MESSAGES`).
"""

from __future__ import annotations

from typing import Callable, Mapping, NamedTuple, Sequence, Union

from ..core.text import ImageName
from ..storage.paces import Learned
from ..storage.records import Record
from .host import HostState, RationedHost
from .link import Task

# What a worker is told.


class Fetch(NamedTuple):
    """Fetch these links; nobody else asks their hosts."""

    tasks: Sequence[Task]
    hosts: Mapping[str, HostState] = {}
    """What others have found out about these hosts, by host and port."""


class Limit(NamedTuple):
    """Make no more requests at once than so many."""

    jobs: int


class Cancel(NamedTuple):
    """Save no more pictures of this synset: its links are left, but for those being saved."""

    wnid: str


class LeaveRationed(NamedTuple):
    """Ask no more for what waits for hosts that ration."""


class Stop(NamedTuple):
    """End: no picture is wanted any more. What is being saved is still told."""


# What a worker tells.


class Settled(NamedTuple):
    """A link has ended: its picture is saved, or it has failed."""

    record: Record


class Left(NamedTuple):
    """A link is left: it is cancelled, or its host does not give it in the time that there is."""

    name: ImageName
    host: str
    """Its host and port."""


class Moved(NamedTuple):
    """A link is to be asked of another host now, whoever owns that."""

    task: Task


class Hungry(NamedTuple):
    """There will soon be connections to spare; told once for each `Fetch`, and when they are."""

    is_idle: bool = False
    """Whether there are, and nothing waits for them but what waits for its host."""


class Reached(NamedTuple):
    """A host could be connected to: so there is a network."""


class Standing(NamedTuple):
    """How it stands with the worker's hosts."""

    rations: Sequence[RationedHost] = ()
    """Those that ration and are waited for."""
    is_rationed: bool = False
    """Whether something is left, and all of it waits for these."""
    learned: Mapping[str, Learned] = {}
    """Paces, by service or by host and port."""
    hosts: Mapping[str, HostState] = {}
    """What has changed since the last time, by host and port: who owns them next must know it."""
    slow: Sequence[str] = ()
    """Hosts, with ports, that have been asked and have not answered for a while."""


class Ended(NamedTuple):
    """The worker has ended, as it was told to, or by an error that ends the run."""

    error: Exception | None = None


class Lost(NamedTuple):
    """The worker is gone that has not told `Ended`."""

    why: str
    """A sentence without its end."""


ToWorker = Union[Fetch, Limit, Cancel, LeaveRationed, Stop]
FromWorker = Union[Settled, Left, Moved, Hungry, Reached, Standing, Ended, Lost]

Tell = Callable[[FromWorker], None]
"""Takes in what a worker tells, from any thread."""

Reserve = Callable[[Record], bool]
"""Says whether a picture is to be saved."""
