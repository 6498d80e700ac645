"""What an action does for people: values from `commands`, lines for a console, facts for JSON.

CK's module and `python -m ck_imagenet` share it. What it needs is imported where it is used: what
is missing must be told in a sentence, and a list must not wait for the engine.
"""

from __future__ import annotations

import os
import shlex
from contextlib import closing, suppress
from typing import TYPE_CHECKING, Any, Callable, Iterable, Mapping

from .. import PROJECT
from ..core.errors import BadInput, Damaged, ImagenetError, Unanswered
from .doors import Facts

if TYPE_CHECKING:
    from ..commands import Workspace
    from ..commands.clean import Plan
    from ..core import actions as table
    from ..engine.planning import Estimate
    from .console import Console


def run(
    name: str,
    given: Mapping[str, Any],
    stray: Iterable[str],
    settings: Mapping[str, Any],
    workspace: Callable[[str], Workspace],
    is_told: bool,
    facts: Facts,
) -> None:
    """Do what a user has typed.

    Parameters
    ----------
    name : str
        The action.
    given : mapping
        Its options as they were typed, by name.
    stray : iterable of str
        Words that stand alone, which are refused.
    settings : mapping
        What holds for options that are not given.
    workspace : callable
        Returns where the action works, for the folder that `--outdir` names.
    is_told : bool
        Whether people are told; else there are only the facts.
    facts : dict
        Is filled with what there is to tell.

    Raises
    ------
    ImagenetError
        Whatever a user must know.
    """
    from ..core.actions import ACTIONS
    from ..core.options import parse
    from .choosing import choices_told
    from .console import Console

    _refuse_stray(list(stray), given, ACTIONS[name])
    options: Any = parse(ACTIONS[name], given, settings)
    place = workspace(getattr(options, "outdir", ""))
    console = Console(is_told, place.told)
    try:
        with choices_told(name, options):
            _HANDLERS[name](options, place, console, facts)
    except KeyboardInterrupt as stopped:
        raise KeyboardInterrupt(str(stopped) or console.stopped()) from None
    except ImagenetError as error:
        error.args = (place.told(str(error)),)
        raise
    finally:
        console.end()


def _refuse_stray(stray: list[str], given: Mapping[str, Any], options: type) -> None:
    """Refuse words that stand alone, such as the 10 of "--jobs 10", which nothing ties to it."""
    from ..core.options import kinds

    if not stray:
        return
    takes_value = [name for name, (kind, _) in kinds(options).items() if kind.value]
    empty = [key.replace("_", "-") for key, value in given.items() if value == "yes"]
    meant = [name for name in [*empty, "wnid", "search"] if name in takes_value]
    advice = f"write --{meant[0]}={stray[0]}" if meant else "options are written --name=value"
    raise BadInput(f'"{stray[0]}" stands alone: {advice}')


def _list(options: table.ListOptions, place: Workspace, console: Console, facts: Facts) -> None:
    from ..commands import listing
    from ..storage import summaries
    from .choosing import synsets_table, wnids

    # In a pipe, the whole catalogue is listed without a look at the disk.
    is_shown = console.is_terminal or not console.is_on
    is_counted = options.downloaded_only or options.images or is_shown
    counts = summaries.counts(place.store_there) if is_counted else {}
    urls = None
    try:
        urls = listing.url_counts(options, place, is_shown)
    except Damaged as error:
        if options.sort:
            raise
        console.progress().trouble(str(error))
    rows = list(listing.listed(options, counts, urls))
    if options.images:
        links = listing.images(place.store, rows)
        if console.is_on:
            console.give(f"{link.name} {link.url}" for link in links)
        else:
            facts["lst"] = [{"name": str(link.name), "url": link.url} for link in links]
    elif console.is_on:
        console.say((synsets_table if is_shown else wnids)(rows, options))
    else:
        facts["lst"] = [row.facts() for row in rows]


def _geturls(
    options: table.GeturlsOptions, place: Workspace, console: Console, facts: Facts
) -> None:
    from . import geturls

    geturls.run(options, place, console, facts)


