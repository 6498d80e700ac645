"""The other main job: the pictures of tars, kept as those of links are."""

from __future__ import annotations

from array import array
from contextlib import closing, contextmanager
from functools import partial
from itertools import groupby
from pathlib import Path
from typing import Collection, Iterable, Iterator, Sequence

from ..core.errors import NoTar
from ..core.files import storage_errors
from ..core.outcomes import Failed, Outcome, plain
from ..core.text import Progress, causes
from ..core.url_lists import is_url
from ..http.client import Client
from ..http.retry import Retry
from ..sources import registry, tar_sources, tars
from ..sources.tar_sources import ReadTars, TarSource
from ..sources.tars import Found, Member, Skipped, SkipReason, StreamReader
from ..sources.url_archive import ArchiveSource
from ..storage import summaries
from ..storage.journal import Journal
from ..storage.store import Store, SynsetStore, wait_for_lock
from .context import Crawl
from .tar_results import MOST_EXAMPLES, Oddities, SynsetImport, Unpacked


def unpack(
    places: Sequence[TarSource],
    crawl: Crawl,
    client: Client,
    store: Store,
    progress: Progress,
    archive: ArchiveSource | None = None,
) -> Iterator[Unpacked]:
    """Keep the pictures of tars that are not here yet.

    Parameters
    ----------
    places : sequence of TarSource
        The tars.
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

    Yields
    ------
    Unpacked
        Of each synset, when the last of its pictures in a row has been read.

    Raises
    ------
    ImagenetError
        Whatever a user must know.
    KeyboardInterrupt
        When interrupted; everything so far is kept.
    """
    known = archive or ArchiveSource()
    missing: list[tuple[str, Collection[str]]] = []
    for place in places:
        try:
            yield from _TarReading(crawl, store, progress, known, place).run(client)
        except NoTar as error:
            missing.append((str(error), place.wnids))
            if is_url(place.where) and not client.reached:
                break  # the others are at the same host
    if missing:
        raise NoTar(causes(missing, "nor is there one of"))


