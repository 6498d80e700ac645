"""Pictures of links that are gone for good, as the Wayback Machine once took them."""

from __future__ import annotations

from contextlib import closing
from typing import Iterable

from . import captures, equip
from .actions import DownloadOptions
from .crawl import Crawl, Desk, Manner, Task
from .hosts import Hosts, Rests
from .journal import Journal, Record
from .ledger import Book, Ledger, Verdict
from .numbering import Link
from .outcomes import Outcome
from .store import SynsetStore

WAYBACK = "wayback"
"""The source of a picture from there."""

MANNER = Manner(jobs=2, sleep=0.5, per_host=2, rests=Rests(first=60, longest=300, strict=True))
"""It bears ten requests a second, and shuts out for an hour who does not heed what it says."""

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


class Findings(Book):
    """What the Wayback Machine has goes into the ledger; what it says of the rest, beside that.

    Parameters
    ----------
    ledger, journal : Ledger, Journal
        Of the synset; every URL that is asked for has its record.

    Attributes
    ----------
    trouble : str
        The first reason why it could not be asked for all, if there is one.
    """

    def __init__(self, ledger: Ledger, journal: Journal) -> None:
        self._ledger = ledger
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
        else:
            self.trouble = self.trouble or said

    def reach(self) -> None:
        self._ledger.reach()

    def missing(self) -> int | None:
        return self._ledger.missing()


class WaybackPictures:
    """Asks for one synset's pictures after the other's, and remembers how that is borne.

    Parameters
    ----------
    options : DownloadOptions
        Where the Wayback Machine is, and which time to ask for.

    Raises
    ------
    BadInput
        If there is no such time.
    """

    def __init__(self, options: DownloadOptions) -> None:
        self._options = options
        self._trouble = ""
        self._moment = captures.moment(options.wayback_date)
        self._manner = MANNER._replace(sleep=max(MANNER.sleep, options.sleep))
        self._hosts: Hosts[Task] = Hosts(
            self._manner.sleep, self._manner.per_host, self._manner.rests
        )

    def fetch(
        self, links: Iterable[Link], place: SynsetStore, journal: Journal, ledger: Ledger
    ) -> str:
        """Ask for links, and keep what there is.

        Parameters
        ----------
        links : iterable of Link
            Those where it `may_help`.
        place, journal, ledger : SynsetStore, Journal, Ledger
            Of the synset.

        Returns
        -------
        str
            Why it could not be asked for all of them, nothing if it could.
        """
        findings = Findings(ledger, journal)
        with closing(equip.wayback_fetcher(self._options)) as fetcher:
            desk = Desk(fetcher, place, WAYBACK, findings, self._manner)
            crawl = Crawl(desk, hosts=self._hosts)
            crawl.add(Task(link, self._address(link)) for link in links)
            crawl.work()
            self._hosts = crawl.learnt()
        if not findings.trouble.startswith(Outcome.HOST_BUSY.word):
            self._trouble = findings.trouble
        # What it has said of a long rest holds for every synset of the run.
        return findings.trouble and (self._trouble or findings.trouble)

    def _address(self, link: Link) -> str:
        return captures.address(self._options.wayback_service, self._moment, link.url)
