"""Layouts of tables, of pictures where they are."""

from __future__ import annotations

import csv
from typing import Iterable

from ..core.files import replacing
from .layouts import Layout, Written
from .samples import COLUMNS, Sample


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
