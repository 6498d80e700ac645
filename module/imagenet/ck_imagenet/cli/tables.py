"""What people see of how things stand: tables on a terminal, tab-separated lines in a pipe."""

from __future__ import annotations

from typing import TYPE_CHECKING, Iterable, Iterator

from ..catalogue import synsets
from ..catalogue.synsets import MANY
from ..core.outcomes import plain
from ..core.text import counted, duration, ration
from ..engine.planning import ALIVE, MEAN_URLS, PICTURE, RATIONED, SECONDS, Estimate
from ..storage import inventory
from ..storage.inventory import Tally
from ..storage.records import Record
from .sentences import outcomes, table, title

if TYPE_CHECKING:
    from ..commands.check import Inspection, Told
    from ..commands.clean import Plan

_BAR = 10
"""Characters."""

_MARKS = {"█": "here", "▒": "may pass", "░": "failed", "·": "not asked"}


def lines(tallies: Iterable[Tally]) -> Iterator[str]:
    """Yield a line for each tally, and their total if there are several, for other programs."""
    count, sum_ = 0, Tally("total")
    for tally in tallies:
        yield _line(tally)
        sum_.add(tally)
        count += 1
    if count > 1:
        yield _line(sum_)


def _line(tally: Tally) -> str:
    rot = "" if tally.rot is None else f"{tally.rot:.3f}"
    failed = ",".join(f"{outcome.word}={count}" for outcome, count in tally.failed.most_common())
    counts = (tally.here, tally.known, tally.waiting, tally.bytes)
    altered = [str(tally.altered)] if tally.altered else []
    return "\t".join([tally.name, *map(str, counts), rot, tally.latest, failed, *altered])


def standing(tallies: Iterable[Tally], of: str) -> Iterator[str]:
    """Yield tallies as a table, then their total and what its outcomes mean.

    Parameters
    ----------
    tallies : iterable of Tally
        Of synsets or of hosts.
    of : str
        What they are of, for the head of the table.
    """
    rows = list(tallies)
    if not rows:
        yield "nothing is here yet; begin with: ck download imagenet --wnid=n01440764"
        return
    head = (of, "here", "known", "", "rot", "size", "latest", "")
    yield from table([head, *map(_row, rows)])
    yield "  ".join(f"{mark} {meaning}" for mark, meaning in _MARKS.items())
    sum_ = inventory.total(rows)
    rot = f", rot {_percent(sum_)} of {sum_.asked}" if sum_.asked else ""
    yield f"{counted(sum_.here, 'picture')} here of {sum_.known} known, {size(sum_.bytes)}{rot}"
    if sum_.altered:
        copies = "altered copies: ck export imagenet --unaltered leaves them out"
        yield f"  {sum_.altered:5}  {'altered':16}of those here are {copies}"
    yield from outcomes(sum_.failed)
    if sum_.waiting:
        yield f"  {sum_.waiting:5}  {'not asked':16}the next download asks for them"


def failures(records: Iterable[Record]) -> Iterator[str]:
    """Yield the links that gave no picture: name, URL, outcome and what exactly happened."""
    for each in records:
        yield f"{each.name}\t{each.url}\t{each.outcome.word}\t{happened(each)}"


def happened(record: Record) -> str:
    """Return what exactly happened to a link, and what the Wayback Machine said of it."""
    wayback = f"Wayback Machine: {plain(record.wayback)}" if record.wayback else ""
    return "; ".join(filter(None, [plain(record.detail), wayback]))


def size(count: int) -> str:
    """Return a number of bytes for people."""
    if count < 1000:
        return f"{count} bytes"
    scaled = float(count)
    for unit in ("kB", "MB", "GB"):
        scaled /= 1000
        if scaled < 999.5:
            return f"{scaled:.3g} {unit}"
    return f"{scaled / 1000:.3g} TB"


