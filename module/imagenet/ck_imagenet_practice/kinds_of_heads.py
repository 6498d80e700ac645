"""Kinds of links whose hosts write odd heads; what was seen with Chromium only says so."""

from __future__ import annotations

from .kind import Kind

_SEEN_LINES = {
    "not-ascii": "python/cpython #81274",
    "utf-8": "python/cpython #81274",
    "two-words": "psf/requests #3852",
    "no-colon": "snoyberg/http-client #398",
    "blank-before-colon": "urllib3/urllib3 #1433",
    "no-name": "RFC 9112, 5: a name has at least one letter",
    "control": "RFC 9110, 5.6.2: none in a name",
    "blank": "RFC 9112, 5.2: it goes on with the line before",
    "broken-cookie": "kazuho/p5-http-parser-xs #10",
    "status-twice": "oracle/oci-python-sdk #622",
    "bare-cr": "seanmonstar/httparse #114",
    "long": "Comfy-Org/ComfyUI #5699, of 10 kB; browsers take 256",
    "many": "internetarchive/warcprox #119",
}

_ODD_LINES = {
    f"{line}-line-{what}": Kind(f"/line/{line}/{what}", outcome, seen=seen)
    for line, seen in _SEEN_LINES.items()
    for what, outcome in {"length": "saved", "noai": "opted-out"}.items()
}

_LOST = {
    **{
        f"{line}-line-chunks": Kind(f"/line/{line}/chunks", seen=_SEEN_LINES[line])
        for line in ("not-ascii", "two-words", "no-colon")
    },
    **{
        f"{line}-line-location": Kind(
            f"/line/{line}/location", landing="/good/line", seen="eight04/ComicCrawler #47"
        )
        for line in ("not-ascii", "two-words", "no-colon")
    },
    "noai-in-second-line": Kind(
        "/line/two-words/noai-twice", "opted-out", seen="RFC 9110, 5.3: lists in several lines"
    ),
    "noai-before-blank": Kind(
        "/line/two-words/noai-before", "opted-out", seen="RFC 9112, 5.2: the line goes on"
    ),
    "nul-in-head": Kind(
        "/line/nul/length",
        "not-http",
        seen="internetarchive/heritrix3 #452, seanmonstar/httparse #114",
    ),
    "spaced-length": Kind("/spaced", seen="python/cpython #69725, seanmonstar/httparse #88"),
    "folded-length": Kind("/folded", seen="RFC 9112, 5.2"),
    "lf-head": Kind("/lf", seen="RFC 9112, 2.2"),
}

_STATUS_LINES = {
    name: Kind(f"/status-line/{form}", outcome, seen=seen)
    for name, (form, outcome, seen) in {
        "no-reason": ("no-reason", "saved", "mitmproxy/mitmproxy #15"),
        "small-status-line": ("small", "saved", "Chromium takes it; RFC 9112, 2.3, does not"),
        "late-status-line": ("later", "saved", "benoitc/hackney #603"),
        "no-version": ("no-version", "saved", "Chromium takes it; RFC 9112, 4, does not"),
        "no-status": ("no-status", "saved", "Chromium assumes 200; RFC 9112, 4, does not"),
        "newer-version": ("newer", "saved", "RFC 9112, 2.3: read as the highest that is known"),
        "shoutcast": ("shoutcast", "not-http", "Chromium shows no picture after it"),
    }.items()
}

_FRAMED = {
    name: Kind(folder, outcome, seen=seen)
    for name, (folder, outcome, seen) in {
        "length-twice": ("/lengths/same-twice", "saved", "NanoHttpd/nanohttpd #395"),
        "length-listed-twice": ("/lengths/listed-twice", "saved", "cloudflare/workerd #2101"),
        "two-lengths": ("/lengths/two", "not-http", "OISF/libhtp #73"),
        "two-lengths-listed": ("/lengths/two-listed", "not-http", "web-platform-tests/wpt #10548"),
        "signed-length": ("/lengths/signed", "not-http", "RFC 9112, 6.3"),
        "negative-length": ("/lengths/negative", "not-http", "RFC 9112, 6.3"),
        "hexadecimal-length": ("/lengths/hexadecimal", "not-http", "RFC 9112, 6.3"),
        "length-with-unit": ("/lengths/with-unit", "saved", "curl/curl #18921"),
        "length-remarked": ("/lengths/remarked", "saved", "RFC 9112, 5.2"),
        "length-absent": ("/lengths/absent", "saved", "oven-sh/bun #41234; Chromium shows it"),
        "coded-as-identity": ("/coding/identity", "saved", "RFC 2616, 3.6"),
        "coded-otherwise": ("/coding/unknown", "not-http", "RFC 9112, 6.1"),
        "chunks-beside-length": ("/chunks-beside-length", "saved", "nodejs/node #7136"),
        "chunks-lf": ("/chunks/lf", "saved", "nginx/nginx #1016"),
        "chunks-extended": ("/chunks/extended", "saved", "RFC 9112, 7.1.1"),
        "chunks-padded": ("/chunks/padded", "saved", "Chromium shows it"),
        "chunks-prefixed": ("/chunks/prefixed", "not-http", "h2o/picohttpparser #78"),
    }.items()
}

_MOVED_TWICE = {
    "moved-twice-there": Kind(
        "/moved-twice/good", landing="/good/moved-twice", seen="RFC 9110, 5.3; Chromium follows"
    ),
    "moved-to-two": Kind("/moved-twice/gone", "redirects", seen="Chromium follows neither"),
}

KINDS_OF_HEADS: dict[str, Kind] = {
    **_ODD_LINES,
    **_LOST,
    **_STATUS_LINES,
    **_FRAMED,
    **_MOVED_TWICE,
}
