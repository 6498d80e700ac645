"""Pictures as they are seen: every pixel, whatever their files hold."""

from __future__ import annotations

import base64
import io
import struct
from pathlib import Path
from typing import Callable

import pytest
from browser import CHROMIUM, DRIVER, Browser
from ck_imagenet.images import appearance
from ck_imagenet.images.appearance import shown
from ck_imagenet.images.decoding import with_picture
from drawn_pictures import (
    GREY,
    PHOTO,
    SLOPE,
    every_kind,
    exchanged_profile,
    png,
    saved,
    sixteen,
    told,
)
from PIL import Image, ImageCms, ImageOps

# Pytest undoes, for each test, what `decoding` says about the warnings of Pillow.
pytestmark = pytest.mark.filterwarnings("ignore")

DRAWN = """
    const files = arguments[0];
    const drawn = async address => {
        const image = new Image();
        image.src = address;
        await image.decode();
        const canvas = document.createElement("canvas");
        [canvas.width, canvas.height] = [image.naturalWidth, image.naturalHeight];
        const context = canvas.getContext("2d", {colorSpace: "srgb"});
        context.fillStyle = "white";
        context.fillRect(0, 0, canvas.width, canvas.height);
        context.drawImage(image, 0, 0);
        return canvas.toDataURL("image/png");
    };
    return Promise.all(files.map(drawn));
"""
"""What a browser shows of each file on white, as an address that holds a PNG."""

TYPES = {"a text": (2, 200), "a fraction": (5, 26), "bytes": (7, 9_999), "nothing": (99, 1)}

