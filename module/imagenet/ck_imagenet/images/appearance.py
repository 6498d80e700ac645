"""What a picture looks like: upright, opaque on white, in eight bits of sRGB.

Files hold more than screens show: greys of 16 or 32 bits, transparency, inks instead of lights,
colours of another space, and how the camera was held. Chromium is the measure of what is seen.
"""

from __future__ import annotations

import io
import math
import struct
from functools import lru_cache, reduce
from itertools import product
from typing import Callable, Iterable, Iterator, Sequence, Union

from PIL import Image, ImageChops, ImageCms

from . import png

_WHITE, _OPAQUE = 255, 255


def shown(
    image: Image.Image, resize: Callable[[Image.Image], Image.Image] | None = None
) -> Image.Image:
    """Return a picture as it is seen, in three colours.

    Parameters
    ----------
    image : PIL.Image.Image
        The open picture, whose pixels need not be decoded yet.
    resize : callable, optional
        What makes it smaller, or cuts it the same on opposite sides: before it is turned, and
        before its colours become those of sRGB, since less is to be done then.

    Raises
    ------
    Exception
        A dozen kinds, as Pillow has them, if it cannot be decoded.
    """
    transparent = _transparent_colour(image)  # which Pillow forgets when it decodes
    white = _lightest_grey(image)
    frame = _frame(image)
    image.load()  # which turns some by itself
    flat, profile = _on_white(image, transparent, white)
    if frame:
        framed = Image.new(flat.mode, flat.size, "white")
        framed.paste(flat.crop(frame), frame)
        flat = framed
    seen = resize(flat) if resize else flat
    return _turned(_in_srgb(seen, profile), image)


def scaled(image: Image.Image, scale: float, whole: tuple[int, int] | None = None) -> Image.Image:
    """Return a picture in another size.

    Parameters
    ----------
    image : PIL.Image.Image
        The picture, maybe decoded smaller than it is.
    scale : float
        How much larger it becomes than it is.
    whole : tuple of two int, optional
        The width and the height that it has, in pixels, if it was decoded smaller.
    """
    width, height = (max(1, round(length * scale)) for length in whole or image.size)
    if image.size == (width, height):
        return image
    return image.resize((width, height), Image.Resampling.BICUBIC)


# Upright: the orientation is read alone. Pillow's own function reads all of the EXIF and writes it
# anew, and so fails where cameras have written it wrongly.

_ORIENTATION = 0x0112
_EXIF_BEGIN = b"Exif\0\0"

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def lies_on_its_side(image: Image.Image) -> bool:
    """Say whether a picture is seen as wide as it is high, once it has been decoded."""
    return orientation(image) >= 5


def stops_others(image: Image.Image) -> bool:
    """Say whether Pillow's own function, by which others turn it, fails on its EXIF."""
    try:
        told = image.getexif()
        if told.pop(_ORIENTATION, None) in _TURNS:
            told.tobytes()
    except Exception:  # a dozen kinds, on what cameras and editors have written
        return True
    return False


def _turned(seen: Image.Image, image: Image.Image) -> Image.Image:
    """Return what is seen of a picture, turned as its camera says."""
    turn = _TURNS.get(orientation(image))
    return seen if turn is None else seen.transpose(turn)


def orientation(image: Image.Image) -> int:
    """Return how EXIF wants a picture turned, as it counts that: 1 is not at all."""
    exif = image.info.get("exif")
    if not isinstance(exif, bytes):
        return _orientation_of_tiff(image) if image.format == "TIFF" else 1
    found = png.first_directory(exif[len(_EXIF_BEGIN) :] if exif.startswith(_EXIF_BEGIN) else exif)
    tag = found.get(_ORIENTATION)
    return tag.value if tag and tag.values == 1 else 1


