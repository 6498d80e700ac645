"""Samples for training: pictures with their classes and parts, as every layout gets them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterable, Iterator, NamedTuple

from . import pictures
from .classes import ImageClass
from .errors import BadInput
from .names import ImageName
from .pictures import Known
from .splits import Split
from .store import Store


class Sample(NamedTuple):
    """A picture that is to be exported."""

    known: Known
    image_class: ImageClass
    part: str
    """Empty if there is but one part."""
    size: int
    """Of the file that is here, in bytes."""
    time: int
    """When it was written, in nanoseconds."""

    @property
    def name(self) -> ImageName:
        """The picture's name."""
        return self.known.name

    @property
    def path(self) -> Path:
        """The file that is here."""
        return self.known.path

    def facts(self) -> dict[str, Any]:
        """Return all that is known, by column; None stands for what nobody knows."""
        record = self.known.record
        told = record.facts() if record else {}
        facts: dict[str, Any] = {
            "name": str(self.name),
            "wnid": self.name.wnid,
            "number": self.name.number,
            "label": self.image_class.label,
            "ilsvrc2012": self.image_class.ilsvrc2012,
            "words": ", ".join(self.image_class.words),
            "url": self.known.url or None,
        }
        facts.update((column, told.get(column)) for column in COLUMNS if column not in facts)
        return facts


COLUMNS: dict[str, type] = {
    "name": str,
    "wnid": str,
    "number": int,
    "label": int,
    "ilsvrc2012": int,
    "words": str,
    "url": str,
    "final_url": str,
    "source": str,
    "captured": str,
    "time": str,
    "sha256": str,
    "bytes": int,
    "width": int,
    "height": int,
    "image_format": str,
}
"""What a row of a table tells, and in which order."""


def samples(
    store: Store, chosen: Iterable[ImageClass], split: Split, most: int | None
) -> Iterator[Sample]:
    """Yield the samples of all classes, in the order of their names.

    Parameters
    ----------
    store : Store
        Where the pictures are.
    chosen : iterable of ImageClass
        The classes.
    split : Split
        The parts.
    most : int or None
        How many pictures of a class at most: those with the smallest numbers.

    Raises
    ------
    BadInput
        If a class has fewer pictures than there are parts; before any of its samples.
    """
    for image_class in chosen:
        here = list(_here(store, image_class, most))
        if len(here) < len(split.parts):
            raise BadInput(
                f"{image_class.wnid} has {len(here)} pictures here, too few for "
                f"{len(split.parts)} parts: get more, name other synsets, or leave out --split"
            )
        parts = split.parts_of([known.name for known, _, _ in here])
        for known, size, time in here:
            yield Sample(known, image_class, parts[known.name], size, time)


def _here(
    store: Store, image_class: ImageClass, most: int | None
) -> Iterator[tuple[Known, int, int]]:
    place = store.synset(image_class.wnid)
    for known in list(pictures.known(place))[:most]:
        try:
            status = known.path.stat()
        except FileNotFoundError:
            continue  # a download has just found that it is a placeholder
        yield known, status.st_size, status.st_mtime_ns
