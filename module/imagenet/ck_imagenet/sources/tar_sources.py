"""Copies of ImageNet as the user names them: where each part is, what it is, which have been read.

A copy is a folder, a zip or a tar, or the many tars into which one is cut (shards).
"""

from __future__ import annotations

import glob
import io
import itertools
import os
import re
import stat
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Iterable, Iterator, NamedTuple, Sequence

from ..catalogue import synsets
from ..core.errors import BadInput
from ..core.files import path_of, why_no_file
from ..core.outcomes import Failed
from ..core.text import printable, wnid_inside
from ..core.url_lists import display_name, is_url
from ..http.client import Client
from ..http.resumable import ResumableStream, Watch
from ..http.retry import Retry
from . import tars, zips
from .tars import File, Reader, Skipped, SkipReason, StreamReader

_BUFFER = 2**18

_MOST_PARTS = 100_000
"""Parts of a copy; ImageNet's largest in use has 4,096."""

_BRACES = re.compile(r"\{([^{}]*)\}")
_SEQUENCE = re.compile(r"([0-9]{1,9})\.\.([0-9]{1,9})")


class TarSource(NamedTuple):
    """A copy, and what is wanted of it."""

    where: str
    """Paths or addresses, as the user has named them."""
    parts: tuple[str, ...]
    """Each of them by itself."""
    wnids: frozenset[str]
    """The synsets whose pictures are wanted."""
    is_far: bool
    """Whether it is one synset's own and has an address: to read it twice is a waste."""
    is_of_winter21: bool = False
    """Whether it is of ImageNet's release of winter 2021, which does not have all synsets."""

    @property
    def name(self) -> str:
        """What users are told: an address, or the name of a file."""
        return display_name(self.where)


def tar_sources(named: str, wnids: Sequence[str]) -> list[TarSource]:
    """Return the copies that the user means.

    Parameters
    ----------
    named : str
        A path or an address, in which `{wnid}`, `{0000..1023}` and `{train,val}` may stand; a path
        may also have the wildcards of a shell.
    wnids : sequence of str
        The synsets that are wanted; without any, the one in the file's name, else all.

    Raises
    ------
    BadInput
        If it takes a wnid to know which, or if one of several is not there.
    """
    if "{wnid}" in named:
        if not wnids:
            raise BadInput(f'"{named}" needs to know which: add --wnid=W')
        # A wnid is a letter and digits: it cannot change what path or address mean.
        own = [_source(named.replace("{wnid}", wnid), [wnid], is_url(named)) for wnid in wnids]
        for source in own:
            _refuse_missing(source.parts)
        return own
    inside = wnid_inside(Path(named).name)
    wanted = wnids or ([inside] if inside else [each.wnid for each in synsets.load().synsets])
    source = _source(named, wanted, False)
    if len(source.parts) > 1:
        _refuse_missing(source.parts)
    return [source]


def _source(named: str, wnids: Iterable[str], is_far: bool) -> TarSource:
    return TarSource(named, tuple(_parts(named)), frozenset(wnids), is_far)


def _refuse_missing(parts: Sequence[str]) -> None:
    """Raise BadInput if a file of several is not there: before any of them is read."""
    for part in parts:
        path = path_of("--from", part) if not is_url(part) else None
        why = why_no_file(path) if path and not path.is_dir() else ""
        if why:
            raise BadInput(f'"{part}" cannot be read: {why}')


def _parts(named: str) -> list[str]:
    """Return the paths or addresses that a user names with braces and wildcards, in order."""
    path = None if is_url(named) else path_of("--from", named)
    if path and path.exists():
        return [named]
    parts = list(itertools.islice(_without_braces(named), _MOST_PARTS + 1))
    if len(parts) > _MOST_PARTS:
        raise BadInput(f'"{named}" means more than {_MOST_PARTS:,} parts')
    return parts if is_url(named) else [each for part in parts for each in _matches(part)]


def _without_braces(named: str) -> Iterator[str]:
    """Yield what a shell makes of `{0000..1023}` and `{train,val}`."""
    found = _BRACES.search(named)
    if not found:
        yield named
        return
    told = _SEQUENCE.fullmatch(found.group(1))
    if told:
        first, last = map(int, told.groups())
        width = max(map(len, told.groups())) if "0" in (told[1][0], told[2][0]) else 0
        step = 1 if last >= first else -1
        words: Iterable[str] = (f"{n:0{width}}" for n in range(first, last + step, step))
    elif "," in found.group(1):
        words = found.group(1).split(",")
    else:
        raise BadInput(f'"{named}": write {{0000..1023}} or {{train,val}} in braces, or {{wnid}}')
    rests = list(itertools.islice(_without_braces(named[found.end() :]), _MOST_PARTS + 1))
    yield from (f"{named[: found.start()]}{word}{rest}" for word in words for rest in rests)


def _matches(named: str) -> list[str]:
    """Return the paths that wildcards mean, in order; what has none as it is."""
    path = path_of("--from", named)
    if not glob.has_magic(named) or path.exists():
        return [named]
    found = sorted(glob.glob(str(path)))  # noqa: PTH207  `Path` cannot begin at any folder
    if not found:
        raise BadInput(f'there is no file "{named}"')
    return found


class OpenCopy(NamedTuple):
    """One part of a copy, while it is read."""

    kind: str
    """What it is: a folder, a zip or a tar."""
    files: Iterator[File | Skipped]
    """What is in it."""
    stream: StreamReader | None = None
    """Its bytes, if they come in order."""

    @property
    def failure(self) -> OSError | Failed | None:
        """Why it could be read no further, unless what was read is itself damaged or cut."""
        return self.stream.failure if self.stream else None

    @property
    def is_empty(self) -> bool:
        """Whether there was not a single byte."""
        return bool(self.stream and self.stream.is_empty)


