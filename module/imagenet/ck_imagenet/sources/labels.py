"""Labels: which synset a picture is of whose name does not tell it, as a file of the user's tells.

| file | what is in it |
|---|---|
| `val.txt` of Caffe and others | a name and a label, or a wnid, a line |
| `LOC_val_solution.csv` of Kaggle | a name, a comma, a wnid and boxes |
| one wnid a line, 50,000 | the synsets of ILSVRC2012's validation pictures in their order |
| one wnid a line, else | the classes in the order of their labels, from 0 on; words may follow |
| the devkit of ILSVRC2012 | the truth of its validation, by its own ids |
| a folder, a tar or a zip | one of these by its usual name, such as Caffe's caffe_ilsvrc12.tar.gz |

A label is the place of a class in the sorted order of wnids, from 0 on, as users of ILSVRC2012
count. The devkit counts otherwise, and tells how in `meta.mat`.
"""

from __future__ import annotations

import json
import re
import struct
import zlib
from codecs import BOM_UTF8
from itertools import islice
from pathlib import Path
from types import MappingProxyType
from typing import Any, BinaryIO, Iterable, Iterator, Mapping, NamedTuple

from ..catalogue.selection import Selection, matching
from ..core.errors import BadInput
from ..core.files import path_of
from ..core.text import is_wnid, visible
from . import tars
from .containers import ZIPS, files_of_zip
from .tars import File, StreamReader

OF_VALIDATION = 50_000
"""Pictures of ILSVRC2012's validation."""

_MOST_LABELS = 2**27
"""Of a file of labels; Kaggle's for 544,546 pictures has 35 MB."""

_SOLUTION, _VAL = "LOC_val_solution.csv", "val.txt"
_TRUTH, _META = "ILSVRC2012_validation_ground_truth.txt", "meta.mat"
_SOUGHT = (_SOLUTION, _VAL, _TRUTH, _META)
"""What is looked for in a folder, a tar or a zip."""

_LABELLED = re.compile(
    r"""["']?([^"',\s]+)["']?[,\s]+["']?(n[0-9]{8}|[0-9]{1,6})["']?(?:[,\s].*)?"""
)
"""A picture's name, and its label or wnid."""

_CLASS = re.compile(r"(n[0-9]{8})(?:[,\s].*)?")
_NUMBER = re.compile(r"[0-9]{1,6}")

_ELSE = (
    "Files that suit: val.txt with lines like `ILSVRC2012_val_00000001.JPEG 65`, Kaggle's "
    "LOC_val_solution.csv, or ILSVRC2012_devkit_t12.tar.gz"
)


class Labels(NamedTuple):
    """What is told of pictures whose names do not tell their synset."""

    classes: tuple[str, ...] = ()
    """The wnids in the order of labels, from 0 on."""
    of_names: Mapping[str, str] = MappingProxyType({})
    """The wnids by the names of files, without what follows the last point."""


NO_LABELS = Labels()


def sorted_classes() -> tuple[str, ...]:
    """Return the synsets of ILSVRC2012 in the order of their labels."""
    return tuple(synset.wnid for synset in matching(Selection(ilsvrc2012=True)))


def read_labels(named: str, ilsvrc2012: bool) -> Labels:
    """Return what a file of the user's tells.

    Parameters
    ----------
    named : str
        The file or folder, as the user has written it; empty if there is none.
    ilsvrc2012 : bool
        Whether the user has said that the classes are those of ILSVRC2012.

    Raises
    ------
    BadInput
        If it cannot be read, or is none of these files; with a sentence that says which suit.
    """
    classes = sorted_classes() if ilsvrc2012 else ()
    if not named:
        return Labels(classes)
    path = path_of("--labels", named)
    try:
        if path.is_dir():
            return _of_several(_in_folder(path, named), named, classes)
        with path.open("rb") as stream:
            begin = stream.peek(512)[:512]
            if begin.startswith((*tars.PACKED_TARS, *ZIPS)) or begin[257:262] == b"ustar":
                return _of_several(_packed(stream, begin.startswith(ZIPS)), named, classes)
            data = _bounded(stream, named)
    except OSError as error:
        raise BadInput(f'--labels="{named}" cannot be read: {error.strerror or error}') from None
    if path.name == _TRUTH or _is_truth(data):
        beside = path.parent / _META
        meta = {_META: beside.read_bytes()} if beside.is_file() else {}
        return _of_devkit({_TRUTH: data, **meta}, named, classes)
    return _of_one(data, named, classes)


