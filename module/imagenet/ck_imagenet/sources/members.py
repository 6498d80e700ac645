"""Pictures in a copy of ImageNet: what their names, folders, companions and labels tell of them.

folders, tars, zips ──► files ──► pictures of synsets, and what is odd
                            ▲
          labels: what a file beside them tells
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from typing import Collection, Iterable, Iterator, Union

from ..core.files import json_object
from ..core.text import (
    UNNAMED,
    VALIDATION,
    ImageName,
    is_wnid,
    parse_image_name,
    visible,
)
from ..images.decoding import MOST_BYTES
from ..images.formats import SUFFIXES
from . import tars
from .labels import NO_LABELS, Labels
from .tars import File, Skipped, SkipReason

_CLASS_TAR = re.compile(r"(n[0-9]{8})\.tar")

_WITH_SYNSET = re.compile(r"(.+)_(n[0-9]{8})")
"""A name, and behind it the synset, as the hub's copy of ILSVRC2012 has them."""

_VALIDATED = re.compile(r"ILSVRC2012_val_([0-9]{8})")

_LABELS = ("cls", "json", "wnid", "synset")
"""Companions that can tell a picture's synset."""

_COMPANIONS = frozenset(
    (*_LABELS, "class", "id", "idx", "index", "key", "label", "labels", "meta", "name", "text")
) | {"caption", "txt", "url", "xml"}
"""What the files about a picture end with: in the shards of WebDataset, and ImageNet's boxes."""

_MOST_SAID = 2**16
"""Bytes of a companion."""

_LABEL_NUMBER = re.compile(r"[0-9]{1,9}")


class Member:
    """A picture in a copy, as far as its name tells.

    Parameters
    ----------
    name : ImageName
        Its name.
    file : File
        Its file, whose bytes are to be had as long as nothing else has been asked of the copy.
    data : bytes, optional
        They, if they have been read.
    """

    def __init__(self, name: ImageName, file: File, data: bytes | None = None) -> None:
        self.name = name
        self._file = file
        self._data = data
        self.original = file.original

    @property
    def damage(self) -> SkipReason | None:
        """What is wrong with its bytes, when they have been read, if that is told nowhere else."""
        return self._file.body.damage

    def read(self) -> bytes | None:
        """Return all its bytes, or None if the copy has not all of them."""
        return _read(self._file) if self._data is None else self._data


Found = Union[Member, Skipped, str]
"""A picture; or what is none; or a synset of which all has been found."""


def pictures(
    files: Iterable[File | Skipped], wnids: Collection[str], labels: Labels = NO_LABELS
) -> Iterator[Found]:
    """Yield the pictures among files, and in the tars of classes among them.

    Parameters
    ----------
    files : iterable of File or Skipped
        What is in a copy; it is read no further than needed.
    wnids : collection of str
        The synsets that are wanted; the tars of others are passed over.
    labels : Labels, optional
        What is told of pictures whose names do not tell their synset.
    """
    missing = set(wnids)
    samples = _Samples(wnids, labels)
    for file in files:
        inner = "" if isinstance(file, Skipped) else _wnid_of_tar(file)
        if isinstance(file, Skipped) or not inner:
            yield from samples.take(file)
        elif inner in wnids:
            yield from samples.end()
            yield from _within(file, inner, labels)
            missing.discard(inner)
            if not missing:
                return
    yield from samples.end()


def _within(file: File, wnid: str, labels: Labels) -> Iterator[Found]:
    """Yield the pictures in the tar of a class."""
    samples, what = _Samples((wnid,), labels), file.path
    try:
        with file.body.opened() as body:
            for each in tars.files(body, what):
                yield from samples.take(each)
            yield from samples.end()
    except OSError:
        yield Skipped(what, SkipReason.UNREADABLE)
    yield wnid


