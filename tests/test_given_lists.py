"""The lines of long lists, by synset."""

from __future__ import annotations

import tracemalloc
from contextlib import closing
from typing import Iterable

import pytest
from ck_imagenet.core.errors import BadInput
from ck_imagenet.core.text import ImageName
from ck_imagenet.core.url_lists import Line
from ck_imagenet.sources import given_lists
from ck_imagenet.sources.given_lists import MOST_OF_A_SYNSET, LineSpool
from hypothesis import given
from hypothesis import strategies as st

WNIDS = ("n01440764", "n02110341")

LINES = st.lists(
    st.tuples(
        st.sampled_from(WNIDS),
        st.none() | st.integers(0, 20),
        st.sampled_from(["http://a.com/1", "http://a.com/\xff\t x", "HTTPS://b.org/?q=\r1"]),
    ),
    max_size=900,
)


def gather(lines: Iterable[tuple[str, Line]]) -> LineSpool:
    found = LineSpool("my list")
    for wnid, line in lines:
        found.add(wnid, line)
    return found


@given(LINES)
def test_each_synset_has_its_lines_in_their_order_each_once(
    given_lines: list[tuple[str, int | None, str]],
) -> None:
    lines = [
        (wnid, Line(place, None if number is None else ImageName(wnid, number), url))
        for place, (wnid, number, url) in enumerate(given_lines)
    ]
    with closing(gather(lines)) as found:
        assert list(found) == list(dict(lines))
        for wnid in found:
            first: dict[tuple[ImageName | None, str], Line] = {}
            for _, line in (each for each in lines if each[0] == wnid):
                first.setdefault((line.name, line.url), line)
            assert found.lines(wnid) == list(first.values())
            assert found.lines(wnid) == list(first.values())


def test_the_same_line_again_and_again_costs_no_memory() -> None:
    tracemalloc.start()
    try:
        line = Line(7, None, "http://a.com/1")
        with closing(gather((WNIDS[0], line) for _ in range(200_000))) as found:
            assert found.lines(WNIDS[0]) == [line]
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


def test_the_lines_of_many_synsets_are_in_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(given_lists, "_IN_MEMORY", 100_000)
    tracemalloc.start()
    try:
        lines = (
            (f"n{n // 2_000:08d}", Line(n, None, f"http://a.com/{'x' * 50}/{n}"))
            for n in range(100_000)
        )
        with closing(gather(lines)) as found:
            assert tracemalloc.get_traced_memory()[0] < 4_000_000
            assert sum(len(found.lines(wnid)) for wnid in found) == 100_000
    finally:
        tracemalloc.stop()


def test_more_lines_than_any_synset_has_are_refused_in_a_sentence() -> None:
    lines = [(WNIDS[0], Line(n, None, f"http://a.com/{n}")) for n in range(MOST_OF_A_SYNSET + 1)]
    with closing(gather(lines)) as found, pytest.raises(BadInput) as error:
        found.lines(WNIDS[0])
    assert str(error.value) == (
        'the list "my list" has more than 200,000 URLs of n01440764: '
        "ImageNet's largest synset has 3,047; give a list of a part of them"
    )
    with closing(gather(lines[:-1])) as found:
        assert len(found.lines(WNIDS[0])) == MOST_OF_A_SYNSET
