"""The kinds of odd URLs and long ways, asked by Chromium: what it shows is there, and nothing else.

Collected only where there is one.
"""

from __future__ import annotations

from pathlib import Path

from browser import Browser
from ck_imagenet_practice import PracticeWeb
from ck_imagenet_practice.kinds_of_urls import KINDS_OF_URLS
from ck_imagenet_practice.kinds_of_ways import KINDS_OF_WAYS

WNID = "n01440764"

WAYS = {**KINDS_OF_URLS, **KINDS_OF_WAYS}

VISITED = [kind for kind, truth in WAYS.items() if truth.login or truth.leads_across]
"""What no page may ask for a picture: with a password, or cookies of other hosts than its own."""


def test_chromium_shows_what_is_told(web: PracticeWeb, tmp_path: Path) -> None:
    kinds = {
        kind: truth.obtainable
        for kind, truth in WAYS.items()
        # Names would have to be resolved, and for a password Chromium asks who sits before it.
        if not truth.name and truth.outcome != "forbidden" and kind not in VISITED
    }
    urls = [web.link(WNID, 1, kind).url for kind in kinds]
    with Browser(tmp_path) as browser:
        browser.visit(web.url(0, "/text/x.txt"))
        shown = browser.shows(urls)
    assert dict(zip(kinds, shown)) == kinds


def test_chromium_shows_to_a_visitor_what_is_told(web: PracticeWeb, tmp_path: Path) -> None:
    with Browser(tmp_path) as browser:
        for kind in VISITED:
            browser.visit(web.link(WNID, 1, kind).url)
            assert browser.run("return document.images[0].naturalWidth"), kind
