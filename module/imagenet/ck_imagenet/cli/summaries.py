"""What a run has done, for a person: of one synset a block; of several a line each, and a total."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Callable, Iterator, Sequence, Union

from ..catalogue import synsets
from ..core.actions import SynsetOptions
from ..core.options import as_typed, kinds, typed
from ..core.outcomes import Outcome, plain
from ..core.text import counted, ration, some
from ..engine.synset_import import Imported
from ..engine.synset_job import Summary
from ..sources.lists import Unlisted
from . import terminal
from .estimates import for_tars, naming
from .sentences import numbered, outcomes, title

if TYPE_CHECKING:
    from ..core.actions import DownloadOptions

Done = Union[Summary, Imported, Unlisted]

_MOST_LEFT = 5
"""Hosts of which a summary tells what is left."""

_WNID_COLUMN, _NUMBER_COLUMN = 9, 6
"""Columns of a terminal."""

_LEAST_WORDS = 20
"""Columns for words and failures where both are told; else there are words alone."""

_FEW_TO_NAME = 5
"""Synsets that are named in a command."""


# Of several synsets.


class Report:
    """Tells a person of synsets as they are done.

    Nobody knows beforehand how many there are. So the first waits until there is a second.

    Parameters
    ----------
    options : DownloadOptions
        What the user has typed.
    folder_of : callable
        Returns the folder of a synset's pictures.
    """

    def __init__(self, options: DownloadOptions, folder_of: Callable[[str], str]) -> None:
        self._options = options
        self._folder_of = folder_of
        self._first: Summary | Imported | None = None
        self._total = Summary("", links=0)
        self._is_of_copies = False
        self._unasked = 0
        self._here: list[str] = []
        """The synsets with pictures here."""
        self._done = 0
        self._unlisted: list[str] = []

    def tell(self, done: Done) -> Iterator[str]:
        """Yield what is to be told when a synset is done."""
        if isinstance(done, Unlisted):
            self._unlisted.append(done.wnid)
            return
        self._done += 1
        self._add(done)
        if self._done == 1:
            self._first = done
            return
        if self._first:
            last = "to ask" if self._options.dry_run else "saved"
            yield _row("wnid", "words", "here", "known", last, ["failed"])
            yield self._line(self._first)
            self._first = None
        yield self._line(done)

    def end(self) -> Iterator[str]:
        """Yield what is to be told when no more is done."""
        if self._first:
            yield from block(self._first, self._options)
        elif self._done:
            yield from self._sum()
        if self._options.urls and not self._options.retry_failed and self._all_failed_before():
            yield "  All these links failed before: ask again with --retry-failed=all"
        if self._unlisted:
            yield from unlisted(self._unlisted, self._options)
        if self._here and not self._options.dry_run:
            yield from self._next()

    def _all_failed_before(self) -> bool:
        """Say whether links have failed, and none of them now."""
        return bool(self._total.failed and not self._total.to_fetch)

    def _add(self, done: Summary | Imported) -> None:
        total = self._total
        total.here += done.here
        total.saved += done.saved
        total.failed.update(done.failed)
        total.set_aside += done.set_aside
        self._here += [done.wnid] * bool(done.here)
        if isinstance(done, Imported):
            self._is_of_copies = True
            total.links += max(done.members, done.here)
            return
        total.links += done.links
        total.to_fetch += done.to_fetch
        total.renamed += done.renamed
        total.from_wayback += done.from_wayback
        total.for_wayback += done.for_wayback
        total.left.update(done.left)
        total.paces.update(done.paces)
        total.wayback_trouble = total.wayback_trouble or done.wayback_trouble
        total.taken_out = dict(Counter(total.taken_out) + Counter(done.taken_out))
        self._unasked += unasked(done, self._options)

    def _line(self, done: Summary | Imported) -> str:
        synset = synsets.load().get(done.wnid)
        words = ", ".join(synset.words) if synset else "a list that names no synset"
        failed = [f"{count:,} {outcome.word}" for outcome, count in done.failed.most_common()]
        if isinstance(done, Imported):
            failed += [f"{count:,} {fault.word}" for fault, count in done.odd.counts.most_common()]
            counts = done.here, max(done.members, done.here), done.saved
        else:
            failed += [f"{sum(done.left.values()):,} left"] * bool(done.left)
            last = done.to_fetch if self._options.dry_run else done.saved
            counts = done.here, done.links, last
        here, known, asked = map(_number, counts)
        return _row(done.wnid, words, here, known, asked, failed)

    def _sum(self) -> Iterator[str]:
        total, options = self._total, self._options
        last = f"{total.to_fetch:,} to ask for" if options.dry_run else f"{total.saved:,} saved now"
        wayback = (
            f" ({total.from_wayback:,} from the Wayback Machine)" if total.from_wayback else ""
        )
        links = f"{numbered(total.links, 'link')} known"
        known = f"{total.links:,} in copies" if self._is_of_copies else links
        here = f"{numbered(total.here, 'picture')} here{wayback}"
        yield f"{numbered(self._done, 'synset')}: {here}, {known}, {last}"
        yield from outcomes(total.failed, grouped=",")
        if total.set_aside:
            yield f"  files here that are not pictures: {len(total.set_aside):,}, set aside"
        if total.taken_out:
            gone = numbered(sum(total.taken_out.values()), "picture")
            yield f"  {gone} were placeholders too, and are removed"
        yield from _left(total, options)
        if self._unasked:
            yield (
                f"  {numbered(self._unasked, 'link')} not asked for yet: the same command goes on"
            )
        if not self._is_of_copies:
            yield from hints(total, options, grouped=",")

    def _next(self) -> Iterator[str]:
        """Yield where the pictures are, and what to type next."""
        chosen = f"--wnid={self._here[0]}" if len(self._here) == 1 else self._chosen_again()
        page = f" --wnid={self._here[0]}" if len(self._here) == 1 else ""
        yield f"  The pictures are in {self._folders()}"
        yield f"  To look at them: ck-imagenet browse{page}"
        export = " ".join(filter(None, ["ck-imagenet export", chosen, "--to=training"]))
        yield f"  To train on them: {export}"

    def _folders(self) -> str:
        if len(self._here) == 1:
            return self._folder_of(self._here[0])
        forms = {self._folder_of(wnid).replace(wnid, "*"): None for wnid in self._here}
        return some([form[:-2] if form.endswith("/*") else form for form in forms], most=2)

    def _chosen_again(self) -> str:
        """Return what chooses the same synsets for an export; nothing means all that are here."""
        return typed(self._options, *kinds(SynsetOptions))


def unlisted(wnids: Sequence[str], options: DownloadOptions) -> Iterator[str]:
    """Yield that synsets have no list, all of them together, and what would help.

    Parameters
    ----------
    wnids : sequence of str
        The synsets.
    options : DownloadOptions
        What the user has typed.
    """
    given = as_typed(options, "urls")
    yield f"no list of links for {numbered(len(wnids), 'synset')}: {some(wnids, _FEW_TO_NAME)}"
    yield f"  What each source says: ck-imagenet geturls --wnid={wnids[0]}{given}"
    if given:
        return
    yield "  The lists of all synsets, once: ck-imagenet geturls --all"
    tars = for_tars(options, wnids if len(wnids) <= _FEW_TO_NAME else ())
    yield f"  Or ImageNet's own pictures, which need no list: ck-imagenet download {tars}"


def _row(wnid: str, words: str, here: str, known: str, last: str, failed: list[str]) -> str:
    width = terminal.terminal_width()
    numbers, texts = [-_NUMBER_COLUMN] * 3, (wnid, words, here, known, last)
    rest = width - _WNID_COLUMN - sum(map(abs, numbers)) - 5 * len(terminal.GAP)
    if rest < _LEAST_WORDS:
        words_column = max(1, rest + len(terminal.GAP))
        return terminal.cut(terminal.columns(texts, [_WNID_COLUMN, words_column, *numbers]), width)
    sizes = [_WNID_COLUMN, rest // 3, *numbers, rest - rest // 3]
    return terminal.columns((*texts, _fitting(failed, sizes[-1])), sizes)


def _fitting(parts: Sequence[str], size: int) -> str:
    """Return the first parts, as many as there is room for."""
    shown = ", ".join(parts)
    for count in range(len(parts) - 1, 0, -1):
        if len(shown) <= size:
            break
        shown = ", ".join([*parts[:count], "…"])
    return shown


def _number(count: int) -> str:
    return f"{count:,}" if count < 100_000 else str(count)


# Of one synset.


def block(done: Summary | Imported | Unlisted, options: DownloadOptions) -> Iterator[str]:
    """Yield what a run has done for a synset.

    Parameters
    ----------
    done : Summary, Imported or Unlisted
        What it has done.
    options : DownloadOptions
        What the user has typed.
    """
    if isinstance(done, Unlisted):
        return _no_list(done, options)
    return imported(done) if isinstance(done, Imported) else _summary(done, options)


def imported(done: Imported) -> Iterator[str]:
    """Yield what a copy brought for a synset."""
    yield title(done.wnid)
    if done.unread:
        yield f"  {counted(done.here, 'picture')} here, {done.copy} was not read: {done.unread}"
        return
    here = counted(done.here, "picture")
    yield f"  {here} here, {done.members} in {done.copy}, {done.saved} saved now"
    yield from outcomes(done.failed)
    for fault, count in done.odd.counts.most_common():
        paths = done.odd.examples[fault]
        shown = ", ".join(paths) + (", …" if count > len(paths) else "")
        yield f"  {count:5}  {fault.word:16}{fault.value}: {shown}"
    yield from _set_aside(done.set_aside)


def _set_aside(files: Sequence[Path]) -> Iterator[str]:
    if files:
        yield f"  files here that are not pictures: {len(files)}, set aside in {files[0].parent}"


def _no_list(missing: Unlisted, options: DownloadOptions) -> Iterator[str]:
    yield title(missing.wnid)
    given = as_typed(options, "urls")
    yield f"  no list of its URLs: see ck-imagenet geturls --wnid={missing.wnid}{given}"


def _summary(done: Summary, options: DownloadOptions) -> Iterator[str]:
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
        others = "; the same command downloads others" if options.max_images else ""
        yield f"  pictures of {wnid} removed, because they are placeholders too: {count}{others}"
    yield from _left(done, options)
    if unasked(done, options):
        left = counted(unasked(done, options), "link")
        yield f"  {left} not asked for yet: the same command goes on"
    yield from hints(done, options)


def unasked(done: Summary, options: DownloadOptions) -> int:
    """Return how many links the same command asks for, since there are fewer pictures than wanted.

    Parameters
    ----------
    done : Summary
        What a run did for a synset.
    options : DownloadOptions
        What the user has typed.
    """
    left = done.links - done.here - sum(done.failed.values())
    is_short = done.here < (options.max_images or 0) and left > 0
    return left if is_short and not (options.dry_run or options.offset) else 0


def hints(done: Summary, options: DownloadOptions, grouped: str = "") -> Iterator[str]:
    """Yield what would help, be it of one synset or of all together.

    Parameters
    ----------
    done : Summary
        What a run did.
    options : DownloadOptions
        What the user has typed.
    grouped : str, optional
        What stands between thousands.
    """
    if Outcome.PRIVATE_ADDRESS in done.failed:
        yield "  If these addresses are yours, name them: --allow-private=ADDRESS,NETWORK,HOST"
    if any(not outcome.final for outcome in done.failed) and not options.dry_run:
        again = "ask later, with" if options.retry_failed else "ask again with"
        yield f"  Some of these failures may be temporary: {again} --retry-failed"
    elif done.renamed and not options.dry_run:
        yield (
            f"  Hosts of {done.renamed:{grouped}} of these have other names or addresses today: "
            "ask there with --retry-failed"
        )
    if done.for_wayback and done.wayback_trouble:
        yield (
            f"  The Wayback Machine has not been asked for {done.for_wayback:{grouped}} of these "
            f"({plain(done.wayback_trouble)}): the same command goes on, later"
        )
    elif done.for_wayback:
        yield (
            f"  The Wayback Machine may have pictures of {done.for_wayback:{grouped}} of these: "
            "ask it with --wayback"
        )


def _left(done: Summary, options: DownloadOptions) -> Iterator[str]:
    """Yield what waits for hosts that ration, how long that takes, and the commands that get it."""
    yield from _rations(done)
    if done.left and not options.dry_run:
        again = replace(options, patience=kinds(type(options))["patience"][1])
        again = naming(again, done.wnid) if done.wnid else again
        yield f"  to go on: ck-imagenet download {typed(again)} --patience=8h"
    if done.left and not options.urls and (not done.wnid or synsets.load().get(done.wnid)):
        tars = for_tars(options, [done.wnid] if done.wnid else ())
        yield f"  without these hosts, if you accept ImageNet's terms: ck-imagenet download {tars}"


def _rations(done: Summary) -> Iterator[str]:
    for host, count in done.left.most_common(_MOST_LEFT):
        yield f"  {ration(host, done.paces.get(host, 0.0), count)}"
    if len(done.left) > _MOST_LEFT:
        more = sum(done.left.values()) - sum(dict(done.left.most_common(_MOST_LEFT)).values())
        yield f"  {counted(more, 'link')} left of {len(done.left) - _MOST_LEFT} more such hosts"
