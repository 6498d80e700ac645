"""The main job: which synsets, who fetches, what comes of it."""

from __future__ import annotations

from collections import Counter
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Generator, Iterable, Iterator, Sequence

from ..catalogue.selection import MANY, Selection, chosen
from ..core.actions import DownloadOptions
from ..core.errors import BadInput
from ..core.options import concern, refuse_alone, refuse_together, typed
from ..core.outcomes import Outcome
from ..core.text import Progress, counted
from ..core.url_lists import is_url
from ..engine import context, planning
from ..engine.context import Crawl, Order, Politeness, Wayback
from ..engine.dispatcher import Dispatcher
from ..engine.importer import import_copies
from ..engine.pipe import Processes
from ..engine.planning import Estimate, previewed, run_order
from ..engine.scheduler import Scheduler, SynsetJobs
from ..engine.synset_import import Imported
from ..engine.synset_job import Summary, SynsetJob
from ..engine.transports import Local
from ..engine.wayback import Captures
from ..http.client import Network
from ..http.request_state import tokens
from ..http.retry import Spacing
from ..sources import registry
from ..sources.copies import Copy, named_copies
from ..sources.labels import read_labels
from ..sources.lists import SynsetList, Unlisted
from ..sources.registry import Lists, Sources
from ..sources.url_archive import ArchiveSource
from ..storage import summaries
from ..storage.deduplication import Duplicates
from ..storage.paces import PaceMemory
from ..storage.store import Store
from . import USUAL, opened, outlook


@dataclass(frozen=True)
class Downloaded:
    """What a download has done."""

    folder: Path
    synsets: list[Summary | Imported | Unlisted]
    """What was done for each: an `Imported` from copies, an `Unlisted` where nobody has a list."""
    estimate: Estimate | None = None
    """What it would take, of a dry run."""

    @property
    def here(self) -> int:
        """Pictures of these synsets that are here now."""
        return sum(each.here for each in self.synsets if not isinstance(each, Unlisted))

    @property
    def saved(self) -> int:
        """Pictures that this run saved."""
        return sum(each.saved for each in self.synsets if not isinstance(each, Unlisted))

    @property
    def failed(self) -> Counter[Outcome]:
        """What became of the links or members that gave no picture."""
        listed = (each for each in self.synsets if not isinstance(each, Unlisted))
        return sum((each.failed for each in listed), Counter())

    def __str__(self) -> str:
        listed = sum(not isinstance(each, Unlisted) for each in self.synsets)
        here = f"{counted(self.here, 'picture')} of {counted(listed, 'synset')} in {self.folder}"
        return str(self.estimate or f"{here}, {self.saved} saved now")


