"""What can become of a file's bytes: seeded, so that what was found can be found again."""

from __future__ import annotations

import json
import random
from typing import Any, Iterator

# What readers trip over: nesting, numbers, names and texts that nobody has.
_VALUES: list[Any] = [
    None,
    True,
    -1,
    0,
    1.5,
    2**63,
    10**18,
    "",
    "\0",
    "\ud800",
    "../..",
    "x" * 5000,
]
_VALUES += [[], {}, [[]], {"a": []}, "http://[", "n01440764_7", "9" * 5000]
_TEXTS = [b"[" * 70_000, b'{"a":' * 5_000, b"[" * 900 + b"]" * 900, b"9" * 5_000, b"1e999", b"NaN"]
_TEXTS += [b"[", b"{", b"\0", b"\xff\xfe", b"\xef\xbb\xbf", b"\n" * 3, b"\t", b"\\ud800", b""]


def mutations(data: bytes, seed: int) -> Iterator[bytes]:
    """Yield changed forms of a file, for ever: first what stands in its place."""
    chance = random.Random(seed)
    yield from _TEXTS
    while True:
        change = chance.choice([_flip, _cut, _double, _insert, _replace_number, _change_json])
        yield change(data, chance)


def _flip(data: bytes, chance: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(chance.choice([1, 1, 4, 30]) if data else 0):
        changed[chance.randrange(len(changed))] = chance.randrange(256)
    return bytes(changed)


def _cut(data: bytes, chance: random.Random) -> bytes:
    begin, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return chance.choice([data[:begin], data[begin:], data[:begin] + data[end:]])


def _double(data: bytes, chance: random.Random) -> bytes:
    begin, end = sorted(chance.randrange(len(data) + 1) for _ in range(2))
    return data[:end] + data[begin:end] * chance.choice([1, 3]) + data[end:]


def _insert(data: bytes, chance: random.Random) -> bytes:
    place = chance.randrange(len(data) + 1)
    return data[:place] + chance.choice(_TEXTS) + data[place:]


def _replace_number(data: bytes, chance: random.Random) -> bytes:
    places = [place for place, byte in enumerate(data) if chr(byte).isdigit()]
    if not places:
        return data
    begin = end = chance.choice(places)
    while end < len(data) and chr(data[end]).isdigit():
        end += 1
    number = chance.choice([b"9" * 5_000, b"-1", b"0", b"9" * 10, b"9" * 19, b"1.5", b"null"])
    return data[:begin] + number + data[end:]


def _change_json(data: bytes, chance: random.Random) -> bytes:
    """Change one value, of the file or of one of its lines; JSON it stays."""
    lines = data.split(b"\n")
    try:
        return _dumped(_changed(json.loads(data), chance))
    except ValueError:
        place = chance.randrange(len(lines))
    try:
        lines[place] = _dumped(_changed(json.loads(lines[place]), chance))
    except ValueError:
        return _flip(data, chance)
    return b"\n".join(lines)


def _dumped(value: Any) -> bytes:
    return json.dumps(value).encode()


def _changed(value: Any, chance: random.Random) -> Any:
    """Return a value of JSON in which one is another, at any depth."""
    inner: list[Any] = []
    if isinstance(value, dict):
        inner = list(value)
    elif isinstance(value, list):
        inner = list(range(len(value)))
    if not inner or chance.random() < 0.2:
        return chance.choice(_VALUES)
    key = chance.choice(inner)
    changed = dict(value) if isinstance(value, dict) else list(value)
    how = chance.random()
    if how < 0.15:
        del changed[key]
    elif how < 0.2 and isinstance(changed, dict):
        changed[str(chance.choice(_VALUES))] = changed.pop(key)
    else:
        changed[key] = _changed(changed[key], chance)
    return changed
