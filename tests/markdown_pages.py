"""The pages of the project, read as Markdown has it."""

from __future__ import annotations

import re
from functools import lru_cache
from pathlib import Path
from typing import Iterator, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.token import Token
from terminal import CHECKOUT

PAGES = (
    *(CHECKOUT / name for name in ("README.md", "CHANGELOG.md", "CONTRIBUTING.md")),
    CHECKOUT / "benchmarks" / "README.md",
    *sorted((CHECKOUT / "docs").glob("*.md")),
)


class Fence(NamedTuple):
    """A block of code."""

    language: str
    text: str


@lru_cache(maxsize=None)
def tokens(page: Path) -> list[Token]:
    """Return the tokens of a page, those within lines too."""
    found = MarkdownIt("commonmark").enable("table").parse(page.read_text("utf-8"))
    return [each for token in found for each in (token, *(token.children or ()))]


def fences(page: Path) -> list[Fence]:
    """Return the blocks of code of a page."""
    return [Fence(each.info, each.content) for each in tokens(page) if each.type == "fence"]


def spans(page: Path) -> list[str]:
    """Return what stands as code within the lines of a page."""
    return [each.content for each in tokens(page) if each.type == "code_inline"]


def prose(page: Path) -> list[str]:
    """Return the paragraphs, list items, cells and headings of a page, as they are read."""
    inline = (each for each in tokens(page) if each.type == "inline")
    breaks = {"softbreak": " ", "html_inline": ""}
    return [
        "".join(breaks.get(part.type, part.content) for part in each.children or ())
        for each in inline
    ]


def links(page: Path) -> Iterator[str]:
    """Yield where the links and the pictures of a page lead."""
    for token in tokens(page):
        target = token.attrs.get("href") or token.attrs.get("src")
        if target:
            yield str(target)


def anchors(page: Path) -> set[str]:
    """Return the anchors that GitHub gives to the headings of a page."""
    found: set[str] = set()
    for token, following in zip(tokens(page), tokens(page)[1:]):
        if token.type == "heading_open":
            parts = [part for part in following.children or () if part.content]
            found.add(anchor("".join(part.content for part in parts)))
    return found


def anchor(heading: str) -> str:
    """Return the anchor of a heading, as GitHub makes it."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
