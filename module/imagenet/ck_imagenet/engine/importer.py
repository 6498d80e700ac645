"""The other main job: the pictures of copies that people have, kept as those of links are."""

from __future__ import annotations

import re
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import Collection, Iterable, Iterator, Sequence
from urllib.parse import urlsplit

from ..core.errors import NoCopy
from ..core.files import storage_errors
from ..core.outcomes import Failed, Outcome
from ..core.text import Progress, causes
from ..core.url_lists import display_name, is_url
from ..http.client import Client
from ..http.request_state import HUB
from ..http.retry import Retry
from ..sources import members, registry
from ..sources.copies import Copy, FinishedParts, OpenCopy, ReadTars, has_lost, open_copy
from ..sources.labels import NO_LABELS, Labels
from ..sources.members import MOST_EXAMPLES, Oddities
from ..sources.tars import Skipped, SkipReason
from ..sources.url_archive import ArchiveSource
from ..storage import summaries
from ..storage.store import Store, wait_for_lock
from .context import Crawl
from .synset_import import Imported, Numbers, SynsetImport


def import_copies(
    copies: Sequence[Copy],
    crawl: Crawl,
    client: Client,
    store: Store,
    progress: Progress,
    archive: ArchiveSource | None = None,
    labels: Labels = NO_LABELS,
) -> Iterator[Imported]:
    """Keep the pictures of copies that are not here yet.

    Parameters
    ----------
    copies : sequence of Copy
        The copies.
    crawl : Crawl
        How much is wanted of them, and how often they are asked for again.
    client : Client
        Asks for those that have an address, and trusts it.
    store : Store
        Where the pictures go.
    progress : Progress
        Is told how it goes.
    archive : ArchiveSource, optional
        The local archive of all URLs, which tells the URLs of the pictures.
    labels : Labels, optional
        What is told of pictures whose names do not tell their synset.

    Yields
    ------
    Imported
        Of each synset, when all of it has been read that a copy has.

    Raises
    ------
    ImagenetError
        Whatever a user must know.
    KeyboardInterrupt
        When interrupted; everything so far is kept.
    """
    known = archive or ArchiveSource()
    if all(len(copy.wnids) == 1 for copy in copies):
        progress.expect(len(copies))
    missing: list[tuple[str, Collection[str]]] = []
    for copy in copies:
        try:
            yield from _CopyReading(crawl, store, progress, known, copy, labels).run(client)
        except NoCopy as error:
            missing.append((str(error), copy.wnids))
            if is_url(copy.where) and not client.reached:
                break  # the others are at the same host
    if missing:
        raise NoCopy(causes(missing, "nor is there one of"))


