"""image-net.org's tars of winter 2021, one a synset, and all that can befall who fetches them."""

from __future__ import annotations

import io
import re
import tarfile
from typing import Callable, Iterable, Sequence

from .exchange import Exchange
from .world import Link

FOLDER = "/data/winter21_whole/"
"""Where they are."""

_PATH = re.compile(re.escape(FOLDER) + r"(n[0-9]{8})\.tar")
_RANGE = re.compile(r"bytes=([0-9]+)-")
_TYPE = "application/x-tar"
_STEPS = 20
_STEP = 0.1


def tar_of(files: Iterable[tuple[str, bytes]]) -> bytes:
    """Return a tar of files."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, data in files:
            member = tarfile.TarInfo(name)
            member.size = len(data)
            archive.addfile(member, io.BytesIO(data))
    return packed.getvalue()


def _good(exchange: Exchange, tar: bytes) -> None:
    """Give it, or the rest of it."""
    _give(exchange, tar, _wanted(exchange))


def _whole(exchange: Exchange, tar: bytes) -> None:
    """Give it from its beginning, whatever is wanted."""
    _give(exchange, tar, 0)


def _dropped(exchange: Exchange, tar: bytes) -> None:
    """Have none."""
    exchange.answer(404, b"Not Found\n", "text/html")


def _cut(exchange: Exchange, tar: bytes) -> None:
    """Break off in the middle the first time, and give the rest the next."""
    _give(exchange, tar, _wanted(exchange), len(tar) // 2 if exchange.visit == 1 else len(tar))


def _cut_whole(exchange: Exchange, tar: bytes) -> None:
    """Break off in the middle the first time, and give all the next."""
    _give(exchange, tar, 0, len(tar) // 2 if exchange.visit == 1 else len(tar))


def _cut_always(exchange: Exchange, tar: bytes) -> None:
    """Never get beyond the middle."""
    start = _wanted(exchange)
    _give(exchange, tar, start, max(start, len(tar) // 2))


def _changed(exchange: Exchange, tar: bytes) -> None:
    """Break off in the middle the first time, and have another one there the next."""
    if exchange.visit == 1:
        _cut(exchange, tar)
    else:
        _give(exchange, tar, _wanted(exchange), version="another")


def _busy(exchange: Exchange, tar: bytes) -> None:
    """Ask to come again in a second the first time, and give it the next."""
    if exchange.visit == 1:
        exchange.answer(429, headers={"Retry-After": "1"})
    else:
        _good(exchange, tar)


def _resting(exchange: Exchange, tar: bytes) -> None:
    """Ask to come again in an hour."""
    exchange.answer(429, headers={"Retry-After": "3600"})


def _slow(exchange: Exchange, tar: bytes) -> None:
    """Give it in small pieces, for two seconds."""
    start = _wanted(exchange)
    _head(exchange, tar, start)
    step = len(tar) // _STEPS + 1
    for place in range(start, len(tar), step):
        exchange.send(tar[place : place + step])
        exchange.wait(_STEP)


MANNERS: dict[str, Callable[[Exchange, bytes], None]] = {
    "good": _good,
    "whole": _whole,
    "dropped": _dropped,
    "cut": _cut,
    "cut-whole": _cut_whole,
    "cut-always": _cut_always,
    "changed": _changed,
    "busy": _busy,
    "resting": _resting,
    "slow": _slow,
}
"""How a tar may be given, by name."""


class Winter21:
    """Answers requests for tars: at first of all synsets that there are, each with every picture.

    Parameters
    ----------
    links_of : callable
        Gives a synset's links, or None if it does not exist.
    """

    def __init__(self, links_of: Callable[[str], Sequence[Link] | None]) -> None:
        self._links_of = links_of
        self._tars: dict[str, bytes] = {}
        self._manners: dict[str, str] = {}

    def set(self, wnid: str, manner: str = "good", tar: bytes | None = None) -> None:
        """Have a synset's tar given in one of `MANNERS`, or another tar in its place.

        Raises
        ------
        ValueError
            If there is no such manner.
        """
        if manner not in MANNERS:
            raise ValueError(f"{manner}: tars are given {', '.join(MANNERS)}")
        self._manners[wnid] = manner
        if tar is not None:
            self._tars[wnid] = tar

    def tar(self, wnid: str) -> bytes:
        """Return a synset's tar: the pictures of all its links, also of those that are dead now."""
        if wnid not in self._tars:
            links = self._links_of(wnid) or ()
            self._tars[wnid] = tar_of((f"{link.name}.JPEG", link.picture()) for link in links)
        return self._tars[wnid]

    def answer(self, exchange: Exchange) -> None:
        """Answer one request."""
        found = _PATH.fullmatch(exchange.request.path)
        wnid = found.group(1) if found else ""
        known = wnid in self._tars or self._links_of(wnid) is not None
        manner = self._manners.get(wnid, "good" if known else "dropped")
        MANNERS[manner](exchange, self.tar(wnid))


def _wanted(exchange: Exchange) -> int:
    """Return the first byte that a client wants."""
    found = _RANGE.fullmatch(exchange.request.headers.get("range", ""))
    return int(found.group(1)) if found else 0


def _give(
    exchange: Exchange, tar: bytes, start: int, end: int | None = None, version: str = "one"
) -> None:
    """Give a tar from one place on; hang up at another, if that comes before its end."""
    if end is not None and end < len(tar):
        exchange.hang_up()
    _head(exchange, tar, start, version)
    exchange.send(tar[start:end])


def _head(exchange: Exchange, tar: bytes, start: int, version: str = "one") -> None:
    headers = {
        "Content-Type": _TYPE,
        "Content-Length": len(tar) - start,
        "ETag": f'"{version}"',
        **({"Content-Range": f"bytes {start}-{len(tar) - 1}/{len(tar)}"} if start else {}),
    }
    exchange.head(206 if start else 200, headers)
