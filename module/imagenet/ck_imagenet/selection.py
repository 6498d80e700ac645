"""Which synsets a user means."""

from __future__ import annotations

from typing import Iterable, Sequence

from . import synsets
from .errors import BadInput
from .names import UNKNOWN, is_wnid

_MOST_SHOWN = 20


def with_pictures(wnids: Sequence[str]) -> tuple[str, ...]:
    """Return `wnids` if each is a synset that ImageNet lists, or `unknown`.

    Raises
    ------
    BadInput
        Otherwise; for words instead of a wnid, with the wnids that match.
    """
    for wnid in wnids:
        synset = None if wnid == UNKNOWN else synsets.load().get(any_synset(wnid, "--wnid"))
        if synset and not synset.listed:
            raise BadInput(
                f"--wnid={wnid} ({', '.join(synset.words)}) has no pictures of its own in "
                f"ImageNet; see what is below it: ck list imagenet --under={wnid}"
            )
    return tuple(wnids)


def among(
    here: Iterable[str], wnids: Sequence[str], under: str = "", ilsvrc2012: bool = False
) -> list[str]:
    """Return those of the synsets that are `here` that a user means, in the order of wnids.

    Without `wnids` that is every synset, but not what no list has named. What else is given
    narrows it.

    Raises
    ------
    BadInput
        If something is no synset, or nothing is left.
    """
    here = set(here)
    named = with_pictures(wnids)
    for wnid in named:
        if wnid not in here:
            raise BadInput(
                f"no picture of {wnid} is here: get some with: ck download imagenet --wnid={wnid}"
            )
    catalogue = synsets.load()
    below = catalogue.under(any_synset(under)) if under else None
    labelled = {each.wnid for each in catalogue.synsets if each.ilsvrc2012 is not None}
    chosen = [
        wnid
        for wnid in sorted(named or here - {UNKNOWN})
        if (below is None or wnid in below) and (not ilsvrc2012 or wnid in labelled)
    ]
    if not chosen:
        raise BadInput(
            "no picture of such a synset is here; see ck list imagenet --downloaded-only"
        )
    return chosen


def any_synset(wnid: str, option: str = "--under") -> str:
    """Return `wnid` if it is a synset, or above one, in the hierarchy; raise BadInput otherwise."""
    catalogue = synsets.load()
    if catalogue.get(wnid):
        return wnid
    if is_wnid(wnid):
        raise BadInput(f"{option}={wnid}: ImageNet has no such synset; see ck list imagenet")
    matches = catalogue.search(wnid) if wnid.strip() else []
    if not matches:
        raise BadInput(
            f'{option}="{wnid}" is no wnid, which is an "n" and eight digits such as n01440764, '
            "and no synset has such words"
        )
    matches.sort(key=lambda each: wnid.lower() not in map(str.lower, each.words))
    shown = "".join(f"\n  {each.wnid}  {', '.join(each.words)}" for each in matches[:_MOST_SHOWN])
    if len(matches) > _MOST_SHOWN:
        shown += f'\n  … {len(matches)} in all: ck list imagenet --search="{wnid}" --words'
    raise BadInput(
        f'{option}="{wnid}" is no wnid. These synsets match:{shown}\n'
        f"Choose one, for example {option}={matches[0].wnid}"
    )
