"""What decoding costs is known before: no small file keeps a command busy, whatever its format."""

from __future__ import annotations

import io
import random
import signal
import struct
import threading
import time
import zlib
from pathlib import Path
from typing import Callable

import pytest
from ck_imagenet.core.outcomes import Failed, Outcome
from ck_imagenet.core.text import Progress
from ck_imagenet.gallery.thumbnails import thumbnails
from ck_imagenet.images import decoding, judging
from ck_imagenet.images.decoding import MOST_BYTES, MOST_SCANS
from ck_imagenet.images.rendering import Rendering
from PIL import Image
from raw_jpeg import many_scans, segment

pytestmark = pytest.mark.filterwarnings("ignore")

LONGEST = 2.0
"""Seconds for one file, on a machine that has other things to do."""


def chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def png(before: bytes = b"", after: bytes = b"") -> bytes:
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 20, 20, 8, 2, 0, 0, 0))
    pixels = chunk(b"IDAT", zlib.compress(bytes(20 * 61)))
    return b"\x89PNG\r\n\x1a\n" + header + before + pixels + after + chunk(b"IEND", b"")


def gif(extensions: bytes) -> bytes:
    file = io.BytesIO()
    Image.new("L", (20, 20)).save(file, "GIF")
    data = file.getvalue()
    frame = data.index(b"\x2c\0\0\0\0")
    return data[:frame] + extensions + data[frame:]


def tiff(tags: list[tuple[int, int, int, int]], more: bytes = b"") -> bytes:
    entries = b"".join(struct.pack("<HHII", *tag) for tag in sorted(tags))
    return b"II*\0" + struct.pack("<IH", 8, len(tags)) + entries + bytes(4) + more


def packed_bmp(width: int, height: int, data: bytes) -> bytes:
    size = 54 + 1024
    head = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 8, 1, len(data), 0, 0, 256, 0)
    return b"BM" + struct.pack("<IHHI", size + len(data), 0, 0, size) + head + bytes(1024) + data


def jpeg(told: bytes) -> bytes:
    file = io.BytesIO()
    Image.new("L", (20, 20)).save(file, "JPEG")
    return b"\xff\xd8" + told + file.getvalue()[2:]


def repeating_tags(count: int) -> bytes:
    """Return a TIFF whose tags all say the same megabyte."""
    return tiff([(10_000 + tag, 7, 2**20, 12 * count) for tag in range(count)], bytes(2**20))


GREY = [(256, 4, 1, 20), (257, 4, 1, 20), (258, 3, 1, 8), (259, 3, 1, 1), (262, 3, 1, 1)]
PACKED = b"k\0\0" + zlib.compress(bytes(900_000), 9)

TOO_MUCH: dict[str, Callable[[], bytes]] = {
    "a JPEG of many large scans": lambda: many_scans(9_999, 9_999, 50),
    "a JPEG of many small scans": lambda: many_scans(16, 16, 100_000),
    "the same after a fill byte": lambda: b"\xff\xd8\xff" + many_scans(16, 16, 100_000)[2:],
    "a JPEG of nothing but segments": lambda: jpeg(b"\xff\xe0\0\2" * 7_000_000),
    "a JPEG that begins with fill bytes": lambda: (
        b"\xff\xd8" + b"\xff" * 30_000_000 + jpeg(b"")[2:]
    ),
    "a JPEG that begins with other bytes": lambda: b"\xff\xd8\xff\xe0\0\2" + bytes(30_000_000),
    "a JPEG of much EXIF": lambda: jpeg(segment(0xE1, b"Exif\0\0" + bytes(65_000)) * 400),
    "a JPEG with EXIF that repeats itself": lambda: jpeg(
        segment(0xE1, b"Exif\0\0" + tiff([(n, 7, 64_000, 8) for n in range(1, 30_001)])[:65_000])
    ),
    "a PNG of empty chunks": lambda: png(chunk(b"IDAT", b"") * 2_000_000),
    "a PNG of unknown chunks": lambda: png(after=chunk(b"abCd", b"") * 2_000_000),
    "a GIF of comments": lambda: gif(b"!\xfe\1x\0" * 5_000_000),
    "a GIF of one comment": lambda: gif(b"!\xfe" + (b"\xff" + b"x" * 255) * 100_000 + b"\0"),
    "a TIFF whose tags repeat themselves": lambda: repeating_tags(200),
    "a large TIFF of many tags": lambda: (
        b"II+\0\x08\0\0\0" + struct.pack("<QQ", 16, 1_500_000) + bytes(20) * 1_500_000
    ),
    "a TIFF of many tiles": lambda: tiff(
        [
            *GREY,
            (277, 3, 1, 1),
            (322, 4, 1, 1),
            (323, 4, 1, 1),
            (324, 4, 1000000, 300),
            (325, 4, 1000000, 300),
        ],
        bytes(4_100_000),
    ),
    "a TIFF of one huge tile": lambda: tiff(
        [*GREY, (277, 3, 1, 1), (322, 4, 1, 50_000), (323, 4, 1, 50_000), (324, 4, 1, 8)]
    ),
    "a TIFF of JPEGs of many scans": lambda: tiff(
        [tag if tag[0] != 259 else (259, 3, 1, 7) for tag in GREY], b"\xff\xda" * 1_000
    ),
    "a packed BMP": lambda: packed_bmp(9_000, 9_000, b"\1\1\0\0" * 9_000),
    "a packed BMP that gets nowhere": lambda: packed_bmp(20, 20, b"\0\0" * 16_000_000),
    "more bytes than any picture has": lambda: jpeg(b"") + bytes(MOST_BYTES),
}


