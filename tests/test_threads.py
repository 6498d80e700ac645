"""Work that several threads do at once, in the order of what is given."""

from __future__ import annotations

import threading
from typing import Iterator

import pytest
from ck_imagenet.core.threads import parallel_map


def test_what_is_made_comes_in_the_order_of_what_is_given() -> None:
    """However long each takes: here the first waits for the second."""
    second = threading.Event()

    def work(number: int) -> int:
        if number == 0:
            assert second.wait(20)
        second.set()
        return number * number

    assert list(parallel_map(work, range(50), threads=2)) == [n * n for n in range(50)]


@pytest.mark.parametrize("threads", [1, 3])
def test_no_more_is_begun_than_a_little_ahead(threads: int) -> None:
    """What is made may be large."""
    given = iter(range(100))
    made = parallel_map(str, given, threads)
    assert [next(made), next(made)] == ["0", "1"]
    made.close()  # type: ignore[attr-defined]
    assert next(given) <= 2 * threads + 2


@pytest.mark.parametrize("threads", [1, 3])
def test_an_error_comes_when_its_turn_does(threads: int) -> None:
    def made() -> Iterator[int]:
        yield from parallel_map(lambda number: 6 // number, [3, 2, 0, 1], threads)

    all_made = made()
    assert [next(all_made), next(all_made)] == [2, 3]
    with pytest.raises(ZeroDivisionError):
        next(all_made)
