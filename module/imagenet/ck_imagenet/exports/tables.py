"""Layouts of tables: of pictures where they are, or with the pictures in them, or of links."""

from __future__ import annotations

import csv
import json
from contextlib import contextmanager
from datetime import datetime, timezone
from itertools import islice
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, Mapping, Sequence

from PIL import Image

from ..core.errors import BadInput
from ..core.files import replacing
from ..core.outcomes import Outcome, plain
from ..core.url_lists import display_name
from ..storage.numbering import Link
from ..storage.records import Record
from .cards import DTYPES
from .layouts import Contents, Layout, Written
from .samples import COLUMNS, TIME_FORM, ImageClass, Sample, moment
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


_LINK_COLUMNS: dict[str, Any] = {
    "key": str,
    "url": str,
    "wnid": str,
    "status": str,
    "error_message": str,
    "outcome": str,
    "sha256": str,
    "width": int,
    "height": int,
    "caption": str,
    "bytes": int,
    "image_format": str,
    "final_url": str,
    "source": str,
    "captured": datetime,
    "time": datetime,
    "altered": bool,
}
"""What a row tells of a link: the names are img2dataset's, where it has one."""


class Links(Layout):
    """A table `links.csv` of the links, and what became of each."""

    name = "links.csv"

    def write(self) -> Written:
        """Write the table anew."""
        count = 0

        def rows() -> Iterator[dict[str, Any]]:
            nonlocal count
            for row in self._rows():
                count += 1
                yield row
            if not count:
                raise BadInput(
                    "no links of these synsets are known here: export their pictures, by another "
                    "--layout"
                )

        self._write(rows())
        return Written(count, links=count)

    def contents(self, parts: Sequence[str]) -> Contents:
        """Return the table; its times are text, since not all links have been asked."""
        return Contents(
            in_text(_LINK_COLUMNS),
            {part: [self.name] for part in parts},
            records=in_text(_LINK_COLUMNS),
            of="links",
            tables=[self.name],
            settings={"keep_default_na": False, "na_values": [""]},
        )

    def _write(self, rows: Iterable[dict[str, Any]]) -> None:
        write_table(self.job.root / self.name, _LINK_COLUMNS, rows)

    def _rows(self) -> Iterator[dict[str, Any]]:
        """Yield the row of each link, by the numbers of a synset's."""
        words = {each.wnid: ", ".join(each.words) or each.wnid for each in self.job.here}
        for inventory in self.job.inventories():
            known = [*inventory.saved.values(), *inventory.failed]
            told = [_told(record) for record in known]
            lost = [Link(record.name, record.url) for record in inventory.missing]
            waiting = [*inventory.waiting, *lost]
            told += [{**_UNASKED, "key": link.name, "url": link.url} for link in waiting]
            for row in sorted(told, key=lambda row: (row["key"], row["url"])):
                name = row["key"]
                yield {**row, "key": str(name), "wnid": name.wnid, "caption": words[name.wnid]}


class LinksParquet(Links):
    """A table `links.parquet` of the links, and what became of each."""

    name = "links.parquet"

    def contents(self, parts: Sequence[str]) -> Contents:
        """Return the table."""
        told = super().contents(parts)
        return told._replace(columns=_LINK_COLUMNS, records=_LINK_COLUMNS, settings={})

    def _write(self, rows: Iterable[dict[str, Any]]) -> None:
        import pyarrow as pa
        import pyarrow.parquet as pq

        schema, times = _schema(_LINK_COLUMNS, ()), ("captured", "time")
        every = iter(rows)
        with replacing(self.job.root / self.name) as unfinished, pq.ParquetWriter(
            str(unfinished), schema
        ) as table:
            for some in iter(lambda: list(islice(every, _LINK_ROWS_AT_ONCE)), []):
                typed = [{**row, **{each: _moment(row[each]) for each in times}} for row in some]
                table.write_table(pa.Table.from_pylist(typed, schema))


_LINK_ROWS_AT_ONCE = 50_000
"""Rows of links that are in memory, and in one group of a table."""

_UNASKED = {**dict.fromkeys(_LINK_COLUMNS), "status": "waiting"}
"""The row of a link of which nothing is known."""


def _told(record: Record) -> dict[str, Any]:
    """Return what a record tells of a link, as a row; the key is its name."""
    is_saved = record.outcome is Outcome.SAVED
    facts = record.facts()
    known = {name: facts[name] for name in _LINK_COLUMNS if name in facts}
    return {
        **_UNASKED,
        **known,
        "key": record.name,
        "url": record.url if record.has_url else None,
        "status": "success" if is_saved else "failed_to_download",
        "error_message": None if is_saved else plain(record.detail) or record.outcome.meaning,
        "source": display_name(record.source) or None,
        "time": moment(facts.get("time")),
        "captured": moment(facts.get("captured")),
    }


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
