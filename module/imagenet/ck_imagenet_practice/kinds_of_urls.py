"""Kinds of links whose URLs browsers read in their own way: WHATWG's URL standard tells how."""

from __future__ import annotations

from typing import Mapping

from .kind import Kind, Place

BOOKS_NAME = "xn--bcher-kva.practice"
"""The first picture host's name in another alphabet, as it is asked."""

_WEBPAGE2HTML = "zTrix/webpage2html #10: 400 for /../images/remember.png"
_NORCONEX = "Norconex/crawler #173: a photo at /web/../../../../filescms/…, which Chrome shows"
_CURL = "curl/curl #12147: tabs in the midst of Dropbox's Location, which browsers leave out"

KINDS_OF_URLS: Mapping[str, Kind] = {
    "dotted": Kind("/strict/x/../y/.", landing="/strict/y", seen=_WEBPAGE2HTML),
    "dotted-escaped": Kind(
        "/strict/x/%2E%2e/y/.%2e/%2e", landing="/strict", seen="medialize/URI.js #267"
    ),
    "above-the-root": Kind("/web/../../../strict", landing="/strict", seen=_NORCONEX),
    "backslashes": Kind("/strict\\y\\z", landing="/strict/y/z", seen="whatwg/url #346"),
    "unescaped": Kind(
        "/strict/50%/a[1]", seen="encode/httpx #2883: what is escaped, escaped once more"
    ),
    "moved-dotted": Kind("/moved-dotted", landing="/strict/moved", seen=_WEBPAGE2HTML),
    "moved-backslash": Kind("/moved-backslash", landing="/strict/moved", seen="whatwg/url #346"),
    "moved-with-tabs": Kind("/moved-with-tabs", landing="/strict/moved", seen=_CURL),
    "moved-three-slashes": Kind(
        "/moved-three-slashes", landing="/strict/moved", seen="curl/curl #791: http:///www…"
    ),
    "other-alphabet": Kind(
        "/good",
        place=Place.NAMED,
        name="b\xc3\xbccher.practice",
        seen="WHATWG URL, 3.3: names are asked in ASCII (UTS 46)",
    ),
}
"""Every kind by its name."""
