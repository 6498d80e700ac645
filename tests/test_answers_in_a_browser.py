"""The kinds of unusual answers, asked by Chromium: what it shows is there, and why not the rest.

Collected only where there is one.
"""

from __future__ import annotations

from pathlib import Path

from browser import Browser
from ck_imagenet_practice import PracticeWeb
from ck_imagenet_practice.kinds_of_answers import (
    KINDS_OF_ANSWERS,
    NOT_SHOWN,
    SHOWN_ALL_THE_SAME,
)

WNID = "n01440764"


def test_chromium_shows_what_is_told(web: PracticeWeb, tmp_path: Path) -> None:
    told = {
        name: (kind.obtainable and name not in NOT_SHOWN) or name in SHOWN_ALL_THE_SAME
        for name, kind in KINDS_OF_ANSWERS.items()
        if name != "negotiated"  # a browser is given what it likes best
    }
    urls = [web.link(WNID, 1, kind).url for kind in told]
    with Browser(tmp_path) as browser:
        browser.visit(web.url(0, "/text/x.txt"))
        shown = browser.shows(urls)
    assert dict(zip(told, shown)) == told
