"""What `geturls` tells: links, the places that have lists of them, the archive of all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Iterable

from ..commands import geturls
from ..core.actions import ARCHIVE_SHA1, DownloadOptions, GeturlsOptions, SynsetOptions
from ..core.files import path_of
from ..core.options import concern
from . import sentences

if TYPE_CHECKING:
    from ..commands import Workspace
    from .console import Console


_EXAMPLE_WNID = "n01440764"
"""The synset in a command, if the user has named none."""


def run(options: GeturlsOptions, place: Workspace, console: Console, facts: dict[str, Any]) -> None:
    """Tell what a user wants to know of links.

    Parameters
    ----------
    options : GeturlsOptions
        What the user has typed.
    place : Workspace
        Where lists are kept.
    console : Console
        Tells people.
    facts : dict
        Is filled with what there is to tell.

    Raises
    ------
    ImagenetError
        Whatever a user must know.
    """
    if options.all:
        _get_all(options, place, console, facts)
    elif options.search_url:
        _count_hosts(options, place, console, facts)
    elif options.sources:
        _show_sources(options, place, console, facts)
    else:
        _print_urls(options, place, console, facts)


def _get_all(
    options: GeturlsOptions, place: Workspace, console: Console, facts: dict[str, Any]
) -> None:
    archive = geturls.get_all(options, place.create_archive_home, console.progress())
    facts["archive"] = archive.facts()
    console.say(sentences.archive(archive, options.archive_sha1 or ARCHIVE_SHA1))


def _count_hosts(
    options: GeturlsOptions, place: Workspace, console: Console, facts: dict[str, Any]
) -> None:
    counts = geturls.count_hosts(options, place.archive_home(), console.progress())
    if console.is_on:
        console.say(sentences.hosts(counts, console.is_terminal))
    else:
        facts["lst"] = [{"host": host, "urls": count} for host, count in counts.most_common()]


def _show_sources(
    options: GeturlsOptions, place: Workspace, console: Console, facts: dict[str, Any]
) -> None:
    rows = geturls.survey(options, place.store, place.archive)
    if console.is_on:
        console.say(sentences.sources(rows, console.is_terminal))
        if console.is_terminal:
            from ..commands import outlook  # a list must not wait for the engine
            from . import estimates

            meant = outlook.of_lists(options, place.store, place.archive)
            named = DownloadOptions(**vars(concern(options, SynsetOptions)), outdir=options.outdir)
            named = named if meant else replace(named, wnid=(_EXAMPLE_WNID,))
            console.say(estimates.two_ways(meant, named))
    else:
        facts["sources"] = [
            {name: place.told(value) for name, value in row._asdict().items()} for row in rows
        ]


def _print_urls(
    options: GeturlsOptions, place: Workspace, console: Console, facts: dict[str, Any]
) -> None:
    found = geturls.run(options, place.store, console.progress(), place.archive)
    if options.save:
        count = geturls.save(found, path_of("--save", options.save), options.mapping)
        console.say([f'{count} URLs written to "{options.save}"'])
    elif console.is_on:
        with geturls.listed(found, options.mapping) as stream:
            console.give(line[:-1].decode("latin-1") for line in stream)
    else:
        facts["lst"] = _pairs(found)


def _pairs(links: Iterable[Any]) -> list[dict[str, str]]:
    return [{"name": str(link.name), "url": link.url} for link in links]
