"""The URLs of all synsets at once: ImageNet's whole list becomes an archive on this machine."""

from __future__ import annotations

import re
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path
from typing import Callable, Iterator

from filelock import FileLock

from ..core import captures
from ..core.actions import ARCHIVE_SHA1, WAYBACK_SERVICE, GeturlsOptions
from ..core.details import plain
from ..core.errors import BadInput, Damaged, NoList
from ..core.files import checksum, path_of, storage_errors, why_no_file
from ..core.options import as_typed, refuse_together
from ..core.outcomes import Failed
from ..core.progress import Progress
from ..core.url_lists import is_url
from ..http.address_policy import Guard
from ..http.client import Fetcher
from ..http.named import answering
from ..http.patience import patiently
from ..http.resolver import Resolver
from ..http.resumable import Delivery
from ..storage.turns import only_one
from .fall11_build import Origin, build
from .services import beginning, refuse_no_address
from .url_archive import GET, Archive

_LIST = "http://image-net.org/imagenet_data/urls/imagenet_fall11_urls.tgz"
_CAPTURED = "20190130005544"
"""When the Wayback Machine took its copy of the list, the one public one that is known: 334 MB."""

_OF_PLACE = ("archive", "wayback-service", "resolve", "allow-private")
"""Options that say where the list is to be had."""

_PACKED = b"\x1f\x8b"
"""How a gzip file begins."""

_USUAL_WAIT = 60.0
"""Seconds after which a busy host is asked again if it does not say for how long."""


def get_all(options: GeturlsOptions, home: Callable[[], Path], progress: Progress) -> Archive:
    """Return the archive of all URLs, and make it unless it is there.

    Parameters
    ----------
    options : GeturlsOptions
        Where the list is: a file makes the archive anew in any case, an address only if forced.
    home : callable
        Returns the archive's folder, which it makes unless it is there.
    progress : Progress
        Is told how it goes.

    Raises
    ------
    ImagenetError
        If the list is not to be had, or is no list. An archive that was there still is.
    KeyboardInterrupt
        When interrupted; what has been fetched is kept for the next time.
    """
    refuse_together(options, "all", "wnid", "urls", "mapping", "save", "sources", "source")
    refuse_together(options, "all", "refresh", "search-url")
    if not re.fullmatch("([0-9a-fA-F]{40})?", options.archive_sha1):
        raise BadInput(
            f'--archive-sha1="{options.archive_sha1}" is no SHA-1: it has 40 hexadecimal digits'
        )
    refuse_no_address("wayback-service", options.wayback_service, WAYBACK_SERVICE)
    given = options.archive or captures.address(options.wayback_service, _CAPTURED, _LIST)
    path = None if is_url(given) else path_of("--archive", given)
    why = why_no_file(path) if path else ""
    if why:
        raise BadInput(f'--archive="{given}" cannot be read: {why}')
    folder = home()
    with only_one(FileLock(folder / ".lock"), "all URLs", progress), storage_errors(folder):
        fetched = folder / "fetched.tgz"
        if path:
            with _begun_anew_next_time():
                sha1 = checksum(path, "sha1") if options.archive_sha1 else ""
                if _is_other(sha1, options):
                    raise _other(given, sha1, options)
                _build(path, Origin(path.name, sha1), folder, progress)
            Delivery(given, fetched).drop()  # what an interrupted one has left
        elif options.force or not _is_sound(folder, progress):
            _fetch_and_build(given, fetched, options, progress)
        return Archive.needed(folder, "all")


def _is_sound(folder: Path, progress: Progress) -> bool:
    """Say whether there is an archive, all of it as it was built."""
    try:
        archive = Archive.at(folder)
        if archive:
            size = archive.data.stat().st_size
            archive.check(lambda done: progress.advance("checking", done, size))
        return archive is not None
    except Damaged:
        return False
    finally:
        progress.end()


def _fetch_and_build(address: str, path: Path, options: GeturlsOptions, progress: Progress) -> None:
    guard = Guard.allowing(options.allow_private).trusting_url(address)
    resolver = Resolver(answering(options.resolve))
    delivery = Delivery(address, path)
    with closing(Fetcher(guard, resolver=resolver)) as fetcher:
        _fetch(delivery, fetcher, progress)
    with _begun_anew_next_time():
        sha1 = checksum(path, "sha1")
        if _is_other(sha1, options):
            _refuse_page(delivery, path)
            raise _other(address, sha1, options, f'; to fetch it anew, first remove "{path}"')
        try:
            _build(path, Origin(address, sha1), path.parent, progress)
        except BadInput:
            delivery.drop()
            raise
    delivery.drop()


@contextmanager
def _begun_anew_next_time() -> Iterator[None]:
    """Do not let an interruption promise to go on where it was."""
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt("interrupted; the same command builds the archive anew") from None


def _fetch(delivery: Delivery, fetcher: Fetcher, progress: Progress) -> None:
    ask = partial(delivery.fetch, fetcher, partial(progress.advance, "fetching"))
    try:
        patiently(ask, delivery.address, _USUAL_WAIT, progress)
    except Failed as failed:
        later = "" if failed.outcome.final else "Type the same command later. "
        if delivery.here:
            later = "What has come is kept, and the same command goes on from there. "
        why = f"{failed.outcome.meaning} ({plain(failed.detail)})"
        raise NoList(
            f'"{delivery.address}" cannot be fetched: {why}. '
            f"{later}If you have the file: {GET} --archive=FILE"
        ) from None
    finally:
        progress.end()


def _refuse_page(delivery: Delivery, path: Path) -> None:
    """Drop what is not even packed, such as the page of a place that is out of order."""
    with path.open("rb") as stream:
        begin = stream.read(200)
    if not begin.startswith(_PACKED):
        delivery.drop()
        raise NoList(
            f'"{delivery.address}" gave no archive today: {beginning(begin)}. '
            f"Type the same command later. If you have the file: {GET} --archive=FILE"
        )


def _wanted(options: GeturlsOptions) -> str:
    return options.archive_sha1.lower() or ARCHIVE_SHA1


def _is_other(sha1: str, options: GeturlsOptions) -> bool:
    """Say whether a list that has been looked at must not be taken for the one that is meant."""
    return sha1 not in ("", _wanted(options)) and not options.force


def _other(given: str, sha1: str, options: GeturlsOptions, otherwise: str = "") -> BadInput:
    """Return what the user has to decide on."""
    kept = as_typed(options, *_OF_PLACE)
    return BadInput(
        f'"{given}" is not the list that was published: its SHA-1 is {sha1}, not '
        f"{_wanted(options)}. To use it all the same: {GET}{kept} --force{otherwise}"
    )


def _build(path: Path, origin: Origin, folder: Path, progress: Progress) -> None:
    size = path.stat().st_size
    with path.open("rb") as stream:
        try:
            build(stream, origin, folder, lambda: progress.advance("building", stream.tell(), size))
        finally:
            progress.end()
