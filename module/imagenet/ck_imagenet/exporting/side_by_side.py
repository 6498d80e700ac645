"""Work that leaves the interpreter's lock to others, done by several threads at once."""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future
from typing import Callable, Iterable, Iterator, TypeVar

from ..threads import Threads

Given = TypeVar("Given")
Made = TypeVar("Made")

CORES = os.cpu_count() or 1


def side_by_side(
    work: Callable[[Given], Made], given: Iterable[Given], threads: int
) -> Iterator[Made]:
    """Yield what becomes of each thing, in their order, worked out little ahead of its turn.

    Parameters
    ----------
    work : callable
        What is done with each.
    given : iterable
        What it is done with.
    threads : int
        How many do so at once; with one it is done when its turn comes.
    """
    if threads == 1:
        yield from map(work, given)
        return
    with Threads(threads) as crew:
        begun: deque[Future[Made]] = deque()
        for each in given:
            begun.append(crew.submit(work, each))
            if len(begun) > 2 * threads:
                yield begun.popleft().result()
        while begun:
            yield begun.popleft().result()
