"""What a run has done for one synset: a block of lines."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Iterator, Sequence

from ..catalogue import synsets
from ..core.options import as_typed
from ..core.outcomes import Outcome, plain
from ..core.text import counted, ration
from .sentences import outcomes, title

if TYPE_CHECKING:
    from ..core.actions import DownloadOptions
    from ..engine.synset_import import Imported
    from ..engine.synset_job import Summary
    from ..sources.lists import Unlisted

_MOST_LEFT = 5
"""Hosts of which a summary tells what is left."""

_KEPT_OPTIONS = (
    *("urls", "source", "offset", "max-images", "outdir", "jobs", "retry", "timeout", "sleep"),
    *("processes", "per-host", "pace", "no-known-hosts", "ignore-opt-out", "user-agent", "wayback"),
    *("service", "wayback-service", "resolve", "allow-private"),
)
"""Options with which a command goes on as it began."""


def block(done: Summary | Imported | Unlisted, options: DownloadOptions) -> Iterator[str]:
    """Yield what a run has done for a synset.

    Parameters
    ----------
    done : Summary, Imported or Unlisted
        What it has done.
    options : DownloadOptions
        What the user has typed.
    """
    from ..engine.synset_import import Imported
    from ..sources.lists import Unlisted

    if isinstance(done, Unlisted):
        return unlisted(done, options)
    return imported(done) if isinstance(done, Imported) else summary(done, options)


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
        others = "; the same command downloads others" if options.max_images else ""
        yield f"  pictures of {wnid} removed, because they are placeholders too: {count}{others}"
    yield from rations(done)
    if done.left and not options.dry_run:
        kept = as_typed(options, *_KEPT_OPTIONS)
        yield f"  to go on: ck-imagenet download --wnid={done.wnid}{kept} --patience=8h"
    if done.left and synsets.load().get(done.wnid) and not options.urls:
        yield (
            "  without these hosts, if you accept ImageNet's terms: ck-imagenet download "
            f"--wnid={done.wnid} --source=winter21"
        )
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


def rations(done: Summary) -> Iterator[str]:
    """Yield what waits for hosts that ration, and how long that takes."""
    for host, count in done.left.most_common(_MOST_LEFT):
        yield f"  {ration(host, done.paces.get(host, 0.0), count)}"
    if len(done.left) > _MOST_LEFT:
        more = sum(done.left.values()) - sum(dict(done.left.most_common(_MOST_LEFT)).values())
        yield f"  {counted(more, 'link')} left of {len(done.left) - _MOST_LEFT} more such hosts"
