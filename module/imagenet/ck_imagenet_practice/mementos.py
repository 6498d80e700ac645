"""How the Wayback Machine gives what it has captured: headers of then, codings, Locations."""

from __future__ import annotations

import gzip
from datetime import datetime, timezone
from email.utils import format_datetime
from types import MappingProxyType
from typing import Mapping, NamedTuple

from .exchange import Exchange
from .kind import SAVED

_TIME = "%Y%m%d%H%M%S"


class Capture(NamedTuple):
    """What a URL answered at one time."""

    time: str
    body: bytes
    status: int = 200
    location: str = ""
    form: str = "plain"
    """How it is given, of `FORMS`."""
    errors: int = 0
    """How often the archive itself fails before it gives it."""


class Form(NamedTuple):
    """How a capture is given."""

    seen: str
    """Where the Wayback Machine was seen to do so."""
    headers: Mapping[str, str] = MappingProxyType({})
    is_packed: bool = False
    missing: int = 0
    """How many bytes of the body never come."""
    place: str = "{path}"
    """How its Locations are written."""
    outcome: str = SAVED
    """The word for what becomes of a picture that is given so."""


_BLANK = {"content-encoding": ""}
_TWICE = {**_BLANK, "Content-Encoding": "gzip"}
_PACKED_SEEN = "edgi-govdata-archiving/web-monitoring-processing #309"
_PLACES_SEEN = "edgi-govdata-archiving/wayback #59, pull request #60"
_ORIGINAL = {f"x-archive-orig-x-{number}": f"of then, {number}" for number in range(140)}
_ODD = {"x-archive-orig-gr\xf6\xdfe": "7", "x-archive-orig-set cookie": "a=b", "\xb3\xd2": "1"}

FORMS: Mapping[str, Form] = {
    "plain": Form("edgi-govdata-archiving/wayback #59"),
    "absolute": Form(_PLACES_SEEN, place="http://{host}{path}"),
    "no-scheme": Form("RFC 3986, section 4.2; imagenet-facts", place="//{host}{path}"),
    "other-scheme": Form(_PLACES_SEEN, place="https://{host}{path}"),
    "gzip-told-twice": Form(_PACKED_SEEN, _TWICE, is_packed=True),
    "gzip-told-blank": Form(_PACKED_SEEN, _BLANK, is_packed=True),
    "gzip-untold": Form("midwork-finds-jobs/duckdb-web-archive #7", is_packed=True),
    "many-headers": Form("imagenet-facts, the Wayback Machine", _ORIGINAL),
    "odd-headers": Form("webrecorder/warcio #128", {**_ODD, **_ORIGINAL}),
    "cut-short": Form(
        "iipc/openwayback #254, internetarchive/wayback #118", missing=50, outcome="cut-short"
    ),
    "opted-out": Form(
        "edgi-govdata-archiving/wayback #98: all headers of then come with a prefix",
        {"X-Archive-Orig-X-Robots-Tag": "noai, noimageai"},
        outcome="opted-out",
    ),
}


def spelled(path: str, form: str, host: str) -> str:
    """Return a Location that leads to a path of the archive's."""
    return FORMS[form].place.format(path=path, host=host)


def give(exchange: Exchange, capture: Capture, url: str, location: str = "") -> None:
    """Answer with a capture, which may lead elsewhere."""
    form = FORMS[capture.form]
    body = gzip.compress(capture.body) if form.is_packed else capture.body
    taken = datetime.strptime(capture.time, _TIME).replace(tzinfo=timezone.utc)
    headers = {
        "Memento-Datetime": format_datetime(taken, usegmt=True),
        "Link": f'<{url}>; rel="original"',
        "x-archive-orig-date": format_datetime(taken, usegmt=True),
        "x-archive-orig-retry-after": "3600",
        "x-archive-src": "practice.warc.gz",
    }
    # First those of then, as it has them: what counts about the answer comes after.
    told = {**form.headers, **headers, **({"Location": location} if location else {})}
    if form.missing:
        exchange.hang_up()
    sent = body[: len(body) - form.missing] if form.missing else body
    lines = {**told, "Connection": "keep-alive" if exchange.keep else "close"}
    lines.update({"Content-Type": "image/jpeg", "Content-Length": str(len(body))})
    exchange.head(capture.status, lines)
    exchange.send(sent)
