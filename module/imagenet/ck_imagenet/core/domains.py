"""Which hosts belong together: the domain that somebody has registered.

By the Public Suffix List, as browsers use it, in the version that comes with its package: nothing
is fetched.
"""

from __future__ import annotations

from functools import lru_cache

from publicsuffixlist import PublicSuffixList

from . import urls


def registrable(endpoint: str) -> str:
    """Return the registrable domain of a host, nothing for an address or a name without one.

    Parameters
    ----------
    endpoint : str
        The host, with or without its port: `farm1.static.flickr.com:80` is of `flickr.com`.

    Returns
    -------
    str
        In lower case, what stands before the public suffix and the suffix itself (eTLD+1). Who
        has a name below `github.io` or `blogspot.com` counts as owner of that name.
    """
    host, _ = urls.host_and_port(endpoint)
    name = host.lower().rstrip(".")
    return "" if urls.is_address(name) else _list().privatesuffix(name) or ""


@lru_cache(maxsize=None)
def _list() -> PublicSuffixList:
    """Return the list, read when it is first needed: 35 ms and 3 MB that most commands save."""
    return PublicSuffixList()