@contextmanager
def open_copy(part: str, client: Client, retry: Retry, watch: Watch) -> Iterator[OpenCopy]:
    """Give a part of a copy; an address is asked only when it is read.

    Parameters
    ----------
    part : str
        A path or an address.
    client : Client
        Asks for what has an address.
    retry : Retry
        How often it is asked again for the rest.
    watch : callable
        Is told how many bytes have come, and of how many, 0 if nobody knows.

    Raises
    ------
    BadInput
        If there is no such file.
    """
    name = display_name(part)
    if is_url(part):
        answer = ResumableStream(client, part, retry, watch)
        with io.BufferedReader(answer, _BUFFER) as come:
            stream = StreamReader(come)
            yield OpenCopy("tar", _files_of_stream(stream, name), stream)
        return
    path = path_of("--from", part)
    if path.is_dir():
        yield OpenCopy("folder", _files_of_folder(path, watch))
        return
    try:
        file = _File(path, watch)
    except OSError as error:
        raise BadInput(f'"{part}" cannot be read: {error.strerror}') from None
    with io.BufferedReader(file, _BUFFER) as opened:
        stream = StreamReader(opened, file.size or None)
        if file.size and stream.begins(*zips.ZIPS):
            file.is_read_in_order = False
            yield OpenCopy("zip", zips.files(opened, name))
        else:
            yield OpenCopy("tar", _files_of_stream(stream, name), stream)


def _files_of_folder(path: Path, watch: Watch) -> Iterator[File | Skipped]:
    come = 0
    for file in _files_below(path):
        come += file.size if isinstance(file, File) else 0
        watch(come, 0)
        yield file


def _files_of_stream(stream: StreamReader, name: str) -> Iterator[File | Skipped]:
    """Yield the files of a tar; raise BadInput if it is what cannot be read in its order."""
    if stream.begins(*zips.ZIPS):
        raise BadInput(
            f'"{name}" is a zip, which is read from its end: have it as a file, and give '
            "--from=FILE"
        )
    yield from tars.files(stream, name)


class _File(io.FileIO):
    """A file or a pipe that tells how much of it has been read."""

    def __init__(self, path: Path, watch: Watch) -> None:
        super().__init__(path)
        self._watch = watch
        self._come = 0
        self.size = path.stat().st_size if path.is_file() else 0
        self.is_read_in_order = True

    def readinto(self, buffer: Any) -> int:
        count = super().readinto(buffer)
        self._come += count
        in_place = self.size and self.is_read_in_order
        come = self.tell() if in_place else self._come
        self._watch(min(come, self.size) if self.size else come, self.size)
        return count


# Folders that the user has: their files are read where they are.


def _files_below(root: Path) -> Iterator[File | Skipped]:
    """Yield the files in a folder and those below it, in the order of their names.

    A symbolic link to a file is followed if that file is below `root` too; one to a folder never,
    so that no way leads in a circle. Hidden folders, such as those of versions, are passed over.

    Parameters
    ----------
    root : Path
        The folder, which may be a link itself.
    """
    root = Path(os.path.realpath(root))
    waiting = [(str(root), root.name)]
    while waiting:
        folder, shown = waiting.pop()
        try:
            names = sorted(os.listdir(folder))  # noqa: PTH208  there are many
        except OSError:
            yield Skipped(printable(shown), SkipReason.UNREADABLE)
            continue
        below = []
        for name in names:
            path, told = f"{folder}{os.sep}{name}", f"{shown}/{name}"
            try:
                found = os.lstat(path)
                if stat.S_ISDIR(found.st_mode):
                    if not name.startswith("."):
                        below.append((path, told))
                    continue
                yield _file(path, told, found, root)
            except OSError:
                yield Skipped(printable(told), SkipReason.UNREADABLE)
        waiting += reversed(below)


def _file(path: str, told: str, found: os.stat_result, root: Path) -> File | Skipped:
    if stat.S_ISLNK(found.st_mode):
        path = os.path.realpath(path)
        if not path.startswith(f"{root}{os.sep}"):
            return Skipped(printable(told), SkipReason.OUTSIDE)
        found = os.lstat(path)
        if not stat.S_ISREG(found.st_mode):
            return Skipped(printable(told), SkipReason.LINK)
    if not stat.S_ISREG(found.st_mode):
        return Skipped(printable(told), SkipReason.DEVICE)
    return File(told, found.st_size, _FileReader(path, found.st_size), original=Path(path))


class _FileReader(Reader):
    """Reads a file, which is open no longer than that takes."""

    def __init__(self, path: str, size: int) -> None:
        self._path = path
        self._size = size

    def read(self, size: int) -> bytes:
        data = b""
        try:
            with open(self._path, "rb", buffering=0) as file:  # noqa: PTH123  there are many
                while len(data) < size:
                    read = file.read(size - len(data))
                    if not read:
                        break
                    data += read
        except OSError:
            self.damage = SkipReason.UNREADABLE
        self.is_cut = len(data) < size
        if self.is_cut:
            self.damage = self.damage or SkipReason.DAMAGED
        return data

    @contextmanager
    def opened(self) -> Iterator[Reader]:
        with open(self._path, "rb") as file:  # noqa: PTH123  there are many
            yield StreamReader(file, self._size)
