"""Pictures that take long to decode: they hold up nothing else, and Ctrl-C ends what reads them."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest
from ck_imagenet_practice import PracticeWeb
from ck_imagenet_practice.pictures import picture
from drawn_pictures import PHOTO, every_kind, saved
from peer import hosted
from raw_jpeg import many_scans
from terminal import WNID, Terminal

LONGEST = 2.0
"""Seconds that an end may take."""


def slow_picture() -> bytes:
    """Return a JPEG with as much work as is let pass, and a fill byte that lets it be decoded."""
    data = many_scans(9_999, 9_999, 8)
    return data[:2] + b"\xff" + data[2:]


@pytest.fixture
def slow(terminal: Terminal) -> Path:
    """A folder of pictures that take many seconds together."""
    folder = terminal.folder / "plain" / WNID
    folder.mkdir(parents=True)
    first = folder / f"{WNID}_0.jpg"
    first.write_bytes(slow_picture())
    for number in range(1, 150):
        os.link(first, folder / f"{WNID}_{number}.jpg")
    return folder


@pytest.mark.parametrize(
    "command",
    [
        ("check", "imagenet", "--outdir=plain", "--decode"),
        ("check", "imagenet", "--outdir=plain", "--repair"),
        ("export", "imagenet", "--outdir=plain", "--to=out", "--resize=64"),
        ("export", "imagenet", "--outdir=plain", "--to=out", "--resize=64", "--layout=webdataset"),
        ("browse", "imagenet", f"--wnid={WNID}", "--outdir=plain", "--no-open"),
    ],
    ids=" ".join,
)
def test_ctrl_c_ends_every_command_that_decodes(
    terminal: Terminal, slow: Path, command: tuple[str, ...]
) -> None:
    process = terminal.start(*command)
    time.sleep(3)
    assert process.poll() is None, process.communicate()
    process.send_signal(signal.SIGINT)
    pressed = time.monotonic()
    out, err = process.communicate(timeout=30)
    assert time.monotonic() - pressed < LONGEST
    assert process.returncode == 130, out + err
    assert "Traceback" not in out + err


def test_ctrl_c_ends_a_download_that_takes_up_what_is_here(
    terminal: Terminal, web: PracticeWeb, slow: Path
) -> None:
    web.set_links(WNID, [web.link(WNID, 900, "good", 0)])
    test_ctrl_c_ends_every_command_that_decodes(
        terminal, slow, ("download", "imagenet", f"--wnid={WNID}", "--outdir=plain")
    )


def test_pictures_of_endless_work_hold_up_no_download(terminal: Terminal, web: PracticeWeb) -> None:
    data = many_scans(9_999, 9_999, 5_000)
    files = {"/1.jpg": data, "/2.jpg": data[:2] + b"\xff" + data[2:]}
    files.update((f"/{n}.png", picture(f"/{n}.png")) for n in range(10))
    with hosted(files) as host:
        (terminal.folder / "list.txt").write_text("".join(f"{host}{path}\n" for path in files))
        began = time.monotonic()
        result = terminal.json("download", f"imagenet:{WNID}", "--urls=list.txt")["synsets"][0]
        assert time.monotonic() - began < 60
    assert (result["here"], result["failed"]) == (10, {"too-large": 2})


def test_a_picture_of_endless_work_is_refused_and_holds_up_nothing(
    terminal: Terminal, web: PracticeWeb
) -> None:
    folder = terminal.folder / "plain" / WNID
    folder.mkdir(parents=True)
    data = many_scans(9_999, 9_999, 5_000)
    (folder / f"{WNID}_1.jpg").write_bytes(data)
    (folder / f"{WNID}_2.jpg").write_bytes(data[:2] + b"\xff" + data[2:])
    began = time.monotonic()
    for option in ("--decode", "--repair"):
        terminal.ck("check", "imagenet", "--outdir=plain", option)
    assert time.monotonic() - began < 60
    assert not list(folder.glob("*.jpg"))


def damaged(compression: str) -> bytes:
    """Return a TIFF of which libtiff would print that its pixels are damaged."""
    data = bytearray(saved(PHOTO, "TIFF", compression=compression))
    data[40:60] = b"\xff" * 20
    return bytes(data)


@pytest.mark.parametrize(
    "command",
    [
        ("check", "--decode"),
        ("check", "--repair"),
        ("export", "--to=out"),
        ("export", "--to=out", "--resize=64"),
        ("export", "--to=out", "--layout=webdataset"),
        ("browse", f"--wnid={WNID}", "--no-open", "--save=page.html"),
    ],
    ids=" ".join,
)
def test_no_command_lets_through_what_pillow_or_libtiff_say(
    terminal: Terminal, command: tuple[str, ...]
) -> None:
    folder = terminal.folder / "plain" / WNID
    folder.mkdir(parents=True)
    pictures = {
        **{f"{name}.tif": damaged(name) for name in ("tiff_lzw", "tiff_adobe_deflate", "jpeg")},
        **every_kind(),
    }
    for number, (name, data) in enumerate(pictures.items()):
        (folder / f"{WNID}_{number}.{name.rpartition('.')[2]}").write_bytes(data)
    environment = {**terminal.environment, "PYTHONWARNINGS": "always::UserWarning"}
    action, *options = command
    done = terminal.ck(action, "imagenet", "--outdir=plain", *options, env=environment, anew=True)
    told = done.stdout + done.stderr
    assert not [word for word in ("Warning", "PIL", "warn(", "TIFF", "JPEGLib") if word in told]
    assert done.stderr == ""
