"""Where the results of a run come together: what may be saved, what is written down.

    worker ──► dispatcher ──► Router ──► SynsetRecorder of the link's synset ──► its journal
                                   └──► CaptureRecorder (`wayback`) ──► SynsetRecorder   of captures

A picture is reserved, then saved, then recorded: so none is saved twice, and no more than are
wanted. A worker elsewhere saves it unreserved: it is reserved when that is told, and removed again
if it has come before, or is one too many.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections import Counter, defaultdict, deque
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

    KEEP = "save it, then record it"
    SETTLED = "nothing: it has come before"
    ENOUGH = "not now: there are as many as are wanted"


class Recorder(ABC):
    """What a dispatcher asks and tells; threads may do so at once."""

    @abstractmethod
    def reserve(self, record: Record) -> Verdict:
        """Ask whether a picture is to be saved; if so, it must be recorded then."""

    @abstractmethod
    def record(self, record: Record) -> bool:
        """Tell what became of a URL: a picture that is saved, or a failure.

        Returns
        -------
        bool
            Whether it is settled now: a picture that is one too many is removed, and is not.
        """

    @abstractmethod
    def reach(self) -> None:
        """Tell that a host could be connected to: so there is a network."""

    @abstractmethod
    def leave(self, host: str) -> None:
        """Take note that a host does not give a link in the time that there is."""

    @abstractmethod
    def discard(self, numbers: Iterable[int]) -> None:
        """Remove what a worker may have saved of these links and not told, before it was lost."""

    @abstractmethod
    def purge(self) -> None:
        """Remove what has turned out to be a placeholder or a duplicate, here or elsewhere."""

    @abstractmethod
    def missing(self) -> int | None:
        """Return how many pictures are still wanted, None for all that there are."""


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
        self.left: Counter[str] = Counter()

    def missing(self) -> int | None:
        return None if self._most is None else max(0, self._most - self.here)

    def leave(self, host: str) -> None:
        with self._lock:
            self.left[host] += 1

    def discard(self, numbers: Iterable[int]) -> None:
        with self._lock:
            for number in self._place.pictures().keys() & numbers:
                if not self._kept[number]:
                    self._place.remove(number)

    def reserve(self, record: Record) -> Verdict:
        with self._lock:
            if self._duplicates.is_rejected(record):
                self._write(
                    _unkept(
                        record,
                        Outcome.REJECTED,
                        ("you have rejected a picture with the same bytes"),
                    )
                )
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

    def record(self, record: Record) -> bool:
        with self._lock:
            if record.outcome is Outcome.SAVED:
                return self._record_saved(record)
            # It may be this machine's network that fails.
            self._held.append(record)
            if self._reached:
                self._release_held()
            return True

    def _record_saved(self, record: Record) -> bool:
        verdict = Verdict.KEEP if record.url in self._saving else self.reserve(record)
        if verdict is not Verdict.KEEP:
            self._remove(record)
            return verdict is Verdict.SETTLED
        del self._saving[record.url]
        self.here += 1
        self._write(record)
        if self._duplicates.is_placeholder(record):  # as was found while it was being saved
            self._take_out(record.sha256)
        return True

    def reach(self) -> None:
        if not self._reached:
            with self._lock:
                self._reached = True
                self._release_held()

    def purge(self) -> None:
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
                f"no host answered, for any of {len(self._held)} URLs: the network seems to be "
                f"down (first: {first.url}, {plain(first.detail)}). Nothing was recorded: run the "
                "same command when the network is up"
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


class Router:
    """Passes on what comes of links to the recorder of the synset that it is about.

    Its owner lets one thread in at a time.

    Attributes
    ----------
    reached : bool
        Whether any host could be connected to.
    ended : deque of str
        The synsets of which nothing is to come any more; for the owner to take away and `close`.
    """

    def __init__(self) -> None:
        self._recorders: dict[str, Recorder] = {}
        self._open: dict[str, set[int]] = {}
        """Of each synset, the numbers of the links of which nothing has come yet."""
        self.reached = False
        self.ended: deque[str] = deque()

    def __len__(self) -> int:
        return len(self._open)

    def __contains__(self, wnid: str) -> bool:
        return wnid in self._open

    @property
    def links(self) -> int:
        """Of how many links nothing has come yet."""
        return sum(map(len, self._open.values()))

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
        self._recorders[wnid] = recorder
        self._open[wnid] = {task.link.name.number for task in tasks}
        if self.reached:
            recorder.reach()
        if not self._open[wnid]:
            self.ended.append(wnid)

    def end(self, wnid: str) -> None:
        """Let nothing more come of a synset: it has enough."""
        if self._open[wnid]:
            self._open[wnid].clear()
            self.ended.append(wnid)

    def close(self, wnid: str) -> None:
        """Forget a synset; what still comes of its links is dropped."""
        del self._open[wnid], self._recorders[wnid]

    def missing(self, wnid: str) -> int | None:
        """Return how many pictures of a synset are still wanted, None for all that there are."""
        return self._recorders[wnid].missing()

    def purge(self, wnid: str) -> None:
        """Remove of a synset what must not stay, as of a `Recorder`."""
        self._recorders[wnid].purge()

    def reserve(self, record: Record) -> Verdict:
        """Ask whether a picture is to be saved, as of a `Recorder`."""
        name = record.name
        if name.wnid not in self._open:
            return Verdict.ENOUGH
        verdict = self._recorders[name.wnid].reserve(record)
        if verdict is Verdict.SETTLED:
            self._tick_off(name)
        return verdict

    def record(self, record: Record) -> bool:
        """Tell what became of a URL, and return whether it is settled, as of a `Recorder`."""
        name = record.name
        if name.wnid not in self._open:
            return True
        is_settled = self._recorders[name.wnid].record(record)
        if is_settled:
            self._tick_off(name)
        return is_settled

    def leave(self, name: ImageName, host: str) -> None:
        """Take note that a link is left for another run.

        Parameters
        ----------
        name, host : ImageName, str
            The link's name, and the host that does not give it in the time that there is.
        """
        if name.wnid in self._open:
            self._recorders[name.wnid].leave(host)
            self._tick_off(name)

    def discard(self, names: Iterable[ImageName]) -> None:
        """Remove what a worker may have saved of these links and not told, before it was lost."""
        numbers: defaultdict[str, set[int]] = defaultdict(set)
        for wnid, number in names:
            numbers[wnid].add(number)
        for wnid in numbers.keys() & self._open.keys():
            self._recorders[wnid].discard(numbers[wnid])

    def reach(self) -> None:
        """Tell all that a host could be connected to."""
        if not self.reached:
            self.reached = True
            for recorder in self._recorders.values():
                recorder.reach()

    def _tick_off(self, name: ImageName) -> None:
        """Take note that a link has ended; a synset has ended with its last one."""
        numbers = self._open[name.wnid]
        if name.number in numbers:
            numbers.remove(name.number)
            if not numbers:
                self.ended.append(name.wnid)
