"""The walk through a JPEG: what libjpeg would refuse, told without decoding."""

from __future__ import annotations

import io
import struct
import time
from typing import Any

import pytest
from ck_imagenet.images import jpeg, judging
from ck_imagenet.images.decoding import with_picture
from mutations import originals, pillow_reads
from PIL import Image
from raw_jpeg import many_scans, parts, segment, whole


def written(**options: Any) -> bytes:
    file = io.BytesIO()
    Image.linear_gradient("L").resize((48, 32)).convert("RGB").save(file, "JPEG", **options)
    return file.getvalue()


BASELINE, PROGRESSIVE = written(), written(progressive=True)


def changed(data: bytes, marker: int, place: int, byte: int, which: int = 0) -> bytes:
    """Return a JPEG with another byte in one of its segments."""
    found = [each for each in parts(data) if each.marker == marker][which]
    damaged = bytearray(data)
    damaged[found.place + place] = byte
    return bytes(damaged)


def without(data: bytes, marker: int) -> bytes:
    """Return a JPEG without the segments of a marker."""
    return whole([each.data for each in parts(data) if each.marker != marker])


SOF, SOF2, DHT, SOS, DQT, DRI = 0xC0, 0xC2, 0xC4, 0xDA, 0xDB, 0xDD

REFUSED = {
    "a frame of no sampling": changed(BASELINE, SOF, 9, 0x02),
    "a frame of too much sampling": changed(BASELINE, SOF, 9, 0x52),
    "fields that do not fit": changed(BASELINE, SOF, 9, 0x31)
    and changed(changed(BASELINE, SOF, 9, 0x31), SOF, 12, 0x21),
    "two components": changed(BASELINE, SOF, 7, 2),
    "12 bits": changed(BASELINE, SOF, 2, 12),
    "no lines": changed(changed(BASELINE, SOF, 3, 0), SOF, 4, 0),
    "a table of quantisation that there cannot be": changed(BASELINE, DQT, 2, 4),
    "a table of quantisation that is not there": changed(BASELINE, SOF, 10, 3),
    "no table of quantisation": without(BASELINE, DQT),
    "a Huffman code that there cannot be": changed(BASELINE, DHT, 3, 3),
    "a Huffman code for a DC coefficient of 16 bits": changed(BASELINE, DHT, 19, 16),
    "a Huffman code of a fifth table": changed(BASELINE, DHT, 2, 4),
    "a Huffman code of too many symbols": changed(BASELINE, DHT, 18, 255),
    "a Huffman code that is not there": changed(BASELINE, SOS, 4, 0x22),
    "a scan of a component that there is not": changed(BASELINE, SOS, 3, 77),
    "a scan of one component twice": changed(BASELINE, SOS, 5, 1),
    "a scan of five components": changed(BASELINE, SOS, 2, 5),
    "a length of restarts": changed(without(BASELINE, DRI), SOF, 1, 18),
    "a progressive scan of DC and AC": changed(PROGRESSIVE, SOS, 10, 5, which=0),
    "a progressive scan that ends before it begins": changed(PROGRESSIVE, SOS, 6, 0, which=1),
    "a progressive scan of a 65th coefficient": changed(PROGRESSIVE, SOS, 6, 64, which=1),
    "a progressive scan that refines by two bits": changed(PROGRESSIVE, SOS, 7, 0x30, which=5),
    "a second frame": BASELINE.replace(b"\xff\xda", segment(SOF, bytes(15)) + b"\xff\xda", 1),
    "a marker that means nothing": BASELINE.replace(b"\xff\xda", b"\xff\x4f\xff\xda", 1),
    "a marker that means nothing, in a scan": BASELINE[:-2] + b"\xff\x4f\xff\xd9",
    "a second scan of all": BASELINE[:-2] + BASELINE[BASELINE.index(b"\xff\xda") :],
    "a second beginning": BASELINE[:-2] + BASELINE,
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_what_libjpeg_refuses_is_in_doubt(data: bytes) -> None:
    assert not pillow_reads(data)
    assert not jpeg.walk(data).is_sound


UNUSUAL = {
    "a fill byte": BASELINE.replace(b"\xff\xdb", b"\xff\xff\xdb", 1),
    "bytes between segments": BASELINE.replace(b"\xff\xdb", b"12\xff\xdb", 1),
    "arithmetic coding": BASELINE.replace(b"\xff\xc0", b"\xff\xc9", 1),
    "standard Huffman codes, as in films": without(BASELINE, DHT),
}


@pytest.mark.parametrize("data", UNUSUAL.values(), ids=UNUSUAL)
def test_what_is_unusual_and_right_is_in_doubt_and_kept(data: bytes) -> None:
    assert not jpeg.walk(data).is_sound
    assert judging.judge(data)[1:] == (48, 32)


def test_of_usual_pictures_there_is_no_doubt_and_their_size_is_told() -> None:
    for name, data in originals(seed=3).items():
        if name.startswith("JPEG"):
            walked = jpeg.walk(data)
            assert walked.is_sound, name
            assert with_picture(data, lambda image: image.size) == (walked.width, walked.height)


SAID = [b"JFIF\0", b"JFXX\0", b"Adobe\0", b"Exif\0\0", b"ICC_PROFILE\0", b"MPF\0", b"FPXR\0", b""]
BESIDE = [0xE0, 0xEE, 0xFE, 0xE1, 0xE2, 0xED, 0xE5, DRI]


@pytest.mark.parametrize("marker", BESIDE)
@pytest.mark.parametrize("said", SAID)
@pytest.mark.filterwarnings("ignore")
def test_what_is_sound_and_plain_is_opened_by_pillow_whatever_programs_have_said(
    marker: int, said: bytes
) -> None:
    for length in range(16):
        data = BASELINE[:2] + segment(marker, (said + bytes(16))[:length]) + BASELINE[2:]
        walked = jpeg.walk(data)
        if walked.is_sound and walked.is_plain:
            with Image.open(io.BytesIO(data), formats=["JPEG"]) as image:
                assert image.size == (walked.width, walked.height)


def test_what_pillow_reads_more_of_than_is_checked_is_not_plain() -> None:
    assert jpeg.walk(BASELINE).is_plain
    assert not jpeg.walk(written(exif=Image.Exif())).is_plain
    assert not jpeg.walk(written(icc_profile=b"a profile")).is_plain


def test_scans_are_counted_also_where_there_is_doubt() -> None:
    data = many_scans(64, 64, 20)
    assert jpeg.walk(data).scans == 21
    assert jpeg.walk(data[:2] + b"\xff" + data[2:]).scans == 21
    assert jpeg.walk(PROGRESSIVE).scans == 10
    assert jpeg.walk(BASELINE).scans == 1


def test_what_a_comment_or_exif_holds_is_no_scan() -> None:
    told = segment(0xFE, b"\xff\xda" * 1_000)
    assert jpeg.walk(BASELINE[:2] + told + BASELINE[2:]).scans == 1


def test_what_comes_after_the_end_is_no_scan() -> None:
    assert jpeg.walk(BASELINE + PROGRESSIVE).scans == 1


def test_a_file_of_nothing_but_segments_is_walked_only_so_far() -> None:
    data = b"\xff\xd8" + b"\xff\xe0\0\2" * 8_000_000
    begin = time.process_time()
    assert jpeg.walk(data).segments == jpeg.MOST_SEGMENTS
    assert time.process_time() - begin < 1


def test_a_walk_costs_a_small_part_of_decoding() -> None:
    """The bound is several times what was measured, since other programs run meanwhile."""
    file = io.BytesIO()
    noise = Image.effect_noise((430, 330), 90).convert("RGB")
    noise.save(file, "JPEG", quality=85, exif=Image.Exif())
    data = file.getvalue()
    assert 60_000 < len(data) < 110_000
    begin = time.process_time()
    for _ in range(100):
        judging.judge(data)
    assert (time.process_time() - begin) / 100 < 0.0006


def test_the_size_of_a_frame_is_that_of_the_first() -> None:
    frame = segment(SOF, struct.pack(">BHHB", 8, 9_999, 9_999, 1) + b"\1\x11\0")
    walked = jpeg.walk(BASELINE.replace(b"\xff\xda", frame + b"\xff\xda", 1))
    assert (walked.width, walked.height) == (48, 32)
