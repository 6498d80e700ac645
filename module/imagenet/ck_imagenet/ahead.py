"""Lists ahead of their turn, so that a slow service holds no synset that has begun."""

from __future__ import annotations

import threading
from contextlib import closing, suppress
from queue import Empty, Full, Queue
from typing import Generator, Iterable, Union

from .lists import SynsetList, Unlisted
from .store import Store

_MOST = 64
"""Lists, of 650 links each in the mean: enough for what it costs to make places, few enough for the
memory."""

_MOMENT = 0.02
"""Seconds to wait for a list before somebody else has his turn."""

_LOOK_AGAIN = 1.0
"""Seconds between two looks whether anybody still wants lists."""

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
            store.prepare([each.wnid for each in ready if isinstance(each, SynsetList)])
            yield from ready
            if not ready:
                yield None
    if lists.error:
        raise lists.error


class _Lists:
    """Asks for lists in a thread, until enough of them wait to be taken."""

    def __init__(self, found: Iterable[_Found]) -> None:
        self._found = found
        self._ready: Queue[_Found | None] = Queue(_MOST)
        self._is_wanted = True
        self.ended = False
        """Whether all have been taken."""
        self.error: Exception | None = None
        """Why there are no more, if that is not all."""
        threading.Thread(target=self._ask, name="lists", daemon=True).start()

    def take(self) -> list[_Found]:
        """Return those that are there, after a moment."""
        taken: list[_Found] = []
        with suppress(Empty):
            while len(taken) < _MOST and not self.ended:
                one = self._ready.get(timeout=0 if taken else _MOMENT)
                if one:
                    taken.append(one)
                else:
                    self.ended = True
        return taken

    def close(self) -> None:
        """Ask for no more than what has been begun."""
        self._is_wanted = False

    def _ask(self) -> None:
        try:
            for each in self._found:
                self._put(each)
                if not self._is_wanted:
                    return
        except Exception as error:  # whatever it is must end the run, not this thread alone
            self.error = error
        self._put(None)

    def _put(self, one: _Found | None) -> None:
        while self._is_wanted:
            with suppress(Full):
                self._ready.put(one, timeout=_LOOK_AGAIN)
                return
