"""What a download would mean, and by which way it is best done: in sentences."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import TYPE_CHECKING, Any, Iterator, Mapping, Sequence

from ..catalogue.selection import MANY, Selection
from ..core.errors import NoList
from ..core.options import field_name, kinds, typed
from ..core.text import duration, ration
from .sentences import numbered, size

if TYPE_CHECKING:
    from ..core.actions import DownloadOptions
    from ..engine.planning import Estimate


def estimate(meant: Estimate, is_list_given: bool = False) -> Iterator[str]:
    """Yield what a download would mean, and what that is founded on.

    Parameters
    ----------
    meant : Estimate
        What a download would take.
    is_list_given : bool, optional
        Whether the user has given the list.
    """
    from ..engine.planning import RATIONED

    yield _outlook(meant, "URL")
    yield from _unlisted(meant, "URL", is_list_given)
    if meant.rationed:
        yield (
            f"  {RATIONED:.0%} of ImageNet's links lead to one service, flickr, and "
            f"{ration('it', meant.pace, meant.rationed)}"
        )
        yield "  --source=winter21 has the pictures of these synsets without that service"
    yield from _founded(meant, "URL")


def shown(
    meant: Estimate, options: DownloadOptions, previews: Sequence[Mapping[str, Any]] = ()
) -> Iterator[str]:
    """Yield the same for a person: the two ways stand side by side.

    Parameters
    ----------
    meant : Estimate
        What a download would take.
    options : DownloadOptions
        What the user has typed.
    previews : sequence of mapping
        What a dry run has found out about each synset.
    """
    left = sum(sum(each.get("left", {}).values()) for each in previews)
    meant = replace(meant, rationed=meant.rationed or left)
    yield _outlook(meant, "link")
    yield from _unlisted(meant, "link", bool(options.urls))
    yield from _founded(meant, "link")
    if meant.urls and not options.urls:
        chosen = len(previews) or meant.synsets  # tars need no list
        yield from two_ways(replace(meant, synsets=chosen), options)


def _outlook(meant: Estimate, noun: str) -> str:
    pictures = "1 picture" if meant.pictures == 1 else f"some {meant.pictures:,} pictures"
    outlook = f"{pictures}, {size(meant.bytes)}, {duration(meant.seconds)}"
    synsets, urls = numbered(meant.synsets, "synset"), numbered(meant.urls, noun)
    return f"{synsets}, {urls} to ask for: {outlook}"


def _unlisted(meant: Estimate, noun: str, is_list_given: bool) -> Iterator[str]:
    from ..engine.planning import MEAN_URLS

    if meant.unlisted:
        unknown = f"no list of {numbered(meant.unlisted, 'synset')} is here"
        if is_list_given:
            unknown = "what the list has of these synsets is not known yet"
        mean = "ImageNet's mean" if noun == "URL" else "the mean"
        yield f"  {unknown}: {MEAN_URLS} {noun}s are assumed for each, {mean}"
    if meant.unlisted > MANY and not is_list_given:
        yield "  first download the lists of all synsets: ck-imagenet geturls --all"


def _founded(meant: Estimate, noun: str) -> Iterator[str]:
    from ..engine.planning import ALIVE, PICTURE, SECONDS

    if meant.synsets > MANY:
        yield "  pictures that are here already are counted too, but not downloaded again"
    yield (
        f"  assumed, as measured: {ALIVE:.0%} of the links work, a picture has {size(PICTURE)}, "
        f"and each of {meant.jobs} connections takes {SECONDS} s for a {noun}, with time-outs"
    )


def question(meant: Estimate) -> str:
    """Return what a person is asked before many synsets are downloaded."""
    synsets, links = numbered(meant.synsets, "synset"), numbered(meant.urls, "link")
    return f"Download {synsets}, {links}, about {_rough(meant.bytes)}, {_soon(meant.seconds)}?"


def _rough(count: int) -> str:
    """Return a number of bytes with no more digits than a guess is worth."""
    shown, unit = size(count).split()
    return f"{float(shown):.{1 if float(shown) < 10 else 0}f} {unit}".replace(".0 ", " ")


def _soon(seconds: float) -> str:
    return duration(seconds).replace("minutes", "min")


# Links of 2011 or the tars of ImageNet itself: which way is best today.


def two_ways(meant: Estimate | None, options: DownloadOptions) -> Iterator[str]:
    """Yield both ways to the pictures of synsets, side by side.

    Parameters
    ----------
    meant : Estimate or None
        What it takes to ask for their links; None if no synset is named.
    options : DownloadOptions
        What the user has typed.
    """
    from ..engine.planning import ALIVE, MEAN_URLS, PICTURE, RATIONED

    yield "Two ways lead to pictures today:"
    alive, of_size = f"{ALIVE:.0%} may be alive", f"of some {size(MEAN_URLS * PICTURE)}"
    terms = "you have accepted" if options.accept_terms else "you must first accept"
    if meant:
        about = "some " if meant.unlisted else ""
        rationed = f", {meant.rationed:,} at hosts that ration" if meant.rationed else ""
        links = f"{about}{meant.urls:,}{rationed}"
        links = f"  links  {links}; {alive}; {_soon(meant.seconds)}"
        tars = f"{meant.synsets:,} {of_size}{' each' * (meant.synsets > 1)}"
    else:
        links = f"  links  {RATIONED:.0%} of them are at hosts that ration; {alive}"
        tars = f"one a synset, {of_size}"
    yield links
    yield f"  tars   {tars}: all pictures, unless ImageNet dropped them"
    yield f"         {terms} their terms. To take them, type:"
    yield f"  ck-imagenet download {for_tars(options)}"


def with_tars(error: NoList, options: DownloadOptions) -> NoList:
    """Return what says that several synsets have no list, with the way that needs none.

    Parameters
    ----------
    error : NoList
        What says so.
    options : DownloadOptions
        What the user has typed.
    """
    if not error.tars_help:
        return error
    tars = f"ck-imagenet download {for_tars(options)}"
    return NoList(f"{error}\nOr take ImageNet's own pictures, which need no list: {tars}")


def for_tars(options: DownloadOptions, wnids: Sequence[str] = ()) -> str:
    """Return what a user types to have the same synsets from tars.

    Parameters
    ----------
    options : DownloadOptions
        What the user has typed: its synsets, count and folder are kept.
    wnids : sequence of str
        Synsets to name instead of what chose them; empty for the same choice again.

    Returns
    -------
    str
        One line that can be pasted.
    """
    options = naming(options, *wnids) if wnids else options
    known = kinds(type(options))
    chosen = ["all", *(field.name for field in fields(Selection))]
    names = [name for name in (*chosen, "max-images", "outdir") if name in known]
    kept = {field_name(name): getattr(options, field_name(name)) for name in names}
    return typed(replace(type(options)(), **kept, source="winter21"))


def naming(options: DownloadOptions, *wnids: str) -> DownloadOptions:
    """Return options that name synsets, instead of what chose them.

    Parameters
    ----------
    options : DownloadOptions
        What the user has typed.
    *wnids : str
        The synsets.
    """
    return replace(options, **vars(Selection(wnid=wnids)), all=False)
