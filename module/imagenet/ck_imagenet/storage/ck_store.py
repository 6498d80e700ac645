"""Pictures as entries of Collective Knowledge: `imagenet-n01440764:dataset:9981`.

The pictures of a synset are the entries of its own repository, whose metas say what the journal
says. Its state is one more entry of that repository.
"""

from __future__ import annotations

import os
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any, Iterable, Iterator, Sequence

from ..core.files import NEW, checksum, leftovers, prove_writable, remove_folder, replacing, sweep
from ..core.text import ImageName, parse_image_name, stands_for_synset
from ..images.formats import is_picture_file
from .ck_entries import Entries
from .ck_kernel import Kernel, Repository, ck_errors
from .ck_repositories import MODULE, OVERVIEW, PREFIX, Repositories, home, make_home
from .records import (
    FORMAT,
    Finding,
    FindingKind,
    Record,
    contradiction,
    is_ours,
    meta_of,
    record_in,
    refuse_newer,
    sha256_in,
    url_in,
    without_picture,
)
from .recovery import put_aside
from .store import Store, SynsetPaths, SynsetStore, link_or_write

_PICTURES, _STATES = "dataset", MODULE
"""The modules of the entries with pictures, and of those with the state of synsets."""


class CkStore(Store):
    """The synsets in CK's repositories, one each.

    Parameters
    ----------
    ck : module
        The CK kernel, which has been initialised.
    """

    def __init__(self, ck: ModuleType) -> None:
        self._kernel = Kernel(ck)
        self._repositories = Repositories(self._kernel)

    def __reduce__(self) -> tuple[Any, ...]:
        """Let another process open the same store."""
        return _reopened, ()

    def home(self) -> Path:
        """Return the folder of what is about all synsets; it need not exist."""
        return home(self._kernel.ck, OVERVIEW)

    def create_home(self) -> Path:
        """Return the folder of what is about all synsets; make it unless it is there."""
        return make_home(self._kernel.ck, OVERVIEW)

    def refuse_forbidden(self, wnids: Iterable[str] | None, delete: bool = False) -> None:
        """Raise StoreError if CK lets nobody write there, or remove anything."""
        kernel, local = self._kernel, self._kernel.local.name
        kernel.refuse_forbidden("", delete, _PICTURES, _STATES, "0")
        known = [local, *self._repositories.names(PREFIX)]
        if wnids is None and all(map(kernel.refusal, known)):
            kernel.refuse_forbidden(local, delete)
        for wnid in wnids or ():
            self.synset(wnid).refuse_forbidden(delete)

    def synset(self, wnid: str) -> _SynsetRepository:
        """Return the store of a synset, which need not exist."""
        return _SynsetRepository(self._kernel, self._repositories, wnid)

    def prepare(self, wnids: Sequence[str]) -> None:
        """Create the stores of synsets that have none, many at a time."""
        self._repositories.create_all([PREFIX + wnid for wnid in wnids])
        with self._kernel.locked():
            for wnid in wnids:
                self.synset(wnid).create_state()

    def wnids(self) -> list[str]:
        """Return the synsets that have a store here, in order."""
        return _wnids(self._repositories.names(PREFIX))

    def unregistered(self) -> list[str]:
        """Return the synsets whose folders are here and are no repositories for CK."""
        found = _wnids(self._repositories.unregistered(PREFIX))
        return [each.wnid for each in self.paths(found) if any(map(os.path.isdir, each[1:3]))]


def _reopened() -> CkStore:
    import ck.kernel as ck  # what imports this module has initialised its own

    ck.init({})
    return CkStore(ck)


def _wnids(names: Iterable[str]) -> list[str]:
    return sorted(filter(stands_for_synset, (name[len(PREFIX) :] for name in names)))


