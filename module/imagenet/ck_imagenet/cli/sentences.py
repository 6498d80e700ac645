"""What people read: lines and tables, made from values."""

from __future__ import annotations

import shlex
import sys
import textwrap
from collections import Counter
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Iterable, Iterator, Mapping, Sequence

from ..catalogue import synsets
from ..core.options import typed
from ..core.outcomes import Outcome, plain
from ..core.text import counted, some, visible
from ..storage.records import Record
from .terminal import GAP, columns, cut, table, terminal_width

if TYPE_CHECKING:
    from ..commands.check import Inspection, Told
    from ..commands.clean import Plan
    from ..commands.export import Exported
    from ..core.actions import StatusOptions
    from ..sources.registry import Row
    from ..sources.url_archive import Archive

_FAILURE_COLUMNS = (19, 15)
"""Columns of a terminal for the name of a picture that failed, and for the outcome."""

_LEAST_REST = 24
"""Columns for the link and what happened beside them; with fewer, these stand below."""

_SOURCE_COLUMN = 10
"""Columns of a terminal for the name of a source, and for the gap behind it."""

_MOST_LEFT_OUT = 5
"""Pictures that are named of those that an export leaves out; JSON tells all."""


_MOST_MISSING = 4
"""Synsets that are named of those that a set lacks; JSON tells all."""

_NO_SET = ("positions", "ilsvrc2012")
"""What the labels of an export are if they are not a set's own."""


def title(wnid: str) -> str:
    """Return a synset's wnid and its words."""
    synset = synsets.load().get(wnid)
    return f"{wnid}  {', '.join(synset.words) if synset else 'a list that names no synset'}"


def outcomes(failed: Counter[Outcome], grouped: str = "") -> Iterator[str]:
    """Yield how often what has happened, and what it means.

    Parameters
    ----------
    failed : Counter of Outcome
        How often what has happened.
    grouped : str, optional
        What stands between thousands.
    """
    for outcome, count in failed.most_common():
        yield f"  {count:5{grouped}}  {outcome.word:16}{outcome.meaning}"


def numbered(count: int, noun: str) -> str:
    """Return how many of something there are, with commas between thousands.

    Parameters
    ----------
    count : int
        How many there are.
    noun : str
        What they are, in the singular; its plural must end in "s".
    """
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def sources(rows: Iterable[Row], terminal: bool) -> Iterator[str]:
    """Yield the places that may have lists as a table.

    Parameters
    ----------
    rows : iterable of Row
        The sources.
    terminal : bool
        Whether a person reads it.
    """
    if not terminal:
        yield from table(list(rows), sys.maxsize)
        return
    width, told = terminal_width(), set()
    for row in rows:
        yield f"{row.name:{_SOURCE_COLUMN}}{visible(row.state)}"
        if row.name in told:
            continue
        told.add(row.name)
        begin = " " * _SOURCE_COLUMN
        yield from textwrap.wrap(
            f"{begin}needs {visible(row.needs)}",
            max(width, _SOURCE_COLUMN + _LEAST_REST),
            subsequent_indent=f"{begin}{GAP}",
            break_on_hyphens=False,
        )


def archive(known: Archive, wanted: str) -> Iterator[str]:
    """Yield what is in the archive of all URLs; `wanted` is the SHA-1 that its list should have.

    Parameters
    ----------
    known : Archive
        The archive of all URLs.
    wanted : str
        The SHA-1 that its list was to have.
    """
    yield f"{known.urls:,} URLs of {known.synsets:,} synsets are here, in {known.data}"
    yield f"  from {known.source}"
    if not known.sha1:
        yield "  its SHA-1 has not been checked; add --archive-sha1=HEX to check it"
    elif known.sha1 != wanted.lower():
        yield f"  its SHA-1 is {known.sha1}, not {wanted}"
    if known.odd:
        yield f"  odd lines, without a name or a URL: {known.odd:,}, kept in {known.rest}"


def hosts(counts: Counter[str], terminal: bool) -> Iterator[str]:
    """Yield how many URLs lead to which host, the most first.

    Parameters
    ----------
    counts : Counter
        How many URLs lead to each host.
    terminal : bool
        Whether a person reads it.
    """
    if not terminal:
        return (f"{host}\t{count}" for host, count in counts.most_common())
    rows = [(str(count), host) for host, count in counts.most_common()]
    return chain([f"{sum(counts.values()):,} URLs, {len(counts):,} hosts"], table(rows))


def practice(settings: Mapping[str, str], wnids: Sequence[str]) -> Iterator[str]:
    """Yield how to use the practice web from another terminal.

    Parameters
    ----------
    settings : mapping of str to str
        The environment variables that lead to it.
    wnids : sequence of str
        Some synsets that it has.
    """
    yield "The practice web runs until you press Ctrl-C. In another terminal, type:"
    yield ""
    activate = Path(sys.prefix, "bin", "activate")
    if sys.prefix != sys.base_prefix and activate.is_file():
        yield f"  . {shlex.quote(str(activate))}"
    for name, value in settings.items():
        yield f"  export {name}={value}"
    yield ""
    yield "From then on, what is typed there asks the practice web. Begin with:"
    yield ""
    yield f"  ck-imagenet download --wnid={','.join(wnids)}"
    yield "  ck-imagenet download --under=n02084071 --max-images=100 --yes"
    yield "  ck-imagenet browse"
    yield ""
    yield "The second one downloads all dogs."