def _download(
    options: table.DownloadOptions, place: Workspace, console: Console, facts: Facts
) -> None:
    from dataclasses import replace

    from ..core.options import field_name
    from .console import NOTHING_DONE

    try:
        _fetch(options, place, console, facts)
    except Unanswered as wanted:  # of ImageNet's own tars: the answer is an option
        if not wanted.option:
            raise
        if console.agrees(wanted.question, wanted.unasked):
            agreed: Facts = {field_name(wanted.option): True}
            _download(replace(options, **agreed), place, console, facts)
        else:
            console.say([NOTHING_DONE])


def _fetch(
    options: table.DownloadOptions, place: Workspace, console: Console, facts: Facts
) -> None:
    from ..commands import download
    from ..core.errors import NoList
    from ..core.options import concern
    from ..engine.context import Crawl
    from ..engine.planning import Estimate, previewed
    from ..sources.lists import Unlisted
    from . import estimates, summaries
    from .summaries import Report

    progress = console.progress(options.verbose, options.quiet)
    facts["synsets"] = []
    is_watched = console.is_terminal and not options.quiet
    report = Report(options, place.folder_of) if is_watched else None
    results = download.run(options, place.store, progress, place.archive, is_watched)
    try:
        # Closed at once whatever happens here, so that nothing is fetched any more.
        with closing(results):
            for each in results:
                if isinstance(each, Estimate):
                    if not _is_wanted(each, options, console, facts):
                        return
                    continue
                if isinstance(each, Unlisted):
                    each = each._replace(why=place.told(each.why))
                facts["synsets"].append(each.facts())
                if not options.quiet:
                    console.say(report.tell(each) if report else summaries.block(each, options))
    except KeyboardInterrupt:
        report = None  # the sentence that says so has the numbers of the whole run
        raise
    except NoList as error:
        raise estimates.with_tars(error, options) from None
    finally:
        if report:
            progress.end()
            console.say(report.end())
    if options.dry_run and facts["synsets"]:
        previews = [each for each in facts["synsets"] if "to_fetch" in each]
        _foresee(previewed(previews, concern(options, Crawl)), options, console, facts)


def _is_wanted(
    meant: Estimate, options: table.DownloadOptions, console: Console, facts: Facts
) -> bool:
    """Tell what a download of few synsets means, ask about many, and return whether it goes on."""
    from ..catalogue.selection import MANY
    from . import estimates
    from .console import NOTHING_DONE

    if meant.synsets <= MANY:
        console.say(estimates.two_ways(meant, options))
        return True
    is_agreed = _foresee(meant, options, console, facts)
    if not is_agreed:
        console.say([NOTHING_DONE])
    return is_agreed


def _foresee(
    meant: Estimate, options: table.DownloadOptions, console: Console, facts: Facts
) -> bool:
    """Tell what a download means, and return whether that is agreed to."""
    from ..core.options import typed
    from . import estimates
    from .console import NOBODY

    facts["estimate"] = meant.facts()
    if console.is_terminal:
        lines = list(estimates.shown(meant, options, facts["synsets"]))
    else:
        lines = list(estimates.estimate(meant, bool(options.urls)))
    if not (options.yes or options.dry_run):
        command = f"{NOBODY}, type: ck-imagenet download {typed(options)} --yes"
        _, *grounds = lines
        return console.agrees("\n".join([*grounds, estimates.question(meant)]), command)
    if not options.quiet:
        console.say(lines)
    return True


def _export(options: table.ExportOptions, place: Workspace, console: Console, facts: Facts) -> None:
    from ..commands import export, registration
    from . import sentences

    if options.register and not place.ck:
        raise BadInput(
            "--register needs Collective Knowledge: type ck export imagenet in place of "
            "ck-imagenet export"
        )
    if options.register and place.ck:
        registration.prove_registrable(place.ck, options)
    done = export.run(options, place.store_there, console.progress(quiet=options.quiet))
    facts["export"] = done.facts()
    lines = list(sentences.exported(done))
    if options.register and place.ck:
        registered = registration.register(place.ck, options, done)
        facts["environment"], facts["environment_of_labels"] = registered
        lines += registered.lines()
    if not options.quiet:
        console.say(lines)


