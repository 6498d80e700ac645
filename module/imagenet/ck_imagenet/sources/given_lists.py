"""Given lists: URLs in a file, a pipe or at an address that the user names, of one synset or many.

The lines of a long list are sorted by synset in a file, so that no list is too long for the memory.
"""

from __future__ import annotations

import os
import tempfile
from contextlib import closing, contextmanager
from pathlib import Path
from typing import BinaryIO, Collection, Iterator, NamedTuple, Sequence, cast

from ..catalogue.selection import MANY
from ..core import url_lists
from ..core.errors import BadInput
from ..core.files import path_of, storage_errors, why_no_file
from ..core.outcomes import Failed
from ..core.text import UNKNOWN, some, wnid_inside
from ..core.url_lists import Line, Named, WrongShape, parse_line
from ..http.client import Client
from ..http.connections import Limits
from .lists import SynsetList, Unlisted

MOST_OF_A_SYNSET = 200_000
"""Of a synset, no two of them the same; ImageNet's largest has 3,047."""

_IN_MEMORY = 32 * 2**20
"""Bytes of all synsets, before the file is one."""

_LINES_AT_ONCE = 256
"""Lines of a synset that are written together; the same ones among them once."""


class _Span(NamedTuple):
    begin: int
    length: int


class _Synset:
    """What has come of one synset."""

    def __init__(self) -> None:
        self.spans: list[_Span] = []
        self.waiting: dict[bytes, int] = {}
        """The lines that are not written yet, and their numbers."""


class LineSpool:
    """The lines of many synsets as they come, and of each as they are asked for.

    Parameters
    ----------
    what : str
        What the list is called in an error.
    """

    def __init__(self, what: str) -> None:
        self._what = what
        self._file = tempfile.SpooledTemporaryFile(_IN_MEMORY)  # noqa: SIM115
        self._synsets: dict[str, _Synset] = {}

    def __len__(self) -> int:
        return len(self._synsets)

    def __iter__(self) -> Iterator[str]:
        return iter(self._synsets)

    def __contains__(self, wnid: object) -> bool:
        return wnid in self._synsets

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()

    def add(self, wnid: str, line: Line) -> None:
        """Add a line to those of a synset.

        Parameters
        ----------
        wnid : str
            The synset.
        line : Line
            The line; the same name and URL again are not added.
        """
        synset = self._synsets.get(wnid) or self._synsets.setdefault(wnid, _Synset())
        text = f"{line.name}\t{line.url}" if line.name else line.url
        synset.waiting.setdefault(text.encode("latin-1"), line.number)
        if len(synset.waiting) >= _LINES_AT_ONCE:
            self._write(synset)

    def lines(self, wnid: str) -> list[Line]:
        """Return the lines of a synset, in their order, each once.

        Raises
        ------
        BadInput
            If there are more than any synset has.
        """
        synset = self._synsets[wnid]
        self._write(synset)
        numbers: dict[bytes, int] = {}
        for span in synset.spans:
            self._file.seek(span.begin)
            for line in self._file.read(span.length).split(b"\n")[:-1]:
                number, _, text = line.partition(b"\t")
                numbers.setdefault(text, int(number))
            if len(numbers) > MOST_OF_A_SYNSET:
                raise BadInput(
                    f'the list "{self._what}" has more than {MOST_OF_A_SYNSET:,} URLs of {wnid}: '
                    "ImageNet's largest synset has 3,047; give a list of a part of them"
                )
        return [_line(number, text) for text, number in numbers.items()]

    def _write(self, synset: _Synset) -> None:
        self._file.seek(0, os.SEEK_END)
        begin = self._file.tell()
        self._file.write(b"".join(b"%d\t%b\n" % (n, text) for text, n in synset.waiting.items()))
        synset.spans.append(_Span(begin, self._file.tell() - begin))
        synset.waiting.clear()


def _line(number: int, text: bytes) -> Line:
    name, url = parse_line(text) or (None, "")
    return Line(number, name, url)


_LARGEST_LIST = 4 * 2**30
_MOST_LISTED = 100
"""Synsets that are remembered of those that nobody wants."""

_LONG_LIST_LIMITS = Limits(connect=20, first_byte=60, stall=60, whole=6 * 3600)


