"""Kinds of links that lead elsewhere: to the picture, to a placeholder, or where nobody may ask."""

from __future__ import annotations

from typing import Mapping

from .kind import Kind, Place
from .redirects import SPELLINGS, redirecting_folder

_FETCH = "WHATWG Fetch, HTTP-redirect fetch"
_PLACEHOLDERS = "shared/imagenet-facts: what dead links answer"
_INSIDE = "anthony-chaudhary/fak #2696; tashfeenahmed/freellmapi #450"


def _leading(targets: Mapping[str, str], outcome: str, seen: str) -> dict[str, Kind]:
    """Return kinds that redirect to these targets."""
    return {name: Kind(redirecting_folder(to), outcome, seen=seen) for name, to in targets.items()}


KINDS_OF_REDIRECTS: Mapping[str, Kind] = {
    "moved-aside": Kind("/moved-aside", landing="/good/moved-aside", seen="RFC 9110, 10.2.2"),
    "moved-across": Kind("/moved-across", landing="/good/moved-across", seen="psf/requests #3959"),
    "moved-to-spaces": Kind(
        "/moved-to-spaces", landing="/good/my holiday pictures", seen="curl/curl #4445"
    ),
    "moved-to-latin-1": Kind(
        "/moved-to-latin-1", landing="/good/caf\xe9", seen="psf/requests #4372"
    ),
    "moved-to-utf-8": Kind(
        "/moved-to-utf-8", landing="/good/caf\xc3\xa9", seen="scrapy/scrapy #2321"
    ),
    **{f"hops-{n}": Kind(f"/hops/{n}", landing="/good/hops", seen=_FETCH) for n in range(1, 6)},
    "circle": Kind("/circle", "redirects", seen="Icinga/icingaweb2 #1064"),
    "nowhere": Kind("/nowhere", "redirects", seen="RFC 9110, 15.4: a Location is no must"),
    **_leading(
        {
            "to-flickr": "https://s.yimg.com/pw/images/en-us/photo_unavailable.png",
            "to-photobucket": "http://pic.photobucket.com/bwe.png",
            "to-imgur": "http://i.imgur.com/removed.png",
        },
        "placeholder",
        _PLACEHOLDERS,
    ),
    **_leading(
        {
            "to-file": "file:///etc/passwd",
            "to-ftp": "ftp://127.9.9.9/picture.jpg",
            "to-data": "data:image/gif;base64,R0lGODlhAQABAAAAACw=",
        },
        "bad-url",
        f"curl's CVE-2009-0037; {_FETCH}",
    ),
    **_leading(
        {
            "to-metadata": "http://169.254.169.254/latest/meta-data/",
            "to-private": "http://10.0.0.1/picture.jpg",
            "to-loopback-6": "http://[::1]/picture.jpg",
        },
        "private-address",
        _INSIDE,
    ),
    **{
        f"inside-{spelling}": Kind(f"/inside/{spelling}", "private-address", seen=_INSIDE)
        for spelling in SPELLINGS
    },
    "inside": Kind("/good", "private-address", place=Place.FORBIDDEN, seen=_INSIDE),
}