class _CopyReading:
    """The reading of one copy."""

    def __init__(
        self,
        crawl: Crawl,
        store: Store,
        progress: Progress,
        archive: ArchiveSource,
        copy: Copy,
        labels: Labels,
    ) -> None:
        self._crawl = crawl
        self._store = store
        self._progress = progress
        self._archive = archive
        self._copy = copy
        self._labels = labels
        self._open: dict[str, SynsetImport] = {}
        self._seen: dict[str, Numbers] = {}
        self._last: SynsetImport | None = None
        self._odd = Oddities()
        self._filled: set[str] = set()
        self._found = False
        self._left = 0
        self._shown = ""

    def run(self, client: Client) -> Iterator[Imported]:
        """Read the copy, and yield what it brought for each synset.

        Raises
        ------
        NoCopy
            If it is not to be had, or not all of it, in which case what came is kept; if no
            picture that is wanted is in it.
        BadInput
            If there is no such file.
        """
        unread = self._why_not() if self._copy.is_far else ""
        if unread:
            (wnid,) = self._copy.wnids
            self._progress.ended(wnid)
            here = len(self._store.synset(wnid).pictures())
            yield Imported(wnid, self._copy.name, here, unread)
            return
        finished = FinishedParts(self._store, self._copy)
        is_worth_it = not (self._crawl.max_images or self._crawl.retry_failed)
        known = finished.parts() if is_worth_it else frozenset()
        parts = [part for part in self._copy.parts if part not in known]
        kind, is_empty = "tar", False
        missing: list[tuple[str, Collection[str]]] = []
        for part in parts:
            left = self._left
            with self._opened(part, client) as opened:
                yield from self._import(opened, part)
            kind, is_empty = opened.kind, opened.is_empty
            if opened.failure:
                missing.append((self._told(opened.failure, part, client), [display_name(part)]))
                if not _is_its_own(opened.failure):
                    break  # the others are at the same host
            elif self._left == left and not self._crawl.max_images:
                finished.add(part, self._seen)
            if self._filled >= self._copy.wnids:
                break
        yield from self._all_done()
        if missing:
            raise NoCopy(causes(missing, "nor can these be had,"))
        if known:
            yield from self._known_before(finished.wnids())
        elif not self._found:
            raise NoCopy(self._nothing(kind, is_empty))

    @contextmanager
    def _opened(self, part: str, client: Client) -> Iterator[OpenCopy]:
        """Give a part of the copy, and show how far it is read."""
        count, name = len(self._copy.parts), Path(display_name(part)).name
        at = f" ({self._copy.parts.index(part) + 1} of {count})" if count > 1 else ""
        self._shown = f"{name}{at}"
        retry = Retry.doubling(self._crawl.retry, partial(self._progress.resting, part))
        with open_copy(part, client, retry, self._watch) as opened:
            try:
                yield opened
            finally:
                self._progress.end()

    def _watch(self, come: int, size: int) -> None:
        self._progress.advance(self._shown, come, size)

    def _import(self, opened: OpenCopy, part: str) -> Iterator[Imported]:
        """Keep what a part has, and yield of each synset of which all has been found."""
        source, current, ended = display_name(part), None, ""
        with ExitStack() as visit:
            for found in members.pictures(opened.files, self._copy.wnids, self._labels):
                if isinstance(found, str):
                    ended = found
                elif isinstance(found, Skipped):
                    self._take_odd(found, opened)
                else:
                    if not current or current.place.wnid != found.name.wnid:
                        visit.close()
                        if ended in self._open:
                            yield self._done(ended)
                        current = visit.enter_context(self._visited(found.name.wnid))
                        self._last = current
                    fault = current.take(found, source)
                    if fault:
                        self._take_odd(Skipped(str(found.name), fault), opened)
                    if current.is_full:
                        self._filled.add(found.name.wnid)
                        if self._filled >= self._copy.wnids:
                            return

    def _take_odd(self, odd: Skipped, opened: OpenCopy) -> None:
        """Tell of something odd with the synset before it, or with the first."""
        self._left += odd.reason in _TO_BE_READ_AGAIN
        if not (odd.reason is SkipReason.CUT and opened.failure):  # which is told by itself
            (self._last.odd if self._last else self._odd).add(odd)

    @contextmanager
    def _visited(self, wnid: str) -> Iterator[SynsetImport]:
        """Have a synset's place for ourselves, which is made if it is not there."""
        self._found = True
        if wnid not in self._open:
            self._open[wnid] = self._new(wnid)
        synset_import = self._open[wnid]
        place = synset_import.place
        with storage_errors(place.state), wait_for_lock(place.lock(), wnid, self._progress):
            synset_import.visit()
            self._archive.warn(self._progress)
            try:
                yield synset_import
            finally:
                synset_import.leave()

    def _new(self, wnid: str) -> SynsetImport:
        place = self._store.synset(wnid)
        with storage_errors(place.state):
            place.create()
        lines, seen = partial(self._archive.lines, wnid), self._seen.setdefault(wnid, Numbers("I"))
        found = SynsetImport(place, lines, self._crawl.max_images, self._progress, seen)
        found.odd, self._odd = self._odd, Oddities()
        return found

    def _all_done(self) -> Iterator[Imported]:
        for wnid in list(self._open):
            yield self._done(wnid)

    def _done(self, wnid: str) -> Imported:
        """Return what the copy brought for a synset, and keep its summary."""
        done = self._open.pop(wnid)
        self._progress.ended(wnid)
        self._last = None if self._last is done else self._last
        place = done.place
        with storage_errors(place.state), wait_for_lock(place.lock(), wnid, self._progress):
            place.checkpoint()
            if self._copy.is_far and not (done.is_full or self._left):
                ReadTars(place).add(self._copy.name)
            summaries.keep(place, mended=True)
        return Imported(
            wnid,
            self._copy.name,
            done.here,
            members=done.members,
            saved=done.saved,
            failed=done.failed,
            odd=done.odd,
            set_aside=done.set_aside,
        )

    def _known_before(self, wnids: Iterable[str]) -> Iterator[Imported]:
        """Yield what is here of synsets of which nothing has been read now."""
        for wnid in sorted(set(wnids) - self._seen.keys()):
            here = len(self._store.synset(wnid).pictures())
            yield Imported(wnid, self._copy.name, here, _READ_BEFORE)

    def _why_not(self) -> str:
        """Return why all that is wanted of a synset's own copy is here, or an empty text."""
        (wnid,) = self._copy.wnids
        place = self._store.synset(wnid)
        here = place.pictures()
        if self._crawl.max_images and len(here) >= self._crawl.max_images:
            return "there are already as many pictures as you want"
        if self._crawl.retry_failed or self._copy.name not in ReadTars(place):
            return ""
        lost = has_lost(place, {display_name(part) for part in self._copy.parts})
        return "" if lost else _READ_BEFORE

    def _told(self, failure: OSError | Failed, part: str, client: Client) -> str:
        """Return what a user must know when the rest cannot be read."""
        if isinstance(failure, OSError):
            return f'the tar "{part}" cannot be read to its end: {failure.strerror or failure}'
        if failure.outcome is Outcome.GONE and self._copy.is_of_winter21:
            return registry.dropped(next(iter(self._copy.wnids)))
        if failure.outcome is Outcome.FORBIDDEN and failure.detail in ("401", "403"):
            return _wants_token(part, failure.detail, client.sends_token(part))
        why = failure.why
        if self._found and failure.outcome is not Outcome.GONE:
            return (
                f'the tar "{part}" broke off: {why}. What has come is kept, and the same command '
                "goes on"
            )
        later = "" if failure.outcome.final else "Type the same command later. "
        return f'the tar "{part}" cannot be downloaded: {why}. {later}{self._otherwise()}'

    def _otherwise(self) -> str:
        """Return what else may help who cannot download a copy."""
        if not self._copy.is_of_winter21:
            return "If you have the file: ck-imagenet download --from=FILE"
        return (
            f"Its links may still work: ck-imagenet download --wnid={next(iter(self._copy.wnids))}"
        )

    def _nothing(self, kind: str, is_empty: bool) -> str:
        """Return what is in a copy without a picture."""
        what = f'the {kind} "{self._copy.where}"'
        if is_empty:
            return f"{what} is empty"
        wnids = self._copy.wnids
        wanted = sorted(wnids) if len(wnids) <= MOST_EXAMPLES else ["ImageNet"]
        odd = [f"{fault.value} ({', '.join(paths)})" for fault, paths in self._odd.examples.items()]
        found = f": {'; '.join(odd)}" if odd else ""
        hint = f". {_WHAT_LABELS}" if SkipReason.NO_LABEL in self._odd.counts else ""
        others = self._odd.examples.get(SkipReason.OTHER_NAME, [])
        packed = [end for path in others for end in _ENDS_OF_PACKED if path.endswith(end)]
        if packed and not hint and kind == "folder":
            hint = f'. To read what is packed in it: --from="{self._copy.where}/*{packed[0]}"'
        return f"{what} has no picture of {', '.join(wanted)}{found}{hint}"