def _in_folder(folder: Path, named: str) -> dict[str, bytes]:
    """Return the files that are of use in a folder; the devkit has its own further down."""
    found: dict[str, bytes] = {}
    for each in (folder, folder / "data", folder / "ILSVRC2012_devkit_t12" / "data"):
        for path in (each / name for name in _SOUGHT):
            if path.is_file() and path.name not in found:
                with path.open("rb") as stream:
                    found[path.name] = _bounded(stream, named)
    return found


def _packed(stream: Any, is_zip: bool) -> dict[str, bytes]:
    """Return the files that are of use in a tar or a zip."""
    found: dict[str, bytes] = {}
    what = "the labels"
    for each in files_of_zip(stream, what) if is_zip else tars.files(StreamReader(stream), what):
        name = each.parts[-1] if isinstance(each, File) and not each.fault else ""
        if isinstance(each, File) and name in _SOUGHT and each.size <= _MOST_LABELS:
            data = each.body.read(each.size)
            found.update({} if each.body.is_cut or name in found else {name: data})
    return found


def _of_several(found: Mapping[str, bytes], named: str, classes: tuple[str, ...]) -> Labels:
    """Return what the best of some files tells: the devkit's takes a package and a second one."""
    for name in (_SOLUTION, _VAL):
        if name in found:
            return _of_one(found[name], named, classes)
    if _TRUTH in found:
        return _of_devkit(found, named, classes)
    raise BadInput(f'--labels="{named}" has none of {_SOLUTION}, {_VAL} and {_TRUTH}. {_ELSE}')


def _of_one(data: bytes, named: str, classes: tuple[str, ...]) -> Labels:
    if data.lstrip().startswith(b"{"):
        return Labels(_of_json(data, named), {})
    return _of_lines(data.decode("utf-8", "replace").splitlines(), named, classes)


def _bounded(stream: BinaryIO, named: str) -> bytes:
    data = stream.read(_MOST_LABELS + 1)
    if len(data) > _MOST_LABELS:
        raise BadInput(f'--labels="{named}" is larger than any file of labels. {_ELSE}')
    return data[len(BOM_UTF8) :] if data.startswith(BOM_UTF8) else data


def _of_lines(lines: Iterable[str], named: str, classes: tuple[str, ...]) -> Labels:
    known = classes or sorted_classes()
    of_names: dict[str, str] = {}
    listed: list[str] = []
    for number, line in enumerate(map(str.strip, lines), 1):
        only = _CLASS.fullmatch(line)
        told = None if only else _LABELLED.fullmatch(line)
        if only:
            listed.append(only.group(1))
        elif told:
            wnid = _wnid(told.group(2), known, named, number)
            of_names[_stem(told.group(1))] = wnid
        elif line and not line.startswith("#") and number > 1:  # the first may name columns
            raise BadInput(
                f'--labels="{named}": line {number} has no name and label, and no wnid: '
                f"{visible(line[:60])}. {_ELSE}"
            )
    if bool(listed) == bool(of_names):
        raise BadInput(f'--labels="{named}" has no labels, or has them in two ways. {_ELSE}')
    if len(listed) == OF_VALIDATION:
        return Labels(classes, dict(_validation(listed)))
    return Labels(tuple(listed) or classes, of_names)


def _wnid(label: str, classes: tuple[str, ...], named: str, line: int) -> str:
    """Return the synset of a label."""
    if is_wnid(label):
        return label
    if int(label) >= len(classes):
        raise BadInput(
            f'--labels="{named}": line {line} has the label {label}, but labels count from 0 to '
            f"{len(classes) - 1}, in the order of sorted wnids. {_ELSE}"
        )
    return classes[int(label)]


def _stem(name: str) -> str:
    """Return what a picture is called, without its folder and what its name ends with."""
    name = re.split(r"[/\\]", name)[-1]
    return name.rpartition(".")[0] or name


def _validation(wnids: Iterable[str]) -> Iterator[tuple[str, str]]:
    return ((f"ILSVRC2012_val_{number:08}", wnid) for number, wnid in enumerate(wnids, 1))


def _of_json(data: bytes, named: str) -> tuple[str, ...]:
    """Return the classes of an object such as `{"0": ["n01440764", "tench"], …}`."""
    try:
        facts = json.loads(data)
        wnids = [facts[str(index)] for index in range(len(facts))]
        found = tuple(each if isinstance(each, str) else each[0] for each in wnids)
    except (ValueError, LookupError, TypeError, RecursionError):
        found = ()
    if not found or not all(isinstance(each, str) and is_wnid(each) for each in found):
        raise BadInput(f'--labels="{named}" is not a JSON object of labels and wnids. {_ELSE}')
    return found


