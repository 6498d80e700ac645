"""The kinds of links that the practice web has, with the truth about each."""

from __future__ import annotations

from typing import Iterator

from .kind import SAVED, Kind, Place
from .kinds_of_answers import KINDS_OF_ANSWERS
from .kinds_of_changed_hosts import CHANGED
from .kinds_of_connections import KINDS_OF_CONNECTIONS
from .kinds_of_heads import KINDS_OF_HEADS
from .kinds_of_urls import KINDS_OF_URLS
from .kinds_of_ways import KINDS_OF_WAYS
from .redirects import SPELLINGS, redirecting_folder

REFUSED = "refused"
"""The kind of link whose host refuses connections."""


def _failing() -> Iterator[tuple[str, Kind]]:
    """Yield 429, 500, 502 and 503, with each way to say how long, once or always."""
    later = {"": "", "-after-1": "/after-1", "-after-2": "/after-2", "-date": "/date-2"}
    for status, outcome in (
        (429, "busy"),
        (500, "server-error"),
        (502, "server-error"),
        (503, "busy"),
    ):
        for suffix, retry_after in later.items():
            folder = f"/status/{status}"
            yield (
                f"{status}{suffix}",
                Kind(f"{folder}/always{retry_after}", outcome, place=Place.OWN, hosts=2),
            )
            yield (
                f"{status}{suffix}-once",
                Kind(f"{folder}/1{retry_after}", place=Place.OWN, hosts=2),
            )


def _leading(targets: dict[str, str], outcome: str) -> dict[str, Kind]:
    """Return kinds that redirect to these targets."""
    return {name: Kind(redirecting_folder(to), outcome) for name, to in targets.items()}


_LONG_KNOWN = {
    "good": Kind("/good"),
    "good-png": Kind("/good", extension="png"),
    "good-gif": Kind("/good", extension="gif"),
    "good-webp": Kind("/good", extension="webp"),
    "good-bmp": Kind("/good", extension="bmp"),
    "slow": Kind("/slow/0.3"),
    "moved": Kind("/moved", landing="/good/moved"),
    "moved-absolute": Kind("/moved-absolute", landing="/good/moved-absolute"),
    "busy-once": Kind("/busy/1"),
    "limited-once": Kind("/limited/1"),
    "gone": Kind("/gone", "gone"),
    "flickr": Kind("/flickr", "placeholder"),
    "placeholder": Kind("/placeholder", "placeholder"),
    "parked": Kind("/parked", "not-a-picture"),
    "parked-as-jpeg": Kind("/parked-as-jpeg", "not-a-picture"),
    REFUSED: Kind("/refused", "refused", place=Place.REFUSING),
    "truncated": Kind("/truncated", "cut-short"),
    "cut": Kind("/cut", "truncated"),
    "broken": Kind("/broken", "broken"),
    "empty": Kind("/empty", "empty"),
    "busy": Kind("/busy", "busy", place=Place.OWN),
    "limited": Kind("/limited", "busy", place=Place.OWN),
    "silent": Kind("/silent", "silent", place=Place.OWN),
    "loop": Kind("/loop", "redirects"),
}
"""These come first and in this order: their hosts are drawn by it, and README shows some."""

_SERVED_ODDLY = {
    "progressive": Kind("/progressive"),
    "cmyk": Kind("/cmyk"),
    "grey": Kind("/grey"),
    "trailing": Kind("/trailing"),
    "wrong-type": Kind("/wrong-type"),
    "unmeasured": Kind("/unmeasured"),
    "chunked": Kind("/chunked"),
    "gzip": Kind("/gzip"),
    "http10": Kind("/http10"),
    "lone": Kind("/good", place=Place.LONE),
    "capped": Kind("/capped/4", place=Place.OWN, hosts=2),
    "reset-once": Kind("/reset/1"),
    "noindex": Kind("/robots/noindex"),
    "noai-for-others": Kind("/robots/otherbot:%20noai"),
    "mirrored": Kind("/mirror/{number}", landing="/mirror", also="duplicate", file="{wnid}.jpg"),
    "mirror": Kind(
        "/mirror/{number}",
        "duplicate",
        landing="/mirror",
        place=Place.OWN,
        hosts=2,
        also=SAVED,
        file="{wnid}.jpg",
    ),
}

