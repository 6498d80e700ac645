"""Layouts of a file for each picture: a folder for each class, or one for all."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path, PurePosixPath
from typing import Any, Iterable, Sequence

from PIL import Image

from ..core.errors import BadInput
from ..core.files import replacing, write_whole
from ..core.outcomes import Failed
from ..core.text import is_wnid, parse_image_name
from ..core.threads import parallel_map
from ..images.formats import SUFFIXES
from .layouts import Contents, Job, Layout, Written
from .samples import COLUMNS, PARTS, LeftOut, Sample, words_of, words_of_ilsvrc2012
from .tables import TABLE, in_text, write_table

_SAME_TIME_NS = 2_000_000_000
"""Nanoseconds; some file systems tell times no better than that."""


WORDS_OF_LABELS = "synset_words.txt"
"""What Caffe, and CK's programs, call the words of the labels."""


class Folders(Layout):
    """Pictures as files `PART/WNID/NAME.jpg`, a folder for each class."""

    is_flat = False
    """Whether all classes of a part share one folder."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._facts: list[str] = []
        """The columns of the tables of facts."""

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
        names = {each.name for each in left_out}
        there = [each for each in samples if each.name not in names]
        if self.is_flat or self.job.has_parts:
            self._write_caffe_lists(there)
        self._write_facts(there)
        return Written(new, removed, left_out=left_out)

    def contents(self, parts: Sequence[str]) -> Contents:
        """Return the pictures with their tables of facts."""
        pictures = "[nu]*_*" if self.is_flat else "[nu]*/[nu]*_*"
        tables, files = (
            {part: (PurePosixPath(part) / each).as_posix() for part in parts}
            for each in (TABLE, pictures)
        )
        columns = in_text({name: COLUMNS.get(name, str) for name in self._facts})
        return Contents(
            {"image": Image.Image, **columns},
            {part: [tables[part], files[part]] for part in parts},
            is_table_beside_pictures=True,
            settings={"drop_labels": True},
            records={"image": Image.Image, **columns},
            tables=list(tables.values()),
            pictures=list(files.values()),
        )

    def _bring(self, sample: Sample) -> bool | LeftOut:
        """Bring one picture unless it is there; say whether it is new."""
        path = self.job.root / self._path_of(sample)
        changes = self.job.rendering.changes(sample.path)
        if self._is_there(sample, path, changes):
            return False
        try:
            data = self.job.rendering.data(sample.path) if changes else None
        except Failed as failed:
            path.unlink(missing_ok=True)  # of an earlier state of it
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
        if self.job.link == "symbolic" and not changes:
            return path.is_symlink() and os.readlink(path) == str(sample.path.absolute())
        if self.job.link == "hard" and not changes:
            return not path.is_symlink() and path.samefile(sample.path)
        is_linked = path.is_symlink() or path.samefile(sample.path)
        is_copied = there.st_size == sample.size  # as earlier versions did with more pictures
        return is_copied != changes and _about(there.st_mtime_ns, sample.time) and not is_linked

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
        """Write lists in Caffe's form: a path and a label a line, in the order of the paths.

        For CK's programs lay the first lines beside the first files, both as texts are sorted.
        """
        labels: dict[str, dict[str, int]] = {}
        for sample in samples:
            path = self._path_of(sample).relative_to(sample.part).as_posix()
            labels.setdefault(sample.part or "val", {})[path] = self._caffe_label(sample)
        for part, label_of in labels.items():
            lines = (f"{path} {label}\n" for path, label in sorted(label_of.items()))
            write_whole(self.job.root / f"{part}.txt", "".join(lines).encode())

    def _caffe_label(self, sample: Sample) -> int:
        label = sample.image_class.ilsvrc2012
        return sample.image_class.label if label is None or not self.lists_ilsvrc2012 else label

    def _write_facts(self, samples: Sequence[Sample]) -> None:
        """Write a table of facts into the folder of each part, as imagefolder readers take it.

        They tell the type of a column by its first rows, and refuse parts whose types differ. So
        a column is what is known of every picture; the rest stands in `more`, as JSON.
        """
        known, partly = set(COLUMNS), set()
        for sample in samples:
            told = {name for name, value in sample.facts().items() if value is not None}
            known &= told
            partly |= told
        self._facts = [*(name for name in COLUMNS if name in known), *["more"][: partly > known]]
        by_part: dict[str, list[Sample]] = {}
        for sample in samples:
            by_part.setdefault(sample.part, []).append(sample)
        for part, of_part in by_part.items():
            rows = map(self._row, of_part)
            write_table(self.job.root / part / TABLE, ["file_name", *self._facts], rows)

    def _row(self, sample: Sample) -> dict[str, Any]:
        """Return the row of a sample in the table of facts."""
        facts = sample.facts()
        row = {name: facts[name] for name in self._facts if name in facts}
        rest = {name: facts[name] for name in facts if name not in row and facts[name] is not None}
        row["file_name"] = self._path_of(sample).relative_to(sample.part).as_posix()
        return {**row, "more": json.dumps(rest)} if "more" in self._facts else row


class Flat(Folders):
    """Pictures as files `PART/NAME.jpg`; who reads their lists has a network of ILSVRC2012."""

    is_flat = True
    is_for_networks = True

    def write(self) -> Written:
        """Bring the folders up to date, with the words of the labels that the lists have."""
        words = self.job.root / WORDS_OF_LABELS
        if self.lists_ilsvrc2012:
            write_whole(words, words_of_ilsvrc2012())
        elif self.job.of_set:
            write_whole(words, words_of(self.job.classes))
        else:
            words.unlink(missing_ok=True)
        return super().write()


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
