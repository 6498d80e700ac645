"""Where the pictures of one synset go while a copy of ImageNet is read."""

from __future__ import annotations

import os
from array import array
from bisect import bisect_left
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Iterable, NamedTuple

from ..core.outcomes import Failed, Outcome
from ..core.text import ImageName, Progress, parse_image_name
from ..core.url_lists import Line
from ..http.codings import unpacked
from ..images import judging
from ..sources.members import Member, Oddities
from ..sources.tars import SkipReason
from ..storage.deduplication import Duplicates
from ..storage.journal import Journal
from ..storage.numbering import KeptNames, Link, NumberAllocator, by_number
from ..storage.records import Record, now, saved
from ..storage.recovery import recover
from ..storage.store import SynsetStore
from .recorder import SynsetRecorder, Verdict


@dataclass
class Imported:
    """What a copy brought for one synset."""

    wnid: str
    copy: str
    """Its address, or the name of its file."""
    here: int
    """Pictures that are here now."""
    unread: str = ""
    """Why there was no need to read it, if so."""
    members: int = 0
    """Pictures of the synset in it, as far as it was read."""
    saved: int = 0
    """Pictures that this run saved."""
    failed: Counter[Outcome] = field(default_factory=Counter)
    """What became of members that were not saved."""
    odd: Oddities = field(default_factory=Oddities)
    """What else the copy has."""
    set_aside: list[Path] = field(default_factory=list)
    """Files that were called pictures and were none, where they are now."""

    def facts(self) -> dict[str, Any]:
        """Return the same in plain types, outcomes and faults as their words."""
        return {
            **vars(self),
            "failed": {outcome.word: count for outcome, count in self.failed.most_common()},
            "odd": {fault.word: count for fault, count in self.odd.counts.most_common()},
            "set_aside": list(map(str, self.set_aside)),
        }


class Numbers:
    """A set of whole numbers that takes no more than their own bytes: there may be millions.

    Parameters
    ----------
    kind : str
        How large they are, as `array` has it.
    numbers : iterable of int
        Those that are in it at first.
    """

    def __init__(self, kind: str, numbers: Iterable[int] = ()) -> None:
        self._sorted = array(kind, sorted(set(numbers)))

    def __contains__(self, number: int) -> bool:
        at = bisect_left(self._sorted, number)
        return at < len(self._sorted) and self._sorted[at] == number

    def add(self, number: int) -> bool:
        """Put a number in; say whether it is new."""
        at = bisect_left(self._sorted, number)
        if at < len(self._sorted) and self._sorted[at] == number:
            return False
        self._sorted.insert(at, number)
        return True


class _Read(NamedTuple):
    """A picture of a copy that may be kept."""

    record: Record
    data: bytes
    extension: str
    original: Path | None


