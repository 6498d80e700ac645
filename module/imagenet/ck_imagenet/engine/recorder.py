"""Where the results of a run come together: what may be saved, what is written down.

    crawler ──► Router ──► SynsetRecorder of the link's synset ──► its journal
                      └──► CaptureRecorder (`wayback`) ──► SynsetRecorder         of captures
    crawler ──► RemoteRecorder (`worker`) ── a pipe, Dask ──► Router              elsewhere

A picture is reserved, then saved, then kept: so none is saved twice, and no more than are wanted.
A link for which its synset has no use now is parked.
"""

from __future__ import annotations

import threading
from abc import ABC, abstractmethod
from collections import Counter, deque
from dataclasses import dataclass, field
from enum import Enum
from typing import Callable, Iterable

from ..core.errors import NetworkDown
from ..core.outcomes import Outcome, plain
from ..core.text import ImageName
from ..storage.deduplication import Duplicates, Sighting
from ..storage.journal import Journal
from ..storage.records import Record, now
from ..storage.store import SynsetStore
from .link import Task

Report = Callable[[Record], None]

_SEVERAL = "the same bytes came under several names"


class Verdict(Enum):
    """What is to become of a picture that has been fetched."""

    KEEP = "save it, then tell"
    SETTLED = "nothing: it has come before"
    ENOUGH = "not now: there are as many as are wanted"


class Recorder(ABC):
    """What a crawler asks and tells; threads may do so at once."""

    @abstractmethod
    def reserve(self, record: Record) -> Verdict:
        """Ask whether a picture is to be saved; if so, `keep` must follow."""

    @abstractmethod
    def keep(self, record: Record) -> None:
        """Tell that a picture is saved."""

    @abstractmethod
    def record(self, record: Record) -> None:
        """Tell what became of a URL that gave no picture."""

    @abstractmethod
    def reach(self) -> None:
        """Tell that a host could be connected to: so there is a network."""

    def missing(self, wnid: str) -> int | None:
        """Return how many pictures of a synset are still wanted, None for all that there are."""
        return None

    def is_full(self) -> bool:
        """Say whether no picture is wanted any more."""
        return False

    def park(self, task: Task) -> None:
        """Take back a task for which its synset has no use now, as `missing` has said."""
        raise NotImplementedError

    @abstractmethod
    def leave(self, task: Task) -> None:
        """Take back a task that its host does not give in the time that there is."""

    def has_parked(self) -> bool:
        """Say whether there are tasks that may be of use later."""
        return False

    def unpark(self) -> list[Task]:
        """Return tasks that were parked and may be of use now."""
        return []


