"""Kinds of links whose hosts are hard to reach: several addresses, odd handshakes, or none."""

from __future__ import annotations

from typing import Mapping

from .kind import Kind, Place

_IDENTITY = "RFC 9110, 4.3.4"

PLACED: Mapping[str, Kind] = {
    "tls": Kind("/good", place=Place.TLS, certificate="good", seen=_IDENTITY),
    "tls-wrong-name": Kind(
        "/good",
        "bad-certificate",
        place=Place.TLS,
        certificate="wrong-name",
        seen="hardikvasa/google-images-download #18",
    ),
    "tls-expired": Kind(
        "/good",
        "bad-certificate",
        place=Place.TLS,
        certificate="expired",
        seen="gliderlabs/sigil #17",
    ),
    "tls-self-signed": Kind(
        "/good", "bad-certificate", place=Place.TLS, certificate="self-signed", seen=_IDENTITY
    ),
    "named": Kind("/good", place=Place.NAMED, name="good.practice", seen="RFC 9110, 4.3.3"),
    "no-such-host": Kind(
        "/good",
        "no-such-host",
        place=Place.NAMED,
        name="nowhere.practice",
        seen="cocodataset/cocodataset.github.io #64",
    ),
    "slow-name": Kind(
        "/good",
        "silent",
        place=Place.NAMED,
        name="slow.practice",
        also="no-such-host",
        seen="agourlay/dlm #461",
    ),
    "inside-by-name": Kind(
        "/good",
        "private-address",
        place=Place.NAMED,
        name="inside.practice",
        seen="cosmicstack-labs/mercury-agent #124",
    ),
    "bad-url": Kind(
        "/good",
        "bad-url",
        place=Place.NAMED,
        name="two words.practice",
        seen="WHATWG URL, 3.5: a blank is forbidden in a host",
    ),
}

_TLS = {
    name: Kind(folder, outcome, place=Place.TLS, certificate=shown, seen=seen)
    for name, (folder, outcome, shown, seen) in {
        "tls-of-2011": ("/good", "saved", "of-2011", "urllib3/urllib3 #3031"),
        "tls-terse": ("/good", "saved", "terse", "python/cpython #138193"),
        "tls-cut-once": ("/good", "saved", "cut-once", "urllib3/urllib3 #3100"),
        "tls-cut": ("/good", "cut-short", "cut", "urllib3/urllib3 #3100"),
        "tls-alarmed": ("/good", "cut-short", "alarmed", "RFC 8446, 6.2: internal_error"),
        "tls-unsafe": ("/good", "bad-handshake", "unsafe", "psf/requests #3833"),
        "tls-of-1999": ("/good", "bad-handshake", "of-1999", "RFC 8996"),
        "tls-none": ("/good", "bad-handshake", "none", "RFC 9110, 4.2.2"),
    }.items()
}
_TLS["tls-exclusive"] = Kind(
    "/good",
    "bad-handshake",
    place=Place.TLS,
    certificate="exclusive",
    also="cut-short",  # if the connection is reset before its alert is read
    seen="RFC 8446, 4.4.2.4",
)

_SEVERAL_ADDRESSES = {
    kind: Kind("/good", place=Place.NAMED, name=f"{kind}.practice", seen=seen)
    for kind, seen in {
        "half-inside": "cosmicstack-labs/mercury-agent #124",
        "half-dead": "arkadiyt/ssrf_filter #92",
    }.items()
}

KINDS_OF_CONNECTIONS: Mapping[str, Kind] = {**_TLS, **_SEVERAL_ADDRESSES}
