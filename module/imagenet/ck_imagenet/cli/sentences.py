"""What people read: lines and tables, made from values."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Iterable, Iterator, Mapping, Sequence

from ..catalogue import synsets
from ..catalogue.synsets import MANY
from ..core.options import as_typed
from ..core.outcomes import Outcome, plain
from ..core.text import counted, duration, ration, visible
from ..storage.records import Record

if TYPE_CHECKING:
    from ..commands.check import Inspection, Told
    from ..commands.clean import Plan
    from ..commands.export import Exported
    from ..commands.listing import Listed
    from ..core.actions import DownloadOptions, ListOptions
    from ..engine.planning import Estimate
    from ..engine.synset_job import Summary
    from ..engine.tar_results import Unpacked
    from ..sources.lists import Unlisted
    from ..sources.registry import Row
    from ..sources.url_archive import Archive

_MOST_LEFT_OUT = 5
"""Pictures that are named of those that an export leaves out; JSON tells all."""


_MOST_LEFT = 5
"""Hosts of which a summary tells what is left."""

_KEPT_OPTIONS = (
    *("urls", "source", "offset", "max-images", "outdir", "jobs", "retry", "timeout", "sleep"),
    *("processes", "per-host", "pace", "no-known-hosts", "ignore-opt-out", "user-agent", "wayback"),
    *("service", "wayback-service", "resolve", "allow-private"),
)
"""Options with which a command goes on as it began."""


def table(rows: Sequence[tuple[str, ...]], width: int | None = None) -> Iterator[str]:
    """Yield rows as lines, their columns aligned, the last one cut to the terminal's width.

    Parameters
    ----------
    rows : sequence of tuples of str
        The rows, the first of them the head.
    width : int, optional
        Characters of a line, by default those of the terminal.
    """
    width = width or shutil.get_terminal_size().columns
    widths = [max(map(len, column)) for column in list(zip(*rows))[:-1]]
    for row in rows:
        cells = [
            cell.rjust(size) if cell.isdigit() else cell.ljust(size)
            for cell, size in zip(row, widths)
        ]
        line = "  ".join([*cells, row[-1]]).rstrip()
        yield line if len(line) <= width else line[: width - 1] + "…"


def unpacked(done: Unpacked) -> Iterator[str]:
    """Yield what a tar brought for a synset."""
    yield title(done.wnid)
    if done.unread:
        yield f"  {counted(done.here, 'picture')} here, {done.tar} was not read: {done.unread}"
        return
    here = counted(done.here, "picture")
    yield f"  {here} here, {done.members} in {done.tar}, {done.saved} saved now"
    yield from outcomes(done.failed)
    for fault, count in done.odd.counts.most_common():
        paths = done.odd.examples[fault]
        shown = ", ".join(paths) + (", …" if count > len(paths) else "")
        yield f"  {count:5}  {fault.word:16}{fault.value}: {shown}"
    yield from _set_aside(done.set_aside)


def title(wnid: str) -> str:
    """Return a synset's wnid and its words."""
    synset = synsets.load().get(wnid)
    return f"{wnid}  {', '.join(synset.words) if synset else 'a list that names no synset'}"


def outcomes(failed: Counter[Outcome]) -> Iterator[str]:
    """Yield how often what has happened, and what it means."""
    for outcome, count in failed.most_common():
        yield f"  {count:5}  {outcome.word:16}{outcome.meaning}"


def _set_aside(files: Sequence[Path]) -> Iterator[str]:
    if files:
        yield f"  files here that were no pictures: {len(files)}, now in {files[0].parent}"


def unlisted(missing: Unlisted, options: DownloadOptions) -> Iterator[str]:
    """Yield that a synset has no list.

    Parameters
    ----------
    missing : Unlisted
        The synset.
    options : DownloadOptions
        What the user has typed.
    """
    yield title(missing.wnid)
    given = as_typed(options, "urls")
    yield f"  no list of its URLs: see ck-imagenet geturls --wnid={missing.wnid}{given}"


def summary(done: Summary, options: DownloadOptions) -> Iterator[str]:
    """Yield what a run did for a synset.

    Parameters
    ----------
    done : Summary
        What a run did for a synset.
    options : DownloadOptions
        What the user has typed.
    """
    yield title(done.wnid)
    last = f"{done.to_fetch} to ask for" if options.dry_run else f"{done.saved} saved now"
    wayback = f" ({done.from_wayback} from the Wayback Machine)" if done.from_wayback else ""
    here, links = counted(done.here, "picture"), counted(done.links, "link")
    yield f"  {here} here{wayback}, {links} known, {last}"
    yield from outcomes(done.failed)
    yield from _set_aside(done.set_aside)
    for wnid, count in done.taken_out.items():
        others = "; the same command fetches others" if options.max_images else ""
        yield f"  pictures of {wnid} that were placeholders too and are gone now: {count}{others}"
    left = done.links - done.here - sum(done.failed.values())
    yield from _left(done, options)
    is_short = done.here < (options.max_images or 0) and left > 0
    if is_short and not (options.dry_run or options.offset):
        yield f"  {counted(left, 'link')} not asked for yet: the same command goes on"
    if Outcome.PRIVATE_ADDRESS in done.failed:
        yield "  If these addresses are yours, name them: --allow-private=ADDRESS,NETWORK,HOST"
    if any(not outcome.final for outcome in done.failed) and not options.dry_run:
        yield "  Some of these may pass: ask again with --retry-failed"
    elif done.renamed and not options.dry_run:
        yield (
            f"  Hosts of {done.renamed} of these have other names or addresses today: "
            "ask there with --retry-failed"
        )
    if done.for_wayback and done.wayback_trouble:
        yield (
            f"  The Wayback Machine has not been asked for {done.for_wayback} of these "
            f"({plain(done.wayback_trouble)}): the same command goes on, later"
        )
    elif done.for_wayback:
        yield (
            f"  The Wayback Machine may have pictures of {done.for_wayback} of these: "
            "ask it with --wayback"
        )


