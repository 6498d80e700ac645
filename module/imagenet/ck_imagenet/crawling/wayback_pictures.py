"""Pictures of links that are gone for good, as the Wayback Machine once took them."""

from __future__ import annotations

from ..actions import DownloadOptions
from ..kept.journal import Journal, Record
from ..kept.numbering import Link
from ..outcomes import Outcome
from ..web import captures
from ..web.host import Start
from ..web.limiter import BackOff
from .desk import Manner
from .ledger import Book, Ledger, Verdict
from .task import Task

WAYBACK = "wayback"
"""The source of a picture from there."""

GAP = 0.5
"""Seconds between two requests: it bears ten a second."""

_BACK_OFF = BackOff(first=60, longest=300, is_patient=False)
"""It shuts out for an hour who does not heed what it says."""

# Here already; refused by the user, or by its owner; nothing that anybody else could know of.
_LEFT_ALONE = (
    Outcome.SAVED,
    Outcome.DUPLICATE,
    Outcome.REJECTED,
    Outcome.OPTED_OUT,
    Outcome.BAD_URL,
    Outcome.PRIVATE_ADDRESS,
)

# Failures of the Wayback Machine itself, or of the way to it: they tell nothing of a URL.
_ITS_OWN = (
    Outcome.BAD_URL,
    Outcome.PRIVATE_ADDRESS,
    Outcome.NO_SUCH_HOST,
    Outcome.BAD_CERTIFICATE,
    Outcome.NOT_HTTP,
)


def may_help(record: Record) -> bool:
    """Say whether the Wayback Machine is to be asked for what its own host will not give."""
    asked = record.wayback or record.source == WAYBACK
    return record.outcome.final and record.outcome not in _LEFT_ALONE and not asked


class Captures:
    """Which captures of links the Wayback Machine is asked for.

    Parameters
    ----------
    options : DownloadOptions
        Where it is, and which time to ask for.

    Raises
    ------
    BadInput
        If there is no such time.

    Attributes
    ----------
    trouble : str
        What it has said that kept it from being asked: of a long rest, that holds for all synsets.
    """

    def __init__(self, options: DownloadOptions) -> None:
        self.trouble = ""
        self._service = options.wayback_service
        self._moment = captures.moment(options.wayback_date)

    def task(self, link: Link) -> Task:
        """Return what is to be fetched in place of a link."""
        return Task(link, WAYBACK, captures.address(self._service, self._moment, link.url))


class Findings(Book):
    """What the Wayback Machine has goes into the ledger; what it says of the rest, beside that.

    Parameters
    ----------
    ledger, journal : Ledger, Journal
        Of the synset; every URL that is asked for has its record.
    captures : Captures
        What is asked for.

    Attributes
    ----------
    trouble : str
        The first reason why it could not be asked for all, if there is one.
    """

    def __init__(self, ledger: Ledger, journal: Journal, captures: Captures) -> None:
        self._ledger = ledger
        self._captures = captures
        self._journal = journal
        self.trouble = ""

    def claim(self, record: Record) -> Verdict:
        if record.captured:
            return self._ledger.claim(record)
        # A redirect has led out of the archive: that is no picture of then.
        self.settle(record._replace(outcome=Outcome.REDIRECTS, detail=record.final_url))
        return Verdict.SETTLED

    def keep(self, record: Record) -> None:
        self._ledger.keep(record)

    def settle(self, record: Record) -> None:
        said = f"{record.outcome.word}: {record.detail}"
        if record.outcome.final and record.outcome not in _ITS_OWN:
            own = self._journal.records[record.url]
            self._ledger.settle(own._replace(wayback=said, time=record.time))
            return
        if record.outcome is not Outcome.HOST_BUSY:
            self._captures.trouble = said
        self.trouble = self.trouble or self._captures.trouble or said

    def reach(self) -> None:
        self._ledger.reach()

    def missing(self, wnid: str) -> int | None:
        return self._ledger.missing()

    def is_full(self) -> bool:
        return self._ledger.is_full()

    def put_by(self, task: Task) -> None:
        self._ledger.put_by(task)

    def leave(self, task: Task) -> None:
        self._ledger.leave(task)

    def has_put_by(self) -> bool:
        return self._ledger.has_put_by()

    def take_up(self) -> list[Task]:
        return self._ledger.take_up()


def manner(options: DownloadOptions) -> Manner:
    """Return how it is to be asked."""
    start = Start(gap=max(GAP, options.sleep))
    return Manner(
        jobs=2,
        per_host=2,
        back_off=_BACK_OFF,
        start=lambda host: start,
        archive=options.wayback_service,
    )
