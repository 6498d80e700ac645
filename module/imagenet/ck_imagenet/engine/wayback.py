"""Pictures of links that are gone for good, as the Wayback Machine once took them."""

from __future__ import annotations

from typing import Iterable

from ..core import urls
from ..core.outcomes import Outcome
from ..storage.journal import Journal
from ..storage.numbering import Link
from ..storage.records import Record
from .context import Wayback
from .link import Task
from .recorder import Recorder, SynsetRecorder, Verdict

WAYBACK = "wayback"
"""The source of a picture from there."""


def may_help(record: Record) -> bool:
    """Say whether the Wayback Machine is to be asked for what its own host will not give."""
    asked = record.wayback or record.source == WAYBACK
    return record.outcome.wayback_helps and not asked


class Captures:
    """Which captures of links the Wayback Machine is asked for.

    Parameters
    ----------
    wayback : Wayback
        Where it is, and which time to ask for.

    Raises
    ------
    BadInput
        If there is no such time.

    Attributes
    ----------
    trouble : str
        Why it could not be asked, in its own words; that holds for all synsets.
    has_answered : bool
        Whether it has said anything of a link.
    """

    def __init__(self, wayback: Wayback) -> None:
        self.trouble = ""
        self.has_answered = False
        self._service = wayback.wayback_service
        self._moment = urls.capture_moment(wayback.wayback_date)

    def task(self, link: Link) -> Task:
        """Return what is to be fetched in place of a link."""
        return Task(link, WAYBACK, urls.capture_address(self._service, self._moment, link.url))


class CaptureRecorder(Recorder):
    """Passes captures on to the synset's recorder, and notes beside a failure what was said of it.

    Parameters
    ----------
    recorder, journal : SynsetRecorder, Journal
        Of the synset; every URL that is asked for has its record.
    captures : Captures
        What is asked for.

    Attributes
    ----------
    trouble : str
        The first reason why it could not be asked for all, if there is one.
    """

    def __init__(self, recorder: SynsetRecorder, journal: Journal, captures: Captures) -> None:
        self._recorder = recorder
        self._captures = captures
        self._journal = journal
        self.trouble = ""

    def reserve(self, record: Record) -> Verdict:
        if record.captured:
            self._captures.has_answered = True
            return self._recorder.reserve(record)
        # A redirect has led to something else than a capture: that is no picture of then.
        self.record(record._replace(outcome=Outcome.REDIRECTS, detail=record.final_url))
        return Verdict.SETTLED

    def record(self, record: Record) -> bool:
        if record.outcome is Outcome.SAVED:
            return self._recorder.record(record)
        said = f"{record.outcome.word}: {record.detail}"
        if self._is_of_link(record):
            self._captures.has_answered = True
            if record.outcome is Outcome.GONE and not record.captured:
                said = f"{record.outcome.word}: never captured"
            own = self._journal.records[record.url]
            return self._recorder.record(own._replace(wayback=said, time=record.time))
        if record.outcome is not Outcome.HOST_BUSY:
            self._captures.trouble = said
        self.trouble = self.trouble or self._captures.trouble or said
        return True

    def _is_of_link(self, record: Record) -> bool:
        """Say whether a failure is one of this link alone, also when it is asked for again."""
        if record.captured:
            return True
        if record.outcome is Outcome.NOT_HTTP:  # it has told of others in HTTP
            return self._captures.has_answered
        return record.outcome.final and not record.outcome.wayback_fault

    def reach(self) -> None:
        self._recorder.reach()

    def discard(self, numbers: Iterable[int]) -> None:
        self._recorder.discard(numbers)

    def purge(self) -> None:
        self._recorder.purge()

    def missing(self) -> int | None:
        return self._recorder.missing()

    def leave(self, host: str) -> None:
        self._recorder.leave(host)
