"""Which tars have been read to their ends, so that they need not be read again."""

from __future__ import annotations

import json
from typing import Any, Collection, Iterable

from ..catalogue import synsets
from ..core.files import path_of, read_json, storage_errors, to_json, write_whole
from ..core.outcomes import Outcome
from ..core.text import is_wnid
from ..core.url_lists import display_name, is_url
from ..storage.journal import Journal
from ..storage.records import FORMAT, Record, now, refuse_newer
from ..storage.store import Store, SynsetStore
from .tar_sources import TarSource


class ReadTars:
    """The tars of one synset that have been read to their ends.

    Parameters
    ----------
    synset_store : SynsetStore
        The synset.

    Raises
    ------
    StoreError
        If a newer version has written them down.
    """

    def __init__(self, synset_store: SynsetStore) -> None:
        self._path = synset_store.state / "tars.json"
        known = read_json(self._path) or {}
        refuse_newer(known.get("format"), self._path)
        read = known.get("read")
        self._read: dict[str, str] = read if isinstance(read, dict) else {}

    def __contains__(self, tar: str) -> bool:
        return tar in self._read

    def forget(self, tars: Iterable[str]) -> None:
        """Have tars read again, if they have been; raise OSError if that is not possible."""
        known = self._read.keys() & set(tars)
        for tar in known:
            del self._read[tar]
        if known:
            self._write()

    def add(self, tar: str) -> None:
        """Remember a tar, and when that was; raise OSError if that is not possible."""
        self._read[tar] = now()
        self._write()

    def _write(self) -> None:
        write_whole(self._path, to_json({"format": FORMAT, "read": self._read}))


class FinishedParts:
    """The parts of copies of many parts that have been read to their ends, of all synsets at once.

    They are kept in the order in which they were read, with the synsets that were wanted of them,
    and are believed as long as no picture is lost that came from one of them.

    Parameters
    ----------
    store : Store
        Where the pictures go.
    copy : TarSource
        What is read; of one part alone, nothing is remembered.

    Raises
    ------
    StoreError
        If a newer version has written them down.
    """

    def __init__(self, store: Store, copy: TarSource) -> None:
        self._store = store
        self._copy = copy
        self._path = store.home() / "parts.json"
        known = read_json(self._path) or {} if len(copy.parts) > 1 else {}
        refuse_newer(known.get("format"), self._path)
        runs = known.get("runs")
        self._runs = [run for run in runs if _is_run(run)] if isinstance(runs, list) else []
        self._own: dict[str, Any] | None = None

    def parts(self) -> frozenset[str]:
        """Return those of the copy that need not be read again."""
        marks = {part: _mark(part) for part in self._copy.parts}
        found: set[str] = set()
        for run in self._runs:
            if run["wanted"] != "all" and not self._copy.wnids.issubset(run["wanted"]):
                continue
            done = {part for part, mark in marks.items() if run["read"].get(mark[0]) == mark[1]}
            if done and not self._is_anything_lost(run):
                found |= done
        return frozenset(found)

    def wnids(self) -> set[str]:
        """Return the synsets that are wanted, and of which there was something."""
        return {wnid for run in self._runs for wnid in run["found"]} & self._copy.wnids

    def add(self, part: str, found: Iterable[str]) -> None:
        """Remember a part that has been read; raise StoreError if that is not possible.

        Parameters
        ----------
        part : str
            Its path or address.
        found : iterable of str
            The synsets that the copy has had so far.
        """
        if len(self._copy.parts) == 1:
            return
        everything = len(self._copy.wnids) == len(synsets.load().synsets)
        wanted = "all" if everything else sorted(self._copy.wnids)
        if self._own is None:
            same = (run for run in self._runs if run["wanted"] == wanted)
            self._own = next(same, None) or {"wanted": wanted, "read": {}, "found": []}
            self._runs = [run for run in self._runs if run is not self._own] + [self._own]
        name, size = _mark(part)
        self._own["read"][name] = size
        self._own["found"] = sorted({*self._own["found"], *found})
        home = self._store.create_home()
        with storage_errors(home):
            write_whole(self._path, json.dumps({"format": FORMAT, "runs": self._runs}).encode())

    def _is_anything_lost(self, run: dict[str, Any]) -> bool:
        sources = {display_name(name) for name in run["read"]}
        return any(
            has_lost(self._store.synset(wnid), sources)
            for wnid in self._copy.wnids.intersection(run["found"])
        )


def _is_run(run: Any) -> bool:
    return (
        isinstance(run, dict)
        and isinstance(run.get("read"), dict)
        and isinstance(run.get("found"), list)
        and all(isinstance(each, str) and is_wnid(each) for each in run["found"])
        and (run.get("wanted") == "all" or isinstance(run.get("wanted"), list))
    )


def _mark(part: str) -> tuple[str, int]:
    """Return what a part is known by: no clock, since copying a file changes its times."""
    if is_url(part):
        return display_name(part), 0
    path = path_of("--from", part).absolute()
    return str(path), path.stat().st_size if path.exists() else -1


def has_lost(synset_store: SynsetStore, sources: Collection[str]) -> bool:
    """Say whether a picture is not here any more that came from one of these tars.

    Parameters
    ----------
    synset_store : SynsetStore
        The synset.
    sources : collection of str
        What its records call the tars.
    """
    if not Journal.is_begun(synset_store):
        return True
    journal = Journal.of(synset_store)
    here = synset_store.pictures()
    lost = [each for each in journal.saved().values() if each.name.number not in here]
    return any(each.source in sources for each in [*lost, *journal.withdrawn.values()])


def ask_again(synset_store: SynsetStore, journal: Journal, records: Collection[Record]) -> None:
    """Have the next download ask for links again, or for their tars.

    Parameters
    ----------
    synset_store, journal : SynsetStore, Journal
        The synset.
    records : collection of Record
        What became of the links. Pictures are withdrawn; of failures, all is forgotten.

    Raises
    ------
    OSError
        If that cannot be written.
    """
    if not records:
        return
    ReadTars(synset_store).forget(record.source for record in records)
    for record in records:
        if record.outcome is Outcome.SAVED:
            journal.withdraw(record)
    journal.forget([each for each in records if each.outcome is not Outcome.SAVED])
