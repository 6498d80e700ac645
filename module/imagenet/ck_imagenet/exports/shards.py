"""Layouts of a few large files of a bounded size, each whole or absent, and made once."""

from __future__ import annotations

import hashlib
import json
from abc import abstractmethod
from contextlib import AbstractContextManager
from itertools import chain
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Sequence

from ..core.files import checksum, read_json, replacing, sweep, to_json, write_whole
from ..core.outcomes import Failed
from ..core.text import parse_image_name
from ..core.threads import parallel_map
from .layouts import Contents, Job, Layout, Written
from .samples import PARTS, LeftOut, Sample, shuffle_key

_ALONE = "pictures"
"""What the shards of a part without a name begin with."""

_LOG = ".shards.json"
DATA_FOLDER = "data"
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
        self._data = job.root / DATA_FOLDER
        self.log: Log = {}

    def form(self) -> str:
        """Return what decides, beside the samples, how a shard looks."""
        return ""

    @abstractmethod
    def encode(self, sample: Sample) -> Encoded:
        """Return a sample as it stands in a shard."""

    @abstractmethod
    def writer(self, path: Path) -> AbstractContextManager[Callable[[Any], None]]:
        """Open a new shard; give what takes the content of one sample after the other."""

    def contents(self, parts: Sequence[str]) -> Contents:
        """Return the shards of the parts."""
        shards = [shard for part in parts for shard in self.log[part]]
        return Contents(
            self.columns(),
            {part: [f"{DATA_FOLDER}/{part or _ALONE}-*{self.extension}"] for part in parts},
            records=self.columns(),
            shards=[f"{DATA_FOLDER}/{shard['file']}" for shard in shards],
            checksums={f"{DATA_FOLDER}/{shard['file']}": shard["sha256"] for shard in shards},
        )

    @abstractmethod
    def columns(self) -> dict[str, Any]:
        """Return what each column of a sample holds, as in `Contents`."""

    def write(self) -> Written:
        """Bring the shards of all parts up to date."""
        found = read_json(self._log_path) or {}
        self.log = {part: found[part] for part in found if _is_log(found[part])}
        before = sum(map(pictures_in, chain.from_iterable(self.log.values())))
        new = 0
        left_out: list[LeftOut] = []
        for part, samples in self.job.by_part().items():
            samples.sort(key=lambda sample: shuffle_key(self.job.seed, sample.name))
            written, unreadable = self._write(part, samples)
            new += written
            left_out += unreadable
        self._remove_stale()
        here = len(self.job.samples) - len(left_out)
        return Written(new, max(0, before - here), left_out=left_out)

    def _write(self, part: str, samples: Sequence[Sample]) -> tuple[int, list[LeftOut]]:
        """Bring the shards of a part up to date; return how many are new, and what is left out."""
        self._data.mkdir(exist_ok=True)
        sweep(self._data)
        log = self.log[part] = self._valid(part, samples)
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
            entry = _entry(path, samples[first:position], left_out, self.form())
            log.append({**entry, "sha256": checksum(path)})
            write_whole(self._log_path, to_json(self.log))
        every = [left_out for shard in log for left_out in _left_out(shard)]
        return sum(map(pictures_in, log[valid:])), every

    def _encode(self, sample: Sample) -> Encoded | LeftOut:
        try:
            return self.encode(sample)
        except Failed as failed:
            return LeftOut(sample.name, failed.detail)

    def _remove_stale(self) -> None:
        """Remove shards of earlier runs that there are no samples for any more."""
        wanted = {shard["file"] for log in self.log.values() for shard in log}
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
        for number, shard in enumerate(self.log.get(part, [])):
            path = self._data / self._name(part, number)
            count = shard.get("samples", 0)
            held = samples[position : position + count]
            if not (
                count
                and path.is_file()
                and _entry(path, held, _left_out(shard), self.form()).items() <= shard.items()
                and isinstance(shard.get("sha256"), str)
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


def _entry(
    path: Path, samples: Sequence[Sample], left_out: Sequence[LeftOut], form: str
) -> dict[str, Any]:
    """Return what the log tells of a shard, by which its next run sees whether it is still right.

    Parameters
    ----------
    path : Path
        The shard.
    samples : sequence of Sample
        What is in it.
    left_out : sequence of LeftOut
        What of that is not in it.
    form : str
        What decides beside these how it looks.
    """
    digest = hashlib.sha256(form.encode())
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


def pictures_in(shard: dict[str, Any]) -> int:
    """Return how many samples are in a shard."""
    return int(shard["samples"]) - len(_left_out(shard))
