"""Who fetches what in a run: one dispatcher, and its workers over any transport.

The dispatcher gives links to the workers that own their hosts (`owners`), and takes in what they
tell. A redirect to another host goes through it, to that host's owner. A worker may come at any
time, and may be lost at any time, over every transport in one way: what it had told is recorded,
and the rest goes to others.
"""

from __future__ import annotations

import math
import threading
import time
from contextlib import suppress
from functools import partial
from typing import Callable, Iterable, Iterator, Mapping

from ..storage.paces import Learned
from ..storage.records import Record
from . import messages
from .host import HostState, RationedHost
from .link import Task
from .messages import Cancel, Fetch, FromWorker, LeaveRationed, Lost, Stop
from .owners import Counted, Owners
from .recorder import Recorder, Router, Verdict
from .transports import Member, Members, Transport, WorkerPool

_REPLACE_EVERY = 0.25
"""Seconds between two looks at what is overdue."""

ENDS_WITHIN = 2.5
"""Seconds that workers have to end."""


class Dispatcher:
    """Fetches the links of all synsets that are open.

    Parameters
    ----------
    jobs : int
        Connections at once: of all workers together, or of each if there is none in this process.
    here : Transport, optional
        The worker of this process.
    pool : WorkerPool, optional
        Where others come from.
    own : iterable of str
        Addresses whose hosts the worker of this process has, whoever is hungry.

    Attributes
    ----------
    router : Router
        Passes the results on to the recorders of these synsets.
    is_all_begun : bool
        Whether no more synsets are to be begun; its owner says so.
    """

    def __init__(
        self,
        jobs: int,
        here: Transport | None = None,
        pool: WorkerPool | None = None,
        own: Iterable[str] = (),
    ) -> None:
        self._members = Members(jobs, are_shared=here is not None)
        self._here, self._own = here, own
        self._local: Member | None = None
        self._pool = pool
        self.router = Router()
        self.is_all_begun = False
        self._lock = threading.RLock()
        # To be entered by its lock: `Condition.__enter__` is Python, and Ctrl-C in it would leave
        # the lock held for ever.
        self._news = threading.Condition(self._lock)
        self._owners: Owners[Member] = Owners()
        self._learned: dict[str, Learned] = {}
        self._counted: dict[str, Counted] = {}
        self._is_closing = False
        self._replaced_at = 0.0
        self._error: Exception | None = None
        self._handlers: Mapping[type, Callable[..., None]] = {
            messages.Settled: self._on_settled,
            messages.Left: self._on_left,
            messages.Moved: self._on_moved,
            messages.Hungry: self._on_hungry,
            messages.Reached: self._on_reached,
            messages.Standing: self._on_standing,
            messages.Ended: self._on_ended,
            messages.Lost: self._on_lost,
        }

    # What the scheduler asks for.

    @property
    def is_hungry(self) -> bool:
        """Whether somebody has less to do than he could."""
        with self._lock:
            return not self._owners.waiting and any(member.is_hungry for member in self._members)

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
        with self._lock:
            self.router.open(wnid, recorder, tasks)
            if tasks and self._here and not self._local:
                self._local = self._add(self._here)
                self._owners.own(self._local, self._own)
            if tasks and recorder.missing() is not None:
                self._counted[wnid] = Counted(tasks)
                self._give_out(wnid)
            else:
                self._owners.queue(tasks)
            self._recruit()
            self._feed()

    def poll(self, timeout: float) -> None:
        """See to what is due, and wait for news, for so many seconds at most.

        Raises
        ------
        OSError
            If a picture cannot be kept.
        StoreError
            If those who work keep dying.
        """
        with self._lock:
            self._recruit()
            self._replace_overdue()
            if self.is_all_begun and not self._owners.waiting:
                self._members.lend()
            if not (self.router.ended or self._error):
                self._news.wait(timeout)
            if self._error:
                raise self._error

    def ended(self) -> Iterator[str]:
        """Yield the synsets of whose tasks nothing is to come any more."""
        while self.router.ended:
            with self._lock:
                wnid = self.router.ended.popleft()
                self.router.close(wnid)
                self._counted.pop(wnid, None)
            yield wnid

    def rations(self) -> list[RationedHost]:
        """Return the hosts that ration and are waited for, the one with most links first."""
        with self._lock:
            found = [each for member in self._members for each in member.standing.rations]
        return sorted(found, key=lambda ration: -ration.waiting)

    def slow(self) -> list[str]:
        """Return the hosts, with ports, that have been asked and do not answer for a while."""
        with self._lock:
            return [host for member in self._members for host in member.standing.slow]

    def waits_for_rations_alone(self) -> bool:
        """Say whether something is left, and all of it waits for hosts that ration."""
        with self._lock:
            busy = [member for member in self._members if member.open]
            is_rationed = bool(busy) and all(member.standing.is_rationed for member in busy)
            return (
                is_rationed
                and not self._owners.waiting
                and not any(
                    not self._owners.is_rationed(group)
                    for counted in self._counted.values()
                    for group in counted.groups
                )
            )

    def leave_rationed(self) -> None:
        """Ask no more for what waits for hosts that ration; the recorders are told."""
        with self._lock:
            for counted in self._counted.values():
                for group in list(filter(self._owners.is_rationed, counted.groups)):
                    for task in counted.leave(group):
                        self.router.leave(task.link.name, task.endpoint)
            self._members.send(LeaveRationed())
            self._news.notify_all()

    def learned(self) -> dict[str, Learned]:
        """Return what was learnt of hosts that ration."""
        with self._lock:
            return dict(self._learned)

    def close(self) -> None:
        """End, whatever is left to do; what has been saved is recorded."""
        with self._lock:
            self._is_closing = True
            self._members.send(Stop())
            self._news.wait_for(lambda: not list(self._members), ENDS_WITHIN)
        self._members.close()
        with self._lock:  # another thread may be telling the last of one
            for member in self._members:
                self._members.remove(member)
        if self._pool:
            self._pool.close()

    # What workers tell.

    def _take_in(self, member: Member, message: FromWorker) -> None:
        """Take in what a worker has told."""
        with self._lock:
            if not member.has_ended:
                try:
                    self._handlers[type(message)](member, message)
                except Exception as error:  # whatever it is must end the run
                    self._fail(error)

    def _reserve(self, member: Member, record: Record) -> bool:
        """Say whether a picture is to be saved that the worker of this process has fetched."""
        with self._lock:
            verdict = self.router.reserve(record)
            task = member.open.get(record.name)
            if task and verdict is Verdict.SETTLED:
                self._end(member, task)
            elif task and verdict is Verdict.ENOUGH:
                self._take_back(member, task)
            return verdict is Verdict.KEEP

    def _on_settled(self, member: Member, message: messages.Settled) -> None:
        task = member.open.get(message.record.name)
        if not task:
            return
        if member is not self._local:
            self._members.lost_in_vain = 0
        record = message.record
        if record.url is not task.link.url:  # with what is here already: lists are long
            record = record._replace(name=task.link.name, url=task.link.url)
        if self.router.record(record):
            self._end(member, task)
        else:
            self._take_back(member, task)

    def _on_left(self, member: Member, message: messages.Left) -> None:
        task = member.open.get(message.name)
        if task and self._is_wanted(task):
            self.router.leave(*message)
            self._end(member, task)
        elif task:
            self._take_back(member, task)

    def _on_moved(self, member: Member, message: messages.Moved) -> None:
        known = member.open.get(message.task.link.name)
        if known and not self._is_wanted(known):
            self._take_back(member, known)
        elif known:
            task, now = message.task, time.monotonic()
            task.link = known.link
            del member.open[known.link.name]
            owner, hosts = self._owners.assign(task.host_group, member, now)
            self._give(owner, [task], hosts, now)

    def _on_hungry(self, member: Member, message: messages.Hungry) -> None:
        member.is_hungry, member.is_idle = True, message.is_idle
        self._feed()
        if member.is_hungry:
            self._news.notify_all()

    def _on_reached(self, member: Member, message: messages.Reached) -> None:
        self.router.reach()

    def _on_standing(self, member: Member, message: messages.Standing) -> None:
        member.standing = message._replace(hosts={})
        self._learned.update(message.learned)
        self._owners.note(message.hosts, time.monotonic())

    def _on_ended(self, member: Member, message: messages.Ended) -> None:
        if not (message.error or self._error or self._is_closing):
            self._on_lost(member, Lost("without having been told to"))
            return
        self._remove(member)
        if message.error:
            self._fail(message.error)

    def _on_lost(self, member: Member, message: Lost) -> None:
        """Give what a worker left to others, with what is known of its hosts."""
        self._remove(member)
        if self._is_closing:
            return
        self._owners.lose(member)
        self._take_from(member)
        if self._pool:
            self._pool.lost(member.transport)
            self._members.count_loss(message.why, self._pool.advice)
        self._recruit()
        self._feed()

    # Workers, and what they are given.

    def _add(self, transport: Transport) -> Member:
        member = Member(transport)
        transport.begin(partial(self._take_in, member), partial(self._reserve, member))
        self._members.add(member)
        return member

    def _remove(self, member: Member) -> None:
        self._members.remove(member)
        self._news.notify_all()

    def _recruit(self) -> None:
        """Take on workers that have come, or that pay for what is to be done."""
        if self._pool and not self._is_closing:
            for transport in self._pool.new(self._owners.waiting + self._members.links):
                with suppress(MemoryError, OSError):  # then those that there are do all of it
                    self._add(transport)
            self._members.share()

    def _feed(self) -> None:
        """Give to those who are hungry, and on the way to the owners of other hosts."""
        now = time.monotonic()
        for member in self._members:
            while member.is_hungry and self._owners.waiting:
                wanted = member.jobs or self._members.jobs
                for owner, given in self._owners.take(member, wanted, now).items():
                    self._give(owner, *given, now)

    def _give(
        self, owner: Member, tasks: list[Task], hosts: dict[str, HostState], now: float
    ) -> None:
        wanted = list(filter(self._is_wanted, tasks))
        if not (wanted or hosts):  # what is known of hosts is told to their owner in any case
            return
        for task in tasks if self._counted else ():
            counted = self._counted.get(task.wnid)
            if counted and counted.is_over:
                counted.park(task)
            elif counted:
                counted.give(task, now)
        owner.is_hungry = owner.is_idle = False
        owner.open.update((task.link.name, task) for task in wanted)
        owner.standing = owner.standing._replace(is_rationed=False)
        owner.transport.send(Fetch(wanted, hosts))

    # How links end.

    def _end(self, member: Member, task: Task) -> None:
        """Take note that something has come of a link."""
        del member.open[task.link.name]
        if task.wnid in self._counted:
            self._counted[task.wnid].end(task.link.name.number)
            self._give_out(task.wnid)
        if self.router.ended:
            self._news.notify_all()

    def _take_back(self, member: Member, task: Task) -> None:
        """Park a link that has brought one picture too many for now, or is cancelled."""
        del member.open[task.link.name]
        if task.wnid in self._counted:
            self._counted[task.wnid].park(task.again())
            self._give_out(task.wnid)

    def _give_out(self, wnid: str) -> None:
        """Let as many links of a counted synset be fetched as are wanted, or cancel the rest."""
        counted = self._counted[wnid]
        if wnid in self.router.ended:
            return
        if not (counted.is_over or self.router.missing(wnid)):
            counted.is_over = True
            for member in self._members:
                if any(name.wnid == wnid for name in member.open):
                    member.transport.send(Cancel(wnid))
        if counted.has_ended:
            self.router.purge(wnid)
            counted.is_over = not self.router.missing(wnid)
            if counted.is_over:
                self.router.end(wnid)
                self._news.notify_all()
        if not counted.is_over:
            self._owners.queue(counted.next(self.router.missing(wnid) or 0))
            self._feed()

    def _is_wanted(self, task: Task) -> bool:
        """Say whether something is still to come of a link."""
        counted = self._counted.get(task.wnid)
        return task.wnid in self.router and not (counted and counted.is_over)

    def _take_from(self, member: Member) -> None:
        """Let the links of a worker that is lost wait for another one."""
        self.router.discard(member.open)
        for task in member.open.values():
            if task.wnid in self._counted:
                self._counted[task.wnid].give(task, math.inf)
        self._owners.queue(member.open.values())
        for wnid in self._counted:
            self._give_out(wnid)

    def _replace_overdue(self) -> None:
        """Give out others in place of overdue links of counted synsets, if somebody is idle."""
        now = time.monotonic()
        is_idle = not self._owners.waiting and any(member.is_idle for member in self._members)
        if now < self._replaced_at + _REPLACE_EVERY or not is_idle:
            return
        self._replaced_at = now
        for wnid, counted in self._counted.items():
            if not counted.is_over:
                self._owners.queue(counted.next(self.router.missing(wnid) or 0, now))
        self._feed()

    def _fail(self, error: Exception) -> None:
        """Let an error end the run."""
        self._error = self._error or error
        self._members.send(Stop())
        self._news.notify_all()
