"""The main job: which synsets, who fetches, what comes of it."""

from __future__ import annotations

from contextlib import ExitStack, closing
from functools import partial
from typing import Generator, Iterable

from ..catalogue.synsets import MANY, chosen
from ..core.actions import DownloadOptions
from ..core.errors import BadInput
from ..core.options import refuse_alone, refuse_together
from ..core.text import Progress
from ..engine import context, planning, tar_importer, wayback
from ..engine.dispatcher import Dispatcher
from ..engine.planning import Estimate, foreseen, run_order
from ..engine.processes import ProcessDispatcher
from ..engine.scheduler import Scheduler, SynsetJobs
from ..engine.synset_job import Summary, SynsetJob
from ..engine.tar_results import Unpacked
from ..engine.wayback import Captures
from ..engine.worker import Order
from ..http.client import Client, Spacing
from ..sources.lists import SynsetList, Unlisted
from ..sources.registry import Sources
from ..sources.url_archive import ArchiveSource
from ..storage import summaries
from ..storage.deduplication import Duplicates
from ..storage.paces import Learned, PaceMemory
from ..storage.store import Store


def download(
    options: DownloadOptions, store: Store, progress: Progress, archive: ArchiveSource | None = None
) -> Generator[Summary | Unpacked | Unlisted | Estimate, None, None]:
    """Fetch the pictures of synsets that are not here yet, of all synsets at once.

    Parameters
    ----------
    options : DownloadOptions
        What and how.
    store : Store
        Where the pictures go.
    progress : Progress
        Is told how it goes.
    archive : ArchiveSource, optional
        The local archive of all URLs.

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
    if tar_importer.is_asked_for(options):
        yield from tar_importer.unpack(options, store, progress, archive)
        return
    wnids = _wanted(options)
    if not options.dry_run:
        store.refuse_forbidden(wnids or None)
    if len(wnids) > MANY:
        yield foreseen(wnids, options, store, archive)
        if options.dry_run:
            return
    # What is left of those that were begun may be hosts that keep silent: not for all connections.
    wnids = tuple(run_order(wnids, store, first=max(1, options.jobs // 4)))
    captures, duplicates, trusting = Captures(options), Duplicates(), len(wnids) > summaries.FEW
    job = partial(SynsetJob, options, store, duplicates, progress, trusting)
    with ExitStack() as ending:
        spacing = context.wayback_spacing(options)
        sources = ending.enter_context(closing(Sources(options, store, archive, progress, spacing)))
        are_named = options.wnid or options.wnids
        found = sources.lists(wnids) if are_named else sources.lists_there_are(wnids)
        if options.dry_run:
            for each in found:
                yield job(each).preview() if isinstance(each, SynsetList) else each
            return
        near = ending.enter_context(closing(context.fetcher(options)))
        far = ending.enter_context(closing(context.wayback_fetcher(options)))
        memory = PaceMemory(store)
        hosts = _dispatcher(options, store, near, memory.load(), spacing)
        ending.callback(lambda: memory.keep(hosts.learned()))
        captured = ProcessDispatcher(None, far, store, wayback.manner(options, spacing))

        def jobs(found: Iterable[SynsetList | Unlisted]) -> SynsetJobs:
            lists = ending.enter_context(closing(planning.prefetched(found, store)))
            return (job(each) if isinstance(each, SynsetList) else each for each in lists)

        scheduler = Scheduler(
            *(hosts, captured, captures, store, duplicates, progress, options.patience),
            find_again=lambda wnids: jobs(sources.lists(wnids)),
        )
        yield from scheduler.run(jobs(found), lambda: sources.reached)


def _wanted(options: DownloadOptions) -> tuple[str, ...]:
    """Return the synsets to download, none if the given list names them; refuse odd options."""
    refuse_alone(options, "engine", "scheduler")
    refuse_alone(options, "scheduler", "engine")
    if options.engine:
        refuse_together(options, "engine", "processes")
    wnids = chosen(options)
    if not wnids and not options.urls:
        raise BadInput(
            "which synset? Write --wnid=n01440764, or --wnid=tench to see which synsets have that "
            "word, or give a list with --urls=FILE; for many, there are --under, --search, "
            "--ilsvrc2012, --wnids=FILE and --all"
        )
    return wnids


def _dispatcher(
    options: DownloadOptions,
    store: Store,
    fetcher: Client,
    learned: dict[str, Learned],
    spacing: Spacing,
) -> Dispatcher:
    """Return who asks the hosts."""
    order = Order(store, options, learned)
    if not options.engine:
        return ProcessDispatcher(order, fetcher, store, context.manner(options, learned, spacing))
    from ..engine.cluster import ClusterDispatcher  # which takes its time

    return ClusterDispatcher(order, store, options.scheduler)