class SynsetImport:
    """A synset's place while a copy is read, and what this has brought.

    The pictures of a synset may come one at a time, among those of thousands of others. Each time,
    the place is visited: only one process may be there meanwhile.

        visit ─► all that is known of it ─► leave ─► visit ─► a few bytes a picture ─► leave ─► …
                  the first time                                  │ anything but a new picture
                         ▲────────────────────────────────────────┘ or another process's work

    Parameters
    ----------
    place : SynsetStore
        Where its pictures are.
    lines : callable
        Returns what is known elsewhere of the synset's names and URLs.
    most : int, optional
        Pictures to end with, by default all.
    progress : Progress
        Is told what becomes of each picture.
    seen : Numbers
        The numbers that the copy has had; those that come are put in.

    Attributes
    ----------
    set_aside : list of Path
        Files that were called pictures and were none, where they are now.
    members : int
        How many pictures have come.
    failed : Counter of Outcome
        What became of those that were not saved.
    odd : Oddities
        What else has come meanwhile.
    """

    def __init__(
        self,
        place: SynsetStore,
        lines: Callable[[], Iterable[Line]],
        most: int | None,
        progress: Progress,
        seen: Numbers,
    ) -> None:
        self.place = place
        self.members = 0
        self.failed: Counter[Outcome] = Counter()
        self.odd = Oddities()
        self.set_aside: list[Path] = []
        self._lines = lines
        self._most = most
        self._progress = progress
        self._seen = seen
        self._known: _Records | None = None
        self._index: _Index | None = None
        self._begin: int | None = None
        self._here = 0

    @property
    def here(self) -> int:
        """How many pictures are here by now."""
        return self._known.here if self._known else self._here

    @property
    def saved(self) -> int:
        """How many of them have been saved and not taken out again."""
        return self.here - (self._begin or 0)

    @property
    def is_full(self) -> bool:
        """Whether there are as many as are wanted."""
        return self._most is not None and self.here >= self._most

    def visit(self) -> None:
        """Begin to work there; the lock must be held until `leave`."""
        if not (self._index and self._index.is_true(self.place)):
            self._open()

    def leave(self) -> None:
        """End for now, with all that has come on disk."""
        if self._known:
            self._here = self._known.here
            self._index = _Index(self._known)
            self._known = None
        if self._index:
            self._index.leave(self.place)

    def take(self, member: Member, source: str) -> SkipReason | None:
        """Keep a picture, unless it is here or is none; return what is odd about it, if so.

        Parameters
        ----------
        member : Member
            The picture.
        source : str
            What the copy is called, for the record.
        """
        self.members += 1
        number = member.name.number
        is_first = self._seen.add(number)
        if self.is_full:
            return None
        if self._index and not self._known:
            if is_first and number in self._index.settled:
                return None
            if number not in self._index.known:
                return self._take_new(self._index, member, source)
        return self._take(member, source, is_first)

    def _take_new(self, index: _Index, member: Member, source: str) -> SkipReason | None:
        """Keep a picture of whose number nothing is known, unless something is of its bytes."""
        if index.urls is None:
            index.urls = KeptNames.of(self.place).urls(self._lines())
        name = ImageName(*member.name)
        read = self._read(Link(name, index.urls.get(name.number) or str(name)), member, source)
        if not isinstance(read, _Read):
            return read
        if _begin_of(read.record) in index.bytes:
            return self._take(member, source, True, read.data)
        self._save(read)
        index.add(read.record)
        self._here += 1
        self._progress.settled(read.record)
        return None

    def _take(
        self, member: Member, source: str, is_first: bool, data: bytes | None = None
    ) -> SkipReason | None:
        """Keep a picture by all that is known of its synset."""
        known = self._known or self._open()
        link = known.link(member.name)
        before = known.journal.records.get(link.url)
        is_settled = before is not None and known.is_settled(before)
        if is_settled and is_first:
            return None
        read = self._read(link, member, source, data)
        if not isinstance(read, _Read):
            return read
        if before and is_settled:
            if read.record.sha256 != before.sha256:
                return SkipReason.SAME_NUMBER
            self._report(read.record._replace(outcome=Outcome.DUPLICATE))
        elif before and known.holds_still(before, read.record):
            self._report(before)
        elif known.recorder.reserve(read.record) is Verdict.KEEP:
            self._save(read)
            known.recorder.record(read.record)
            known.pictures.add(link.name.number)
        return None

    def _read(
        self, link: Link, member: Member, source: str, data: bytes | None = None
    ) -> _Read | SkipReason | None:
        """Return a picture that may be kept, or what is odd about it, or None if that is told."""
        data = member.read() if data is None else data
        if data is None:
            return member.damage  # else the copy says it itself
        try:
            plain = unpacked(data)
            picture = judging.judge(plain)
        except Failed as failed:
            self._report(Record(*link, failed.outcome, now(), failed.detail, source))
            return None
        record = saved(*link, plain, picture, source, "")
        original = member.original if plain is data else None
        return _Read(record, plain, picture.format.extension, original)

    def _save(self, read: _Read) -> None:
        self.place.save(read.record, read.data, read.extension, read.original)

    def _open(self) -> _Records:
        """Read all that is known of the synset, and mend what a killed run has left."""
        if self._index:
            self._index.leave(self.place)
        self._index = None
        self._known = known = _Records(self.place, self._lines(), self._most, self._report)
        self.set_aside += known.set_aside
        self._begin = known.here if self._begin is None else self._begin
        return known

    def _report(self, record: Record) -> None:
        if record.outcome is not Outcome.SAVED:
            self.failed[record.outcome] += 1
        self._progress.settled(record)


