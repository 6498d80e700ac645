"""What is removed: pictures, single ones for good, failures, or all of a synset."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Callable, Iterable, Iterator, Sequence

from ..catalogue.selection import Selection, some_among
from ..core.actions import CleanOptions
from ..core.errors import BadInput
from ..core.files import checksum, storage_errors
from ..core.options import concern, refuse_together
from ..core.outcomes import Outcome
from ..core.text import ImageName, Progress, counted
from ..sources.copies import ask_again
from ..storage.inventory import Inventory
from ..storage.journal import Journal
from ..storage.numbering import KeptNames, by_number
from ..storage.records import FindingKind, Record, now
from ..storage.recovery import ASIDE
from ..storage.store import Store, SynsetStore, lock_synset
from . import USUAL, opened


@dataclass
class Plan:
    """What is to go of one synset."""

    wnid: str
    place: Path
    """The folder of all that is here of the synset."""
    pictures: dict[int, Path] = field(default_factory=dict)
    """The files of pictures, by number."""
    rejected: list[Record] = field(default_factory=list)
    """Links that shall never be asked again, as the journal will have them."""
    already: list[int] = field(default_factory=list)
    """Pictures that are rejected and gone already."""
    revived: list[Record] = field(default_factory=list)
    """Rejections that are forgotten with all else."""
    forgotten: list[Record] = field(default_factory=list)
    """What the next download is to ask for again."""
    aside: list[Path] = field(default_factory=list)
    """Files that were set aside."""
    folder: Path | None = None
    """The same, if that is to go."""
    linked: bool = False
    """Whether a symbolic link stands in its place, and leads to it."""
    kept: list[Path] = field(default_factory=list)
    """What is in what goes and is a user's own, so that it stays."""
    bytes: int = 0
    """Of the files that go."""
    done: bool = False

    def __str__(self) -> str:
        pictures, goes = counted(len(self.pictures), "picture"), "gone" if self.done else "to go"
        if self.folder:
            return f"{self.wnid}: {pictures} and all else {goes}"
        links = counted(len(self.forgotten), "link")
        return f"{self.wnid}: {pictures} {goes}, {links} to be asked for again"

    @property
    def is_empty(self) -> bool:
        """Whether there is nothing to do."""
        goes = (self.pictures, self.rejected, self.forgotten, self.aside, self.folder)
        return not any(goes)

    def facts(self) -> dict[str, Any]:
        """Return the same in plain types: how much of each."""
        return {
            "wnid": self.wnid,
            "done": self.done,
            "pictures": len(self.pictures),
            "bytes": self.bytes,
            "rejected": len(self.rejected),
            "already": len(self.already),
            "revived": len(self.revived),
            "forgotten": len(self.forgotten),
            "files": len(self.aside),
            "folder": str(self.folder or ""),
            "kept": list(map(str, self.kept)),
        }


def clean(
    folder: str | Path = USUAL,
    *,
    wnid: str | Iterable[str] = (),
    under: str | Iterable[str] = (),
    search: str = "",
    ilsvrc2012: bool = False,
    set: str = "",
    number: int | Sequence[int] = (),
    failed: bool = False,
    all: bool = False,
    dry_run: bool = False,
) -> list[Plan]:
    """Remove pictures, or forget links that failed; it asks nobody before.

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
    number : int or Sequence[int], optional
        Reject these pictures: remove them and never download them again; several separated by
        commas.
    failed : bool, optional
        Forget the links that failed, so that they are asked for again; remove files set aside.
    all : bool, optional
        Remove everything of the synset that is here, also its CK repository.
    dry_run : bool, optional
        Show what the command would remove, and do nothing.

    Returns
    -------
    list of Plan
        What was removed of each synset, or would be.

    Raises
    ------
    BadInput
        If no synset is named, or no picture has such a number.
    StoreError
        If it cannot be removed.

    Examples
    --------
    >>> [plan] = ck_imagenet.clean(wnid="n01440764", number=2)
    >>> plan.done, len(plan.pictures)
    (True, 1)
    """
    options, place = opened(CleanOptions, locals(), "folder")
    plans = run(options, place.store_there, Progress(), lambda plan: not options.dry_run)
    return list(plans)


