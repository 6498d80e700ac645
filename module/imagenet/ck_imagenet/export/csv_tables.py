"""Tables of the pictures that are here, in CSV: where each is, and every fact."""

from __future__ import annotations

import csv
from pathlib import Path
from typing import Callable, Iterable

from ..core.files import replacing
from .samples import COLUMNS, Sample


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
