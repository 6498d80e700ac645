"""Which synsets a user means."""

from __future__ import annotations

from typing import Collection, Sequence

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
    here: Collection[str], wnids: Sequence[str] = (), under: str = "", search: str = ""
) -> list[str]:
    """Return which of the synsets that are here are meant: by default all.

    Parameters
    ----------
    here : collection of str
        The synsets to choose from.
    wnids : sequence of str, optional
        Those that are named.
    under, search : str, optional
        What they must be below, and the words that they must have.

    Raises
    ------
    BadInput
        If one is named that is not here, or that is none.
    """
    for wnid in with_pictures([wnid for wnid in wnids if wnid not in here]):
        raise BadInput(f"nothing of {wnid} is here: see ck list imagenet --downloaded-only")
    catalogue = synsets.load()
    chosen = list(wnids or here)
    if under:
        below = catalogue.under(any_synset(under))
        chosen = [wnid for wnid in chosen if wnid in below]
    if search:
        found = {synset.wnid for synset in catalogue.search(search)}
        chosen = [wnid for wnid in chosen if wnid in found]
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
