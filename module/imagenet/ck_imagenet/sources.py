"""Which places may have a synset's list of URLs, and in which order to ask them."""

from __future__ import annotations

import io
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Collection, Iterator, NamedTuple, Sequence, cast
from urllib.parse import quote

from . import urllists
from .addresses import Guard
from .connections import Limits
from .errors import BadInput, NoList
from .fetch import Fetcher
from .files import path_of
from .names import UNKNOWN, wnid_inside
from .outcomes import Failed
from .resolve import Resolver
from .urllists import Line

MOST_SYNSETS = 100
"""Synsets of one list that are downloaded without being named."""

_MOST_BYTES = 4 * 2**30
_LIMITS = Limits(connect=20, first_byte=60, stall=60, whole=6 * 3600)
_SERVICE_LIMITS = Limits(connect=10, first_byte=30, stall=30, whole=60)
_SERVICE_BYTES = 16 * 2**20


class SynsetList(NamedTuple):
    """The lines of one synset, and where they come from."""

    wnid: str
    source: str
    lines: list[Line]


class _Endpoint(NamedTuple):
    name: str
    path: str


# The newer path was alive in 2021, the older one until then; "getmapping" gives the true numbers.
_ENDPOINTS = (
    _Endpoint("newer path, mapping", "/api/imagenet.synset.geturls.getmapping?wnid="),
    _Endpoint("newer path, URLs", "/api/imagenet.synset.geturls?wnid="),
    _Endpoint("older path, mapping", "/api/text/imagenet.synset.geturls.getmapping?wnid="),
    _Endpoint("older path, URLs", "/api/text/imagenet.synset.geturls?wnid="),
)


class Sources:
    """Finds the lists of synsets.

    Parameters
    ----------
    given : str
        A list that the user names: a path or an address, in which `{wnid}` may stand; or nothing.
    service : str
        The address of image-net.org's list service.
    guard : Guard
        Which addresses may be asked besides these two.
    resolver : Resolver
        Knows the addresses of hosts.
    """

    def __init__(self, given: str, service: str, guard: Guard, resolver: Resolver) -> None:
        self._given = given
        self._service = service.rstrip("/")
        if not urllists.is_url(self._service):
            raise BadInput(f'--service="{service}" is no address such as https://www.image-net.org')
        for address in filter(urllists.is_url, (given, self._service)):
            guard = guard.trusting_url(address)
        self._fetcher = Fetcher(guard, resolver=resolver)

    @property
    def reached(self) -> bool:
        """Whether a list or the service could be connected to: if so, there is a network."""
        return self._fetcher.reached

    def close(self) -> None:
        """Close all connections."""
        self._fetcher.close()

    def lists(self, wnids: Sequence[str]) -> Iterator[SynsetList]:
        """Yield the list of each synset, without asking before it is its turn.

        Parameters
        ----------
        wnids : sequence of str
            The synsets; without any, those that the given list names.

        Raises
        ------
        BadInput
            If the given list cannot be used.
        NoList
            If the service gives none.
        """
        if not self._given:
            yield from self._from_service_each(wnids)
        elif "{wnid}" in self._given:
            if not wnids:
                raise BadInput(f'"{self._given}" needs to know which: add --wnid=W')
            # A wnid is a letter and digits: it cannot change what path or address mean.
            places = {wnid: self._given.replace("{wnid}", wnid) for wnid in wnids}
            for place in places.values():
                if not (urllists.is_url(place) or path_of("--urls", place).is_file()):
                    raise BadInput(f'the list "{place}" cannot be read: No such file')
            for wnid, place in places.items():
                yield from self._from_given(place, (wnid,))
        else:
            yield from self._from_given(self._given, wnids)

    def _from_given(self, where: str, wnids: Sequence[str]) -> Iterator[SynsetList]:
        with self._opened(where) as stream:
            found = _by_synset(urllists.read(stream, where), where, wnids)
        for wnid in wnids or found:
            yield SynsetList(wnid, where, found[wnid])

    @contextmanager
    def _opened(self, where: str) -> Iterator[BinaryIO]:
        if urllists.is_url(where):
            with tempfile.TemporaryFile() as kept:
                self._fetch_to(kept, where)
                yield cast(BinaryIO, kept)
            return
        try:
            stream = path_of("--urls", where).open("rb")
        except OSError as error:
            raise BadInput(f'the list "{where}" cannot be read: {error.strerror}') from None
        with stream, tempfile.TemporaryFile() as kept:
            if stream.seekable():
                yield stream
            else:  # a pipe, such as /dev/stdin
                shutil.copyfileobj(stream, kept)
                kept.seek(0)
                yield cast(BinaryIO, kept)

    def _fetch_to(self, kept: BinaryIO, where: str) -> None:
        try:
            with self._fetcher.open(where, _MOST_BYTES, _LIMITS) as answer:
                for chunk in answer.chunks:
                    kept.write(chunk)
        except Failed as failed:
            raise BadInput(
                f'the list "{where}" cannot be fetched: {failed.outcome.meaning} ({failed.detail})'
            ) from None
        kept.seek(0)

    def _from_service_each(self, wnids: Sequence[str]) -> Iterator[SynsetList]:
        """Yield the lists that there are, and say only then which there are not."""
        missing = []
        for wnid in wnids:
            try:
                found = self._from_service(wnid)
            except NoList as error:
                missing.append(str(error))
            else:
                yield found
        if missing:
            raise NoList("\n".join(missing))

    def _from_service(self, wnid: str) -> SynsetList:
        said = []
        for endpoint in _ENDPOINTS:
            address = self._service + endpoint.path + quote(wnid)
            try:
                with self._fetcher.open(address, _SERVICE_BYTES, _SERVICE_LIMITS) as answer:
                    body = b"".join(answer.chunks)
            except Failed as failed:
                said.append(f"{endpoint.name}: {failed}")
                if failed.outcome.unanswered:
                    break  # the other paths are on the same host
                continue
            lines = list(urllists.read(io.BytesIO(body), address))
            if lines:
                return SynsetList(wnid, address, lines)
            said.append(f"{endpoint.name}: {_beginning(body)}")
        raise NoList(
            f"no list of URLs for {wnid}: {self._service} has none ({'; '.join(said)}). "
            f"If you have a list, give it: ck download imagenet --wnid={wnid} --urls=FILE"
        )