@pytest.mark.parametrize("make", TOO_MUCH.values(), ids=TOO_MUCH)
def test_what_would_take_long_is_refused_at_once(make: Callable[[], bytes], tmp_path: Path) -> None:
    data = make()
    begin = time.process_time()
    for look in (judging.judge, judging.decode):
        with pytest.raises(Failed) as failed:
            look(data)
        assert failed.value.outcome is Outcome.TOO_LARGE
    path = tmp_path / "1.jpg"
    path.write_bytes(data)
    with pytest.raises(Failed):
        Rendering(64).data(path)
    (made,) = thumbnails(tmp_path, {1: path}, Progress(), "").values()
    assert not made.webp
    assert time.process_time() - begin < LONGEST


MUCH_AND_RIGHT: dict[str, Callable[[], bytes]] = {
    "a JPEG of as many scans as there may be": lambda: many_scans(99, 99, MOST_SCANS - 1),
    "a JPEG of many segments": lambda: jpeg(segment(0xE7, bytes(2_000)) * 9_000),
    "a PNG of many chunks": lambda: png(chunk(b"IDAT", b"") * 50_000),
    "a PNG of much after its pixels": lambda: png(after=chunk(b"tEXt", b"k\0v") * 50_000),
    "a PNG of profiles": lambda: png(chunk(b"iCCP", PACKED) * 10_000),
    "a PNG of texts": lambda: png(after=chunk(b"zTXt", PACKED) * 10_000),
    "a PNG with EXIF that repeats itself": lambda: png(chunk(b"eXIf", repeating_tags(200))),
    "a PNG of endless EXIF in a text": lambda: png(
        chunk(b"tEXt", b"exif\0Exif\0\0" + repeating_tags(200))
    ),
    "a PNG of endless animation": lambda: png(after=chunk(b"fcTL", b"") * 50_000),
    "a GIF of a long comment": lambda: gif(b"!\xfe" + (b"\xff" + b"x" * 255) * 4_000 + b"\0"),
    "a GIF of many frames": lambda: _repeated("GIF", b"\x2c\0\0\0\0", -1, 200_000),
    "a PNG of many frames": lambda: _repeated("PNG", b"IEND", -12, 20_000),
    "a WebP of many frames": lambda: _repeated("WEBP", b"ANMF", None, 50_000),
    "a TIFF with EXIF": lambda: _tiff_with_exif(),
    "a TIFF of directories that overlap": lambda: tiff(
        [*GREY, (273, 4, 1, 0), (0x8769, 4, 1, 200)],
        struct.pack("<HHII", 0x8769, 4, 1, 212) * 9_000,
    ),
    "a TIFF of many pages": lambda: _tiff_of_pages(),
    "a small packed BMP": lambda: packed_bmp(300, 300, b"\xff\1\x2d\2\0\0" * 300),
}


def _repeated(form: str, begin: bytes, end: int | None, count: int) -> bytes:
    """Return a moving picture whose last frame comes again and again."""
    file = io.BytesIO()
    frames = [Image.new("RGB", (20, 20), (n, 0, 0)) for n in (1, 200)]
    frames[0].save(file, form, save_all=True, append_images=frames[1:])
    data = file.getvalue()
    if form == "PNG":  # Pillow reads no further than where the second frame begins
        return data[:end] + chunk(b"fdAT", bytes(9)) * count + data[end:]
    last = data.rindex(begin)
    body = data[:last] + data[last:end] * count + (data[end:] if end else b"")
    return body[:4] + struct.pack("<I", len(body) - 8) + body[8:] if form == "WEBP" else body


def _tiff_with_exif() -> bytes:
    file, exif = io.BytesIO(), Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"x" * 10_000
    Image.new("L", (20, 20)).save(file, "TIFF", exif=exif)
    return file.getvalue()


def _tiff_of_pages() -> bytes:
    file = io.BytesIO()
    page = Image.new("L", (20, 20))
    page.save(file, "TIFF", save_all=True, append_images=[page] * 500)
    return file.getvalue()


@pytest.mark.parametrize("make", MUCH_AND_RIGHT.values(), ids=MUCH_AND_RIGHT)
def test_what_is_only_unusual_is_decoded(make: Callable[[], bytes]) -> None:
    data = make()
    begin = time.process_time()
    judging.judge(data)
    judging.decode(data)
    assert time.process_time() - begin < LONGEST


def test_any_bytes_have_a_number_of_passes_or_are_too_large() -> None:
    chance = random.Random(7)
    for _ in range(3_000):
        head = chance.choice([b"II*\0", b"MM\0*", b"II+\0", b"BM", b"GIF89a", b"\xff\xd8\xff\xe1"])
        data = head + bytes(chance.choices([0, 1, 2, 8, 255, chance.randrange(256)], k=120))
        try:
            assert decoding.passes(data) >= 1
        except Failed as failed:
            assert failed.outcome is Outcome.TOO_LARGE


def test_who_waits_for_a_large_picture_can_be_interrupted(monkeypatch: pytest.MonkeyPatch) -> None:
    """As Ctrl-C does it: here the one that waits, and not the one that decodes."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    free = threading.Event()
    before = signal.signal(signal.SIGALRM, interrupted)
    try:
        signal.setitimer(signal.ITIMER_REAL, 0.3)
        begin = time.monotonic()
        with pytest.raises(KeyboardInterrupt):
            decoding.with_picture(large(), lambda image: free.wait(30))
        assert time.monotonic() - begin < 20
    finally:
        signal.signal(signal.SIGALRM, before)
        free.set()


def large() -> bytes:
    file = io.BytesIO()
    Image.new("L", (3_000, 3_000)).save(file, "JPEG")
    return file.getvalue()
