"""What people see: lines and tables, made from values."""

from __future__ import annotations

import os
import shutil
import sys
from collections import Counter
from itertools import chain, islice
from pathlib import Path
from typing import TYPE_CHECKING, Iterable, Iterator, Mapping, NoReturn, Sequence

from ..catalogue import synsets
from ..commands.listing import Listed
from ..core.errors import BadInput, NobodyReads, StoreError
from ..core.options import as_typed
from ..core.outcomes import Outcome, plain
from ..core.text import counted, ration, visible
from ..storage.ck_kernel import OUTPUT_LOCK

if TYPE_CHECKING:
    from ..commands.export import Exported
    from ..core.actions import DownloadOptions, ListOptions
    from ..engine.synset_job import Summary
    from ..engine.tar_results import Unpacked
    from ..sources.lists import Unlisted
    from ..sources.registry import Row
    from ..sources.url_archive import Archive

_MOST_LEFT_OUT = 5
"""Pictures that are named of those that an export leaves out; JSON tells all."""


_MOST_LEFT = 5
"""Hosts of which a summary tells what is left."""

_GOES_ON = (
    *("urls", "source", "offset", "max-images", "outdir", "jobs", "retry", "timeout", "sleep"),
    *("processes", "per-host", "pace", "no-known-hosts", "ignore-opt-out", "user-agent", "wayback"),
    *("service", "wayback-service", "resolve", "allow-private"),
)
"""Options with which a command goes on as it began."""


def on_terminal() -> bool:
    """Say whether a person sees what is written to standard output."""
    return sys.stdout is not None and sys.stdout.isatty()


def write(lines: Iterable[str], encoding: str = "utf-8") -> None:
    """Print lines, on a terminal without the control characters that they may hold.

    Raises
    ------
    NobodyReads
        If nobody reads them any more.
    StoreError
        If they cannot be written, which standard error has been told.
    """
    make_safe = visible if on_terminal() else str
    for line in lines:  # which may read the disk, and fail at that
        _write(make_safe(line) + "\n", encoding)
    try:
        with OUTPUT_LOCK:
            sys.stdout.flush()
    except OSError as error:
        _give_up(error)


def _write(text: str, encoding: str) -> None:
    buffer = getattr(sys.stdout, "buffer", None)
    try:
        with OUTPUT_LOCK:
            if buffer:
                buffer.write(text.encode(encoding, "replace"))
            else:  # a notebook's
                sys.stdout.write(text)
    except OSError as error:
        _give_up(error)


def _give_up(error: OSError) -> NoReturn:
    # What Python would still flush at its end, and CK would print, must not fail again.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    if isinstance(error, BrokenPipeError):
        raise NobodyReads from None
    lost = StoreError(f"the output cannot be written: {error.strerror}")
    print(lost, file=sys.stderr)
    raise lost from None


def agrees(question: str) -> bool:
    """Ask a person, or whoever answers on standard input.

    Raises
    ------
    BadInput
        If nobody answers.
    """
    write([f"{question} Type y or n:"])
    answer = sys.stdin.readline()
    if not answer:
        raise BadInput("nobody has answered, so nothing has been done; --force does not ask")
    return answer.strip().lower() in ("y", "yes")


def table(rows: Sequence[tuple[str, ...]], width: int | None = None) -> Iterator[str]:
    """Yield rows as lines, their columns aligned, the last one cut to the terminal's width."""
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
    """Yield that a synset has no list."""
    yield title(missing.wnid)
    given = as_typed(options, "urls")
    yield f"  no list of its URLs: see ck geturls imagenet --wnid={missing.wnid}{given}"


def summary(done: Summary, options: DownloadOptions) -> Iterator[str]:
    """Yield what a run did for a synset."""
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
        typed = as_typed(options, *_GOES_ON)
        yield f"  to go on: ck download imagenet --wnid={done.wnid}{typed} --patience=8h"
    if done.left and synsets.load().get(done.wnid) and not options.urls:
        yield (
            "  without these hosts, and under ImageNet's terms of access, pictures of this synset "
            f"come with: ck download imagenet --wnid={done.wnid} --source=winter21"
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


def sources(rows: Iterable[Row]) -> Iterator[str]:
    """Yield the places that may have lists as a table."""
    return table(list(rows), None if on_terminal() else sys.maxsize)


def wnids(rows: Iterable[Listed], options: ListOptions) -> Iterator[str]:
    """Yield a wnid a line, with a tab and the words if the options ask for them."""
    for row in rows:
        words = "\t" + ", ".join(row.synset.words) if options.words else ""
        yield row.synset.wnid + words


def archive(known: Archive, wanted: str) -> Iterator[str]:
    """Yield what is in the archive of all URLs; `wanted` is the SHA-1 that its list should have."""
    yield f"{known.urls:,} URLs of {known.synsets:,} synsets are here, in {known.data}"
    yield f"  from {known.source}"
    if not known.sha1:
        yield "  whose SHA-1 has not been checked; with --archive-sha1=HEX it is"
    elif known.sha1 != wanted.lower():
        yield f"  whose SHA-1 is {known.sha1}, not {wanted}"
    if known.odd:
        yield f"  odd lines, without a name or a URL: {known.odd:,}, kept in {known.rest}"


def hosts(counts: Counter[str], terminal: bool) -> Iterator[str]:
    """Yield how many URLs lead to which host, the most first."""
    if not terminal:
        return (f"{host}\t{count}" for host, count in counts.most_common())
    rows = [(str(count), host) for host, count in counts.most_common()]
    return chain([f"{sum(counts.values()):,} URLs, {len(counts):,} hosts"], table(rows))


def practice(environment: Mapping[str, str], wnids: Sequence[str]) -> Iterator[str]:
    """Yield how to use the practice web from another terminal."""
    yield "The practice web is on; in another terminal, type:"
    yield ""
    for name, value in environment.items():
        yield f"  export {name}={value}"
    for wnid in wnids:
        yield f"  ck download imagenet --wnid={wnid}"
    yield ""
    yield "Ctrl-C ends it."


def exported(done: Exported) -> Iterator[str]:
    """Yield what an export holds."""
    is_one = "is" if done.pictures == 1 else "are"
    pictures, classes = counted(done.pictures, "picture"), counted(done.classes, "synset")
    yield f"{pictures} of {classes} {is_one} in {done.to}"
    parts = "".join(f", {count} to {part}" for part, count in done.parts.items())
    yield f"  {done.written} written now, {done.removed} removed{parts}"
    whose = "positions in the order of wnids, since not all have one of ILSVRC2012"
    if done.labels == "ilsvrc2012":
        whose = "of ILSVRC2012"
    yield f"  labels: {whose}; see classes.txt"
    if done.altered:
        yield f"  altered copies among them: {done.altered}; --unaltered leaves them out"
    if done.left_out:
        yield f"  left out, since they cannot be decoded: {counted(len(done.left_out), 'picture')}"
        for name, why in islice(done.left_out.items(), _MOST_LEFT_OUT):
            yield f"    {name}: {visible(plain(why))}"
        if len(done.left_out) > _MOST_LEFT_OUT:
            yield f"    and {len(done.left_out) - _MOST_LEFT_OUT:,} more"
        yield f"  to put them aside, type: {done.advice}"
