"""What bytes are: a picture worth keeping, or the reason why not."""

from __future__ import annotations

import hashlib
import io
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from ck_imagenet.core.outcomes import Failed, Outcome
from ck_imagenet.images import judging
from ck_imagenet.images.decoding import MOST_PIXELS
from ck_imagenet.images.formats import FORMATS, is_picture_file
from ck_imagenet.images.judging import SMALLEST_SIDE, Picture
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

pytestmark = pytest.mark.every_python

# Pytest undoes, for each test, what `images` says about Pillow's warnings.
pytestmark = pytest.mark.filterwarnings("ignore:Image")

SIZE = (40, 30)


class Form(NamedTuple):
    """How Pillow is told to write a picture."""

    pillow_name: str
    mode: str = "RGB"
    options: dict[str, Any] = {}  # noqa: RUF012 - nobody changes it


FORMS = {
    "baseline JPEG": Form("JPEG"),
    "progressive JPEG": Form("JPEG", options={"progressive": True}),
    "greyscale JPEG": Form("JPEG", "L"),
    "CMYK JPEG": Form("JPEG", "CMYK"),
    "JPEG with restart markers": Form("JPEG", options={"restart_marker_blocks": 1}),
    "JPEG with a comment": Form("JPEG", options={"comment": b"\xff\xd9 is no end"}),
    "PNG": Form("PNG"),
    "PNG with a palette": Form("PNG", "P"),
    "PNG with 16 bits": Form("PNG", "I;16"),
    "GIF": Form("GIF", "P"),
    "interlaced GIF": Form("GIF", "P", {"interlace": 1}),
    "WebP": Form("WEBP"),
    "lossless WebP": Form("WEBP", "RGBA", {"lossless": True}),
    "BMP": Form("BMP"),
    "TIFF": Form("TIFF"),
    "compressed TIFF": Form("TIFF", options={"compression": "tiff_lzw"}),
}
CUTTABLE = [
    name for name in FORMS if "PNG" in name or "JPEG" in name or name[-3:] in ("GIF", "ebP")
]

END = {b"\xff": 8, b"\x89": 20, b"G": 4, b"R": 0}
"""How many bytes of a small picture there may be, by how it begins, after its last pixel."""


def drawn(size: tuple[int, int] = SIZE, title: bytes = b"") -> Image.Image:
    """Draw a picture of many colours, the same for the same title."""
    return Image.frombytes("RGB", size, hashlib.shake_128(title).digest(3 * size[0] * size[1]))


def written(name: str, size: tuple[int, int] = SIZE) -> bytes:
    """Write a picture in a form of FORMS."""
    form = FORMS[name]
    picture = (
        Image.new("I;16", size, 999) if form.mode == "I;16" else drawn(size).convert(form.mode)
    )
    file = io.BytesIO()
    picture.save(file, form.pillow_name, **form.options)
    return file.getvalue()


def animated(pillow_name: str) -> bytes:
    """Write a picture that moves."""
    file = io.BytesIO()
    drawn().save(file, pillow_name, save_all=True, append_images=[drawn(title=b"next")])
    return file.getvalue()


def refused(data: bytes) -> Outcome:
    """Return the reason why `data` is no picture."""
    with pytest.raises(Failed) as failure:
        judging.judge(data)
    assert failure.value.outcome is not Outcome.SAVED
    return failure.value.outcome


def chunk(name: bytes, data: bytes) -> bytes:
    """Return a chunk of a PNG."""
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))


def jpeg_of(width: int, height: int) -> bytes:
    """Return a JPEG whose frame claims a size."""
    data = bytearray(written("baseline JPEG"))
    frame = data.index(b"\xff\xc0")
    struct.pack_into(">HH", data, frame + 5, height, width)
    return bytes(data)


