"""What the status of an answer says: that it is one, a part or the whole of it, or why not."""

from __future__ import annotations

import re
from datetime import datetime, timezone
from typing import Container

from urllib3 import HTTPResponse

from ..core import captures
from ..core.outcomes import Failed, Outcome, come_back
from ..core.text import printable
from . import dates, redirects

BUSY = (420, 429, 503)
"""Statuses with which a host asks to come later."""

_WITHOUT_CONTENT = (204, 205)
_RANGE = re.compile(
    r"bytes[ =:]\s*([0-9]{1,18})\s*-\s*([0-9]{1,18})\s*/\s*([0-9]{1,18}|\*)", re.IGNORECASE
)


def start(response: HTTPResponse, wanted: int, busy: Container[int]) -> int:
    """Return where in the whole a body begins, with its beginning or where it was wanted.

    Raises
    ------
    Failed
        If the answer is none; BUSY only for a status in `busy`, or if it names a time.
    """
    status = response.status
    if status == 206:
        if not wanted:
            return 0  # which is whole, or a failure
        if response.headers.get("Content-Range", "").startswith(f"bytes {wanted}-"):
            return wanted
    elif 200 <= status < 300 and status not in _WITHOUT_CONTENT:
        return 0
    elif 300 <= status < 400 and status != 304:  # which has no body
        # Nobody is led elsewhere by it: browsers show what comes with it.
        if response.headers.get("Content-Type", "").lower().startswith("image/"):
            return 0
        if status in redirects.FOLLOWED:
            raise Failed(Outcome.REDIRECTS, f"{status} without a Location")
    raise _refusal(response, busy)


def part_that_is_whole(response: HTTPResponse) -> int | None:
    """Return how many bytes come in an answer that calls itself a part, unasked.

    None is any other answer.

    Raises
    ------
    Failed
        CUT_SHORT unless it says that it is the whole.
    """
    if response.status != 206:
        return None
    told = response.headers.get("Content-Range", "")
    found = _RANGE.fullmatch(told)
    if found:
        first, last, whole = found.groups()
        if int(first) == 0 and whole in ("*", str(int(last) + 1)):
            return int(last) + 1
    raise Failed(Outcome.CUT_SHORT, printable(f"206: a part only, {told or 'of unknown size'}"))


def size(response: HTTPResponse, begin: int) -> int | None:
    """Return how many bytes the whole has of which a body is the rest, or a part."""
    total = response.headers.get("Content-Range", "").rpartition("/")[2]
    if begin and re.fullmatch("[0-9]{1,18}", total):
        return int(total)
    return None if response.length_remaining is None else begin + response.length_remaining


def _refusal(response: HTTPResponse, busy: Container[int]) -> Failed:
    status = response.status
    outcome = _outcome_of(status)
    if captures.is_capture(response.headers):  # what was so then passes no more
        outcome = outcome if outcome.final else Outcome.HTTP_ERROR
        return Failed(outcome, f"{status} when it was captured")
    sent = response.headers.get("Date", "")
    wishes = response.headers.getlist("Retry-After")
    wish = max((_retry_after(text, sent) for text in wishes), default=0.0)
    if outcome is Outcome.BUSY and not (wish or status in busy):
        outcome = Outcome.SERVER_ERROR
    told = f", {come_back(wish)}" if wish and outcome is Outcome.BUSY else ""
    return Failed(outcome, f"{status}{told}", wish)


def _outcome_of(status: int) -> Outcome:
    if status in (404, 410):
        return Outcome.GONE
    if status in (401, 402, 403, 451):
        return Outcome.FORBIDDEN
    if status in BUSY:
        return Outcome.BUSY
    passes = status >= 500 or status in (408, 425)
    return Outcome.SERVER_ERROR if passes else Outcome.HTTP_ERROR


def _retry_after(text: str, sent: str = "") -> float:
    """Return the seconds of Retry-After, given as such or as a date (RFC 9110, 10.2.3).

    A date is one of the host's clock, and so is the one at which it `sent` that: ours may be wrong.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    until, since = dates.moment(text), dates.moment(sent) or datetime.now(timezone.utc)
    return max(0.0, (until - since).total_seconds()) if until else 0.0
