"""How fast a host is asked, or several that ration together: no threads and no sockets.

    free ──── refused ──► backing off ──── a probe is given ───► giving
                            ▲   │ refused still: a longer         │
                            │   └─► back-off                      │ a second refusal, or
                            │                                     ▼ a long pause before it gave
                            └────────── refused ────────────── rationed (`rations`)

While it backs off, nobody asks. Then one request at a time does: the probe. What was under way when
the back-off began tells nothing of the time after it.
"""

from __future__ import annotations

import math
from collections import deque
from random import Random
from typing import Sequence

from ..http.retry import Spacing
from ..storage.paces import Learned
from .rations import FIRST_RATE, RISE, USUAL_BACK_OFF, BackOff, Quota, Ration, Steady, remembered

_FIRST_CONNECTIONS, _ANSWERS_EACH = 3, 16
"""Connections at once at first, and answers for each further one. The first comes after twice as
many: what is under way is refused together, and many hosts give 20 at once."""

_MOST_REFUSALS, _SPAN = 4, 10.0
"""Refusals in so many seconds: hosts are known that shut out who causes five in ten."""

_CAREFUL, _MOST_CAREFUL = 2.5, 1.0
"""Requests a second when one more refusal would come close to that, and when it would be it."""

_LATER, _LATER_SHARE = 2.5, 0.12
"""The second back-off and later ones: so many times the first, or this share of all so far."""

_TOLD_BY = 2
"""Answers, each to a link refused before, that tell that a host refuses each link once."""

_CLEARLY_LONGER = 2.0
"""A host that gives after a second, and refuses after two, does not refuse for the pace."""

_ERRATIC = 0.3
"""The share of the first back-off that is enough where a host refuses whatever the pace."""

_A_MOMENT = 1.0
"""Seconds that a host may ask for that only wants the next request a little later."""

_A_QUOTA = 2
"""Requests that a host would have given in the time that it gave nothing, if it gave evenly."""


