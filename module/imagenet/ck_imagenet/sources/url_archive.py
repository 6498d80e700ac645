"""The archive of all URLs: ImageNet's whole list of 2011 on this machine, and its index.

Four files in a folder: `urls.gz` has a gzip member for each synset, one after the other, so that
any gzip tool reads the whole list; `index.tsv` says where they are; `rest.txt` keeps what is no
name and URL; `archive.json` tells of the whole, and is there only while the others fit together.
"""

from __future__ import annotations

import re
import zlib
from collections import Counter
from contextlib import contextmanager
from functools import lru_cache
from pathlib import Path
from typing import Any, Callable, Collection, Iterable, Iterator, Mapping, NamedTuple, Protocol

from ..core import outcomes
from ..core.errors import BadInput, Damaged, NoList
from ..core.files import read_json
from ..core.registries import source
from ..core.text import ImageName, Progress, readable
from ..core.url_lists import Line
from ..storage.records import refuse_newer
from .lists import ListSource, SourceContext, SynsetList

DATA = "urls.gz"
INDEX = "index.tsv"
REST = "rest.txt"
FACTS = "archive.json"

TITLES = b"wnid\tplace\tlength\turls\n"
"""The index's first line: place (the offset) and length are bytes of `urls.gz`."""

GZIP_FORM = 31
"""How `zlib` is told the form of a gzip member."""

GET = "ck-imagenet geturls --all"

_MOST_OF_A_MEMBER = 64 * 2**20
"""Bytes, packed or not: several times what any has that is built."""

# What is in the archive has this form: so it has been sorted when it was built.
_MEMBER_LINE = re.compile(r"_([0-9]+)\t(.*[^ \t\r\n])")
_MEMBER = re.compile(rb"(n\d{8})\t(\d{1,15})\t(\d{1,8})\t(\d{1,9})")

# The first tab of a line stands before its URL; the rest is passed over, whatever it holds.
_AUTHORITY = re.compile(rb"\thttps?://([^/?#\s]*)[^\n]*")
_NOT_OF_A_HOST = re.compile(r"[\s/?#@:]")


class Member(NamedTuple):
    """A part of `urls.gz`: the lines of one synset, nearly always all of them."""

    wnid: str
    offset: int
    length: int
    urls: int


