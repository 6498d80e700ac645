"""From ImageNet's whole list to the archive of all URLs."""

from __future__ import annotations

import os
import re
import zlib
from collections import deque
from concurrent.futures import Future
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO, Callable, Iterable, Iterator, NamedTuple

from ..core import url_lists
from ..core.errors import BadInput
from ..core.files import NEW, sweep, to_json, write_whole
from ..core.names import is_wnid
from ..core.threads import Threads
from ..storage.journal import FORMAT, now
from .url_archive import DATA, FACTS, GZIP_FORM, INDEX, REST, TITLES

_LEVEL = 1
_LARGEST_MEMBER = 4 * 2**20
"""Bytes, unpacked; those of ImageNet's largest synset are a quarter of a million."""

_MOST_MEMBERS = 200_000
"""Lines of the index; ImageNet's list needs one for each of its 21,841 synsets."""

_MOST_ODD = 4 * 2**20
"""Bytes; those of the real list's odd lines are a few hundred."""

# One line after the other of one synset, in the form that all but a few have, none as long as
# urllists.LONGEST_LINE.
_LINE = rb"_[0-9]{1,9}\thttps?://[^\n]{0,65000}\n"
_RUN = re.compile(rb"(n[0-9]{8})" + _LINE + rb"(?:\1" + _LINE + rb")*")


class Lines(NamedTuple):
    """Whole lines of one synset, or odd ones."""

    wnid: str
    """Nothing for odd ones."""
    data: bytes


class Origin(NamedTuple):
    """Where a list comes from."""

    source: str
    """An address or the name of a file."""
    sha1: str = ""
    """Its SHA-1, if that has been looked at."""


def build(
    stream: BinaryIO, origin: Origin, folder: Path, watch: Callable[[], object] = lambda: None
) -> None:
    """Make the archive in a folder from a list; the one that is there is replaced in the end.

    Parameters
    ----------
    stream : binary file, seekable
        Lines of name and URL, grouped by synset; plain, gzip, tar or gzipped tar.
    origin : Origin
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
        found = _write_new(stream, origin.source, folder, watch)
        facts = {"format": FORMAT, "time": now(), **origin._asdict(), **found}
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
    """Write the archive's files beside their places, and return what has been found."""
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
            f'"{source}" is no list of all URLs: a line is a name such as n01440764_9981, '
            "a tab and a URL, and the lines of a synset stand together"
        )


def split(blocks: Iterable[bytes]) -> Iterator[Lines]:
    """Yield whole lines in their order, neighbours of one synset together."""
    for block in blocks:
        place = 0
        while place < len(block):
            run = _RUN.match(block, place)
            if run:
                place = run.end()
                yield Lines(run.group(1).decode(), run.group())
            else:
                begin, place = place, block.index(b"\n", place) + 1
                yield _sorted_out(block[begin:place])


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
