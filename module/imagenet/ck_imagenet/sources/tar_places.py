"""Where tars of pictures are, and how their bytes come from there."""

from __future__ import annotations

import io
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator, NamedTuple, Sequence

from ..catalogue import synsets
from ..core.errors import BadInput
from ..core.files import path_of, why_no_file
from ..core.names import wnid_inside
from ..core.url_lists import called, is_url
from ..http.client import Fetcher
from ..http.resumed import Resumed, Watch
from .tarstream import Whole

_BUFFER = 2**18


class TarPlace(NamedTuple):
    """A tar, and what is wanted of it."""

    where: str
    """A path or an address."""
    wnids: frozenset[str]
    """The synsets whose pictures are wanted."""
    is_far: bool
    """Whether it is one synset's own and has an address: to read it twice is a waste."""

    @property
    def name(self) -> str:
        """What the pictures' meta and users are told: an address, or the name of a file."""
        return called(self.where)


def places(named: str, wnids: Sequence[str]) -> list[TarPlace]:
    """Return the tars that the user means.

    Parameters
    ----------
    named : str
        A path or an address, in which `{wnid}` may stand.
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
        far = is_url(named)
        own = [TarPlace(named.replace("{wnid}", wnid), frozenset({wnid}), far) for wnid in wnids]
        for place in own:
            why = "" if far else why_no_file(path_of("--tar", place.where))
            if why:
                raise BadInput(f'the tar "{place.where}" cannot be read: {why}')
        return own
    inside = wnid_inside(Path(named).name)
    wanted = wnids or ([inside] if inside else [each.wnid for each in synsets.load().synsets])
    return [TarPlace(named, frozenset(wanted), False)]


@contextmanager
def opened(
    place: TarPlace, fetcher: Fetcher, retry: int, watch: Watch, resting: Callable[[float], object]
) -> Iterator[Whole]:
    """Give the bytes of a tar; an address is asked only when they are read.

    Parameters
    ----------
    place : TarPlace
        The tar.
    fetcher : Fetcher
        Asks for what has an address.
    retry : int
        Further attempts after one that brought nothing.
    watch : callable
        Is told how many bytes have come, and of how many, 0 if nobody knows.
    resting : callable
        Is told how many seconds a busy host is left alone.

    Raises
    ------
    BadInput
        If there is no such file.
    """
    if is_url(place.where):
        source = Resumed(fetcher, place.where, retry, watch, resting)
        with io.BufferedReader(source, _BUFFER) as stream:
            yield Whole(stream)
        return
    try:
        file = _File(path_of("--tar", place.where), watch)
    except OSError as error:
        raise BadInput(f'the tar "{place.where}" cannot be read: {error.strerror}') from None
    with io.BufferedReader(file, _BUFFER) as stream:
        yield Whole(stream, file.size or None)


class _File(io.FileIO):
    """A file or a pipe that tells how much of it has been read."""

    def __init__(self, path: Path, watch: Watch) -> None:
        super().__init__(path)
        self._watch = watch
        self._come = 0
        self.size = path.stat().st_size if path.is_file() else 0

    def readinto(self, buffer: Any) -> int:
        count = super().readinto(buffer)
        self._come += count
        self._watch(self.tell() if self.size else self._come, self.size)
        return count
