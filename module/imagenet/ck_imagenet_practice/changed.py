"""Hosts that have changed since 2011: other names, other widths of thumbnails."""

from __future__ import annotations

import re

from . import pictures
from .exchange import BadLink, Exchange
from .registry import BEHAVIOURS, behaviour

STEPS = (20, 40, 60, 120, 250, 330, 500, 960, 1280, 1920, 3840)
"""Pixels: the widths of thumbnails that there are."""

_ORIGINAL = 640
"""Pixels: the width of what thumbnails are made of."""

_THUMBNAIL = re.compile(
    r"/wikipedia/commons/thumb/a/ab/(?P<name>[^/]+)/(?P<width>[0-9]+)px-(?P=name)"
)


@behaviour("known-as")
def known_as(exchange: Exchange) -> None:
    """`/known-as/NAME/…`: what stands behind, for who asks that name; 410 for all others."""
    _, name, *behind = exchange.segments
    if len(behind) < 2 or behind[0] not in BEHAVIOURS:
        raise BadLink("write /known-as/NAME/BEHAVIOUR/…/FILE")
    if exchange.request.headers.get("host", "").partition(":")[0] != name:
        exchange.answer(410, b"not here any more\n")
        return
    exchange.enter(2)
    BEHAVIOURS[behind[0]](exchange)


@behaviour("wikipedia")
def wikipedia(exchange: Exchange) -> None:
    """`/wikipedia/commons/a/ab/FILE`, or `…/thumb/a/ab/FILE/WIDTHpx-FILE`: 400 for most widths."""
    match = _THUMBNAIL.fullmatch(exchange.request.path)
    name = match["name"] if match else exchange.request.path.rpartition("/")[2]
    if match and int(match["width"]) not in STEPS:
        exchange.answer(400, b"Use thumbnail steps listed on https://w.wiki/GHai\n")
    elif match and int(match["width"]) > _ORIGINAL:
        exchange.answer(404, b"wider than the original\n")
    else:
        exchange.answer(200, pictures.picture(f"/wikipedia/{name}"), pictures.content_type(name))
