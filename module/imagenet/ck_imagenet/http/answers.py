"""Answers: what their status and headers say, and their bodies.

What is no success is one typed failure.
"""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from datetime import datetime, timezone
from http.client import HTTPException
from typing import Container, Iterable, Iterator, NamedTuple, Sequence

from ..core import urls
from ..core.outcomes import Failed, Outcome, Postponed, come_back
from ..core.text import printable
from . import headers
from .codings import decoded
from .connections import Budget, Limits, current, spend
from .transport import AsFailed, Response


class Answer(NamedTuple):
    """A successful answer: the URL that gave it, after all redirects, and its body."""

    url: str
    chunks: Iterator[bytes]
    start: int = 0
    """Bytes of the whole before those that come."""
    size: int | None = None
    """Bytes of the whole, if the host tells them and does not pack it."""
    version: str = ""
    """What the host calls this version of the whole, if it does: its ETag or date."""
    is_captured: bool = False
    """Whether it is a capture of an archive."""


class Body(NamedTuple):
    """All bytes of a successful answer, and the URL that gave them."""

    url: str
    data: bytes
    is_captured: bool = False
    """Whether it is a capture of an archive."""


# Redirects.

FOLLOWED = (301, 302, 303, 307, 308)
"""The statuses of redirects that are followed, if they have a Location."""


def location(response: Response) -> str:
    """Return where an answer redirects to; an empty text if browsers would show its body.

    Raises
    ------
    Failed
        REDIRECTS if it names several URLs: browsers follow none of them.
    """
    if response.status not in FOLLOWED:
        return ""
    locations = set(response.headers.getlist("Location"))
    if len(locations) > 1:
        release(response)
        told = f"{response.status} to {len(locations)} places at once"
        raise Failed(Outcome.REDIRECTS, told)
    return "".join(locations)


# Opt-outs: the header X-Robots-Tag says that a picture may not be used for training.

_OPT_OUTS = ("noai", "noimageai")
_WITH_VALUE = ("unavailable_after", "max-snippet", "max-image-preview", "max-video-preview")
# A date, as after "unavailable_after", has colons too, but after blanks.
_FOR_AGENT = re.compile(r"\s*([^\s:]+)\s*:(.*)", re.DOTALL)

# Words are searched everywhere in a directive: some owners forget commas, and an odd line that
# begins with a blank is appended to the line before. When in doubt, an owner has opted out.
_DIRECTIVE = re.compile(r"[^\s;]+")


def product(user_agent: str) -> str:
    """Return the product name of a user agent, in lower case."""
    return re.split(r"[/\s]", user_agent.strip(), maxsplit=1)[0].lower()


def opted_out(headers: Iterable[str], agent: str) -> bool:
    """Say whether headers X-Robots-Tag refuse the use for training, to all agents or to ours.

    Parameters
    ----------
    headers : iterable of str
        Their values: directives with commas between. A name and a colon restrict the directives
        after them to that agent.
    agent : str
        Our product name, as `product` returns it.
    """
    return any(
        word in _OPT_OUTS and meant in ("", "*", agent)
        for header in headers
        for meant, directive in _directives(header)
        for word in _DIRECTIVE.findall(directive)
    )


def _directives(header: str) -> Iterable[tuple[str, str]]:
    """Yield the directives of a header, each with the agent that it is meant for."""
    agent = ""
    for item in header.lower().split(","):
        restricted = _FOR_AGENT.fullmatch(item)
        if restricted and restricted.group(1) not in _WITH_VALUE:
            agent, item = restricted.groups()
        yield agent, item


# Success, whole or in part, and failure.

BUSY = (420, 429, 503)
"""Statuses with which a host asks to come later."""

_WITHOUT_CONTENT = (204, 205)
_RANGE = re.compile(
    r"bytes[ =:]\s*([0-9]{1,18})\s*-\s*([0-9]{1,18})\s*/\s*([0-9]{1,18}|\*)", re.IGNORECASE
)


def body_start(response: Response, wanted: int, busy: Container[int]) -> int:
    """Return the offset in the whole at which a body begins.

    Parameters
    ----------
    response : Response
        The answer.
    wanted : int
        The offset that was asked for, in bytes.
    busy : container of int
        Statuses that mean "come later" even if the host does not say when.

    Returns
    -------
    int
        0 or `wanted`.

    Raises
    ------
    Failed
        If the answer is no success; BUSY only for a status in `busy`, or with a Retry-After.
    """
    status = response.status
    if status == 206:
        if not wanted:
            return 0  # `part_that_is_whole` tells whether that is right
        if response.headers.get("Content-Range", "").startswith(f"bytes {wanted}-"):
            return wanted
    elif 200 <= status < 300 and status not in _WITHOUT_CONTENT:
        return 0
    elif 300 <= status < 400 and status != 304:  # which has no body
        # It redirects to nothing, so browsers show its body.
        if response.headers.get("Content-Type", "").lower().startswith("image/"):
            return 0
        if status in FOLLOWED:
            raise Failed(Outcome.REDIRECTS, f"{status} without a Location")
    raise _refusal(response, busy)


