"""Where the pictures of hosts that have changed are today, and who alters what he gives."""

from __future__ import annotations

import re
from bisect import bisect_left
from functools import lru_cache
from typing import Callable, Iterator

from . import known_hosts, urls
from .hostfacts import Fact, Row, rows
from .outcomes import Failed

_THUMBNAIL = re.compile(
    r"(?P<before>/.*?)/thumb(?P<original>/(?:[^/]+/)*(?P<name>[^/]+))/"
    r"(?P<page>[^/]*?)(?P<width>[0-9]{1,5})px-(?P<rest>[^/]+)"
)
_URL = re.compile(r"(?P<scheme>https?)://(?P<host>[^/]*?)(?P<port>:[0-9]+)?(?P<path>/.*)")
_KEPT = re.compile(r"(?i).+\.(?:jpe?g|png|gif|webp|bmp)")
"""Names of originals that are pictures to keep themselves; thumbnails are made of others too."""
_MOST_CHARACTERS = 8192
"""Of a URL, such as hosts of pictures answer at all."""


def addresses(url: str) -> list[str]:
    """Return under which addresses the picture of a link may be today, the likeliest first.

    Parameters
    ----------
    url : str
        As a list holds it.

    Returns
    -------
    list of str
        Without the link's own; as a rule there are none.
    """
    try:
        parts = _URL.fullmatch(urls.parse(url).url)  # as it is asked, however it is written
    except Failed:
        return []
    if not parts or len(parts.string) > _MOST_CHARACTERS:
        return []
    host, port = parts["host"], parts["port"] or ""
    for pattern, row in _renamed():
        match = pattern.fullmatch(host.rstrip("."))
        if match:
            name, _, folder = row.tells.replace("*", "".join(match.groups())).partition("/")
            inside = f"/{folder}" if folder else ""
            return [f"{parts['scheme']}://{name}{port}{inside}{parts['path']}"]
    row_of = {row.host: row for row in rows(Fact.REWRITTEN)}
    found = (row_of[domain] for domain in known_hosts.belongs_to(host) if domain in row_of)
    start = f"{parts['scheme']}://{host}{port}"
    return [start + path for row in found for path in _of_thumbnail(parts["path"], row)]


def is_altered(url: str) -> bool:
    """Say whether whoever gave the picture at `url` is known to alter what it gives."""
    host, _ = urls.host_and_port(urls.endpoint(url))
    return any(domain in _altering() for domain in known_hosts.belongs_to(host))


def same_place(one: str, other: str) -> bool:
    """Say whether two URLs are the same host's same path, whichever the scheme."""
    try:
        first, second = urls.parse(one), urls.parse(other)
    except Failed:
        return False
    return (first.host, first.url.split("/", 3)[3:]) == (second.host, second.url.split("/", 3)[3:])


def _of_thumbnail(path: str, row: Row) -> Iterator[str]:
    """Yield the paths at which the picture is of a thumbnail that its host makes no more."""
    match = _THUMBNAIL.fullmatch(path.partition("?")[0])
    widths = sorted(map(int, row.tells.split()))
    if not match or int(match["width"]) in widths:
        return
    wider = widths[bisect_left(widths, int(match["width"])) :][:1]
    for width in wider:
        thumbnail = f"{match['page']}{width}px-{match['rest']}"
        yield f"{match['before']}/thumb{match['original']}/{thumbnail}"
    if _KEPT.fullmatch(match["name"]):
        yield match["before"] + match["original"]


@lru_cache(maxsize=None)
def _renamed() -> tuple[tuple[re.Pattern[str], Row], ...]:
    return tuple(
        (re.compile("([0-9]{1,4})".join(map(re.escape, row.host.split("*")))), row)
        for row in rows(Fact.RENAMED)
    )


@lru_cache(maxsize=None)
def _altering() -> frozenset[str]:
    return frozenset(row.host for row in rows(Fact.ALTERED))


Successors = Callable[[str], "list[str]"]
"""Returns under which addresses the picture of a link may be today."""
