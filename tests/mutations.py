"""Pictures of every form, damaged in every way: the same for the same seed."""

from __future__ import annotations

import io
import random
from typing import Any, Callable, Iterator, NamedTuple

from ck_imagenet.images import png
from PIL import Image, ImageCms

Damage = Callable[[random.Random, bytearray], None]


class Mutant(NamedTuple):
    """A damaged picture."""

    form: str
    damage: str
    data: bytes


def originals(seed: int) -> dict[str, bytes]:
    """Return whole pictures of every form, small ones and larger ones."""
    chance = random.Random(seed)
    found = {}
    for name, (form, mode, options) in _forms().items():
        for longest in (60, 220):
            size = (chance.randint(16, longest), chance.randint(16, longest))
            file = io.BytesIO()
            _drawn(size).convert(mode).save(file, form, **options)
            found[f"{name}, {size[0]}x{size[1]}"] = file.getvalue()
    return found


def mutants(seed: int, count: int) -> Iterator[Mutant]:
    """Yield so many damaged pictures."""
    chance = random.Random(seed)
    whole = originals(seed)
    names = sorted(whole)
    for _ in range(count):
        name, damage = chance.choice(names), chance.choice(sorted(DAMAGES))
        data = bytearray(whole[name])
        if damage == "spliced":
            other = whole[chance.choice(names)]
            data[chance.randrange(len(data)) :] = other[chance.randrange(len(other)) :]
        else:
            DAMAGES[damage](chance, data)
        yield Mutant(name, damage, bytes(data))


def pillow_reads(data: bytes) -> bool:
    """Say whether Pillow decodes a picture of the forms that are kept.

    What stands beside a PNG's pixels is put aside before, if it would keep Pillow from them.
    """
    try:
        with Image.open(io.BytesIO(png.without_offending_chunks(data)), formats=_FORMATS) as image:
            image.load()
    except Exception:
        return False
    return True


_FORMATS = ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"]


def _forms() -> dict[str, tuple[str, str, dict[str, Any]]]:
    exif = Image.Exif()
    exif[0x0112], exif[0x010F], exif[0x011A], exif[0x0128] = 6, "Maker", 72.0, 2
    exif.get_ifd(0x8769)[0x9000] = b"0220"
    told = exif.tobytes()
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    return {
        "JPEG": ("JPEG", "RGB", {}),
        "JPEG, progressive": ("JPEG", "RGB", {"progressive": True}),
        "JPEG, grey": ("JPEG", "L", {}),
        "JPEG, CMYK": ("JPEG", "CMYK", {}),
        "JPEG, progressive CMYK": ("JPEG", "CMYK", {"progressive": True}),
        "JPEG, restarting": ("JPEG", "RGB", {"restart_marker_blocks": 2}),
        "JPEG, EXIF": ("JPEG", "RGB", {"exif": told}),
        "JPEG, profile": ("JPEG", "RGB", {"icc_profile": profile, "exif": told, "optimize": True}),
        "JPEG, not subsampled": ("JPEG", "RGB", {"subsampling": 0, "dpi": (72, 72)}),
        "PNG": ("PNG", "RGB", {}),
        "PNG, palette": ("PNG", "P", {}),
        "PNG, alpha": ("PNG", "RGBA", {"icc_profile": profile}),
        "GIF": ("GIF", "P", {}),
        "GIF, interlaced": ("GIF", "L", {"interlace": 1, "comment": b"by hand"}),
        "WebP": ("WEBP", "RGB", {"exif": told}),
        "WebP, lossless": ("WEBP", "RGBA", {"lossless": True}),
        "BMP": ("BMP", "RGB", {}),
        "BMP, palette": ("BMP", "P", {}),
    }


def _drawn(size: tuple[int, int]) -> Image.Image:
    ramp = Image.linear_gradient("L").resize(size)
    dots = Image.frombytes("L", size, _random_bytes(random.Random(str(size)), size[0] * size[1]))
    return Image.merge("RGB", [ramp, dots, ramp.transpose(Image.Transpose.FLIP_TOP_BOTTOM)])


def _random_bytes(chance: random.Random, count: int) -> bytes:
    return chance.getrandbits(8 * count).to_bytes(count, "big")


def _bit(chance: random.Random, data: bytearray) -> None:
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)


def _byte(chance: random.Random, data: bytearray) -> None:
    data[chance.randrange(len(data))] = chance.randrange(256)


def _bytes(chance: random.Random, data: bytearray) -> None:
    for _ in range(chance.randint(2, 20)):
        _byte(chance, data)


def _head(chance: random.Random, data: bytearray) -> None:
    end = data.find(b"\xff\xda") + 14 if data.startswith(b"\xff\xd8") else 120
    for _ in range(chance.randint(1, 4)):
        data[chance.randrange(min(end, len(data)))] = chance.choice((0, 1, 255, 17))


def _end(chance: random.Random, data: bytearray) -> None:
    del data[chance.randrange(len(data)) :]


def _middle(chance: random.Random, data: bytearray) -> None:
    begin = chance.randrange(len(data))
    del data[begin : begin + chance.randint(1, len(data) // 4)]


def _twice(chance: random.Random, data: bytearray) -> None:
    begin = chance.randrange(len(data))
    data[begin:begin] = data[begin : begin + chance.randint(1, 200)]


def _noise(chance: random.Random, data: bytearray) -> None:
    place = chance.randrange(len(data))
    data[place:place] = _random_bytes(chance, chance.randint(1, 30))


def _zeros(chance: random.Random, data: bytearray) -> None:
    begin = chance.randrange(len(data))
    end = min(len(data), begin + chance.randint(1, 64))
    data[begin:end] = bytes(end - begin)


def _marker(chance: random.Random, data: bytearray) -> None:
    place = chance.randrange(len(data) - 1)
    data[place : place + 2] = bytes([255, chance.randrange(256)])


def _nothing(chance: random.Random, data: bytearray) -> None:
    """Stand for what needs another picture."""


DAMAGES: dict[str, Damage] = {
    "a bit": _bit,
    "a byte": _byte,
    "bytes": _bytes,
    "bytes of the head": _head,
    "without its end": _end,
    "without a part": _middle,
    "with a part twice": _twice,
    "with noise": _noise,
    "with zeros": _zeros,
    "with a marker": _marker,
    "spliced": _nothing,
}
