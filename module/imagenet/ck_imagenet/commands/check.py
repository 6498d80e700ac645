"""Whether what is here is what was saved: every file against the journal, and the other way."""

from __future__ import annotations

import errno
from contextlib import closing
from dataclasses import dataclass
from itertools import chain
from pathlib import Path
from typing import Any, Iterable, Iterator, NamedTuple

from ..catalogue.selection import Selection, some_among
from ..core.actions import CheckOptions
from ..core.errors import Unsound
from ..core.files import checksum, storage_errors
from ..core.options import concern
from ..core.outcomes import Failed, Outcome
from ..core.text import ImageName, Progress, counted
from ..core.threads import CORES, ParallelMap
from ..http.codings import unpacked
from ..images import decoding, judging
from ..sources.copies import ask_again
from ..storage.inventory import Inventory
from ..storage.journal import Journal
from ..storage.numbering import KeptNames, by_number
from ..storage.records import Finding, FindingKind, Record, now
from ..storage.recovery import put_aside, recover
from ..storage.store import Store, SynsetStore, lock_synset
from . import USUAL, opened

_THREADS = 2 * CORES
"""What takes time, reading and hashing, leaves the interpreter to others."""

_PICTURES_AT_ONCE = 32
"""Pictures that one thread looks at in a row: fewer would cost more than they spare."""


class Told(NamedTuple):
    """A finding as users see it."""

    wnid: str
    finding: Finding
    mended: bool

    def facts(self) -> dict[str, Any]:
        """Return the same in plain types."""
        return {
            "wnid": self.wnid,
            "finding": self.finding.kind.word,
            "where": str(self.finding.where),
            "detail": self.finding.detail,
            "mended": self.mended,
        }


@dataclass(frozen=True)
class Checked:
    """What a check has looked at, and found."""

    pictures: int
    bytes: int
    findings: list[Told]

    def __str__(self) -> str:
        found = counted(len(self.findings), "finding") if self.findings else "nothing found"
        return f"{counted(self.pictures, 'picture')} checked: {found}"


def check(
    folder: str | Path = USUAL,
    *,
    wnid: str | Iterable[str] = (),
    under: str | Iterable[str] = (),
    search: str = "",
    ilsvrc2012: bool = False,
    set: str = "",
    decode: bool = False,
    repair: bool = False,
) -> Checked:
    """Check that every picture is still as it was saved.

    Parameters
    ----------
    folder : str or Path, optional
        What download has filled.
    wnid : str or Iterable[str], optional
        The wnid of the synset, or several separated by commas.
    under : str or Iterable[str], optional
        Only this synset and all below it; several separated by commas.
    search : str, optional
        Only synsets with all these words; beginnings match too.
    ilsvrc2012 : bool, optional
        Only the 1,000 synsets of ILSVRC2012.
    set : str, optional
        Only the synsets of a set: imagenette, imagewoof, imagenet-100, tiny-imagenet,
        mini-imagenet, imagenet-a or imagenet-r.
    decode : bool, optional
        Decode every picture too; slow.
    repair : bool, optional
        Repair what is wrong, or let the next download ask for the link again.

    Returns
    -------
    Checked
        The findings, and which of them were repaired.

    Raises
    ------
    BadInput
        If a synset is named that has no pictures here.
    StoreError
        If pictures or their state cannot be read or repaired.

    Examples
    --------
    >>> print(ck_imagenet.check())
    2 pictures checked: nothing found
    """
    options, place = opened(CheckOptions, locals(), "folder")
    inspection = Inspection(options, place.store_there, Progress())
    findings = list(inspection.findings())
    return Checked(inspection.pictures, inspection.bytes, findings)