def _browse(options: table.BrowseOptions, place: Workspace, console: Console, facts: Facts) -> None:
    from ..commands import browse
    from .console import open_page

    facts["pages"] = []
    for page in browse.run(options, place, console.progress()):
        facts["pages"].append(page.facts())
        console.say([str(page.page)])
        if console.is_terminal and not options.no_open:
            open_page(page.page)


def _status(options: table.StatusOptions, place: Workspace, console: Console, facts: Facts) -> None:
    from ..catalogue.selection import Selection
    from ..commands import status
    from ..core.options import concern
    from ..storage import inventory
    from . import sentences
    from .console import standing, tally_lines

    store, of = place.store_there, "host" if options.hosts else "wnid"
    if options.failures:
        failed = status.failed_links(options, store)
        if console.is_terminal:
            console.say(sentences.failures_table(failed, options))
        elif console.is_on:
            console.give(sentences.failures(failed))
        else:
            facts["failures"] = [record.facts() for record in failed]
        return
    tallies = status.tallies(options, store)
    if console.is_terminal:
        console.say(standing(tallies, of, concern(options, Selection)))
    elif console.is_on:
        console.say(tally_lines(tallies))
    else:
        rows = list(tallies)
        facts["hosts" if options.hosts else "synsets"] = [
            {of: tally.name, **tally.facts()} for tally in rows
        ]
        facts["total"] = inventory.total(rows).facts()


def _check(options: table.CheckOptions, place: Workspace, console: Console, facts: Facts) -> None:
    from ..commands import check
    from . import sentences

    inspection = check.Inspection(options, place.store_there, console.progress())
    facts["findings"] = []
    for finding in inspection.findings():
        facts["findings"].append(finding.facts())
        console.say([sentences.finding(finding)])
    facts["pictures"] = inspection.pictures
    if console.is_terminal:
        console.say([sentences.inspected(inspection)])
    inspection.refuse()


def _clean(options: table.CleanOptions, place: Workspace, console: Console, facts: Facts) -> None:
    from ..commands import clean
    from . import sentences
    from .console import NOBODY

    if not (console.is_on or options.force or options.dry_run):
        raise BadInput(
            "nobody can be asked here: add force, or dry_run to see what would be removed"
        )

    def agree(plan: Plan) -> bool:
        console.say(sentences.plan(plan))
        if options.dry_run or options.force:
            return options.force and not options.dry_run
        return console.agrees("Remove this?", f"{NOBODY}, add --force")

    facts["synsets"] = []
    for plan in clean.run(options, place.store_there, console.progress(), agree):
        facts["synsets"].append(plan.facts())
        console.say(sentences.cleaned(plan, options.dry_run))


def _demo(options: table.DemoOptions, place: Workspace, console: Console, facts: Facts) -> None:
    import signal
    import time

    from . import sentences

    try:
        from ck_imagenet_practice import CannotListen, PracticeWeb
        from ck_imagenet_practice.further import FURTHER
        from ck_imagenet_practice.world import SYNSETS
    except ModuleNotFoundError as error:
        if error.name != "ck_imagenet_practice":
            raise
        raise BadInput(
            f"the practice web is not part of the installed library. Clone {PROJECT}, then type "
            "in that folder: make demo"
        ) from None
    # Also when started in the background by a script, where a shell has Ctrl-C ignored.
    with suppress(ValueError):  # in another thread than the main one
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, signal.default_int_handler)
    try:
        with PracticeWeb(options.port, further=FURTHER) as web:
            repositories = os.environ.get("CK_REPOS") if place.ck else None
            here = {"CK_REPOS": shlex.quote(repositories)} if repositories else {}
            console.say(sentences.practice({**here, **web.environment()}, SYNSETS))
            while True:
                time.sleep(3600)
    except CannotListen as error:
        raise BadInput(f"{error} with --port=N") from None
    except KeyboardInterrupt:
        return


_HANDLERS: Mapping[str, Callable[[Any, Workspace, Console, Facts], None]] = {
    "list": _list,
    "geturls": _geturls,
    "download": _download,
    "status": _status,
    "check": _check,
    "clean": _clean,
    "browse": _browse,
    "export": _export,
    "demo": _demo,
}
