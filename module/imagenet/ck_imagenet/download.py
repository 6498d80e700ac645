"""The main job: plan, crawl, sum up."""

from __future__ import annotations

from collections import Counter
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Collection, Iterator, Sequence

from filelock import FileLock, Timeout

from . import equip
from .actions import DownloadOptions
from .addresses import Guard
from .adopt import adopt
from .crawl import Crawl, Desk, Task
from .errors import BadInput, StoreError, TooManyFiles
from .fetch import Fetcher
from .hosts import Hosts
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
from .store import Store, SynsetStore
from .team import Team, processes_for
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


def download(options: DownloadOptions, store: Store, progress: Progress) -> Iterator[Summary]:
    """Fetch the pictures of synsets that are not here yet, one synset after the other.

    Parameters
    ----------
    options : DownloadOptions
        What and how.
    store : Store
        Where the pictures go.
    progress : Progress
        Is told how it goes.

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
    with closing(Sources(options.urls, options.service, guard, resolver)) as sources, closing(
        equip.fetcher(options)
    ) as fetcher:
        experience = _Experience(Repeats(), Hosts(options.sleep, options.per_host))
        for found in sources.lists(wnids):
            place = store.synset(found.wnid)
            with _storage_errors(place):
                if options.dry_run:
                    summary = _Run(options, found, store, experience).preview()
                else:
                    place.create()
                    with _only_one(place, progress):
                        run = _Run(options, found, store, experience)
                        summary = run.fetch(fetcher, progress, sources.reached)
                    summary.taken_out = _take_out_exposed(store, experience.repeats, progress)
            yield summary


@dataclass
class _Experience:
    """What a run learns from synset to synset."""

    repeats: Repeats
    hosts: Hosts[Task]


def _take_out_exposed(store: Store, repeats: Repeats, progress: Progress) -> dict[str, int]:
    """Remove from synsets done before what has turned out to be a placeholder since."""
    taken_out = {}
    for wnid in sorted(repeats.exposed()):
        place = store.synset(wnid)
        with _only_one(place, progress), closing(Journal.of(place)) as journal:
            ledger = Ledger(
                place, journal, repeats, here=0, most=None, reached=True, report=progress.settled
            )
            ledger.purge()
            taken_out[wnid] = -ledger.here
    return taken_out


@contextmanager
def _storage_errors(place: SynsetStore) -> Iterator[None]:
    """Turn what the system says of a full disk or a forbidden place into a sentence."""
    try:
        yield
    except OSError as error:
        TooManyFiles.check(error)
        where = error.filename or place.state
        raise StoreError(f'"{where}" cannot be used: {error.strerror or error}') from error


@contextmanager
def _only_one(place: SynsetStore, progress: Progress) -> Iterator[None]:
    """Let one process at a time work on a synset; the others wait, and say so."""
    lock = FileLock(place.state / ".lock")
    try:
        lock.acquire(timeout=0)
    except Timeout:
        progress.waiting(place.wnid)
        lock.acquire()
    try:
        yield
    finally:
        lock.release()


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
        links = self._links()
        here = self._place.pictures()
        most = self._options.max_images
        wanted = self._wanted(links, here) if most is None or len(here) < most else []
        return self._summary(links, len(here), wanted)

    def fetch(self, fetcher: Fetcher, progress: Progress, reached: bool) -> Summary:
        """Fetch what is not settled; `reached` says that the network has been seen to be there."""
        lost = self._place.mend()
        with closing(self._journal):
            aside = adopt(self._place, self._journal, self._named(), lost)
            links = self._links()
            self._kept.keep(self._found.wnid, links)
            here = self._place.pictures()
            self._experience.repeats.add(self._journal.present(here))
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
            wanted = [] if ledger.missing() == 0 else self._wanted(links, here)
            # Nobody needs these any more, and there may be many.
            self._found.lines.clear()
            self._kept.numbers = {}
            if wanted:
                progress.begin(self._found.wnid, len(wanted))
                crew = self._crew(fetcher, ledger, len(wanted))
                try:
                    crew.run(wanted)
                    ledger.close()
                finally:
                    progress.end()
                self._experience.hosts = crew.learnt()
        saved = max(0, ledger.here - begin)
        return self._summary(links, ledger.here, wanted, saved, aside)

    def _crew(self, fetcher: Fetcher, ledger: Ledger, links: int) -> Crawl | Team:
        """Return who fetches: this process, or several where that pays."""
        source, processes = self._found.source, processes_for(links, self._options)
        manner = equip.manner(self._options, processes)
        desk = Desk(fetcher, self._place, source, ledger, manner)
        if processes == 1:
            return Crawl(desk, hosts=self._experience.hosts)
        order = Order(self._store, self._place.wnid, source, self._options, processes)
        return Team(order, desk, ledger, self._experience.hosts)

    def _named(self) -> dict[int, str]:
        kept = {number: url for url, number in self._kept.numbers.items()}
        return {**kept, **{line.name.number: line.url for line in self._found.lines if line.name}}

    def _links(self) -> list[Link]:
        return number(
            self._found.wnid, self._found.lines, self._kept.numbers, self._journal.records
        )

    def _wanted(self, links: list[Link], here: Collection[int]) -> list[Link]:
        """Return the links to ask for: those without a record, or whose picture has gone."""
        kept = {
            record.sha256
            for record in self._journal.present(here)
            if record.outcome is Outcome.SAVED
        }
        return [link for link in self._skip(links) if self._is_open(link, here, kept)]

    def _is_open(self, link: Link, here: Collection[int], kept: Collection[str]) -> bool:
        record = self._journal.records.get(link.url)
        if not record:
            return True
        if record.outcome is Outcome.SAVED:
            return link.name.number not in here
        if record.outcome is Outcome.DUPLICATE:
            return record.sha256 not in kept
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
        here: int,
        wanted: list[Link],
        saved: int = 0,
        set_aside: Sequence[Path] = (),
    ) -> Summary:
        records = [self._journal.records.get(link.url) for link in links]
        failed: Counter[Outcome] = Counter(
            record.outcome for record in records if record and record.outcome is not Outcome.SAVED
        )
        return Summary(
            self._found.wnid, len(links), here, saved, len(wanted), failed, list(set_aside)
        )