def png_of(width: int, height: int) -> bytes:
    """Return a PNG whose header claims a size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    pixels = zlib.compress(bytes(1000))
    return (
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")
    )


def gif_of(width: int, height: int) -> bytes:
    """Return a GIF whose header claims a size."""
    screen = struct.pack("<HHBBB", width, height, 0, 0, 0)
    frame = b"," + struct.pack("<HHHHB", 0, 0, width, height, 0) + b"\x02\x02\x44\x01\x00"
    return b"GIF89a" + screen + frame + b";"


def webp_of(width: int, height: int) -> bytes:
    """Return a WebP whose frame claims a size."""
    frame = b"\x10\x00\x00\x9d\x01\x2a" + struct.pack("<HH", width, height)
    body = b"WEBPVP8 " + struct.pack("<I", len(frame)) + frame
    return b"RIFF" + struct.pack("<I", len(body)) + body


def bmp_of(width: int, height: int) -> bytes:
    """Return a BMP whose header claims a size."""
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, 24, 0, 0, 0, 0, 0, 0)
    return b"BM" + struct.pack("<IHHI", 100, 0, 0, 54) + header + bytes(46)


class TestPictures:
    """What is worth keeping."""

    @pytest.mark.parametrize("name", FORMS)
    def test_every_format_is_a_picture_of_its_size(self, name: str) -> None:
        form = FORMATS[FORMS[name].pillow_name]
        assert judging.judge(written(name)) == Picture(form, *SIZE)

    @pytest.mark.parametrize("name", FORMS)
    @pytest.mark.parametrize("trailer", [b"\0", b"\r\n", b"<!-- counter -->" * 100])
    def test_bytes_after_the_end_are_no_matter(self, name: str, trailer: bytes) -> None:
        assert judging.judge(written(name) + trailer)[1:] == SIZE

    @pytest.mark.parametrize("pillow_name", ["GIF", "PNG", "WEBP"])
    def test_a_picture_that_moves_is_a_picture(self, pillow_name: str) -> None:
        assert judging.judge(animated(pillow_name)) == Picture(FORMATS[pillow_name], *SIZE)

    def test_a_jpeg_of_several_pictures_is_a_jpeg(self) -> None:
        """Some cameras write them; Pillow calls them MPO."""
        assert judging.judge(animated("MPO")) == Picture(FORMATS["JPEG"], *SIZE)
        assert judging.decode(animated("MPO")).format.tag == "jpeg"

    def test_a_jpeg_padded_between_its_markers_is_a_picture(self) -> None:
        data = written("baseline JPEG")
        assert judging.judge(data[:2] + b"\xff\xff" + data[2:])[1:] == SIZE

    def test_a_gif_padded_between_its_blocks_is_a_picture(self) -> None:
        assert judging.judge(written("GIF")[:-1] + b"\0\0;")[1:] == SIZE

    @pytest.mark.parametrize("name", FORMS)
    def test_the_smallest_picture_is_kept_and_a_smaller_one_is_not(self, name: str) -> None:
        assert judging.judge(written(name, (SMALLEST_SIDE, 99)))[1:] == (SMALLEST_SIDE, 99)
        assert refused(written(name, (SMALLEST_SIDE - 1, 99))) is Outcome.TOO_SMALL
        assert refused(written(name, (99, 1))) is Outcome.TOO_SMALL

    @pytest.mark.parametrize("pillow_name", ["GIF", "PNG"])
    def test_a_moving_picture_cut_after_its_first_frame_is_one(self, pillow_name: str) -> None:
        """Whoever trains takes the first frame, and it is whole."""
        assert judging.judge(animated(pillow_name)[:-10])[1:] == SIZE

    def test_a_gif_that_only_lacks_its_trailer_is_whole(self) -> None:
        assert judging.judge(written("GIF")[:-1]) == Picture(FORMATS["GIF"], *SIZE)

    def test_a_png_whose_end_is_damaged_is_whole(self) -> None:
        assert judging.judge(written("PNG")[:-6] + b"\1\2\3") == Picture(FORMATS["PNG"], *SIZE)

    def test_a_png_with_a_wrong_checksum_of_a_text_at_its_end_is_whole(self) -> None:
        data, text = written("PNG"), chunk(b"tEXt", b"Title\0Dog")
        assert judging.judge(data[:-12] + text[:-1] + b"?" + data[-12:])[1:] == SIZE


class TestRefused:
    """What is not."""

    def test_nothing_is_empty(self) -> None:
        assert refused(b"") is Outcome.EMPTY

    @pytest.mark.parametrize(
        "data",
        [
            b"<!DOCTYPE html><html><title>This domain is for sale</title></html>",
            b"Not Found",
            b"\0" * 5000,
            b"%PDF-1.4",
            b"RIFF\x24\0\0\0WAVEfmt " + bytes(28),
            b"\xff",
            b"GIF",
        ],
    )
    def test_text_and_other_files_are_no_pictures(self, data: bytes) -> None:
        assert refused(data) is Outcome.NOT_A_PICTURE

    def test_the_reason_shows_how_the_bytes_begin(self) -> None:
        with pytest.raises(Failed) as failure:
            judging.judge(b"<html>\xe9\n" + b"x" * 1000)
        assert failure.value.detail == "begins '<html>\\xe9\\n" + "x" * 24 + "'"

    @pytest.mark.parametrize("name", CUTTABLE)
    def test_a_picture_cut_before_its_last_pixel_is_refused(self, name: str) -> None:
        """As truncated, once so much is there that it shows what it was to be."""
        data = written(name, (24, 16))
        begun = {"\xff": 2, "\x89": 8, "G": 6, "R": 12}[chr(data[0])]
        for end in range(len(data) - END[data[:1]]):
            reason = refused(data[:end])
            if end >= begun:
                assert reason is Outcome.TRUNCATED, f"cut at {end} of {len(data)}"

    def test_the_reason_says_what_is_missing(self) -> None:
        data = written("PNG", (24, 16))
        with pytest.raises(Failed) as failure:
            judging.judge(data[:10])
        assert failure.value.detail == "a file without its end"
        with pytest.raises(Failed) as failure:
            judging.judge(data[: len(data) // 2])
        assert "truncated" in failure.value.detail

    @pytest.mark.parametrize("name", ["BMP", "TIFF", "compressed TIFF"])
    def test_a_cut_picture_of_a_rare_format_is_refused(self, name: str) -> None:
        data = written(name)
        for end in range(1, len(data), 7):
            refused(data[:end])

    def test_a_moving_webp_cut_after_its_first_frame_is_refused(self) -> None:
        assert refused(animated("WEBP")[:-10]) is Outcome.TRUNCATED

    @pytest.mark.parametrize(
        "data",
        [
            b"\xff\xd8 begins like a JPEG and ends like one \xff\xd9",
            b"\xff\xd8\xff\xd9",
            b"\xff\xd8\xff\xd8\xff\xd9",
            b"\xff\xd8\xff\xda\0\2\xff\xd9",
            b"\xff\xd8\xff\xc0\0\2\xff\xda\0\2\xff\xd9",
            jpeg_of(0, 30),
            jpeg_of(40, 0),
        ],
    )
    def test_what_is_a_jpeg_in_its_markers_only_is_refused(self, data: bytes) -> None:
        assert refused(data) in (Outcome.NOT_A_PICTURE, Outcome.BROKEN)

    @pytest.mark.parametrize("make", [jpeg_of, png_of, gif_of, webp_of, bmp_of])
    def test_a_picture_that_would_decode_to_a_gigapixel_is_not_decoded(
        self, make: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        side = 16_383 if make is webp_of else 40_000
        data = make(side, side)
        monkeypatch.setattr(Image.Image, "load", None)
        assert refused(data) is Outcome.TOO_LARGE

    @pytest.mark.parametrize("make", [jpeg_of, png_of, gif_of, bmp_of])
    def test_one_row_more_than_the_largest_picture_is_too_large(self, make: Any) -> None:
        """Pillow itself would only warn."""
        width = 10_000
        assert refused(make(width, MOST_PIXELS // width + 1)) is Outcome.TOO_LARGE

    def test_a_jpeg_of_the_largest_size_is_none_too_large(self) -> None:
        assert judging.judge(jpeg_of(10_000, MOST_PIXELS // 10_000)).height == 10_000

    @given(st.data())
    def test_any_damage_leaves_a_picture_or_a_reason(self, data: st.DataObject) -> None:
        whole = PICTURES[data.draw(st.sampled_from(sorted(FORMS)))]
        place = data.draw(st.integers(0, len(whole)))
        end = data.draw(st.integers(place, len(whole)))
        judged(whole[:place] + data.draw(st.binary(max_size=20)) + whole[end:])

    @given(
        st.sampled_from(
            [b"", b"\xff\xd8", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"BM", b"II*\0", b"MM\0*"]
        ),
        st.binary(max_size=200),
    )
    def test_any_bytes_are_a_picture_or_have_a_reason(self, head: bytes, data: bytes) -> None:
        judged(head + data)


PICTURES = {name: written(name, (16, 16)) for name in FORMS}


def judged(data: bytes) -> None:
    """Judge bytes; nothing but a picture or a reason may come of it."""
    try:
        picture = judging.judge(data)
    except Failed as failed:
        assert failed.outcome is not Outcome.SAVED
    else:
        assert picture.format in FORMATS.values()
        assert min(picture.width, picture.height) >= SMALLEST_SIDE


def said_by(script: str) -> str:
    """Return what a Python of its own says on both streams."""
    said = subprocess.run(
        [sys.executable, "-W", "error", "-c", script],
        cwd=Path(judging.__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        check=True,
    )
    return said.stdout.decode()


def test_judging_is_silent_in_whatever_way_others_want_their_warnings() -> None:
    """Pillow warns of pictures of this size; a warning may be an error that would break one."""
    judge = f"""
