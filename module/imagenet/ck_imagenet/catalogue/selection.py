"""Which synsets a user means."""

from __future__ import annotations

from typing import Collection, Iterator, Sequence

from ..core.actions import DownloadOptions, ListOptions
from ..core.errors import BadInput
from ..core.files import path_of
from ..core.names import UNKNOWN, is_wnid
from ..core.options import refuse_together
from . import synsets
from .synsets import Synset

MANY = 100
"""Synsets of which more mean so much that it is told before."""

_MOST_SHOWN = 20

_LARGEST_FILE = 2**22
"""Bytes of a file of wnids: those of all synsets are a twentieth of it."""


def chosen(options: DownloadOptions) -> tuple[str, ...]:
    """Return the synsets to download, none if the options say nothing of synsets.

    Conditions choose among those that are named; without any, among all of ImageNet.

    Raises
    ------
    BadInput
        If one that is named is none, or if none meets the conditions.
    """
    if options.all:
        refuse_together(options, "all", "wnid", "wnids")
    if options.all and options.urls:
        raise BadInput(
            "--all wants the lists of all synsets: make an archive of that file, with "
            f"ck geturls imagenet --all --archive={options.urls}, and leave --urls out"
        )
    named = (*with_pictures(options.wnid), *_written(options.wnids))
    if not (options.all or is_narrowed(options)):
        return tuple(dict.fromkeys(named))
    met = meeting(options.search, options.under, options.ilsvrc2012, options.lower, options.upper)
    wnids = {synset.wnid: None for synset in met}
    if named:
        wnids = {wnid: None for wnid in named if wnid in wnids}
    if not wnids:
        raise BadInput(
            "no synset meets all these conditions: ck list imagenet shows what they leave"
        )
    return tuple(wnids)


def is_narrowed(options: ListOptions | DownloadOptions) -> bool:
    """Say whether the options have conditions that not every synset meets."""
    conditions = (options.search, options.under, options.ilsvrc2012, options.lower)
    return any(conditions) or options.upper is not None


def meeting(
    search: str = "",
    under: str = "",
    ilsvrc2012: bool = False,
    lower: int = 0,
    upper: int | None = None,
) -> list[Synset]:
    """Return ImageNet's synsets that meet all conditions, in the order of wnids.

    Parameters
    ----------
    search, under : str, optional
        The words that they must have, and what they must be below.
    ilsvrc2012 : bool, optional
        Whether they must be of ILSVRC2012.
    lower, upper : int, optional
        Their first and their last position.

    Raises
    ------
    BadInput
        If a position or `under` is none.
    """
    catalogue = synsets.load()
    highest = len(catalogue.synsets) - 1
    last = highest if upper is None else upper
    if lower > min(last, highest):
        raise BadInput(
            f"no position from --lower={lower} to --upper={last}: positions run from 0 to {highest}"
        )
    below = catalogue.under(any_synset(under)) if under else None
    return [
        synset
        for synset in (catalogue.search(search) if search else catalogue.synsets)
        if lower <= (synset.position or 0) <= last
        and (below is None or synset.wnid in below)
        and not (ilsvrc2012 and synset.ilsvrc2012 is None)
    ]


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
    here: Collection[str],
    wnids: Sequence[str] = (),
    under: str = "",
    search: str = "",
    ilsvrc2012: bool = False,
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
    ilsvrc2012 : bool, optional
        Whether they must be of ILSVRC2012.

    Raises
    ------
    BadInput
        If one is named that is not here, or that is none.
    """
    for wnid in with_pictures([wnid for wnid in wnids if wnid not in here]):
        raise BadInput(f"nothing of {wnid} is here: see ck list imagenet --downloaded-only")
    if not (under or search or ilsvrc2012):
        return list(wnids or here)
    found = {synset.wnid for synset in meeting(search, under, ilsvrc2012)}
    return [wnid for wnid in wnids or here if wnid in found]


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


def _written(file: str) -> Iterator[str]:
    """Yield the wnids in a file of the user's, if one is given: a line each."""
    if not file:
        return
    try:
        with path_of("--wnids", file).open("rb") as stream:
            data = stream.read(_LARGEST_FILE + 1)
    except OSError as error:
        raise BadInput(f'--wnids="{file}" cannot be read: {error.strerror}') from None
    text = data.decode("utf-8-sig", "replace")
    lines = [line.partition("#")[0].strip() for line in text.splitlines()]
    if not any(lines) or len(data) > _LARGEST_FILE:
        raise BadInput(f'--wnids="{file}" names no synset: write a wnid a line')
    for number, wnid in enumerate(lines, 1):
        try:
            yield from with_pictures([wnid] if wnid else [])
        except BadInput as error:
            raise BadInput(f'"{file}", line {number}: {error}') from None