class Inspection:
    """Looks at synsets, one after the other.

    Parameters
    ----------
    options : CheckOptions
        At which, how closely, and whether to mend.
    store : Store
        Where they are.
    progress : Progress
        Is told how it goes.

    Attributes
    ----------
    pictures, bytes : int
        What has been looked at so far.
    found : int
        How much has been found, mended or not.
    """

    def __init__(self, options: CheckOptions, store: Store, progress: Progress) -> None:
        self._options = options
        self._store = store
        self._progress = progress
        here = sorted([*store.wnids(), *store.unregistered()])
        self._wnids = some_among(here, concern(options, Selection))
        if options.repair:
            store.refuse_forbidden(self._wnids, delete=True)
        self.pictures = self.bytes = self.found = 0

    def findings(self) -> Iterator[Told]:
        """Yield what is found; mend it first, if so wished."""
        with ParallelMap(_THREADS) as threads:
            for wnid in self._wnids:
                place = self._store.synset(wnid)
                with storage_errors(place.folder), lock_synset(place, self._progress):
                    for finding in self._inspect(place, threads):
                        self.found += 1
                        yield Told(wnid, finding, self._options.repair)

    def refuse(self) -> None:
        """Raise Unsound if anything has been found and is not mended."""
        if self.found and not self._options.repair:
            findings, pictures = counted(self.found, "finding"), counted(self.pictures, "picture")
            raise Unsound(f"{findings} in {pictures}: repair with --repair")

    def _inspect(self, place: SynsetStore, threads: ParallelMap) -> list[Finding]:
        of_place = list(place.findings())
        held = Inventory.of(place)
        unseen = [ImageName(place.wnid, number) for number in held.unseen]
        moved = {each.where for each in of_place if each.kind is FindingKind.MISPLACED}
        expected = {record.name for record in held.missing} | {link.name for link in held.waiting}
        found = [
            *(
                each
                for each in of_place
                if each.kind is not FindingKind.EMPTY or each.where not in expected
            ),
            *(
                Finding(FindingKind.GARBLED, path, str(count))
                for path, count in held.garbled.items()
            ),
            *(
                Finding(FindingKind.MISSING, record.name)
                for record in held.missing
                if record.name not in moved
            ),
            *threads.map(_unseen, zip(unseen, held.unseen.values())),
            *self._examine(place, held, threads),
        ]
        if found and self._options.repair:
            _repair(place, held, found)
        return found

    def _examine(
        self, place: SynsetStore, held: Inventory, threads: ParallelMap
    ) -> Iterator[Finding]:
        """Yield what is wrong with pictures of which something is known."""
        known = [(record, held.pictures[number]) for number, record in held.saved.items()]
        parts = (
            known[start : start + _PICTURES_AT_ONCE]
            for start in range(0, len(known), _PICTURES_AT_ONCE)
        )
        total, done = sum(record.bytes for record, _ in known), 0

        def examine(part: list[tuple[Record, Path]]) -> tuple[int, list[Finding]]:
            found = (self._doubts(place, record, path) for record, path in part)
            return sum(record.bytes for record, _ in part), list(chain.from_iterable(found))

        try:
            for size, found in threads.map(examine, parts):
                done += size
                self._progress.advance(place.wnid, done, total)
                yield from found
        finally:
            self._progress.end()
        self.pictures += len(held.pictures)
        self.bytes += total

    def _doubts(self, place: SynsetStore, record: Record, path: Path) -> Iterator[Finding]:
        """Yield what is wrong with one picture; threads do so at once."""
        try:
            size = path.stat().st_size
            if size != record.bytes:
                yield Finding(
                    FindingKind.CHANGED, record.name, f"{size} bytes; {record.bytes} were saved"
                )
            else:
                yield from self._doubts_of(record, path)
        except OSError as error:
            if error.errno != errno.EIO:  # else it is not the file that is damaged
                raise
            yield Finding(FindingKind.CHANGED, record.name, str(error.strerror))
            return
        contradiction = place.contradiction(record, path, strictly=self._options.repair)
        if contradiction:
            yield Finding(FindingKind.MISDESCRIBED, record.name, contradiction)

    def _doubts_of(self, record: Record, path: Path) -> Iterator[Finding]:
        if checksum(path) != record.sha256:
            yield Finding(FindingKind.CHANGED, record.name)
        elif self._options.decode:
            try:
                judging.decode(decoding.read_file(path))
            except Failed as failed:
                yield Finding(FindingKind.BROKEN, record.name, failed.detail)


def _unseen(unseen: tuple[ImageName, Path]) -> Finding:
    """Say what a file is of which the journal knows nothing."""
    name, path = unseen
    try:
        judging.judge(unpacked(decoding.read_file(path)))
    except Failed as failed:
        return Finding(FindingKind.NO_PICTURE, name, failed.detail)
    return Finding(FindingKind.UNSEEN, name)


def _repair(place: SynsetStore, held: Inventory, found: list[Finding]) -> None:
    """Mend what has been found."""
    if any(finding.kind is FindingKind.NO_FOLDER for finding in found):
        place.discard()
        return
    place.create()
    lost = place.mend()
    with closing(Journal.of(place)) as journal:
        mender = _Mender(place, held, journal)
        for finding in found:
            mender.mend(finding)
        ask_again(place, journal, mender.to_ask)
        names = KeptNames.of(place)
        recover(place, journal, by_number(names.numbers), names.urls([]), lost)


class _Mender:
    """Mends one finding after the other; `to_ask` is what is to be asked for again."""

    def __init__(self, place: SynsetStore, held: Inventory, journal: Journal) -> None:
        self._place = place
        self._held = held
        self._journal = journal
        here = place.pictures()  # also what has just been mended
        self._missing = {each.name: each for each in held.missing if each.name.number not in here}
        self.to_ask: list[Record] = []

    def mend(self, finding: Finding) -> None:
        """Mend what `SynsetStore.mend` and `recover` do not."""
        if isinstance(finding.where, ImageName):
            self._mend_picture(finding, finding.where)
        elif finding.kind is FindingKind.GARBLED:
            self._journal.drop_garbled(finding.where)
        elif finding.kind is FindingKind.STRAY:
            put_aside(self._place, finding.where)

    def _mend_picture(self, finding: Finding, name: ImageName) -> None:
        if finding.kind is FindingKind.EMPTY:
            self._place.remove(name.number)
        elif finding.kind is FindingKind.NO_PICTURE:
            self._take_out(name.number)
        elif finding.kind is FindingKind.MISSING and name in self._missing:
            self.to_ask.append(self._missing[name])
        elif finding.kind is FindingKind.CHANGED:
            self._take_out(name.number)
            self.to_ask.append(self._held.saved[name.number])
        elif finding.kind is FindingKind.BROKEN:
            self._take_out(name.number)
            record = self._held.saved[name.number]
            broken = record._replace(outcome=Outcome.BROKEN, detail=finding.detail, time=now())
            self._journal.append(broken)
        elif finding.kind is FindingKind.MISDESCRIBED:
            path = self._held.pictures[name.number]
            if path.is_file():  # else it has just been taken out
                self._place.describe(self._held.saved[name.number], path.name)

    def _take_out(self, number: int) -> None:
        """Remove a picture and keep its file."""
        put_aside(self._place, self._held.pictures[number])
        self._place.remove(number)
