"""Whatever a browser would show: Chromium asks the same links as ours, of kinds that are quick.

Collected only where there is one. `benchmarks/browsers.py` does the same with all kinds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Iterator

import pytest
from ck_imagenet_practice import PracticeWeb
from ck_imagenet_practice.kinds import KINDS, THEMES
from clients import had_by_us, shown_by_chromium
from differences import NOT_SHOWN, REFUSED_KINDS, VISITED, lacking
from terminal import WNID

QUICK = (
    "pictures served otherwise",
    "redirects",
    "lies with status 200",
    "odd URLs",
    "long ways, cookies, passwords",
    "odd heads",
    "statuses, codings, formats",
    "hosts that changed since 2011",
)
ENDLESS = ("endless", "announced")
LINKS = {
    kind: 3 if kind == "unlisted" else 1
    for theme in QUICK
    for kind in THEMES[theme]
    if kind not in ENDLESS
}


@pytest.fixture
def webs() -> Iterator[tuple[PracticeWeb, PracticeWeb]]:
    """One web for each client, as new: some hosts remember who has come."""
    with PracticeWeb(mix=LINKS, wnids=[WNID]) as web, PracticeWeb(mix=LINKS, wnids=[WNID]) as same:
        yield web, same


def test_every_exception_is_one() -> None:
    assert [kind for kind in REFUSED_KINDS if KINDS[kind].obtainable] == []
    assert [kind for kind in NOT_SHOWN if not KINDS[kind].obtainable] == []


def test_what_chromium_shows_is_had_and_nothing_else(
    webs: tuple[PracticeWeb, PracticeWeb], tmp_path: Path
) -> None:
    web, same = webs
    (tmp_path / "ours").mkdir()
    ours = had_by_us(web, WNID, tmp_path / "ours", "--timeout=5", "--retry=1", "--jobs=32")
    shown = shown_by_chromium(same, same.links(WNID), tmp_path, visited=VISITED)
    links = web.links(WNID)
    assert [
        (link.kind, ours.outcomes[link.name])
        for link in links
        if link.name in shown - ours.had and not lacking(link.kind, ours.outcomes[link.name])
    ] == []
    assert {link.kind for link in links if link.name in ours.had - shown} <= set(NOT_SHOWN)
    for link in links:
        if link.name in ours.pictures:
            assert ours.pictures[link.name] == link.picture(), link.kind