def exported(done: Exported) -> Iterator[str]:
    """Yield what an export holds."""
    yield str(done)
    parts = "".join(f", {count} to {part}" for part, count in done.parts.items())
    yield f"  {done.written} written now, {done.removed} removed{parts}"
    count = done.classes + len(done.missing)
    labels = "0" if count == 1 else f"0 to {count - 1}"
    order = "in the order of wnids" if done.labels in _NO_SET else f"of {done.labels}"
    yield f"  labels: {labels} {order}; classes.txt also has ILSVRC2012's"
    if done.labels == "ilsvrc2012":
        yield "  labels in lists such as val.txt: of ILSVRC2012"
    if done.missing:
        lacking = counted(len(done.missing), "synset")
        yield f"  {lacking} of the set not here: {some(done.missing, _MOST_MISSING)}"
    if done.lacking:
        yield f"  no picture is left in: {some(done.lacking, _MOST_MISSING)}"
    if done.layout == "folders" and (done.missing or done.lacking):
        yield "  programs that count folders give other labels; metadata.csv has these"
    if done.reencoded:
        form = f"JPEGs of quality {done.quality}" if done.quality else "PNGs"
        yield f"  re-encoded: {counted(done.reencoded, 'picture')}, as {form}"
    if done.altered:
        yield f"  altered copies among them: {done.altered}; --unaltered leaves them out"
    if done.left_out:
        yield (
            f"  left out, because they cannot be decoded: {counted(len(done.left_out), 'picture')}"
        )
        for name, why in islice(done.left_out.items(), _MOST_LEFT_OUT):
            yield f"    {name}: {visible(plain(why))}"
        if len(done.left_out) > _MOST_LEFT_OUT:
            yield f"    and {len(done.left_out) - _MOST_LEFT_OUT:,} more"
        yield f"  to set them aside, type: {done.advice}"


# What is about to change.


def failures(records: Iterable[Record]) -> Iterator[str]:
    """Yield the links that gave no picture: name, URL, outcome and what exactly happened."""
    for each in records:
        yield f"{each.name}\t{each.url}\t{each.outcome.word}\t{happened(each)}"


def failures_table(records: Iterable[Record], options: StatusOptions) -> Iterator[str]:
    """Yield the same as a table for a person, then what its words mean, and how to ask again.

    Parameters
    ----------
    records : iterable of Record
        What became of these links.
    options : StatusOptions
        What the user has typed.
    """
    counts: Counter[Outcome] = Counter()
    for each in records:
        if not counts:
            yield from _failure_lines("picture", "outcome", "link", "what happened")
        counts[each.outcome] += 1
        yield from _failure_lines(str(each.name), each.outcome.word, each.url, happened(each))
    if not counts:
        yield "no link has failed"
        return
    yield from outcomes(counts, grouped=",")
    yield "To ask these links again, type:"
    yield f"  ck-imagenet status {typed(options)} | cut -f 1,2 > again.txt"
    yield "  ck-imagenet download --urls=again.txt --retry-failed=all"


def _failure_lines(name: str, outcome: str, link: str, told: str) -> Iterator[str]:
    """Yield a failure as a row, in which what happened goes on below; on a narrow screen, all."""
    link, told = (text.replace("http://", "", 1) for text in (link, told))
    width = terminal_width()
    rest = width - sum(_FAILURE_COLUMNS) - 3 * len(GAP)
    half = rest // 2
    if rest < _LEAST_REST:
        yield cut(columns((name, outcome), _FAILURE_COLUMNS), width)
        below = [visible(link), *textwrap.wrap(visible(told), max(1, width - len(GAP)))]
        yield from (cut(f"{GAP}{line}", width) for line in below)
        return
    parts = textwrap.wrap(visible(told), half) or [""]
    firsts = [(name, outcome, link), *[("", "", "")] * (len(parts) - 1)]
    for first, part in zip(firsts, parts):
        yield columns((*first, part), (*_FAILURE_COLUMNS, rest - half, half))


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


def finding(told: Told) -> str:
    """Return what is wrong with what, and what has been done about it."""
    _, (kind, where, detail), mended = told
    why = f" ({plain(detail)})" if detail else ""
    remedy = f"; {kind.remedy}" if mended else ""
    return f"{where}  {kind.word}  {kind.meaning}{why}{remedy}"


def inspected(inspection: Inspection) -> str:
    """Return how much has been looked at, and how much was found."""
    pictures = numbered(inspection.pictures, "picture")
    if not inspection.found and not inspection.pictures:
        return "no picture is here, so there is nothing to check"
    if not inspection.found:
        are = f"all {pictures} are" if inspection.pictures > 1 else "the one picture here is"
        return f"{are} intact ({size(inspection.bytes)})"
    return f"{pictures}, {size(inspection.bytes)}: {numbered(inspection.found, 'finding')}"


def plan(planned: Plan) -> Iterator[str]:
    """Yield what is to go of a synset."""
    yield title(planned.wnid)
    forgotten = () if planned.folder else planned.forgotten
    for things, noun, what in (
        (planned.pictures, "picture", f", {size(planned.bytes)} with all files"),
        (planned.aside, "file", " set aside earlier"),
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
    """Yield what has been done of a plan, which has been shown if there was anything in it.

    Parameters
    ----------
    planned : Plan
        What goes, or has gone.
    dry_run : bool
        Whether it is only told.
    """
    if planned.is_empty:
        why = "rejected already, so there is " if planned.already else ""
        yield f"{planned.wnid}: {why}nothing to remove"
    elif not dry_run:
        yield "  done" if planned.done else "  nothing has been removed"
