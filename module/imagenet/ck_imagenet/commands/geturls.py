"""Where the pictures of synsets live."""

from __future__ import annotations

import tempfile
from collections import Counter
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import BinaryIO, Callable, Iterable, Iterator, Sequence, cast

from filelock import Timeout

from ..catalogue.selection import Selection, chosen
from ..core import registries
from ..core.actions import GeturlsOptions, SynsetOptions
from ..core.errors import BadInput, StoreError
from ..core.files import path_of, prove_writable_to, write_to
from ..core.options import as_typed, concern, kinds, refuse_together
from ..core.text import Progress
from ..http.client import Network
from ..sources import lists, url_archive, url_archive_build
from ..sources.lists import SynsetList
from ..sources.registry import Lists, Row, Sources
from ..sources.url_archive import Archive, ArchiveSource
from ..sources.url_archive_build import WholeList
from ..storage.journal import Journal
from ..storage.numbering import KeptNames, Link, number
from ..storage.store import Store, SynsetStore
from . import USUAL, opened

_IN_MEMORY = 2**25
"""Bytes of a list; what is longer is in a file until all of it is known."""


def geturls(
    wnid: str | Iterable[str] = (),
    *,
    folder: str | Path = USUAL,
    under: str | Iterable[str] = (),
    search: str = "",
    ilsvrc2012: bool = False,
    set: str = "",
    urls: str | Path = "",
    url_col: str = "",
    name_col: str = "",
    source: str = "",
    refresh: bool = False,
    service: str | None = None,
    wayback_service: str | None = None,
    winter21: str | None = None,
    user_agent: str | None = None,
    resolve: str | None = None,
    allow_private: str | None = None,
) -> list[Link]:
    """Return the URLs of synsets, with the numbers that a download would give them.

    Parameters
    ----------
    wnid : str or Iterable[str], optional
        The wnid of the synset, or several separated by commas.
    folder : str or Path, optional
        What download has filled.
    under : str or Iterable[str], optional
        Only this synset and all below it; several separated by commas.
    search : str, optional
        Only synsets with all these words; beginnings match too.
    ilsvrc2012 : bool, optional
        Only the 1,000 synsets of ILSVRC2012.
    set : str, optional
        Only the synsets of a set: imagenette, imagewoof, imagenet-100, tiny-imagenet,
        mini-imagenet, imagenet-a or imagenet-r.
    urls : str or Path, optional
        A list or a table of URLs, in a file or at a URL; {wnid} in its name stands for the wnid.
    url_col : str, optional
        For a table: the column with the URLs.
    name_col : str, optional
        For a table: the column with names such as n01440764_9981.
    source : str, optional
        Use only this source: archive, imagenet or wayback for lists, or winter21 for pictures.
    refresh : bool, optional
        Ask for the list again, although it is saved here.
    service : str, optional
        The URL of image-net.org's list service; a setting.
    wayback_service : str, optional
        The URL of the Wayback Machine; a setting.
    winter21 : str, optional
        The URL of winter21's tars; {wnid} in it stands for the wnid; a setting.
    user_agent : str, optional
        The User-Agent that hosts see; a setting.
    resolve : str, optional
        Use these addresses instead of DNS, as HOST:ADDRESS or HOST:PORT:ADDRESS; HOST may be *
        (any other); ADDRESS may be none (no such host) or slow:SECONDS (a slow answer); a setting.
    allow_private : str, optional
        Hosts, addresses and networks that may be asked although they are not public, such as
        127.0.0.0/8,myserver; a setting.

    Returns
    -------
    list of Link
        Name and URL of each picture; the URL is Latin-1 text, a character a byte.

    Raises
    ------
    BadInput
        If no synset is named, or an argument cannot be used.
    NoList
        If no source has the list of one of them.

    Examples
    --------
    >>> [str(link.name) for link in ck_imagenet.geturls("n01440764")]
    ['n01440764_1', 'n01440764_2', 'n01440764_3']
    """
    options, place = opened(GeturlsOptions, locals(), "folder")
    return list(run(options, place.store, Progress(), place.archive))


def run(
    options: GeturlsOptions, store: Store, progress: Progress, archive: ArchiveSource | None = None
) -> Iterator[Link]:
    """Return the links of synsets, with the numbers that a download would give them, lazily.

    A list that a service gives is kept, as far as there is a place for it.

    Parameters
    ----------
    options : GeturlsOptions
        Which, and where to look.
    store : Store
        Where synsets have their state.
    progress : Progress
        Is told when a service wants to be waited for.
    archive : ArchiveSource, optional
        The local archive of all URLs.

    Raises
    ------
    ImagenetError
        If there is no list; of one synset of several, when the links of all others have come.
    """
    wnids = chosen(concern(options, Selection))
    if not wnids and not options.urls:
        raise BadInput(
            "which synset's URLs? Write --wnid=n01440764, or give a list with --urls=FILE, or "
            "make an archive of all URLs with --all"
        )
    if options.force:
        raise BadInput("--force is for --all: write both, or leave --force out")
    if options.source and not registries.source(options.source).has_lists:
        raise BadInput(
            f"{options.source} has pictures, not URLs. Download them with: ck-imagenet download "
            f"--wnid=n01440764 --source={options.source}"
        )
    if options.save:
        path = path_of("--save", options.save)
        with _saving(path):
            prove_writable_to(path)
    return _links(options, wnids, store, progress, archive)


