"""Kinds of links that answer 200 with something else than a picture, or with far too much."""

from __future__ import annotations

from typing import Mapping

from .kind import Kind

_DEAD = "shared/imagenet-facts: what dead links answer"
_BOMB = "python-pillow/Pillow #4102"

KINDS_OF_LIES: Mapping[str, Kind] = {
    "flickr-address": Kind("/pw/images/en-us/photo_unavailable.png?", "placeholder", seen=_DEAD),
    "unlisted": Kind("/unlisted", "placeholder", seen=_DEAD),
    "error-page": Kind("/error-page", "not-a-picture", seen=_DEAD),
    "text": Kind("/text", "not-a-picture", seen="shared/imagenet-facts: errors with status 200"),
    "svg": Kind("/svg", "other-format", extension="svg", seen="LadybirdBrowser/ladybird #9046"),
    "pixel": Kind("/pixel", "too-small", extension="gif", seen="uBlockOrigin/uBlock-issues #1705"),
    "gigapixel": Kind("/gigapixel", "too-large", seen=_BOMB),
    "gigapixel-png": Kind("/gigapixel", "too-large", extension="png", seen=_BOMB),
    "garbage": Kind("/garbage", "not-http", seen="RFC 4253, 4.2: SSH greets who connects"),
    "big-head": Kind("/big-head", "not-http", seen="curl's CVE-2023-38039"),
    "endless": Kind("/endless", "too-large", seen="ncr/rack-proxy #60"),
    "announced": Kind("/announced", "too-large", seen="RFC 9110, 8.6: any length may be told"),
    "reset": Kind("/reset/1e9", "cut-short", seen="psf/requests #2833"),
}
