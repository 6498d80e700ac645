"""Layouts of a few large files of a bounded size, each whole or absent, and made once."""

from __future__ import annotations

import hashlib
import io
import json
import tarfile
from abc import abstractmethod
from contextlib import AbstractContextManager, contextmanager
from itertools import chain
from pathlib import Path
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Sequence, Tuple

from ..core.files import read_json, replacing, sweep, to_json, write_whole
from ..core.outcomes import Failed
from ..core.text import parse_image_name
from ..core.threads import parallel_map
from .layouts import Job, Layout, Written
from .samples import COLUMNS, PARTS, LeftOut, Sample, shuffle_key

_ALONE = "pictures"
"""What the shards of a part without a name begin with."""

_LOG = ".shards.json"
_DATA_FOLDER = "data"
"""The folder of the shards, since libraries take all files of a folder for shards."""

Log = Dict[str, List[Dict[str, Any]]]


class Encoded(NamedTuple):
    """A sample as it stands in a shard."""

    content: Any
    size: int
    """In bytes: how much larger the shard becomes at most."""


class Sharded(Layout):
    """Shards `data/PART-000000.EXTENSION`; their samples are shuffled, as the seed decides."""

    extension: str
    """What their names end with."""
    digits: int
    """How many digits their numbers have."""
    closing: int
    """Bytes that stand in a shard beside its samples, at most."""

    def __init__(self, job: Job) -> None:
        super().__init__(job)
        self._log_path = job.root / _LOG
        self._data = job.root / _DATA_FOLDER
        self._log: Log = {}

    @abstractmethod
    def encode(self, sample: Sample) -> Encoded:
        """Return a sample as it stands in a shard."""

    @abstractmethod
    def writer(self, path: Path) -> AbstractContextManager[Callable[[Any], None]]:
        """Open a new shard; give what takes the content of one sample after the other."""

    def write(self) -> Written:
        """Bring the shards of all parts up to date."""
        found = read_json(self._log_path) or {}
        self._log = {part: found[part] for part in found if _is_log(found[part])}
        before = sum(map(_count, chain.from_iterable(self._log.values())))
        new = 0
        left_out: list[LeftOut] = []
        for part, samples in self.job.by_part().items():
            samples.sort(key=lambda sample: shuffle_key(self.job.seed, sample.name))
            written, unreadable = self._write(part, samples)
            new += written
            left_out += unreadable
        self._remove_stale()
        here = len(self.job.samples) - len(left_out)
        return Written(new, max(0, before - here), left_out)

    def _write(self, part: str, samples: Sequence[Sample]) -> tuple[int, list[LeftOut]]:
        """Bring the shards of a part up to date; return how many are new, and what is left out."""
        self._data.mkdir(exist_ok=True)
        sweep(self._data)
        log = self._log[part] = self._valid(part, samples)
        valid = len(log)
        position = sum(shard["samples"] for shard in log)
        for sample in samples[:position]:
            self.job.report(sample)
        ahead = parallel_map(self._encode, samples[position:], self.job.rendering.threads)
        left: Encoded | LeftOut | None = None
        while position < len(samples):
            first, left_out = position, []
            path = self._data / self._name(part, len(log))
            with replacing(path) as unfinished, self.writer(unfinished) as add:
                size = self.closing
                while position < len(samples):
                    left = left or next(ahead)
                    if isinstance(left, LeftOut):
                        left_out.append(left)
                    elif position > first and size + left.size > self.job.shard_bytes:
                        break
                    else:
                        add(left.content)
                        size += left.size
                    left = None
                    self.job.report(samples[position])
                    position += 1
            log.append(_entry(path, samples[first:position], left_out))
            write_whole(self._log_path, to_json(self._log))
        every = [left_out for shard in log for left_out in _left_out(shard)]
        return sum(map(_count, log[valid:])), every

    def _encode(self, sample: Sample) -> Encoded | LeftOut:
        try:
            return self.encode(sample)
        except Failed as failed:
            return LeftOut(sample.name, failed.detail)

    def _remove_stale(self) -> None:
        """Remove shards of earlier runs that there are no samples for any more."""
        wanted = {shard["file"] for log in self._log.values() for shard in log}
        number = "[0-9]" * self.digits
        for part in ("", *PARTS):
            for path in self._data.glob(f"{part or _ALONE}-{number}{self.extension}"):
                if path.name not in wanted:
                    path.unlink()

    def _name(self, part: str, number: int) -> str:
        return f"{part or _ALONE}-{number:0{self.digits}}{self.extension}"

    def _valid(self, part: str, samples: Sequence[Sample]) -> list[dict[str, Any]]:
        """Return what is told of the first shards, as far as they hold what they would now."""
        valid: list[dict[str, Any]] = []
        position = 0
        for number, shard in enumerate(self._log.get(part, [])):
            path = self._data / self._name(part, number)
            count = shard.get("samples", 0)
            if (
                not count
                or not path.is_file()
                or shard != _entry(path, samples[position : position + count], _left_out(shard))
            ):
                break
            valid.append(shard)
            position += count
        return valid


def _is_log(told: Any) -> bool:
    """Say whether this can be what an earlier run has told of the shards of a part."""
    return isinstance(told, list) and all(
        isinstance(shard, dict)
        and isinstance(shard.get("file"), str)
        and isinstance(shard.get("samples"), int)
        and shard["samples"] > 0
        for shard in told
    )


def _entry(path: Path, samples: Sequence[Sample], left_out: Sequence[LeftOut]) -> dict[str, Any]:
    digest = hashlib.sha256()
    for sample in samples:
        digest.update(json.dumps([sample.facts(), sample.size, sample.time]).encode())
    entry = {
        "file": path.name,
        "bytes": path.stat().st_size,
        "samples": len(samples),
        "digest": digest.hexdigest(),
    }
    if left_out:
        entry["left-out"] = {str(each.name): each.why for each in left_out}
    return entry


def _left_out(shard: dict[str, Any]) -> list[LeftOut]:
    """Return which of a shard's samples are not in it."""
    told = shard.get("left-out")
    named = told.items() if isinstance(told, dict) else ()
    found = ((parse_image_name(name), why) for name, why in named)
    return [LeftOut(name, str(why)) for name, why in found if name]


def _count(shard: dict[str, Any]) -> int:
    """Return how many samples are in a shard."""
    return int(shard["samples"]) - len(_left_out(shard))


Members = List[Tuple[str, bytes]]


class WebDataset(Sharded):
    """Tars whose members `NAME.jpg`, `NAME.cls` and `NAME.json` make a sample."""

    extension = ".tar"
    digits = 6
    closing = tarfile.RECORDSIZE

    def encode(self, sample: Sample) -> Encoded:
        """Return the members of a sample, whose common name is the picture's."""
        known = {fact: value for fact, value in sample.facts().items() if value is not None}
        members = [
            (self.job.rendering.extension(sample.path), self.job.rendering.data(sample.path)),
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
        import pyarrow as pa  # which only this layout needs
        import pyarrow.parquet as pq

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
    import pyarrow as pa

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