def run(
    options: CleanOptions, store: Store, progress: Progress, agree: Callable[[Plan], bool]
) -> Iterator[Plan]:
    """Remove what the options name, synset by synset.

    Parameters
    ----------
    options : CleanOptions
        What is to go.
    store : Store
        Where it is.
    progress : Progress
        Is told when another process is at work there.
    agree : callable
        Is asked before anything goes.

    Yields
    ------
    Plan
        Of each synset, when it is done or was not agreed to.

    Raises
    ------
    BadInput
        If no synset is named, or no picture has such a number.
    """
    if options.all:
        refuse_together(options, "all", "number", "failed")
    if options.number:
        refuse_together(options, "number", "failed")
    wanted = concern(options, Selection)
    if not (wanted.wnid or wanted.is_narrowed):
        raise BadInput("which synset? Write --wnid=n01440764")
    if options.number and (wanted.is_narrowed or len(wanted.wnid) > 1):
        raise BadInput("--number is for one synset: name it with --wnid=W")
    wnids = some_among([*store.wnids(), *store.unregistered()], wanted)
    if not options.dry_run:
        store.refuse_forbidden(wnids, delete=True)
    for wnid in wnids:
        place = store.synset(wnid)
        with storage_errors(place.folder):
            with lock_synset(place, progress):
                plan = _plan(options, place)
                plan.done = not plan.is_empty and agree(plan)
                if plan.done and not plan.folder:
                    _carry_out(plan, place)
            if plan.done and plan.folder:
                place.discard()
        yield plan


def _plan(options: CleanOptions, place: SynsetStore) -> Plan:
    held, plan = Inventory.of(place), Plan(place.wnid, place.folder)
    rejections = {each.name.number: each for each in held.failed if _is_rejected(each)}
    if options.number:
        plan.already = [
            number for number in options.number if number in rejections.keys() - held.pictures
        ]
        plan.rejected = [
            _rejected(place, held, number)
            for number in options.number
            if number not in plan.already
        ]
        plan.pictures = {
            number: held.pictures[number] for number in options.number if number in held.pictures
        }
    elif options.failed:
        plan.forgotten = [each for each in held.failed if not _is_rejected(each)]
    else:
        plan.pictures = held.pictures
        plan.forgotten = [*held.saved.values(), *held.missing]
    if options.failed or options.all:
        plan.aside = sorted((place.state / ASIDE).glob("*"))
    if options.all:
        plan.kept = place.user_files()
        # What a kill of this command left may be neither: then it is unfinished.
        is_begun = held.pictures or place.state.is_dir() or not plan.kept
        if is_begun or any(each.kind is FindingKind.LEFTOVER for each in place.findings()):
            plan.folder, plan.linked = place.folder, place.folder.is_symlink()
            plan.revived = list(rejections.values())
    else:
        plan.kept = [path for number in plan.pictures for path in place.user_files_of(number)]
    plan.bytes = sum(path.stat().st_size for path in (*plan.pictures.values(), *plan.aside))
    return plan


def _is_rejected(record: Record) -> bool:
    return record.outcome is Outcome.REJECTED


def _rejected(place: SynsetStore, held: Inventory, number: int) -> Record:
    """Return what the journal is to say of a picture that is rejected."""
    for known in (*held.saved.values(), *held.missing, *held.failed, *held.withdrawn):
        if known.name.number == number:
            known = known._replace(detail="", wayback="", withdrawn=False)
            return known._replace(outcome=Outcome.REJECTED, time=now())
    name = ImageName(place.wnid, number)
    named = by_number(KeptNames.of(place).numbers)
    if number not in held.pictures and number not in named:
        raise BadInput(
            f"--number={number}: no picture or link of {place.wnid} has this number. See the "
            f"numbers: ck-imagenet browse --wnid={place.wnid}"
        )
    url = named.get(number) or place.url_of(number) or str(name)
    path = held.pictures.get(number)
    sha256 = checksum(path) if path else ""
    return Record(name, url, Outcome.REJECTED, now(), sha256=sha256)


def _carry_out(plan: Plan, place: SynsetStore) -> None:
    """Do what is planned, but for the removal of the place itself."""
    for number in plan.pictures:
        place.remove(number)
    for path in plan.aside:
        path.unlink()
    with closing(Journal.of(place)) as journal:
        for record in plan.rejected:
            journal.append(record)
        ask_again(place, journal, plan.forgotten)
