"""The kinds of links that the practice web has, with the truth about each."""

from __future__ import annotations

from typing import Mapping

from .kind import Kind
from .kinds_of_answers import KINDS_OF_ANSWERS
from .kinds_of_changed_hosts import CHANGED
from .kinds_of_connections import KINDS_OF_CONNECTIONS, PLACED
from .kinds_of_heads import KINDS_OF_HEADS
from .kinds_of_lies import KINDS_OF_LIES
from .kinds_of_patience import LIMPING, RATIONED, STUCK
from .kinds_of_plain_links import LONG_KNOWN, REFUSED, REFUSED_POLITELY, SERVED_ODDLY
from .kinds_of_redirects import KINDS_OF_REDIRECTS
from .kinds_of_urls import KINDS_OF_URLS
from .kinds_of_ways import KINDS_OF_WAYS

__all__ = ["KINDS", "RATIONING", "REFUSED", "THEMES"]

THEMES: Mapping[str, Mapping[str, Kind]] = {
    "what is commonest": LONG_KNOWN,
    "pictures served otherwise": SERVED_ODDLY,
    "refusals, opt-outs": REFUSED_POLITELY,
    "redirects": KINDS_OF_REDIRECTS,
    "lies with status 200": KINDS_OF_LIES,
    "hosts that hang": STUCK,
    "names, certificates": PLACED,
    "hosts that ration or ban": RATIONED,
    "hosts that limp": LIMPING,
    "odd URLs": KINDS_OF_URLS,
    "long ways, cookies, passwords": KINDS_OF_WAYS,
    "odd heads": KINDS_OF_HEADS,
    "statuses, codings, formats": KINDS_OF_ANSWERS,
    "hosts that changed since 2011": CHANGED,
    "handshakes, several addresses": KINDS_OF_CONNECTIONS,
}
"""The kinds by what they are about; hosts are drawn in this order."""

KINDS: Mapping[str, Kind] = {
    name: kind for theme in THEMES.values() for name, kind in theme.items()
}
"""Every kind by its name."""

RATIONING = tuple(RATIONED)
"""The kinds whose hosts ration."""