class _SynsetRepository(SynsetStore):
    def __init__(self, kernel: Kernel, repositories: Repositories, wnid: str) -> None:
        self.wnid = wnid
        self._kernel = kernel
        self._repositories = repositories
        self._take(repositories.get(PREFIX + wnid))

    def _take(self, repository: Repository) -> None:
        self._repository = repository
        self._what = f'the CK repository "{repository.folder}" cannot be written'
        self._states = Entries(self._kernel, repository, _STATES)
        self._entries = Entries(
            self._kernel, repository, _PICTURES, self._states.location(self.wnid)
        )

    @property
    def folder(self) -> Path:
        return self._repository.folder

    @property
    def state(self) -> Path:
        return Path(self._states.location(self.wnid))

    def paths(self) -> SynsetPaths:
        state, entries = self._states.location(self.wnid), self._entries
        return SynsetPaths(self.wnid, state, entries.root, bool(entries.split))

    def create(self) -> None:
        self.refuse_forbidden()
        repository = self._repositories.create(self._repository.name)
        if repository != self._repository:
            self._take(repository)
        meta = self.create_state()
        with ck_errors(self._what):
            prove_writable(self.state)
        refuse_newer(meta.get("format"), self.state)

    def create_state(self) -> dict[str, Any]:
        """Make the state entry, unless it is there, in a repository that is; return its meta."""
        meta = self._states.meta(self.wnid)
        if meta and self._states.is_found(self.wnid):
            return meta
        with ck_errors(self._what), self._kernel.locked():
            if self._states.is_there:
                sweep(self.folder / ".cm")
                self._states.mend()
            meta = self._states.meta(self.wnid) or {"format": FORMAT, "wnid": self.wnid}
            self._states.put(self.wnid, meta)
            return meta

    def refuse_forbidden(self, delete: bool = False) -> None:
        """Raise StoreError if CK will not let it be written, or anything be removed from it."""
        name = self._repository.name
        where = name if self._repository.facts else self._kernel.local.name
        self._kernel.refuse_forbidden(where, delete, name)

    def refuse_newer(self) -> None:
        refuse_newer((self._states.meta(self.wnid) or {}).get("format"), self.state)

    def mend(self) -> set[int]:
        if self._states.is_bare(self.wnid) and not self._entries.is_there:
            return set()  # nothing has ever been begun here
        for path in leftovers(self.state):
            self._finish(path)
        sweep(self.state)
        self._states.mend()
        return set(map(int, self._entries.mend()))

    def _finish(self, unfinished: Path) -> None:
        """Go on with what a killed run has begun: to save a picture, to change an entry."""
        entries, file = self._entries, unfinished.name[len(NEW) :]
        if unfinished.is_dir():
            entries.restore(unfinished)
            return
        name = parse_image_name(Path(file).stem)
        if name and name.wnid == self.wnid and self.record_of(name.number, checksum(unfinished)):
            # CK anew, which may have been killed before it told its index.
            entry, meta = str(name.number), entries.meta(str(name.number)) or {}
            unfinished.replace(entries.put(entry, meta) / file)

    def pictures(self) -> dict[int, Path]:
        found = ((name, self._file(name)) for name in self._entries.names())
        return {int(name): path for name, path in found if path}

    def url_of(self, number: int) -> str:
        return url_in(self._entries.meta(str(number)) or {})

    def record_of(self, number: int, sha256: str) -> Record | None:
        meta = self._entries.meta(str(number)) or {}
        is_of_these = sha256_in(meta) == sha256
        return record_in(meta, ImageName(self.wnid, number)) if is_of_these else None

    def checkpoint(self) -> None:
        """Do nothing: an entry keeps its meta."""

    def save(
        self, record: Record, data: bytes, extension: str, original: Path | None = None
    ) -> None:
        file = f"{record.name}.{extension}"
        # The picture beside its entry, the entry, the picture into it: a kill between these leaves
        # what `_finish` brings to its end.
        path = self._entries.path(str(record.name.number)) / file
        with replacing(path, self.state) as unfinished:
            link_or_write(unfinished, data, original)
            self.describe(record, file)
        if self._repository.facts.get("sync") == "yes":
            self.describe(record, file)  # so that CK tells git of the picture too

    def describe(self, record: Record, file: str) -> None:
        name, entries = str(record.name.number), self._entries
        entries.put(name, meta_of(record, file, entries.meta(name) or {}))

    def remove(self, number: int) -> None:
        entries, name = self._entries, str(number)
        picture = self._file(name)
        forbidden = self._kernel.refusal(self._repository.name, delete=True)
        if not self.user_files_of(number) and not forbidden:
            # The picture out, the entry, the picture itself: a kill leaves all or nothing.
            aside = self.state / f"{NEW}{picture.name if picture else name}"
            if picture and self.state.is_dir():
                picture.replace(aside)
            entries.remove(name)
            aside.unlink(missing_ok=True)
            return
        meta = entries.meta(name) or {}
        if picture or is_ours(meta):
            entries.put(name, without_picture(meta, ImageName(self.wnid, number)))
        if picture and forbidden:
            put_aside(self, picture)
        elif picture:
            picture.unlink()

    def user_files_of(self, number: int) -> list[Path]:
        folder = self._entries.path(str(number))
        ours = {folder / ".cm", self._file(str(number))}
        return sorted(path for path in folder.glob("*") if path not in ours)

    def findings(self) -> Iterator[Finding]:
        if not self.folder.is_dir():
            yield Finding(FindingKind.NO_FOLDER, self.folder)
            return
        if not self._repository.facts:
            yield Finding(FindingKind.UNREGISTERED, self.folder)
        entries = self._entries
        folders = self.state, entries.folder / ".cm", self._states.folder / ".cm"
        for path in chain.from_iterable(map(leftovers, folders)):
            yield Finding(FindingKind.LEFTOVER, path)
        if self._states.is_broken(self.wnid):
            yield Finding(FindingKind.HIDDEN, self.state)
        aliases = entries.aliases()
        for path in chain(self._states.aliases().dangling, aliases.dangling):
            yield Finding(FindingKind.DANGLING, path)
        for name in sorted(entries.numbered() | aliases.elsewhere.keys(), key=int):
            where = ImageName(self.wnid, int(name))
            if name in aliases.hidden or name in aliases.elsewhere:
                yield Finding(
                    FindingKind.MISPLACED if name in aliases.elsewhere else FindingKind.HIDDEN,
                    where,
                )
            picture = self._file(name)
            if not picture and not self.user_files_of(int(name)) and name not in aliases.elsewhere:
                yield Finding(FindingKind.EMPTY, where)
            yield from _strays(entries.path(name), picture)
        yield from chain.from_iterable(map(_strays, entries.folders()))

    def contradiction(self, record: Record, path: Path, strictly: bool = False) -> str:
        meta = self._entries.meta(str(record.name.number))
        return contradiction(meta, record, path.name, strictly)

    def user_files(self) -> list[Path]:
        entries, states = self._entries, self._states
        folders = [self.folder, *entries.folders(), *states.folders()]
        numbered = {entries.path(name) for name in entries.numbered()}
        ours = {*folders, self.state, *numbered, self.folder / ".ckr.json"}
        ours |= {folder / ".cm" for folder in folders}
        others = {path for folder in folders for path in folder.glob("*")} - ours
        return sorted(chain(others, *(self.user_files_of(int(entry.name)) for entry in numbered)))

    def discard(self) -> None:
        # What makes it seen goes last: a kill leaves what the same command finds again.
        is_all = not self.user_files()
        if is_all and self._repository.facts:  # which will be unregistered
            self._kernel.refuse_forbidden(self._kernel.local.name, delete=True)
        elif not is_all and not self._repository.facts:  # so that CK removes entries
            self._take(self._repositories.create(self._repository.name))
        entries, states = self._entries, self._states
        if self._repository.facts:
            for name in entries.numbered():
                self.remove(int(name))
            entries.mend()
            entries.discard()
            states.remove(self.wnid)
            states.discard()
        if is_all:
            remove_folder(self.folder)
            self._repositories.unregister(self._repository.name)

    def _file(self, name: str) -> Path | None:
        """Return the picture in an entry's folder, or None if the entry is not one of ours."""
        parsed = parse_image_name(f"{self.wnid}_{name}")
        if not parsed or str(parsed.number) != name:
            return None
        folder = self._entries.location(name)
        usual = f"{folder}{os.sep}{parsed}.jpg"
        if os.path.isfile(usual):  # noqa: PTH113  there are many, and `Path` takes twice as long
            return Path(usual)
        return next(filter(is_picture_file, sorted(Path(folder).glob("*"))), None)


def _strays(folder: Path, picture: Path | None = None) -> Iterator[Finding]:
    """Yield the pictures in a folder but one."""
    others = (path for path in folder.glob("*") if is_picture_file(path) and path != picture)
    return (Finding(FindingKind.STRAY, path) for path in sorted(others))
