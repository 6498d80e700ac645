"""What a download would mean, in sentences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterator

from ..catalogue.selection import MANY
from ..core.text import duration, ration
from .sentences import size

if TYPE_CHECKING:
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
    from ..engine.planning import ALIVE, MEAN_URLS, PICTURE, RATIONED, SECONDS

    number = "1 synset" if meant.synsets == 1 else f"{meant.synsets:,} synsets"
    urls = "1 URL" if meant.urls == 1 else f"{meant.urls:,} URLs"
    pictures = "1 picture" if meant.pictures == 1 else f"some {meant.pictures:,} pictures"
    outlook = f"{pictures}, {size(meant.bytes)}, {duration(meant.seconds)}"
    yield f"{number}, {urls} to ask for: {outlook}"
    if meant.unlisted:
        unknown = f"no list of {meant.unlisted:,} of them is here"
        if is_list_given:
            unknown = "what the list has of them is not known yet"
        yield f"  {unknown}: {MEAN_URLS} URLs are counted for each, ImageNet's mean"
    if meant.unlisted > MANY and not is_list_given:
        yield "  get the lists of all at once, before this: ck-imagenet geturls --all"
    if meant.rationed:
        yield (
            f"  {RATIONED:.0%} of ImageNet's links lead to one service, flickr, and "
            f"{ration('it', meant.pace, meant.rationed)}"
        )
        yield "  the pictures of the same synsets come without it from --source=winter21"
    if meant.synsets > MANY:
        yield "  what is here already is not subtracted, nor would it be asked for again"
    yield (
        f"  if {ALIVE:.0%} of the links are alive, a picture has {size(PICTURE)}, and each of "
        f"{meant.jobs} connections takes {SECONDS} s a URL, time-outs included, as measured"
    )