WASHED = PHOTO.point(lambda value: 64 + value // 2)
"""Without the colours that are too strong for other spaces."""

ALIKE = 4
"""How much a colour may differ, of 255: JPEG and the mixing of colours are rounded in two ways."""


def difference(one: Image.Image, other: Image.Image) -> int:
    """Return by how much the colours of a pixel differ at most."""
    assert (one.mode, one.size) == ("RGB", other.size)
    return max(abs(mine - yours) for mine, yours in zip(one.tobytes(), other.tobytes()))


def greys(data: bytes) -> list[int]:
    """Return the greys that are seen in the first row of a picture."""
    seen = with_picture(data, shown)
    return list(seen.tobytes()[: 3 * seen.width : 3])


@pytest.mark.skipif(not (CHROMIUM and DRIVER), reason="there is no Chromium")
def test_every_pixel_is_as_chromium_shows_it(tmp_path: Path) -> None:
    kinds = every_kind()
    addresses = [
        f"data:image/{name[-4:].strip('.').replace('jpg', 'jpeg')};base64,"
        + base64.b64encode(data).decode()
        for name, data in kinds.items()
    ]
    (tmp_path / "page.html").write_text("<title>pictures</title>")
    with Browser(tmp_path / "profile", ["--force-color-profile=srgb"]) as chromium:
        chromium.open(tmp_path / "page.html")
        drawn = chromium.run(DRAWN, addresses)
    others = {}
    for (name, data), address in zip(kinds.items(), drawn):
        chromiums = Image.open(io.BytesIO(base64.b64decode(address.partition(",")[2])))
        found = difference(with_picture(data, shown), chromiums.convert("RGB"))
        if found > ALIKE:
            others[name] = found
    assert others == {}


@pytest.mark.parametrize("mode", ["I", "F"])
@pytest.mark.parametrize(("scale", "offset"), [(1, 0), (257, 0), (8_421_504, 0), (100, -12_000)])
def test_numbers_are_greys_from_black_to_white(mode: str, scale: int, offset: int) -> None:
    """Of 8, 16 and 32 bits, and from the darkest to the lightest where some are below nothing."""
    numbers = GREY.convert(mode).point(lambda value: value * scale + offset)
    grey = with_picture(saved(numbers, "TIFF"), shown)
    darkest, lightest = min(GREY.tobytes()), max(GREY.tobytes())
    if scale in (1, 257):
        assert difference(grey, GREY.convert("RGB")) == 0
    else:
        stretched = GREY.point(lambda grey: 255 * (grey - darkest) / (lightest - darkest))
        assert difference(grey, stretched.convert("RGB")) <= 1


def test_fractions_are_greys_from_black_to_white() -> None:
    fractions = GREY.convert("F").point(lambda value: value * (1 / 255) + 0)
    assert difference(with_picture(saved(fractions, "TIFF"), shown), GREY.convert("RGB")) == 0


@pytest.mark.parametrize("value", [float("nan"), float("inf"), -float("inf")])
def test_numbers_that_are_none_do_no_harm(value: float) -> None:
    fractions = GREY.convert("F").point(lambda grey: grey * (1 / 255) + 0)
    fractions.putpixel((0, 0), value)
    assert with_picture(saved(fractions, "TIFF"), shown).size == GREY.size


@pytest.mark.parametrize("order", ["little", "big"])
def test_greys_of_16_bits_are_scaled_in_every_form(order: str) -> None:
    wide = b"".join(struct.pack("<H" if order == "little" else ">H", 257 * each) for each in SLOPE)
    mode = "I;16" if order == "little" else "I;16B"
    image = Image.frombytes(mode, (8, 1), wide)
    assert greys(saved(image.resize((8, 1)), "TIFF")) == SLOPE
    if order == "little":
        inverted = saved(image, "TIFF", tiffinfo={0x0106: 0})
        assert greys(inverted) == [255 - grey for grey in SLOPE]
    assert greys(png(16, 0, sixteen(257 * grey for grey in SLOPE))) == SLOPE


def test_a_dark_picture_of_16_bits_stays_dark() -> None:
    assert greys(png(16, 0, sixteen([200] * 8))) == [1] * 8


def test_inks_and_the_colours_of_lab_are_seen_as_colours() -> None:
    inks = with_picture(saved(PHOTO.convert("CMYK"), "TIFF"), shown)
    assert difference(inks, PHOTO) <= 1
    spaces = [ImageCms.ImageCmsProfile(ImageCms.createProfile(name)) for name in ("sRGB", "LAB")]
    lab = ImageCms.ImageCmsTransform(spaces[0], spaces[1], "RGB", "LAB").apply(WASHED)
    assert difference(with_picture(saved(lab, "TIFF"), shown), WASHED) <= 10


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_another_profile_is_applied(form: str) -> None:
    options = {"quality": 100, "subsampling": 0, "lossless": True}
    data = saved(PHOTO, form, icc_profile=exchanged_profile(), **options)
    red, green, blue = PHOTO.split()
    assert difference(with_picture(data, shown), Image.merge("RGB", (blue, green, red))) <= 10


def test_the_profile_of_srgb_changes_nothing() -> None:
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    data = saved(PHOTO, "PNG", icc_profile=profile)
    assert difference(with_picture(data, shown), PHOTO) == 0


@pytest.mark.parametrize(
    "broken",
    [
        lambda profile: profile[:200],
        lambda profile: profile[:16] + b"CMYK" + profile[20:],
        lambda profile: b"no profile",
        lambda profile: profile + bytes(appearance._LARGEST_PROFILE),
        lambda profile: profile.replace(b"para", b"mpet"),
    ],
    ids=["cut", "of other colours", "no profile", "too large", "without end"],
)
def test_a_profile_that_cannot_be_used_says_nothing(broken: Callable[[bytes], bytes]) -> None:
    data = saved(PHOTO, "WEBP", lossless=True, icc_profile=broken(exchanged_profile()))
    assert difference(with_picture(data, shown), PHOTO) == 0


def drawn(exif: bytes) -> Image.Image:
    """Return a picture whose corners all differ, as it is read."""
    image = Image.frombytes("L", (24, 16), bytes(range(0, 192)) + bytes(range(64, 256)))
    file = io.BytesIO()
    image.save(file, "JPEG", quality=95, exif=b"Exif\0\0" + exif)
    return Image.open(io.BytesIO(file.getvalue()))


@pytest.mark.parametrize("orientation", range(10))
def test_a_picture_is_turned_as_pillow_turns_it(orientation: int) -> None:
    image = drawn(told((0x0112, 3, 1, orientation)))
    pillows = ImageOps.exif_transpose(image)
    assert difference(shown(image), pillows.convert("RGB")) == 0


@pytest.mark.parametrize("wrong", TYPES)
@pytest.mark.parametrize("number", [0x010F, 0x011A, 0x8769])
def test_what_is_wrong_beside_the_orientation_is_no_matter(wrong: str, number: int) -> None:
    """Pillow's own function writes all of it anew, and fails."""
    form, count = TYPES[wrong]
    tags = sorted([(0x0112, 3, 1, 6), (number, form, count, 0xFFFF)])
    assert shown(drawn(told(*tags))).size == (16, 24)


@pytest.mark.parametrize("form", ["PNG", "WEBP", "TIFF"])
def test_in_every_format_that_has_exif(form: str) -> None:
    file, exif = io.BytesIO(), Image.Exif()
    exif[0x0112] = 8
    Image.new("RGB", (24, 16)).save(file, form, exif=exif)
    for _ in range(2):
        assert shown(Image.open(io.BytesIO(file.getvalue()))).size == (16, 24)


@pytest.mark.parametrize("exif", [b"", b"no EXIF", told((0x0112, 2, 1, 6))[:14]])
def test_without_an_orientation_a_picture_stays(exif: bytes) -> None:
    assert shown(drawn(exif)).size == (24, 16)