def _left(done: Summary, options: DownloadOptions) -> Iterator[str]:
    """Yield what waits for hosts that ration, how long that takes, and what would help."""
    for host, count in done.left.most_common(_MOST_LEFT):
        yield f"  {ration(host, done.paces.get(host, 0.0), count)}"
    if len(done.left) > _MOST_LEFT:
        more = sum(done.left.values()) - sum(dict(done.left.most_common(_MOST_LEFT)).values())
        yield f"  {counted(more, 'link')} left of {len(done.left) - _MOST_LEFT} more such hosts"
    if done.left and not options.dry_run:
        typed = as_typed(options, *_KEPT_OPTIONS)
        yield f"  to go on: ck-imagenet download --wnid={done.wnid}{typed} --patience=8h"
    if done.left and synsets.load().get(done.wnid) and not options.urls:
        yield (
            "  without these hosts, and under ImageNet's terms of access, pictures of this synset "
            f"come with: ck-imagenet download --wnid={done.wnid} --source=winter21"
        )


def synsets_table(rows: Iterable[Listed]) -> Iterator[str]:
    """Yield synsets as a table: wnid, pictures here, URLs if they are known, words."""
    lines = [(row.synset.wnid, *_counts(row), ", ".join(row.synset.words)) for row in rows]
    if not lines:
        return iter(())
    urls = ["URLs"] if len(lines[0]) > 3 else []
    return table([("wnid", "here", *urls, "words"), *lines])


def _counts(row: Listed) -> list[str]:
    return [str(count) for count in (row.downloaded, row.urls) if count is not None]


def sources(rows: Iterable[Row], terminal: bool) -> Iterator[str]:
    """Yield the places that may have lists as a table.

    Parameters
    ----------
    rows : iterable of Row
        The sources.
    terminal : bool
        Whether a person reads it.
    """
    return table(list(rows), None if terminal else sys.maxsize)


def wnids(rows: Iterable[Listed], options: ListOptions) -> Iterator[str]:
    """Yield a wnid a line, with a tab and the words if the options ask for them.

    Parameters
    ----------
    rows : iterable of Listed
        The synsets.
    options : ListOptions
        What the user has typed.
    """
    for row in rows:
        words = "\t" + ", ".join(row.synset.words) if options.words else ""
        yield row.synset.wnid + words


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
        yield "  whose SHA-1 has not been checked; with --archive-sha1=HEX it is"
    elif known.sha1 != wanted.lower():
        yield f"  whose SHA-1 is {known.sha1}, not {wanted}"
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


def practice(environment: Mapping[str, str], wnids: Sequence[str]) -> Iterator[str]:
    """Yield how to use the practice web from another terminal.

    Parameters
    ----------
    environment : mapping of str to str
        What leads to the practice web.
    wnids : sequence of str
        The synsets that it has.
    """
    yield "The practice web is on; in another terminal, type:"
    yield ""
    for name, value in environment.items():
        yield f"  export {name}={value}"
    for wnid in wnids:
        yield f"  ck-imagenet download --wnid={wnid}"
    yield ""
    yield "Ctrl-C ends it."


def exported(done: Exported) -> Iterator[str]:
    """Yield what an export holds."""
    yield str(done)
    parts = "".join(f", {count} to {part}" for part, count in done.parts.items())
    yield f"  {done.written} written now, {done.removed} removed{parts}"
    labels = "0" if done.classes == 1 else f"0 to {done.classes - 1}"
    beside = "classes.txt has those of ILSVRC2012 beside them"
    yield f"  labels: {labels} in the order of wnids; {beside}"
    if done.labels == "ilsvrc2012":
        yield "  labels in lists such as val.txt: of ILSVRC2012"
    if done.reencoded:
        form = f"JPEGs of quality {done.quality}" if done.quality else "PNGs"
        yield f"  encoded anew: {counted(done.reencoded, 'picture')}, as {form}"
    if done.altered:
        yield f"  altered copies among them: {done.altered}; --unaltered leaves them out"
    if done.left_out:
        yield f"  left out, since they cannot be decoded: {counted(len(done.left_out), 'picture')}"
        for name, why in islice(done.left_out.items(), _MOST_LEFT_OUT):
            yield f"    {name}: {visible(plain(why))}"
        if len(done.left_out) > _MOST_LEFT_OUT:
            yield f"    and {len(done.left_out) - _MOST_LEFT_OUT:,} more"
        yield f"  to put them aside, type: {done.advice}"


# What is about to change.


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
    """Yield what a download would mean, and what that is founded on.

    Parameters
    ----------
    meant : Estimate
        What a download would take.
    is_list_given : bool, optional
        Whether the user has given the list.
    """
    from ..engine.planning import ALIVE, MEAN_URLS, PICTURE, RATIONED, SECONDS

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
        yield "  get the lists of all at once, before this: ck-imagenet geturls --all"
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
