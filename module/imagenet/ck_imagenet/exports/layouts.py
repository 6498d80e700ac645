"""What all layouts share: what each is given, what it tells, and the folder that it writes."""

from __future__ import annotations

import hashlib
from abc import ABC, abstractmethod
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Callable, Iterable, Mapping, NamedTuple, Sequence, cast

from filelock import FileLock

from ..catalogue.synsets import members
from ..core.errors import BadInput
from ..core.files import NEW, read_json, storage_errors, sweep, to_json, write_whole
from ..core.registries import LayoutRow, made_by
from ..images.rendering import Rendering
from ..storage.inventory import Inventory
from ..storage.records import FORMAT, refuse_newer
from .samples import ImageClass, LeftOut, Sample, classes, has_ilsvrc2012


@dataclass(frozen=True)
class Job:
    """What a layout is to write."""

    root: Path
    """The folder, which exists and is ours."""
    here: Sequence[ImageClass]
    """The classes of which anything is here, in the order of their labels."""
    of_set: str
    """The set whose own labels these are, if one was chosen."""
    ilsvrc2012: bool
    """Whether lists for networks of ILSVRC2012 have its labels, if all classes have one."""
    samples: Sequence[Sample]
    """The pictures, in the order of their names."""
    rendering: Rendering
    """What becomes of those that do not stay as they are."""
    link: str
    """How a file comes there that stays as it is: "hard", "symbolic" or "copy"."""
    shard_bytes: int
    """The size of a shard at most, unless a single sample is larger."""
    seed: int
    """Decides the order of what is shuffled."""
    report: Callable[[Sample], None]
    """Is told each sample that is done."""
    inventories: Callable[[], Iterable[Inventory]]
    """Gives what is known of each synset, one after the other."""

    @cached_property
    def classes(self) -> Sequence[ImageClass]:
        """All classes of the labels, in their order: of a set, also those that are not here."""
        return classes(members(self.of_set)) if self.of_set else self.here

    @property
    def has_parts(self) -> bool:
        """Whether there are several parts, which have names then."""
        return any(sample.part for sample in self.samples)

    def by_part(self) -> dict[str, list[Sample]]:
        """Return the samples of each part, in their order."""
        by_part: dict[str, list[Sample]] = {}
        for sample in self.samples:
            by_part.setdefault(sample.part, []).append(sample)
        return by_part


class Written(NamedTuple):
    """What the writing of a layout has changed."""

    new: int
    """Pictures that were not there before."""
    removed: int = 0
    """Pictures of earlier runs that are not there any more."""
    links: int | None = None
    """Links that it tells of, if it tells of these."""
    left_out: Sequence[LeftOut] = ()
    """Pictures that must become others, and cannot be decoded."""


class Contents(NamedTuple):
    """What readers find in a folder."""

    columns: Mapping[str, Any]
    """What each column of a row holds: a type of Python, `PIL.Image.Image` for a picture,
    `ImageClass` for the label of one, or a mapping of such for a column with columns."""
    files: Mapping[str, Sequence[str]]
    """Patterns of the paths of each part's files, from the root."""
    is_table_beside_pictures: bool = False
    """Whether each picture is a file, and a table `metadata.csv` has its facts."""
    settings: Mapping[str, Any] = {}
    """What a reader of such files must be told, by the names of its own options."""
    records: Mapping[str, Any] = {}
    """The columns that the tables or shards have, and `image`, if they are others."""
    of: str = "pictures"
    """What a row tells of."""
    tables: Sequence[str] = ()
    """The paths of the tables, from the root; without any, the shards are tables."""
    shards: Sequence[str] = ()
    """The paths of the shards."""
    pictures: Sequence[str] = ()
    """Patterns of the paths of pictures that are files, below the root or in shards."""
    checksums: Mapping[str, str] = {}
    """The SHA-256 of files, by path, as far as they are known."""


class Layout(ABC):
    """A form in which other tools read pictures; `core/registries.py` has a row for each.

    Parameters
    ----------
    job : Job
        What is to be written.
    """

    is_for_networks = False
    """Whether who reads its lists of pictures has a network of ILSVRC2012."""

    def __init__(self, job: Job) -> None:
        self.job = job

    @property
    def lists_ilsvrc2012(self) -> bool:
        """Whether its lists of pictures have the labels of ILSVRC2012."""
        return self.is_for_networks and self.job.ilsvrc2012 and has_ilsvrc2012(self.job.classes)

    @abstractmethod
    def write(self) -> Written:
        """Bring the folder up to date with the samples, and report each of them.

        Raises
        ------
        BadInput
            If the file system cannot do what is wanted.
        OSError
            If the folder cannot be written.
        """

    @abstractmethod
    def contents(self, parts: Sequence[str]) -> Contents:
        """Return what readers find after it is written, given the parts that have pictures."""


