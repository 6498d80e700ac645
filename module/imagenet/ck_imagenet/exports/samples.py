"""Samples for training: pictures with their classes and parts, as every layout gets them.

A class is a synset with the label that a model learns. A part is for training, validation or tests:
`Split` says which picture goes to which.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from contextlib import suppress
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import Any, Iterable, Iterator, NamedTuple, Sequence

from ..catalogue import synsets
from ..catalogue.synsets import Synset
from ..core.errors import BadInput
from ..core.known_hosts import is_altered
from ..core.text import ImageName
from ..core.url_lists import display_name
from ..storage.inventory import Inventory
from ..storage.records import Record
from ..storage.store import Store


class ImageClass(NamedTuple):
    """A synset as a class."""

    wnid: str
    label: int
    """Its position among the classes, as every reader counts the sorted folders of classes; of a
    set, among all classes of that."""
    ilsvrc2012: int | None
    words: tuple[str, ...]


def classes(wnids: Iterable[str], labelled: Iterable[str] = ()) -> list[ImageClass]:
    """Return the classes in the order of their wnids, which is that of their labels too.

    Parameters
    ----------
    wnids : iterable of str
        The classes.
    labelled : iterable of str, optional
        All classes that have labels, of which these are some; by default these alone.
    """
    catalogue, chosen = synsets.load(), sorted(set(wnids))
    labels = {wnid: label for label, wnid in enumerate(sorted(labelled) or chosen)}
    found = [catalogue.get(wnid) or Synset(wnid, None, (), (), None) for wnid in chosen]
    return [
        ImageClass(synset.wnid, labels[synset.wnid], synset.ilsvrc2012, synset.words)
        for synset in found
    ]


def has_ilsvrc2012(chosen: Iterable[ImageClass]) -> bool:
    """Say whether all classes have a label of ILSVRC2012."""
    return all(each.ilsvrc2012 is not None for each in chosen)


def words_of_ilsvrc2012() -> bytes:
    """Return the words of ILSVRC2012's labels, as `words_of` does."""
    labelled = [each for each in synsets.load().synsets if each.ilsvrc2012 is not None]
    return words_of(sorted(labelled, key=lambda each: each.ilsvrc2012 or 0))


def words_of(labelled: Iterable[ImageClass | Synset]) -> bytes:
    """Return the text of Caffe's `synset_words.txt`: wnid and words, a line for each label."""
    return "".join(f"{each.wnid} {', '.join(each.words)}\n" for each in labelled).encode()


def listed(chosen: Iterable[ImageClass]) -> bytes:
    """Return the text of `classes.txt`: label, wnid, words, ILSVRC2012's label; tabs between."""
    lines = (
        f"{each.label}\t{each.wnid}\t{', '.join(each.words)}"
        f"\t{'' if each.ilsvrc2012 is None else each.ilsvrc2012}\n"
        for each in chosen
    )
    return "".join(lines).encode()


_PART_NAMES = {2: ("train", "val"), 3: ("train", "val", "test")}
PARTS = _PART_NAMES[3]
"""All names that parts can have; one that is alone has none."""


SPLITS = {"": "train", "train": "train", "val": "validation", "test": "test"}
"""What readers call each part."""


class Split(NamedTuple):
    """The parts of a data set, by their names, with the share that each has of every class."""

    parts: dict[str, Fraction]
    seed: int

    @classmethod
    def parse(cls, text: str, seed: int) -> Split:
        """Return what `--split` says.

        Parameters
        ----------
        text : str
            Shares such as "0.8,0.2", or an empty text for one part without a name.
        seed : int
            Decides which picture goes to which part.

        Raises
        ------
        BadInput
            If it is anything else than two or three shares that make one whole.
        """
        if not text:
            return cls({"": Fraction(1)}, seed)
        written = text.split(",")
        shares = [Fraction(each) for each in written if re.fullmatch(r"0?\.[0-9]{1,6}", each)]
        names = _PART_NAMES.get(len(written), ())
        if len(shares) != len(names) or not all(shares) or sum(shares) != 1:
            raise BadInput(
                f'--split="{text}": write two or three shares whose sum is 1, for training, '
                "validation and tests, such as --split=0.8,0.2 or --split=0.8,0.1,0.1"
            )
        return cls(dict(zip(names, shares)), seed)

    def parts_of(self, names: Sequence[ImageName]) -> dict[ImageName, str]:
        """Return the part of each picture of a class, which must have one for each part at least.

        The seed alone decides, the same on every machine.
        """
        drawn = sorted(names, key=lambda name: shuffle_key(self.seed, name))
        parts = [
            part
            for part, count in zip(self.parts, _counts(len(names), list(self.parts.values())))
            for _ in range(count)
        ]
        return dict(zip(drawn, parts))


