"""The synsets of ImageNet, and which of them a user means.

The catalogue holds their words, their place in WordNet and their labels in ILSVRC2012. Its data are
rebuilt by `tools/build_catalogue.py` from WordNet 3.0 and from timm, as PyPI has it.
"""

from __future__ import annotations

import gzip
import re
import unicodedata
from bisect import bisect_left
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Collection, Iterable, Iterator, NamedTuple, Sequence

from ..core.errors import BadInput
from ..core.files import path_of
from ..core.options import refuse_together
from ..core.text import UNKNOWN, is_wnid

SYNSETS_FILE = Path(__file__).with_name("data") / "synsets.tsv.gz"

_WNID_LENGTH = len("n01440764")
_GIVEN_WORD = re.compile(r"[^\s,]+")
_SILENT = re.compile("['.\u2018\u2019\u0300-\u036f]")
_HYPHEN = re.compile("[-\u2010-\u2015]")
_NOT_OF_A_WORD = re.compile(r"[\W_]+")


class UnknownSynset(BadInput):
    """A wnid that is neither ImageNet's nor that of a synset above ImageNet's."""

    def __init__(self, wnid: str) -> None:
        super().__init__(
            f"{wnid} is neither a synset of ImageNet nor above one; search by words to find one"
        )
        self.wnid = wnid


class Synset(NamedTuple):
    """One meaning of a noun, as WordNet 3.0 has it.

    Attributes
    ----------
    wnid : `n` and the eight-digit offset in WordNet 3.0
    position : 0-based place among ImageNet's synsets in the order of wnids; None for a synset
        that is only above some of them
    words : the words for this meaning, in WordNet's order; other synsets may share them
    hypernyms : wnids of the synsets directly above; empty for the root alone
    ilsvrc2012 : label in ILSVRC2012, 0-999, or None
    """

    wnid: str
    position: int | None
    words: tuple[str, ...]
    hypernyms: tuple[str, ...]
    ilsvrc2012: int | None

    @property
    def listed(self) -> bool:
        """Whether the synset is one of ImageNet's, and not only above some of them."""
        return self.position is not None


class Catalogue:
    """ImageNet's synsets and those above them.

    Each is parsed when it is asked for: a run that needs one synset does not wait for all.

    Parameters
    ----------
    lines : sequence of str
        One synset each, in the order of wnids, as `SYNSETS_FILE` holds them.
    """

    def __init__(self, lines: Sequence[str]) -> None:
        self._lines = {line[:_WNID_LENGTH]: line for line in lines}
        self._listed = [line[:_WNID_LENGTH] for line in lines if line.endswith("\tyes")]

    @cached_property
    def synsets(self) -> Sequence[Synset]:
        """ImageNet's synsets in the order of wnids; each stands at its position."""
        return tuple(
            _read(self._lines[wnid], position) for position, wnid in enumerate(self._listed)
        )

    def get(self, wnid: str) -> Synset | None:
        """Return a synset of ImageNet, or above one, by its wnid; None if there is none."""
        line = self._lines.get(wnid)
        if not line:
            return None
        position = bisect_left(self._listed, wnid)
        return _read(line, position if wnid in self._listed[position : position + 1] else None)

    def search(self, text: str) -> list[Synset]:
        """Return ImageNet's synsets that have all words of `text`, in the order of wnids.

        Spaces or commas separate the words of `text`. Each must be a word of the synset, or the
        beginning of one, in any order: "great whi sha" finds the great white shark. Case, accents,
        apostrophes and full stops do not count. A hyphen may be written, left out, or be a space:
        "t-shirt", "tshirt" and "t shirt" find "T-shirt", "cassins" and "cassin" find "Cassin's
        kingbird". A text without a letter or a digit finds nothing.
        """
        wanted = [forms for forms in map(_forms, _GIVEN_WORD.findall(text)) if forms]
        if not wanted:
            return []
        return [
            synset
            for searchable, synset in zip(self._texts, self.synsets)
            if all(any(f" {form}" in searchable for form in forms) for forms in wanted)
        ]

    def under(self, wnid: str) -> frozenset[str]:
        """Return the wnids of ImageNet's synsets that are `wnid` or below it, by any path.

        Raises
        ------
        UnknownSynset
            If `wnid` is neither a synset of ImageNet nor above one.
        """
        if wnid not in self._lines:
            raise UnknownSynset(wnid)
        seen = {wnid}
        waiting = [wnid]
        while waiting:
            fresh = self._below.get(waiting.pop(), set()) - seen
            seen |= fresh
            waiting.extend(fresh)
        return frozenset(seen.intersection(self._listed))

    def directly_below(self, wnid: str) -> list[Synset]:
        """Return the synsets directly below `wnid`, ImageNet's or not, in the order of wnids."""
        below = map(self.get, sorted(self._below.get(wnid, ())))
        return [synset for synset in below if synset]

    def lineages(self, wnid: str) -> list[list[Synset]]:
        """Return every path in the hierarchy from its root to just above `wnid`."""
        synset = self.get(wnid)
        above = map(self.get, synset.hypernyms if synset else ())
        return [
            [*path, hypernym]
            for hypernym in above
            if hypernym
            for path in self.lineages(hypernym.wnid) or [[]]
        ]

    @cached_property
    def _below(self) -> dict[str, set[str]]:
        below: dict[str, set[str]] = {}
        for line in self._lines.values():
            synset = _read(line, None)
            for hypernym in synset.hypernyms:
                below.setdefault(hypernym, set()).add(synset.wnid)
        return below

    @cached_property
    def _texts(self) -> list[str]:
        return [_searchable(synset.words) for synset in self.synsets]