def _by_synset(lines: Iterator[Line], where: str, wnids: Collection[str]) -> dict[str, list[Line]]:
    """Sort the lines of a list by synset; only those of `wnids`, if there are any."""
    alone = next(iter(wnids)) if len(wnids) == 1 else None
    nameless = alone or (None if wnids else wnid_inside(Path(where).name) or UNKNOWN)
    found: dict[str, list[Line]] = {}
    starts: dict[str, int] = {}
    for line in lines:
        wnid = line.name.wnid if line.name else nameless
        if wnid is None:
            raise BadInput(
                f'the list "{where}" has URLs without names, so it cannot serve '
                f"{len(wnids)} synsets: name one with --wnid=W"
            )
        # Each synset of a list has its own first line; the list's belongs to the first of them.
        start = starts.setdefault(wnid, line.number if starts else 0)
        if wnids and wnid not in wnids:
            continue
        own = line._replace(number=line.number - start) if line.name else line
        found.setdefault(wnid, []).append(own)
        if not wnids and len(found) > MOST_SYNSETS:
            raise BadInput(
                f'the list "{where}" has more than {MOST_SYNSETS} synsets: '
                "name those that you want with --wnid=W,W"
            )
    _refuse_missing(where, wnids, found, list(starts))
    return found


def _refuse_missing(
    where: str, wnids: Collection[str], found: Collection[str], listed: Sequence[str]
) -> None:
    missing = [wnid for wnid in wnids if wnid not in found]
    if missing and listed:
        shown = ", ".join(listed[:5]) + (", …" if len(listed) > 5 else "")
        raise BadInput(f'the list "{where}" has no URL of {", ".join(missing)}; it has {shown}')
    if missing or not found:
        raise BadInput(
            f'the list "{where}" holds no URL: a line is a URL, or a name such as '
            "n01440764_9981 and a URL"
        )


def _beginning(body: bytes) -> str:
    """Return how an answer that is no list begins."""
    text = " ".join(body[:200].decode("latin-1").split())
    return f'"{text[:60]}"' if text else "an empty answer"
