"""Services that are asked for a list: image-net.org's own, and the Wayback Machine with its copies.

Their errors come with status 200, as text or as a page: so an answer is a list only if it holds a
line of one.
"""

from __future__ import annotations

import re
import time
from functools import partial
from itertools import islice
from typing import NamedTuple

from ..core import url_lists, urls
from ..core.errors import BadInput, NoList
from ..core.outcomes import Failed, Outcome, plain
from ..core.registries import source
from ..core.text import Progress
from ..core.url_lists import Line
from ..http.answers import Body
from ..http.client import Client
from ..http.codings import unpacked
from ..http.connections import Limits
from ..http.retry import Retry, Spacing
from .given_lists import MOST_OF_A_SYNSET
from .lists import ListSource, SourceContext, SynsetList

_LIMITS = Limits(connect=10, first_byte=60, stall=30, whole=120)
_LARGEST_ANSWER = 16 * 2**20

_LONGEST_REST = 300.0
"""Seconds for which others do not ask either; what it says to them is theirs to hear."""

_SILENCES = 3
"""Synsets in a row of which a service may say nothing, if it has ever answered."""

_PAGE_TAG = re.compile(rb"<(!doctype|html|head|body)\b", re.IGNORECASE)


class Question(NamedTuple):
    """One way to ask."""

    name: str
    path: str
    """What comes between the service's address and the wnid."""


# The newer paths were alive in 2021, the older ones until then; "mapping" gives the true numbers.
_NEWER = (
    Question("newer path, mapping", "/api/imagenet.synset.geturls.getmapping?wnid="),
    Question("newer path, URLs", "/api/imagenet.synset.geturls?wnid="),
)
_OLDER = (
    Question("older path, mapping", "/api/text/imagenet.synset.geturls.getmapping?wnid="),
    Question("older path, URLs", "/api/text/imagenet.synset.geturls?wnid="),
)

# After the release of Fall 2011, and long before the first service was ended.
_LISTS_CAPTURED = urls.capture_moment("2013")


def _copy(question: Question) -> Question:
    """Return how the Wayback Machine is asked for what the service once answered."""
    original = f"http://www.image-net.org{question.path}"
    return question._replace(path=urls.capture_address("", _LISTS_CAPTURED, original))


def refuse_no_address(option: str, given: str, usual: str) -> None:
    """Raise BadInput if what is given as a service's address is none.

    Parameters
    ----------
    option : str
        The option's name, without `--`.
    given, usual : str
        What the user gives, and the usual address, as an example.
    """
    if not url_lists.is_url(given):
        raise BadInput(f'--{option}="{given}" is not a URL such as {usual}')


