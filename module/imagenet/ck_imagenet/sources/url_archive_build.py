"""The URLs of all synsets at once: ImageNet's whole list becomes an archive on this machine."""

from __future__ import annotations

import os
import re
import zlib
from collections import deque
from concurrent.futures import Future
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import BinaryIO, Callable, Iterable, Iterator, NamedTuple

from filelock import FileLock

from ..core import url_lists, urls
from ..core.actions import ARCHIVE_SHA1, WAYBACK_SERVICE
from ..core.errors import BadInput, Damaged, NoList
from ..core.files import (
    NEW,
    checksum,
    path_of,
    storage_errors,
    sweep,
    to_json,
    why_no_file,
    write_whole,
)
from ..core.outcomes import Failed
from ..core.text import Progress, is_wnid
from ..core.threads import Threads
from ..core.url_lists import is_url
from ..http.client import Client, Network
from ..http.resumable import ResumableFile
from ..http.retry import Retry
from ..storage.records import FORMAT, now
from ..storage.store import wait_for_lock
from .services import beginning, refuse_no_address
from .url_archive import DATA, FACTS, GET, GZIP_FORM, INDEX, REST, TITLES, Archive

_LEVEL = 1
_LARGEST_MEMBER = 4 * 2**20
"""Bytes, unpacked; those of ImageNet's largest synset are a quarter of a million."""

_MOST_MEMBERS = 200_000
"""Lines of the index; ImageNet's list needs one for each of its 21,841 synsets."""

_MOST_ODD = 4 * 2**20
"""Bytes; those of the real list's odd lines are a few hundred."""

# One line after the other of one synset, in the form that all but a few have, none as long as
# url_lists.LONGEST_LINE.
_LINE = rb"_[0-9]{1,9}\thttps?://[^\n]{0,65000}\n"
_RUN = re.compile(rb"(n[0-9]{8})" + _LINE + rb"(?:\1" + _LINE + rb")*")


class Lines(NamedTuple):
    """Whole lines of one synset, or odd ones."""

    wnid: str
    """Nothing for odd ones."""
    data: bytes


class Provenance(NamedTuple):
    """Where a list comes from."""

    source: str
    """An address or the name of a file."""
    sha1: str = ""
    """Its SHA-1, if that has been looked at."""


def build(
    stream: BinaryIO,
    provenance: Provenance,
    folder: Path,
    watch: Callable[[], object] = lambda: None,
) -> None:
    """Make the archive in a folder from a list; the one that is there is replaced in the end.

    Parameters
    ----------
    stream : binary file, seekable
        Lines of name and URL, grouped by synset; plain, gzip, tar or gzipped tar.
    provenance : Provenance
        Where it comes from.
    folder : Path
        The archive's; nobody else may be building there.
    watch : callable
        Is called now and then.

    Raises
    ------
    BadInput
        If the list is damaged, or none.
    OSError
        If the folder cannot be written.
    """
    sweep(folder)
    try:
        found = _write_new(stream, provenance.source, folder, watch)
        facts = {"format": FORMAT, "time": now(), **provenance._asdict(), **found}
        # From here on there is no archive until all of it is new.
        (folder / FACTS).unlink(missing_ok=True)
        for name in (DATA, INDEX, REST):
            (folder / f"{NEW}{name}").replace(folder / name)
        write_whole(folder / FACTS, to_json(facts))
    finally:
        sweep(folder)


def _write_new(
    stream: BinaryIO, source: str, folder: Path, watch: Callable[[], object]
) -> dict[str, object]:
    """Write the archive's files under unfinished names, and return what has been found."""
    urls = odd = members = 0
    synsets = set()
    with ExitStack() as opened:
        data, index, rest = (
            opened.enter_context((folder / f"{NEW}{name}").open("wb"))
            for name in (DATA, INDEX, REST)
        )
        index.write(TITLES)
        for (wnid, plain), packed in _packed(joined(split(url_lists.blocks(stream, source)))):
            count = plain.count(b"\n")
            if wnid:
                numbers = data.tell(), len(packed), count
                members += 1
                _refuse_odd_list(source, members > _MOST_MEMBERS)
                index.write(b"%b\t%d\t%d\t%d\n" % (wnid.encode(), *numbers))
                data.write(packed)
                synsets.add(wnid)
                urls += count
            else:
                rest.write(plain)
                odd += count
                _refuse_odd_list(source, rest.tell() > _MOST_ODD)
            watch()
        _refuse_odd_list(source, not urls)
        sizes = {DATA: data.tell(), INDEX: index.tell()}
    return {"urls": urls, "synsets": len(synsets), "odd": odd, "sizes": sizes}


