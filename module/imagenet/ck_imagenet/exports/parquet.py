"""The layout `parquet`: tables with a column for the picture."""

from __future__ import annotations

import json
from contextlib import contextmanager
from datetime import datetime, timezone
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, Mapping, Sequence

from PIL import Image

from .cards import DTYPES
from .samples import COLUMNS, TIME_FORM, ImageClass, Sample
from .shards import Encoded, Sharded

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
