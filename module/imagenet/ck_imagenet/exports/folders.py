"""Pictures as files, in a folder for each class or all in one, as most tools read them."""

from __future__ import annotations

import csv
import os
import shutil
from pathlib import Path
from typing import Callable, Iterable, Sequence

from ..core.errors import BadInput
from ..core.files import replacing, write_whole
from ..core.outcomes import Failed
from ..core.text import is_wnid, parse_image_name
from ..core.threads import parallel_map
from ..images.formats import SUFFIXES
from .rendering import Rendering
from .samples import COLUMNS, PARTS, LeftOut, Sample

# Tables of the pictures that are here, in CSV: where each is, and every fact.


def write(
    root: Path, part: str, samples: Iterable[Sample], report: Callable[[Sample], None]
) -> None:
    """Write a part's table anew, and report each sample: a head, then a row for each picture."""
    with replacing(root / f"{part or 'pictures'}.csv") as unfinished, unfinished.open(
        "w", encoding="utf-8", errors="surrogateescape", newline=""
    ) as stream:
        table = csv.DictWriter(stream, ["path", *COLUMNS], lineterminator="\n")
        table.writeheader()
        for sample in samples:
            table.writerow({"path": str(sample.path.absolute()), **sample.facts()})
            report(sample)


_SAME_TIME = 2_000_000_000
"""Nanoseconds; some file systems tell times no better than that."""


class ImageFolders:
    """Writes pictures to `root/PART/WNID/NAME.jpg`, or without the folders of classes.

    Parameters
    ----------
    root : Path
        Where; the folder exists.
    flat : bool
        Whether all classes of a part share one folder.
    link : str
        How a file comes there that stays as it is: "hard", "symbolic" or "copy".
    rendering : Rendering
        What becomes of the others.
    """

    def __init__(self, root: Path, flat: bool, link: str, rendering: Rendering) -> None:
        self._root = root
        self._flat = flat
        self._link = link
        self._rendering = rendering

    def write(
        self, samples: Sequence[Sample], report: Callable[[Sample], None]
    ) -> tuple[int, list[LeftOut]]:
        """Bring the folders up to date, and report each sample.

        Returns
        -------
        tuple of int and list of LeftOut
            How many files are new, and which pictures cannot be decoded.
        """
        written, left_out = 0, []
        brought = parallel_map(self._bring, samples, self._rendering.threads)
        for sample, new in zip(samples, brought):
            if isinstance(new, LeftOut):
                left_out.append(new)
            else:
                written += new
            report(sample)
        return written, left_out

    def _bring(self, sample: Sample) -> bool | LeftOut:
        """Bring one picture unless it is there; say whether it is new."""
        path = self._root / self.place(sample)
        changes = self._rendering.changes(sample.path)
        if self._is_there(sample, path, changes):
            return False
        try:
            data = self._rendering.data(sample.path) if changes else None
        except Failed as failed:
            return LeftOut(sample.name, failed.detail)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._put(sample, path, data)
        return True

    def place(self, sample: Sample) -> Path:
        """Return where a picture goes, from the root."""
        name = f"{sample.name}{self._rendering.extension(sample.path)}"
        return Path(sample.part, "" if self._flat else sample.name.wnid, name)

    def remove_stale(self, samples: Iterable[Sample]) -> int:
        """Remove pictures of earlier runs that are not among the samples; return how many."""
        wanted = {self._root / self.place(sample) for sample in samples}
        stale = [
            path
            for path in self._root.rglob("*_*")
            if path not in wanted and _is_picture(path) and self._is_ours(path)
        ]
        for path in stale:
            path.unlink()
            if is_wnid(path.parent.name) and not any(path.parent.iterdir()):
                path.parent.rmdir()
        return len(stale)

    def _is_ours(self, path: Path) -> bool:
        """Say whether this is where a run puts such a picture: other folders are the user's."""
        folders = list(path.relative_to(self._root).parts[:-1])
        if folders and folders[0] in PARTS:
            del folders[0]
        return folders == ([] if self._flat else [path.name.partition("_")[0]])

    def _is_there(self, sample: Sample, path: Path, changes: bool) -> bool:
        """Say whether an earlier run has brought this very picture."""
        try:
            there = path.lstat()
        except OSError:
            return False
        if changes:
            return _about(there.st_mtime_ns, sample.time)
        if self._link == "symbolic":
            return path.is_symlink() and os.readlink(path) == str(sample.path.absolute())
        if self._link == "hard":
            return not path.is_symlink() and path.samefile(sample.path)
        is_linked = path.is_symlink() or path.samefile(sample.path)
        is_same = there.st_size == sample.size and _about(there.st_mtime_ns, sample.time)
        return is_same and not is_linked

    def _put(self, sample: Sample, path: Path, data: bytes | None) -> None:
        """Put a picture there, as it is if there are no other bytes of it."""
        # In the root: whoever reads the folders meanwhile sees whole pictures only.
        with replacing(path, self._root) as unfinished:
            if data is not None:
                unfinished.write_bytes(data)
            elif self._link == "symbolic":
                unfinished.symlink_to(sample.path.absolute())
                return
            elif self._link == "hard":
                _link(sample.path, unfinished)
                return
            else:
                shutil.copyfile(sample.path, unfinished)
            os.utime(unfinished, ns=(sample.time, sample.time))


def write_caffe_lists(folders: ImageFolders, root: Path, samples: Sequence[Sample]) -> None:
    """Write lists in Caffe's form: a path and a label a line."""
    lines: dict[str, list[str]] = {}
    for sample in samples:
        path = folders.place(sample).relative_to(sample.part).as_posix()
        listed = lines.setdefault(sample.part or "val", [])
        listed.append(f"{path} {sample.image_class.label}\n")
    for part, listed in lines.items():
        write_whole(root / f"{part}.txt", "".join(listed).encode())


def _is_picture(path: Path) -> bool:
    """Say whether this is called as our pictures are; a link may lead nowhere any more."""
    named = path.suffix.lower() in SUFFIXES and parse_image_name(path.stem) is not None
    return named and (path.is_symlink() or path.is_file())


def _about(one: int, other: int) -> bool:
    return abs(one - other) <= _SAME_TIME


def _link(source: Path, path: Path) -> None:
    try:
        os.link(source, path)
    except OSError as error:
        raise BadInput(
            f'"{source}" cannot be linked from "{path.parent}" ({error.strerror}): '
            "use --link=symbolic or --link=copy"
        ) from None
