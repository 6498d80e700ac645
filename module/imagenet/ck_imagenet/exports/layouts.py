"""What all layouts share, and those of single files: folders, flat, and tables."""

from __future__ import annotations

import csv
import hashlib
import os
import shutil
from abc import ABC, abstractmethod
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Callable, Iterable, Mapping, NamedTuple, Sequence, cast

from filelock import FileLock

from ..core.errors import BadInput
from ..core.files import NEW, read_json, replacing, storage_errors, sweep, to_json, write_whole
from ..core.outcomes import Failed
from ..core.registries import LayoutRow, made_by
from ..core.text import is_wnid, parse_image_name
from ..core.threads import parallel_map
from ..images.formats import SUFFIXES
from ..images.rendering import Rendering
from ..storage.records import FORMAT, refuse_newer
from .samples import COLUMNS, PARTS, ImageClass, LeftOut, Sample, has_ilsvrc2012

# What all layouts share: what each is given, what it tells, and the folder that it writes.


@dataclass(frozen=True)
class Job:
    """What a layout is to write."""

    root: Path
    """The folder, which exists and is ours."""
    classes: Sequence[ImageClass]
    """Their classes, in the order of their labels."""
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
    left_out: Sequence[LeftOut] = ()
    """Pictures that must become others, and cannot be decoded."""


