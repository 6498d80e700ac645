"""Kinds of links whose hosts have changed since 2011."""

from __future__ import annotations

from .kind import Kind, Place

_NEW_NAME = "/known-as/live.staticflickr.com"
_FLICKR = "boncey/Flickr4Java #333"
_WIKIMEDIA = "josephfrazier/reported-web #753"


def _renamed(behind: str, outcome: str = "saved", name: str = "farm1.static.flickr.com") -> Kind:
    """Return a kind that its new name answers as is told behind, and its old one with 410."""
    folder = f"{_NEW_NAME}{behind}"
    return Kind(folder, outcome, landing=behind, place=Place.NAMED, name=name, seen=_FLICKR)


def _thumbnail(width: int) -> Kind:
    return Kind(
        "/wikipedia/commons/thumb/a/ab/{wnid}-{number}.{extension}",
        landing="/wikipedia",
        place=Place.NAMED,
        name="upload.wikimedia.org",
        file=f"{width}px-{{wnid}}-{{number}}.{{extension}}",
        seen=_WIKIMEDIA,
    )


CHANGED = {
    "renamed": _renamed("/good"),
    "renamed-twice": _renamed("/good", name="farm4.staticflickr.com"),
    "renamed-and-gone": _renamed("/gone", "gone"),
    "renamed-noai": _renamed("/robots/noai", "opted-out"),
    "renamed-no-such-host": Kind(
        "/good",
        place=Place.NAMED,
        name="farm2.static.flickr.com",
        seen="cocodataset/cocodataset.github.io #64",
    ),
    "rewritten": _thumbnail(300),
    "rewritten-to-original": _thumbnail(800),
    "altered": Kind(
        "/good", place=Place.NAMED, name="i1.photobucket.com", seen="qsniyg/maxurl #1124"
    ),
}
"""By name; the facts are those of `ck_imagenet/data/known_hosts.tsv`."""

NAMES_HERE = (
    "farm1.static.flickr.com",
    "farm4.staticflickr.com",
    "live.staticflickr.com",
    "upload.wikimedia.org",
    "i1.photobucket.com",
)
"""The names that lead to the first picture host; others of these kinds lead nowhere."""
