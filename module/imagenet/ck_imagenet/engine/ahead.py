"""Lists ahead of their turn, so that a slow service holds no synset that has begun."""

from __future__ import annotations

import math
import threading
import time
from contextlib import closing
from typing import Generator, Iterable, Union

from ..core.threads import started
from ..sources.lists import SynsetList, Unlisted
from ..storage.store import Store

_MOST, _MOST_LINKS = 256, 20_000
"""Lists, and links in them: enough for what it costs to make places, few enough for the memory."""

_FEW = 4
"""Lists of a service: it is asked for them again if the run ends before their turn."""

_MOMENT = 0.02
"""Seconds to wait for a list before somebody else has his turn."""

_LONGEST = 1.0
"""Seconds to wait for a few of them, whose places cost less together."""

_Found = Union[SynsetList, Unlisted]


def prepared(found: Iterable[_Found], store: Store) -> Generator[_Found | None, None, None]:
    """Yield what is found, when there are places for it, and None while that takes its time.

    Parameters
    ----------
    found : iterable of SynsetList or Unlisted
        What is asked for in a thread of its own, a while ahead.
    store : Store
        Where places are made, many at once if many lists are there.

    Raises
    ------
    StoreError
        If they cannot be made.
    Exception
        Whatever `found` raises, when all before it has been yielded.
    """
    with closing(_Lists(found)) as lists:
        while not lists.ended:
            ready = lists.take()
            wnids = [each.wnid for each in ready if isinstance(each, SynsetList)]
            if wnids:
                store.prepare(wnids)
            yield from ready
            if not ready:
                yield None
    if lists.error:
        raise lists.error


class _Lists:
    """Asks for lists in a thread, until enough of them wait to be taken."""

    def __init__(self, found: Iterable[_Found]) -> None:
        self._found = found
        self._ready: list[_Found] = []
        self._changed = threading.Condition()
        self._is_wanted, self._is_over = True, False
        self._due = -math.inf
        self.error: Exception | None = None
        """Why there are no more, if that is not all."""
        started(threading.Thread(target=self._ask, name="lists", daemon=True), others=False)

    @property
    def ended(self) -> bool:
        """Whether all have been taken."""
        with self._changed:
            return self._is_over and not self._ready

    def take(self) -> list[_Found]:
        """Return those that are there, after a moment; none where more are soon to come."""
        with self._changed:
            self._changed.wait_for(self._is_enough, _MOMENT)
            if not self._is_enough():
                return []
            taken, self._ready = self._ready, []
            self._due = time.monotonic() + _LONGEST
            self._changed.notify_all()
            return taken

    def close(self) -> None:
        """Ask for no more than what has been begun."""
        with self._changed:
            self._is_wanted = False
            self._changed.notify_all()

    def _is_enough(self) -> bool:
        is_due = bool(self._ready) and time.monotonic() >= self._due
        is_full = not self._has_room() or len(self._ready) >= _FEW
        return self._is_over or is_due or is_full

    def _has_room(self) -> bool:
        lists = [each for each in self._ready if isinstance(each, SynsetList)]
        most = _FEW if any(each.obtained_by for each in lists) else _MOST
        links = sum(len(each.lines) for each in lists)
        return not self._is_wanted or (len(self._ready) < most and links < _MOST_LINKS)

    def _ask(self) -> None:
        try:
            for each in self._found:
                with self._changed:
                    self._ready.append(each)
                    self._changed.notify_all()
                    self._changed.wait_for(self._has_room)
                    if not self._is_wanted:
                        break
        except Exception as error:  # whatever it is must end the run, not this thread alone
            self.error = error
        with self._changed:
            self._is_over = True
            self._changed.notify_all()
