"""Shards for the library `webdataset`: tars with picture, label and facts of each sample."""

from __future__ import annotations

import io
import json
import tarfile
from contextlib import contextmanager
from pathlib import Path
from typing import Callable, Iterator, List, Tuple

from .samples import Sample
from .shards import Encoded, Form

Members = List[Tuple[str, bytes]]


class WebDataset(Form):
    """Tars whose members `NAME.jpg`, `NAME.cls` and `NAME.json` make a sample."""

    extension = ".tar"
    digits = 6
    closing = tarfile.RECORDSIZE

    def encode(self, sample: Sample) -> Encoded:
        """Return the members of a sample, whose common name is the picture's."""
        known = {fact: value for fact, value in sample.facts().items() if value is not None}
        members = [
            (self.rendering.extension(sample.path), self.rendering.data(sample.path)),
            (".cls", str(sample.image_class.label).encode()),
            (".json", json.dumps(known).encode()),
        ]
        size = sum(tarfile.BLOCKSIZE + _in_blocks(len(data)) for _, data in members)
        return Encoded([(f"{sample.name}{extension}", data) for extension, data in members], size)

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
