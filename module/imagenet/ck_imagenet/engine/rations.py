"""The two forms that a host's ration takes, and how each is learnt from what it gives and refuses.

A host refuses without saying why. What it gave in between tells which form its rule has:

    steady    it gives again at once, a little: a token bucket, a smallest gap between requests
    quota     it gives nothing for a time, then as much as before: a window, fixed or sliding

Both forms answer the same questions: when the next request may start (`next_time`), and what it
means that one was given or refused. Times are seconds of any one clock.
"""

from __future__ import annotations

import math
from typing import NamedTuple, Union

from ..storage.paces import Learned

FIRST_RATE, RISE = 50.0, 10.0
"""Requests a second at first, and for each that was given: a gentle start, soon no limit at all."""

_ENOUGH, _LONG = 4, 2.5
"""Requests that must be given, and seconds that must pass, before a rate counts as proven: what a
bucket has saved while the host was left alone gives a faster one for a short time."""

_FEW_REQUESTS, _MANY_REQUESTS = 2, 20
"""Requests from one refusal to the next that hardly measure a rate, and that measure it well."""

_CLEARLY = 0.7
"""The share of the best measured rate below which a pace does not explain a refusal."""

_FIRST_GAP, _LONGEST_GAP = 20, 400
"""Requests between two attempts to get more, at first and after attempts that failed."""

_NEAR = 1.06
"""Two rates, or two periods, that are as good as equal."""

_LITTLE = 2
"""Requests that a host saves at most of whose pace a few tell: what it has saved cannot pay for
them. A smallest gap between two requests saves none."""

_WAIT_WHEN_UNSURE = 1.5
"""Of a quota that may be a bucket: how many of the times in which it gives one, on the average, are
waited for before it is asked whether it gives again."""

_SLACK = 0.1
"""Seconds by which a thread may wake too late without loss."""


class BackOff(NamedTuple):
    """How long a host is left alone that asks to come later."""

    first: float = 1.0
    """Seconds, if it does not say how long; later ones are longer."""
    longest: float = math.inf
    """A host that asks for more seconds than these is not asked again at all."""
    refusals: int = 4
    """Refusals in a row for which a host is given up that has given nothing yet."""
    is_patient: bool = True
    """Whether a host that has given something is never given up."""
    least: float = 0.0
    """Seconds that each back-off lasts at least, if the host does not say how long."""


USUAL_BACK_OFF = BackOff()