class Layout(ABC):
    """A form in which other tools read pictures; `core/registries.py` has a row for each.

    Parameters
    ----------
    job : Job
        What is to be written.
    """

    lists_ilsvrc2012 = False
    """Whether lists of pictures have labels of ILSVRC2012, if all classes have one."""

    def __init__(self, job: Job) -> None:
        self.job = job

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
            raise BadInput(f'--to="{self.path}" is no folder: choose another')
        mark = read_json(self.path / _MARK_FILE)
        if mark is None:
            if any(not each.name.startswith(NEW) for each in self.path.iterdir()):
                raise BadInput(
                    f'"{self.path}" is not empty, and no export of ck-imagenet: '
                    "choose another folder with --to=DIR"
                )
            return
        refuse_newer(mark.get("format"), self.path / _MARK_FILE)
        before = mark.get("export")
        if isinstance(before, dict) and Path(str(before.get("outdir"))).is_absolute():
            before["outdir"] = anonymous(Path(before["outdir"]))  # as earlier versions did not
        if before != self._options:
            differing = _differing(before if isinstance(before, dict) else {}, self._options)
            raise BadInput(
                f'"{self.path}" holds an export with {differing}: '
                "repeat that, or choose another folder with --to=DIR"
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


def _written(name: str, value: Any) -> str:
    if value is None or value is False or value in ("", []):
        return f"no --{name}"
    if value is True:
        return f"--{name}"
    return f"--{name}={','.join(map(str, value)) if isinstance(value, list) else value}"


_SAME_TIME_NS = 2_000_000_000
"""Nanoseconds; some file systems tell times no better than that."""


class Folders(Layout):
    """Pictures as files `PART/WNID/NAME.jpg`, a folder for each class."""

    is_flat = False
    """Whether all classes of a part share one folder."""

    def write(self) -> Written:
        """Bring the folders up to date; lists in Caffe's form too, where they mislead nobody."""
        removed = self._remove_stale()
        new, left_out = 0, []
        samples = self.job.samples
        brought = parallel_map(self._bring, samples, self.job.rendering.threads)
        for sample, is_new in zip(samples, brought):
            if isinstance(is_new, LeftOut):
                left_out.append(is_new)
            else:
                new += is_new
            self.job.report(sample)
        if self.is_flat or self.job.has_parts:  # else `datasets` takes it for a part of the data
            names = {each.name for each in left_out}
            self._write_caffe_lists([each for each in samples if each.name not in names])
        return Written(new, removed, left_out)

    def _bring(self, sample: Sample) -> bool | LeftOut:
        """Bring one picture unless it is there; say whether it is new."""
        path = self.job.root / self._path_of(sample)
        changes = self.job.rendering.changes(sample.path)
        if self._is_there(sample, path, changes):
            return False
        try:
            data = self.job.rendering.data(sample.path) if changes else None
        except Failed as failed:
            return LeftOut(sample.name, failed.detail)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._put(sample, path, data)
        return True

    def _path_of(self, sample: Sample) -> Path:
        """Return where a picture goes, from the root."""
        name = f"{sample.name}{self.job.rendering.extension(sample.path)}"
        return Path(sample.part, "" if self.is_flat else sample.name.wnid, name)

    def _remove_stale(self) -> int:
        """Remove pictures of earlier runs that are not among the samples; return how many."""
        wanted = {self.job.root / self._path_of(sample) for sample in self.job.samples}
        stale = [
            path
            for path in self.job.root.rglob("*_*")
            if path not in wanted and _is_picture(path) and self._is_ours(path)
        ]
        for path in stale:
            path.unlink()
            if is_wnid(path.parent.name) and not any(path.parent.iterdir()):
                path.parent.rmdir()
        return len(stale)

    def _is_ours(self, path: Path) -> bool:
        """Say whether this is where a run puts such a picture: other folders are the user's."""
        folders = list(path.relative_to(self.job.root).parts[:-1])
        if folders and folders[0] in PARTS:
            del folders[0]
        return folders == ([] if self.is_flat else [path.name.partition("_")[0]])

    def _is_there(self, sample: Sample, path: Path, changes: bool) -> bool:
        """Say whether an earlier run has brought this very picture."""
        try:
            there = path.lstat()
        except OSError:
            return False
        if changes:
            return _about(there.st_mtime_ns, sample.time)
        if self.job.link == "symbolic":
            return path.is_symlink() and os.readlink(path) == str(sample.path.absolute())
        if self.job.link == "hard":
            return not path.is_symlink() and path.samefile(sample.path)
        is_linked = path.is_symlink() or path.samefile(sample.path)
        is_same = there.st_size == sample.size and _about(there.st_mtime_ns, sample.time)
        return is_same and not is_linked

    def _put(self, sample: Sample, path: Path, data: bytes | None) -> None:
        """Put a picture there, as it is if there are no other bytes of it."""
        # In the root: whoever reads the folders meanwhile sees whole pictures only.
        with replacing(path, self.job.root) as unfinished:
            if data is not None:
                unfinished.write_bytes(data)
            elif self.job.link == "symbolic":
                unfinished.symlink_to(sample.path.absolute())
                return
            elif self.job.link == "hard":
                _link(sample.path, unfinished)
                return
            else:
                shutil.copyfile(sample.path, unfinished)
            os.utime(unfinished, ns=(sample.time, sample.time))

    def _write_caffe_lists(self, samples: Iterable[Sample]) -> None:
        """Write lists in Caffe's form: a path and a label a line."""
        lines: dict[str, list[str]] = {}
        for sample in samples:
            path = self._path_of(sample).relative_to(sample.part).as_posix()
            listed = lines.setdefault(sample.part or "val", [])
            listed.append(f"{path} {self._caffe_label(sample.image_class)}\n")
        for part, listed in lines.items():
            write_whole(self.job.root / f"{part}.txt", "".join(listed).encode())

    def _caffe_label(self, image_class: ImageClass) -> int:
        label = image_class.ilsvrc2012
        is_of_ilsvrc2012 = self.lists_ilsvrc2012 and has_ilsvrc2012(self.job.classes)
        return image_class.label if label is None or not is_of_ilsvrc2012 else label


class Flat(Folders):
    """Pictures as files `PART/NAME.jpg`; who reads their lists has a network of ILSVRC2012."""

    is_flat = True
    lists_ilsvrc2012 = True


class Tables(Layout):
    """Tables `PART.csv` of the pictures where they are: a head, then a row with every fact."""

    def write(self) -> Written:
        """Write the table of each part anew."""
        for part, samples in self.job.by_part().items():
            self._write(part, samples)
        return Written(len(self.job.samples))

    def _write(self, part: str, samples: Iterable[Sample]) -> None:
        path = self.job.root / f"{part or 'pictures'}.csv"
        with replacing(path) as unfinished, unfinished.open(
            "w", encoding="utf-8", errors="surrogateescape", newline=""
        ) as stream:
            table = csv.DictWriter(stream, ["path", *COLUMNS], lineterminator="\n")
            table.writeheader()
            for sample in samples:
                table.writerow({"path": str(sample.path.absolute()), **sample.facts()})
                self.job.report(sample)


def _is_picture(path: Path) -> bool:
    """Say whether this is called as our pictures are; a link may lead nowhere any more."""
    named = path.suffix.lower() in SUFFIXES and parse_image_name(path.stem) is not None
    return named and (path.is_symlink() or path.is_file())


def _about(one: int, other: int) -> bool:
    return abs(one - other) <= _SAME_TIME_NS


def _link(source: Path, path: Path) -> None:
    try:
        os.link(source, path)
    except OSError as error:
        raise BadInput(
            f'"{source}" cannot be linked from "{path.parent}" ({error.strerror}): '
            "use --link=symbolic or --link=copy"
        ) from None