def _orientation_of_tiff(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # a dozen kinds, on what cameras and editors have written
        return 1


# Opaque, in eight bits.

_BITS_PER_SAMPLE, _PHOTOMETRIC, _WHITE_IS_ZERO = 0x0102, 0x0106, 0
_LAST_OF_16 = 0xFFFF
_USUAL_WHITES = (1, _WHITE, _LAST_OF_16)
"""What stands for white where the file does not say it: of fractions, and of 8 and 16 bits."""

_WITH_ALPHA = {"PA": "RGBA", "RGBA": "RGBA", "RGBa": "RGBA", "LA": "LA", "La": "LA"}
"""Modes of pictures with transparency, and what they become before it is laid on white."""

_OPAQUE_MODES = {"1": "L", "L": "L", "LA": "L", "CMYK": "CMYK"}
"""What modes become that do not become RGB."""

Colour = Union[int, Sequence[int]]


def _on_white(
    image: Image.Image, transparent: Colour | None, white: int
) -> tuple[Image.Image, bytes]:
    """Return a decoded picture without transparency, with eight bits of grey, three lights or inks.

    With it comes the profile of its colours. If some are transparent, they have become those of
    sRGB before.

    Parameters
    ----------
    image : PIL.Image.Image
        The picture, whose own pixels may be painted over.
    transparent : int or sequence of int or None
        The one colour that is transparent, if there is one, as the pixels have it.
    white : int
        What stands for white in a picture of 16 bits; 0 if it is black there.
    """
    hidden: Image.Image | None = None
    if image.mode in _WITH_ALPHA or (image.mode == "P" and "transparency" in image.info):
        flat, hidden = _with_alpha(image)
    elif image.mode.startswith("I;16") or (image.mode == "I" and image.format == "PNG"):
        flat = image.convert("I")
        if transparent is not None:
            hidden = flat.point(_only(transparent), "L")
        flat = flat.point(_table(0, white) if white else _table(_LAST_OF_16, 0), "L")
    else:
        flat = _in_eight_bits(image, white)
        if transparent is not None:
            hidden = _of_colour(flat, transparent)
    flat, profile = _converted(flat, _OPAQUE_MODES.get(flat.mode, "RGB")), _profile_of(image)
    if not hidden:
        return flat, profile
    flat = _in_srgb(flat, profile)
    flat.paste("white", mask=hidden)
    return flat, b""


def _converted(image: Image.Image, mode: str) -> Image.Image:
    """Return a picture in a mode, the same if it has it: a copy takes memory."""
    return image if image.mode == mode else image.convert(mode)


def _in_eight_bits(image: Image.Image, white: int) -> Image.Image:
    if image.mode in ("I", "F"):
        return _scaled(image, is_inverted=not white)
    if image.mode == "LAB":
        return ImageCms.ImageCmsTransform(_LAB, _SRGB, "LAB", "RGB").apply(image)
    return _converted(image, _OPAQUE_MODES.get(image.mode, "RGB"))


def _with_alpha(image: Image.Image) -> tuple[Image.Image, Image.Image]:
    """Return a picture in a mode that has transparency, and a mask of how much it hides."""
    flat = _converted(image, _WITH_ALPHA.get(image.mode, "RGBA"))
    return flat, ImageChops.invert(flat.getchannel("A"))


def _transparent_colour(image: Image.Image) -> Colour | None:
    """Return the one colour of a PNG that is transparent, as it is after decoding, if there is one.

    Files tell it in their own depth, and Pillow leaves it so where it widens or narrows the pixels.
    """
    told = image.info.get("transparency")
    if image.format != "PNG" or isinstance(told, bytes) or image.mode == "P" or told is None:
        return None
    tiles = getattr(image, "tile", ())
    form = str(tiles[0][3]) if tiles else ""
    if form.endswith((";2", ";4")):
        return int(told) * {"2": 0x55, "4": 0x11}[form[-1]]
    if form == "RGB;16B":
        return [value >> 8 for value in told]
    return told if isinstance(told, (int, tuple)) else None


def fills_frame(image: Image.Image) -> bool:
    """Say whether the first frame of a picture fills all of it."""
    return _frame(image) is None


def _frame(image: Image.Image) -> tuple[int, int, int, int] | None:
    """Return what the first frame of a GIF fills, if it is less than all: the rest is transparent.

    Pillow gives it the first colour of the palette.
    """
    tiles = getattr(image, "tile", ())
    if image.format != "GIF" or not tiles or tiles[0][1] == (0, 0, *image.size):
        return None
    return tiles[0][1]  # type: ignore[no-any-return]


def _of_colour(image: Image.Image, colour: Colour) -> Image.Image:
    """Return a mask of the pixels of one colour."""
    values = [colour] if isinstance(colour, int) else colour
    matches = (
        band.point([_OPAQUE * (each == value) for each in range(256)])
        for band, value in zip(image.split(), values)
    )
    return reduce(ImageChops.darker, matches)


def _lightest_grey(image: Image.Image) -> int:
    """Return what stands for white in greys of 16 bits; 0 if it is black there."""
    tags = getattr(image, "tag_v2", None)
    if image.format != "TIFF" or tags is None:
        return _LAST_OF_16
    bits = tags.get(_BITS_PER_SAMPLE, (16,))
    is_inverted = tags.get(_PHOTOMETRIC) == _WHITE_IS_ZERO
    return 0 if is_inverted else (1 << min(bits[0], 16)) - 1


@lru_cache(maxsize=4)
def _table(black: int, white: int) -> list[int]:
    """Return the eight bits of each grey of 16."""
    scale = _WHITE / (white - black)
    return [min(max(round((value - black) * scale), 0), _WHITE) for value in range(_LAST_OF_16 + 1)]


def _only(colour: Colour) -> list[int]:
    return [_OPAQUE * (value == colour) for value in range(_LAST_OF_16 + 1)]


def _scaled(image: Image.Image, is_inverted: bool) -> Image.Image:
    """Return whole numbers or fractions as greys: no standard says what their white is.

    It is the usual one in whose range they are, or else the lightest.
    """
    darkest, lightest = image.getextrema()
    black, white = float(darkest), float(lightest)  # type: ignore[arg-type]
    if not math.isfinite(black) or not math.isfinite(white):
        black, white = 0.0, 1.0
    elif black >= 0:
        usual = _USUAL_WHITES[image.mode != "F" :]
        black, white = next(((0.0, float(each)) for each in usual if white <= each), (black, white))
    if is_inverted:
        black, white = white, black
    scale = _WHITE / (white - black or 1)
    offset = 0.5 - black * scale
    return image.convert("F").point(lambda value: value * scale + offset).convert("L")


# In sRGB.

_GAMMA_OF_SRGB = 1 / 2.2
_UNSEEN_OF_GAMMA = 0.05
"""How much a gamma may differ, as a part of it: so browsers have it, and libpng."""

_PRIMARIES_OF_SRGB = (0.3127, 0.3290, 0.64, 0.33, 0.30, 0.60, 0.15, 0.06)
"""Where white, red, green and blue are, as PNGs tell it: two numbers of each."""

_DAYLIGHT = (0.96422, 1.0, 0.82521)
"""The white of profiles."""

_CONES = ((0.8951, 0.2664, -0.1614), (-0.7502, 1.7135, 0.0367), (0.0389, -0.0685, 1.0296))
_OF_CONES = (
    (0.9869929, -0.1470543, 0.1599627),
    (0.4323053, 0.5183603, 0.0492912),
    (-0.0085287, 0.0400428, 0.9684867),
)
"""What the eye gets of a colour, as Bradford has it, and the way back."""


def _profile_of(image: Image.Image) -> bytes:
    """Return the colour profile of a picture, or what the gamma of a PNG means; else nothing."""
    own, gamma = image.info.get("icc_profile"), image.info.get("gamma")
    if isinstance(own, bytes):
        return own
    if image.format != "PNG" or "srgb" in image.info or not isinstance(gamma, float) or gamma <= 0:
        return b""
    told = image.info.get("chromaticity")
    if not told and abs(gamma / _GAMMA_OF_SRGB - 1) <= _UNSEEN_OF_GAMMA:
        return b""
    return _profile(gamma, told or _PRIMARIES_OF_SRGB)


@lru_cache(maxsize=8)
def _profile(gamma: float, primaries: tuple[float, ...]) -> bytes:
    """Return the profile of a gamma and of three lights, nothing if there can be no such lights."""
    exponent = min(max(1 / gamma, 1 / _WHITE), _WHITE)
    contents = {f"{name}TRC": struct.pack(">HHi", 0, 0, round(exponent * 2**16)) for name in "rgb"}
    try:
        for name, light in zip("rgb", _lights(primaries[:8])):
            contents[f"{name}XYZ"] = struct.pack(">iii", *(round(each * 2**16) for each in light))
    except (ArithmeticError, struct.error):
        return b""
    profile = bytearray(_SRGB.tobytes())
    for at in range(132, 132 + 12 * int.from_bytes(profile[128:132], "big"), 12):
        tag, begin = struct.unpack_from(">4sI", profile, at)
        content = contents.get(tag.decode("latin-1"), b"")
        profile[begin + 8 : begin + 8 + len(content)] = content
    return bytes(profile)


def _lights(primaries: Sequence[float]) -> Iterator[Sequence[float]]:
    """Yield red, green and blue as profiles have them: such that their white is that of daylight.

    Raises
    ------
    ArithmeticError
        If they make no white together.
    """
    places = zip(primaries[::2], primaries[1::2])
    white, *lights = (_times(_CONES, (x / y, 1.0, (1 - x - y) / y)) for x, y in places)
    red, green, blue = lights
    opposite = (_cross(green, blue), _cross(blue, red), _cross(red, green))
    shares = _times(opposite, white)
    if min(*shares, *white) * _times(opposite, red)[0] <= 0:
        raise ArithmeticError
    for light, share in zip(lights, shares):
        part = share / _times(opposite, red)[0]
        daylight = zip(light, _times(_CONES, _DAYLIGHT), white)
        yield _times(_OF_CONES, [part * each * wanted / had for each, wanted, had in daylight])


def _times(rows: Iterable[Sequence[float]], vector: Sequence[float]) -> list[float]:
    return [sum(one * other for one, other in zip(row, vector)) for row in rows]


def _cross(one: Sequence[float], other: Sequence[float]) -> list[float]:
    return [one[i - 2] * other[i - 1] - one[i - 1] * other[i - 2] for i in range(3)]


_LARGEST_PROFILE = 4 * 2**20
"""Bytes; those of printers, with the most tables, have some two million."""

_ENDLESS = b"mpet"
"""Elements that a profile can chain without end."""

_SPACES = {"L": b"GRAY", "RGB": b"RGB ", "CMYK": b"CMYK"}
_PROBE_STEP = 51
_UNSEEN = 3
"""How much a colour may differ, of 255, before it is said to be another."""

_SRGB = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB"))
_LAB = ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB"))


def _in_srgb(image: Image.Image, profile: bytes) -> Image.Image:
    """Return a picture of grey, lights or inks in sRGB; a profile that is broken says nothing."""
    space = profile[16:20]
    if space == _SPACES["RGB"] and image.mode == "L":
        image = image.convert("RGB")
    if space == _SPACES.get(image.mode) and len(profile) <= _LARGEST_PROFILE:
        transform = _transform(profile, image.mode)
        if transform:
            image = transform.apply(image)
    return _converted(image, "RGB")


@lru_cache(maxsize=8)
def _transform(profile: bytes, mode: str) -> ImageCms.ImageCmsTransform | None:
    """Return what makes sRGB of a profile's colours; None if it is broken, or changes nothing."""
    if _ENDLESS in profile:
        return None
    try:
        source = ImageCms.ImageCmsProfile(io.BytesIO(profile))
        transform = ImageCms.ImageCmsTransform(source, _SRGB, mode, "RGB")
        probe = _probe(mode)
        changes = ImageChops.difference(transform.apply(probe), probe.convert("RGB")).getextrema()
    except Exception:  # of several kinds, on what programs have written
        return None
    return transform if max(most for _, most in changes) > _UNSEEN else None  # type: ignore


def _probe(mode: str) -> Image.Image:
    """Return a picture of colours from all over a space."""
    steps = range(0, _WHITE + 1, _PROBE_STEP)
    colours = bytes(each for colour in product(steps, repeat=len(mode)) for each in colour)
    return Image.frombytes(mode, (len(colours) // len(mode), 1), colours)