def download(
    wnid: str | Iterable[str] = (),
    *,
    to: str | Path = USUAL,
    under: str | Iterable[str] = (),
    search: str = "",
    ilsvrc2012: bool = False,
    set: str = "",
    wnids: str | Path = "",
    all: bool = False,
    lower: int = 0,
    upper: int | None = None,
    yes: bool = False,
    urls: str | Path = "",
    url_col: str = "",
    name_col: str = "",
    from_: str | Path = "",
    tar: str | Path = "",
    labels: str | Path = "",
    token: str = "",
    source: str = "",
    refresh: bool = False,
    accept_terms: bool | None = None,
    wayback: bool = False,
    wayback_date: str | None = None,
    jobs: int = 32,
    retry: int = 2,
    timeout: float = 20,
    sleep: float = 0,
    processes: int | None = None,
    engine: str = "",
    scheduler: str = "",
    per_host: int = 10,
    pace: str | None = None,
    no_known_hosts: bool = False,
    patience: float | str = "15m",
    ignore_opt_out: bool = False,
    user_agent: str | None = None,
    offset: int = 0,
    max_images: int | None = None,
    retry_failed: bool | str = False,
    dry_run: bool = False,
    service: str | None = None,
    wayback_service: str | None = None,
    winter21: str | None = None,
    resolve: str | None = None,
    allow_private: str | None = None,
) -> Downloaded:
    """Download the pictures of synsets into a folder; skip those that are there already.

    Parameters
    ----------
    wnid : str or Iterable[str], optional
        The wnid of the synset, or several separated by commas.
    to : str or Path, optional
        The folder for TO/W/W_NUMBER.jpg.
    under : str or Iterable[str], optional
        Only this synset and all below it; several separated by commas.
    search : str, optional
        Only synsets with all these words; beginnings match too.
    ilsvrc2012 : bool, optional
        Only the 1,000 synsets of ILSVRC2012.
    set : str, optional
        Only the synsets of a set: imagenette, imagewoof, imagenet-100, tiny-imagenet,
        mini-imagenet, imagenet-a or imagenet-r.
    wnids : str or Path, optional
        A file with one wnid on each line; # begins a comment.
    all : bool, optional
        All synsets.
    lower : int, optional
        The first position, in the order of wnids; at least 0.
    upper : int, optional
        The last position; by default the last of all; at least 0.
    yes : bool, optional
        Download more than 100 synsets.
    urls : str or Path, optional
        A list or a table of URLs, in a file or at a URL; {wnid} in its name stands for the wnid.
    url_col : str, optional
        For a table: the column with the URLs.
    name_col : str, optional
        For a table: the column with names such as n01440764_9981.
    from_ : str or Path, optional
        Take the pictures from a copy of ImageNet: a folder, a zip or tars, as files or URLs;
        {wnid} and {0000..1023} may stand in them.
    tar : str or Path, optional
        The older name of from_.
    labels : str or Path, optional
        For --from, if its names do not tell the synsets: a file that does, such as val.txt,
        LOC_val_solution.csv, the devkit, or a list of wnids.
    token : str, optional
        Which environment variable holds your token for the host; several separated by commas; by
        default HF_TOKEN for huggingface.co.
    source : str, optional
        Use only this source: archive, imagenet or wayback for lists, or winter21 for pictures.
    refresh : bool, optional
        Ask for the list again, although it is saved here.
    accept_terms : bool, optional
        Accept ImageNet's terms of access, as winter21 requires; a setting.
    wayback : bool, optional
        Ask the Wayback Machine for pictures that are gone; slow.
    wayback_date : str, optional
        For --wayback: prefer copies from this time; a setting.
    jobs : int, optional
        How many connections at once; from 1 to 1000.
    retry : int, optional
        How often to ask again, where that may help; at least 0.
    timeout : float, optional
        The most time for one link, in seconds; more than 0.
    sleep : float, optional
        Pause between requests to one host, in seconds; at least 0.
    processes : int, optional
        How many processes download; by default as many as save time; from 1 to 64.
    engine : str, optional
        What downloads: this machine by default; dask is a cluster whose machines all see these
        folders.
    scheduler : str, optional
        For --engine=dask: the URL of the Dask scheduler.
    per_host : int, optional
        How many connections to one host at once; from 1 to 1000.
    pace : str, optional
        At most N requests a second to a host and its subdomains, such as
        flickr.com:1,example.org:0.5; a setting.
    no_known_hosts : bool, optional
        Do not use the built-in facts about hosts: new names, widths, paces and altered copies;
        known placeholders are still recognized.
    patience : float or str, optional
        How long to keep asking when only hosts that ration their pictures are left: 90s, 15m, 8h,
        2d or forever.
    ignore_opt_out : bool, optional
        Also save pictures whose hosts forbid their use for training.
    user_agent : str, optional
        The User-Agent that hosts see; a setting.
    offset : int, optional
        How many lines to skip at the beginning of each list; at least 0.
    max_images : int, optional
        Stop a synset at this many pictures; by default, all; at least 1.
    retry_failed : bool or str, optional
        Ask again for links whose failure may be temporary; with =all, for all that failed.
    dry_run : bool, optional
        Show what the command would do, and do nothing.
    service : str, optional
        The URL of image-net.org's list service; a setting.
    wayback_service : str, optional
        The URL of the Wayback Machine; a setting.
    winter21 : str, optional
        The URL of winter21's tars; {wnid} in it stands for the wnid; a setting.
    resolve : str, optional
        Use these addresses instead of DNS, as HOST:ADDRESS or HOST:PORT:ADDRESS; HOST may be *
        (any other); ADDRESS may be none (no such host) or slow:SECONDS (a slow answer); a setting.
    allow_private : str, optional
        Hosts, addresses and networks that may be asked although they are not public, such as
        127.0.0.0/8,myserver; a setting.

    Returns
    -------
    Downloaded
        What is there now, and what became of the other links. A dead link is not an error.

    Raises
    ------
    BadInput
        If an argument cannot be used; then nothing has been done.
    NoList
        If no source has the list of a synset that you named; all others are done then.
    ImagenetError
        For all other errors: what is saved is kept, and the same call goes on.

    Examples
    --------
    >>> done = ck_imagenet.download("n01440764", to="pictures", jobs=8)
    >>> print(done)
    2 pictures of 1 synset in pictures, 2 saved now
    >>> {outcome.word: count for outcome, count in done.failed.items()}
    {'gone': 1}
    """
    options, place = opened(DownloadOptions, locals(), "to")
    synsets: list[Summary | Imported | Unlisted] = []
    estimate = None
    with closing(run(options, place.store, Progress(), place.archive)) as results:
        for each in results:
            if not isinstance(each, Estimate):
                synsets.append(each)
            elif options.dry_run:
                estimate = each
            elif not options.yes:
                many = f"{each.synsets:,} synsets"
                raise BadInput(f"{many}: give yes=True, or try it with dry_run=True")
    if options.dry_run and synsets:
        facts = [each.facts() for each in synsets if isinstance(each, Summary)]
        estimate = previewed(facts, concern(options, Crawl))
    return Downloaded(Path(to), synsets, estimate)


