"""Which synsets a user means: those that are named, and those that meet conditions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Collection, Iterator, Sequence

from ..core.errors import BadInput
from ..core.files import path_of
from ..core.options import refuse_together
from ..core.text import UNKNOWN, is_wnid
from .synsets import Synset, load

MANY = 100
"""Synsets; for more of them, the user is told beforehand how much work they mean."""

_MOST_MATCHES = 20

_LARGEST_FILE = 2**22
"""Bytes of a file of wnids: all synsets take a twentieth of it."""


@dataclass(frozen=True)
class Selection:
    """The options that say which synsets are meant."""

    wnid: tuple[str, ...] = ()
    wnids: str = ""
    """A file that names them."""
    all: bool = False
    under: str = ""
    search: str = ""
    ilsvrc2012: bool = False
    lower: int = 0
    upper: int | None = None

    @property
    def is_narrowed(self) -> bool:
        """Whether there are conditions that not every synset meets."""
        conditions = (self.search, self.under, self.ilsvrc2012, self.lower)
        return any(conditions) or self.upper is not None


def chosen(wanted: Selection) -> tuple[str, ...]:
    """Return the synsets that are meant, none if nothing is said of synsets.

    Conditions choose among the synsets that are named, or among all of ImageNet if none is.

    Raises
    ------
    BadInput
        If a name is no synset, or if no synset meets the conditions.
    """
    if wanted.all:
        refuse_together(wanted, "all", "wnid", "wnids")
    named = (*with_pictures(wanted.wnid), *_wnids_in_file(wanted.wnids))
    if not (wanted.all or wanted.is_narrowed):
        return tuple(dict.fromkeys(named))
    met = matching(wanted.search, wanted.under, wanted.ilsvrc2012, wanted.lower, wanted.upper)
    wnids = {synset.wnid: None for synset in met}
    if named:
        wnids = {wnid: None for wnid in named if wnid in wnids}
    if not wnids:
        raise BadInput(
            "no synset meets all these conditions. Try fewer of them with: ck-imagenet list"
        )
    return tuple(wnids)


def matching(
    search: str = "",
    under: str = "",
    ilsvrc2012: bool = False,
    lower: int = 0,
    upper: int | None = None,
) -> list[Synset]:
    """Return ImageNet's synsets that meet all conditions, in the order of wnids.

    Parameters
    ----------
    search : str, optional
        The words that they must have, as for `Catalogue.search`.
    under : str, optional
        The wnid that they must be, or be below.
    ilsvrc2012 : bool, optional
        Whether they must be of ILSVRC2012.
    lower, upper : int, optional
        The first and the last position, from 0; both are included.

    Raises
    ------
    BadInput
        If there are no such positions, or if `under` is no synset.
    """
    catalogue = load()
    highest = len(catalogue.synsets) - 1
    last = highest if upper is None else upper
    if lower > min(last, highest):
        raise BadInput(
            f"there is no position from --lower={lower} to --upper={last}: positions go from "
            f"0 to {highest}"
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
        If one is not; for words instead of a wnid, the error tells the wnids that match.
    """
    for wnid in wnids:
        synset = None if wnid == UNKNOWN else load().get(any_synset(wnid, "--wnid"))
        if synset and not synset.listed:
            raise BadInput(
                f"--wnid={wnid} ({', '.join(synset.words)}) has no pictures of its own in "
                f"ImageNet. See the synsets below it: ck-imagenet list --under={wnid}"
            )
    return tuple(wnids)


def among(
    here: Collection[str],
    wnids: Sequence[str] = (),
    under: str = "",
    search: str = "",
    ilsvrc2012: bool = False,
) -> list[str]:
    """Return those of the synsets that are here which the user means, by default all.

    Parameters
    ----------
    here : collection of str
        The synsets to choose from.
    wnids : sequence of str, optional
        The synsets that are named.
    under : str, optional
        The wnid that they must be, or be below.
    search : str, optional
        The words that they must have, as for `Catalogue.search`.
    ilsvrc2012 : bool, optional
        Whether they must be of ILSVRC2012.

    Raises
    ------
    BadInput
        If a synset that is named is not here, or if a name is no synset.
    """
    for wnid in with_pictures([wnid for wnid in wnids if wnid not in here]):
        raise BadInput(
            f"no pictures of {wnid} are here. See which synsets have some: ck-imagenet list "
            "--downloaded-only"
        )
    if not (under or search or ilsvrc2012):
        return list(wnids or here)
    found = {synset.wnid for synset in matching(search, under, ilsvrc2012)}
    return [wnid for wnid in wnids or here if wnid in found]


def any_synset(wnid: str, option: str = "--under") -> str:
    """Return `wnid` if it is a synset of ImageNet, or above one.

    Parameters
    ----------
    wnid : str
        What the user has written.
    option : str, optional
        The option that it was written for, for the error.

    Raises
    ------
    BadInput
        If it is none; for words, the error tells the wnids that match.
    """
    catalogue = load()
    if catalogue.get(wnid):
        return wnid
    if is_wnid(wnid):
        raise BadInput(
            f"{option}={wnid}: ImageNet has no such synset. See all synsets: ck-imagenet list"
        )
    matches = catalogue.search(wnid) if wnid.strip() else []
    if not matches:
        raise BadInput(
            f'{option}="{wnid}" is not a wnid, and no synset has these words. A wnid is an "n" '
            "and eight digits, such as n01440764"
        )
    matches.sort(key=lambda each: wnid.lower() not in map(str.lower, each.words))
    shown = "".join(f"\n  {each.wnid}  {', '.join(each.words)}" for each in matches[:_MOST_MATCHES])
    if len(matches) > _MOST_MATCHES:
        shown += f'\n  … {len(matches)} in all: ck-imagenet list --search="{wnid}" --words'
    raise BadInput(
        f'{option}="{wnid}" is not a wnid. These synsets match:{shown}\n'
        f"Choose one, for example {option}={matches[0].wnid}"
    )


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