def writer(row: LayoutRow) -> type[Layout]:
    """Return what writes a layout; raise ModuleNotFoundError if a package is missing for that."""
    return cast("type[Layout]", made_by("exports", row))


# A folder that `ck export` has made it may change; it has a mark that tells so.

_MARK_FILE = ".ck-imagenet.json"


class OwnFolder:
    """A folder for one export, whose mark tells with which options it is made.

    Parameters
    ----------
    path : Path
        The folder; it need not exist.
    options : mapping
        All that decides what is in it, in plain types, by the names of options.
    """

    def __init__(self, path: Path, options: Mapping[str, Any]) -> None:
        self.path = path
        self._options = dict(options)

    def refuse_foreign(self) -> None:
        """Raise BadInput unless the folder is absent, empty or of the same export."""
        with storage_errors(self.path):
            self._refuse_foreign()

    def _refuse_foreign(self) -> None:
        if not self.path.exists() and not self.path.is_symlink():
            return
        if not self.path.is_dir():
            raise BadInput(f'--to="{self.path}" is not a folder: choose another')
        mark = read_json(self.path / _MARK_FILE)
        if mark is None:
            if any(not each.name.startswith(NEW) for each in self.path.iterdir()):
                raise BadInput(
                    f'"{self.path}" is not empty, and it is not an export of ck-imagenet: choose '
                    "another folder with --to=DIR"
                )
            return
        refuse_newer(mark.get("format"), self.path / _MARK_FILE)
        before = mark.get("export")
        if isinstance(before, dict) and Path(str(before.get("outdir"))).is_absolute():
            before["outdir"] = anonymous(Path(before["outdir"]))  # as earlier versions did not
        if before != self._options:
            differing = _differing(before if isinstance(before, dict) else {}, self._options)
            raise BadInput(
                f'"{self.path}" has an export with {differing}: give the same options, or choose '
                "another folder with --to=DIR"
            )

    def create(self) -> None:
        """Make the folder, with its mark before all else."""
        self.path.mkdir(parents=True, exist_ok=True)
        if not (self.path / _MARK_FILE).exists():
            write_whole(
                self.path / _MARK_FILE, to_json({"format": FORMAT, "export": self._options})
            )

    def lock(self) -> FileLock:
        """Return what a process holds while it writes here; the folder must have been created."""
        return FileLock(self.path / ".lock")

    def tidy(self) -> None:
        """Remove what a killed run left unfinished, and see again that the folder is ours."""
        self.refuse_foreign()
        sweep(self.path)


def anonymous(path: Path) -> str:
    """Return what tells a folder from all others, and not where it is: exports go to others."""
    where = str(path.absolute()).encode("utf-8", "surrogateescape")
    return f"{path.absolute().name} ({hashlib.sha256(where).hexdigest()[:16]})"


def _differing(before: Mapping[str, Any], now: Mapping[str, Any]) -> str:
    """Return how the options of an export were written that are others now."""
    names = [name for name in {**now, **before} if before.get(name) != now.get(name)]
    return ", ".join(_written(name, before.get(name)) for name in names)


def as_command(options: Mapping[str, Any], usual: Mapping[str, Any]) -> str:
    """Return what a user types for an export, without where anything is.

    Parameters
    ----------
    options : mapping
        Its options, as `OwnFolder` gets them.
    usual : mapping
        The options of an export that nothing is said of.
    """
    named = (name for name in options if name != "outdir" and options[name] != usual.get(name))
    return " ".join(["ck-imagenet export", *(_written(name, options[name]) for name in named)])


def _written(name: str, value: Any) -> str:
    """Return an option as a user types it.

    Parameters
    ----------
    name : str
        The option.
    value : object
        Its value in plain types.
    """
    if value is None or value is False or value in ("", []):
        return f"no --{name}"
    if value is True:
        return f"--{name}"
    return f"--{name}={','.join(map(str, value)) if isinstance(value, list) else value}"
