"""A picture turned as its camera says that it must be, whatever else stands in its EXIF."""

from __future__ import annotations

from PIL import Image

from . import tags

_ORIENTATION = 0x0112
_BEGIN = b"Exif\0\0"

_TURNS = {
    2: Image.Transpose.FLIP_LEFT_RIGHT,
    3: Image.Transpose.ROTATE_180,
    4: Image.Transpose.FLIP_TOP_BOTTOM,
    5: Image.Transpose.TRANSPOSE,
    6: Image.Transpose.ROTATE_270,
    7: Image.Transpose.TRANSVERSE,
    8: Image.Transpose.ROTATE_90,
}


def upright(image: Image.Image) -> Image.Image:
    """Return a picture as it is to be seen, without changing what its EXIF says.

    Pillow's own function reads all of the EXIF and writes it anew, and so fails where cameras have
    written it wrongly.
    """
    image.load()  # which turns some by itself
    turn = _TURNS.get(_orientation(image))
    return image if turn is None else image.transpose(turn)


def _orientation(image: Image.Image) -> int:
    exif = image.info.get("exif")
    if not isinstance(exif, bytes):
        return _orientation_of_tiff(image) if image.format == "TIFF" else 1
    found = tags.first(exif[len(_BEGIN) :] if exif.startswith(_BEGIN) else exif)
    tag = found.get(_ORIENTATION)
    return tag.value if tag and tag.values == 1 else 1


def _orientation_of_tiff(image: Image.Image) -> int:
    try:
        return int(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # a dozen kinds, on what cameras and editors have written
        return 1
