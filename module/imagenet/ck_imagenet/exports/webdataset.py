"""The layout `webdataset`: tars of samples, as webdataset, img2dataset and timm have them."""

from __future__ import annotations

import io
import json
import tarfile
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Iterator, List, Sequence, Tuple

from PIL import Image

from ..core.files import to_json, write_whole
from ..images.formats import SUFFIXES
from .layouts import Contents, Written
from .samples import COLUMNS, SPLITS, ImageClass, Sample
from .shards import DATA_FOLDER, Encoded, Sharded, pictures_in
from .tables import TABLE, in_text, write_table

Members = List[Tuple[str, bytes]]

_IMG2DATASET: dict[str, type] = {
    "key": str,
    "caption": str,
    "status": str,
    "error_message": str,
    "original_width": int,
    "original_height": int,
}
"""What img2dataset tells of a picture beside our own facts, under these names."""


class WebDataset(Sharded):
    """Tars of samples: `NAME.jpg`, `NAME.cls`, `NAME.txt` (the words) and `NAME.json`."""

    extension = ".tar"
    digits = 6
    closing = tarfile.RECORDSIZE

    def write(self) -> Written:
        """Bring the shards up to date, and what timm wants to know of them."""
        written = super().write()
        splits = {
            SPLITS[part]: {
                "name": SPLITS[part],
                "num_samples": sum(map(pictures_in, log)),
                "filenames": [f"{DATA_FOLDER}/{shard['file']}" for shard in log],
                "shard_lengths": [pictures_in(shard) for shard in log],
            }
            for part, log in self.log.items()
        }
        info = {"num_classes": len(self.job.classes), "splits": splits}
        write_whole(self.job.root / "info.json", to_json(info))
        names = {each.name for each in written.left_out}
        write_table(
            self.job.root / TABLE,
            COLUMNS,
            (sample.facts() for sample in self.job.samples if sample.name not in names),
        )
        return written

    def contents(self, parts: Sequence[str]) -> Contents:
        """Return the shards, with a table of all facts beside them."""
        return (
            super()
            .contents(parts)
            ._replace(
                tables=[TABLE],
                records={"image": Image.Image, **in_text(COLUMNS)},
                pictures=[f"*{end}" for end in SUFFIXES],
            )
        )

    def columns(self) -> dict[str, Any]:
        """Return the members of a sample; without `--keep-formats` each picture is a JPEG."""
        paths = (sample.path for sample in self.job.samples)
        pictures = sorted({self.job.rendering.extension(path)[1:] for path in paths})
        return {
            **dict.fromkeys(pictures, Image.Image),
            "cls": ImageClass,
            "txt": str,
            "json": {**_IMG2DATASET, **in_text(COLUMNS), "label": int},
            "__key__": str,
            "__url__": str,
        }

    def encode(self, sample: Sample) -> Encoded:
        """Return the members of a sample, whose common name is the picture's."""
        picture, facts = self.job.rendering.data(sample.path), sample.facts()
        members = [
            (self.job.rendering.extension(sample.path), picture),
            (".cls", str(facts["label"]).encode()),
            (".txt", facts["words"].encode()),
            (".json", json.dumps(self._told(sample, picture)).encode()),
        ]
        size = sum(tarfile.BLOCKSIZE + _in_blocks(len(data)) for _, data in members)
        return Encoded([(f"{sample.name}{extension}", data) for extension, data in members], size)

    def _told(self, sample: Sample, picture: bytes) -> dict[str, Any]:
        """Return what is known of a sample, also as img2dataset tells it.

        `width` and `height` are those of the member, the `original` ones those that were found.
        """
        facts = {name: value for name, value in sample.facts().items() if value is not None}
        width, height = found = facts.get("width"), facts.get("height")
        if self.job.rendering.reencodes(sample.path):
            with Image.open(io.BytesIO(picture)) as image:
                width, height = image.size
        told = {
            "key": facts["name"],
            "caption": facts["words"],
            "status": "success",
            "error_message": None,
            **facts,
        }
        if None not in (width, height, *found):
            told.update(width=width, height=height)
            told.update(original_width=found[0], original_height=found[1])
        return told

    @contextmanager
    def writer(self, path: Path) -> Iterator[Callable[[Members], None]]:
        """Open a tar in which nothing depends on when and by whom it is written."""
        with tarfile.open(path, "w", format=tarfile.USTAR_FORMAT) as tar:

            def add(members: Members) -> None:
                for name, data in members:
                    member = tarfile.TarInfo(name)
                    member.size = len(data)
                    tar.addfile(member, io.BytesIO(data))

            yield add


def _in_blocks(size: int) -> int:
    return -(-size // tarfile.BLOCKSIZE) * tarfile.BLOCKSIZE
