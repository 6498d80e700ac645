"""Shards in Parquet: the pictures and every fact, as `datasets` reads them. It needs pyarrow."""

from __future__ import annotations

import json
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Callable, Dict, Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from .samples import COLUMNS, Sample
from .shards import Encoded, Sharded

Row = Dict[str, Any]

_GROUP = 16_000_000
"""Bytes of pictures that are written, and read, at once."""


class Parquet(Sharded):
    """Tables with a column for the picture and one for each fact."""

    extension = ".parquet"
    digits = 5
    closing = 64_000

    def encode(self, sample: Sample) -> Encoded:
        """Return the row of a sample."""
        data = self.job.rendering.data(sample.path)
        name = f"{sample.name}{self.job.rendering.extension(sample.path)}"
        facts = sample.facts()
        size = len(data) + 2 * len(json.dumps(facts))
        return Encoded({"image": {"bytes": data, "path": name}, **facts}, size)

    @contextmanager
    def writer(self, path: Path) -> Iterator[Callable[[Row], None]]:
        """Open a table, to which rows are written some at a time."""
        rows: list[Row] = []
        waiting = 0
        schema = _schema()
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


def _schema() -> Any:
    """Return the columns, and what makes `datasets` decode the first of them as a picture."""
    image = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
    types = {str: pa.string(), int: pa.int64(), bool: pa.bool_()}
    columns = [("image", image), *((name, types[kind]) for name, kind in COLUMNS.items())]
    values = {str: "string", int: "int64", bool: "bool"}
    features = {
        "image": {"_type": "Image"},
        **{name: {"dtype": values[kind], "_type": "Value"} for name, kind in COLUMNS.items()},
    }
    metadata = {"huggingface": json.dumps({"info": {"features": features}})}
    return pa.schema(columns, metadata)
