"""Paces: what runs have learnt of how hosts ration, kept for a day: the next run begins there."""

from __future__ import annotations

import json
import time
from contextlib import suppress
from pathlib import Path
from typing import Any, Callable, Dict, Mapping, NamedTuple, Tuple

from filelock import FileLock

from ..core.errors import ImagenetError
from ..core.files import json_object, prove_writable, why_no_file, write_whole
from .records import FORMAT
from .store import Store


class Learned(NamedTuple):
    """What a host gives to who asks as often as it lets."""

    rate: float
    """Requests a second, in the long run; 0 if all that is known is that it gives."""
    burst: int
    """Requests at once after a rest, 1 if they must come evenly."""
    period: float
    """Seconds between two such bursts, 0 if they must come evenly."""


A_DAY = 86_400
"""Seconds after which what was learnt is forgotten: hosts change their rules."""

MOST_KEYS = 10_000
LARGEST_MEMORY = 2_000_000

_A_MINUTE = 60
"""Seconds by which the clocks of machines that share a file system may differ."""

_FILE = "paces.json"
_LONGEST_KEY = 300
"""Characters: the name of a host has 253 at most."""
_LARGEST_NUMBER_KEPT = 1e12
"""Of any number in the file."""
_PATIENCE = 10.0
"""Seconds to wait for others that write: some file systems never give a lock back."""

_Known = Dict[str, Tuple[Learned, int]]
"""What was learnt, each with the time of that, in seconds since 1970; the latest comes last."""


class PaceMemory:
    """What was learnt in the last day, in a file that several processes share.

    Where nothing can be written or read, nothing is remembered, which is no error.

    Parameters
    ----------
    store : Store
        In its home is the file.
    clock : callable
        Returns the seconds since 1970. They decide what is forgotten, and nothing else.
    """

    def __init__(self, store: Store, clock: Callable[[], float] = time.time) -> None:
        self._store = store
        self._clock = clock

    def load(self) -> dict[str, Learned]:
        """Return what was learnt, by whatever text stands for a host or a service."""
        known = self._recent(_read(self._store.home() / _FILE))
        return {key: learned for key, (learned, _) in known.items()}

    def keep(self, learned: Mapping[str, Learned]) -> None:
        """Remember what has been learnt, beside what other processes have kept meanwhile."""
        if not learned:
            return
        with suppress(ImagenetError, OSError):
            home = self._store.create_home()
            prove_writable(home)  # an older FileLock would wait for that
            with FileLock(home / ".paces.lock", timeout=_PATIENCE):
                known = self._recent(_read(home / _FILE))
                now = int(self._clock())
                for key, each in learned.items():
                    known.pop(key, None)  # what is put there anew comes last
                    known[key] = each, now
                write_whole(home / _FILE, _written(known))

    def _recent(self, known: _Known) -> _Known:
        """Leave out what is older than a day, or of a time to come: the clock has been set back."""
        now = self._clock()
        return {key: each for key, each in known.items() if -_A_MINUTE <= now - each[1] < A_DAY}


def _written(known: _Known) -> bytes:
    """Return what a file holds: the latest, as many as there is room for."""
    kept = [(key, each) for key, each in known.items() if len(key) <= _LONGEST_KEY][-MOST_KEYS:]
    while True:
        paces = {key: {**learned._asdict(), "time": when} for key, (learned, when) in kept}
        data = json.dumps({"format": FORMAT, "paces": paces}).encode()
        if len(data) <= LARGEST_MEMORY:
            return data
        kept = kept[len(kept) // 2 :]


def _read(path: Path) -> _Known:
    """Return what a file holds, without whatever nobody has written so."""
    try:
        facts = json_object(_content(path)) or {}
        if facts["format"] != FORMAT:
            return {}
        told = list(facts["paces"].items())[-MOST_KEYS:]
    except (OSError, LookupError, TypeError, ValueError, AttributeError):
        return {}
    known: _Known = {}
    for key, each in told:
        with suppress(LookupError, TypeError, ValueError):
            rate, burst, period, when = (_number(each, name) for name in (*Learned._fields, "time"))
            if burst >= 1:
                known[key] = Learned(rate, int(burst), period), int(when)
    return known


def _content(path: Path) -> bytes:
    """Return the bytes of a file, none if it is larger than one that was written here."""
    if why_no_file(path):
        return b""
    with path.open("rb") as opened:
        data = opened.read(LARGEST_MEMORY + 1)
    return data if len(data) <= LARGEST_MEMORY else b""


def _number(told: Any, name: str) -> float:
    """Return a number that is told; raise ValueError if it is none that can have been written."""
    number = told[name]
    if isinstance(number, bool) or not isinstance(number, (int, float)):
        raise ValueError(name)
    if not 0 <= number <= _LARGEST_NUMBER_KEPT:
        raise ValueError(name)
    return float(number)
