"""How much a host gives, and when: rules, bans and what came of them; no sockets here.

Times are seconds of any one clock, passed in: the practice web plays these rules in real time, and
a simulator may play them in virtual time.

A ration is written in words: `bucket-2-20`, or `window-40-20 says-503 after ban-5-10-15-403`.

| word | the host |
|---|---|
| `bucket-RATE-BURST` | gives RATE a second, BURST at once (a token bucket) |
| `window-COUNT-SECONDS` | gives COUNT in a window, which begins with a request after the last one |
| `clock-COUNT-SECONDS` | gives COUNT in a window; windows follow one another by the host's clock |
| `sliding-COUNT-SECONDS` | gives COUNT in any so many seconds |
| `gap-SECONDS` | wants so much time between two requests |
| `says-STATUS` | refuses with this status instead of 429 |
| `after`, `date` | says when it gives again (Retry-After, in seconds or as a date), rounded up |
| `after-N`, `date-N` | says so many seconds, whatever is true |
| `all` | counts what it refuses too |
| `ban-REFUSALS-WITHIN-FOR-HOW` | bans who was refused so often within some seconds, for so long |
| `ban-...-longer` | the same, and each request while it lasts makes it begin anew |
| `by-NAME` | shares this ration with all hosts that have one of that name |

HOW a banned client is answered is a status, or one of `BANS`.
"""

from __future__ import annotations

import math
import threading
import time
from collections import deque
from typing import Callable, NamedTuple, Protocol, Sequence

BANS = ("reset", "close", "silence", "page")
"""A connection that is reset, or closed without a word; nothing at all; a web page, with 200."""

_ALMOST = 1e-9
"""Of a window: a time that is computed as its end may come out a little before it."""


class Rule(Protocol):
    """Says when a host gives."""

    def free_at(self, now: float) -> float:
        """Return the first time from now on at which it gives, if nobody else comes."""

    def take(self, now: float) -> None:
        """Count one request."""


class Bucket:
    """A token bucket, as the generic cell rate algorithm: no token is ever counted."""

    def __init__(self, rate: float, burst: float) -> None:
        self._each = 1 / rate
        self._tolerance = (max(1.0, burst) - 1) * self._each
        self._due = -math.inf

    def free_at(self, now: float) -> float:
        """Return when there is a token."""
        return max(now, self._due - self._tolerance)

    def take(self, now: float) -> None:
        """Take a token, or owe one."""
        self._due = max(self._due, now) + self._each


class Window:
    """So many in a window, which begins with the first request after the last window's end."""

    def __init__(self, count: float, seconds: float) -> None:
        self._count = count
        self._seconds = seconds
        self._end = -math.inf
        self._taken = 0

    def free_at(self, now: float) -> float:
        """Return now, or the window's end if it is used up."""
        return now if now >= self._end or self._taken < self._count else self._end

    def take(self, now: float) -> None:
        """Count one in this window, or in a new one."""
        if now >= self._end:
            self._end = self._end_of_window(now)
            self._taken = 0
        self._taken += 1

    def _end_of_window(self, now: float) -> float:
        return now + self._seconds


class ClockWindow(Window):
    """So many in a window; the first begins at 0, and one follows the other."""

    def _end_of_window(self, now: float) -> float:
        return (math.floor(now / self._seconds + _ALMOST) + 1) * self._seconds


class Sliding:
    """So many in any so many seconds."""

    def __init__(self, count: float, seconds: float) -> None:
        self._last: deque[float] = deque(maxlen=int(count))
        self._seconds = seconds

    def free_at(self, now: float) -> float:
        """Return when the one that is in the way is old enough."""
        if len(self._last) < (self._last.maxlen or 0):
            return now
        return max(now, self._last[0] + self._seconds)

    def take(self, now: float) -> None:
        """Remember when this one was."""
        self._last.append(now)


def _gap(seconds: float) -> Rule:
    return Sliding(1, seconds)


RULES: dict[str, tuple[Callable[..., Rule], int]] = {
    "bucket": (Bucket, 2),
    "window": (Window, 2),
    "clock": (ClockWindow, 2),
    "sliding": (Sliding, 2),
    "gap": (_gap, 1),
}
"""Each rule by its name, and how many numbers it has."""


def at_best(rule: str, pictures: int, since: float = 0.0) -> float:
    """Return the least seconds for so many pictures, to somebody who knows the rule.

    Who asks at the first moment at which the host gives, each time, has the k-th picture at least
    as early as anybody else, for every k: each rule's `free_at` is later, never earlier, if what
    was taken before was taken later (by induction over k). So this is exact. Answers take no time.

    Parameters
    ----------
    rule : str
        For example "bucket-2-20".
    pictures : int
        How many.
    since : float
        When it begins: by the clock's windows some moments are better than others.
    """
    rationer, now = _rule(rule), since
    for _ in range(pictures):
        now = rationer.free_at(now)
        rationer.take(now)
    return now - since


class Ban(NamedTuple):
    """What comes of too many refusals."""

    refusals: int
    within: float
    seconds: float
    how: str
    """A status, or one of `BANS`."""
    longer: bool
    """Whether each request while it lasts makes it begin anew."""


class Terms(NamedTuple):
    """A ration in words, read."""

    rule: str
    status: int = 429
    later: str = ""
    """What to say of when to come again: `after`, `date`, with a number if not the truth."""
    all: bool = False
    ban: Ban | None = None
    shared: str = ""
    """The name of the ration if several hosts have it."""

    def told(self, wait: float) -> float:
        """Return the seconds that it tells a client to stay away, which it should for `wait`."""
        form, _, seconds = self.later.partition("-")
        return float(seconds) if seconds else math.ceil(wait) if form else 0.0


