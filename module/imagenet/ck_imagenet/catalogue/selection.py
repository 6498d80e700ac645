"""Which synsets a user means: those that are named, and those that meet conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Collection, Iterator, Sequence

from ..core.errors import BadInput
from ..core.files import path_of
from ..core.text import UNKNOWN, is_wnid, visible
from .matches import NotAWnid, similar
from .synsets import Synset, load, members

MANY = 100
"""Synsets; for more of them, the user is told beforehand how much work they mean."""

_LARGEST_FILE = 2**22
"""Bytes of a file of wnids: all synsets take a twentieth of it."""


@dataclass(frozen=True)
class Selection:
    """The options that say which synsets are meant."""

    wnid: tuple[str, ...] = ()
    wnids: str = ""
    """A file that names them."""
    under: tuple[str, ...] = ()
    search: str = ""
    ilsvrc2012: bool = False
    set: str = ""
    lower: int = 0
    upper: int | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether there are conditions that not every synset meets."""
        conditions = (self.search, self.under, self.ilsvrc2012, self.set, self.lower)
        return any(conditions) or self.upper is not None


WHATEVER = Selection()
"""Says nothing, and so leaves all."""


def chosen(wanted: Selection, *, everything: bool = False) -> tuple[str, ...]:
    """Return the synsets that are meant, none if nothing is said of synsets.

    Conditions choose among the synsets that are named, or among all of ImageNet if none is.

    Parameters
    ----------
    wanted : Selection
        The synsets that are named, and the conditions.
    everything : bool, optional
        Whether all of ImageNet is meant if nothing is said.

    Raises
    ------
    BadInput
        If a name is no synset, or if no synset meets the conditions.
    """
    named = (*with_pictures(wanted.wnid), *_wnids_in_file(wanted.wnids))
    if not (everything or wanted.is_narrowed):
        return tuple(dict.fromkeys(named))
    wnids = {synset.wnid: None for synset in matching(wanted)}
    if named:
        wnids = {wnid: None for wnid in named if wnid in wnids}
    if not wnids:
        raise BadInput(nothing_meets(wanted))
    return tuple(wnids)


def nothing_meets(wanted: Selection) -> str:
    """Return why no synset meets conditions."""
    if wanted.search and not load().search(wanted.search):
        said = f'--search="{visible(wanted.search)}": no synset has these words.'
        return " ".join([said, *similar(wanted.search)])
    return "no synset meets all these conditions: leave one out"


def matching(wanted: Selection) -> list[Synset]:
    """Return ImageNet's synsets that meet all conditions, in the order of wnids.

    Raises
    ------
    BadInput
        If there are no such positions, or if `under` is no synset.
    """
    if is_wnid(wanted.search.strip()):
        raise BadInput(
            f"--search={wanted.search} is a wnid, and --search finds words: write "
            f"--wnid={wanted.search}, or --under={wanted.search} for all below it too"
        )
    catalogue = load()
    highest = len(catalogue.synsets) - 1
    last = highest if wanted.upper is None else wanted.upper
    if wanted.lower > min(last, highest):
        raise BadInput(
            f"there is no position from --lower={wanted.lower} to --upper={last}: positions go "
            f"from 0 to {highest}"
        )
    tops = [any_synset(wnid).wnid for wnid in wanted.under]
    below = {wnid for top in tops for wnid in catalogue.under(top)}
    of_set = frozenset(members(wanted.set)) if wanted.set else None
    return [
        synset
        for synset in (catalogue.search(wanted.search) if wanted.search else catalogue.synsets)
        if wanted.lower <= (synset.position or 0) <= last
        and (not tops or synset.wnid in below)
        and (of_set is None or synset.wnid in of_set)
        and not (wanted.ilsvrc2012 and synset.ilsvrc2012 is None)
    ]


def with_pictures(wnids: Sequence[str]) -> tuple[str, ...]:
    """Return `wnids` if each is a synset that ImageNet lists, or `unknown`.

    Raises
    ------
    BadInput
        If one is not; for words instead of a wnid, the error tells the wnids that match.
    """
    for wnid in wnids:
        synset = None if wnid == UNKNOWN else any_synset(wnid, "--wnid")
        if synset and not synset.listed:
            raise BadInput(
                f"--wnid={wnid} ({', '.join(synset.words)}) has no pictures of its own in "
                f"ImageNet. See the synsets below it: ck-imagenet list --under={wnid}"
            )
    return tuple(wnids)


def among(here: Collection[str], wanted: Selection) -> list[str]:
    """Return those of the synsets that are here which the user means, by default all.

    Parameters
    ----------
    here : collection of str
        The synsets to choose from.
    wanted : Selection
        The synsets that are named, and the conditions.

    Raises
    ------
    BadInput
        If a synset that is named is not here, or if a name is no synset.
    """
    for wnid in with_pictures([wnid for wnid in wanted.wnid if wnid not in here]):
        raise BadInput(
            f"no pictures of {wnid} are here. See which synsets have some: ck-imagenet list "
            "--downloaded-only"
        )
    named = wanted.wnid or here
    if not wanted.is_narrowed:
        return list(named)
    found = {synset.wnid for synset in matching(wanted)}
    return [wnid for wnid in named if wnid in found]


def some_among(here: Collection[str], wanted: Selection) -> list[str]:
    """Return the same, but raise BadInput if nothing is here of what meets the conditions.

    Parameters
    ----------
    here, wanted : collection of str, Selection
        As of `among`.
    """
    found = among(here, wanted)
    if wanted.is_narrowed and not found:
        raise BadInput(nothing_here(wanted))
    return found


def nothing_here(wanted: Selection) -> str:
    """Return what a person is told where nothing is here of the synsets that were chosen."""
    if wanted == WHATEVER:
        return "no pictures are here yet. Begin with: ck-imagenet download --wnid=n01440764"
    if not wanted.wnid and not matching(wanted):
        return nothing_meets(wanted)
    return (
        "no pictures of these synsets are here. See which synsets have some: ck-imagenet list "
        "--downloaded-only"
    )


def any_synset(wnid: str, option: str = "--under") -> Synset:
    """Return a synset of ImageNet, or above one.

    Parameters
    ----------
    wnid : str
        What the user has written.
    option : str, optional
        The option that it was written for, for the error.

    Raises
    ------
    NotAWnid
        If it is words: the error has the synsets that match.
    BadInput
        If there is no such synset.
    """
    synset = load().get(wnid)
    if synset:
        return synset
    if is_wnid(wnid):
        raise BadInput(
            f"{option}={wnid}: ImageNet has no such synset. See all synsets: ck-imagenet list"
        )
    raise NotAWnid(option, wnid)


def _wnids_in_file(file: str) -> Iterator[str]:
    """Yield the wnids in the user's file, one a line, if a file is given."""
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
        raise BadInput(f'--wnids="{file}" has no synset: write one wnid on each line')
    for number, wnid in enumerate(lines, 1):
        try:
            yield from with_pictures([wnid] if wnid else [])
        except BadInput as error:
            raise BadInput(f'"{file}", line {number}: {error}') from None
