"""One attempt at a link: what is asked, what that tells of the link, and what of its host.

What a host says while it shuts us out is no news of its links: `Bans` tells a ban from such news,
by asking again for what the host has answered before (a known answer). `Attempts` makes attempts,
and sends a link that may still be had back to the host queue, or on to another address.
"""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from typing import Callable, ContextManager, NamedTuple

from ..core import known_hosts, urls
from ..core.outcomes import Failed, HostSignal, Outcome, Postponed
from ..http.answers import Body
from ..http.client import Client
from ..http.request_state import RequestState
from ..images import judging
from ..storage.records import Record, now, saved
from ..storage.store import Store
from . import link
from .context import CrawlSettings
from .host_queue import HostQueue
from .link import Task
from .messages import Moved, Reached, Reserve, Settled, Tell

_MOST_HOSTS = 10_000
"""Hosts of which is remembered what they answered."""

_FAILURES_IN_A_ROW = (8, 64, 512)
"""Forbidden links in a row at which a host that forbids some may have shut us out."""

_NO_ACCIDENT = 1e-5
"""A chance so small that it is none, also among many links."""

_AT_FIRST = 0.1
"""The share of requests that a host is taken to refuse of which nothing is known yet."""


class KnownAnswer(NamedTuple):
    """An answer that a host has given; if it gives that again, it does not shut us out."""

    address: str = ""
    outcome: Outcome = Outcome.SAVED


class _HostHistory(NamedTuple):
    known_answer: KnownAnswer = KnownAnswer()
    forbids: bool = False
    """Whether it has forbidden a link while it gave another."""
    answers: int = 0
    refusals: int = 0
    """How often it had refused what it answered then."""
    in_a_row: int = 0
    """Links that it has forbidden since it gave a picture."""


class Bans:
    """Tells a ban from news of a link: by an answer that the host has given before."""

    def __init__(self) -> None:
        self._histories: OrderedDict[str, _HostHistory] = OrderedDict()

    def answered(self, host: str, address: str, outcome: Outcome, refusals: int = 0) -> None:
        """Take note of a true answer. Pictures prove most.

        Parameters
        ----------
        host : str
            Who answered.
        address : str
            What was asked.
        outcome : Outcome
            What came of it.
        refusals : int
            How often the host had refused that link before.
        """
        history = self._histories.get(host, _HostHistory())
        history = history._replace(
            answers=history.answers + 1, refusals=history.refusals + refusals
        )
        if outcome is Outcome.SAVED:
            history = history._replace(known_answer=KnownAnswer(address), in_a_row=0)
        elif history.known_answer.outcome is not Outcome.SAVED or not history.known_answer.address:
            history = history._replace(known_answer=KnownAnswer(address, outcome))
        self._keep(host, history)

    def most_refusals(self, host: str) -> float:
        """Return how often a link may be refused, while others are given, that is still to be had.

        What rations refuses one link now and another then: what is given has been refused before,
        in some share of all requests. More in a row tells of the link alone.
        """
        history = self._histories.get(host, _HostHistory())
        share = (history.refusals + _AT_FIRST) / (history.answers + history.refusals + 1)
        return math.log(_NO_ACCIDENT) / math.log(share)

    def known_answer(self, host: str) -> KnownAnswer | None:
        """Return an answer that a host has given, if it has given any."""
        known_answer = self._histories.get(host, _HostHistory()).known_answer
        return known_answer if known_answer.address else None

    def confirms(self, host: str, outcome: Outcome) -> bool:
        """Say whether the outcome of a health check shows that the host answers again as it did.

        Parameters
        ----------
        host : str
            Who was asked for the known answer.
        outcome : Outcome
            What came of it.
        """
        history = self._histories.get(host, _HostHistory())
        if history.known_answer.outcome is not outcome:
            return False
        self._keep(host, history._replace(forbids=True))
        return True

    def may_be(self, host: str, outcome: Outcome, is_backing_off: bool) -> bool:
        """Say whether a failure may be a ban's.

        Parameters
        ----------
        host : str
            Who was asked.
        outcome : Outcome
            What came of it.
        is_backing_off : bool
            Whether the host has asked to come later, and has given nothing since.
        """
        if not outcome.like_a_ban:
            return False
        if is_backing_off:
            return True
        history = self._histories.get(host, _HostHistory())
        gives = history.known_answer.address and history.known_answer.outcome is Outcome.SAVED
        if outcome is not Outcome.FORBIDDEN or not gives:
            return False
        self._keep(host, history._replace(in_a_row=history.in_a_row + 1))
        return not history.forbids or history.in_a_row + 1 in _FAILURES_IN_A_ROW

    def _keep(self, host: str, history: _HostHistory) -> None:
        # Out and in again, so that the last is the newest; several threads may do so at once.
        self._histories.pop(host, None)
        self._histories[host] = history
        while len(self._histories) > _MOST_HOSTS:
            self._histories.popitem(last=False)


