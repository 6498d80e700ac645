"""What options choose among: a row for each source of lists, each layout and each set of synsets.

The rows are data, so that options, `--help` and docs/ can be made of them. What does the work is a
class in a room above, which the row names; it is imported when it is wanted.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, NamedTuple, Sequence


class Environment(NamedTuple):
    """How CK's programs take a folder that is registered with them."""

    part: str
    """What CK calls such a data set: the end of `soft:dataset.imagenet.…`."""
    purpose: str
    pictures: str
    """The pattern of the paths of its pictures."""
    labels: str = ""
    """What CK calls the folder of its labels and their words, if its programs read them."""


class LayoutRow(NamedTuple):
    """All that is known of a layout of `ck export`."""

    name: str
    made_by: str
    """The class of the room `exports` that writes it, as FILE:CLASS."""
    holds: str
    """What is in the folder then, in Markdown."""
    read_by: str
    """Who reads that, in Markdown."""
    splits: bool
    """Whether it can have parts, `--split`."""
    resizes: bool
    """Whether pictures are written, which can be smaller then, `--resize`, `--keep-formats`."""
    links: bool
    """Whether each picture is a file, which can be a link, `--link`."""
    shards: bool
    """Whether it is a few large files, of a `--shard-size`."""
    of_links: bool = False
    """Whether it tells of links, those that gave no picture too, and has no pictures."""
    jpegs: bool = False
    """Whether all its pictures are JPEGs, but with `--keep-formats`."""
    environment: Environment | None = None
    """How CK's programs take it, if they do, `--register`."""
    needs: str = ""
    """The package that it takes to write it."""


_LINK_FACTS = (
    "img2dataset's columns (`key`, `url`, `status`, `error_message`, `sha256`, `width`, `height`), "
    "more facts, `wnid`, and the [outcome](commands.md#outcomes)"
)

LAYOUTS = (
    LayoutRow(
        "folders",
        made_by="folders:Folders",
        holds="`train/W/W_N.jpg`, `val/W/…`; without `--split`, `W/W_N.jpg`",
        read_by=(
            '`torchvision.datasets.ImageFolder("DIR/train")`, '
            '`timm.data.create_dataset("", "DIR/train")`, '
            '`keras.utils.image_dataset_from_directory("DIR/train")`, '
            '`datasets.load_dataset("DIR")`'
        ),
        splits=True,
        resizes=True,
        links=True,
        shards=False,
        environment=Environment("train", "training", "n*/n*_*"),
    ),
    LayoutRow(
        "flat",
        made_by="folders:Flat",
        holds="`train/W_N.jpg`, `val/…`; without `--split`, `W_N.jpg`",
        read_by='`datasets.load_dataset("DIR")`, Caffe, CK\'s image classification',
        splits=True,
        resizes=True,
        links=True,
        shards=False,
        environment=Environment("val", "validation", "n*_*", labels="aux"),
    ),
    LayoutRow(
        "webdataset",
        made_by="webdataset:WebDataset",
        holds=(
            "`data/train-000000.tar`, …; without `--split`, `data/pictures-000000.tar`; shuffled"
        ),
        read_by=(
            '`webdataset.WebDataset("DIR/data/train-{000000..000009}.tar")'
            '.decode("pil").to_tuple("jpg", "cls")`, '
            '`timm.data.create_dataset("wds/", "DIR", split="train")`, '
            '`datasets.load_dataset("DIR")`; also `txt` (the words) and `json` (every fact)'
        ),
        splits=True,
        resizes=True,
        links=False,
        shards=True,
        jpegs=True,
    ),
    LayoutRow(
        "csv",
        made_by="tables:Tables",
        holds="`train.csv`, …; without `--split`, `pictures.csv`",
        read_by=(
            '`datasets.load_dataset("DIR")`, `pandas.read_csv("DIR/train.csv")` on this machine: '
            "the path of each picture where it is, and every fact"
        ),
        splits=True,
        resizes=False,
        links=False,
        shards=False,
    ),
    LayoutRow(
        "parquet",
        made_by="tables:Parquet",
        holds="`data/train-00000.parquet`, …; shuffled",
        read_by=(
            '`datasets.load_dataset("DIR")`, `pyarrow.parquet.read_table("DIR/data")`, '
            '`polars.read_parquet("DIR/data/*.parquet")`: '
            "a column `image`, and one for every fact"
        ),
        splits=True,
        resizes=True,
        links=False,
        shards=True,
        needs="pyarrow",
    ),
    LayoutRow(
        "links",
        made_by="tables:Links",
        holds="`links.csv`: a row for each link, also for links that failed",
        read_by=(
            '`datasets.load_dataset("DIR")`, `pandas.read_csv("DIR/links.csv")`: ' + _LINK_FACTS
        ),
        splits=False,
        resizes=False,
        links=False,
        shards=False,
        of_links=True,
    ),
    LayoutRow(
        "links-parquet",
        made_by="tables:LinksParquet",
        holds="`links.parquet`: the same",
        read_by=(
            '`datasets.load_dataset("DIR")`, `pyarrow.parquet.read_table("DIR/links.parquet")`, '
            '`polars.read_parquet("DIR/links.parquet")`'
        ),
        splits=False,
        resizes=False,
        links=False,
        shards=False,
        of_links=True,
        needs="pyarrow",
    ),
)


