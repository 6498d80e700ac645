"""The synsets of ImageNet: words, place in WordNet, labels in ILSVRC2012, and what each means.

The data are rebuilt by `tools/build_catalogue.py` from WordNet 3.0 and from timm, as PyPI has it.
"""

from __future__ import annotations

import gzip
import re
import unicodedata
from bisect import bisect_left
from collections import Counter
from functools import cached_property, lru_cache
from itertools import chain
from pathlib import Path
from typing import Iterable, Iterator, Mapping, NamedTuple, Sequence

from ..core.errors import BadInput

SYNSETS_FILE = Path(__file__).with_name("data") / "synsets.tsv.gz"
DEFINITIONS_FILE = SYNSETS_FILE.with_name("definitions.tsv.gz")
SETS_FILE = SYNSETS_FILE.with_name("sets.tsv")

_WNID_LENGTH = len("n01440764")
_GIVEN_WORD = re.compile(r"[^\s,]+")
_SILENT = re.compile("['.\u2018\u2019\u0300-\u036f]")
_HYPHEN = re.compile("[-\u2010-\u2015]")
_NOT_OF_A_WORD = re.compile(r"[\W_]+")
_PLURALS = (
    *(("men", "man"), ("ves", "f"), ("ves", "fe"), ("ies", "y"), ("ses", "s"), ("xes", "x")),
    *(("zes", "z"), ("ches", "ch"), ("shes", "sh"), ("mice", "mouse"), ("lice", "louse")),
    *(("geese", "goose"), ("teeth", "tooth"), ("feet", "foot"), ("children", "child"), ("s", "")),
)
"""How English plurals end, and what their singulars end in: WordNet's rules, and a few words."""


class UnknownSynset(BadInput):
    """A wnid that is neither ImageNet's nor that of a synset above ImageNet's."""

    def __init__(self, wnid: str) -> None:
        super().__init__(
            f"{wnid} is not a synset of ImageNet, and no synset is below it. Search by words: "
            "ck-imagenet list --search=WORDS --words"
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
        kingbird". A plural also finds its singular as a whole word: "dogs" finds "hunting dog". A
        text without a letter or a digit finds nothing.
        """
        return [synset for synset in self._found(text) if synset.listed]

    def closest(self, text: str) -> list[Synset]:
        """Return the synsets that `search` finds, and those above ImageNet's, the closest first.

        These are called so, then come those that have the words whole, and of both the ones first
        that have most synsets below them.
        """
        called = _forms(text)
        words = [_with_singulars(_forms(word)) for word in _GIVEN_WORD.findall(text)]

        def distance(synset: Synset) -> tuple[int, int]:
            forms = [_forms(word) for word in synset.words]
            whole = f" {' '.join(chain.from_iterable(forms))} "
            if any(called & each for each in forms):
                rank = 0
            elif any(_with_singulars(called) & each for each in forms):
                rank = 1
            else:
                rank = 2 if all(any(f" {w} " in whole for w in each) for each in words) else 3
            return rank, -self.count_below(synset.wnid)

        return sorted(self._found(text), key=distance)

    def _found(self, text: str) -> Iterator[Synset]:
        """Yield the synsets that have all words of `text`, those above ImageNet's among them."""
        wanted = [forms for forms in map(_forms, _GIVEN_WORD.findall(text)) if forms]
        parts = [
            [*(f" {form}" for form in forms), *(f" {each} " for each in _with_singulars(forms))]
            for forms in wanted
        ]
        for wnid, searchable in self._texts if wanted else ():
            if all(any(part in searchable for part in each) for each in parts):
                synset = self.get(wnid)
                if synset:
                    yield synset

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

    def count_below(self, wnid: str) -> int:
        """Return how many of ImageNet's synsets are below `wnid`, without itself."""
        return self._counts_below[wnid]

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
    def _counts_below(self) -> Counter[str]:
        above: dict[str, frozenset[str]] = {}

        def all_above(wnid: str) -> frozenset[str]:
            if wnid not in above:
                hypernyms = _read(self._lines[wnid], None).hypernyms
                above[wnid] = frozenset(hypernyms).union(*map(all_above, hypernyms))
            return above[wnid]

        return Counter(chain.from_iterable(map(all_above, self._listed)))

    @cached_property
    def _texts(self) -> list[tuple[str, str]]:
        return [(wnid, _searchable(_read(line, None).words)) for wnid, line in self._lines.items()]


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
    """Return all forms of `words`, one a line, with a space before and after every word in them."""
    return "\n".join(f" {form} " for word in words for form in _forms(word))


def _forms(word: str) -> set[str]:
    """Return the forms of a word that are compared: hyphens as spaces, and left out."""
    plain = _SILENT.sub("", unicodedata.normalize("NFKD", word.casefold()))
    forms = (_NOT_OF_A_WORD.sub(" ", _HYPHEN.sub(gap, plain)).strip() for gap in (" ", ""))
    return set(filter(None, forms))


def _with_singulars(forms: set[str]) -> set[str]:
    """Return forms of a word, and those of which they may be the plurals."""
    may_be = {
        f"{form[: -len(end)]}{singular}"
        for form in forms
        for end, singular in _PLURALS
        if form.endswith(end) and not form.endswith("ss")
    }
    return forms | may_be


@lru_cache(maxsize=None)
def members(name: str) -> tuple[str, ...]:
    """Return the wnids of a set that people train on, in the order of its labels."""
    rows = (row.split("\t") for row in SETS_FILE.read_text("ascii").splitlines()[1:])
    return tuple(wnid for set_, wnid in rows if set_ == name)


def definition(wnid: str) -> str:
    """Return what a synset means, as WordNet says it; empty if the catalogue has no such synset."""
    return _definitions().get(wnid, "")


@lru_cache(maxsize=None)
def _definitions() -> Mapping[str, str]:
    """Return what all synsets mean: in a file of its own, which most commands never read."""
    with gzip.open(DEFINITIONS_FILE) as packed:
        rows = packed.read().decode("ascii").splitlines()[1:]
    return dict(row.split("\t") for row in rows)