_OF_HUB = re.compile(rf"https?://{re.escape(HUB)}(?::[0-9]+)?/((?:datasets/|spaces/)?[^/]+/[^/]+)/")


def _wants_token(address: str, status: str, is_sent: bool) -> str:
    """Return whose terms a user must accept, and where, whom a host has refused."""
    shown, host = display_name(address), urlsplit(address).netloc.rpartition("@")[2]
    begin = f'"{shown}" needs a token ({status}): '
    if is_sent:
        begin = f'"{shown}" refuses the token that it was sent ({status}): '
    page = _OF_HUB.match(shown)
    if not page:
        return (
            f"{begin}accept the terms of {host} there. Put the token that you get into an "
            f"environment variable, such as MY_TOKEN, and add --token={host}:MY_TOKEN. It is sent "
            "over https only"
        )
    return (
        f"{begin}log in to https://{HUB}/{page.group(1)} and accept its terms there. Make a token "
        f"that may read it at https://{HUB}/settings/tokens, and put it into the environment "
        "variable HF_TOKEN. It is sent over https only"
    )


def _is_its_own(failure: OSError | Failed) -> bool:
    """Say whether a failure tells only of the part that has failed."""
    return isinstance(failure, OSError) or failure.outcome is Outcome.GONE


_TO_BE_READ_AGAIN = (
    *(SkipReason.CUT, SkipReason.GARBAGE, SkipReason.UNREADABLE),
    *(SkipReason.DAMAGED, SkipReason.PACKED),
    SkipReason.NO_LABEL,  # which the next command may tell
)
"""What a part of a copy must not have had, for it not to be read again."""

_ENDS_OF_PACKED = (".tar", ".zip", ".tgz", ".tar.gz", ".tar.bz2", ".tar.xz", ".tar.zst")
"""How copies end that are packed."""

_READ_BEFORE = "it has been read to its end before. To read it again, add --retry-failed"

_WHAT_LABELS = (
    "If the synsets are given as numbers: --ilsvrc2012 means the positions in the sorted order of "
    "its 1,000 synsets; --labels=FILE is your own list, with one wnid on each line, from number 0 "
    "on. For the validation pictures of ILSVRC2012, --labels=FILE is val.txt, Kaggle's "
    "LOC_val_solution.csv or the devkit"
)