class RateLimiter:
    """The pace of hosts that ration together, learnt from what they give and refuse.

    Parameters
    ----------
    back_off : BackOff
        How long it is left alone when it refuses.
    spacing : Spacing, optional
        What leaves time between two requests; others may share it.
    learned : Learned, optional
        What was learnt before.
    random : Random, optional
        Spreads the back-offs.
    """

    def __init__(
        self,
        back_off: BackOff = USUAL_BACK_OFF,
        spacing: Spacing | None = None,
        learned: Learned | None = None,
        random: Random | None = None,
    ) -> None:
        self._back_off = back_off
        self._spacing = spacing or Spacing()
        self._random = random or Random(0)  # noqa: S311 - nobody is kept out by it
        self.members: set[str] = set()
        self.given = 0
        self.under_way = self._ended = self._given_at_once = 0
        self.is_backing_off = False
        self.shuts_out = False
        self._ration = remembered(learned)
        self._gave_before = learned is not None
        self._connections = _FIRST_CONNECTIONS
        self._due = -math.inf
        self._refusals: deque[float] = deque(maxlen=_MOST_REFUSALS)
        self._is_probing = self._has_said_when = False
        self._back_off_from = self._back_off_until = -math.inf
        self._closed_for = 0.0
        self._said_until = -math.inf
        """Before this the host has said that it is not to be asked."""
        self._back_offs = 0
        self._emptied_at: float | None = None
        """When the host last had nothing left."""
        self._since_empty = 0
        self._began_last, self._idle = -math.inf, 0.0
        """When the last request began, and how long after the one before."""
        self._enough = math.inf
        """After how many seconds without a request it gave again, when it did last."""
        self._burst_from: float | None = None
        self._burst = 0
        self._before: Ration | None = None
        self._bucket_size = math.inf
        """Requests that it gave at once at first, beyond the one that it gives in any case."""

    @property
    def is_rationed(self) -> bool:
        """Whether it is known to refuse requests that come too fast."""
        return self.is_backing_off or self._ration is not None

    @property
    def is_paced(self) -> bool:
        """Whether it is asked less often than it might be answered."""
        return self.is_rationed or self._spacing.has_gap

    @property
    def is_worth_knowing(self) -> bool:
        """Whether a run that forgot it would ask too fast, or have to learn it again."""
        return self.shuts_out or self._ration is not None

    @property
    def has_given(self) -> bool:
        """Whether it has given anything, now or when it was met before."""
        return self.given > 0 or self._gave_before

    @property
    def is_exhausted(self) -> bool:
        """Whether it has refused too often to wait until it gives."""
        too_often = self.refusals >= self._back_off.refusals
        return self.shuts_out or (too_often and not (self._back_off.is_patient and self.has_given))

    @property
    def refusals(self) -> int:
        """How often it has refused in a row."""
        return self._back_offs + 1 if self.is_backing_off else 0

    @property
    def rate(self) -> float:
        """Requests a second that it gives, 0 if it is not known to ration them."""
        return self._ration.learned().rate if self._ration else 0.0

    @property
    def back_off_until(self) -> float:
        """When it is asked again that refuses now."""
        careful_until = self._refusals[0] + _SPAN if self._is_near_ban else -math.inf
        return max(self._back_off_until, self._said_until, careful_until)

    @property
    def left_alone_until(self) -> float:
        """When it may be asked again, for its back-off and for the spacing of requests."""
        back_off = self.back_off_until if self.is_backing_off else self._said_until
        return max(self._spacing.free_at, back_off)

    @property
    def _is_near_ban(self) -> bool:
        """Whether one more refusal may bring a ban."""
        return len(self._refusals) == _MOST_REFUSALS and not self._is_erratic

    @property
    def _is_erratic(self) -> bool:
        """Whether it refuses whatever the pace."""
        by_chance = isinstance(self._ration, Steady) and self._ration.is_erratic
        return by_chance or self._refuses_first

    @property
    def _refuses_first(self) -> bool:
        """Whether it refuses each link once, and gives it then: some hosts make it meanwhile."""
        return self.given >= _TOLD_BY and not self._given_at_once

    def learned(self) -> Learned | None:
        """Return what is worth remembering, if anything is.

        Of a host that backs off for the first time, that is only that it gives: it may have been
        busy for a moment, and what it gave until then is no measure of what it gives.
        """
        if self._ration:
            return self._ration.learned()
        return Learned(0.0, 1, 0.0) if self.is_backing_off and self.has_given else None

    def refused_ago(self, now: float) -> tuple[float, ...]:
        """Return how many seconds ago it has refused, each time that may still count for a ban."""
        return tuple(now - each for each in self._refusals if each > now - _SPAN)

    def restore(
        self,
        until: float,
        refusals: int,
        refused_ago: Sequence[float],
        has_given: bool,
        learned: Learned | None,
        now: float,
    ) -> None:
        """Go on where whoever asked these hosts before has ended.

        Parameters
        ----------
        until, now : float
            The time until which they are left alone, and the time.
        refusals, refused_ago : int, sequence of float
            How often they have refused in a row, and how many seconds ago of late.
        has_given : bool
            Whether they have given anything.
        learned : Learned, optional
            What they give.
        """
        self._said_until = max(self._said_until, until)
        self._ration = self._ration or remembered(learned)
        self._gave_before = self._gave_before or has_given or learned is not None
        if refusals and not self.is_backing_off:
            self.is_backing_off, self._back_offs, self._back_off_from = True, refusals - 1, now
        self._refusals.extend(now - each for each in refused_ago)
        if refused_ago and has_given and self._emptied_at is None:
            self._emptied_at, self._connections = self._refusals[-1], 1

    def has_room(self) -> bool:
        """Whether one more request may be under way, as far as that matters."""
        if self.is_backing_off:
            return not self._is_probing
        if self._ration:
            return self.under_way < self._ration.connections
        return self.under_way < self._connections or not self.has_given  # else the breaker knows

    def next_time(self) -> float:
        """Return when the next request may start, if there is room for it."""
        if self.is_backing_off:
            return max(self._spacing.free_at, self.back_off_until)
        paced = -math.inf
        if self._ration and not self._refuses_first:
            paced = self._ration.next_time()
        return max(self._spacing.free_at, self._said_until, self._due, paced)

    def began(self, now: float) -> None:
        """Count a request that starts."""
        self.under_way += 1
        self._idle, self._began_last = now - self._began_last, now
        self._spacing.began(now)
        if self.is_backing_off:
            self._is_probing = True
            return
        if self._burst_from is None:
            self._burst_from = now
        self._burst += 1
        if self._ration:
            self._ration.began(now)
        if not isinstance(self._ration, Quota):
            step = 1 / self._rate(now)
            self._due = max(self._due, now - min(step, 0.1)) + step

    def _rate(self, now: float) -> float:
        """Return how many requests a second are gentle as long as no ration is known."""
        if self._refuses_first:
            return FIRST_RATE
        if self._is_near_ban and now < self._refusals[0] + _SPAN:
            return _MOST_CAREFUL
        if self._ration:
            return math.inf
        if len(self._refusals) > 2 and now < self._refusals[-3] + _SPAN:
            return _CAREFUL
        return max(FIRST_RATE, RISE * (self._ended if self._emptied_at is None else self._burst))

    def answered(self, now: float, since: float, is_again: bool = False) -> None:
        """Learn from an answer that is no refusal.

        Parameters
        ----------
        now, since : float
            The time, and when the request began.
        is_again : bool
            Whether the host has refused the same link before.
        """
        self.under_way -= 1
        self._given_at_once += not is_again
        self.given += 1
        self._ended += 1
        if self.is_backing_off:
            if since > self._back_off_from:
                self._end_back_off(now, since)
            return
        self._since_empty += 1
        if self._since_empty % _ANSWERS_EACH == 0 and self._since_empty > _ANSWERS_EACH:
            self._connections += 1
        if self._ration:
            self._ration.gave(now)
            self._check_quota(self._ration, now)

    def ended(self, since: float) -> None:
        """Count a request as ended that has told nothing."""
        self.under_way -= 1
        self._ended += 1
        if since > self._back_off_from:
            self._is_probing = False

    def refused(self, now: float, since: float, retry_after: float = 0.0) -> None:
        """Learn from a refusal.

        Parameters
        ----------
        now, since : float
            The time, and when the request began.
        retry_after : float
            Seconds for which the host asks to be left alone, 0 if it does not say.
        """
        self.under_way -= 1
        self._said_until = max(self._said_until, now + retry_after if retry_after else -math.inf)
        self.shuts_out = self.shuts_out or retry_after > self._back_off.longest
        if self.is_backing_off and since <= self._back_off_from:
            self._was_under_way(now, retry_after)
            return
        self._refusals.append(now)
        if self.is_backing_off:
            self._is_probing = False
            self._given_at_once += 1  # it does not give whatever it has refused once
            self._back_offs += 1
            self._closed_for = max(retry_after, now - self._back_off_from)
            self._emptied_at = now
            if isinstance(self._ration, Quota):
                self._ration.refused_still(now)
            elif self._ration:
                self._ration.refused_still(self._back_offs)
        else:
            self._burst -= 1
            self._lower(now, retry_after)
            self.is_backing_off, self._back_offs = True, 0
            self._back_off_from, self._closed_for = now, retry_after
        self._start_back_off(now, retry_after)

    def merge(self, other: RateLimiter) -> None:
        """Take over the hosts of another limiter, which ration together with this one's."""
        self.members |= other.members
        self.under_way += other.under_way
        self.given += other.given
        self._gave_before = self._gave_before or other._gave_before
        self._given_at_once += other._given_at_once
        refusals = sorted([*self._refusals, *other._refusals])
        self._refusals.extend(refusals)  # of which it keeps the last
        self._connections = min(self._connections, other._connections)
        self._burst += other._burst
        begun = [each for each in (self._burst_from, other._burst_from) if each is not None]
        self._burst_from = min(begun, default=None)
        self._back_off_from = max(self._back_off_from, other._back_off_from)
        self._back_off_until = max(self._back_off_until, other._back_off_until)
        self._said_until = max(self._said_until, other._said_until)
        if isinstance(self._ration, Steady) and isinstance(other._ration, Steady):
            self._ration.join(other._ration)  # each has had its part of what they give
        elif not self._ration:
            self._ration = other._ration

    def _was_under_way(self, now: float, retry_after: float) -> None:
        # Who has given before may count each; later ones are few, and known to be borne.
        is_first = self.has_given and self._ration is None
        if is_first or len(self._refusals) < 2 or self._refusals[-2] < self._back_off_from:
            self._refusals.append(now)
        self._closed_for = max(retry_after, self._closed_for)
        self._burst -= 1
        if isinstance(self._ration, Quota):
            self._ration.refused_too(now)

    def _lower(self, now: float, retry_after: float) -> None:
        """Go slower, since a host refuses that has given."""
        given, self._since_empty = self._since_empty, 0
        took = now - self._emptied_at if self._emptied_at is not None else 0.0
        gave = given / took if took > 0 else 0.0
        if isinstance(self._ration, Quota):
            self._ration.refused(now)
            self._check_quota(self._ration, now)
        elif self._ration:
            contradicts = self._idle >= _CLEARLY_LONGER * self._enough
            self._ration.refused(gave, given, retry_after, contradicts)
        elif self._emptied_at is None:
            self._connections = 1
            self._bucket_size = given - 1
        else:
            too_much = max(FIRST_RATE, RISE * self._burst)
            self._ration = Steady(max(gave * 0.98, 0.01), too_much, now, self._bucket_size)
        self._emptied_at = now

    def _check_quota(self, ration: Ration, now: float) -> None:
        """Let a quota that has turned out to be none be so many a second."""
        if isinstance(ration, Quota) and ration.has_failed:
            self._ration = self._before or Steady(ration.rate, math.inf, now)

    def _start_back_off(self, now: float, retry_after: float) -> None:
        self._has_said_when = retry_after > 0
        seconds = self._back_off.first * (_ERRATIC if self._is_erratic else 1)
        if self._back_offs:
            seconds = max(_LATER * seconds, _LATER_SHARE * (now - self._back_off_from))
        if isinstance(self._ration, Steady) and not self._is_erratic:
            seconds = max(seconds, 1 / self._ration.rate)
        self._back_off_until = now + (retry_after or seconds * (0.95 + 0.1 * self._random.random()))
        if isinstance(self._ration, Quota) and not retry_after:
            expected, is_known = self._ration.expected()
            is_sooner = now + 0.2 < expected < self._back_off_until
            if is_sooner or (is_known and not self._back_offs):
                self._back_off_until = max(now + 0.2, expected)
        if not retry_after:
            self._back_off_until = max(self._back_off_until, now + self._back_off.least)
        self._spacing.pause(self._back_off_until)

    def _end_back_off(self, now: float, since: float) -> None:
        """It gives again: see by how long it gave nothing whether that is a quota."""
        self.is_backing_off = self._is_probing = False
        self._since_empty = 1
        self._enough = self._idle
        start = self._burst_from if self._burst_from is not None else since
        took = since - start
        is_certain = self._back_offs > 1 or (self._has_said_when and self._closed_for > _A_MOMENT)
        is_quota = self._burst > 1 and self._closed_for * self._burst > _A_QUOTA * took
        if is_certain and is_quota and not isinstance(self._ration, Quota):
            too_short = self._back_off_from + self._closed_for - start if self._back_offs else 0.0
            speed = min(500.0, self._burst / max(0.02, self._back_off_from - start))
            self._before = self._ration
            is_unsure = not self._has_said_when
            self._ration = Quota(self._burst, took, too_short, speed, since, is_unsure=is_unsure)
        elif self._ration:
            self._ration.opened(now)
            if isinstance(self._ration, Quota) and self._ration.count == 1:
                self._ration = Steady(self._ration.rate, math.inf, now)
        self._burst, self._burst_from = 1, since
        self._due = now
