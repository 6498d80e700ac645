"""The job of handing pictures to other tools: choose, then write in the layout that is wanted."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Collection, Sequence

from ..catalogue import synsets
from ..core.actions import ExportOptions
from ..core.errors import BadInput
from ..core.files import path_of, storage_errors, write_whole
from ..core.options import as_typed
from ..core.text import UNKNOWN, Progress
from ..exports import folders
from ..exports.folders import ImageFolders, write_caffe_lists
from ..exports.layouts import OwnFolder, anonymous
from ..exports.rendering import Rendering
from ..exports.samples import ImageClass, Sample, Split, classes, listed, lot, samples
from ..exports.shards import Form, Shards
from ..storage.store import Store, only_one

FILES = ("folders", "flat")
"""The layouts in which each picture is a file."""

_MEGABYTE = 1_000_000


@dataclass
class Exported:
    """What an export holds."""

    to: Path
    layout: str
    classes: int
    pictures: int
    written: int = 0
    """Pictures that this run wrote; the others were there."""
    removed: int = 0
    """Pictures of earlier runs that are not here any more."""
    parts: dict[str, int] = field(default_factory=dict)
    """How many pictures each part has, if there are several."""
    labels: str = "positions"
    """Whose labels the classes have: "ilsvrc2012", or their positions in the order of wnids."""
    altered: int = 0
    """Pictures among them from hosts that are known to give altered copies."""
    left_out: dict[str, str] = field(default_factory=dict)
    """The names of pictures that cannot be decoded, and why not."""
    advice: str = ""
    """What to type because of them."""

    def facts(self) -> dict[str, Any]:
        """Return the same in plain types."""
        facts = {**asdict(self), "to": str(self.to)}
        del facts["advice"]
        return facts


def export(options: ExportOptions, store: Store, progress: Progress) -> Exported:
    """Write the pictures that are here in the form that other tools read.

    What an earlier run with the same options has written is brought up to date.

    Parameters
    ----------
    options : ExportOptions
        What, how and where.
    store : Store
        Where the pictures are.
    progress : Progress
        Is told how it goes.

    Raises
    ------
    ImagenetError
        Whatever a user must know.
    KeyboardInterrupt
        When interrupted; the same call goes on from there.
    """
    _refuse_what_says_nothing(options)
    folder = OwnFolder(path_of("--to", options.to).absolute(), _deciding(options))
    folder.refuse_foreign()
    split = Split.parse(options.split, options.seed)
    form = _form(options)
    chosen = _chosen(options, store)
    with storage_errors(folder.path):
        all_samples = list(samples(store, chosen, split, options.max_images, options.unaltered))
        folder.claim()
        with only_one(folder.lock(), str(folder.path), progress):
            folder.tidy()
            return _Run(options, folder.path, chosen, all_samples, progress).write(form)


def _refuse_what_says_nothing(options: ExportOptions) -> None:
    if not options.to:
        raise BadInput("where to? Write --to=DIR, a folder that need not exist")
    if options.crop and not options.resize:
        raise BadInput("--crop=center needs --resize=N, the side of the square in pixels")
    if options.resize and options.layout == "csv":
        raise BadInput("--layout=csv writes no pictures, so there is nothing to --resize")
    if options.link != "copy" and options.layout not in FILES:
        raise BadInput(f"--layout={options.layout} writes no single pictures to --link")
    if options.link != "copy" and options.resize:
        raise BadInput("resized pictures are new files: leave --link out")


def _chosen(options: ExportOptions, store: Store) -> list[ImageClass]:
    """Return the classes that are meant: without --wnid not what no list has named."""
    counts = store.counts()
    for wnid in synsets.with_pictures(options.wnid):
        if wnid not in counts:
            raise BadInput(
                f"no picture of {wnid} is here: get some with: ck download imagenet --wnid={wnid}"
            )
    wnids = synsets.among(counts, options.wnid, options.under, ilsvrc2012=options.ilsvrc2012)
    chosen = [wnid for wnid in wnids if wnid != UNKNOWN or wnid in options.wnid]
    if not chosen:
        raise BadInput(
            "no picture of such a synset is here; see ck list imagenet --downloaded-only"
        )
    return classes(chosen)


def _deciding(options: ExportOptions) -> dict[str, Any]:
    """Return what decides how an export looks, as its mark tells it."""
    decided: dict[str, Any] = {
        "layout": options.layout,
        "wnid": sorted(options.wnid),
        "under": options.under,
        "ilsvrc2012": options.ilsvrc2012,
        "max-images": options.max_images,
        "split": options.split,
        "seed": options.seed,
        "resize": options.resize,
        "crop": options.crop,
        "shard-size": options.shard_size,
        "outdir": anonymous(path_of("--outdir", options.outdir)) if options.outdir else "",
    }
    # Only if it is wanted, so that folders of earlier versions stay those of the same export.
    return {**decided, "unaltered": True} if options.unaltered else decided


def _form(options: ExportOptions) -> Form | None:
    """Return how shards are written, if there are any; what is missing for that fails here."""
    rendering = _rendering(options)
    if options.layout == "webdataset":
        from ..exports.shards import WebDataset

        return WebDataset(rendering)
    if options.layout == "parquet":
        from ..exports.shards import Parquet

        return Parquet(rendering)
    return None


def _rendering(options: ExportOptions) -> Rendering:
    return Rendering(options.resize, bool(options.crop))


class _Run:
    """The writing, when all is known."""

    def __init__(
        self,
        options: ExportOptions,
        root: Path,
        chosen: Sequence[ImageClass],
        samples: Sequence[Sample],
        progress: Progress,
    ) -> None:
        self._options = options
        self._root = root
        self._chosen = chosen
        self._samples = samples
        self._progress = progress
        self._bytes = sum(sample.size for sample in samples)
        self._bytes_done = 0

    def write(self, form: Form | None) -> Exported:
        """Bring the folder up to date."""
        done = Exported(self._root, self._options.layout, len(self._chosen), 0)
        if all(each.label == each.ilsvrc2012 for each in self._chosen):
            done.labels = "ilsvrc2012"
        write_whole(self._root / "classes.txt", listed(self._chosen))
        try:
            if form:
                self._write_shards(form, done)
            elif self._options.layout == "csv":
                self._write_tables(done)
            else:
                self._write_files(done)
        finally:
            self._progress.end()
        self._count(done)
        return done

    def _count(self, done: Exported) -> None:
        there = self._without(done.left_out)
        done.pictures = len(there)
        done.altered = sum(sample.is_altered for sample in there)
        if self._options.split:
            done.parts = dict(Counter(sample.part for sample in there))
        if done.left_out:
            wnids = sorted({name.partition("_")[0] for name in done.left_out})
            where = as_typed(self._options, "outdir")
            done.advice = f"ck check imagenet --wnid={','.join(wnids)}{where} --decode --repair"

    def _without(self, left_out: Collection[str]) -> list[Sample]:
        return [sample for sample in self._samples if str(sample.name) not in left_out]

    def _write_files(self, done: Exported) -> None:
        flat = self._options.layout == "flat"
        link = self._options.link
        folders = ImageFolders(self._root, flat, link, _rendering(self._options))
        done.removed = folders.remove_stale(self._samples)
        done.written, left_out = folders.write(self._samples, self._report)
        done.left_out = {str(name): why for name, why in left_out}
        if flat or self._options.split:  # else `datasets` takes the list for a part of the data
            write_caffe_lists(folders, self._root, self._without(done.left_out))

    def _write_tables(self, done: Exported) -> None:
        for part, of_part in self._by_part().items():
            folders.write(self._root, part, of_part, self._report)
        done.written = len(self._samples)

    def _write_shards(self, form: Form, done: Exported) -> None:
        shards = Shards(self._root, form, self._options.shard_size * _MEGABYTE)
        for part, of_part in self._by_part().items():
            of_part.sort(key=lambda sample: lot(self._options.seed, sample.name))
            written, left_out = shards.write(part, of_part, self._report)
            done.written += written
            done.left_out.update((str(name), why) for name, why in left_out)
        shards.remove_stale()
        done.removed = max(0, shards.before - len(self._without(done.left_out)))

    def _by_part(self) -> dict[str, list[Sample]]:
        by_part: dict[str, list[Sample]] = {}
        for sample in self._samples:
            by_part.setdefault(sample.part, []).append(sample)
        return by_part

    def _report(self, sample: Sample) -> None:
        self._bytes_done += sample.size
        self._progress.advance("exporting", self._bytes_done, self._bytes)
