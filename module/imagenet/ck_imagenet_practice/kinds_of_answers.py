"""Kinds of links whose answers are unusual: statuses, codings, formats, what stands in a PNG."""

from __future__ import annotations

from .kind import Kind

_STATUSES = {
    "created": Kind("/as/201", seen="demsking/image-downloader #19"),
    "accepted": Kind("/as/202", seen="RFC 9110, 15: browsers show what comes with any 2xx"),
    "by-a-proxy": Kind("/as/203", seen="RFC 9110, 15.3.4"),
    "changed-on-the-way": Kind("/as/226", seen="RFC 3229, 10.4.1"),
    "unknown-2xx": Kind("/as/250", seen="RFC 9110, 15: any 2xx that is unknown is 200"),
    "part-that-is-whole": Kind("/part/whole", seen="ansible/ansible #68843"),
    "part-of-unknown-size": Kind("/part/open", seen="RFC 9110, 14.4"),
    "first-part": Kind("/part/first", "cut-short", seen="ansible/ansible #68843"),
    "last-part": Kind("/part/last", "cut-short", seen="RFC 9110, 15.3.7"),
    "gone-with-a-picture": Kind("/as/404", "gone", seen="RFC 9110, 15.5.5"),
    "forbidden-with-a-picture": Kind("/as/403", "forbidden", seen="RFC 9110, 15.5.4"),
}

_WAYBACK = "the Wayback Machine, of what came packed"
_UNDONE = {
    "zlib": "RFC 9110, 8.4.1.2",
    "bare": "rest-client/rest-client #49",
    "x-gzip": "notatallshaw/nab #591",
    "twice": "yhirose/cpp-httplib #993",
    "two-lines": "curl/curl #2002",
    "without-trailer": "nodejs/node #5761",
    "wrong-checksum": "lysine-dev/okhttp #4850",
    "wrong-length": "RFC 9110, 8.6: the length of what was packed",
    "with-junk": "curl/curl #3796",
    "charset": "s3tools/s3cmd #153",
    "type": "s3tools/s3cmd #153",
    "none": "curl/curl, lib/content_encoding.c: identity by another name",
    "blank": _WAYBACK,
    "unknown": "RFC 9110, 8.4: Chromium passes it over",
    "said-twice": "yhirose/cpp-httplib #993",
    "blank-beside": _WAYBACK,
    "identity-beside": "curl/curl #2002",
    "charset-beside": "s3tools/s3cmd #153",
    "only-said": "mikf/gallery-dl #2267",
    "only-said-br": "curl/curl #8928",
    "unsaid": _WAYBACK,
    "only-blank-said": _WAYBACK,
}

_CODED = {
    **{f"coded-{name}": Kind(f"/coded/{name}", seen=seen) for name, seen in _UNDONE.items()},
    # Which depends on the packages that are installed.
    "coded-br": Kind("/coded/br", also="undecodable", seen="canonical/ubuntu.com #13980"),
    "coded-compress": Kind("/coded/compress", "undecodable", seen="RFC 9110, 8.4.1.1"),
    "coded-damaged": Kind("/coded/damaged", "undecodable", seen="curl/curl #8928"),
    "packed-for-its-way": Kind("/packed-for-its-way", seen="RFC 9112, 7.2"),
}

_OTHER_FORMATS = {
    name: Kind(f"/form/{name}", "other-format", seen=seen)
    for name, seen in {
        "avif": "LadybirdBrowser/ladybird #9046",
        "heic": "Esri/data-collection-ios #184",
        "ico": "Pillow's readers",
        "jpeg-2000": "Pillow's readers",
        "psd": "Pillow's readers",
    }.items()
}

_NEGOTIATED = {
    "negotiated": Kind("/negotiated", seen="qsniyg/maxurl #1124, mastodon/mastodon #29432"),
}

_JPEGS = {
    "jpeg-without-end": Kind(
        "/unended", seen="ruffle-rs/ruffle #8820; mansuf/mangadex-downloader #54"
    ),
}

_PNGS = {
    "png-large-text": Kind("/large-text", extension="png", seen="python-pillow/Pillow #8363"),
    "png-large-profile": Kind("/large-profile", extension="png", seen="python-pillow/Pillow #2445"),
    "png-damaged-text": Kind("/damaged-text", extension="png", seen="python-pillow/Pillow #1991"),
}

KINDS_OF_ANSWERS = {**_STATUSES, **_CODED, **_OTHER_FORMATS, **_NEGOTIATED, **_JPEGS, **_PNGS}
