"""Behaviours of servers that take a URL only as browsers spell it."""

from __future__ import annotations

import re

from .exchange import Exchange
from .redirects import moving
from .registry import behaviour
from .serving import good

_UNRESOLVED = re.compile(r"/\.{1,2}(/|$)|\\")
_ESCAPED_TWICE = re.compile("%(25|5B|5D)", re.IGNORECASE)


@behaviour("strict")
def strict(exchange: Exchange) -> None:
    """`/strict/ANY/FOLDERS/FILE`: the picture, to who asks as browsers do, or 400.

    They resolve `.` and `..`, turn backslashes into slashes, and leave %, [ and ] as they are.
    """
    request = exchange.request
    if _UNRESOLVED.search(request.path) or _ESCAPED_TWICE.search(request.target):
        exchange.answer(400)
    else:
        good(exchange)


moving("moved-dotted", lambda _, file: f"/x/%2E./strict/./moved/{file}")
moving("moved-backslash", lambda host, file: rf"\\{host}\strict\moved\{file}")
moving("moved-with-tabs", lambda _, file: f"/str\tict/\t\tmoved/{file}")
moving("moved-three-slashes", lambda host, file: f"http:///{host}/strict/moved/{file}")
