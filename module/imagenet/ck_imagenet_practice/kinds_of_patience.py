"""Kinds of links that cost a client its patience: hosts that hang, limp or ration."""

from __future__ import annotations

from typing import Mapping

from .kind import Kind, Place

_SILENT = "neoforged/NeoGradle #122"
_DRIP = "postmanlabs/httpbin #642"
_SECOND_TIME = "Jules-WinnfieldX/CyberDropDownloader #27"

STUCK: Mapping[str, Kind] = {
    "black-hole": Kind("/silent", "silent", place=Place.OWN, hosts=5, seen=_SILENT),
    "lone-black-hole": Kind("/silent", "silent", place=Place.LONE, seen=_SILENT),
    "drip": Kind("/drip", "stalled", place=Place.OWN, hosts=3, seen=_DRIP),
    "head-only": Kind("/head-only", "stalled", place=Place.OWN, seen="OGGM/oggm #1932"),
    "hang-up": Kind(
        "/hang-up", "cut-short", place=Place.OWN, seen="unt-libraries/py-wasapi-client #28"
    ),
    "dropped": Kind(
        "/good", "silent", place=Place.DROPPING, hosts=2, seen="JuliaLang/Downloads.jl #126"
    ),
}

_RATIONS = {
    # From 2025 on: 429 after some dozens, without a Retry-After.
    "rationed-bucket": ("bucket-4-2", "Flickr: mikf/gallery-dl #8297"),
    # From 2026 on; it says how long.
    "rationed-bucket-after": ("bucket-4-2/after", "Wikimedia: m4ym4y/museum-of-all-things #157"),
    # A hundred pictures, then a wait of ten seconds.
    "rationed-window": ("window-2-1", "DaxEleven/Rule34.xxx-Downloader #17"),
    "rationed-window-date": ("window-2-1/date", "mldsveda/PyScrappy #143"),
    # Calendar minutes, as a counter that is named by the minute has them.
    "rationed-clock": ("clock-2-1/says-503", "the Wayback Machine: shared/imagenet-facts"),
    "rationed-sliding": ("sliding-2-1/says-420", "Twitter's first API: NancyFx/Nancy #679"),
    # It holds what it refuses too.
    "rationed-sliding-all": ("sliding-2-1/all", "Kong, Tyk: Kong/docs.konghq.com #6586"),
    "rationed-gap": ("gap-0.4", "Bionus/imgbrd-grabber #1500"),
    # A thousand an hour, and 5,000 a day, in short.
    "rationed-quota": ("window-3-3", "Tumblr: mikf/gallery-dl #74"),
    # Says "at once", as servers do whose seconds are rounded down.
    "rationed-after-0": ("window-2-1/after-0", "RFC 9110, 10.2.3: 0 is a number of seconds"),
    # 2,500 in ten minutes, then 403 for an hour.
    "banned-403": ("bucket-4-2/ban-3-5-1-403", "weserv/images #398"),
    "banned-404": ("bucket-4-2/ban-3-5-1-404", "RFC 9110, 15.5.4: 404 in place of 403"),
    "banned-reset": ("bucket-4-2/ban-3-5-1-reset", "4chan: bibanon/BASC-Archiver #8"),
    # nginx's 444.
    "banned-close": ("bucket-4-2/ban-3-5-1-close", "internetarchive/openlibrary #9904"),
    # After some hundred pictures.
    "banned-silence": ("bucket-4-2/ban-3-5-1-silence", "A-Coom/coomer.party-scraper #5"),
    # "We need to check that you are a real human."
    "banned-page": ("bucket-4-2/ban-3-5-1-page", "mikf/gallery-dl #6249"),
    # Whoever keeps asking is never let in again.
    "banned-longer": ("bucket-4-2/ban-3-5-1-429-longer", "SandeepVashishtha/Eventra #8997"),
}

RATIONED: Mapping[str, Kind] = {
    **{
        name: Kind(f"/rationed/{words}", place=Place.OWN, seen=seen)
        for name, (words, seen) in _RATIONS.items()
    },
    "rationed-together": Kind(
        "/rationed/bucket-4-2/by-farms",
        place=Place.OWN,
        hosts=2,
        seen="Flickr's farms are one service: mikf/gallery-dl #8297",
    ),
    "rationed-across": Kind(
        "/across/{target}/rationed/bucket-4-2",
        landing="/rationed/bucket-4-2",
        place=Place.OWN,
        hosts=3,
        seen="Flickr's farms lead to one host: boncey/Flickr4Java #333",
    ),
}
"""Hosts that give all of their pictures, but not at once: as seen in the wild, in seconds."""

LIMPING: Mapping[str, Kind] = {
    "flaky": Kind("/flaky/30", place=Place.OWN, seen="psf/requests #6645"),
    "silent-once": Kind("/silent/1", place=Place.LIVING, seen=_SECOND_TIME),
    "lone-silent-once": Kind("/silent/1", place=Place.LONE, seen=_SECOND_TIME),
    "living-black-hole": Kind("/silent", "silent", place=Place.LIVING, seen=_SILENT),
    "living-drip": Kind("/drip", "stalled", place=Place.LIVING, seen=_DRIP),
}
