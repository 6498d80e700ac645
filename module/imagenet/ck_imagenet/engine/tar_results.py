"""Where the pictures of one synset go while a tar is unpacked."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Collection, Iterable

from ..core.outcomes import Failed, Outcome
from ..core.text import ImageName, Progress
from ..core.url_lists import Line
from ..http.codings import unpacked
from ..images import judging
from ..sources.tars import Member, Skipped, SkipReason
from ..storage.deduplication import Duplicates
from ..storage.journal import Journal
from ..storage.numbering import KeptNames, Link, NumberAllocator, by_number
from ..storage.records import Record, now, saved
from ..storage.recovery import recover
from ..storage.store import SynsetStore
from .recorder import SynsetRecorder, Verdict

MOST_EXAMPLES = 3
"""Paths that are kept of each kind of oddity."""


class Oddities:
    """What was odd in a tar.

    Attributes
    ----------
    counts : Counter of SkipReason
        How much of each kind.
    examples : dict of SkipReason to list of str
        The first paths of each.
    """

    def __init__(self) -> None:
        self.counts: Counter[SkipReason] = Counter()
        self.examples: dict[SkipReason, list[str]] = {}

    def add(self, oddity: Skipped) -> None:
        """Take in one."""
        self.counts[oddity.reason] += 1
        examples = self.examples.setdefault(oddity.reason, [])
        if len(examples) < MOST_EXAMPLES:
            examples.append(oddity.path)


@dataclass
class Unpacked:
    """What a tar brought for one synset."""

    wnid: str
    tar: str
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
    """What else the tar has."""
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


class SynsetImport:
    """A synset's place with all that is known of it; only one process may have it.

    A picture's number is that in its member's name. Where that number's URL is known, the picture
    is kept as what that URL gave, so that no download asks for it again. Else the journal has it
    under ImageNet's name, which is no URL, until a list tells the URL (`Journal.tie`). A member
    that is no picture is told, and not written down: it says nothing of what its URL gives.

    Parameters
    ----------
    place, journal : SynsetStore, Journal
        Where pictures are, and what became of every URL.
    lines : iterable of Line
        What is known elsewhere of the synset's names and URLs.
    source : str
        What the tar is called, for the record.
    most : int, optional
        Pictures to end with, by default all.
    progress : Progress
        Is told what becomes of each member.
    seen : collection of int
        Numbers that the tar has had before.

    Attributes
    ----------
    seen : set of int
        The same, and those that have come since.
    set_aside : list of Path
        Files that were called pictures and were none, where they are now.
    members : int
        How many pictures have come.
    failed : Counter of Outcome
        What became of those that were not saved.
    """

    def __init__(
        self,
        place: SynsetStore,
        journal: Journal,
        lines: Iterable[Line],
        source: str,
        most: int | None,
        progress: Progress,
        seen: Collection[int] = (),
    ) -> None:
        self._place = place
        self._journal = journal
        self._source = source
        self._progress = progress
        self.seen = set(seen)
        self.members = 0
        self.failed: Counter[Outcome] = Counter()
        kept = KeptNames.of(place)
        self._urls = kept.urls(lines)
        lost = place.mend()
        self.set_aside: list[Path] = recover(
            place, journal, by_number(kept.numbers), self._urls, lost
        )
        self._numbers = NumberAllocator(journal.records, kept.numbers.values())
        self._here = set(place.pictures())
        self._duplicates = Duplicates(journal.present(self._here))
        self._recorder = SynsetRecorder(
            place,
            journal,
            self._duplicates,
            here=len(self._here),
            most=most,
            reached=True,
            report=self._report,
        )
        self._recorder.purge()
        self._begin = self._recorder.here

    @property
    def here(self) -> int:
        """How many pictures are here by now."""
        return self._recorder.here

    @property
    def saved(self) -> int:
        """How many of them have been saved and not taken out again."""
        return self._recorder.here - self._begin

    @property
    def is_full(self) -> bool:
        """Whether there are as many as are wanted."""
        return self._recorder.missing() == 0

    def take(self, member: Member) -> SkipReason | None:
        """Keep a picture, unless it is here or is none; return what is odd about it, if so."""
        self.members += 1
        link = self._link(member.name)
        known = self._journal.records.get(link.url)
        is_settled = known is not None and self._is_settled(known)
        is_first = member.name.number not in self.seen
        self.seen.add(member.name.number)
        if self.is_full or (is_settled and is_first):
            return None
        data = member.read()
        if data is None:
            return None  # which the tar says itself
        try:
            data = unpacked(data)
            picture = judging.judge(data)
        except Failed as failed:
            detail = failed.detail
            self._report(Record(*link, failed.outcome, now(), detail, self._source))
            return None
        record = saved(*link, data, picture, self._source, "")
        if known and is_settled:
            if record.sha256 != known.sha256:
                return SkipReason.SAME_NUMBER
            self._report(record._replace(outcome=Outcome.DUPLICATE))
        elif known and self._holds_still(known, record):
            self._report(known)
        elif self._recorder.reserve(record) is Verdict.KEEP:
            self._place.save(record, data, picture.format.extension)
            self._recorder.keep(record)
            self._here.add(link.name.number)
        return None

    def _link(self, name: ImageName) -> Link:
        """Return what a member is kept as."""
        url = self._urls.get(name.number) or str(name)
        self._numbers.reserve(url, name.number)
        self._numbers.add(url)
        return Link(ImageName(name.wnid, self._numbers.of[url]), url)

    def _is_settled(self, known: Record) -> bool:
        is_here = known.outcome is Outcome.SAVED and known.name.number in self._here
        return is_here or known.outcome is Outcome.REJECTED

    def _holds_still(self, known: Record, record: Record) -> bool:
        """Say whether the same bytes were refused before, for a reason that there still is."""
        is_double = known.outcome is Outcome.DUPLICATE and self._duplicates.first(record)
        reason = is_double or known.outcome is Outcome.PLACEHOLDER
        return known.sha256 == record.sha256 and bool(reason)

    def _report(self, record: Record) -> None:
        if record.outcome is not Outcome.SAVED:
            self.failed[record.outcome] += 1
        self._progress.settled(record)