class Steady:
    """So many a second, evenly.

    From one refusal to the next, a token bucket gives exactly what flows into it. So each refusal
    measures the rate; what was refused bounds it from above. Between the two it rises.

    Parameters
    ----------
    rate : float
        Requests a second that are known to be given.
    too_much : float
        Requests a second that are known to be refused, infinity if none are.
    now : float
        The time.
    bucket_size : float
        Requests that it gives beyond its pace after a time of fewer requests.
    """

    def __init__(
        self, rate: float, too_much: float, now: float, bucket_size: float = math.inf
    ) -> None:
        self.rate = self._proven = rate
        self._bucket_size = bucket_size
        self._borne = 0.0
        """Requests a second that it has given, whatever it had saved."""
        self._too_much = too_much
        self._due = now
        self._since = now
        self._given = 0
        self._gap = _FIRST_GAP
        self._rises = False
        self._unexplained = 0
        self._best = rate

    @property
    def connections(self) -> float:
        """How many requests may be under way: the rate is limit enough."""
        return 2 if self.is_erratic else math.inf

    @property
    def is_erratic(self) -> bool:
        """Whether the host seems to refuse whatever the pace."""
        return self._unexplained > 1

    def next_time(self) -> float:
        """Return when the next request may start."""
        return self._due

    def began(self, now: float) -> None:
        """Count a request that starts."""
        self._since = max(self._since, now) if self._since == -math.inf else self._since
        step = 1 / (FIRST_RATE if self.is_erratic else self.rate)
        self._due = max(self._due, now - min(step, _SLACK)) + step

    def gave(self, now: float) -> None:
        """Learn from a request that was given; rise when enough were."""
        self._given += 1
        took = now - self._since
        if not self._is_enough(took):
            return
        self._borne = max(self._borne, min(self.rate, (self._given - self._bucket_size) / took))
        if took >= 2 * _LONG or self._given >= _MANY_REQUESTS:
            self._proven = max(self._proven, self.rate)
            self._unexplained = 0
        self._given, self._since = 0, now
        if self._too_much > self.rate * _NEAR:
            self.rate *= min(1.5, math.sqrt(self._too_much / self.rate))
            self._due = min(self._due, now + 1 / self.rate)
            self._rises = True
        else:  # it may have changed since
            self._too_much = self.rate * 1.2

    def _is_enough(self, took: float) -> bool:
        """Say whether what it has given in so many seconds tells that it bears this pace."""
        is_near = self._too_much < self.rate * 1.2
        if self._bucket_size <= _LITTLE and not is_near:
            return took > 0 and self._given >= 2 * (self._bucket_size + 1)
        is_far = self._too_much > self.rate * 2.25
        enough = self._gap if is_near else _ENOUGH
        return self._given >= enough and took >= (1 if is_far else _LONG)

    def refused(
        self, gave: float, given: int, retry_after: float = 0.0, contradicts: bool = False
    ) -> None:
        """Learn from a refusal.

        Parameters
        ----------
        gave : float
            Requests a second that were given since the refusal before.
        given : int
            How many these were.
        retry_after : float
            Seconds that the host asks for, 0 if it does not say: that explains why it refuses who
            asks more often.
        contradicts : bool
            Whether it has given who had asked less long before.
        """
        if self.is_erratic:
            return
        was_proven = self.rate <= self._proven * 1.01
        if given >= _ENOUGH:
            self._best = max(self._best, gave)
        if self.rate * retry_after > 1 or self.rate > _CLEARLY * self._best:
            self._unexplained = 0
        elif contradicts and given <= _FEW_REQUESTS:
            self._unexplained = 2
        elif (was_proven and given < _MANY_REQUESTS) or given <= _FEW_REQUESTS:
            self._unexplained += 1
        else:
            self._unexplained = 0
        if self.is_erratic:  # slower only meant less
            self.rate = self._proven = min(FIRST_RATE, 4 * self.rate)
            self._too_much = 2 * self.rate
            return
        if self._rises:
            self._gap = min(_LONGEST_GAP, self._gap * 2)
        self._rises = False
        self._too_much = self.rate
        if was_proven:
            self._proven = min(self._proven * 0.95, max(gave, self._proven / 2))
        proven = gave * 0.98 if given >= _ENOUGH else gave / 2
        self._proven = max(self._proven if not was_proven else 0.0, proven, 1e-3)
        if self.rate <= self._borne * 1.01:  # no longer
            self._borne = 0.0
        self.rate = max(self._proven, gave * 0.98, self._borne, self.rate / 4)
        self.rate = min(self.rate, self._too_much * 0.98)

    def refused_still(self, times: int) -> None:
        """Learn from a number of refusals after a back-off: it may be the pace after all."""
        if times > 1 and self.is_erratic:
            self.rate = self._proven = self.rate / 4
        self._unexplained = min(self._unexplained, 1 if times == 1 else 0)

    def opened(self, now: float) -> None:
        """Take note that it gives again after a back-off."""
        self._given, self._since = 0, now
        self._due = now if self.is_erratic else now + 1 / self.rate

    def learned(self) -> Learned:
        """Return what is worth remembering."""
        return Learned(self._proven if self._rises else self.rate, 1, 0.0)

    def join(self, other: Steady) -> None:
        """Take over the part of a ration that another has measured."""
        self.rate += other.rate
        self._proven += other._proven


