"""The pictures of a terminal in docs are all there, are shown, and ask no server for anything."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import markdown_pages as markdown
import pytest
from capture_terminal import IMAGES, SCENES
from terminal import CHECKOUT

EXPECTED = [IMAGES / f"terminal-{columns}-{scene}.svg" for columns in (80, 140) for scene in SCENES]


def test_there_is_a_picture_of_every_scene_in_both_widths_and_no_other() -> None:
    assert sorted(IMAGES.glob("terminal-*")) == sorted(EXPECTED)


def test_a_page_shows_them_all() -> None:
    page = CHECKOUT / "docs" / "terminal.md"
    assert {page.parent / target for target in markdown.links(page) if ".svg" in target} == {
        *EXPECTED
    }


@pytest.mark.parametrize("image", EXPECTED, ids=lambda image: image.stem)
def test_a_picture_begins_with_its_command_and_asks_no_server(image: Path) -> None:
    drawing = ElementTree.fromstring(image.read_text("utf-8"))  # noqa: S314 - our own
    lines = [text.text or "" for text in drawing.iter("{http://www.w3.org/2000/svg}text")]
    shown = " ".join(lines).replace("\xa0", " ")
    scene = image.stem.split("-")[2]
    assert f"$ {SCENES[scene].command}" in shown
    asked = re.findall(r"(?:href|src|url)\W+(https?:[^\"')]+)", image.read_text("utf-8"))
    assert asked == []


@pytest.mark.parametrize("columns", [80, 140])
def test_the_picture_of_a_download_that_was_stopped_shows_one(columns: int) -> None:
    drawn = (IMAGES / f"terminal-{columns}-interrupted.svg").read_text("utf-8")
    assert "Stopped:&#160;" in drawn
