"""The main job: plan, crawl, sum up."""

from __future__ import annotations

from collections import Counter
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Collection, Iterator, Sequence

from filelock import FileLock

from . import equip
from .actions import DownloadOptions
from .addresses import Guard
from .adopt import adopt
from .crawl import Crawl, Desk
from .errors import BadInput
from .fall11 import Archive
from .fetch import Fetcher
from .files import storage_errors
from .journal import Journal
from .ledger import Ledger
from .named import answering
from .numbering import KeptNames, Link, number
from .outcomes import Outcome
from .progress import Progress
from .repeats import Repeats
from .resolve import Resolver
from .selection import with_pictures
from .sources import Sources, SynsetList
from .store import Store
from .team import Team, processes_for
from .turns import only_one
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

    def facts(self) -> dict[str, Any]:
        """Return the same in plain types, outcomes as their words."""
        failed = {outcome.word: count for outcome, count in self.failed.most_common()}
        return {**vars(self), "failed": failed, "set_aside": list(map(str, self.set_aside))}


def download(
    options: DownloadOptions, store: Store, progress: Progress, archive: Archive | None = None
) -> Iterator[Summary]:
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
        The archive of all URLs on this machine, if there is one.

    Yields
    ------
    Summary
        Of each synset, when it is done.

    Raises
    ------
    ImagenetError
        Whatever a user must know.
    KeyboardInterrupt
        When interrupted; everything so far is kept.
    """
    wnids = with_pictures(options.wnid)
    if not wnids and not options.urls:
        raise BadInput(
            "which synset? Write --wnid=n01440764, or --wnid=tench to see which synsets have that "
            "word, or give a list with --urls=FILE"
        )
    guard = Guard.allowing(options.allow_private)
    resolver = Resolver(answering(options.resolve))
    with closing(
        Sources(options.urls, options.service, guard, resolver, archive)
    ) as sources, closing(equip.fetcher(options)) as fetcher:
        repeats = Repeats()
        for found in sources.lists(wnids):
            place = store.synset(found.wnid)
            with storage_errors(place.state):
                if options.dry_run:
                    summary = _Run(options, found, store, repeats).preview()
                else:
                    place.create()
                    with only_one(FileLock(place.state / ".lock"), place.wnid, progress):
                        run = _Run(options, found, store, repeats)
                        summary = run.fetch(fetcher, progress, sources.reached)
                    summary.taken_out = _take_out_exposed(store, repeats, progress)
            yield summary


def _take_out_exposed(store: Store, repeats: Repeats, progress: Progress) -> dict[str, int]:
    """Remove from synsets done before what has turned out to be a placeholder since."""
    taken_out = {}
    for wnid in sorted(repeats.exposed()):
        place = store.synset(wnid)
        lock = FileLock(place.state / ".lock")
        with only_one(lock, wnid, progress), closing(Journal.of(place)) as journal:
            ledger = Ledger(
                place, journal, repeats, most=None, reached=True, report=progress.settled
            )
            ledger.purge()
            taken_out[wnid] = -ledger.saved
    return taken_out


class _Run:
    """One synset's part of a run."""

    def __init__(
        self, options: DownloadOptions, found: SynsetList, store: Store, repeats: Repeats
    ) -> None:
        place = store.synset(found.wnid)
        self._options = options
        self._store = store
        self._found = found
        self._place = place
        self._repeats = repeats
        self._journal = Journal.of(place)
        self._kept = KeptNames.of(place)

    def preview(self) -> Summary:
        """Return what `fetch` would do, and do nothing."""
        links = self._links()
        here = self._place.pictures()
        return self._summary(links, here, self._wanted(links, here))

    def fetch(self, fetcher: Fetcher, progress: Progress, reached: bool) -> Summary:
        """Fetch what is not settled; `reached` says that the network has been seen to be there."""
        lost = self._place.mend()
        with closing(self._journal):
            aside = adopt(self._place, self._journal, self._named(), lost)
            self._repeats.add(self._journal.records.values())
            links = self._links()
            self._kept.keep(self._found.wnid, links)
            here = self._place.pictures()
            wanted = self._wanted(links, here)
            # Nobody needs these any more, and there may be many.
            self._found.lines.clear()
            self._kept.numbers = {}
            saved = 0
            if wanted:
                progress.begin(self._found.wnid, len(wanted))
                ledger = Ledger(
                    self._place,
                    self._journal,
                    self._repeats,
                    most=self._room(here),
                    reached=reached,
                    report=progress.settled,
                )
                try:
                    ledger.purge()
                    self._crew(fetcher, ledger, len(wanted)).run(wanted)
                    ledger.close()
                finally:
                    progress.end()
                saved = ledger.saved
                here = self._place.pictures()
        return self._summary(links, here, wanted, saved, aside)

    def _crew(self, fetcher: Fetcher, ledger: Ledger, links: int) -> Crawl | Team:
        """Return who fetches: this process, or several where that pays."""
        source, processes = self._found.source, processes_for(links, self._options.processes)
        manner = equip.manner(self._options, processes)
        desk = Desk(fetcher, self._place, source, ledger, manner)
        if processes == 1:
            return Crawl(desk)
        order = Order(self._store, self._place.wnid, source, self._options, processes)
        return Team(order, desk, ledger)

    def _room(self, here: Collection[int]) -> int | None:
        most = self._options.max_images
        return None if most is None else max(0, most - len(here))

    def _named(self) -> dict[int, str]:
        kept = {number: url for url, number in self._kept.numbers.items()}
        return {**kept, **{line.name.number: line.url for line in self._found.lines if line.name}}

    def _links(self) -> list[Link]:
        return number(
            self._found.wnid, self._found.lines, self._kept.numbers, self._journal.records
        )

    def _wanted(self, links: list[Link], here: Collection[int]) -> list[Link]:
        """Return the links to ask for: those without a record, or whose picture has gone."""
        if self._room(here) == 0:
            return []
        return [link for link in self._skip(links) if self._is_open(link, here)]

    def _is_open(self, link: Link, here: Collection[int]) -> bool:
        record = self._journal.records.get(link.url)
        if not record:
            return True
        if record.outcome is Outcome.SAVED:
            return link.name.number not in here
        if record.outcome is Outcome.PRIVATE_ADDRESS:
            return True  # what may be asked is this run's affair, and to find out costs nothing
        again = self._options.retry_failed
        return again == "all" or (again == "yes" and not record.outcome.final)

    def _skip(self, links: list[Link]) -> list[Link]:
        """Leave out the links of the list's first lines."""
        first = {line.url for line in self._found.lines if line.number < self._options.offset}
        return [link for link in links if link.url not in first]

    def _summary(
        self,
        links: list[Link],
        here: Collection[int],
        wanted: list[Link],
        saved: int = 0,
        set_aside: Sequence[Path] = (),
    ) -> Summary:
        records = [self._journal.records.get(link.url) for link in links]
        failed: Counter[Outcome] = Counter(
            record.outcome for record in records if record and record.outcome is not Outcome.SAVED
        )
        return Summary(
            self._found.wnid, len(links), len(here), saved, len(wanted), failed, list(set_aside)
        )