def _links(
    options: GeturlsOptions,
    wnids: Sequence[str],
    store: Store,
    progress: Progress,
    archive: ArchiveSource | None,
) -> Iterator[Link]:
    asked, network = concern(options, Lists), concern(options, Network)
    with closing(Sources(asked, network, store, archive, progress)) as sources:
        for found in sources.lists(wnids):
            place = store.synset(found.wnid)
            if found.obtained_by:
                _keep(place, found)
            kept, journal = KeptNames.of(place), Journal.of(place)
            journal.tie(kept.urls(found.lines))
            yield from number(found.wnid, found.lines, kept.numbers, journal.records)


def survey(
    options: GeturlsOptions, store: Store, archive: ArchiveSource | None = None
) -> list[Row]:
    """Return which places may have a list, how things stand there, and what each needs.

    Parameters
    ----------
    options : GeturlsOptions
        Of which synset, if of one, and where the places are.
    store : Store
        Where lists are kept.
    archive : ArchiveSource, optional
        The archive of all URLs.

    Returns
    -------
    list of Row
        A row for each source, in the order in which they are asked.
    """
    refuse_together(options, "sources", "urls", "mapping", "save", "source", "refresh")
    asked, network = concern(options, Lists), concern(options, Network)
    with closing(Sources(asked, network, store, archive)) as sources:
        return list(sources.survey(chosen(concern(options, Selection))))


_OF_PLACE = ("archive", "wayback-service", "user-agent", "resolve", "allow-private")
"""Options that say where the list of all URLs is to be had, and how."""


def get_all(options: GeturlsOptions, home: Callable[[], Path], progress: Progress) -> Archive:
    """Return the archive of all URLs, and make it unless it is there.

    Parameters
    ----------
    options : GeturlsOptions
        Where the list is.
    home : callable
        Returns the archive's folder, which it makes unless it is there.
    progress : Progress
        Is told how it goes.

    Raises
    ------
    ImagenetError
        If the list is not to be had, or is no list. An archive that was there still is.
    """
    refuse_together(options, "all", *kinds(SynsetOptions), "urls", "mapping", "save")
    refuse_together(options, "all", "sources", "source", "refresh", "search-url")
    asked, network = concern(options, WholeList), concern(options, Network)
    kept = as_typed(options, *_OF_PLACE)
    return url_archive_build.get_all(asked, network, home, progress, kept)


def count_hosts(options: GeturlsOptions, folder: Path, progress: Progress) -> Counter[str]:
    """Return how many URLs of the archive in a folder lead to a host and to those below it.

    Parameters
    ----------
    options : GeturlsOptions
        Which host, and of which synsets, by default of all.
    folder : Path
        The archive's.
    progress : Progress
        Is told how it goes.

    Raises
    ------
    ImagenetError
        If there is no archive.
    """
    refuse_together(options, "search-url", "urls", "mapping", "save")
    refuse_together(options, "search-url", "sources", "source", "refresh")
    wnids = chosen(concern(options, Selection))
    archive = Archive.needed(folder, "search-url")
    size = archive.data.stat().st_size
    try:
        return url_archive.hosts(
            archive,
            options.search_url,
            wnids,
            lambda done: progress.advance("searching", done, size),
        )
    finally:
        progress.end()


def line(link: Link, mapping: bool) -> str:
    """Return a link as a line of a list.

    Parameters
    ----------
    link : Link
        The link.
    mapping : bool
        Whether the line begins with its name and a tab.
    """
    return f"{link.name}\t{link.url}" if mapping else link.url


@contextmanager
def listed(links: Iterable[Link], mapping: bool) -> Iterator[BinaryIO]:
    """Give the list that links make, when all of them are known, as a file.

    Parameters
    ----------
    links : iterable of Link
        The links.
    mapping : bool
        Whether a line begins with the link's name and a tab.
    """
    with tempfile.SpooledTemporaryFile(_IN_MEMORY) as stream:
        for link in links:
            stream.write(f"{line(link, mapping)}\n".encode("latin-1"))
        stream.seek(0)
        yield cast(BinaryIO, stream)


def save(links: Iterable[Link], path: Path, mapping: bool) -> int:
    """Write links as a list, and return how many; raise BadInput if that cannot be.

    Parameters
    ----------
    links : iterable of Link
        The links; all are known before anything is written.
    path : Path
        The file.
    mapping : bool
        Whether a line has the link's name too, and a tab.

    Returns
    -------
    int
        How many.

    Raises
    ------
    BadInput
        If the file cannot be written.
    """
    with listed(links, mapping) as stream:
        data = stream.read()
    with _saving(path):
        write_to(path, data)
    return data.count(b"\n")


@contextmanager
def _saving(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise BadInput(f'--save: "{path}" cannot be written: {error.strerror}') from None


def _keep(place: SynsetStore, found: SynsetList) -> None:
    """Keep a list, unless that cannot be, or a download is at work, which has its own."""
    with suppress(StoreError, OSError, Timeout):
        place.create()
        with place.lock().acquire(timeout=0):
            lists.keep(place, found)