_REFUSED_POLITELY = {
    "410": Kind("/status/410", "gone"),
    "401": Kind("/status/401", "forbidden"),
    "403": Kind("/status/403", "forbidden"),
    "451": Kind("/status/451", "forbidden"),
    "400": Kind("/status/400", "http-error"),
    **dict(_failing()),
    "noai": Kind("/robots/noai", "opted-out"),
    "noimageai": Kind("/robots/noimageai", "opted-out"),
    "noai-among": Kind("/robots/noindex,%20noai", "opted-out"),
    "noai-for-us": Kind("/robots/ck-imagenet:%20noai", "opted-out"),
}

_MOVED = {
    "moved-aside": Kind("/moved-aside", landing="/good/moved-aside"),
    "moved-across": Kind("/moved-across", landing="/good/moved-across"),
    "moved-to-spaces": Kind("/moved-to-spaces", landing="/good/my holiday pictures"),
    "moved-to-latin-1": Kind("/moved-to-latin-1", landing="/good/caf\xe9"),
    "moved-to-utf-8": Kind("/moved-to-utf-8", landing="/good/caf\xc3\xa9"),
    **{f"hops-{n}": Kind(f"/hops/{n}", landing="/good/hops") for n in range(1, 6)},
    "circle": Kind("/circle", "redirects"),
    "nowhere": Kind("/nowhere", "redirects"),
    **_leading(
        {
            "to-flickr": "https://s.yimg.com/pw/images/en-us/photo_unavailable.png",
            "to-photobucket": "http://pic.photobucket.com/bwe.png",
            "to-imgur": "http://i.imgur.com/removed.png",
        },
        "placeholder",
    ),
    **_leading(
        {
            "to-file": "file:///etc/passwd",
            "to-ftp": "ftp://127.9.9.9/picture.jpg",
            "to-data": "data:image/gif;base64,R0lGODlhAQABAAAAACw=",
        },
        "bad-url",
    ),
    **_leading(
        {
            "to-metadata": "http://169.254.169.254/latest/meta-data/",
            "to-private": "http://10.0.0.1/picture.jpg",
            "to-loopback-6": "http://[::1]/picture.jpg",
        },
        "private-address",
    ),
    **{
        f"inside-{spelling}": Kind(f"/inside/{spelling}", "private-address")
        for spelling in SPELLINGS
    },
    "inside": Kind("/good", "private-address", place=Place.FORBIDDEN),
}

_LYING = {
    "flickr-address": Kind("/pw/images/en-us/photo_unavailable.png?", "placeholder"),
    "unlisted": Kind("/unlisted", "placeholder"),
    "error-page": Kind("/error-page", "not-a-picture"),
    "text": Kind("/text", "not-a-picture"),
    "svg": Kind("/svg", "other-format", extension="svg"),
    "pixel": Kind("/pixel", "too-small", extension="gif"),
    "gigapixel": Kind("/gigapixel", "too-large"),
    "gigapixel-png": Kind("/gigapixel", "too-large", extension="png"),
    "garbage": Kind("/garbage", "not-http"),
    "big-head": Kind("/big-head", "not-http"),
    "endless": Kind("/endless", "too-large"),
    "announced": Kind("/announced", "too-large"),
    "reset": Kind("/reset/1e9", "cut-short"),
}

_STUCK = {
    "black-hole": Kind("/silent", "silent", place=Place.OWN, hosts=5),
    "lone-black-hole": Kind("/silent", "silent", place=Place.LONE),
    "drip": Kind("/drip", "stalled", place=Place.OWN, hosts=3),
    "head-only": Kind("/head-only", "stalled", place=Place.OWN),
    "hang-up": Kind("/hang-up", "cut-short", place=Place.OWN),
    "dropped": Kind("/good", "silent", place=Place.DROPPING, hosts=2),
}