class _Records:
    """All that is known of a synset; only one process may have it.

    A picture's number is that in its member's name. Where that number's URL is known, the picture
    is kept as what that URL gave, so that no download asks for it again. Else the journal has it
    under ImageNet's name, which is no URL, until a list tells the URL (`Journal.tie`). A member
    that is no picture is told, and not written down: it says nothing of what its URL gives.
    """

    def __init__(
        self,
        place: SynsetStore,
        lines: Iterable[Line],
        most: int | None,
        report: Callable[[Record], None],
    ) -> None:
        self.journal = Journal.of(place)
        kept = KeptNames.of(place)
        self.urls = kept.urls(lines)
        lost = place.mend()
        self.set_aside = recover(place, self.journal, by_number(kept.numbers), self.urls, lost)
        self._numbers = NumberAllocator(self.journal.records, kept.numbers.values())
        self.pictures = set(place.pictures())
        self._duplicates = Duplicates(self.journal.present(self.pictures))
        self.recorder = SynsetRecorder(
            place,
            self.journal,
            self._duplicates,
            here=len(self.pictures),
            most=most,
            reached=True,
            report=report,
        )
        self.recorder.purge()

    @property
    def here(self) -> int:
        """How many pictures are here by now."""
        return self.recorder.here

    def link(self, name: ImageName) -> Link:
        """Return what a member is kept as."""
        url = self.urls.get(name.number) or str(name)
        self._numbers.reserve(url, name.number)
        self._numbers.add(url)
        return Link(ImageName(name.wnid, self._numbers.of[url]), url)

    def is_settled(self, record: Record) -> bool:
        """Say whether nothing more is wanted of what a record tells of."""
        is_here = record.outcome is Outcome.SAVED and record.name.number in self.pictures
        return is_here or record.outcome is Outcome.REJECTED

    def holds_still(self, before: Record, record: Record) -> bool:
        """Say whether the same bytes were refused before, for a reason that there still is."""
        is_double = before.outcome is Outcome.DUPLICATE and self._duplicates.first(record)
        reason = is_double or before.outcome is Outcome.PLACEHOLDER
        return before.sha256 == record.sha256 and bool(reason)


class _Index:
    """What must be known of a synset to tell whether a picture is new, in few bytes.

    Attributes
    ----------
    settled, known : Numbers
        The numbers of pictures of which nothing more is wanted; those of which anything is known
        but that a link failed.
    bytes : Numbers
        The beginnings of the checksums of all bytes that have come.
    urls : dict of int to str, or None
        The URLs of ImageNet's own numbers; None until they are needed.
    """

    def __init__(self, known: _Records) -> None:
        settled, special, sums = set(), set(), set()
        true = {url: number for number, url in known.urls.items()}
        for url, record in known.journal.records.items():
            own = parse_image_name(url)
            number = own.number if own else true.get(url, -1)
            if record.sha256:
                sums.add(_begin_of(record))
            has_failed = not record.sha256 and record.outcome is not Outcome.REJECTED
            if not (has_failed and number == record.name.number):
                special |= {record.name.number, number} - {-1}
            if number >= 0 and known.is_settled(record):
                settled.add(number)
        self.settled, self.known = Numbers("I", settled), Numbers("I", special)
        self.bytes = Numbers("Q", sums)
        self.urls: dict[int, str] | None = known.urls
        self._journal = known.journal
        self._mark: list[tuple[str, int]] = []

    def add(self, record: Record) -> None:
        """Take in a picture that has been saved, and write its line."""
        self._journal.append(record)
        own = parse_image_name(record.url)
        self.settled.add(own.number if own else record.name.number)
        self.known.add(record.name.number)
        self.bytes.add(_begin_of(record))

    def leave(self, place: SynsetStore) -> None:
        """Forget what can be read again, and remember how the place is left."""
        self._journal.close()
        self._journal.records.clear()
        self._journal.withdrawn.clear()
        self.urls = None if self.urls else self.urls
        self._mark = _mark(place)

    def is_true(self, place: SynsetStore) -> bool:
        """Say whether nobody else has been at work there since."""
        return self._mark == _mark(place)


def _begin_of(record: Record) -> int:
    """Return the beginning of a checksum: of a damaged one, any number."""
    try:
        return int(record.sha256[:16], 16) & (2**64 - 1)
    except ValueError:
        return 0


def _mark(place: SynsetStore) -> list[tuple[str, int]]:
    """Return what changes when anybody works at a synset: the sizes of its journal and names."""
    found = []
    for path in (f"{place.state}{os.sep}journal", f"{place.state}{os.sep}names.tsv"):
        try:
            if path.endswith(".tsv"):
                found.append((path, os.stat(path).st_size))  # noqa: PTH116  there are many
            else:
                with os.scandir(path) as files:
                    found += sorted((each.name, each.stat().st_size) for each in files)
        except OSError:
            continue
    return found