@lru_cache(maxsize=None)
def load() -> Catalogue:
    """Return the catalogue that comes with the library; read once a process."""
    with gzip.open(SYNSETS_FILE) as packed:
        return Catalogue(packed.read().decode("ascii").splitlines()[1:])


def _read(line: str, position: int | None) -> Synset:
    wnid, words, hypernyms, label, _ = line.split("\t")
    return Synset(
        wnid,
        position,
        tuple(words.split(", ")),
        tuple(hypernyms.split()),
        int(label) if label else None,
    )


def _searchable(words: Iterable[str]) -> str:
    """Return all forms of `words`, one a line, with a space before every word in them."""
    return "\n".join(f" {form}" for word in words for form in _forms(word))


def _forms(word: str) -> set[str]:
    """Return the forms of a word that are compared: hyphens as spaces, and left out."""
    plain = _SILENT.sub("", unicodedata.normalize("NFKD", word.casefold()))
    forms = (_NOT_OF_A_WORD.sub(" ", _HYPHEN.sub(gap, plain)).strip() for gap in (" ", ""))
    return set(filter(None, forms))


# Selection.

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
            "no synset meets all these conditions: ck-imagenet list shows what they leave"
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
        If one is not; for words instead of a wnid, the error tells the wnids that match.
    """
    for wnid in wnids:
        synset = None if wnid == UNKNOWN else load().get(any_synset(wnid, "--wnid"))
        if synset and not synset.listed:
            raise BadInput(
                f"--wnid={wnid} ({', '.join(synset.words)}) has no pictures of its own in "
                f"ImageNet; see what is below it: ck-imagenet list --under={wnid}"
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
        raise BadInput(f"nothing of {wnid} is here: see ck-imagenet list --downloaded-only")
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
        raise BadInput(f"{option}={wnid}: ImageNet has no such synset; see ck-imagenet list")
    matches = catalogue.search(wnid) if wnid.strip() else []
    if not matches:
        raise BadInput(
            f'{option}="{wnid}" is no wnid, which is an "n" and eight digits such as n01440764, '
            "and no synset has such words"
        )
    matches.sort(key=lambda each: wnid.lower() not in map(str.lower, each.words))
    shown = "".join(f"\n  {each.wnid}  {', '.join(each.words)}" for each in matches[:_MOST_MATCHES])
    if len(matches) > _MOST_MATCHES:
        shown += f'\n  … {len(matches)} in all: ck-imagenet list --search="{wnid}" --words'
    raise BadInput(
        f'{option}="{wnid}" is no wnid. These synsets match:{shown}\n'
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
        raise BadInput(f'--wnids="{file}" names no synset: write a wnid a line')
    for number, wnid in enumerate(lines, 1):
        try:
            yield from with_pictures([wnid] if wnid else [])
        except BadInput as error:
            raise BadInput(f'"{file}", line {number}: {error}') from None
