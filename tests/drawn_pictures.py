"""Small pictures of every kind in which what a file holds is not what is seen."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any, Callable, Iterable, Sequence

from PIL import Image, ImageCms

WIDTH, HEIGHT = 48, 32

PHOTO = Image.frombytes(
    "RGB",
    (WIDTH, HEIGHT),
    bytes(
        value % 256
        for y in range(HEIGHT)
        for x in range(WIDTH)
        for value in (5 * x, 7 * y, 3 * x + 4 * y)
    ),
)
"""Its corners all differ, and so do its colours."""

GREY = PHOTO.convert("L")
SLOPE = [round(255 * x / 7) for x in range(8)]
"""The greys of a row of the smallest pictures here."""


GAMMA = (b"gAMA", struct.pack(">I", 60_000))
LIGHTS = (b"cHRM", struct.pack(">8I", 31270, 32900, 64000, 33000, 21000, 71000, 15000, 6000))
"""Chunks of a PNG: its green is that of AdobeRGB."""


def saved(image: Image.Image, form: str, **options: Any) -> bytes:
    """Return the file of a picture.

    Parameters
    ----------
    image : PIL.Image.Image
        The picture.
    form : str
        Its format, as Pillow calls it.
    **options : Any
        What Pillow is told beside that.
    """
    file = io.BytesIO()
    image.save(file, form, **options)
    return file.getvalue()


def png(depth: int, colours: int, row: bytes, chunks: Iterable[tuple[bytes, bytes]] = ()) -> bytes:
    """Return a PNG of eight by eight pixels, whose rows are all the same.

    Parameters
    ----------
    depth : int
        Bits of a sample.
    colours : int
        The type of its colours, as PNG counts them.
    row : bytes
        The samples of a row.
    chunks : iterable of pairs of bytes
        Name and content of what stands before the pixels.
    """
    header = struct.pack(">IIBBBBB", 8, 8, depth, colours, 0, 0, 0)
    pixels = zlib.compress(8 * (b"\0" + row))
    every = [(b"IHDR", header), *chunks, (b"IDAT", pixels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*each) for each in every)


def _chunk(name: bytes, content: bytes) -> bytes:
    checksum = zlib.crc32(content, zlib.crc32(name))
    return struct.pack(">I", len(content)) + name + content + struct.pack(">I", checksum)


def sixteen(values: Iterable[int]) -> bytes:
    """Return samples of 16 bits, as PNG has them."""
    return b"".join(struct.pack(">H", value) for value in values)


def exchanged_profile() -> bytes:
    """Return the colour profile of a screen on which red is blue, and blue is red."""
    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes())
    (count,) = struct.unpack_from(">I", profile, 128)
    places = {bytes(profile[at : at + 4]): at for at in range(132, 132 + 12 * count, 12)}
    red, blue = places[b"rXYZ"], places[b"bXYZ"]
    profile[red : red + 4], profile[blue : blue + 4] = b"bXYZ", b"rXYZ"
    return bytes(profile)


def told(*tags: tuple[int, int, int, int]) -> bytes:
    """Return EXIF of these tags: number, type, how many values, and the value or its place."""
    entries = b"".join(struct.pack("<HHII", *tag) for tag in tags)
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4)


def turned(orientation: int) -> bytes:
    """Return EXIF that says so, beside a tag of a wrong type and one longer than the file."""
    tags = [
        (0x010F, 9, 65_535, 0xFFFF),
        (0x0112, 3, 1, orientation),
        (0x011A, 2, 1, 0xFFFFFFFF),
    ]
    return b"Exif\0\0" + told(*tags)


def with_small_frame() -> bytes:
    """Return a GIF whose first frame fills its upper left quarter."""
    data = bytearray(saved(Image.new("P", (6, 6), 1), "GIF"))
    data[6:10] = struct.pack("<HH", 12, 12)
    return bytes(data)


def every_kind() -> dict[str, bytes]:
    """Return a file of each kind that browsers show, by its name."""
    profile = exchanged_profile()
    exact = {"quality": 98, "subsampling": 0}
    clear = Image.merge("RGBA", (*PHOTO.split(), GREY))
    palette, hazy = PHOTO.quantize(16), bytes(range(0, 256, 16))
    kinds: dict[str, Callable[[], bytes]] = {
        "16-bit grey.png": lambda: png(16, 0, sixteen(257 * grey for grey in SLOPE)),
        "dark 16-bit grey.png": lambda: png(16, 0, sixteen(range(0, 8 * 36, 36))),
        "16-bit colours.png": lambda: png(16, 2, sixteen(300 * x for x in range(24))),
        "16-bit grey, transparent.png": lambda: png(16, 4, sixteen(4000 * x for x in range(16))),
        "16-bit colours, transparent.png": lambda: png(16, 6, sixteen(2000 * x for x in range(32))),
        "transparency.png": lambda: saved(clear, "PNG"),
        "transparency.webp": lambda: saved(clear, "WEBP", lossless=True, exact=True),
        "grey transparency.png": lambda: saved(Image.merge("LA", (GREY, GREY)), "PNG"),
        "palette, transparent.png": lambda: saved(palette, "PNG", transparency=hazy),
        "palette, transparent.gif": lambda: saved(palette, "GIF", transparency=3),
        "small frame.gif": with_small_frame,
        "inks.jpg": lambda: saved(PHOTO.convert("CMYK"), "JPEG", quality=98),
        "profile.jpg": lambda: saved(PHOTO, "JPEG", icc_profile=profile, **exact),
        "profile.png": lambda: saved(PHOTO, "PNG", icc_profile=profile),
        "profile.webp": lambda: saved(PHOTO, "WEBP", lossless=True, icc_profile=profile),
        "profile, transparent.png": lambda: saved(clear, "PNG", icc_profile=profile),
        "profile, palette.png": lambda: saved(palette, "PNG", icc_profile=profile),
        "profile of colours, grey.jpg": lambda: saved(
            GREY, "JPEG", quality=98, icc_profile=profile
        ),
        "broken profile.png": lambda: saved(PHOTO, "PNG", icc_profile=profile[:300]),
        "gamma.png": lambda: png(8, 0, bytes(SLOPE), [(b"gAMA", struct.pack(">I", 100_000))]),
        "gamma and lights.png": lambda: png(
            8,
            2,
            bytes(v for x in range(8) for v in (50 + 20 * x, 200 - 15 * x, 90)),
            [GAMMA, LIGHTS],
        ),
        "gamma, lights, grey.png": lambda: png(8, 0, bytes(SLOPE), [GAMMA, LIGHTS]),
        "gamma, no lights.png": lambda: png(8, 0, bytes(SLOPE), [GAMMA, (b"cHRM", bytes(32))]),
        "gamma, transparent.png": lambda: png(8, 6, bytes(range(0, 256, 8)), [GAMMA, LIGHTS]),
        "gamma and space.png": lambda: png(
            8, 0, bytes(SLOPE), [(b"gAMA", struct.pack(">I", 100_000)), (b"sRGB", b"\0")]
        ),
    }
    for depth, row, colour in (
        (1, b"\x55", [1]),
        (2, b"\x1b\x1b", [1]),
        (4, b"\x02\x46\x8a\xcf", [4]),
        (8, bytes(SLOPE), [SLOPE[2]]),
        (16, sixteen(257 * grey for grey in SLOPE), [257 * SLOPE[3]]),
    ):
        kinds[f"one colour of {depth} bits is transparent.png"] = _with_clear(depth, 0, row, colour)
    colours = [value for x in range(8) for value in (8_000 * x, 2_570, 5_140)]
    kinds["one colour of three is transparent.png"] = _with_clear(
        8, 2, bytes(value >> 8 for value in colours), [62, 10, 20]
    )
    kinds["one colour of three of 16 bits is transparent.png"] = _with_clear(
        16, 2, sixteen(colours), colours[6:9]
    )
    for number in range(1, 9):
        exif = turned(number)
        kinds[f"orientation {number}.jpg"] = lambda exif=exif: saved(  # type: ignore[misc]
            PHOTO, "JPEG", exif=exif, **exact
        )
        kinds[f"orientation {number}.png"] = lambda exif=exif: png_with(b"eXIf", exif[6:])  # type: ignore[misc]
    return {name: make() for name, make in kinds.items()}


def _with_clear(depth: int, colours: int, row: bytes, clear: Sequence[int]) -> Callable[[], bytes]:
    return lambda: png(depth, colours, row, [(b"tRNS", sixteen(clear))])


def png_with(name: bytes, content: bytes) -> bytes:
    """Return the photograph as a PNG with one more chunk.

    Parameters
    ----------
    name : bytes
        What the chunk is called.
    content : bytes
        What is in it.
    """
    data = saved(PHOTO, "PNG")
    at = data.index(b"IDAT") - 4
    return data[:at] + _chunk(name, content) + data[at:]
