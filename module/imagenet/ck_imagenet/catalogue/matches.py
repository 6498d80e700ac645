"""Words where a wnid is wanted: the synsets that have them, as people choose among them."""

from __future__ import annotations

import re
import shlex
import textwrap
from difflib import get_close_matches
from typing import Iterator

from ..core.errors import BadInput
from ..core.registries import one_of
from ..core.text import counted, visible
from .synsets import Synset, definition, load

_MOST_MATCHES = 8
"""Matches that are shown, the closest: more would not fit a screen with what they mean."""

MOST_COLUMNS = 80
"""Characters of a line, unless a terminal is narrower."""

_MATCHES_HEAD = "  wnid       below  words and meaning"
_MEANING_INDENT = " " * _MATCHES_HEAD.index("words")


_BARE_NUMBER = re.compile(r"[nN]?([0-9]{1,8})")
"""A wnid as people write it who have only its number, or an N."""


class NotAWnid(BadInput):
    """Words where a wnid is wanted; it shows the synsets that have these words.

    Parameters
    ----------
    option : str
        The option, as users type it.
    words : str
        What they have written for it.

    Attributes
    ----------
    option, words : str
        The same.
    matches : list of Synset
        The synsets that have these words, the closest first.
    """

    def __init__(self, option: str, words: str) -> None:
        self.option, self.words = option, words
        self.matches = load().closest(words)
        wnid = self.matches[0].wnid if self.matches else ""
        super().__init__(self.told(f"--wnid={wnid}", f"--under={wnid}"))

    def told(self, one: str, below: str, width: int = MOST_COLUMNS) -> str:
        """Return the matches and what to type for the closest, or that there is none.

        Parameters
        ----------
        one : str
            What to type for the closest match alone.
        below : str
            What to type for all below it too.
        width : int, optional
            Characters of a line.
        """
        lines = self._matching(one, below, width) if self.matches else self._unmatched()
        return "\n".join(lines)

    def _matching(self, one: str, below: str, width: int) -> Iterator[str]:
        closest, rest = self.matches[0], len(self.matches) - _MOST_MATCHES
        count = load().count_below(closest.wnid)
        verb = "matches" if len(self.matches) == 1 else "match"
        yield f"{self._written()}. {counted(len(self.matches), 'synset')} {verb}:"
        yield _MATCHES_HEAD
        for synset in self.matches[:_MOST_MATCHES]:
            yield from _described(synset, width)
        if rest > 0:
            words = shlex.quote(visible(self.words))
            yield f"  {rest} more: ck-imagenet list --search={words} --words"
        if closest.listed:
            yield f"Only {closest.wnid}:"
            yield f"  {one}"
        if count:
            below_it = f"the {counted(count, 'synset')} below"
            yield (
                f"{closest.wnid} and {below_it} it:"
                if closest.listed
                else (f"{below_it.capitalize()} {closest.wnid}:")
            )
            yield f"  {below}"

    def _unmatched(self) -> Iterator[str]:
        yield f"{self._written()}."
        number = _BARE_NUMBER.fullmatch(self.words)
        meant = load().get(f"n{int(number[1]):08}") if number else None
        if meant:
            yield f"Did you mean {meant.wnid} ({', '.join(meant.words)})?"
            return
        if not number:
            yield " ".join(["No synset has these words.", *similar(self.words)])
        yield 'A wnid, such as n01440764, is an "n" and eight digits'

    def _written(self) -> str:
        return f'{self.option}="{visible(self.words)}" is not a wnid'


def similar(words: str) -> Iterator[str]:
    """Yield a question about words of synsets that are much like these, if there are any."""
    known = {word for synset in load().synsets for word in synset.words}
    near = get_close_matches(words, known, n=3, cutoff=0.8)
    if near:
        yield f"Did you mean {one_of(near)}?"


def _described(synset: Synset, width: int) -> Iterator[str]:
    """Yield a synset's wnid, how many are below it, its words, and what it means."""
    line = f"  {synset.wnid}  {load().count_below(synset.wnid):5}  {', '.join(synset.words)}"
    yield line if len(line) <= width else f"{line[: width - 1]}…"
    yield from textwrap.wrap(
        definition(synset.wnid),
        max(width, 2 * len(_MEANING_INDENT)),
        initial_indent=_MEANING_INDENT,
        subsequent_indent=_MEANING_INDENT,
        max_lines=2,
        placeholder=" …",
    )