class Archive:
    """The archive in a folder; `at` opens it.

    Attributes
    ----------
    source, sha1 : str
        Where the list came from, an address or the name of a file, and its SHA-1 if that has been
        looked at.
    time : str
        When the archive was built: UTC, ISO 8601.
    urls, synsets, odd : int
        How many URLs and synsets it has, and how many lines are in `rest`.
    data, rest : Path
        The files of all URLs with their names, and of the odd lines.
    """

    def __init__(self, folder: Path, facts: dict[str, Any]) -> None:
        self._folder = folder
        self.data, self.rest = folder / DATA, folder / REST
        self.source, self.sha1, self.time = _texts(facts, "source", "sha1", "time")
        self.urls, self.synsets, self.odd = _counts(facts, "urls", "synsets", "odd")
        for name, size in zip((DATA, INDEX), _counts(facts["sizes"], DATA, INDEX)):
            if (folder / name).stat().st_size != size:
                raise ValueError(f"{name} has not the {size} bytes that it had")

    @classmethod
    def at(cls, folder: Path) -> Archive | None:
        """Return the archive in a folder, or None if there is none.

        Raises
        ------
        Damaged
            If its files are not those that were built.
        StoreError
            If it is a newer version's.
        """
        facts = read_json(folder / FACTS)
        if facts is None:
            return None
        refuse_newer(facts.get("format"), folder / FACTS)
        with _damage_named(folder):
            return cls(folder, facts)

    @classmethod
    def needed(cls, folder: Path, option: str) -> Archive:
        """Return the archive in a folder.

        Parameters
        ----------
        folder : Path
            The folder.
        option : str
            What needs the archive, for the error: an option's name, without `--`.

        Raises
        ------
        BadInput
            If there is none.
        """
        found = cls.at(folder)
        if not found:
            raise BadInput(f"--{option} needs the archive of all URLs; get it with: {GET}")
        return found

    def facts(self) -> dict[str, Any]:
        """Return what is known of the whole, in plain types."""
        counted = {"urls": self.urls, "synsets": self.synsets, "odd": self.odd}
        told = {"source": self.source, "sha1": self.sha1, "time": self.time}
        return {**counted, **told, "data": str(self.data), "rest": str(self.rest)}

    def lines(self, wnid: str) -> list[Line]:
        """Return the lines of a synset, none if it is not there; raise Damaged."""
        own = _lines_of(self._index(), wnid.encode())
        with _damage_named(self._folder):
            members = [_member(line) for line in own]
        text = b"".join(self.unpacked(members)).decode("latin-1")
        return [
            Line(offset, ImageName(wnid, int(number)), url)
            for offset, (number, url) in enumerate(_MEMBER_LINE.findall(text))
        ]

    def counts(self) -> dict[str, int]:
        """Return how many URLs each synset has, of those that have any."""
        counts: dict[str, int] = {}
        for member in self.members():
            counts[member.wnid] = counts.get(member.wnid, 0) + member.urls
        return counts

    def members(self) -> Iterator[Member]:
        """Yield all members, in their order."""
        with _damage_named(self._folder):
            members = [_member(line) for line in self._index().split(b"\n")[1:-1]]
        yield from members

    def unpacked(self, members: Iterable[Member]) -> Iterator[bytes]:
        """Yield the lines of each member; raise Damaged."""
        with _damage_named(self._folder), self.data.open("rb") as stream:
            for member in members:
                stream.seek(member.offset)
                unpacking = zlib.decompressobj(GZIP_FORM)
                plain = unpacking.decompress(stream.read(member.length), _MOST_OF_A_MEMBER)
                if not unpacking.eof or not plain.startswith(f"{member.wnid}_".encode()):
                    raise ValueError(f"{member.wnid} is not where {INDEX} says")
                yield plain

    def check(self, reached: Callable[[int], object]) -> None:
        """Read all of it; raise Damaged if it is not what was built.

        Parameters
        ----------
        reached : callable
            Is told now and then how many bytes have been read.
        """
        urls, members = 0, list(self.members())
        for member, plain in zip(members, self.unpacked(members)):
            urls += plain.count(b"\n")
            reached(member.offset + member.length)
        with _damage_named(self._folder):
            if urls != self.urls:
                raise ValueError(f"{urls} URLs instead of {self.urls}")

    def _index(self) -> bytes:
        with _damage_named(self._folder):
            found = (self._folder / INDEX).stat()
            mark = found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
            return _read_once(self._folder / INDEX, mark)


@lru_cache(maxsize=1)
def _read_once(path: Path, mark: tuple[int, ...]) -> bytes:
    """Return what is in a file, for as long as its mark is this."""
    return path.read_bytes()


def _lines_of(index: bytes, wnid: bytes) -> Iterator[bytes]:
    """Yield the lines of a synset the short way: of 21,841, each is asked for once in a run."""
    start = index.find(b"\n" + wnid + b"\t")
    while start >= 0:
        end = index.find(b"\n", start + 1)
        yield index[start + 1 : end if end >= 0 else len(index)]
        start = index.find(b"\n" + wnid + b"\t", start + 1)


def _member(line: bytes) -> Member:
    """Return what a line of the index tells; raise ValueError."""
    found = _MEMBER.fullmatch(line)
    if not found or int(found.group(3)) > _MOST_OF_A_MEMBER:
        raise ValueError(f"a line of {INDEX} tells of no synset")
    wnid, *numbers = found.groups()
    return Member(wnid.decode(), *map(int, numbers))


def _texts(facts: Mapping[str, Any], *keys: str) -> list[str]:
    """Return texts among facts; raise KeyError, TypeError."""
    if not all(isinstance(facts[key], str) for key in keys):
        raise TypeError(f"{FACTS} tells something else than {', '.join(keys)}")
    return [facts[key] for key in keys]


def _counts(facts: Mapping[str, Any], *keys: str) -> list[int]:
    """Return counts among facts; raise KeyError, TypeError."""
    if not all(isinstance(facts[key], int) and facts[key] >= 0 for key in keys):
        raise TypeError(f"{FACTS} does not tell how much of {', '.join(keys)}")
    return [facts[key] for key in keys]


@contextmanager
def _damage_named(folder: Path) -> Iterator[None]:
    """Turn what files say that are not those that were built into a sentence."""
    try:
        yield
    except (OSError, KeyError, TypeError, AttributeError, ValueError, zlib.error) as error:
        raise Damaged(
            f'the archive of all URLs in "{folder}" is damaged ({outcomes.plain(str(error))}): '
            f"make it again with: {GET}"
        ) from error