class _TarReading:
    """The reading of one tar."""

    def __init__(
        self,
        crawl: Crawl,
        store: Store,
        progress: Progress,
        archive: ArchiveSource,
        place: TarSource,
    ) -> None:
        self._crawl = crawl
        self._store = store
        self._progress = progress
        self._archive = archive
        self._tar = place
        self._odd = Oddities()
        self._filled: set[str] = set()
        self._seen: dict[str, array[int]] = {}
        self._wnid = ""

    def run(self, client: Client) -> Iterator[Unpacked]:
        """Read the tar, and yield what it brought for each synset.

        Raises
        ------
        NoTar
            If it is not to be had, or not all of it, in which case what came is kept; if no
            picture that is wanted is in it.
        BadInput
            If there is no such file.
        """
        unread = self._why_not() if self._tar.is_far else ""
        if unread:
            (wnid,) = self._tar.wnids
            here = len(self._store.synset(wnid).pictures())
            yield Unpacked(wnid, self._tar.name, here, unread)
            return
        resting = partial(self._progress.resting, self._tar.where)
        retry = Retry.doubling(self._crawl.retry, resting)
        with tar_sources.open_tar(self._tar, client, retry, self._watch) as whole:
            try:
                yield from self._unpack(whole)
            finally:
                self._progress.end()
        if whole.failure:
            raise NoTar(self._told(whole.failure))
        if not self._wnid:
            raise NoTar(
                f'the tar "{self._tar.where}" is empty' if whole.is_empty else self._nothing()
            )

    def _watch(self, come: int, size: int) -> None:
        self._progress.advance(Path(self._tar.name).name, come, size)

    def _unpack(self, whole: StreamReader) -> Iterator[Unpacked]:
        found = tars.members(whole, self._tar.wnids, self._tar.name)
        for wnid, run in groupby(found, self._synset_of):
            if not wnid:
                self._fill(None, run)
                continue
            place = self._store.synset(wnid)
            with self._open_synset(place) as synset_import:
                self._fill(synset_import, run)
                if self._tar.is_far and not (synset_import.is_full or self._is_cut(whole)):
                    ReadTars(place).add(self._tar.name)
                # As an array, since the training tar has a million.
                self._seen[wnid] = array("L", synset_import.seen)
                done = self._done(wnid, synset_import)
            self._progress.end()
            yield done
            if self._filled >= self._tar.wnids:
                return

    def _synset_of(self, found: Found) -> str:
        """Return the synset to which something in a tar belongs: what is odd, to the last."""
        if isinstance(found, Member):
            self._wnid = found.name.wnid
        return self._wnid

    def _fill(self, synset_import: SynsetImport | None, run: Iterable[Found]) -> None:
        for found in run:
            if isinstance(found, Skipped):
                self._odd.add(found)
            elif synset_import:
                fault = synset_import.take(found)
                if fault:
                    self._odd.add(Skipped(str(found.name), fault))
                if synset_import.is_full:
                    self._filled.add(found.name.wnid)
                    if self._filled >= self._tar.wnids:
                        return

    @contextmanager
    def _open_synset(self, place: SynsetStore) -> Iterator[SynsetImport]:
        """Make a synset's place, and have it for ourselves."""
        lines = self._archive.lines(place.wnid)
        self._archive.warn(self._progress)
        with storage_errors(place.state):
            place.create()
            with wait_for_lock(place.lock(), place.wnid, self._progress), closing(
                Journal.of(place)
            ) as journal:
                yield SynsetImport(
                    place,
                    journal,
                    lines,
                    self._tar.name,
                    self._crawl.max_images,
                    self._progress,
                    self._seen.get(place.wnid, ()),
                )
                place.checkpoint()
                summaries.keep(place)

    def _done(self, wnid: str, synset_import: SynsetImport) -> Unpacked:
        odd, self._odd = self._odd, Oddities()
        return Unpacked(
            wnid,
            self._tar.name,
            synset_import.here,
            members=synset_import.members,
            saved=synset_import.saved,
            failed=synset_import.failed,
            odd=odd,
            set_aside=synset_import.set_aside,
        )

    def _why_not(self) -> str:
        """Return why all that is wanted of a synset's tar is here, or an empty text."""
        (wnid,) = self._tar.wnids
        place = self._store.synset(wnid)
        here = place.pictures()
        if self._crawl.max_images and len(here) >= self._crawl.max_images:
            return "as many as are wanted"
        if self._crawl.retry_failed or self._tar.name not in ReadTars(place):
            return ""
        saved = Journal.of(place).saved().values()
        lost = (each for each in saved if each.name.number not in here)
        if any(record.source == self._tar.name for record in lost):
            return ""
        return "it has been read to its end before; --retry-failed reads it again"

    def _is_cut(self, whole: StreamReader) -> bool:
        damaged = {SkipReason.CUT, SkipReason.GARBAGE} & set(self._odd.counts)
        return bool(whole.failure or damaged)

    def _told(self, failure: OSError | Failed) -> str:
        """Return what a user must know when the rest cannot be read."""
        where = self._tar.where
        if isinstance(failure, OSError):
            return f'the tar "{where}" cannot be read to its end: {failure.strerror or failure}'
        if failure.outcome is Outcome.GONE and self._tar.is_of_winter21:
            return registry.dropped(next(iter(self._tar.wnids)))
        why = f"{failure.outcome.meaning} ({plain(failure.detail)})"
        if self._wnid:
            return (
                f'the tar "{where}" broke off: {why}; what came is kept, the same command goes on'
            )
        later = "" if failure.outcome.final else "Type the same command later. "
        return f'the tar "{where}" cannot be fetched: {why}. {later}{self._otherwise()}'

    def _otherwise(self) -> str:
        """Return what else may help who cannot fetch a tar."""
        if not self._tar.is_of_winter21:
            return "If you have the file: ck-imagenet download --tar=FILE"
        return f"Its links may do: ck-imagenet download --wnid={next(iter(self._tar.wnids))}"

    def _nothing(self) -> str:
        """Return what is in a tar without a picture."""
        wanted = sorted(self._tar.wnids) if len(self._tar.wnids) <= MOST_EXAMPLES else ["ImageNet"]
        odd = [f"{fault.value} ({', '.join(paths)})" for fault, paths in self._odd.examples.items()]
        found = f": {'; '.join(odd)}" if odd else ""
        return f'the tar "{self._tar.where}" holds no picture of {", ".join(wanted)}{found}'