class SynsetRecorder(Recorder):
    """Records the results of one synset in its journal, and removes what must not stay.

    Parameters
    ----------
    place, journal : SynsetStore, Journal
        Where pictures are, and what became of every URL.
    duplicates : Duplicates
        Which bytes have come before.
    here : int
        How many pictures are here.
    most : int, optional
        Pictures to end with, by default all.
    reached : bool
        Whether the network has been seen to be there.
    report : callable
        Told of every record, by any thread, but by one at a time for the same `duplicates`.

    Attributes
    ----------
    here : int
        How many pictures are here by now.
    left : Counter of str
        How many links were left for later, by host.
    """

    def __init__(
        self,
        place: SynsetStore,
        journal: Journal,
        duplicates: Duplicates,
        *,
        here: int,
        most: int | None,
        reached: bool,
        report: Report,
    ) -> None:
        self._place = place
        self._journal = journal
        self._duplicates = duplicates
        self.here = here
        self._most = most
        self._reached = reached
        self._report = report
        self._lock = duplicates.lock
        self._saving: dict[str, Record] = {}
        # Of each number, how many records keep it: two may, where files were put together by hand.
        self._kept = Counter(each.name.number for each in journal.records.values() if each.is_kept)
        self._held: list[Record] = []
        self._parked: deque[Task] = deque()
        self.left: Counter[str] = Counter()

    def missing(self, wnid: str = "") -> int | None:
        return None if self._most is None else max(0, self._most - self.here)

    def is_full(self) -> bool:
        return self.missing() == 0

    def park(self, task: Task) -> None:
        with self._lock:
            self._parked.append(task)

    def leave(self, task: Task) -> None:
        with self._lock:
            self.left[task.endpoint] += 1

    def has_parked(self) -> bool:
        return bool(self._parked) and not self.is_full()

    def unpark(self) -> list[Task]:
        with self._lock:
            wanted = min(len(self._parked), self.missing() or 0)
            return [self._parked.popleft() for _ in range(wanted)]

    def reserve(self, record: Record) -> Verdict:
        with self._lock:
            if self._duplicates.is_rejected(record):
                self._write(_unkept(record, Outcome.REJECTED, "the same bytes have been rejected"))
                return Verdict.SETTLED
            if self._duplicates.is_placeholder(record):
                self._write(_unkept(record, Outcome.PLACEHOLDER, _SEVERAL))
                self._take_out(record.sha256)
                return Verdict.SETTLED
            self._duplicates.forget(record.sha256, self._place.wnid, record.url)
            first = self._duplicates.first(record)
            if first:
                record = _unkept(record, Outcome.DUPLICATE, f"of {first.url}")
                self._write(record)
            elif self._most is not None and self.here + len(self._saving) >= self._most:
                return Verdict.ENOUGH
            else:
                self._saving[record.url] = record
            self._duplicates.add([record])
            return Verdict.SETTLED if first else Verdict.KEEP

    def keep(self, record: Record) -> None:
        with self._lock:
            del self._saving[record.url]
            self.here += 1
            self._write(record)
            if self._duplicates.is_placeholder(record):  # as was found while it was being saved
                self._take_out(record.sha256)

    def take_in(self, record: Record) -> None:
        """Count a picture that another process has saved unreserved, or remove it again."""
        with self._lock:
            if self.reserve(record) is Verdict.KEEP:
                self.keep(record)
            else:
                self._remove(record)

    def record(self, record: Record) -> None:
        """Record a failure, unless it may be this machine's network that fails."""
        with self._lock:
            self._held.append(record)
            if self._reached:
                self._release_held()

    def reach(self) -> None:
        if not self._reached:
            with self._lock:
                self._reached = True
                self._release_held()

    def purge(self) -> None:
        """Remove placeholders and duplicates, which a killed run may have left."""
        kept: dict[str, str] = {}
        with self._lock:
            for record in list(self._journal.records.values()):
                if record.outcome is not Outcome.SAVED or not record.sha256:
                    continue
                if self._duplicates.is_placeholder(record):
                    self._take_out(record.sha256)
                    continue
                first = kept.setdefault(record.sha256, record.url)
                if first != record.url and record.has_url:  # without a URL, it is the user's own
                    self._duplicates.forget(record.sha256, self._place.wnid, record.url)
                    record = _unkept(record, Outcome.DUPLICATE, f"of {first}")
                    self._duplicates.add([record])
                    self._write(record)
                    self.here -= self._remove(record)

    def close(self) -> None:
        """Record what was held back.

        Raises
        ------
        NetworkDown
            If nobody has answered, and that is news of some link.
        """
        known = self._journal.records
        news = [
            record
            for record in self._held
            if record.outcome.unanswered
            and not (record.url in known and known[record.url].outcome.unanswered)
        ]
        if news and not self._reached:
            first = min(news, key=lambda record: record.outcome is Outcome.HOST_DOWN)
            raise NetworkDown(
                f"nothing answered, to none of {len(self._held)} URLs: the network seems to be "
                f"down (first: {first.url}, {plain(first.detail)}); "
                "nothing was recorded, so run the same command again when it is up"
            )
        self._release_held()

    def _take_out(self, sha256: str) -> None:
        """Remove what was saved here before it was known to be a placeholder."""
        for known in self._duplicates.all_of(sha256):
            if known.name.wnid != self._place.wnid or known.url in self._saving:
                continue
            self._duplicates.forget(sha256, self._place.wnid, known.url)
            record = self._journal.records.get(known.url)
            if record:  # without one, somebody has had it forgotten since
                # First the journal: if the run is killed here, the next one follows it.
                self._write(_unkept(record, Outcome.PLACEHOLDER, _SEVERAL))
                if known.kept:
                    self.here -= self._remove(known)

    def _remove(self, known: Record | Sighting) -> bool:
        """Remove a picture, unless the journal keeps one of the same number; say whether."""
        if self._kept[known.name.number]:
            return False
        self._place.remove(known.name.number)
        return True

    def _release_held(self) -> None:
        held, self._held = self._held, []
        for record in held:
            known = self._journal.records.get(record.url)
            self._write(record)
            if known and known.outcome is Outcome.SAVED and record.outcome.final:
                self._remove(known)  # whose file somebody has deleted

    def _write(self, record: Record) -> None:
        before = self._journal.records.get(record.url)
        self._journal.append(record)
        if before:
            self._kept[before.name.number] -= before.is_kept
        self._kept[record.name.number] += record.is_kept
        self._report(record)