def _refuse_odd_list(source: str, is_odd: bool) -> None:
    if is_odd:
        raise BadInput(
            f'"{source}" is not a list of all URLs. In such a list, a line is a name such as '
            "n01440764_9981, a tab and a URL, and the lines of a synset stand together"
        )


def split(blocks: Iterable[bytes]) -> Iterator[Lines]:
    """Yield whole lines in their order, neighbours of one synset together."""
    for block in blocks:
        position = 0
        while position < len(block):
            run = _RUN.match(block, position)
            if run:
                position = run.end()
                yield Lines(run.group(1).decode(), run.group())
            else:
                begin, position = position, block.index(b"\n", position) + 1
                yield _sorted_out(block[begin:position])


def _sorted_out(line: bytes) -> Lines:
    """Return a line that differs from most, in their form if it holds the same, else as odd."""
    name, url = url_lists.parse_line(line) or (None, "")
    if name and is_wnid(name.wnid) and len(line) < url_lists.LONGEST_LINE:
        return Lines(name.wnid, f"{name}\t{url}\n".encode("latin-1"))
    return Lines("", line)


def joined(pieces: Iterable[Lines]) -> Iterator[Lines]:
    """Yield the lines of each synset at once, unless others or too many come between."""
    wnid, size = "", 0
    gathered: list[bytes] = []
    for piece in pieces:
        if not piece.wnid:
            yield piece
            continue
        if gathered and (piece.wnid != wnid or size > _LARGEST_MEMBER):
            yield Lines(wnid, b"".join(gathered))
            gathered, size = [], 0
        wnid = piece.wnid
        gathered.append(piece.data)
        size += len(piece.data)
    if gathered:
        yield Lines(wnid, b"".join(gathered))


def _packed(parts: Iterable[Lines]) -> Iterator[tuple[Lines, bytes]]:
    """Yield each part with its gzip member, which odd lines do not need.

    Other threads pack, for `zlib` lets them.
    """
    threads = min(4, os.cpu_count() or 1)
    pending: deque[Future[tuple[Lines, bytes]]] = deque()
    with Threads(threads) as pool:
        for part in parts:
            if not part.wnid:
                yield part, b""
                continue
            pending.append(pool.submit(_pack, part))
            if len(pending) > 4 * threads:
                yield pending.popleft().result()
        while pending:
            yield pending.popleft().result()


def _pack(part: Lines) -> tuple[Lines, bytes]:
    packing = zlib.compressobj(_LEVEL, zlib.DEFLATED, GZIP_FORM)
    return part, packing.compress(part.data) + packing.flush()


_LIST = "http://image-net.org/imagenet_data/urls/imagenet_fall11_urls.tgz"
_CAPTURED = "20190130005544"
"""When the Wayback Machine took its copy of the list, the one public one that is known: 334 MB."""

_PACKED = b"\x1f\x8b"
"""How a gzip file begins."""

_USUAL_WAIT = 60.0
"""Seconds after which a busy host is asked again if it does not say for how long."""


@dataclass(frozen=True)
class WholeList:
    """The options that say where ImageNet's list of all URLs is, and which one is meant."""

    archive: str = ""
    """A file or an address, by default the Wayback Machine's copy."""
    archive_sha1: str = ""
    """By default the published one for an address and any for a file."""
    force: bool = False
    """Whether to fetch it although there is an archive, and to take it whatever its SHA-1 is."""
    wayback_service: str = WAYBACK_SERVICE

    @property
    def wanted_sha1(self) -> str:
        """The SHA-1 that a list has to have of which it has been looked at."""
        return self.archive_sha1.lower() or ARCHIVE_SHA1

    def refuses(self, sha1: str) -> bool:
        """Say whether a list must not be taken for the one that is meant."""
        return sha1 not in ("", self.wanted_sha1) and not self.force