class Verdict(NamedTuple):
    """What a host makes of one request."""

    given: bool
    wait: float = 0.0
    """Seconds until it would give."""
    banned: str = ""
    """How a banned client is answered, if it is one."""


class Tally(NamedTuple):
    """When a host gave, refused, and answered as to the banned, in the order of time."""

    given: tuple[float, ...] = ()
    refused: tuple[float, ...] = ()
    banned: tuple[float, ...] = ()
    heedless: tuple[float, ...] = ()
    """When it was asked although it had said not to: what was under way then is among these."""

    def refusals_per_hundred(self, since: float = -math.inf) -> float:
        """Return how many of 100 requests since then were not given, bans among them."""
        kinds = (self.given, self.refused, self.banned)
        given, refused, banned = (sum(when >= since for when in times) for times in kinds)
        return 100 * (refused + banned) / max(1, given + refused + banned)


class Ration:
    """What one host gives, or several together; no threads, and the time is passed in."""

    def __init__(self, terms: Terms) -> None:
        self._terms = terms
        self._rule = _rule(terms.rule)
        self._banned_until = -math.inf
        self._told_until = -math.inf
        self._held_against: deque[float] = deque()
        self._given: list[float] = []
        self._refused: list[float] = []
        self._banned: list[float] = []
        self._heedless: list[float] = []

    def ask(self, now: float) -> Verdict:
        """Count a request, and say what becomes of it."""
        ban = self._terms.ban
        if now < self._told_until:
            self._heedless.append(now)
        if ban and now < self._banned_until:
            self._banned.append(now)
            self._banned_until = now + ban.seconds if ban.longer else self._banned_until
            return Verdict(False, self._banned_until - now, ban.how)
        free = self._rule.free_at(now)
        if free <= now or self._terms.all:
            self._rule.take(now)
        if free <= now:
            self._given.append(now)
            return Verdict(True)
        self._refused.append(now)
        if ban:
            self._hold_against(ban, now)
        wait = self._rule.free_at(now) - now
        self._told_until = max(self._told_until, now + self._terms.told(wait))
        return Verdict(False, wait)

    def tally(self) -> Tally:
        """Return what came of all requests."""
        times = (self._given, self._refused, self._banned, self._heedless)
        return Tally(*map(tuple, times))

    def _hold_against(self, ban: Ban, now: float) -> None:
        held = self._held_against
        held.append(now)
        while held[0] <= now - ban.within:
            held.popleft()
        if len(held) >= ban.refusals:
            held.clear()
            self._banned_until = now + ban.seconds


class Rations:
    """The rations of all hosts, in real time; safe to use from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._start = time.monotonic()
        self._rations: dict[tuple[str, Terms], Ration] = {}

    def ask(self, host: str, terms: Terms) -> Verdict:
        """Count a request to a host, and say what becomes of it."""
        key = (terms.shared or host, terms)
        with self._lock:
            ration = self._rations.setdefault(key, Ration(terms))
            return ration.ask(time.monotonic() - self._start)

    def tally(self, place: str) -> Tally:
        """Return what came of all requests to a host, or to those that share a name.

        Times are seconds since this web began, when the clock's first window does.
        """
        with self._lock:
            tallies = [ration.tally() for key, ration in self._rations.items() if key[0] == place]
        return Tally(*(tuple(sorted(sum(times, ()))) for times in zip(*tallies)))


def read(words: Sequence[str]) -> tuple[Terms, int]:
    """Return the ration that words tell of, and how many words those are, from the first on.

    Raises
    ------
    ValueError
        If the first is no rule, or one of them cannot be read.
    """
    if not words:
        raise ValueError("a ration begins with a rule")
    _rule(words[0])
    terms, used = Terms(words[0]), 1
    for word in words[1:]:
        further = _with(terms, *word.split("-"))
        if further is None:
            break
        terms, used = further, used + 1
    return terms, used


def _with(terms: Terms, name: str, *values: str) -> Terms | None:
    """Return terms with one word more, None if it is none of theirs."""
    if name == "says":
        return terms._replace(status=_status(*values))
    if name in ("after", "date") and len(values) <= 1:
        return terms._replace(later="-".join([name, *(str(int(value)) for value in values)]))
    if name == "all" and not values:
        return terms._replace(all=True)
    if name == "by" and values:
        return terms._replace(shared="-".join(values))
    if name == "ban":
        return terms._replace(ban=_ban(values))
    return None


def _ban(values: Sequence[str]) -> Ban:
    refusals, within, seconds, how, *longer = values
    if longer not in ([], ["longer"]):
        raise ValueError(f"{longer} is not longer")
    if how not in BANS:
        _status(how)
    most, span, duration = _positive(refusals, within, seconds)
    return Ban(int(most), span, duration, how, bool(longer))


def _status(text: str) -> int:
    status = int(text)
    if 200 <= status <= 599:
        return status
    raise ValueError(f"{text} is no status of an answer")


def _rule(word: str) -> Rule:
    name, *values = word.split("-")
    make, count = RULES.get(name, (None, 0))
    if not make or len(values) != count:
        raise ValueError(f"{word} is no rule of {', '.join(RULES)}")
    return make(*_positive(*values))


def _positive(*texts: str) -> list[float]:
    numbers = [float(text) for text in texts]
    if all(0 < number < math.inf for number in numbers):
        return numbers
    raise ValueError(f"{texts} are not all above 0")
