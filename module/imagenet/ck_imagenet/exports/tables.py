"""Layouts of tables: CSV of pictures where they are, Parquet with the pictures in it."""

from __future__ import annotations

import csv
import json
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, Mapping, Sequence

from PIL import Image

from ..core.files import replacing
from .cards import DTYPES
from .layouts import Contents, Layout, Written
from .samples import COLUMNS, TIME_FORM, ImageClass, Sample
from .shards import Encoded, Sharded

TABLE = "metadata.csv"
"""A table of facts beside pictures; its name is that of imagefolder readers."""

_ALONE = "pictures"
"""What the table of a part without a name is called."""


def write_table(path: Path, columns: Iterable[str], rows: Iterable[Mapping[str, Any]]) -> None:
    """Write a table as CSV, whole or not at all.

    Parameters
    ----------
    path : Path
        Where to.
    columns : iterable of str
        The names in its head.
    rows : iterable of mapping
        What each row has in these columns; None is an empty field.
    """
    with replacing(path) as unfinished, unfinished.open(
        "w", encoding="utf-8", errors="surrogateescape", newline=""
    ) as stream:
        table = csv.DictWriter(stream, list(columns), lineterminator="\n")
        table.writeheader()
        table.writerows(rows)


def in_text(columns: Mapping[str, Any]) -> dict[str, Any]:
    """Return columns as they are where a time is text."""
    return {name: str if kind is datetime else kind for name, kind in columns.items()}


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
            records={"path": str, **in_text(COLUMNS)},
            tables=[f"{part or _ALONE}.csv" for part in parts],
            settings={"keep_default_na": False, "na_values": [""]},  # a synset is called "nan"
        )

    def _write(self, part: str, samples: Iterable[Sample]) -> None:
        def rows() -> Iterator[dict[str, Any]]:
            for sample in samples:
                yield {"path": str(sample.path.absolute()), **sample.facts()}
                self.job.report(sample)

        write_table(self.job.root / f"{part or _ALONE}.csv", ["path", *COLUMNS], rows())


Row = Dict[str, Any]

_GROUP = 16_000_000
"""Bytes of pictures that are written, and read, at once."""


class Parquet(Sharded):
    """Tables with a column for the picture and one for each fact."""

    extension = ".parquet"
    digits = 5
    closing = 64_000

    def columns(self) -> dict[str, Any]:
        """Return the picture, and every fact."""
        return {"image": Image.Image, **COLUMNS}

    def encode(self, sample: Sample) -> Encoded:
        """Return the row of a sample."""
        data = self.job.rendering.data(sample.path)
        name = f"{sample.name}{self.job.rendering.extension(sample.path)}"
        facts = sample.facts()
        size = len(data) + 2 * len(json.dumps(facts))
        times = {each: _moment(facts[each]) for each in COLUMNS if COLUMNS[each] is datetime}
        return Encoded({"image": {"bytes": data, "path": name}, **facts, **times}, size)

    def form(self) -> str:
        """Return the names of labels, which stand in each table."""
        return " ".join(each.wnid for each in self.job.classes)

    @contextmanager
    def writer(self, path: Path) -> Iterator[Callable[[Row], None]]:
        """Open a table, to which rows are written some at a time."""
        import pyarrow as pa  # which only this layout needs
        import pyarrow.parquet as pq

        rows: list[Row] = []
        waiting = 0
        schema = _schema(self.columns(), self.job.classes)
        with pq.ParquetWriter(str(path), schema) as table:

            def flush() -> None:
                nonlocal waiting
                table.write_table(pa.Table.from_pylist(rows, schema))
                rows.clear()
                waiting = 0

            def add(row: Row) -> None:
                nonlocal waiting
                rows.append(row)
                waiting += len(row["image"]["bytes"])
                if waiting > _GROUP:
                    flush()

            yield add
            if rows:
                flush()


def _moment(told: str | None) -> datetime | None:
    """Return a time as tables hold it."""
    return datetime.strptime(told, TIME_FORM).replace(tzinfo=timezone.utc) if told else None


def _schema(columns: Mapping[str, Any], classes: Sequence[ImageClass]) -> Any:
    """Return the columns of a table, with what `datasets` reads in them.

    Parameters
    ----------
    columns : mapping
        What each column holds, as in `Contents`.
    classes : sequence of ImageClass
        The classes, whose wnids are the names of labels.
    """
    import pyarrow as pa

    types = {
        str: pa.string(),
        int: pa.int64(),
        bool: pa.bool_(),
        datetime: pa.timestamp("ms", tz="UTC"),
        ImageClass: pa.int64(),
        Image.Image: pa.struct([("bytes", pa.binary()), ("path", pa.string())]),
    }
    features: dict[str, Any] = {}
    for name, kind in columns.items():
        features[name] = {"_type": "Value", "dtype": DTYPES[kind]}
        if kind is Image.Image:
            features[name] = {"_type": "Image"}
        elif kind is ImageClass:
            features[name] = {"_type": "ClassLabel", "names": [each.wnid for each in classes]}
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema([(name, types[kind]) for name, kind in columns.items()], metadata)