from concurrent.futures import ThreadPoolExecutor
from ck_imagenet.images import judging, jpeg
from ck_imagenet.images.decoding import MOST_PIXELS
from ck_imagenet.core.outcomes import Failed

def outcome(data):
    try:
        judging.judge(data)
    except Failed as failed:
        return failed.outcome.word

print(*set(ThreadPoolExecutor(8).map(outcome, [{png_of(10_000, 10_001)!r}] * 100)))
"""
    assert said_by(judge) == "too-large\n"


def test_judging_is_silent_where_nobody_wants_to_read_what_pillow_logs() -> None:
    tiff = bytearray(written("TIFF"))
    samples_per_pixel = tiff.index(struct.pack("<HHI", 277, 3, 1))
    struct.pack_into("<H", tiff, samples_per_pixel + 8, 128)
    judge = f"""
from ck_imagenet.images import judging, jpeg
from ck_imagenet.images.decoding import MOST_PIXELS
from ck_imagenet.core.outcomes import Failed

try:
    judging.judge({bytes(tiff)!r})
except Failed as failed:
    print(failed.outcome.word)
"""
    assert said_by(judge) == "broken\n"


class TestFormats:
    """How the files of pictures are called."""

    def test_every_format_has_a_tag_and_an_extension_of_its_own(self) -> None:
        assert len({form.tag for form in FORMATS.values()}) == len(FORMATS)
        assert len({form.extension for form in FORMATS.values()}) == len(FORMATS)

    @pytest.mark.parametrize("name", ["a.jpg", "a.JPEG", "a.b.png", "A.TIFF", "a.tif", "a.webp"])
    def test_a_picture_file_is_known_by_its_extension(self, tmp_path: Path, name: str) -> None:
        assert not is_picture_file(tmp_path / name)
        (tmp_path / name).touch()
        assert is_picture_file(tmp_path / name)

    @pytest.mark.parametrize("name", ["a", "a.txt", "jpg", ".jpg", "a.jpg.part", "meta.json"])
    def test_other_files_are_none(self, tmp_path: Path, name: str) -> None:
        (tmp_path / name).touch()
        assert not is_picture_file(tmp_path / name)