class GivenList:
    """The lists in what the user names.

    Parameters
    ----------
    named : str
        A path or an address, in which `{wnid}` may stand.
    client : Client
        Asks for what has an address.
    columns : Named, optional
        The columns of a table that the user names.
    """

    def __init__(self, named: str, client: Client, columns: Named = Named()) -> None:  # noqa: B008
        self._named = named
        self._columns = columns
        self._client = client

    def lists(self, wnids: Sequence[str]) -> Iterator[SynsetList]:
        """Yield the list of each synset; without any, of those that are in it.

        Raises
        ------
        BadInput
            If it cannot be used.
        """
        addresses = self._addresses(wnids)
        for address in addresses.values():
            why = "" if url_lists.is_url(address) else why_no_file(path_of("--urls", address))
            if why:
                raise BadInput(f'the list "{address}" cannot be read: {why}')
        for wnid, address in addresses.items():
            yield from self._read(address, (wnid,))
        if not addresses:
            yield from self._read(self._named, wnids)

    def lists_there_are(self, wnids: Sequence[str]) -> Iterator[SynsetList | Unlisted]:
        """Yield the lists of those synsets that have one, or are to have one of their own.

        Otherwise this is as `lists`, and so it is an error if one list for all has none of them.
        """
        addresses = self._addresses(wnids)
        for wnid, address in addresses.items():
            try:
                yield from self._read(address, (wnid,))
            except (MissingList, WrongShape) as error:
                yield Unlisted(wnid, str(error))
        if not addresses:
            yield from self._read(self._named, wnids, may_lack=True)

    def _addresses(self, wnids: Sequence[str]) -> dict[str, str]:
        """Return where the list of each synset is, nothing if one list serves all."""
        if "{wnid}" not in self._named:
            return {}
        if not wnids:
            raise BadInput(f'"{self._named}" needs a wnid: add --wnid=W')
        # A wnid is a letter and digits: it cannot change what path or address mean.
        return {wnid: self._named.replace("{wnid}", wnid) for wnid in wnids}

    def _read(
        self, where: str, wnids: Sequence[str], may_lack: bool = False
    ) -> Iterator[SynsetList]:
        with storage_errors(Path(tempfile.gettempdir())), closing(LineSpool(where)) as found:
            with self._opened(where) as stream:
                lines = url_lists.read(stream, where, strict=True, named=self._columns)
                listed = _gather(lines, where, wnids, found)
            if not (may_lack and found):
                _refuse_missing(where, wnids, found, listed)
            for wnid in wnids or found:
                if wnid in found:
                    yield SynsetList(wnid, url_lists.display_name(where), found.lines(wnid))

    @contextmanager
    def _opened(self, where: str) -> Iterator[BinaryIO]:
        if url_lists.is_url(where):
            with tempfile.TemporaryFile() as kept:
                self._fetch_to(kept, where)
                yield cast(BinaryIO, kept)
            return
        try:
            stream = path_of("--urls", where).open("rb")
        except OSError as error:
            raise MissingList(f'the list "{where}" cannot be read: {error.strerror}') from None
        with stream, tempfile.TemporaryFile() as kept:
            if stream.seekable():
                yield stream
            else:  # a pipe, such as /dev/stdin
                _copy(stream, kept, where)
                kept.seek(0)
                yield cast(BinaryIO, kept)

    def _fetch_to(self, kept: BinaryIO, where: str) -> None:
        try:
            with self._client.open(where, _LARGEST_LIST, _LONG_LIST_LIMITS) as answer:
                for chunk in answer.chunks:
                    kept.write(chunk)
        except Failed as failed:
            # Others of this host may be there, unless it is the host that is not.
            is_missing = failed.outcome.final and not failed.outcome.unanswered
            why = failed.why
            raise (MissingList if is_missing else BadInput)(
                f'the list "{where}" cannot be downloaded: {why}'
            ) from None
        kept.seek(0)


def _copy(stream: BinaryIO, kept: BinaryIO, where: str) -> None:
    """Copy a pipe, which may have no end."""
    come = 0
    for block in iter(lambda: stream.read(2**20), b""):
        come += len(block)
        if come > _LARGEST_LIST:
            raise BadInput(f'the list "{where}" is larger than any list of ImageNet')
        kept.write(block)


class MissingList(BadInput):
    """A list is not there, or has nothing of what is asked; another list may be."""


def _gather(lines: Iterator[Line], where: str, wnids: Sequence[str], found: LineSpool) -> list[str]:
    """Sort the lines of a list by synset; only those of `wnids`, if there are any.

    Returns
    -------
    list of str
        The first synsets of which there are lines, wanted or not.
    """
    wanted = frozenset(wnids)
    alone = wnids[0] if len(wnids) == 1 else None
    nameless = alone or (None if wnids else wnid_inside(Path(where).name) or UNKNOWN)
    starts: dict[str, int] = {}
    listed: dict[str, None] = {}
    last: Line | None = None
    for line in lines:
        if last and line.url is last.url and line.name is last.name:
            continue  # the same again, of which there may be millions
        last = line
        wnid = line.name.wnid if line.name else nameless
        if wnid is None:
            raise BadInput(
                f'the list "{where}" has URLs without names, so it cannot serve '
                f"{len(wnids)} synsets: name one with --wnid=W"
            )
        is_first = not listed
        if len(listed) < _MOST_LISTED:
            listed.setdefault(wnid)
        if wanted and wnid not in wanted:
            continue
        # Each synset of a list has its own first line; the list's belongs to the first of them.
        start = starts.setdefault(wnid, 0 if is_first else line.number)
        found.add(wnid, line._replace(number=line.number - start) if line.name else line)
        if not wnids and len(found) > MANY:
            raise BadInput(
                f'the list "{where}" has more than {MANY} synsets: name those that you want with '
                "--wnid=W,W or --wnids=FILE. For all of them, make an archive of it: ck-imagenet "
                f"geturls --all --archive={where}"
            )
    return list(listed)


def _refuse_missing(
    where: str, wnids: Collection[str], found: Collection[str], listed: Sequence[str]
) -> None:
    missing = [wnid for wnid in wnids if wnid not in found]
    if missing and listed:
        raise MissingList(
            f'the list "{where}" has no URL of {some(missing)}; it has {some(listed, most=5)}'
        )
    if missing or not found:
        raise MissingList(
            f'the list "{where}" has no URL: a line is a URL, or a name such as n01440764_9981 '
            "and a URL"
        )