def get_all(
    asked: WholeList,
    network: Network,
    home: Callable[[], Path],
    progress: Progress,
    kept: str = "",
) -> Archive:
    """Return the archive of all URLs, and make it unless it is there.

    Parameters
    ----------
    asked : WholeList
        Where the list is: a file makes the archive anew in any case, an address only if forced.
    network : Network
        What every request keeps.
    home : callable
        Returns the archive's folder, which it makes unless it is there.
    progress : Progress
        Is told how it goes.
    kept : str
        What a user types for the same list again, after a space.

    Raises
    ------
    ImagenetError
        If the list is not to be had, or is no list. An archive that was there still is.
    KeyboardInterrupt
        When interrupted; what has been fetched is kept for the next time.
    """
    if not re.fullmatch("([0-9a-fA-F]{40})?", asked.archive_sha1):
        raise BadInput(
            f'--archive-sha1="{asked.archive_sha1}" is not a SHA-1, which has 40 hexadecimal digits'
        )
    refuse_no_address("wayback-service", asked.wayback_service, WAYBACK_SERVICE)
    given = asked.archive or urls.capture_address(asked.wayback_service, _CAPTURED, _LIST)
    path = None if is_url(given) else path_of("--archive", given)
    why = why_no_file(path) if path else ""
    if why:
        raise BadInput(f'--archive="{given}" cannot be read: {why}')
    folder = home()
    with wait_for_lock(FileLock(folder / ".lock"), "all URLs", progress), storage_errors(folder):
        fetched = folder / "fetched.tgz"
        if path:
            with _begun_anew_next_time():
                sha1 = checksum(path, "sha1") if asked.archive_sha1 else ""
                if asked.refuses(sha1):
                    raise _other(given, sha1, asked, kept)
                _build(path, Provenance(path.name, sha1), folder, progress)
            ResumableFile(given, fetched).drop()  # what an interrupted one has left
        elif asked.force or not _is_sound(folder, progress):
            _fetch_and_build(given, fetched, asked, network, progress, kept)
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


def _fetch_and_build(
    address: str, path: Path, asked: WholeList, network: Network, progress: Progress, kept: str
) -> None:
    delivery = ResumableFile(address, path)
    with closing(network.client([address])) as client:
        _fetch(delivery, client, progress)
    with _begun_anew_next_time():
        sha1 = checksum(path, "sha1")
        if asked.refuses(sha1):
            _refuse_page(delivery, path)
            raise _other(
                address, sha1, asked, kept, (f'; to download it again, first remove "{path}"')
            )
        try:
            _build(path, Provenance(address, sha1), path.parent, progress)
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
        raise KeyboardInterrupt("Stopped. The same command makes the archive again.") from None


def _fetch(delivery: ResumableFile, client: Client, progress: Progress) -> None:
    ask = partial(delivery.fetch, client, partial(progress.advance, "fetching"))
    try:
        Retry.while_busy(_USUAL_WAIT, partial(progress.resting, delivery.address)).call(ask)
    except Failed as failed:
        later = "" if failed.outcome.final else "Type the same command later. "
        if delivery.here:
            later = "What has come is kept, and the same command goes on from there. "
        why = failed.why
        raise NoList(
            f'"{delivery.address}" cannot be downloaded: {why}. {later}If you have the file: '
            f"{GET} --archive=FILE"
        ) from None
    finally:
        progress.end()


def _refuse_page(delivery: ResumableFile, path: Path) -> None:
    """Drop what is not even packed, such as the page of a server that is out of order."""
    with path.open("rb") as stream:
        begin = stream.read(200)
    if not begin.startswith(_PACKED):
        delivery.drop()
        raise NoList(
            f'"{delivery.address}" gave no archive today: {beginning(begin)}. '
            f"Type the same command later. If you have the file: {GET} --archive=FILE"
        )


def _other(given: str, sha1: str, asked: WholeList, kept: str, otherwise: str = "") -> BadInput:
    """Return what the user has to decide on."""
    return BadInput(
        f'"{given}" is not the list that ImageNet published: its SHA-1 is {sha1}, not '
        f"{asked.wanted_sha1}. To use it anyway: {GET}{kept} --force{otherwise}"
    )


def _build(path: Path, provenance: Provenance, folder: Path, progress: Progress) -> None:
    size = path.stat().st_size
    with path.open("rb") as stream:
        try:
            build(
                stream,
                provenance,
                folder,
                lambda: progress.advance("building", stream.tell(), size),
            )
        finally:
            progress.end()
