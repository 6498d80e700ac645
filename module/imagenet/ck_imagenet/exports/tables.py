"""Layouts of tables, of pictures where they are."""

from __future__ import annotations

import csv
from datetime import datetime
from typing import Iterable, Sequence

from PIL import Image

from ..core.files import replacing
from .layouts import Contents, Layout, Written
from .samples import COLUMNS, Sample

_ALONE = "pictures"
"""What the table of a part without a name is called."""


class Tables(Layout):
    """Tables `PART.csv` of the pictures where they are: a head, then a row with every fact."""

    def write(self) -> Written:
        """Write the table of each part anew."""
        for part, samples in self.job.by_part().items():
            self._write(part, samples)
        return Written(len(self.job.samples))

    def contents(self, parts: Sequence[str]) -> Contents:
        """Return the tables of the parts, whose column `path` leads to the pictures.

        A time that is not known of every picture is text: pandas takes a column, or ten thousand
        rows, of which nothing is known for numbers, and `datasets` makes no times of these.
        """
        unknown: set[str] = set()
        for sample in self.job.samples:
            unknown.update(name for name, value in sample.facts().items() if value is None)
        as_text = {name: str for name in unknown if COLUMNS[name] is datetime}
        return Contents(
            {"path": Image.Image, **COLUMNS, **as_text},
            {part: [f"{part or _ALONE}.csv"] for part in parts},
            settings={"keep_default_na": False, "na_values": [""]},  # a synset is called "nan"
        )

    def _write(self, part: str, samples: Iterable[Sample]) -> None:
        path = self.job.root / f"{part or _ALONE}.csv"
        with replacing(path) as unfinished, unfinished.open(
            "w", encoding="utf-8", errors="surrogateescape", newline=""
        ) as stream:
            table = csv.DictWriter(stream, ["path", *COLUMNS], lineterminator="\n")
            table.writeheader()
            for sample in samples:
                table.writerow({"path": str(sample.path.absolute()), **sample.facts()})
                self.job.report(sample)
