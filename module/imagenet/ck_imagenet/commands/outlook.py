"""What it means to ask for the links of synsets, as far as is known before anybody is asked."""

from __future__ import annotations

from typing import Iterator, Sequence

from ..catalogue.selection import Selection, chosen
from ..core.actions import DownloadOptions, GeturlsOptions
from ..core.options import concern
from ..engine import context, planning
from ..engine.context import Crawl, Politeness
from ..engine.planning import Estimate, estimated
from ..sources.url_archive import ArchiveSource
from ..storage.paces import PaceMemory
from ..storage.store import Store

MANY_LINKS, MANY_GUESSED = 1_000, 5_000
"""Links of a few synsets before which a person is told which ways there are: those in lists that
are here, and those that are guessed where lists are not."""


def foreseen(
    wnids: Sequence[str],
    options: DownloadOptions | GeturlsOptions,
    store: Store,
    archive: ArchiveSource | None,
) -> Estimate:
    """Return what it means to download synsets.

    A list that the user gives is not read for that: it may be a pipe, and may be long.

    Parameters
    ----------
    wnids : sequence of str
        The synsets.
    options : DownloadOptions or GeturlsOptions
        What the user has typed.
    store, archive : Store, ArchiveSource
        Where lists are that are here.
    """
    crawl, politeness = concern(options, Crawl), concern(options, Politeness)
    if options.urls:
        return estimated((), len(wnids), crawl)
    paces = context.known_paces(politeness, options.wayback_service, PaceMemory(store).load())
    return planning.foreseen(wnids, crawl, store, archive, paces)


def of_many_links(
    wnids: Sequence[str], options: DownloadOptions, store: Store, archive: ArchiveSource | None
) -> Iterator[Estimate]:
    """Yield what it means if that is many links, be they of a few synsets.

    Parameters are those of `foreseen`.
    """
    meant = foreseen(wnids, options, store, archive)
    if meant.urls >= (MANY_GUESSED if meant.unlisted else MANY_LINKS):
        yield meant


def of_lists(
    options: GeturlsOptions, store: Store, archive: ArchiveSource | None
) -> Estimate | None:
    """Return what it means to download the synsets whose list sources are shown, if any are named.

    Parameters
    ----------
    options : GeturlsOptions
        What the user has typed.
    store, archive : Store, ArchiveSource
        Where lists are that are here.
    """
    wnids = chosen(concern(options, Selection))
    return foreseen(wnids, options, store, archive) if wnids else None
