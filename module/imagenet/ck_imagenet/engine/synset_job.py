"""One synset's part of a run: what is to be asked for, and what has come of it.

begin ──► links are fetched ──► begin_captures ──► captures are fetched ──► end: a `Summary`
  │ takes the synset's lock, mends its place,             │ none, or not wished    ▲
  │ recovers, numbers the links                           └────────────────────────┘
  └── Busy: another process holds the lock        abandon, at any time: gives the lock back
"""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, closing, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Collection, Iterator

from ..core import urls
from ..core.files import storage_errors
from ..core.outcomes import Failed, Outcome
from ..core.text import Progress
from ..sources import lists
from ..sources.lists import EARLIER, SynsetList
from ..sources.registry import Lists
from ..storage import summaries
from ..storage.deduplication import Duplicates
from ..storage.inventory import Inventory
from ..storage.journal import Journal
from ..storage.numbering import KeptNames, Link, by_number, number
from ..storage.paces import PaceMemory
from ..storage.records import Record
from ..storage.recovery import recover
from ..storage.store import Busy, Store, SynsetStore, try_lock, wait_for_lock
from . import context
from .context import Crawl, Politeness, Wayback
from .link import Task, may_be_elsewhere, reopened
from .recorder import SynsetRecorder
from .wayback import WAYBACK, CaptureRecorder, Captures, may_help


@dataclass
class Summary:
    """What a run did for one synset."""

    wnid: str
    links: int
    """URLs known."""
    here: int = 0
    """Pictures that are here now."""
    saved: int = 0
    """Pictures that this run saved."""
    to_fetch: int = 0
    """URLs that were not settled: this run asks for them, until it has what it wants."""
    failed: Counter[Outcome] = field(default_factory=Counter)
    """What became of the others so far."""
    set_aside: list[Path] = field(default_factory=list)
    """Files that were called pictures and were none, where they are now."""
    taken_out: dict[str, int] = field(default_factory=dict)
    """Pictures of synsets done before that were removed, for here they came again: placeholders."""
    renamed: int = 0
    """Links that are gone for good, but were not asked for under the name that their hosts have
    today."""
    from_wayback: int = 0
    """Pictures that are here from the Wayback Machine."""
    for_wayback: int = 0
    """Links that are gone for good, of which it has not been asked yet."""
    left: Counter[str] = field(default_factory=Counter)
    """Links that their hosts did not give in the time that there was, by host: not settled. Of what
    is only foreseen, those of hosts that are known to ration."""
    paces: dict[str, float] = field(default_factory=dict)
    """Requests a second that these hosts give, 0 if that is not known."""
    wayback_trouble: str = ""
    """Why it could not be asked for all of them, if it was to be."""

    def facts(self) -> dict[str, Any]:
        """Return the same in plain types, outcomes as their words."""
        failed = {outcome.word: count for outcome, count in self.failed.most_common()}
        return {**vars(self), "failed": failed, "set_aside": list(map(str, self.set_aside))}


