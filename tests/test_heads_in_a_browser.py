"""The kinds of odd heads, asked by Chromium: what it shows is there, and nothing else.

Collected only where there is one.
"""

from __future__ import annotations

from pathlib import Path

from browser import Browser
from ck_imagenet_practice import PracticeWeb
from ck_imagenet_practice.kinds_of_heads import KINDS_OF_HEADS

WNID = "n01440764"

STRICTER = {
    "signed-length",
    "negative-length",
    "hexadecimal-length",
    "length-with-unit",
    "coded-otherwise",
}
"""What RFC 9112 and curl refuse, and so do we: `framing` has the reasons."""


def test_chromium_shows_what_is_told(web: PracticeWeb, tmp_path: Path) -> None:
    told = {
        kind: truth.outcome in ("saved", "opted-out") or kind in STRICTER
        for kind, truth in KINDS_OF_HEADS.items()
    }
    urls = [web.link(WNID, 1, kind).url for kind in told]
    with Browser(tmp_path) as browser:
        browser.visit(web.url(0, "/text/x.txt"))
        shown = browser.shows(urls)
    assert dict(zip(told, shown)) == told
