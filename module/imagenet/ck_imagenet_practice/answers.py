"""Behaviours that give a picture in an unusual way, or one that is not what is wanted."""

from __future__ import annotations

import base64
import io
import struct

from PIL import Image

from .exchange import BadLink, Exchange
from .registry import behaviour, content_type, number, picture

_SIDE = 32

_AVIF = base64.b64decode(
    "AAAAIGZ0eXBhdmlmAAAAAGF2aWZtaWYxbWlhZk1BMUIAAADrbWV0YQAAAAAAAAAhaGRscgAAAAAAAAAAcGljdAAAAAAAAAAA"
    "AAAAAAAAAAAOcGl0bQAAAAAAAQAAAB5pbG9jAAAAAEQAAAEAAQAAAAEAAAETAAAA7AAAAChpaW5mAAAAAAABAAAAGmluZmUC"
    "AAAAAAEAAGF2MDFDb2xvcgAAAABqaXBycAAAAEtpcGNvAAAAFGlzcGUAAAAAAAAAYAAAAEAAAAAQcGl4aQAAAAADCAgIAAAA"
    "DGF2MUOBAAwAAAAAE2NvbHJuY2x4AAEADQAGgAAAABdpcG1hAAAAAAAAAAEAAQQBAoMEAAAA9G1kYXQSAAoJGBlv/tEBDQaE"
    "MtwBEmPDwzKBBBBPKooqAMIRQQ+Znc2LVqdrS8KudGCegBU6GqpKPZ0KHiUqy1eMndZtdBFQtkJpyWFpQxTflE6HVsT/E2nY"
    "hhg34leChfSEpkGUDCrzfXi5SIyM2rJAsVq/k80mf+bFNBpTkMnkn0svL4CSEf1Ri0WiCFP9CP/OKlmLT+zbelFibvK5cHYn"
    "6k7FItMQuRl8KrPEt5eWbiTsAVF6odGat1YJGSDa2rB5CeDGLOai9USJKzWnzjZMTBRt01ZaQ+TgqYZAQ0++3/V59b5UVA6W"
    "X14ez0yNwA=="
)

_TYPES = {
    "avif": "image/avif",
    "heic": "image/heic",
    "ico": "image/x-icon",
    "jpeg-2000": "image/jp2",
    "psd": "image/vnd.adobe.photoshop",
}

PARTS = {
    "whole": (0, 1, "{end}"),
    "open": (0, 1, "*"),
    "first": (0, 0.5, "{end}"),
    "last": (0.5, 1, "{end}"),
}
"""Which part of a picture comes, and what is told of the whole."""


@behaviour("as")
def as_status(exchange: Exchange) -> None:
    """`/as/STATUS/FILE`: the picture, with another status than 200."""
    exchange.answer(int(number(exchange)), picture(exchange), content_type(exchange))


@behaviour("part")
def part(exchange: Exchange) -> None:
    """`/part/FORM/FILE`: 206 although nobody asked for a part, with one of `PARTS`."""
    (form,) = exchange.arguments or ("",)
    if form not in PARTS:
        raise BadLink(f"write /part/FORM/FILE, with one of {', '.join(PARTS)}")
    whole = picture(exchange)
    begin, end = (int(len(whole) * share) for share in PARTS[form][:2])
    told = PARTS[form][2].format(end=len(whole))
    place = {"Content-Range": f"bytes {begin}-{end - 1}/{told}"}
    exchange.answer(206, whole[begin:end], content_type(exchange), place)


@behaviour("negotiated")
def negotiated(exchange: Exchange) -> None:
    """`/negotiated/FILE`: the picture, or what the client likes as much: a copy, or a page."""
    wishes = _wishes(exchange.request.headers.get("accept", "*/*"))
    best = wishes.get("image/jpeg", wishes.get("image/*", wishes.get("*/*", 0.0)))
    if wishes.get("text/html", 0.0) > 0:
        exchange.answer(200, b"<html><body>See our gallery!</body></html>", "text/html")
    elif wishes.get("image/avif", wishes.get("image/*", wishes.get("*/*", 0.0))) >= best:
        exchange.answer(200, _AVIF, _TYPES["avif"])
    else:
        exchange.answer(200, picture(exchange), content_type(exchange))


@behaviour("form")
def form(exchange: Exchange) -> None:
    """`/form/NAME/FILE`: a picture in a format of other times or for other uses."""
    (name,) = exchange.arguments or ("",)
    if name not in _TYPES:
        raise BadLink(f"write /form/NAME/FILE, with one of {', '.join(_TYPES)}")
    exchange.answer(200, _in_form(name), _TYPES[name])


def _wishes(accept: str) -> dict[str, float]:
    """Return how much each type is wanted, as RFC 9110 (12.5.1) reads it."""
    wishes = {}
    for wish in accept.split(","):
        kind, *parameters = (word.strip() for word in wish.split(";"))
        weights = [word[2:] for word in parameters if word.startswith("q=")]
        wishes[kind] = float(weights[0]) if weights else 1.0
    return wishes


def _in_form(name: str) -> bytes:
    """Return a picture: of HEIC and JPEG 2000, which few programs write, but how it begins."""
    if name == "avif":
        return _AVIF
    if name == "heic":
        return b"\0\0\0\x18ftypheic\0\0\0\0mif1heic" + bytes(1000)
    if name == "jpeg-2000":
        return b"\0\0\0\x0cjP  \r\n\x87\n\0\0\0\x14ftypjp2 \0\0\0\0jp2 " + bytes(1000)
    if name == "psd":
        head = struct.pack(">4sH6xHIIHH", b"8BPS", 1, 3, _SIDE, _SIDE, 8, 3)
        return head + bytes(14) + bytes(3 * _SIDE * _SIDE)
    file = io.BytesIO()
    Image.new("RGB", (_SIDE, _SIDE), "#204060").save(file, "ICO")
    return file.getvalue()
