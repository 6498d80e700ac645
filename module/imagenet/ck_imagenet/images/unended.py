"""A JPEG of which only the end is missing, two bytes behind its last pixel: browsers show it whole.

Some programs leave the end out, others cut a byte too many. Pillow refuses such a file as it does
half a picture. So where all pixels are there, the end is put behind them before it sees the bytes.
"""

from __future__ import annotations

import hashlib
import io

from PIL import Image

from . import jpeg

END = b"\xff\xd9"

_GOING_ON = [
    b"",
    *(hashlib.sha512(bytes([number])).digest().replace(b"\xff", b"") for number in range(16)),
]
"""What could come before the end: where a pixel is missing, these make different ones of it."""

_MOST_PIXELS = 2**22
"""They are decoded so often, so not more."""


def readable(data: bytes) -> bytes:
    """Return a JPEG with its end if nothing else is missing; other bytes as they are.

    Returns
    -------
    bytes
        The same object if nothing is put behind it.
    """
    if not data.startswith(b"\xff\xd8\xff") or data.endswith(END):
        return data
    walked = jpeg.walk(data)
    if not walked.lacks_end or walked.width * walked.height > _MOST_PIXELS:
        return data
    begun = data.rstrip(b"\xff")  # half of the end
    return begun + END if _is_whole(begun) else data


def _is_whole(begun: bytes) -> bool:
    """Say whether a JPEG has all pixels: then nothing that comes behind them changes one."""
    seen = set()
    for more in _GOING_ON:
        try:
            with Image.open(io.BytesIO(begun + more + END), formats=["JPEG"]) as image:
                seen.add(image.tobytes())
        except Exception:  # of a dozen kinds: whoever decodes it as it is has a name for it
            return False
        if len(seen) > 1:
            return False
    return True