class SourceRow(NamedTuple):
    """All that is known of a place that has lists of URLs, or pictures."""

    name: str
    holds: str
    """What it has, in Markdown."""
    needs: str
    """What it takes to have something from there."""
    made_by: str = ""
    """The class of the room `sources` that finds its lists, as FILE:CLASS; it has pictures else."""
    address: str = ""
    """Where it usually is, if it is asked over the network."""
    setting: str = ""
    """The option that gives another address."""
    is_named: bool = True
    """Whether `--source` can name it."""

    @property
    def has_lists(self) -> bool:
        """Whether it has lists, and not the pictures themselves."""
        return bool(self.made_by)


SOURCES = (
    SourceRow(
        "archive",
        holds="the archive of all URLs on this machine, if you have made one",
        needs="nothing",
        made_by="url_archive:ArchiveSource",
    ),
    SourceRow(
        "kept",
        holds=(
            "the last list of the synset from `imagenet`, `wayback` or your `--urls`. It is saved "
            "with the synset, so a second run asks no service. `--refresh` asks again"
        ),
        needs="nothing; --refresh asks again",
        made_by="lists:KeptListSource",
        is_named=False,
    ),
    SourceRow(
        "imagenet",
        holds=(
            "image-net.org's list service. Its newer path is asked first, then its older one; "
            "each is first asked for the list with names"
        ),
        needs="the network; the service has often been down since 2021",
        made_by="services:ImageNetService",
        address="https://www.image-net.org",
        setting="service",
    ),
    SourceRow(
        "wayback",
        holds="the Wayback Machine's copies of these lists, from about 2013",
        needs="the network; it has the lists of some synsets, and limits how often you may ask",
        made_by="services:WaybackService",
        address="https://web.archive.org",
        setting="wayback-service",
    ),
    SourceRow(
        "winter21",
        holds=(
            "[the pictures themselves](#winter21), and no lists. It is used only with "
            "`--source=winter21`"
        ),
        needs=(
            "the network, and your consent to ImageNet's terms of access: download it with "
            "--source=winter21"
        ),
        address="https://image-net.org/data/winter21_whole/{wnid}.tar",
        setting="winter21",
    ),
)
"""In the order in which they are asked."""


class SetRow(NamedTuple):
    """All that is known of a set of ImageNet's synsets that people train on."""

    name: str
    synsets: int
    """How many it has, as its authors say."""
    holds: str
    """What they are, in Markdown."""
    told_by: str
    """Where its authors tell of it."""


SETS = (
    SetRow(
        "imagenette",
        10,
        holds="synsets that are easy to tell apart, from fast.ai",
        told_by="https://github.com/fastai/imagenette",
    ),
    SetRow(
        "imagewoof",
        10,
        holds="breeds of dogs, which are hard to tell apart, from fast.ai",
        told_by="https://github.com/fastai/imagenette#imagewoof",
    ),
    SetRow(
        "imagenet-100",
        100,
        holds="synsets drawn at random for Contrastive Multiview Coding",
        told_by="https://github.com/HobbitLong/CMC/blob/master/imagenet100.txt",
    ),
    SetRow(
        "tiny-imagenet",
        200,
        holds="the synsets of Tiny ImageNet, from Stanford's course CS231n",
        told_by="http://cs231n.stanford.edu/tiny-imagenet-200.zip",
    ),
    SetRow(
        "mini-imagenet",
        100,
        holds=(
            "the synsets of miniImageNet, for learning from few pictures; made for Matching "
            "Networks, in the version of Ravi and Larochelle"
        ),
        told_by="https://arxiv.org/abs/1606.04080",
    ),
    SetRow(
        "imagenet-a",
        200,
        holds="the synsets of ImageNet-A, whose pictures mislead networks",
        told_by="https://github.com/hendrycks/natural-adv-examples",
    ),
    SetRow(
        "imagenet-r",
        200,
        holds="the synsets of ImageNet-R, whose pictures are drawings, toys and other renditions",
        told_by="https://github.com/hendrycks/imagenet-r",
    ),
)


def source(name: str) -> SourceRow:
    """Return the row of a source; raise KeyError if there is none."""
    return {row.name: row for row in SOURCES}[name]


def layout(name: str) -> LayoutRow:
    """Return the row of a layout; raise KeyError if there is none."""
    return {row.name: row for row in LAYOUTS}[name]


def one_of(names: Sequence[str]) -> str:
    """Return names as a sentence lists them: a, b or c."""
    *others, last = names
    return f"{', '.join(others)} or {last}" if others else last


def made_by(room: str, row: LayoutRow | SourceRow) -> Any:
    """Return the class of a room that a row names as FILE:CLASS.

    Parameters
    ----------
    room : str
        The room, such as `exports`.
    row : LayoutRow or SourceRow
        The row.

    Raises
    ------
    ModuleNotFoundError
        If a package is missing that it needs: before anything is written.
    """
    if isinstance(row, LayoutRow) and row.needs:
        import_module(row.needs)
    file, _, name = row.made_by.partition(":")
    return getattr(import_module(f"..{room}.{file}", __package__), name)
