"""Kinds of links that are commonest: pictures as most hosts serve them, and plain refusals."""

from __future__ import annotations

from typing import Iterator, Mapping

from .kind import SAVED, Kind, Place

REFUSED = "refused"
"""The kind of link whose host refuses connections."""

_FACTS = "shared/imagenet-facts: 20,000 lines of the list of 2011"
_DEAD = "shared/imagenet-facts: what dead links answer"
_JPEGS = "shared/imagenet-facts: pictures of ILSVRC2012"
_ALIKE = "shared/imagenet-facts: the same bytes from several URLs"
_NOAI = "rom1504/img2dataset #218"
_LATER = "RFC 9110, 10.2.3; curl/curl #3794"

LONG_KNOWN: Mapping[str, Kind] = {
    "good": Kind("/good", seen=_FACTS),
    "good-png": Kind("/good", extension="png", seen=_FACTS),
    "good-gif": Kind("/good", extension="gif", seen=_FACTS),
    "good-webp": Kind("/good", extension="webp", seen="mastodon/mastodon #29432"),
    "good-bmp": Kind("/good", extension="bmp", seen="WHATWG MIME Sniffing, 6.1"),
    "slow": Kind("/slow/0.3", seen="agourlay/dlm #461"),
    "moved": Kind("/moved", landing="/good/moved", seen="RFC 9110, 15.4.2"),
    "moved-absolute": Kind(
        "/moved-absolute", landing="/good/moved-absolute", seen="RFC 9110, 15.4.3"
    ),
    "busy-once": Kind("/busy/1", seen="RFC 9110, 15.6.4"),
    "limited-once": Kind("/limited/1", seen="curl/curl #3794"),
    "gone": Kind("/gone", "gone", seen=_DEAD),
    "flickr": Kind("/flickr", "placeholder", seen="openimages/dataset #9"),
    "placeholder": Kind("/placeholder", "placeholder", seen="dusty-nv/jetson-inference #145"),
    "parked": Kind("/parked", "not-a-picture", seen=_DEAD),
    "parked-as-jpeg": Kind("/parked-as-jpeg", "not-a-picture", seen=_DEAD),
    REFUSED: Kind("/refused", "refused", place=Place.REFUSING, seen="RFC 9293, 3.5.2"),
    "truncated": Kind("/truncated", "cut-short", seen="psf/requests #2833"),
    "cut": Kind("/cut", "truncated", seen="mansuf/mangadex-downloader #54"),
    "broken": Kind("/broken", "broken", seen="python-pillow/Pillow #3185"),
    "empty": Kind("/empty", "empty", seen="aptly-dev/aptly #1080"),
    "busy": Kind("/busy", "busy", place=Place.OWN, seen="RFC 9110, 15.6.4"),
    "limited": Kind("/limited", "busy", place=Place.OWN, seen="openzim/sotoki #326"),
    "silent": Kind("/silent", "silent", place=Place.OWN, seen="neoforged/NeoGradle #122"),
    "loop": Kind("/loop", "redirects", seen="WHATWG Fetch, HTTP-redirect fetch"),
}
"""These come first and in this order: their hosts are drawn by it, and the tutorial shows some."""

SERVED_ODDLY: Mapping[str, Kind] = {
    "progressive": Kind("/progressive", seen="python-pillow/Pillow #2717"),
    "cmyk": Kind("/cmyk", seen=_JPEGS),
    "grey": Kind("/grey", seen="JFIF 1.02: one component is grey"),
    "trailing": Kind("/trailing", seen="rroller/dahua #658; espressif/esp32-camera #162"),
    "wrong-type": Kind("/wrong-type", seen=_JPEGS),
    "unmeasured": Kind("/unmeasured", seen="h2o/h2o #725"),
    "chunked": Kind("/chunked", seen="RFC 9112, 7.1"),
    "gzip": Kind("/gzip", seen="RFC 9110, 8.4.1.3"),
    "http10": Kind("/http10", seen="mirage/ocaml-cohttp #229"),
    "lone": Kind("/good", place=Place.LONE, seen=_FACTS),
    "capped": Kind("/capped/4", place=Place.OWN, hosts=2, seen="Intervention/imagecache #103"),
    "reset-once": Kind("/reset/1", seen="psf/requests #2833"),
    "noindex": Kind("/robots/noindex", seen=_NOAI),
    "noai-for-others": Kind("/robots/otherbot:%20noai", seen="Google's X-Robots-Tag: `BOT: RULE`"),
    "mirrored": Kind(
        "/mirror/{number}", landing="/mirror", also="duplicate", file="{wnid}.jpg", seen=_ALIKE
    ),
    "mirror": Kind(
        "/mirror/{number}",
        "duplicate",
        landing="/mirror",
        place=Place.OWN,
        hosts=2,
        also=SAVED,
        file="{wnid}.jpg",
        seen=_ALIKE,
    ),
}


def _failing() -> Iterator[tuple[str, Kind]]:
    """Yield 429, 500, 502 and 503, with each way to say how long, once or always."""
    later = {
        "": ("", "RFC 9110, 15.6; curl/curl #3794"),
        "-after-1": ("/after-1", _LATER),
        "-after-2": ("/after-2", _LATER),
        "-date": ("/date-2", "mldsveda/PyScrappy #143"),
    }
    for status, outcome in (
        (429, "busy"),
        (500, "server-error"),
        (502, "server-error"),
        (503, "busy"),
    ):
        for suffix, (retry_after, seen) in later.items():
            folder = f"/status/{status}"
            yield (
                f"{status}{suffix}",
                Kind(f"{folder}/always{retry_after}", outcome, place=Place.OWN, hosts=2, seen=seen),
            )
            yield (
                f"{status}{suffix}-once",
                Kind(f"{folder}/1{retry_after}", place=Place.OWN, hosts=2, seen=seen),
            )


REFUSED_POLITELY: Mapping[str, Kind] = {
    "410": Kind("/status/410", "gone", seen=_DEAD),
    "401": Kind("/status/401", "forbidden", seen="RFC 9110, 15.5.2"),
    "403": Kind("/status/403", "forbidden", seen="allenai/sherlock #3"),
    "451": Kind("/status/451", "forbidden", seen="RFC 7725"),
    "400": Kind("/status/400", "http-error", seen="zTrix/webpage2html #10"),
    **dict(_failing()),
    "noai": Kind("/robots/noai", "opted-out", seen=_NOAI),
    "noimageai": Kind("/robots/noimageai", "opted-out", seen=_NOAI),
    "noai-among": Kind("/robots/noindex,%20noai", "opted-out", seen=_NOAI),
    "noai-for-us": Kind(
        "/robots/ck-imagenet:%20noai", "opted-out", seen="Google's X-Robots-Tag: `BOT: RULE`"
    ),
}