# The devkit of ILSVRC2012.


def _is_truth(data: bytes) -> bool:
    """Say whether there are numbers alone: then the devkit's own, with which it begins at 1."""
    lines = data[:_MOST_LABELS].split()
    return (
        bool(lines)
        and b"," not in data
        and len(lines) == len(data.splitlines())
        and all(each.isdigit() for each in lines[:1000])
    )


def _of_devkit(found: Mapping[str, bytes], named: str, classes: tuple[str, ...]) -> Labels:
    if _META not in found:
        raise BadInput(
            f'--labels="{named}" has the devkit\'s own ids, and there is no {_META} beside it '
            f"with their wnids. {_ELSE}"
        )
    ids = _ids(found[_META], named)
    truth = found[_TRUTH].decode("ascii", "replace").split()
    try:
        return Labels(classes, dict(_validation([ids[int(each)] for each in truth])))
    except (ValueError, KeyError):
        raise BadInput(
            f'--labels="{named}": the ids in {_TRUTH} are not those of {_META}'
        ) from None


def _ids(meta: bytes, named: str) -> dict[int, str]:
    """Return the wnid of each of the devkit's ids; raise BadInput if that is not told."""
    try:
        found = dict(_synsets(meta))
    except (LookupError, OverflowError, TypeError, ValueError, struct.error, zlib.error):
        found = {}
    if not found or not all(map(is_wnid, found.values())):
        raise BadInput(f'--labels="{named}": its {_META} tells no wnids by ILSVRC2012_ID')
    return found


# MATLAB's form of files, version 5, of which the devkit needs little. SciPy reads all of it, but
# damaged bytes end the whole process there.

_COMPRESSED = 15
_STORED_AS = {1: "b", 2: "B", 3: "h", 4: "H", 5: "i", 6: "I", 9: "d", 12: "q", 13: "Q", 16: "B"}
"""What numbers and characters are stored as, by the kind of their element."""

_MOST_META, _MOST_FIELDS, _MOST_VALUES = 2**23, 2**12, 99
"""Bytes of meta.mat unpacked, of the names of its fields, and values of one of them."""


def _synsets(meta: bytes) -> Iterator[tuple[int, str]]:
    """Yield the ids and wnids in the array of structures that is called synsets."""
    order = {b"IM": "<", b"MI": ">"}[meta[126:128]]
    for kind, data in _elements(meta[128:_MOST_META], order):
        if kind == _COMPRESSED:
            data = zlib.decompressobj().decompress(data, _MOST_META)
            _, data = next(_elements(data, order), (0, b""))
        parts = _elements(data, order)
        _, _, (_, name) = islice(parts, 3)
        if name == b"synsets":
            (size_kind, size), (_, fields) = islice(parts, 2)
            (width,) = struct.unpack(order + _STORED_AS[size_kind], size)
            ends = range(width, min(len(fields), _MOST_FIELDS) + 1, width)
            names = [fields[end - width : end].rstrip(b"\0") for end in ends]
            at_id, at_wnid = names.index(b"ILSVRC2012_ID"), names.index(b"WNID")
            for row in zip(*[parts] * len(names)):
                (number,) = _values(row[at_id][1], order)
                yield int(number), "".join(map(chr, _values(row[at_wnid][1], order)))


def _values(matrix: bytes, order: str) -> tuple[Any, ...]:
    """Return the first numbers in an array, or the codes of its first characters."""
    _, _, _, (kind, data) = islice(_elements(matrix, order), 4)
    size = struct.calcsize(order + _STORED_AS[kind])
    count = min(len(data) // size, _MOST_VALUES)
    return struct.unpack(f"{order}{count}{_STORED_AS[kind]}", data[: count * size])


def _elements(data: bytes, order: str) -> Iterator[tuple[int, bytes]]:
    """Yield the kind of each element, and its bytes."""
    at = 0
    while at + 8 <= len(data):
        kind, size = struct.unpack_from(f"{order}2I", data, at)
        if kind >> 16:  # a short one, which is in its own head
            yield kind & 0xFFFF, data[at + 4 : at + 4 + (kind >> 16)]
            at += 8
        else:
            yield kind, data[at + 8 : at + 8 + size]
            at += 8 + size + (-size % 8 if kind != _COMPRESSED else 0)