def _unkept(record: Record, outcome: Outcome, detail: str) -> Record:
    return record._replace(outcome=outcome, time=now(), detail=detail)


@dataclass
class _OpenSynset:
    recorder: Recorder
    numbers: set[int]
    """The links of which nothing has come yet."""
    ended: bool = field(default=False)


class Router(Recorder):
    """Passes on what a crawler asks and tells to the recorder of the synset that it is about.

    Attributes
    ----------
    reached : bool
        Whether any host could be connected to.
    ended : deque of str
        The synsets of which nothing is to come any more; for the owner to take away and `close`.
    """

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._open: dict[str, _OpenSynset] = {}
        self.reached = False
        self.ended: deque[str] = deque()

    def __len__(self) -> int:
        return len(self._open)

    @property
    def links(self) -> int:
        """Of how many links nothing has come yet."""
        return sum(len(each.numbers) for each in list(self._open.values()))

    def open(self, wnid: str, recorder: Recorder, tasks: Iterable[Task]) -> None:
        """Begin a synset.

        Parameters
        ----------
        wnid : str
            The synset.
        recorder : Recorder
            Where its results go.
        tasks : iterable of Task
            All its links of which something is to come.
        """
        with self._lock:
            self._open[wnid] = _OpenSynset(recorder, {task.link.name.number for task in tasks})
            if self.reached:
                recorder.reach()
            self._check_ended(wnid)

    def close(self, wnid: str) -> None:
        """Forget a synset; what still comes of its links is dropped."""
        with self._lock:
            del self._open[wnid]

    def reserve(self, record: Record) -> Verdict:
        with self._lock:
            synset = self._open.get(record.name.wnid)
            if not synset:
                return Verdict.ENOUGH
            verdict = synset.recorder.reserve(record)
            if verdict is Verdict.SETTLED:
                self._tick_off(synset, record.name)
            return verdict

    def keep(self, record: Record) -> None:
        with self._lock:
            synset = self._open.get(record.name.wnid)
            if synset:
                synset.recorder.keep(record)
                self._tick_off(synset, record.name)

    def take_in(self, record: Record) -> None:
        """Count a picture that another process has saved unreserved, or remove it again."""
        with self._lock:
            synset = self._open.get(record.name.wnid)
            if synset and isinstance(synset.recorder, SynsetRecorder):
                synset.recorder.take_in(record)
                self._tick_off(synset, record.name)

    def record(self, record: Record) -> None:
        with self._lock:
            synset = self._open.get(record.name.wnid)
            if synset:
                synset.recorder.record(record)
                self._tick_off(synset, record.name)

    def reach(self) -> None:
        if not self.reached:
            with self._lock:
                self.reached = True
                for synset in self._open.values():
                    synset.recorder.reach()

    def missing(self, wnid: str) -> int | None:
        synset = self._open.get(wnid)
        return synset.recorder.missing(wnid) if synset else 0

    def park(self, task: Task) -> None:
        synset = self._open.get(task.wnid)
        if synset:
            synset.recorder.park(task)

    def leave(self, task: Task) -> None:
        with self._lock:
            synset = self._open.get(task.wnid)
            if synset:
                synset.recorder.leave(task)
                self._tick_off(synset, task.link.name)

    def has_parked(self) -> bool:
        return any(synset.recorder.has_parked() for synset in list(self._open.values()))

    def unpark(self) -> list[Task]:
        return [task for synset in list(self._open.values()) for task in synset.recorder.unpark()]

    def _tick_off(self, synset: _OpenSynset, name: ImageName) -> None:
        synset.numbers.discard(name.number)
        self._check_ended(name.wnid)

    def _check_ended(self, wnid: str) -> None:
        """See whether a synset has ended: nothing is to come, or nothing more is wanted."""
        synset = self._open[wnid]
        if not synset.ended and (not synset.numbers or synset.recorder.is_full()):
            synset.ended = True
            self.ended.append(wnid)
