"""The main job: which synsets, who fetches, what comes of it."""

from __future__ import annotations

from contextlib import ExitStack, closing
from dataclasses import replace
from functools import partial
from typing import Generator, Iterable, Iterator

from ..catalogue.synsets import MANY, Selection, chosen
from ..core.actions import DownloadOptions
from ..core.errors import BadInput
from ..core.options import concern, refuse_alone, refuse_together, typed
from ..core.text import Progress
from ..core.url_lists import is_url
from ..engine import context, planning, tar_importer, wayback
from ..engine.context import Crawl, Order, Politeness, Wayback
from ..engine.dispatcher import Dispatcher
from ..engine.planning import Estimate, estimated, foreseen, run_order
from ..engine.processes import ProcessDispatcher
from ..engine.scheduler import Scheduler, SynsetJobs
from ..engine.synset_job import Summary, SynsetJob
from ..engine.tar_results import Unpacked
from ..engine.wayback import Captures
from ..http.client import Client, Spacing
from ..http.network import Network
from ..sources import registry, tar_places
from ..sources.lists import SynsetList, Unlisted
from ..sources.registry import Lists, Sources
from ..sources.tar_places import TarSource
from ..sources.url_archive import ArchiveSource
from ..storage import summaries
from ..storage.deduplication import Duplicates
from ..storage.paces import PaceMemory
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
    if options.tar or options.source == registry.NAME:
        yield from _unpack(options, store, progress, archive)
        return
    network, politeness = concern(options, Network), concern(options, Politeness)
    crawl, lists = concern(options, Crawl), concern(options, Lists)
    service = options.wayback_service
    captured = concern(options, Wayback)
    wnids = _wanted(options)
    if not options.dry_run:
        store.refuse_forbidden(wnids or None)
    if len(wnids) > MANY:
        yield _foreseen(wnids, options, store, archive)
        if options.dry_run:
            return
    # What is left of those that were begun may be hosts that keep silent: not for all connections.
    wnids = tuple(run_order(wnids, store, first=max(1, options.jobs // 4)))
    captures, duplicates, trusting = Captures(captured), Duplicates(), len(wnids) > summaries.FEW
    wishes = (crawl, lists, politeness, captured)
    job = partial(SynsetJob, *wishes, store, duplicates, progress, trusting)
    with ExitStack() as ending:
        spacing = context.wayback_spacing(politeness, service)
        sources = Sources(lists, network, store, archive, progress, spacing)
        ending.callback(sources.close)
        are_named = options.wnid or options.wnids
        found = sources.lists(wnids) if are_named else sources.lists_there_are(wnids)
        if options.dry_run:
            for each in found:
                yield job(each).preview() if isinstance(each, SynsetList) else each
            return
        near = context.picture_client(network, politeness, service)
        ending.callback(near.close)
        far = context.capture_client(network, politeness, service)
        ending.callback(far.close)
        memory = PaceMemory(store)
        order = Order(store, network, crawl, politeness, service, memory.load())
        hosts = _dispatcher(order, near, spacing, options.scheduler)
        ending.callback(lambda: memory.keep(hosts.learned()))
        settings = wayback.crawl_settings(crawl, politeness, service, spacing)
        capturing = ProcessDispatcher(None, far, store, settings)

        def jobs(found: Iterable[SynsetList | Unlisted]) -> SynsetJobs:
            lists = ending.enter_context(closing(planning.prefetched(found, store)))
            return (job(each) if isinstance(each, SynsetList) else each for each in lists)

        scheduler = Scheduler(
            *(hosts, capturing, captures, store, duplicates, progress, crawl.patience),
            find_again=lambda wnids: jobs(sources.lists(wnids)),
        )
        yield from scheduler.run(jobs(found), lambda: sources.reached)


def _wanted(options: DownloadOptions) -> tuple[str, ...]:
    """Return the synsets to download, none if the given list names them; refuse odd options."""
    refuse_alone(options, "engine", "scheduler")
    refuse_alone(options, "scheduler", "engine")
    if options.engine:
        refuse_together(options, "engine", "processes")
    if options.all and options.urls:
        raise BadInput(
            "--all wants the lists of all synsets: make an archive of that file, with "
            f"ck geturls imagenet --all --archive={options.urls}, and leave --urls out"
        )
    wnids = chosen(concern(options, Selection))
    if not wnids and not options.urls:
        raise BadInput(
            "which synset? Write --wnid=n01440764, or --wnid=tench to see which synsets have that "
            "word, or give a list with --urls=FILE; for many, there are --under, --search, "
            "--ilsvrc2012, --wnids=FILE and --all"
        )
    return wnids


def _foreseen(
    wnids: tuple[str, ...], options: DownloadOptions, store: Store, archive: ArchiveSource | None
) -> Estimate:
    """Return what it means to download synsets, as far as is known before anybody is asked.

    A list that the user gives is not read for that: it may be a pipe, and may be long.
    """
    crawl, politeness = concern(options, Crawl), concern(options, Politeness)
    if options.urls:
        return estimated((), len(wnids), crawl)
    learned = PaceMemory(store).load()
    paces = context.known_paces(politeness, options.wayback_service, learned)
    return foreseen(wnids, crawl, store, archive, paces)


def _dispatcher(order: Order, client: Client, spacing: Spacing, scheduler: str) -> Dispatcher:
    """Return who asks the hosts: the workers of a cluster if there is a scheduler."""
    if not scheduler:
        return ProcessDispatcher(order, client, order.store, order.settings(spacing=spacing))
    from ..engine.cluster import ClusterDispatcher  # which takes its time

    return ClusterDispatcher(order, order.store, scheduler)


# Pictures from tars instead of links.

_OF_LINKS = ("engine", "urls", "refresh", "wayback", "dry-run", "offset")
"""Options that say nothing of tars."""


def _unpack(
    options: DownloadOptions, store: Store, progress: Progress, archive: ArchiveSource | None
) -> Iterator[Unpacked]:
    """Keep the pictures of tars that are not here yet."""
    places = _tars(options)
    store.refuse_forbidden({wnid for place in places for wnid in place.wnids})
    client = context.picture_client(
        concern(options, Network),
        concern(options, Politeness),
        options.wayback_service,
        trusted=(place.where for place in places if is_url(place.where)),
    )
    with closing(client):
        crawl = concern(options, Crawl)
        yield from tar_importer.unpack(places, crawl, client, store, progress, archive)


def _tars(options: DownloadOptions) -> list[TarSource]:
    """Return the tars to read; raise BadInput if the options cannot be used together."""
    if options.tar:
        refuse_together(options, "tar", "source", *_OF_LINKS)
        return tar_places.places(options.tar, chosen(concern(options, Selection)))
    refuse_together(options, "source", *_OF_LINKS)
    wnids = chosen(concern(options, Selection))
    if not wnids:
        raise BadInput(f"which synset? Write --wnid=n01440764 --source={registry.NAME}")
    if not (is_url(options.winter21) and "{wnid}" in options.winter21):
        raise BadInput(f'--winter21="{options.winter21}" is no address with {{wnid}} in it')
    if len(wnids) > MANY and not options.yes:
        raise BadInput(
            f"{registry.NAME} has a tar for each of {len(wnids):,} synsets, of some "
            f"{planning.MEAN_URLS * planning.PICTURE // 1_000_000} MB each. If you want them, "
            f"type: ck download imagenet {typed(options)} --yes"
        )
    if not options.accept_terms:
        raise registry.terms(typed(replace(options, accept_terms=True)))
    places = tar_places.places(options.winter21, wnids)
    return [place._replace(is_of_winter21=True) for place in places]
