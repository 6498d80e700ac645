"""Lists ahead of their turn, so that the places of many synsets are made at once."""

from __future__ import annotations

import time
from typing import Iterable, Iterator

from .errors import ImagenetError
from .lists import SynsetList, Unlisted
from .store import Store

_MOST = 256
"""Lists: enough for what a batch of places costs, few enough for the memory."""

_LONGEST = 1.0
"""Seconds to wait for more of them."""


def prepared(
    found: Iterable[SynsetList | Unlisted], store: Store
) -> Iterator[SynsetList | Unlisted]:
    """Yield what is found, when there are places for it: at first one by one, then more at once."""
    lists = iter(found)
    failure: ImagenetError | None = None
    ahead: list[SynsetList | Unlisted] = []
    size = 1
    while not failure:
        end = time.monotonic() + _LONGEST
        try:
            while len(ahead) < size and time.monotonic() < end:
                ahead.append(next(lists))
        except StopIteration:
            break
        except ImagenetError as error:
            failure = error
        yield from _made(ahead, store)
        ahead, size = [], min(_MOST, 2 * size)
    yield from _made(ahead, store)
    if failure:
        raise failure


def _made(found: list[SynsetList | Unlisted], store: Store) -> Iterator[SynsetList | Unlisted]:
    store.prepare([each.wnid for each in found if isinstance(each, SynsetList)])
    return iter(found)
