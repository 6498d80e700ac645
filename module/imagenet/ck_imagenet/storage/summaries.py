"""Summaries: the tally of each synset, kept with its state, so that status reads one file a synset.

A summary is believed while nothing has changed that it was made from: names, journal, the folder
of the pictures. A file that somebody puts into a picture's own folder, or takes out of it, changes
none of these; so where synsets are few, the folder of each picture is looked at too.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from contextlib import suppress
from typing import Any, Callable, Iterable, Iterator, NamedTuple

from ..core.files import folders_in, json_object, names_in, write_whole
from ..core.outcomes import Outcome
from . import inventory
from .inventory import Inventory, Tally
from .records import FORMAT
from .store import Store, SynsetPaths, SynsetStore

FEW = 500
"""Synsets; of more, the folders of the pictures are not looked at one by one."""

_SUMMARY_FILE = "summary.json"

_COUNTS = ("here", "waiting", "bytes", "asked", "rotten", "altered")

_LARGEST_SUMMARY = 65_536
"""Bytes of a summary; a larger one, of thousands of writers, is not believed."""


def tallies(store: Store, wnids: Iterable[str]) -> Iterator[Tally]:
    """Yield a tally for each of these synsets of which anything is known.

    Where a summary is missing or out of date, the synset is read wholly, and the summary made anew
    if nobody is at work there.

    Parameters
    ----------
    store : Store
        Where the synsets are.
    wnids : iterable of str
        The synsets.
    """
    for wnid, told in _summaries(store, wnids):
        tally = told or _renewed(store.synset(wnid))
        if tally.known:
            yield tally


def counts(store: Store) -> dict[str, int]:
    """Return how many pictures of each synset are here, of those that have any."""
    found = {
        wnid: told.here if told else len(store.synset(wnid).pictures())
        for wnid, told in _summaries(store, store.wnids())
    }
    return {wnid: count for wnid, count in found.items() if count}


def is_kept(synset_store: SynsetStore) -> bool:
    """Say whether a summary has been kept, as a run does at its end, be it still true or not."""
    return os.path.exists(f"{synset_store.state}{os.sep}{_SUMMARY_FILE}")  # noqa: PTH110  there are many


def is_whole(synset_store: SynsetStore) -> bool:
    """Say whether nothing has changed since a run came to its end here, as far as is soon seen."""
    summary = _read(synset_store.paths())
    return bool(summary and summary.is_true(synset_store.paths(), few=False) and summary.mended)


def drop(synset_store: SynsetStore) -> None:
    """Take a summary away, as a run does that begins; raise OSError if that is not possible."""
    (synset_store.state / _SUMMARY_FILE).unlink(missing_ok=True)


def keep(
    synset_store: SynsetStore,
    mended: bool = False,
    take: Callable[[SynsetStore], Inventory] = Inventory.of,
) -> Tally:
    """Keep the summary of a synset, unless it is true; its lock must be held.

    Parameters
    ----------
    synset_store : SynsetStore
        The synset.
    mended : bool, optional
        Whether nothing is half done there.
    take : callable, optional
        Takes its inventory, by default by reading it wholly.

    Returns
    -------
    Tally
        What the summary tells.

    Raises
    ------
    OSError
        If the summary cannot be written.
    """
    paths = synset_store.paths()
    known = _read(paths)
    if known and known.mended >= mended and known.is_true(paths, few=True):
        return known.tally
    state = paths.state
    journals = filter(lambda name: name.endswith(".jsonl"), names_in(f"{state}{os.sep}journal"))
    files = ["names.tsv", "journal", *(f"journal/{name}" for name in sorted(journals))]
    seen = {
        "files": _marks(state, files),
        "pictures": _mark_of_pictures(paths),
        "within": _within_pictures(paths),
    }
    synset_inventory = take(synset_store)
    tally = inventory.tally(synset_inventory)
    if not synset_inventory.unseen:  # else somebody may still be putting pictures there
        failed = {outcome.word: count for outcome, count in tally.failed.items()}
        told = {"tally": {**vars(tally), "failed": failed}, "mended": mended}
        text = json.dumps({"format": FORMAT, **seen, **told}, sort_keys=True)
        write_whole(synset_store.state / _SUMMARY_FILE, text.encode())
    return tally


class _Summary(NamedTuple):
    """What was told of a synset, and the marks of what that was made from."""

    tally: Tally
    files: dict[str, Any]
    pictures: Any
    within: Any
    mended: bool

    def is_true(self, paths: SynsetPaths, few: bool) -> bool:
        """Say whether nothing has changed since."""
        return (
            self.pictures == _mark_of_pictures(paths)
            and self.files == _marks(paths.state, self.files)
            and not (few and self.within != _within_pictures(paths))
        )


def _summaries(store: Store, wnids: Iterable[str]) -> Iterator[tuple[str, Tally | None]]:
    """Yield synsets, each with what its summary tells, or None if that is not known to be true."""
    wnids = list(wnids)
    for paths in store.paths(wnids):
        summary = _read(paths)
        is_true = summary and summary.is_true(paths, few=len(wnids) <= FEW)
        yield paths.wnid, summary.tally if summary and is_true else None


def _read(paths: SynsetPaths) -> _Summary | None:
    try:
        facts = json_object(_content(f"{paths.state}{os.sep}{_SUMMARY_FILE}")) or {}
        if facts["format"] != FORMAT:
            return None
        told = dict(facts["tally"])
        failed = {Outcome.named(word): count for word, count in told["failed"].items()}
        tally = Tally(**{**told, "name": paths.wnid, "failed": Counter(failed)})
        marks = dict(facts["files"]), facts["pictures"], facts["within"]
        counts = (*failed.values(), *(getattr(tally, name) for name in _COUNTS))
        is_sound = all(isinstance(count, int) and count >= 0 for count in counts)
        is_sound = is_sound and isinstance(tally.latest, str) and "\0" not in "".join(marks[0])
        return _Summary(tally, *marks, mended=facts.get("mended") is True) if is_sound else None
    except (OSError, LookupError, TypeError, ValueError, AttributeError):
        return None  # as if it had never been


def _content(path: str) -> bytes:
    """Return what is in a file the short way: there are many, and `Path` takes twice as long."""
    file = os.open(path, os.O_RDONLY)
    try:
        return os.read(file, _LARGEST_SUMMARY)
    finally:
        os.close(file)


def _renewed(synset_store: SynsetStore) -> Tally:
    if synset_store.state.is_dir():
        with suppress(OSError), synset_store.lock().acquire(timeout=0):
            return keep(synset_store)
    return inventory.tally(Inventory.of(synset_store))


def _marks(state: str, files: Iterable[str]) -> dict[str, list[int]]:
    return {file: _mark(f"{state}{os.sep}{file}") for file in files}


def _mark(path: str) -> list[int]:
    """Return what changes when a file is written, or anything comes into a folder or goes."""
    try:
        found = os.stat(path)  # noqa: PTH116  there are many, and `Path` takes twice as long
    except OSError:
        return []
    # Whoever copies may set the first of these back, and nobody the second.
    return [found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_nlink]


def _mark_of_pictures(paths: SynsetPaths) -> list[int]:
    """Return what changes when a picture comes or goes."""
    mark = _mark(paths.pictures)
    return [*mark, sum(map(_time, folders_in(paths.pictures)))] if paths.is_split else mark


def _within_pictures(paths: SynsetPaths) -> int:
    """Return what changes when a file comes into the own folder of a picture or goes."""
    parts = (
        [each.path for each in folders_in(paths.pictures)] if paths.is_split else [paths.pictures]
    )
    return sum(_time(each) for part in parts for each in folders_in(part))


def _time(folder: os.DirEntry[str]) -> int:
    try:
        return folder.stat().st_mtime_ns
    except OSError:
        return 0
