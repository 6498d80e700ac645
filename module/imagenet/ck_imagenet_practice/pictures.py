"""Pictures for the practice web: photo-sized, as grainy as a photo, another for every path."""

from __future__ import annotations

import hashlib
import io
import struct
import zlib
from functools import lru_cache
from typing import NamedTuple

from PIL import Image, ImageDraw

from .drawings import drawn

KEPT = 1536
"""Pictures kept in memory, where a list of 1,300 has room: some 130 MB if so many are asked for."""

_SIZES = ((500, 375), (500, 333), (375, 500))
_SMALLEST_GRAIN, _LARGEST_GRAIN = 0.075, 0.12
_HUGE = 32768
"""Pixels on a side: 32768 x 32768 are a gigapixel."""

# Pixels that one random value of the grain covers, and its weight beside the finest grain, so that
# a picture takes as many bytes as a photograph.
_COARSE_GRAIN = (3, 0.3)


class _Form(NamedTuple):
    pillow_name: str
    content_type: str
    mode: str
    options: dict[str, int]
    tail: bytes = b""
    """Bytes after the picture's end."""
    cut: int = 0
    """Bytes that the file lacks."""
    beside: str = ""
    """What stands in a PNG beside its pixels, of `_chunk`."""


_JPEG = _Form("JPEG", "image/jpeg", "RGB", {"quality": 95})
_JPEGS = {
    "progressive": _JPEG._replace(options={"quality": 95, "progressive": 1}),
    "cmyk": _JPEG._replace(mode="CMYK", options={"quality": 75}),
    "grey": _JPEG._replace(mode="L"),
    "trailing": _JPEG._replace(tail=b"\r\n<!-- served by www7 in 0.02 s -->\r\n"),
    "unended": _JPEG._replace(cut=2),
}
_FORMS = {
    "png": _Form("PNG", "image/png", "RGB", {"compress_level": 1}),
    "gif": _Form("GIF", "image/gif", "P", {}),
    "webp": _Form("WEBP", "image/webp", "RGB", {"quality": 80, "method": 0}),
    "bmp": _Form("BMP", "image/bmp", "RGB", {}),
}


_BESIDE = ("large-text", "large-profile", "damaged-text")
_AFTER_HEADER = 33


def content_type(path: str) -> str:
    """Return the Content-Type of the picture at `path`, by its extension; a JPEG's by default."""
    return _form(path).content_type


@lru_cache(maxsize=KEPT)
def picture(path: str) -> bytes:
    """Return the picture that lives at `path`, in the format of its extension.

    The same path gives the same picture in every process, and no two paths give the same one.

    Parameters
    ----------
    path : str
        Any text; `.png`, `.gif`, `.webp` and `.bmp` at its end choose a format, all else is JPEG:
        progressive, in CMYK, in grey, with bytes after its end or without that end if the path
        begins with `/progressive/`, `/cmyk/`, `/grey/`, `/trailing/` or `/unended/`. A PNG has
        much or something damaged beside its pixels if it begins with `/large-text/`,
        `/large-profile/` or `/damaged-text/`.

    Returns
    -------
    bytes
        A file of about 500x375 pixels; as JPEG of some 60 to 110 KB.
    """
    seed = hashlib.sha256(path.encode("utf-8")).digest()
    size = _SIZES[seed[0] % len(_SIZES)]
    grain = _SMALLEST_GRAIN + (_LARGEST_GRAIN - _SMALLEST_GRAIN) * seed[1] / 255
    return _encoded(_grainy(drawn(path, seed, size), seed, grain), _form(path))


@lru_cache(maxsize=1)
def placeholder() -> bytes:
    """Return a picture, in PNG, that says that a picture is gone, as Flickr's does."""
    image = Image.new("RGB", (500, 374), "#f3f5f6")
    ImageDraw.Draw(image).text((150, 180), "This photo is no longer available", fill="#898989")
    return _encoded(image, _FORMS["png"])


@lru_cache(maxsize=1)
def unlisted_placeholder() -> bytes:
    """Return another such picture, in JPEG, that nobody has listed yet."""
    image = Image.new("RGB", (400, 300), "#204060")
    ImageDraw.Draw(image).text((120, 140), "Image removed by its owner", fill="#ffffff")
    return _encoded(image, _JPEG)


@lru_cache(maxsize=1)
def pixel() -> bytes:
    """Return a GIF of 1x1 pixel."""
    return _encoded(Image.new("RGB", (1, 1), "#ffffff"), _FORMS["gif"])


@lru_cache(maxsize=2)
def gigapixel(path: str) -> bytes:
    """Return a small PNG, or JPEG, by the extension, that would decode to a gigapixel."""
    form = _form(path)
    small = _encoded(Image.new("RGB", (16, 16), "#808080"), form)
    if form.pillow_name == "PNG":
        header = small[12:16] + struct.pack(">II", _HUGE, _HUGE) + small[24:29]
        return small[:12] + header + struct.pack(">I", zlib.crc32(header)) + small[33:]
    size = small.index(b"\xff\xc0") + 5  # after the frame's marker, length and precision
    return small[:size] + struct.pack(">HH", _HUGE, _HUGE) + small[size + 4 :]


def _form(path: str) -> _Form:
    form = _FORMS.get(path.rpartition(".")[2].lower())
    folder = path[1:].partition("/")[0]
    if form and folder in _BESIDE:
        return form._replace(beside=folder)
    return form or _JPEGS.get(folder, _JPEG)


@lru_cache(maxsize=len(_BESIDE))
def _chunk(beside: str) -> bytes:
    """Return a chunk of a PNG that has something beside the pixels, and that browsers pass over."""
    name, content, wrong = {
        "large-text": (b"zTXt", b"Comment\0\0" + zlib.compress(bytes(2**21)), 0),
        "large-profile": (b"iCCP", b"Camera\0\0" + zlib.compress(bytes(2**21)), 0),
        "damaged-text": (b"tEXt", b"Comment\0by hand", 1),
    }[beside]
    checksum = zlib.crc32(name + content) ^ wrong
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def _grainy(image: Image.Image, seed: bytes, grain: float) -> Image.Image:
    """Return an image with the grain of a film."""
    coarse, weight = _COARSE_GRAIN
    noise = Image.blend(_noise(seed, image.size, 1), _noise(seed, image.size, coarse), weight)
    return Image.blend(image, Image.merge("RGB", (noise, noise, noise)), grain)


def _noise(seed: bytes, size: tuple[int, int], pixels: int) -> Image.Image:
    """Return noise that is smooth over `pixels`."""
    width, height = (-(-side // pixels) for side in size)
    values = hashlib.shake_128(seed).digest(width * height)
    return Image.frombytes("L", (width, height), values).resize(size, Image.Resampling.BICUBIC)


def _encoded(image: Image.Image, form: _Form) -> bytes:
    if image.mode != form.mode:
        image = image.convert(form.mode)
    file = io.BytesIO()
    image.save(file, form.pillow_name, **form.options)
    data = file.getvalue()
    if form.beside:
        return data[:_AFTER_HEADER] + _chunk(form.beside) + data[_AFTER_HEADER:]
    return data[: len(data) - form.cut] + form.tail