def part_that_is_whole(response: Response) -> int | None:
    """Return the bytes of an answer that calls itself a part although nobody asked for one.

    Returns
    -------
    int or None
        None for any other answer.

    Raises
    ------
    Failed
        CUT_SHORT unless the part is the whole.
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


def whole_size(response: Response, begin: int) -> int | None:
    """Return the bytes of the whole of which a body is a part.

    Parameters
    ----------
    response : Response
        The answer.
    begin : int
        The offset at which its body begins.

    Returns
    -------
    int or None
        None if the host does not tell.
    """
    total = response.headers.get("Content-Range", "").rpartition("/")[2]
    if begin and re.fullmatch("[0-9]{1,18}", total):
        return int(total)
    return None if response.length is None else begin + response.length


def _refusal(response: Response, busy: Container[int]) -> Failed:
    status = response.status
    outcome = _outcome_of(status)
    if urls.is_capture(response.headers):  # an old failure is no reason to ask again later
        outcome = outcome if outcome.final else Outcome.HTTP_ERROR
        return Failed(outcome, f"{status} when it was captured")
    sent = response.headers.get("Date", "")
    delays = response.headers.getlist("Retry-After")
    delay = max((_retry_after(text, sent) for text in delays), default=0.0)
    if outcome is Outcome.BUSY and not (delay or status in busy):
        outcome = Outcome.SERVER_ERROR
    told = f", {come_back(delay)}" if delay and outcome is Outcome.BUSY else ""
    return Failed(outcome, f"{status}{told}", delay)


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

    A date is compared with the date at which it was `sent`, by the host's clock: ours may be wrong.
    """
    text = text.strip()
    if text.isascii() and text.isdigit():
        return float(text[:9])
    until, since = headers.moment(text), headers.moment(sent) or datetime.now(timezone.utc)
    return max(0.0, (until - since).total_seconds()) if until else 0.0


# The body.

_CHUNK = 2**18
"""Bytes that are read at once."""

_WORTH_READING = 16_384
"""Bytes; a longer rest costs more to read than a new connection."""

_RELEASE_LIMITS = Limits(connect=0, first_byte=0.2, stall=0.2, whole=0.2)
"""Seconds for the rest of an answer that nobody needs: as long as a new connection takes."""

_LARGE_BODY = 2**21
"""Bytes; few pictures have more, and answers without an end do."""

_large_bodies = threading.Semaphore(4)
"""For large answers, whose bytes are all in memory."""

_BODILESS = (101, 204, 304)
"""Statuses without a body; if a host sends one all the same, nobody knows when it comes."""


def body_chunks(
    response: Response,
    most_bytes: int,
    codings: Sequence[str] = (),
    *,
    is_picture: bool = False,
    expected: int | None = None,
) -> Iterator[bytes]:
    """Yield a body, without its codings.

    Parameters
    ----------
    response : Response
        The answer.
    most_bytes : int
        The most bytes that it may have, packed and unpacked.
    codings : sequence of str
        The codings to undo, as `codings_of` gives them.
    is_picture : bool
        Whether a picture is wanted.
    expected : int, optional
        The bytes that must come, if that is known.

    Raises
    ------
    Failed
        TOO_LARGE if it has more than `most_bytes`; CUT_SHORT or UNDECODABLE if it is not whole.
    """
    received = _received(response, most_bytes, expected)
    return decoded(received, codings, most_bytes, is_picture) if codings else received


def read_whole(chunks: Iterable[bytes]) -> bytes:
    """Return all of a body; raise Postponed if there is no room for a large one now."""
    parts, size = [], 0
    for chunk in chunks:
        parts.append(chunk)
        size += len(chunk)
        if size > _LARGE_BODY:
            with _room_for_large_body():
                parts += chunks
    return b"".join(parts)


def release(response: Response) -> None:
    """Read a short rest of an answer, so that its connection can be reused; else close it."""
    if response.connection is None:  # all has been read, so it can be reused
        return
    spend(Budget(_RELEASE_LIMITS))
    try:
        length = response.length
        short = response.chunked if length is None else length <= _WORTH_READING
        if short and response.status not in _BODILESS:
            response.read(_WORTH_READING)
    except (Failed, HTTPException, OSError):
        pass  # it is closed
    response.close()


@contextmanager
def _room_for_large_body() -> Iterator[None]:
    """Wait until few other large bodies are read, but no longer than the peer may be silent."""
    budget = current()
    if not _large_bodies.acquire(timeout=budget.until_due()):
        raise Postponed("other large answers come first")
    try:
        budget.renew()  # the pause was ours
        yield
    finally:
        _large_bodies.release()


def _received(response: Response, most_bytes: int, expected: int | None) -> Iterator[bytes]:
    count = 0
    while not response.isclosed():
        with AsFailed(Outcome.CUT_SHORT):
            chunk = response.read(_CHUNK)
        if not chunk:
            break
        count += len(chunk)
        if count > most_bytes:
            raise Failed(Outcome.TOO_LARGE, f"more than {most_bytes} bytes")
        yield chunk
    if response.length:
        raise Failed(Outcome.CUT_SHORT, f"{count} bytes came, {response.length} are missing")
    if expected is not None and count != expected:
        raise Failed(Outcome.CUT_SHORT, f"{count} of {expected} bytes")