LONGEST_PAUSE = 30.0
"""Seconds between two attempts."""


class CrawlContext(NamedTuple):
    """What a crawl works with."""

    client: Client
    store: Store
    settings: CrawlSettings
    tell: Tell
    """Tells what comes of links; any thread may do so that holds no lock of the crawl."""
    reserve: Reserve = lambda record: True
    """Says whether a picture is to be saved. Elsewhere than with the dispatcher all are: to save
    one too many, which is removed again, costs less than to wait for an answer."""


class Attempts:
    """Makes attempts at links, from any thread; a link that may still be had goes back to its host.

    Parameters
    ----------
    context : CrawlContext
        What it works with.
    hosts : HostQueue
        Where links wait.
    lock : context manager
        Held by who uses the hosts.
    save : callable
        Keeps a picture, as long as any is kept.
    """

    def __init__(
        self,
        context: CrawlContext,
        hosts: HostQueue[Task],
        lock: ContextManager[object],
        save: Callable[[Task, Record, bytes, str], None],
    ) -> None:
        self._context = context
        self._hosts = hosts
        self._lock = lock
        self._save = save
        self._bans = Bans()
        self._has_reached = self._is_over = False

    def end(self) -> None:
        """Record no failure from now on: what is under way fails because it is ended."""
        self._is_over = True

    def attempt(self, host: str, task: Task) -> tuple[HostSignal, float]:
        """Fetch, judge and keep one picture.

        Parameters
        ----------
        host : str
            The host and port that is asked.
        task : Task
            The link.

        Returns
        -------
        HostSignal, float
            What that told of the host, and the seconds for which it asks to be left alone.

        Raises
        ------
        OSError
            If the picture cannot be kept.
        """
        request, task.request = task.request or RequestState(task.address), None
        try:
            try:
                body = self._context.client.ask(request, self._usual_seconds(host, task))
            finally:
                if self._context.client.reached and not self._has_reached:
                    self._has_reached = True
                    self._context.tell(Reached())
            if body is None:
                request.url = self._context.settings.follow(request.url)
                task.request = request
                self._follow_on(host, task)
                return HostSignal.ANSWER, 0.0
            picture = _judged(body)
        except Failed as failed:
            if task.is_health_check:
                return self._checked_health(host, failed)
            if failed.outcome is Outcome.BUSY or self._may_be_a_ban(host, failed):
                return self._refused(host, task, request, failed)
            self._bans.answered(host, request.url, failed.outcome, task.refusals)
            return self._failed(task, request.url, failed)
        except Postponed:
            task.request = request
            self._put(HostQueue.put, task, 1.0)
            return HostSignal.UNCLEAR, 0.0
        if task.is_health_check:
            self._bans.confirms(host, Outcome.SAVED)
            return HostSignal.ANSWER, 0.0
        self._bans.answered(host, body.url, Outcome.SAVED, task.refusals)
        self._keep(task, body, picture)
        return HostSignal.ANSWER if task.answers_before < 0 else HostSignal.ANSWER_AGAIN, 0.0

    def _keep(self, task: Task, body: Body, picture: judging.Picture) -> None:
        """Save and record a picture, if it is new and its synset still wants one."""
        captured = urls.capture_time(body.url, self._context.settings.archive)
        altered = self._context.settings.is_altered(body.url)
        record = saved(*task.link, body.data, picture, task.source, body.url, captured, altered)
        if self._context.reserve(record):
            self._save(task, record, body.data, picture.format.extension)

    def _usual_seconds(self, host: str, task: Task) -> float:
        """Return the seconds in which a host answers, after which an attempt may be cut short.

        Infinity unless this is the first attempt of three or more.
        """
        if task.attempts or self._context.settings.retry < 2:
            return math.inf
        with self._lock:
            return self._hosts.slowest(host)

    def _follow_on(self, host: str, task: Task) -> None:
        if task.is_health_check:  # that it leads elsewhere is an answer
            return
        if task.endpoint == host:
            self._put(HostQueue.put_back, task)  # what has begun ends first
            return
        with self._lock:
            self._hosts.redirects_to(host, task.endpoint)
        if task.host_group == known_hosts.host_group(host):  # which has one owner
            self._put(HostQueue.put, task)
        elif not task.is_cancelled:
            self._context.tell(Moved(task))

    def _put(self, put: Callable[..., None], task: Task, *delay: float) -> None:
        with self._lock:
            if not task.is_cancelled:
                put(self._hosts, task.endpoint, task, time.monotonic(), *delay)

    def _may_be_a_ban(self, host: str, failed: Failed) -> bool:
        if failed.capture:
            return False
        with self._lock:
            return self._bans.may_be(host, failed.outcome, self._hosts.is_backing_off(host))

    def _refused(
        self, host: str, task: Task, request: RequestState, failed: Failed
    ) -> tuple[HostSignal, float]:
        """Let a link wait that its host does not give now; its next attempt has all its time."""
        request.spent = 0.0
        task.request = request
        is_plain = failed.outcome is Outcome.BUSY
        detail = failed.detail if is_plain else f"{failed}, after the host asked to come later"
        task.failed = Failed(Outcome.BUSY, detail)
        with self._lock:
            was_backing_off, given = self._hosts.is_backing_off(host), self._hosts.given(host)
        is_doubtful = not is_plain
        if is_plain and given != task.answers_before:
            # Counted against the link only if its host has answered others since the last time.
            task.answers_before, task.probes = given, 0
            task.refusals += 1
        elif is_plain:
            task.probes += 1
            is_doubtful = task.probes > 1  # the first refusal met each other link that waits, too
        usual = 3 * max(1, self._context.settings.retry)
        if task.refusals > max(usual, self._bans.most_refusals(host)):
            self.fail(task, task.failed, request.url)
        else:
            self._put(HostQueue.put_after_some if was_backing_off else HostQueue.put_back, task)
        known_answer = self._bans.known_answer(host)
        if known_answer and is_doubtful:
            # A known answer tells whether it refuses this link, or everybody.
            self._put(HostQueue.put_back, Task.health_check(task.link, known_answer.address))
        return HostSignal.BUSY, failed.retry_after

    def _checked_health(self, host: str, failed: Failed) -> tuple[HostSignal, float]:
        if self._bans.confirms(host, failed.outcome):
            return HostSignal.ANSWER, 0.0
        return HostSignal.BUSY, failed.retry_after

    def _failed(self, task: Task, url: str, failed: Failed) -> tuple[HostSignal, float]:
        outcome = failed.outcome
        task.attempts += 1
        # Anew, since what was raised holds the frames through which it came, this one too.
        task.failed = Failed(outcome, failed.detail)
        task.failed.capture = failed.capture
        if outcome.final or task.attempts > self._context.settings.retry:
            self.fail(task, failed, url)
        else:
            # A host that has timed out has already had its time.
            is_timeout = outcome.signal is HostSignal.TIMEOUT
            pause = 1.0 if is_timeout else 2.0 ** min(task.attempts - 1, 10)
            self._put(HostQueue.put, task, min(LONGEST_PAUSE, self._hosts.spread(pause)))
        return outcome.signal, 0.0

    def fail(self, task: Task, failed: Failed, last: str = "") -> None:
        """Let a link end with a failure, or go on under another address, if it may have one.

        Parameters
        ----------
        task : Task
            The link.
        failed : Failed
            What became of it.
        last : str
            What was asked last, after redirects.
        """
        if self._is_over or task.is_health_check or task.is_cancelled:
            return
        captured = urls.capture_time(failed.capture, self._context.settings.archive)
        failed = Failed(failed.outcome, failed.detail)  # without the frames, as above
        outcome = (
            link.combined(task.first_failure, task.address, failed)
            if task.first_failure
            else failed
        )
        known = self._context.settings.successors(task.link.url)
        address = link.next_address(known, task.link.url, task.address, last or task.address)
        if address and link.may_be_elsewhere(failed):
            task.switch_to(address, outcome)
            self._context.tell(Moved(task))
            return
        record = Record(
            *task.link, outcome.outcome, now(), detail=outcome.detail, source=task.source
        )
        record = record._replace(captured=captured, wayback=task.wayback)
        self._context.tell(Settled(record))


def _judged(body: Body) -> judging.Picture:
    """Return what is known of a body that is a picture; raise Failed if it is none."""
    try:
        return judging.judge(body.data)
    except Failed as failed:
        failed.capture = body.url if body.is_captured else ""
        raise