class _Samples:
    """Takes files in their order, and gives the picture that each sample of them holds.

    A sample is what is called alike up to the first point, as in the shards of WebDataset. Most
    pictures say by their own names what they are. One that does not is held until its sample ends.
    """

    def __init__(self, wnids: Collection[str], labels: Labels) -> None:
        self._wnids = wnids
        self._labels = labels
        self._key = ""
        self._begin()

    def take(self, file: File | Skipped) -> Iterator[Found]:
        """Take the next file, and yield what is known by now."""
        if isinstance(file, Skipped):
            yield file
            return
        folder, _, name = file.path.rpartition("/")
        key, _, extension = name.partition(".")
        if f"{folder}/{key}" != self._key:
            yield from self.end()
            self._key = f"{folder}/{key}"
        extension = extension.rpartition(".")[2].lower()
        if file.fault or file.leads_out:
            yield Skipped(file.path, file.fault or SkipReason.OUTSIDE)
        elif f".{extension}" in SUFFIXES:
            yield from self._take_picture(file)
        elif extension in _COMPANIONS and key:
            self._take_companion(file, extension)
        else:
            yield Skipped(file.path, SkipReason.OTHER_NAME)

    def end(self) -> Iterator[Found]:
        """Yield what the sample holds that was begun last."""
        file, data = self._picture or (None, None)
        if file:
            named = self._told(file) if self._companion else None
            is_of_validation = _VALIDATED.match(file.parts[-1])
            if named is None and not is_of_validation:
                yield Skipped(file.path, SkipReason.OTHER_NAME)
            else:
                yield self._of(file, named or "", data)
        elif self._companion and not self._has_picture:
            yield Skipped(self._companion, SkipReason.OTHER_NAME)
        self._key = ""
        self._begin()

    def _begin(self) -> None:
        self._picture: tuple[File, bytes | None] | None = None
        self._has_picture = False
        self._companion = ""
        self._said: dict[str, bytes] = {}

    def _take_companion(self, file: File, extension: str) -> None:
        self._companion = self._companion or file.path
        stem = file.parts[-1].partition(".")[0]
        is_named = parse_image_name(stem) is not None
        if is_named or _VALIDATED.fullmatch(stem):
            self._has_picture = True  # be it in another folder
        if not is_named and extension in _LABELS and file.size <= _MOST_SAID:
            self._said.setdefault(extension, file.body.read(file.size))

    def _take_picture(self, file: File) -> Iterator[Found]:
        stem = file.parts[-1].rpartition(".")[0]
        named = self._named(stem, file.parts[:-1])
        self._has_picture = True
        if named is not None:
            yield self._of(file, named, None)
        elif self._picture or stem.startswith((".", "ILSVRC2012_test_")):
            yield Skipped(file.path, SkipReason.OTHER_NAME)
        else:
            self._picture = file, None if file.body.can_wait else _read(file)

    def _named(self, stem: str, folders: list[str]) -> ImageName | str | None:
        """Return a picture's name, or at least its synset, if name, labels or folders tell it."""
        parsed = parse_image_name(stem)
        if parsed:
            return parsed
        if stem.startswith("."):
            return None
        behind = _WITH_SYNSET.fullmatch(stem)
        parsed = parse_image_name(behind.group(1)) if behind else None
        if parsed:
            return parsed
        told = self._labels.of_names.get(stem) or (behind.group(2) if behind else "")
        wnid = told or next(filter(is_wnid, reversed(folders)), "")
        return _of_validation(stem, wnid) if wnid else None

    def _told(self, file: File) -> ImageName | str:
        """Return what companions tell of a picture: its name, its synset, or nothing."""
        facts = json_object(self._said.get("json", b"")) or {}
        path = str(facts.get("filename") or facts.get("file_name") or "")
        parts = path.split("/")
        named = self._named(parts[-1].rpartition(".")[0], parts[:-1])
        if named:
            return named
        told = [facts.get(key) for key in ("wnid", "synset", "synset_id", "class_id")]
        told += [
            self._said[each].decode("ascii", "replace") for each in _LABELS if each in self._said
        ]
        told += [facts.get(key) for key in ("label", "cls")]
        for each in told:
            text = "" if isinstance(each, bool) or each is None else str(each).strip()
            wnid = text if is_wnid(text) else self._labelled(text)
            if wnid:
                own = parts[-1] if _VALIDATED.match(parts[-1]) else file.parts[-1]
                return _of_validation(own, wnid)
        return ""

    def _labelled(self, text: str) -> str:
        index = int(text) if _LABEL_NUMBER.fullmatch(text) else len(self._labels.classes)
        return self._labels.classes[index] if index < len(self._labels.classes) else ""

    def _of(self, file: File, named: ImageName | str, data: bytes | None) -> Found:
        """Return the picture in a file, or why it is none of those that are wanted."""
        wnid = named.wnid if isinstance(named, ImageName) else named
        if not wnid:
            return Skipped(file.path, SkipReason.NO_LABEL)
        if wnid not in self._wnids:
            return Skipped(file.path, SkipReason.OTHER_SYNSET)
        if file.size > MOST_BYTES:
            return Skipped(file.path, SkipReason.TOO_LARGE)
        if isinstance(named, ImageName):
            return Member(named, file, data)
        data = _read(file) if data is None else data
        if data is None:
            return Skipped(file.path, file.body.damage or SkipReason.CUT)
        return Member(ImageName(wnid, _number(data)), file, data)


def _of_validation(stem: str, wnid: str) -> ImageName | str:
    """Return the name of a picture of ILSVRC2012's validation; of another one, its synset."""
    number = _VALIDATED.match(stem)
    return ImageName(wnid, VALIDATION + int(number.group(1))) if number else wnid


def _wnid_of_tar(file: File) -> str:
    """Return the synset whose tar a file is by its name, or an empty text."""
    found = _CLASS_TAR.fullmatch(file.parts[-1])
    return found.group(1) if found and not (file.fault or file.leads_out) else ""


def _read(file: File) -> bytes | None:
    """Return the bytes of a file, None if they are not all there or too many for a picture."""
    data = file.body.read(min(file.size, MOST_BYTES))
    return None if file.body.is_cut or file.size > MOST_BYTES else data


def _number(data: bytes) -> int:
    """Return the number of a picture that has none of ImageNet: the same for the same bytes."""
    begin = int.from_bytes(hashlib.sha256(data).digest()[:8], "big")
    return UNNAMED + begin % (VALIDATION - UNNAMED)


MOST_EXAMPLES = 3
"""Paths that are kept of each kind of oddity."""

_LONGEST_PATH = 200
"""Characters of such a path."""


class Oddities:
    """What was odd in a copy.

    Attributes
    ----------
    counts : Counter of SkipReason
        How much of each kind.
    examples : dict of SkipReason to list of str
        The first paths of each, shortened, and fit for any terminal.
    """

    def __init__(self) -> None:
        self.counts: Counter[SkipReason] = Counter()
        self.examples: dict[SkipReason, list[str]] = {}

    def add(self, oddity: Skipped) -> None:
        """Take in one."""
        self.counts[oddity.reason] += 1
        examples = self.examples.setdefault(oddity.reason, [])
        if len(examples) < MOST_EXAMPLES:
            examples.append(visible(oddity.path)[:_LONGEST_PATH])
