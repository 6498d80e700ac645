"""How many URLs of the archive lead to which host."""

from __future__ import annotations

import re
from collections import Counter
from typing import Callable, Collection

from ..core.errors import BadInput
from ..core.text import readable
from .url_archive import Archive

# The first tab of a line stands before its URL; the rest is passed over, whatever it holds.
_AUTHORITY = re.compile(rb"\thttps?://([^/?#\s]*)[^\n]*")
_NOT_OF_A_HOST = re.compile(r"[\s/?#@:]")


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
            f'--search-url="{host}" is no host: write for example --search-url=flickr.com'
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
        reached(member.place + member.length)
    return found