class ServiceSource(ListSource):
    """A service that is asked in several ways, until one answers with a list.

    Parameters
    ----------
    address : str
        Where it is.
    client : Client
        Asks; it must trust the address.
    progress : Progress
        Is told of every wait.
    spacing : Spacing, optional
        Shut for others too when the service wants to rest.
    """

    questions: tuple[Question, ...]
    """The ways to ask, the best first."""
    wait: float
    """Seconds after which it is asked again if it is busy and does not say for how long."""
    pauses: tuple[float, ...] = ()
    """Seconds after which it is asked again if it has failed itself, where that passes."""

    def __init__(
        self,
        address: str,
        client: Client,
        progress: Progress,
        spacing: Spacing | None = None,
    ) -> None:
        self._address = address.rstrip("/")
        self._client = client
        self._while_busy = Retry.while_busy(self.wait, partial(progress.resting, self._address))
        self._while_failing = Retry(self.pauses, _has_failed_itself)
        self._spacing = spacing or Spacing()
        self._out_of_reach = ""
        self._silences_left = 1
        self.is_busy = False
        """Whether it wants to be left alone for longer than anybody waits."""

    @classmethod
    def made(cls, context: SourceContext) -> ServiceSource:
        return cls(context.address, context.client, context.progress)

    @property
    def state(self) -> str:
        return self._address

    def find(self, wnid: str) -> SynsetList:
        if self._out_of_reach:
            raise NoList(self._out_of_reach)
        said = []
        for question in self.questions:
            try:
                answer = self._while_busy.call(
                    partial(self._ask, self._address + question.path + wnid)
                )
            except Failed as failed:
                said.append(f"{question.name}: {plain(str(failed))}")
                if self._is_lost(failed.outcome):  # as for all other questions
                    break
                continue
            self._silences_left = _SILENCES
            if self._is_elsewhere(answer.url):
                said.append(f"{question.name}: redirected to {answer.url}")
                continue
            lines = listed(answer.data, wnid)
            if lines:
                return SynsetList(wnid, answer.url, lines, self.name)
            said.append(f"{question.name}: {beginning(answer.data)}")
        none = f"{self._address} has none ({'; '.join(said)})"
        if self.is_busy or not self._silences_left:
            self._out_of_reach = none
        raise NoList(none)

    def _is_elsewhere(self, url: str) -> bool:
        """Say whether an answer from this address is none of the service."""
        return False

    def _is_lost(self, outcome: Outcome) -> bool:
        """Take note of a failure; return whether the service says nothing at all now."""
        self.is_busy = outcome is Outcome.BUSY
        if outcome.unanswered:
            self._silences_left -= 1
        elif not self.is_busy:
            self._silences_left = _SILENCES
        return self.is_busy or outcome.unanswered

    def _ask(self, address: str) -> Body:
        return self._while_failing.call(partial(self._ask_once, address))

    def _ask_once(self, address: str) -> Body:
        try:
            with self._client.open(address, _LARGEST_ANSWER, _LIMITS) as answer:
                return Body(answer.url, unpacked(b"".join(answer.chunks)))
        except Failed as failed:
            if failed.outcome is Outcome.BUSY:
                rest = min(_LONGEST_REST, failed.retry_after or self.wait)
                self._spacing.pause(time.monotonic() + rest)
            raise


class ImageNetService(ServiceSource):
    """image-net.org's own service."""

    row = source("imagenet")
    questions = (*_NEWER, *_OLDER)
    wait = 5


class WaybackService(ServiceSource):
    """The Wayback Machine, with its captures of what image-net.org's service answered."""

    row = source("wayback")
    questions = tuple(map(_copy, (*_OLDER, *_NEWER)))
    wait = 60
    pauses = (1.0, 2.0)

    @classmethod
    def made(cls, context: SourceContext) -> WaybackService:
        return cls(context.address, context.client, context.progress, context.wayback_spacing)

    def _is_elsewhere(self, url: str) -> bool:
        return not urls.capture_time(url, self._address)


def _has_failed_itself(failed: Failed) -> bool:
    return failed.outcome is Outcome.SERVER_ERROR


def listed(body: bytes, wnid: str) -> list[Line]:
    """Return the lines of an answer that are of this synset.

    Parameters
    ----------
    body : bytes
        The answer; anything.
    wnid : str
        The synset.

    Returns
    -------
    list of Line
        Empty if the answer is no list, or is longer than any list of a synset.
    """
    if _PAGE_TAG.search(body[:4096]):
        return []
    every = url_lists.read_plain(body)
    own = (line for line in every if line.name is None or line.name.wnid == wnid)
    lines = list(islice(own, MOST_OF_A_SYNSET + 1))
    return lines if len(lines) <= MOST_OF_A_SYNSET else []


def beginning(body: bytes) -> str:
    """Return how an answer that is no list begins."""
    text = body[:2000].decode("latin-1").strip()
    is_page = text.lower().startswith(("<!doctype html", "<html"))
    words = " ".join((re.sub("<[^>]*>?", " ", text) if is_page else text).split())[:60]
    told = f'"{words}"' if words else ""
    if is_page:
        return f"a web page: {told}" if told else "a web page"
    return told or "an empty answer"
