"""The job of handing pictures to other tools: choose, then write in the layout that is wanted."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, Callable, Iterable, Mapping, Sequence

from ..catalogue.selection import Selection, among, with_pictures
from ..catalogue.synsets import members
from ..core import registries
from ..core.actions import ExportOptions, SynsetOptions
from ..core.errors import BadInput
from ..core.files import path_of, storage_errors, write_whole
from ..core.options import as_typed, concern, kinds
from ..core.outcomes import plain
from ..core.text import UNKNOWN, Progress, counted
from ..exports import layouts
from ..exports.cards import card_of
from ..exports.croissant import described
from ..exports.layouts import Job, Layout, OwnFolder, anonymous, as_command
from ..exports.samples import (
    ImageClass,
    Sample,
    Split,
    classes,
    counted_by_part,
    listed,
    samples,
)
from ..images.rendering import Rendering
from ..storage.inventory import Inventory
from ..storage.inventory import inventories as inventories_of
from ..storage.store import Store, wait_for_lock
from . import USUAL, opened

_MEGABYTE = 1_000_000


@dataclass
class Exported:
    """What an export holds."""

    to: Path
    layout: str
    classes: int
    pictures: int
    links: int | None = None
    """Links that it tells of, whether they gave a picture or not, if it tells of links."""
    written: int = 0
    """Pictures that this run wrote; the others were there."""
    removed: int = 0
    """Pictures of earlier runs that are not here any more."""
    parts: dict[str, int] = field(default_factory=dict)
    """How many pictures each part has, if there are several."""
    labels: str = "positions"
    """Whose labels these are: those of a set, such as "imagenette", or positions in the order of
    wnids; "ilsvrc2012" if the lists of `flat` have its labels, and all else the others."""
    missing: list[str] = field(default_factory=list)
    """The synsets of that set of which nothing is here."""
    reencoded: int = 0
    """Pictures among them whose pixels have been re-encoded: the others have their own bytes."""
    quality: int | None = None
    """Of the JPEGs that they have become; none where they are PNGs."""
    altered: int = 0
    """Pictures among them from hosts that are known to give altered copies."""
    left_out: dict[str, str] = field(default_factory=dict)
    """The names of pictures that cannot be decoded, and why not."""
    lacking: list[str] = field(default_factory=list)
    """The folders, such as "val/n01440764", of which those were all pictures."""
    advice: str = ""
    """What to type because of them."""

    def __str__(self) -> str:
        count, noun, listed = self.pictures, "picture", ""
        if self.links is not None:
            count, noun, listed = self.links, "link", " listed"
        verb = "is" if count == 1 else "are"
        things, classes = counted(count, noun), counted(self.classes, "synset")
        return f"{things} of {classes} {verb}{listed} in {self.to}"

    def facts(self) -> dict[str, Any]:
        """Return the same in plain types."""
        facts = {**asdict(self), "to": str(self.to)}
        del facts["advice"]
        return facts


def export(
    folder: str | Path = USUAL,
    *,
    to: str | Path,
    wnid: str | Iterable[str] = (),
    under: str | Iterable[str] = (),
    search: str = "",
    ilsvrc2012: bool = False,
    set: str = "",
    layout: str = "folders",
    max_images: int | None = None,
    unaltered: bool = False,
    split: str = "",
    seed: int = 0,
    resize: int | None = None,
    crop: str = "",
    quality: int = 95,
    keep_formats: bool = False,
    link: str = "copy",
    shard_size: int = 256,
) -> Exported:
    """Write pictures in a layout that other tools read.

    Parameters
    ----------
    folder : str or Path, optional
        What download has filled.
    to : str or Path
        The folder to write: a new one, or one of an earlier run of the same export.
    wnid : str or Iterable[str], optional
        The wnid of the synset, or several separated by commas; by default all here.
    under : str or Iterable[str], optional
        Only this synset and all below it; several separated by commas.
    search : str, optional
        Only synsets with all these words; beginnings match too.
    ilsvrc2012 : bool, optional
        Only the 1,000 synsets of ILSVRC2012.
    set : str, optional
        Only the synsets of a set: imagenette, imagewoof, imagenet-100, tiny-imagenet,
        mini-imagenet, imagenet-a or imagenet-r.
    layout : str, optional
        Folders, flat, webdataset, csv, parquet, links or links-parquet.
    max_images : int, optional
        At most this many pictures of each synset, those with the smallest numbers; at least 1.
    unaltered : bool, optional
        Leave out pictures from hosts that are known to give altered copies.
    split : str, optional
        The shares of each class for training, validation and tests, such as 0.8,0.2 or
        0.8,0.1,0.1; by default there is one part.
    seed : int, optional
        A number; another one gives another split and order; at least 0.
    resize : int, optional
        Pixels of the shorter side; all are re-encoded as JPEGs; from 8 to 4096.
    crop : str, optional
        For --resize: cut each picture to the square in its middle.
    quality : int, optional
        The quality of re-encoded JPEGs; from 1 to 100.
    keep_formats : bool, optional
        Keep every picture as it is, also in formats that some tools cannot read.
    link : str, optional
        How to put unchanged files there, as links or copies: hard, symbolic or copy.
    shard_size : int, optional
        The size of each file of webdataset or parquet, in megabytes; from 1 to 100000.

    Returns
    -------
    Exported
        What is in the folder now, and what this call has written.

    Raises
    ------
    BadInput
        If an argument cannot be used, or no such picture is here; then nothing has been done.
    StoreError
        If the folder cannot be written.

    Examples
    --------
    >>> done = ck_imagenet.export(to="tench", split="0.5,0.5")
    >>> done.pictures, done.parts
    (2, {'train': 1, 'val': 1})
    >>> done.to.name
    'tench'
    """
    options, place = opened(ExportOptions, locals(), "folder")
    return run(options, place.store_there, Progress())


def run(options: ExportOptions, store: Store, progress: Progress) -> Exported:
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
    refuse_what_says_nothing(options)
    folder = OwnFolder(path_of("--to", options.to).absolute(), _deciding(options))
    folder.refuse_foreign()
    split = Split.parse(options.split, options.seed)
    if options.max_images and options.max_images < len(split.parts):
        raise BadInput(
            f"--max-images={options.max_images} is too few for {len(split.parts)} parts: raise it, "
            "or leave --split out"
        )
    # Before anything is read: a package may be missing.
    row = registries.layout(options.layout)
    layout = layouts.writer(row)
    known = dict.fromkeys(store.wnids(), 0) if row.of_links else store.counts()
    chosen = _chosen(options, known)
    with storage_errors(folder.path):
        pictures = [] if row.of_links else chosen
        all_samples = list(samples(store, pictures, split, options.max_images, options.unaltered))
        folder.create()
        with wait_for_lock(folder.lock(), str(folder.path), progress):
            folder.tidy()
            exported = Selection(wnid=tuple(each.wnid for each in chosen))
            inventories = partial(inventories_of, store, exported)
            return _write(layout, options, folder.path, chosen, all_samples, inventories, progress)


def refuse_what_says_nothing(options: ExportOptions) -> None:
    """Raise BadInput if an option is missing, or says nothing of the layout that is wanted."""
    if not options.to:
        raise BadInput("to which folder? Write --to=DIR; it need not exist yet")
    if options.crop and not options.resize:
        raise BadInput("--crop=center needs --resize=N, the side of the square in pixels")
    layout = registries.layout(options.layout)
    for is_wanted, is_possible, why in (
        (options.split, layout.splits, "has no parts: leave --split out"),
        (options.resize, layout.resizes, "writes no pictures: leave --resize out"),
        (options.keep_formats, layout.resizes, "writes no pictures: leave --keep-formats out"),
        (options.link != "copy", layout.links, "writes no single pictures: leave --link out"),
        (options.max_images, not layout.of_links, "writes every link: leave --max-images out"),
        (options.unaltered, not layout.of_links, "writes every link: leave --unaltered out"),
    ):
        if is_wanted and not is_possible:
            raise BadInput(f"--layout={layout.name} {why}")
    if options.quality != Rendering().quality and not _rendering(options).makes_jpegs:
        raise BadInput("--quality is for re-encoded JPEGs: give --resize=N with it")
    if options.link != "copy" and options.resize:
        raise BadInput("resized pictures are new files: leave --link out")
    if options.keep_formats and options.resize:
        raise BadInput("resized pictures are JPEGs: leave --keep-formats out")


def _chosen(options: ExportOptions, counts: Mapping[str, int]) -> list[ImageClass]:
    """Return the classes that are meant: what no list has named, if it is meant or is all.

    Parameters
    ----------
    options : ExportOptions
        Which synsets are meant.
    counts : mapping
        Those that are here.
    """
    for wnid in with_pictures(options.wnid):
        if wnid not in counts:
            raise BadInput(
                f"no pictures of {wnid} are here. Download them with: ck-imagenet download "
                f"--wnid={wnid}"
            )
    wnids = among(counts, concern(options, Selection))
    named = [wnid for wnid in wnids if wnid != UNKNOWN]
    chosen = wnids if UNKNOWN in options.wnid else named or wnids
    if not chosen:
        meant = as_typed(options, *kinds(SynsetOptions)) or " --wnid=n01440764"
        raise BadInput(
            f"no pictures of these synsets are here. Get some: ck-imagenet download{meant}"
        )
    return classes(chosen, members(options.set))


def _deciding(options: ExportOptions) -> dict[str, Any]:
    """Return what decides how an export looks, as its mark tells it."""
    decided: dict[str, Any] = {
        "layout": options.layout,
        "wnid": sorted(options.wnid),
        "under": ",".join(options.under),
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
    decided.update({"search": options.search} if options.search else {})
    decided.update({"set": options.set} if options.set else {})
    decided.update({"unaltered": True} if options.unaltered else {})
    decided.update({"keep-formats": True} if options.keep_formats else {})
    decided.update({"quality": options.quality} if options.quality != Rendering().quality else {})
    return decided


def _write(
    layout: type[Layout],
    options: ExportOptions,
    root: Path,
    chosen: Sequence[ImageClass],
    samples: Sequence[Sample],
    inventories: Callable[[], Iterable[Inventory]],
    progress: Progress,
) -> Exported:
    """Bring a folder up to date, and return what is in it then."""
    row = registries.layout(options.layout)
    size, done = sum(sample.size for sample in samples), 0

    def report(sample: Sample) -> None:
        nonlocal done
        done += sample.size
        progress.advance("exporting", done, size)

    rendering = _rendering(options)
    job = Job(
        root,
        chosen,
        options.set,
        options.ilsvrc2012 or not options.set,
        samples,
        rendering,
        options.link,
        options.shard_size * _MEGABYTE,
        options.seed,
        report,
        inventories,
    )
    write_whole(root / "classes.txt", listed(job.classes))
    try:
        writer = layout(job)
        written = writer.write()
    finally:
        progress.end()
    left_out = {str(each.name): each.why for each in written.left_out}
    there = [sample for sample in samples if str(sample.name) not in left_out]
    if samples and not there:
        name, why = next(iter(left_out.items()))
        raise BadInput(
            f"none of these pictures can be decoded, such as {name} ({plain(why)}). Set them aside "
            f"with: {_advice(options, left_out)}"
        )
    wanted, filled = ({(each.part, each.name.wnid) for each in some} for some in (samples, there))
    parts = counted_by_part(there) if written.links is None else {"": written.links}
    command = as_command(_deciding(options), _deciding(ExportOptions()))
    contents = writer.contents(list(parts))
    description = described(job, contents, sum(parts.values()))
    write_whole(root / "croissant.json", description)
    write_whole(root / "README.md", card_of(job, contents, parts, command, description))
    return Exported(
        root,
        options.layout,
        len(chosen),
        len(there),
        written.links,
        written.new,
        written.removed,
        parts=parts if options.split else {},
        labels="ilsvrc2012" if writer.lists_ilsvrc2012 else options.set or "positions",
        missing=[each.wnid for each in job.classes if each not in chosen],
        reencoded=sum(rendering.reencodes(sample.path) for sample in there) if row.resizes else 0,
        quality=rendering.quality if rendering.makes_jpegs else None,
        altered=sum(sample.is_altered for sample in there),
        left_out=left_out,
        lacking=["/".join(filter(None, each)) for each in sorted(wanted - filled)],
        advice=_advice(options, left_out),
    )


def _rendering(options: ExportOptions) -> Rendering:
    """Return what becomes of pictures. CK's programs that read labels read nothing but JPEGs."""
    row, as_found = registries.layout(options.layout), options.keep_formats
    is_scored = options.register and row.environment is not None and bool(row.environment.labels)
    jpegs = (row.jpegs or is_scored) and not as_found
    return Rendering(options.resize, bool(options.crop), options.quality, jpegs, as_found)


def _advice(options: ExportOptions, left_out: Iterable[str]) -> str:
    """Return what to type because of pictures that cannot be decoded, if there are any."""
    wnids = sorted({name.partition("_")[0] for name in left_out})
    where = as_typed(options, "outdir")
    repair = f"ck-imagenet check --wnid={','.join(wnids)}{where} --decode --repair"
    return repair if wnids else ""
