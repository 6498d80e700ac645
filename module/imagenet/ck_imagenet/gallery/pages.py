"""Pages of HTML that show what is here: one for each synset, and an overview of all.

A page holds its own style, script and thumbnails, and needs no network. What it shows are the
values of `facts`.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache
from pathlib import Path
from typing import Any, Iterable, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from .. import PROJECT, __version__
from ..core.text import visible
from .facts import Gallery, Overview, kind, sums
from .thumbnails import Thumbnail

FOLDER = Path(__file__).with_name("page")

_NARROWEST, _WIDEST = 0.75, 2.4
"""Width by height of what is shown of a picture."""

_BYTE_UNITS = ("bytes", "kB", "MB", "GB", "TB")


class Commands(NamedTuple):
    """What users type where the pictures are."""

    browse: str
    """For a page, but for its options."""
    clean: str
    """To take pictures out, but for its options."""
    entry: str = ""
    """How the repositories of synsets begin in CK; empty in folders, which must be named."""


@lru_cache(maxsize=None)
def generator() -> str:
    """Return what a page says that has made it: a page that says something else is outdated."""
    sources = b"".join(path.read_bytes() for path in sorted(FOLDER.iterdir()) if path.is_file())
    return f"ck-imagenet {__version__} {hashlib.sha256(sources).hexdigest()[:8]}"


def synset(gallery: Gallery, commands: Commands) -> str:
    """Return the page of a synset.

    Parameters
    ----------
    gallery : Gallery
        What there is to see.
    commands : Commands
        What users type there.
    """
    words = gallery.synset.words if gallery.synset else ()
    return _page(
        "synset.html",
        [item.thumbnail for item in gallery.pictures],
        facts=gallery,
        commands=commands,
        title=words[0] if words else gallery.wnid,
        index_of={item.number: index for index, item in enumerate(gallery.pictures)},
    )


def overview(facts: Overview, commands: Commands, *, new_tabs: bool = False) -> str:
    """Return the page of all synsets that are here.

    Parameters
    ----------
    facts : Overview
        What there is to see.
    commands : Commands
        What users type there.
    new_tabs : bool, optional
        Whether the pages of synsets are opened beside this one.
    """
    return _page(
        "overview.html", facts.thumbnails, facts=facts, commands=commands, new_tabs=new_tabs
    )


def framed(page: str) -> str:
    """Return a page as a part of another one, for Collective Knowledge's own pages.

    Whatever it holds stays in its frame: neither its style nor its script reaches what is around
    it, where each action of CK could be called. What CK would replace, `$#...#$`, is spelt in
    another way, which is the same to browsers.
    """
    document = str(escape(page)).replace("$#", "&#36;#")
    return (
        '<iframe sandbox="allow-scripts allow-popups allow-popups-to-escape-sandbox" '
        'style="width:100%;height:92vh;border:0" title="ImageNet" '
        f'srcdoc="{document}"></iframe>'
    )


def _page(template: str, thumbnails: Iterable[Thumbnail | None], **values: Any) -> str:
    script = (FOLDER / "page.js").read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        _environment()
        .get_template(template)
        .render(
            project=PROJECT,
            version=__version__,
            generator=generator(),
            style=Markup((FOLDER / "page.css").read_text("utf-8")),  # noqa: S704  our own file
            script=Markup(script),  # noqa: S704  our own file
            script_hash=Markup(f"sha256-{digest}"),  # noqa: S704
            thumbnails=escape("\n".join(each.webp if each else "" for each in thumbnails)),
            **values,
        )
    )


@lru_cache(maxsize=None)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(str(FOLDER)),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_readable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        count=_count, kind=kind, ratio=_ratio, share=_share, size=_size, sums=sums
    )
    return environment


def _readable(value: Any) -> Any:
    """Return what a page shows for a value: lists are other people's text."""
    return visible(value) if type(value) is str else value


def _count(number: int) -> str:
    return f"{number:,}"


def _share(some: int, of: int) -> str:
    return f"{some / of:.0%}" if of else "0%"


def _ratio(size: tuple[int, int]) -> str:
    width, height = size
    ratio = width / height if width and height else 1
    return f"{min(max(ratio, _NARROWEST), _WIDEST):.3f}"


def _size(number: float) -> str:
    for unit in _BYTE_UNITS:
        if number < 999.5 or unit == _BYTE_UNITS[-1]:
            break
        number /= 1000
    return f"{number:.0f} {unit}" if number >= 10 or unit == "bytes" else f"{number:.1f} {unit}"