def estimate(meant: Estimate, is_list_given: bool = False) -> Iterator[str]:
    """Yield what a download would mean, and what that is founded on."""
    number = "1 synset" if meant.synsets == 1 else f"{meant.synsets:,} synsets"
    urls = "1 URL" if meant.urls == 1 else f"{meant.urls:,} URLs"
    pictures = "1 picture" if meant.pictures == 1 else f"some {meant.pictures:,} pictures"
    outlook = f"{pictures}, {size(meant.bytes)}, {duration(meant.seconds)}"
    yield f"{number}, {urls} to ask for: {outlook}"
    if meant.unlisted:
        unknown = f"no list of {meant.unlisted:,} of them is here"
        if is_list_given:
            unknown = "what the list has of them is not known yet"
        yield f"  {unknown}: {MEAN_URLS} URLs are counted for each, ImageNet's mean"
    if meant.unlisted > MANY and not is_list_given:
        yield "  get the lists of all at once, before this: ck geturls imagenet --all"
    if meant.rationed:
        yield (
            f"  {RATIONED:.0%} of ImageNet's links lead to one service, flickr, and "
            f"{ration('it', meant.pace, meant.rationed)}"
        )
        yield "  the pictures of the same synsets come without it from --source=winter21"
    if meant.synsets > MANY:
        yield "  what is here already is not subtracted, nor would it be asked for again"
    yield (
        f"  if {ALIVE:.0%} of the links are alive, a picture has {size(PICTURE)}, and each of "
        f"{meant.jobs} connections takes {SECONDS} s a URL, time-outs included, as measured"
    )


def _row(tally: Tally) -> tuple[str, ...]:
    synset = synsets.load().get(tally.name)
    return (
        tally.name,
        str(tally.here),
        str(tally.known),
        bar(tally),
        _percent(tally),
        size(tally.bytes),
        tally.latest[:10],
        ", ".join(synset.words) if synset else "",
    )


def bar(tally: Tally) -> str:
    """Return how much is here, failed, and waits, as a bar."""
    may_pass = sum(count for outcome, count in tally.failed.items() if not outcome.final)
    final = sum(tally.failed.values()) - may_pass
    bar, done = "", 0
    for mark, count in zip(_MARKS, (tally.here, may_pass, final, tally.waiting)):
        done += count
        bar += mark * (round(_BAR * done / (tally.known or 1)) - len(bar))
    return bar


def _percent(tally: Tally) -> str:
    return "" if tally.rot is None else f"{tally.rot:.0%}"


def finding(told: Told) -> str:
    """Return what is wrong with what, and what has been done about it."""
    _, (kind, where, detail), mended = told
    why = f" ({plain(detail)})" if detail else ""
    remedy = f"; {kind.remedy}" if mended else ""
    return f"{where}  {kind.word}  {kind.meaning}{why}{remedy}"


def inspected(inspection: Inspection) -> str:
    """Return how much has been looked at, and how much was found."""
    looked_at = f"{counted(inspection.pictures, 'picture')}, {size(inspection.bytes)}"
    return f"{looked_at}: {inspection.found or 'nothing'} found"


def plan(planned: Plan) -> Iterator[str]:
    """Yield what is to go of a synset."""
    yield title(planned.wnid)
    forgotten = () if planned.folder else planned.forgotten
    for things, noun, what in (
        (planned.pictures, "picture", f", {size(planned.bytes)} with all files"),
        (planned.aside, "file", " put aside earlier"),
        (planned.rejected, "link", " to be rejected: never asked again"),
        (planned.already, "link", " rejected already"),
        (forgotten, "link", " that the next download asks for again"),
        (planned.revived, "rejection", " forgotten: the next download asks for these again"),
    ):
        if things:
            number, _, kind = counted(len(things), noun).partition(" ")
            yield f"  {number:>5}  {kind}{what}"
    if planned.folder and planned.kept:
        yield f"  and all that is known of them; {planned.folder} stays, for it holds"
    elif planned.linked:
        yield f"  and all that is known of them, with the link {planned.place};"
        yield f"  {planned.place.resolve()}, to which it leads, is emptied and stays"
    elif planned.folder:
        yield f"  and all that is known of them, with the folder {planned.folder}"
    elif planned.kept:
        yield f"  {planned.place} holds more, which stays:"
    yield from (f"    {path.relative_to(planned.place)}" for path in planned.kept)


def cleaned(planned: Plan, dry_run: bool) -> Iterator[str]:
    """Yield what has been done of a plan, which has been shown if there was anything in it."""
    if planned.is_empty:
        why = "rejected already, so there is " if planned.already else ""
        yield f"{planned.wnid}: {why}nothing to remove"
    elif not dry_run:
        yield "  done" if planned.done else "  nothing has been removed"