class SynsetJob:
    """One synset's part of a run.

    Parameters
    ----------
    crawl : Crawl
        How much is wanted of it.
    asked : Lists
        Where its list was looked for.
    politeness : Politeness
        What is to count of what is known of hosts.
    wayback : Wayback
        Whether it is asked for what is gone for good.
    store : Store
        Where its pictures go.
    duplicates : Duplicates
        Which bytes have come before in this run.
    progress : Progress
        Is told how it goes.
    trusting : bool
        Whether what is here is whole where its summary is true: to look takes as long as to read
        all of it.
    found : SynsetList
        The synset's list.
    """

    def __init__(
        self,
        crawl: Crawl,
        asked: Lists,
        politeness: Politeness,
        wayback: Wayback,
        store: Store,
        duplicates: Duplicates,
        progress: Progress,
        trusting: bool,
        found: SynsetList,
    ) -> None:
        self._crawl = crawl
        self._lists = asked
        self._politeness = politeness
        self._wayback = wayback
        self._trusting = trusting
        self._found = found
        self._store = store
        self._place = store.synset(found.wnid)
        self._duplicates = duplicates
        self._progress = progress
        self._resources = ExitStack()
        self._links: list[Link] = []
        self._skipped: set[str] = set()
        self._listed: set[str] = set()
        self._to_fetch = self._here_before = 0
        self._aside: list[Path] = []
        self.recorder: SynsetRecorder
        self.capture_recorder: CaptureRecorder | None = None

    @property
    def wnid(self) -> str:
        """The synset."""
        return self._found.wnid

    @property
    def known(self) -> int:
        """How many links of the synset are held in memory."""
        return len(self._links)

    @property
    def has_links_to_fetch(self) -> bool:
        """Whether there was anything to ask for."""
        return self._to_fetch > 0

    def preview(self) -> Summary:
        """Return what would be done, and do nothing."""
        with storage_errors(self._place.state):
            self._open()
            self._take_in_known()
            self._journal.tie(self._kept.urls(self._found.lines))
            self._number()
            here = self._place.pictures()
            wanted = [] if self._is_enough(len(here)) else self._wanted(here)
            summary = replace(self._summary(len(here)), to_fetch=len(wanted))
        paces = context.known_paces(
            self._politeness, self._wayback.wayback_service, PaceMemory(self._store).load()
        )
        for name, pace in filter(None, (paces(urls.endpoint(link.url)) for link in wanted)):
            summary.left[name] += 1
            summary.paces[name] = pace
        return summary

    def begin(self, reached: bool, wait: bool) -> list[Task]:
        """Put the synset's place in order, and return what is to be fetched.

        Parameters
        ----------
        reached : bool
            Whether the network has been seen to be there.
        wait : bool
            Whether to wait for another process that is at work on the synset.

        Raises
        ------
        Busy
            If there is one, and is not to be waited for; nothing has been done then.
        StoreError
            If the place cannot be used.
        """
        try:
            return self._begin(reached, wait)
        except BaseException:
            self.abandon()
            raise

    def _begin(self, reached: bool, wait: bool) -> list[Task]:
        place = self._place
        with storage_errors(place.state):
            place.create()
            if wait:
                self._resources.enter_context(
                    wait_for_lock(place.lock(), self.wnid, self._progress)
                )
            else:
                self._resources.enter_context(try_lock(place.lock()))
            if self._lists.urls:
                lists.keep(place, self._found._replace(obtained_by="urls"))
            elif self._found.obtained_by:
                lists.keep(place, self._found)
            lost = set() if self._trusting and summaries.is_whole(place) else place.mend()
            self._open()
            self._resources.callback(self._journal.close)
            self._take_in_known()
            named, true = by_number(self._kept.numbers), self._kept.urls(self._found.lines)
            pictures = place.pictures()
            self._aside = recover(place, self._journal, named, true, lost, pictures)
            self._number()
            self._kept.keep(self.wnid, self._links, self._found.lines)
            here = place.pictures() if self._aside else pictures
            self._duplicates.add(self._journal.present(here))
            # Nobody needs these any more, and there may be many.
            self._found.lines.clear()
            self._kept.drop(self._links)
            self.recorder = self._recorder(len(here), reached)
            self._here_before = self.recorder.here
            wanted = [] if self.recorder.missing() == 0 else self._wanted(here)
            self._to_fetch = len(wanted)
            if wanted:
                summaries.drop(place)
            tasks = [self._task(link) for link in wanted]
            self._listed.clear()
            return tasks

    def begin_captures(self, captures: Captures) -> list[Task]:
        """Return what the Wayback Machine is to be asked for, if so wished; after the links."""
        with storage_errors(self._place.state):
            self.recorder.close()
        wanted = self._wayback.wayback and self.recorder.missing() != 0
        tasks = [captures.task(link) for link in self._lost()] if wanted else []
        if tasks:
            self.capture_recorder = CaptureRecorder(self.recorder, self._journal, captures)
        return tasks

    def end(self) -> Summary:
        """Return what has been done, and let others work on the synset.

        Raises
        ------
        NetworkDown
            If nothing answered.
        """
        with self._resources, storage_errors(self._place.state):
            self.recorder.close()
            self.recorder.purge()  # by what has come in other synsets since
            summary = replace(
                self._summary(self.recorder.here),
                to_fetch=self._to_fetch,
                saved=max(0, self.recorder.here - self._here_before),
                set_aside=self._aside,
                left=self.recorder.left,
                wayback_trouble=self.capture_recorder.trouble if self.capture_recorder else "",
            )
            self._duplicates.retire(self._journal.records.values())
            self._place.checkpoint()
            summaries.keep(self._place, mended=True, take=self._inventory)
            return summary

    def abandon(self) -> None:
        """Let others work on the synset."""
        self._resources.close()

    def _inventory(self, place: SynsetStore) -> Inventory:
        numbers = {**{link.url: link.name.number for link in self._links}, **self._kept.numbers}
        return Inventory.taken(place, self._journal.as_read(), numbers)

    def _open(self) -> None:
        self._journal = Journal.of(self._place)
        self._kept = KeptNames.of(self._place)

    def _take_in_known(self) -> None:
        """Add what other lists have told before, unless only this one is wanted."""
        lines = self._found.lines
        listed = {line.url for line in lines}
        self._listed = listed if self._found.source != EARLIER else set()
        if not self._lists.are_chosen:
            after = max((line.number for line in lines), default=-1) + 1
            known = self._kept.lines(self.wnid, self._journal.records.values())
            others = (line for line in known if line.url not in listed)
            lines += [line._replace(number=line.number + after) for line in others]

    def _task(self, link: Link) -> Task:
        """Return a link's task: for another address, if the link has failed under its own."""
        task = Task(link, self._source_of(link))
        record = self._journal.records.get(link.url)
        if record and record.outcome.final and self._crawl.retry_failed == "yes":
            reopened = self._reopened(record)
            if reopened:
                task.switch_to(*reopened)
                task.wayback = record.wayback
        return task

    def _reopened(self, record: Record) -> tuple[str, Failed] | None:
        """Return what was never asked for a link that failed for good, and its own failure."""
        if not (record.outcome.final and may_be_elsewhere(Failed(record.outcome, record.detail))):
            return None
        return reopened(record, context.successors_of(self._politeness, record.url))

    def _source_of(self, link: Link) -> str:
        """Return which list has told of a link, as far as that is known."""
        if link.url in self._listed:
            return self._found.source
        known = self._journal.records.get(link.url)
        is_of_list = known is not None and not known.sha256  # else it may be that of a picture
        return known.source if known and is_of_list and known.source else EARLIER

    def _recorder(self, here: int, reached: bool) -> SynsetRecorder:
        recorder = SynsetRecorder(
            self._place,
            self._journal,
            self._duplicates,
            here=here,
            most=self._crawl.max_images,
            reached=reached,
            report=self._progress.settled,
        )
        recorder.purge()
        return recorder

    def _is_enough(self, here: int) -> bool:
        return self._crawl.max_images is not None and here >= self._crawl.max_images

    def _number(self) -> None:
        lines = self._found.lines
        self._links = number(self.wnid, lines, self._kept.numbers, self._journal.records)
        self._skipped = {line.url for line in lines if line.number < self._crawl.offset}

    def _chosen(self) -> Iterator[Link]:
        """Yield the links but those of the list's first lines, if they are to be skipped."""
        return (link for link in self._links if link.url not in self._skipped)

    def _wanted(self, here: Collection[int]) -> list[Link]:
        """Return the links to ask for: those without a record, or whose picture has gone."""
        kept = {
            record.sha256
            for record in self._journal.present(here)
            if record.outcome is Outcome.SAVED or record.outcome is Outcome.REJECTED
        }
        return [link for link in self._chosen() if self._is_open(link, here, kept)]

    def _is_open(self, link: Link, here: Collection[int], kept: Collection[str]) -> bool:
        record = self._journal.records.get(link.url)
        if not record:
            return True
        if record.outcome is Outcome.SAVED:
            return link.name.number not in here
        if record.outcome is Outcome.DUPLICATE:
            return record.sha256 not in kept
        if record.outcome is Outcome.REJECTED:
            return False
        if record.outcome is Outcome.PRIVATE_ADDRESS:
            return True  # each run decides what may be asked, and to find out costs nothing
        again = self._crawl.retry_failed
        if again == "yes":
            return not record.outcome.final or bool(self._reopened(record))
        return again == "all"

    def _lost(self) -> list[Link]:
        """Return the links that are gone for good, of which no archive has been asked."""
        known = self._journal.records
        return [link for link in self._chosen() if link.url in known and may_help(known[link.url])]

    def _summary(self, here: int) -> Summary:
        known = self._journal.records
        records = [known[link.url] for link in self._links if link.url in known]
        saved = [record for record in records if record.outcome is Outcome.SAVED]
        return Summary(
            self.wnid,
            len(self._links),
            here,
            failed=Counter(each.outcome for each in records if each.outcome is not Outcome.SAVED),
            from_wayback=sum(each.source == WAYBACK for each in saved),
            renamed=sum(bool(self._reopened(each)) for each in records),
            for_wayback=0 if self._is_enough(here) else len(self._lost()),
        )


def take_out_exposed(
    store: Store, duplicates: Duplicates, at_work: Collection[str], progress: Progress
) -> dict[str, int]:
    """Remove what has turned out to be a placeholder since.

    Another process that is at work on a synset is not waited for, since it may be waiting for us.

    Parameters
    ----------
    store : Store
        Where the pictures are.
    duplicates : Duplicates
        Which bytes have come in this run.
    at_work : collection of str
        Synsets that are open: they do so themselves when they end.
    progress : Progress
        Is told of each.

    Returns
    -------
    dict of str to int
        How many pictures were removed, by synset.
    """
    taken_out = {}
    for wnid in sorted(duplicates.exposed() - set(at_work)):
        place = store.synset(wnid)
        if not place.state.is_dir():  # somebody has removed it since
            continue
        with suppress(Busy), try_lock(place.lock()), closing(Journal.of(place)) as journal:
            recorder = SynsetRecorder(
                place, journal, duplicates, here=0, most=None, reached=True, report=progress.settled
            )
            recorder.purge()
            taken_out[wnid] = -recorder.here
            summaries.keep(place)
    return taken_out