_RATIONED = {
    name: Kind(f"/rationed/{words}", place=Place.OWN)
    for name, words in {
        # Flickr, from 2025 on: 429 after some dozens, without a Retry-After (gallery-dl #8297).
        "rationed-bucket": "bucket-4-2",
        # Wikimedia, from 2026 on, says how long (m4ym4y/museum-of-all-things #157).
        "rationed-bucket-after": "bucket-4-2/after",
        # A hundred pictures, then a wait of ten seconds (DaxEleven/Rule34.xxx-Downloader #17).
        "rationed-window": "window-2-1",
        "rationed-window-date": "window-2-1/date",
        # Calendar minutes, as a counter that is named by the minute has them.
        "rationed-clock": "clock-2-1/says-503",
        # Twitter's first API (NancyFx/Nancy #679).
        "rationed-sliding": "sliding-2-1/says-420",
        # Kong's and Tyk's sliding windows hold what they refuse too (Kong/docs.konghq.com #6586).
        "rationed-sliding-all": "sliding-2-1/all",
        "rationed-gap": "gap-0.4",
        # A thousand an hour, and 5,000 a day (Tumblr's API: gallery-dl #74), in short.
        "rationed-quota": "window-3-3",
        # Says "at once", as servers do whose seconds are rounded down.
        "rationed-after-0": "window-2-1/after-0",
        # 2,500 in ten minutes, then 403 for an hour (weserv/images #398).
        "banned-403": "bucket-4-2/ban-3-5-1-403",
        "banned-404": "bucket-4-2/ban-3-5-1-404",
        # 4chan, to archivers (bibanon/BASC-Archiver #8).
        "banned-reset": "bucket-4-2/ban-3-5-1-reset",
        # nginx's 444 (internetarchive/openlibrary #9904).
        "banned-close": "bucket-4-2/ban-3-5-1-close",
        # Time-outs after some hundred pictures (A-Coom/coomer.party-scraper #5).
        "banned-silence": "bucket-4-2/ban-3-5-1-silence",
        # "We need to check that you are a real human" (gallery-dl #6249).
        "banned-page": "bucket-4-2/ban-3-5-1-page",
        # Whoever keeps asking is never let in again (SandeepVashishtha/Eventra #8997).
        "banned-longer": "bucket-4-2/ban-3-5-1-429-longer",
    }.items()
}
"""Hosts that give all of their pictures, but not at once: as seen in the wild, in seconds."""

_RATIONED_TOGETHER = {
    # farm1 to farm5.static.flickr.com and live.staticflickr.com are one service.
    "rationed-together": Kind("/rationed/bucket-4-2/by-farms", place=Place.OWN, hosts=2),
    "rationed-across": Kind(
        "/across/{target}/rationed/bucket-4-2",
        landing="/rationed/bucket-4-2",
        place=Place.OWN,
        hosts=3,
    ),
}

_LIMPING = {
    "flaky": Kind("/flaky/30", place=Place.OWN),
    "silent-once": Kind("/silent/1", place=Place.LIVING),
    "lone-silent-once": Kind("/silent/1", place=Place.LONE),
    "living-black-hole": Kind("/silent", "silent", place=Place.LIVING),
    "living-drip": Kind("/drip", "stalled", place=Place.LIVING),
}

_PLACED = {
    "tls": Kind("/good", place=Place.TLS, certificate="good"),
    "tls-wrong-name": Kind("/good", "bad-certificate", place=Place.TLS, certificate="wrong-name"),
    "tls-expired": Kind("/good", "bad-certificate", place=Place.TLS, certificate="expired"),
    "tls-self-signed": Kind("/good", "bad-certificate", place=Place.TLS, certificate="self-signed"),
    "named": Kind("/good", place=Place.NAMED, name="good.practice"),
    "no-such-host": Kind("/good", "no-such-host", place=Place.NAMED, name="nowhere.practice"),
    "slow-name": Kind(
        "/good", "silent", place=Place.NAMED, name="slow.practice", also="no-such-host"
    ),
    "inside-by-name": Kind("/good", "private-address", place=Place.NAMED, name="inside.practice"),
    "bad-url": Kind("/good", "bad-url", place=Place.NAMED, name="two words.practice"),
}

KINDS: dict[str, Kind] = {
    **_LONG_KNOWN,
    **_SERVED_ODDLY,
    **_REFUSED_POLITELY,
    **_MOVED,
    **_LYING,
    **_STUCK,
    **_PLACED,
    **_RATIONED,
    **_RATIONED_TOGETHER,
    **_LIMPING,
    **KINDS_OF_URLS,
    **KINDS_OF_WAYS,
    **KINDS_OF_HEADS,
    **KINDS_OF_ANSWERS,
    **CHANGED,
    **KINDS_OF_CONNECTIONS,
}
"""Every kind by its name."""

RATIONING = (*_RATIONED, *_RATIONED_TOGETHER)
"""The kinds whose hosts ration."""