def run(
    options: DownloadOptions,
    store: Store,
    progress: Progress,
    archive: ArchiveSource | None = None,
    is_watched: bool = False,
) -> Generator[Summary | Imported | Unlisted | Estimate, None, None]:
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
    is_watched : bool, optional
        Whether a person wants to know what many links of a few synsets mean, too.

    Yields
    ------
    Summary or Imported
        Of each synset, when it is done: the latter of pictures from copies.
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
    tokens(options.token)  # what cannot be one is refused before anything of it is told
    refuse_alone(options, "labels", "from")
    if options.all:
        refuse_together(options, "all", "wnid", "wnids")
    wnids = chosen(concern(options, Selection), everything=options.all)
    if options.from_ or options.source == registry.NAME:
        yield from _import(options, wnids, store, progress, archive)
        return
    network, politeness = concern(options, Network), concern(options, Politeness)
    crawl, lists = concern(options, Crawl), concern(options, Lists)
    captured, service = concern(options, Wayback), options.wayback_service
    _refuse_odd(options, wnids)
    if not options.dry_run:
        store.refuse_forbidden(wnids or None)
    if len(wnids) > MANY:
        yield outlook.foreseen(wnids, options, store, archive)
        if options.dry_run:
            return
    elif is_watched and wnids and not (options.dry_run or options.urls):
        yield from outlook.of_many_links(wnids, options, store, archive)
    # What is left of those that were begun may be hosts that keep silent: not for all connections.
    wnids = tuple(run_order(wnids, store, first=max(1, options.jobs // 4)))
    captures, duplicates, trusting = Captures(captured), Duplicates(), len(wnids) > summaries.FEW
    wishes = (crawl, lists, politeness, captured)
    job = partial(SynsetJob, *wishes, store, duplicates, progress, trusting)
    with ExitStack() as ending:
        spacing = context.wayback_spacing(politeness, service)
        sources = Sources(lists, network, store, archive, progress, spacing)
        ending.callback(sources.close)
        found = (sources.lists if options.wnid or options.wnids else sources.lists_there_are)(wnids)
        if options.dry_run:
            yield from (job(e).preview() if isinstance(e, SynsetList) else e for e in found)
            return
        memory = PaceMemory(store)
        order = Order(store, network, crawl, politeness, service, memory.load())
        far = order.capture_client()
        hosts = _dispatcher(order, spacing, options.scheduler)
        ending.callback(lambda: memory.keep(hosts.learned()))
        settings = order.capture_settings(spacing)
        wayback_machine = Dispatcher(settings.jobs, Local(far, store, settings))

        def jobs(found: Iterable[SynsetList | Unlisted]) -> SynsetJobs:
            lists = ending.enter_context(closing(planning.prefetched(found, store)))
            return (job(each) if isinstance(each, SynsetList) else each for each in lists)

        scheduler = Scheduler(
            *(hosts, wayback_machine, captures, store, duplicates, progress, crawl.patience),
            find_again=lambda wnids: jobs(sources.lists(wnids)),
        )
        progress.expect(len(wnids))
        yield from scheduler.run(jobs(found), lambda: sources.reached)


def _refuse_odd(options: DownloadOptions, wnids: Sequence[str]) -> None:
    """Raise BadInput if options cannot be used together, or nothing says which synsets."""
    refuse_alone(options, "engine", "scheduler")
    refuse_alone(options, "scheduler", "engine")
    if options.engine:
        refuse_together(options, "engine", "processes")
    if options.all and options.urls:
        raise BadInput(
            "--all needs the lists of all synsets. Make an archive of your list, then leave "
            f"--urls out: ck-imagenet geturls --all --archive={options.urls}"
        )
    if not wnids and not options.urls:
        raise BadInput(
            "which synset? Write --wnid=n01440764, a word as in --wnid=dog, or --set=imagenette"
        )


def _dispatcher(order: Order, spacing: Spacing, scheduler: str) -> Dispatcher:
    """Return who asks the hosts: the workers of a cluster if there is a scheduler."""
    if not scheduler:
        # The archive belongs to this process: whoever asks it here shares its pace.
        here = Local(order.client(), order.store, order.settings(spacing=spacing))
        return Dispatcher(order.crawl.jobs, here, Processes(order), own=[order.archive])
    from ..engine.machines import Machines  # which takes its time

    return Dispatcher(order.crawl.jobs, pool=Machines(order, scheduler))


def _import(
    options: DownloadOptions,
    wnids: Sequence[str],
    store: Store,
    progress: Progress,
    archive: ArchiveSource | None,
) -> Iterator[Imported]:
    """Keep the pictures of copies that are not here yet."""
    copies = _copies(options, wnids)
    labels = read_labels(options.labels, options.ilsvrc2012)
    wanted = {wnid for copy in copies for wnid in copy.wnids}
    store.refuse_forbidden(wanted if len(wanted) <= MANY else None)
    network, politeness = concern(options, Network), concern(options, Politeness)
    far = (copy.where for copy in copies if is_url(copy.where))
    client = context.picture_client(network, politeness, options.wayback_service, trusted=far)
    with closing(client):
        crawl = concern(options, Crawl)
        yield from import_copies(copies, crawl, client, store, progress, archive, labels)


def _copies(options: DownloadOptions, wnids: Sequence[str]) -> list[Copy]:
    """Return the copies to read; raise BadInput if the options cannot be used together."""
    of_links = ("engine", "urls", "refresh", "wayback", "dry-run", "offset")
    if options.from_:
        refuse_together(options, "from", "source", *of_links)
        return named_copies(options.from_, wnids)
    refuse_together(options, "source", *of_links)
    if len(wnids) > MANY and not options.yes:
        raise registry.many(len(wnids), planning.MEAN_URLS * planning.PICTURE, typed(options))
    agreeing = "" if options.accept_terms else typed(replace(options, accept_terms=True))
    return registry.tars(options.winter21, wnids, agreeing)