def shuffle_key(seed: int, name: ImageName) -> bytes:
    """Return by what pictures are sorted to shuffle them, the same on every machine.

    Parameters
    ----------
    seed : int
        Another seed gives another order.
    name : ImageName
        The picture.
    """
    return hashlib.sha256(f"{seed} {name}".encode()).digest()


def _counts(total: int, shares: Sequence[Fraction]) -> list[int]:
    """Divide `total` by shares as exactly as whole numbers can, none of them nothing."""
    counts = [max(1, int(share * total)) for share in shares]
    while sum(counts) > total:
        counts[counts.index(max(counts))] -= 1
    while sum(counts) < total:
        wanting = [share * total - count for share, count in zip(shares, counts)]
        counts[wanting.index(max(wanting))] += 1
    return counts


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
        told["source"] = display_name(told.get("source", "")) or None
        facts: dict[str, Any] = {
            "name": str(self.name),
            "wnid": self.name.wnid,
            "number": self.name.number,
            "label": self.image_class.label,
            "ilsvrc2012": self.image_class.ilsvrc2012,
            "words": ", ".join(self.image_class.words) or self.name.wnid,
            "split": SPLITS[self.part],
            "url": self.url or None,
        }
        told["altered"] = self.is_altered
        told.update(time=moment(told.get("time")), captured=moment(told.get("captured")))
        facts.update((column, told.get(column)) for column in COLUMNS if column not in facts)
        return facts


def moment(told: str | None) -> str | None:
    """Return a time if it has the form that records have today: those of others are unknown."""
    if told and len(told) == len("2026-11-26T22:22:00Z") and told.endswith("Z"):
        with suppress(ValueError):
            datetime.fromisoformat(told[:-1])
            return told
    return None


def counted_by_part(samples: Iterable[Sample]) -> dict[str, int]:
    """Return how many samples each part has, in the order of parts."""
    counts = Counter(sample.part for sample in samples)
    return {part: counts[part] for part in ("", *PARTS) if counts[part]}


class LeftOut(NamedTuple):
    """A picture that cannot be exported as it is wanted."""

    name: ImageName
    why: str


TIME_FORM = "%Y-%m-%dT%H:%M:%SZ"
"""How facts tell a time, as text: UTC, ISO 8601."""

COLUMNS: dict[str, type] = {
    "name": str,
    "wnid": str,
    "number": int,
    "label": ImageClass,
    "ilsvrc2012": int,
    "words": str,
    "split": str,
    "url": str,
    "final_url": str,
    "source": str,
    "captured": datetime,
    "time": datetime,
    "sha256": str,
    "bytes": int,
    "width": int,
    "height": int,
    "image_format": str,
    "altered": bool,
}
"""What a row of a table tells, and in which order; `ImageClass` is the label of one."""


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
                "or leave --unaltered out"
            )
        if len(here) < len(split.parts):
            raise BadInput(
                f"{image_class.wnid} has {len(here)} pictures here, too few for "
                f"{len(split.parts)} parts: download more, name other synsets, or leave --split "
                "out"
            )
        parts = split.parts_of([sample.name for sample in here])
        for sample in here:
            yield sample._replace(part=parts[sample.name])


def _here(store: Store, image_class: ImageClass) -> Iterator[Sample]:
    synset_store = store.synset(image_class.wnid)
    inventory = Inventory.of(synset_store)
    for number, path in inventory.pictures.items():
        try:
            status = path.stat()
        except FileNotFoundError:
            continue  # a download has just found that it is a placeholder
        record = inventory.saved.get(number)
        url = record.url if record and record.has_url else synset_store.url_of(number)
        yield Sample(
            name=ImageName(synset_store.wnid, number),
            path=path,
            size=status.st_size,
            time=status.st_mtime_ns,
            record=record,
            url=url,
            image_class=image_class,
        )