class Quota:
    """So many at once, and as many again after a time.

    A burst ends with its count, or with a refusal. Refused in the middle, the host may only give
    more slowly than asked: it is asked once more a little later. Refused at its beginning, the
    time was too short. Now and then a burst begins earlier or is longer than the last, to see. And
    once, a request between two bursts finds out whether it is a quota at all: a host that bans
    whoever it has refused a few times gives nothing for a time too, and afterwards steadily.

    Parameters
    ----------
    count : int
        Requests of a burst.
    period : float
        Seconds from the beginning of one to the next.
    too_short : float
        Seconds after which the host was known to refuse still.
    speed : float
        Requests a second within a burst: a sliding window gives no faster than it gave before.
    now : float
        The time; a burst has just begun.
    is_unsure : bool
        Whether it may be none: what is remembered, or what the host itself has said, is true.
    """

    def __init__(
        self,
        count: int,
        period: float,
        too_short: float,
        speed: float,
        now: float,
        *,
        is_unsure: bool = False,
    ) -> None:
        self.count = count
        self.period = period
        self._too_short = too_short
        self._speed = speed
        self._due = now
        self._start = self._last = now
        """When this burst began, and the last that was given at all."""
        self._begun = 1
        self._given = 1
        self._gap = _FIRST_GAP
        self._tries = 0
        self._is_over = self._was_closed = self._extends = self._has_stumbled = False
        self._is_proven = self.has_failed = False
        self._is_unsure = is_unsure
        self._is_asking = False
        """Whether a request finds out, or has found out, whether it gives between two bursts."""
        self._unanswered = 0
        self._is_open = True
        """Whether anything of this burst was given."""

    @property
    def connections(self) -> float:
        """How many requests may be under way: the count is limit enough, but where it is tried."""
        if not self._is_open:
            return 1
        return 2 if self._extends or self._has_stumbled else math.inf

    @property
    def rate(self) -> float:
        """Requests a second, over the whole of a period."""
        return self.count / self.period

    def next_time(self) -> float:
        """Return when the next request may start."""
        if not self._is_complete:
            return self._due
        again = self._start + self.period
        if self._is_unsure and not self._is_asking:
            again = min(again, self._due + max(1.0, _WAIT_WHEN_UNSURE * self.period / self.count))
        return max(self._due, again)

    @property
    def _is_complete(self) -> bool:
        return self._begun >= self.count and not self._extends

    def began(self, now: float) -> None:
        """Count a request that starts, perhaps with a new burst."""
        if self._start == -math.inf:
            self._start = self._last = now
            self._begun = 0
        self._unanswered += 1
        if self._is_complete and now < self._start + self.period and self._is_unsure:
            self._is_asking = True
        elif self._is_complete:
            self._start, self._begun, self._has_stumbled = now, 0, False
            self._is_open = self._is_asking = False
        self._begun += 1
        step = 1 / self._speed
        self._due = max(self._due, now - min(step, _SLACK)) + step

    def gave(self, now: float) -> None:
        """Learn from a request that was given; at the end of a burst, try for more."""
        self._unanswered -= 1
        if self._is_asking:
            self.has_failed = self.has_failed or self._unanswered == 0
            return
        self._last = self._start
        self._is_open = True
        self._given += 1
        if not self._is_complete:
            return
        self._is_proven = True
        is_vague = self.count > 4 and self.period > 1.1 * self._too_short > 0
        if self._given < (self.count if is_vague else self._gap):
            return
        self._given = 0
        self._tries += 1
        if is_vague or (self._tries % 2 and self.period > 1.04 * self._too_short):
            self.period = (self.period + max(self._too_short, self.period / 2)) / 2
        else:
            self._extends = True

    def refused(self, now: float) -> None:
        """Learn from a refusal in a burst."""
        self._begun -= 1
        self._unanswered -= 1
        if self._is_asking:
            self._is_asking = self._is_unsure = self._was_closed = False
            self._is_over = self._is_proven = True
            return
        self._given = 0
        self.has_failed = not self._is_proven and 0 < self._begun < self.count / 2
        self._is_proven = True
        if self._begun <= 0:
            self._close(now)
            self._gap = min(_LONGEST_GAP, self._gap * 2)
            return
        if self._extends or self._has_stumbled or self._begun >= 0.8 * self.count:
            if self._extends and self._begun <= self.count:
                self._gap = min(_LONGEST_GAP, self._gap * 2)
            self.count = self._begun
            self._is_over, self._was_closed = True, False
        else:
            self._speed = max(self.rate, self._speed / 2)
        self._extends, self._has_stumbled = False, True

    def refused_too(self, now: float) -> None:
        """Count a request that was under way when another was refused."""
        self._begun -= 1
        self._unanswered -= 1
        if self._begun <= 0 and not self._was_closed:
            self._close(now)
        elif self._is_over and not self._was_closed:
            self.count = max(1, self._begun)

    def refused_still(self, now: float) -> None:
        """Learn from a refusal in the time between two bursts."""
        if not self._is_over:
            self.count = max(1, self._begun)
        self._close(now)

    def _close(self, now: float) -> None:
        self._is_over = self._was_closed = True
        self._too_short = now - self._last

    def opened(self, now: float) -> None:
        """Take note that it gives again after a back-off."""
        self._given += 1
        if self._is_over:
            if self._was_closed:
                self.period = now - self._last
            self._start, self._begun, self._has_stumbled = now, 1, False
            self._is_over = self._was_closed = False
        else:
            self._begun += 1
        self._is_open = True
        self._last = self._start
        self._due = now

    def expected(self) -> tuple[float, bool]:
        """Return when it should give again, and whether nothing is to be had before."""
        is_known = self._is_over and not self._was_closed
        return (self._start if is_known else self._last) + self.period, is_known

    def learned(self) -> Learned:
        """Return what is worth remembering."""
        return Learned(self.rate, self.count, self.period)


Ration = Union[Steady, Quota]


def remembered(learned: Learned | None) -> Ration | None:
    """Return the ration that was learnt before, if one was."""
    if not (learned and learned.rate):
        return None
    if learned.burst > 1 and learned.period:
        return Quota(learned.burst, learned.period, 0.0, FIRST_RATE, -math.inf)
    return Steady(learned.rate, learned.rate * 1.2, -math.inf)
