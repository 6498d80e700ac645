"""The main job: plan, crawl, sum up."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Collection, Iterable, Iterator, Sequence

from . import equip, kept_lists, unpack
from .actions import DownloadOptions
from .adopt import adopt
from .crawl import Crawl, Desk, Task
from .errors import BadInput
from .estimate import MANY, Estimate, foreseen
from .fetch import Fetcher
from .files import storage_errors
from .hosts import Hosts
from .journal import Journal
from .ledger import Ledger
from .lists import SynsetList, Unlisted
from .local_archive import Archive
from .numbering import KeptNames, Link, by_number, number
from .outcomes import Outcome
from .progress import Progress
from .repeats import Repeats
from .selection import chosen
from .sources import Sources
from .store import Store
from .team import Team, processes_for
from .turns import only_one
from .unpacked import Unpacked
from .wayback_pictures import WAYBACK, WaybackPictures, may_help
from .worker import Order


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
    from_wayback: int = 0
    """Pictures that are here from the Wayback Machine."""
    for_wayback: int = 0
    """Links that are gone for good, of which it has not been asked yet."""
    wayback_trouble: str = ""
    """Why it could not be asked for all of them, if it was to be."""

    def facts(self) -> dict[str, Any]:
        """Return the same in plain types, outcomes as their words."""
        failed = {outcome.word: count for outcome, count in self.failed.most_common()}
        return {**vars(self), "failed": failed, "set_aside": list(map(str, self.set_aside))}


def download(
    options: DownloadOptions, store: Store, progress: Progress, archive: Archive | None = None
) -> Iterator[Summary | Unpacked | Unlisted | Estimate]:
    """Fetch the pictures of synsets that are not here yet, one synset after the other.

    Parameters
    ----------
    options : DownloadOptions
        What and how.
    store : Store
        Where the pictures go.
    progress : Progress
        Is told how it goes.
    archive : Archive, optional
        The local archive of all URLs, if there is one.

    Yields
    ------
    Summary or Unpacked
        Of each synset, when it is done: the latter of pictures from tars.
    Unlisted
        Of a synset without a list, if it is not named.
    Estimate
        Before all others, where there are many: whoever does not want them stops here.

    Raises
    ------
    ImagenetError
        Whatever a user must know.
    KeyboardInterrupt
        When interrupted; everything so far is kept.
    """
    if unpack.is_asked_for(options):
        yield from unpack.unpack(options, store, progress, archive)
        return
    wnids = chosen(options)
    if not wnids and not options.urls:
        raise BadInput(
            "which synset? Write --wnid=n01440764, or --wnid=tench to see which synsets have that "
            "word, or give a list with --urls=FILE; for many, there are --under, --search, "
            "--ilsvrc2012, --wnids=FILE and --all"
        )
    if len(wnids) > MANY:
        yield foreseen(wnids, options, store, archive)
        if options.dry_run:
            return
    experience = _Experience(
        Repeats(), Hosts(options.sleep, options.per_host), WaybackPictures(options)
    )
    with closing(Sources(options, store, archive, progress)) as sources, closing(
        equip.fetcher(options)
    ) as fetcher:
        are_named = options.wnid or options.wnids
        lists = sources.lists(wnids) if are_named else sources.lists_there_are(wnids)
        for found in lists:
            if isinstance(found, Unlisted):
                yield found
                continue
            place = store.synset(found.wnid)
            with storage_errors(place.state):
                if options.dry_run:
                    summary = _Run(options, found, store, experience).preview()
                else:
                    place.create()
                    with only_one(place.lock(), place.wnid, progress):
                        if found.obtained_by:
                            kept_lists.keep(place, found)
                        run = _Run(options, found, store, experience)
                        summary = run.fetch(fetcher, progress, sources.reached)
                    summary.taken_out = _take_out_exposed(store, experience.repeats, progress)
            yield summary


@dataclass
class _Experience:
    """What a run learns from synset to synset."""

    repeats: Repeats
    hosts: Hosts[Task]
    wayback: WaybackPictures


def _take_out_exposed(store: Store, repeats: Repeats, progress: Progress) -> dict[str, int]:
    """Remove from synsets done before what has turned out to be a placeholder since."""
    taken_out = {}
    for wnid in sorted(repeats.exposed()):
        place = store.synset(wnid)
        with only_one(place.lock(), wnid, progress), closing(Journal.of(place)) as journal:
            ledger = Ledger(
                place, journal, repeats, here=0, most=None, reached=True, report=progress.settled
            )
            ledger.purge()
            taken_out[wnid] = -ledger.here
    return taken_out


class _Run:
    """One synset's part of a run."""

    def __init__(
        self, options: DownloadOptions, found: SynsetList, store: Store, experience: _Experience
    ) -> None:
        place = store.synset(found.wnid)
        self._options = options
        self._store = store
        self._found = found
        self._place = place
        self._experience = experience
        self._journal = Journal.of(place)
        self._kept = KeptNames.of(place)

    def preview(self) -> Summary:
        """Return what `fetch` would do, and do nothing."""
        self._journal.tie(self._kept.urls(self._found.lines))
        links = self._links()
        chosen = self._skip(links)
        here = self._place.pictures()
        wanted = [] if self._is_enough(len(here)) else self._wanted(chosen, here)
        return self._summary(links, chosen, len(here), wanted)

    def fetch(self, fetcher: Fetcher, progress: Progress, reached: bool) -> Summary:
        """Fetch what is not settled; `reached` says that the network has been seen to be there."""
        lost = self._place.mend()
        with closing(self._journal):
            named, true = by_number(self._kept.numbers), self._kept.urls(self._found.lines)
            aside = adopt(self._place, self._journal, named, true, lost)
            links = self._links()
            chosen = self._skip(links)
            self._kept.keep(self._found.wnid, links, self._found.lines)
            here = self._place.pictures()
            self._experience.repeats.add(self._journal.present(here))
            # Nobody needs these any more, and there may be many.
            self._found.lines.clear()
            self._kept.numbers = self._kept.true = {}
            ledger = Ledger(
                self._place,
                self._journal,
                self._experience.repeats,
                here=len(here),
                most=self._options.max_images,
                reached=reached,
                report=progress.settled,
            )
            ledger.purge()
            begin = ledger.here
            wanted = [] if ledger.missing() == 0 else self._wanted(chosen, here)
            self._fetch(wanted, fetcher, ledger, progress)
            trouble = self._fetch_captures(chosen, ledger, progress)
        return replace(
            self._summary(links, chosen, ledger.here, wanted),
            saved=max(0, ledger.here - begin),
            set_aside=aside,
            wayback_trouble=trouble,
        )

    def _fetch(
        self, wanted: Sequence[Link], fetcher: Fetcher, ledger: Ledger, progress: Progress
    ) -> None:
        """Ask the hosts themselves."""
        if not wanted:
            return
        progress.begin(self._found.wnid, len(wanted))
        crew = self._crew(fetcher, ledger, len(wanted))
        try:
            crew.run(wanted)
            ledger.close()
        finally:
            progress.end()
        self._experience.hosts = crew.learnt()

    def _fetch_captures(self, links: Iterable[Link], ledger: Ledger, progress: Progress) -> str:
        """Ask the Wayback Machine for the rest, if so wished; return why not for all of it."""
        lost = self._lost(links) if self._options.wayback and ledger.missing() != 0 else []
        if not lost:
            return ""
        progress.begin(f"{self._found.wnid} Wayback", len(lost))
        try:
            trouble = self._experience.wayback.fetch(lost, self._place, self._journal, ledger)
            ledger.close()
            return trouble
        finally:
            progress.end()

    def _crew(self, fetcher: Fetcher, ledger: Ledger, links: int) -> Crawl | Team:
        """Return who fetches: this process, or several where that pays."""
        source, processes = self._found.source, processes_for(links, self._options)
        manner = equip.manner(self._options, processes)
        desk = Desk(fetcher, self._place, source, ledger, manner)
        if processes == 1:
            return Crawl(desk, hosts=self._experience.hosts)
        order = Order(self._store, self._place.wnid, source, self._options, processes)
        return Team(order, desk, ledger, self._experience.hosts)

    def _is_enough(self, here: int) -> bool:
        return self._options.max_images is not None and here >= self._options.max_images

    def _links(self) -> list[Link]:
        return number(
            self._found.wnid, self._found.lines, self._kept.numbers, self._journal.records
        )

    def _wanted(self, links: list[Link], here: Collection[int]) -> list[Link]:
        """Return the links to ask for: those without a record, or whose picture has gone."""
        kept = {
            record.sha256
            for record in self._journal.present(here)
            if record.outcome in (Outcome.SAVED, Outcome.REJECTED)
        }
        return [link for link in links if self._is_open(link, here, kept)]

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
            return True  # what may be asked is this run's affair, and to find out costs nothing
        again = self._options.retry_failed
        return again == "all" or (again == "yes" and not record.outcome.final)

    def _skip(self, links: list[Link]) -> list[Link]:
        """Leave out the links of the list's first lines."""
        first = {line.url for line in self._found.lines if line.number < self._options.offset}
        return [link for link in links if link.url not in first]

    def _lost(self, links: Iterable[Link]) -> list[Link]:
        """Return the links that are gone for good, of which no archive has been asked."""
        known = self._journal.records
        return [link for link in links if link.url in known and may_help(known[link.url])]

    def _summary(
        self,
        links: Sequence[Link],
        chosen: Iterable[Link],
        here: int,
        wanted: Sequence[Link],
    ) -> Summary:
        known = self._journal.records
        records = [known[link.url] for link in links if link.url in known]
        saved = [record for record in records if record.outcome is Outcome.SAVED]
        return Summary(
            self._found.wnid,
            len(links),
            here,
            to_fetch=len(wanted),
            failed=Counter(each.outcome for each in records if each.outcome is not Outcome.SAVED),
            from_wayback=sum(each.source == WAYBACK for each in saved),
            for_wayback=0 if self._is_enough(here) else len(self._lost(chosen)),
        )
