"""Classes for training: synsets with the labels that a model learns."""

from __future__ import annotations

from typing import Iterable, NamedTuple

from ..catalogue import synsets
from ..catalogue.synsets import Synset


class ImageClass(NamedTuple):
    """A synset as a class."""

    wnid: str
    label: int
    ilsvrc2012: int | None
    words: tuple[str, ...]


def classes(wnids: Iterable[str]) -> list[ImageClass]:
    """Return the classes in the order of their wnids, which is that of their labels too.

    Labels are those of ILSVRC2012 if all classes have one. Otherwise they are positions among
    these classes, for all of them: labels of both kinds would collide.
    """
    catalogue = synsets.load()
    chosen = [
        catalogue.get(wnid) or Synset(wnid, None, (), (), None) for wnid in sorted(set(wnids))
    ]
    labelled = all(synset.ilsvrc2012 is not None for synset in chosen)
    return [
        ImageClass(
            synset.wnid,
            synset.ilsvrc2012 if labelled and synset.ilsvrc2012 is not None else position,
            synset.ilsvrc2012,
            synset.words,
        )
        for position, synset in enumerate(chosen)
    ]


def listed(chosen: Iterable[ImageClass]) -> bytes:
    """Return the text of `classes.txt`: label, wnid and words, with tabs between."""
    lines = (f"{each.label}\t{each.wnid}\t{', '.join(each.words)}\n" for each in chosen)
    return "".join(lines).encode()