def hosts(
    archive: Archive,
    host: str,
    wnids: Collection[str] = (),
    reached: Callable[[int], object] = lambda done: None,
) -> Counter[str]:
    """Return how many URLs lead to a host, and to each host below it.

    Only the members of these synsets are unpacked, and only those that name the host are parsed.

    Parameters
    ----------
    archive : Archive
        Has the URLs.
    host : str
        For example `flickr.com`, which is above `farm1.static.flickr.com`.
    wnids : collection of str
        The synsets; without any, all.
    reached : callable
        Is told now and then up to which byte the archive has been searched.

    Raises
    ------
    BadInput
        If `host` is none.
    Damaged
        If the archive is.
    """
    name = host.strip(".").lower().encode()
    if not name or _NOT_OF_A_HOST.search(host):
        raise BadInput(
            f'--search-url="{host}" is not a host: write for example --search-url=flickr.com'
        )
    wanted = re.compile(rb"(?:.*@)?((?:[^@:]*\.)?%b)\.?(?::[0-9]*)?" % re.escape(name))
    members = [member for member in archive.members() if not wnids or member.wnid in wnids]
    found: Counter[str] = Counter()
    for member, plain in zip(members, archive.unpacked(members)):
        lines = plain.lower()
        if name in lines:
            for authority, count in Counter(_AUTHORITY.findall(lines)).items():
                match = wanted.fullmatch(authority)
                if match:
                    found[readable(match.group(1).decode("latin-1"))] += count
        reached(member.offset + member.length)
    return found


class KnownUrls(Protocol):
    """What is asked of the archive."""

    source: str
    """Where it came from."""

    def lines(self, wnid: str) -> list[Line]:
        """Return the lines of a synset, with their true numbers; none if it is not there."""

    def counts(self) -> dict[str, int]:
        """Return how many lines each synset has, of those that are there."""


def _none() -> None:
    """Stand for the lack of an archive."""


class ArchiveSource(ListSource):
    """The archive, or the lack of it; a damaged one counts as none, and says so.

    Parameters
    ----------
    open_ : callable
        Returns the one on this machine, None if there is none, or raises Damaged; it is called
        when the archive is needed, and only once.
    """

    row = source("archive")

    def __init__(self, open_: Callable[[], KnownUrls | None] = _none) -> None:
        self._open = open_
        self._archive: KnownUrls | None = None
        self._is_open = self._is_told = False
        self._damage = ""

    @classmethod
    def made(cls, context: SourceContext) -> ListSource:
        return context.archive

    @property
    def is_here(self) -> bool:
        """Whether there is one on this machine that can be read."""
        return self._opened() is not None

    @property
    def state(self) -> str:
        if self.is_here:
            return "on this machine"
        return "damaged" if self._damage else "not on this machine"

    @property
    def needs(self) -> str:
        if self.is_here:
            return self.row.needs
        get = "ck-imagenet geturls --all"
        return f"to be made again: {get}" if self._damage else f"334 MB, once: {get}"

    def find(self, wnid: str) -> SynsetList:
        lines = self.lines(wnid)
        archive = self._opened()
        if archive is None:
            raise NoList(self.state)
        if not lines:
            raise NoList("it has no URL of this synset")
        return SynsetList(wnid, archive.source, lines)

    def lines(self, wnid: str) -> list[Line]:
        """Return what it has of a synset, nothing if there is none."""
        archive = self._opened()
        try:
            return archive.lines(wnid) if archive else []
        except Damaged as error:
            self._give_up(error)
            return []

    def counts(self) -> dict[str, int]:
        """Return how many URLs of each synset it has, nothing if there is none."""
        archive = self._opened()
        return archive.counts() if archive else {}

    def warn(self, progress: Progress) -> None:
        """Tell once of its damage, if it has been needed and others have to do without it."""
        if self._damage and not self._is_told:
            self._is_told = True
            progress.trouble(self._damage)

    def _opened(self) -> KnownUrls | None:
        if not self._is_open:
            self._is_open = True
            try:
                self._archive = self._open()
            except Damaged as error:
                self._give_up(error)
        return self._archive

    def _give_up(self, error: Damaged) -> None:
        self._archive, self._damage = None, str(error)
