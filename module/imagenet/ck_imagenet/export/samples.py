"""Samples for training: pictures with their classes and parts, as every layout gets them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Iterable, Iterator, NamedTuple

from ..core.errors import BadInput
from ..core.names import ImageName
from ..core.successors import is_altered
from ..core.url_lists import called
from ..storage.holdings import Holding
from ..storage.journal import Record
from ..storage.store import Store
from .classes import ImageClass
from .splits import Split


class Sample(NamedTuple):
    """A picture that is to be exported."""

    name: ImageName
    path: Path
    """The file that is here."""
    size: int
    """Of this file, in bytes."""
    time: int
    """When it was written, in nanoseconds."""
    record: Record | None
    """What the journal tells; nothing of a picture that no run of this program has seen."""
    url: str
    """As lists have it; empty if nobody knows it."""
    image_class: ImageClass
    part: str = ""
    """Empty if there is but one part."""

    @property
    def is_altered(self) -> bool:
        """Whether it comes from a host that is known to give altered copies.

        Records tell, and where an earlier version wrote them, what is known of the host today.
        """
        told = self.record
        return bool(told and (told.altered or is_altered(told.final_url or told.url)))

    def facts(self) -> dict[str, Any]:
        """Return all that is known, by column; None stands for what nobody knows."""
        told = self.record.facts() if self.record else {}
        told["source"] = called(told.get("source", "")) or None
        facts: dict[str, Any] = {
            "name": str(self.name),
            "wnid": self.name.wnid,
            "number": self.name.number,
            "label": self.image_class.label,
            "ilsvrc2012": self.image_class.ilsvrc2012,
            "words": ", ".join(self.image_class.words),
            "url": self.url or None,
        }
        told["altered"] = self.is_altered or None
        facts.update((column, told.get(column)) for column in COLUMNS if column not in facts)
        return facts


class LeftOut(NamedTuple):
    """A picture that cannot be exported as it is wanted."""

    name: ImageName
    why: str


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
    "altered": bool,
}
"""What a row of a table tells, and in which order."""


def samples(
    store: Store,
    chosen: Iterable[ImageClass],
    split: Split,
    most: int | None,
    unaltered: bool = False,
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
    unaltered : bool
        Whether to leave out what comes from hosts that are known to give altered copies.

    Raises
    ------
    BadInput
        If a class has fewer pictures than there are parts; before any of its samples.
    """
    for image_class in chosen:
        every = list(_here(store, image_class))
        here = [sample for sample in every if not (unaltered and sample.is_altered)][:most]
        if every and not here:
            raise BadInput(
                f"all pictures of {image_class.wnid} here are altered copies: name other synsets, "
                "or leave out --unaltered"
            )
        if len(here) < len(split.parts):
            raise BadInput(
                f"{image_class.wnid} has {len(here)} pictures here, too few for "
                f"{len(split.parts)} parts: get more, name other synsets, or leave out --split"
            )
        parts = split.parts_of([sample.name for sample in here])
        for sample in here:
            yield sample._replace(part=parts[sample.name])


def _here(store: Store, image_class: ImageClass) -> Iterator[Sample]:
    place = store.synset(image_class.wnid)
    holding = Holding.of(place)
    for number, path in holding.pictures.items():
        try:
            status = path.stat()
        except FileNotFoundError:
            continue  # a download has just found that it is a placeholder
        record = holding.saved.get(number)
        url = record.url if record and record.has_url else place.url_of(number)
        yield Sample(
            name=ImageName(place.wnid, number),
            path=path,
            size=status.st_size,
            time=status.st_mtime_ns,
            record=record,
            url=url,
            image_class=image_class,
        )
