"""The dataset card of an export, `README.md`, for people, `datasets` and the Hugging Face Hub."""

from __future__ import annotations

import hashlib
from datetime import datetime
from pathlib import Path
from typing import Any, Mapping, Sequence

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from PIL import Image

from .. import PROJECT, __version__
from ..core.text import counted
from .layouts import Contents, Job, anonymous
from .samples import SPLITS, ImageClass

CITATION = """@inproceedings{deng2009imagenet,
  title = {{ImageNet}: A Large-Scale Hierarchical Image Database},
  author = {Deng, Jia and Dong, Wei and Socher, Richard and Li, Li-Jia and Li, Kai and Fei-Fei, Li},
  booktitle = {IEEE Conference on Computer Vision and Pattern Recognition},
  pages = {248--255},
  year = {2009}
}"""

_MOST_CLASSES = 1_000
"""Rows of the table of classes; `classes.txt` has all."""

DTYPES: dict[Any, str] = {
    str: "string",
    int: "int64",
    bool: "bool",
    datetime: "timestamp[ms, tz=UTC]",
    Image.Image: "image",
    ImageClass: "class_label",
}
"""What `datasets` calls what a column holds."""


def title(job: Job) -> str:
    """Return what an export is called."""
    of_set = f" of {job.of_set}" if job.of_set else ""
    if len(job.here) == 1:
        return f"ImageNet: {', '.join(job.here[0].words) or job.here[0].wnid}{of_set}"
    return f"ImageNet: {counted(len(job.here), 'synset')}{of_set}"


def summary(job: Job, contents: Contents, count: int) -> str:
    """Return in a sentence what an export holds.

    Parameters
    ----------
    job : Job
        What was to be written.
    contents : Contents
        What readers find.
    count : int
        How many rows they are.
    """
    holds = f"{counted(count, contents.of[:-1])} of {counted(len(job.here), 'synset')} of ImageNet"
    if contents.of == "links":
        return f"{holds}, and what became of each."
    return f"{holds}, labelled by their synsets, with where each was found."


def features(columns: Mapping[str, Any], classes: Sequence[ImageClass]) -> list[dict[str, Any]]:
    """Return columns as the YAML of a card has them.

    Parameters
    ----------
    columns : mapping
        What each column holds, as in `Contents`.
    classes : sequence of ImageClass
        The classes, whose wnids are the names of labels.
    """
    return [_feature(name, kind, classes) for name, kind in columns.items()]


def _feature(name: str, kind: Any, classes: Sequence[ImageClass]) -> dict[str, Any]:
    if isinstance(kind, Mapping):
        return {"name": name, "struct": features(kind, classes)}
    if kind is ImageClass:
        names = {str(each.label): each.wnid for each in classes}
        return {"name": name, "dtype": {"class_label": {"names": names}}}
    return {"name": name, "dtype": DTYPES[kind]}


def _told(kind: Any) -> str:
    """Return what a column holds, for people."""
    return "every fact" if isinstance(kind, Mapping) else DTYPES[kind]


def card_of(
    job: Job, contents: Contents, parts: Mapping[str, int], command: str, described: bytes
) -> bytes:
    """Return the text of a card.

    Parameters
    ----------
    job : Job
        What was to be written.
    contents : Contents
        What readers find.
    parts : mapping
        How many rows each part has.
    command : str
        What a user types for such an export.
    described : bytes
        Its description in Croissant, which has the checksums of its files.
    """
    own = [described, command.encode(), anonymous(job.root).encode()]
    environment = Environment(
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        autoescape=select_autoescape(),
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    text = environment.get_template("card.md").render(
        title=title(job),
        summary=summary(job, contents, sum(parts.values())),
        contents=contents,
        features=features(contents.columns, job.classes),
        columns={name: _told(kind) for name, kind in contents.columns.items()},
        splits=SPLITS,
        counts=parts,
        classes=job.classes,
        of_set=job.of_set,
        most_classes=_MOST_CLASSES,
        project=PROJECT,
        version=__version__,
        command=command,
        identity=hashlib.sha256(b"\0".join(own)).hexdigest(),
        citation=CITATION,
    )
    return text.encode()
