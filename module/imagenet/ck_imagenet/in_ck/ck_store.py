"""Pictures as entries of Collective Knowledge: `imagenet-n01440764:dataset:9981`."""

from __future__ import annotations

import os
from contextlib import contextmanager
from functools import cached_property
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any, Iterable, Iterator, Sequence

from ..errors import StoreError
from ..files import leftovers, prove_writable, remove_folder, sweep
from ..kept.flaws import Finding, Flaw
from ..kept.journal import FORMAT, Record, refuse_newer
from ..kept.store import Store, SynsetStore, Where
from ..names import ImageName, parse_image_name, stands_for_synset
from ..pictures.formats import SUFFIXES, is_picture_file
from . import ck_archive, ck_meta
from .ck_entries import Entries, ModuleName
from .ck_repositories import Repositories

PREFIX = "imagenet-"
"""What the name of every synset's repository begins with."""

OVERVIEW = "overview"
"""The entry, of the repository `local`, of what is about all synsets."""

_STATES = "imagenet"
"""The module of the entries with the state of synsets."""


class CkStore(Store):
    """The synsets in CK's repositories, one each.

    Parameters
    ----------
    ck : module
        The CK kernel, which has been initialised.
    """

    def __init__(self, ck: ModuleType) -> None:
        self._ck = ck
        self._repositories = Repositories(ck)
        self._modules = _Modules(ck)

    def __reduce__(self) -> tuple[Any, ...]:
        """Let another process open the same store."""
        return _reopened, ()

    def home(self) -> Path:
        """Return the folder of what is about all synsets; it need not exist."""
        return ck_archive.home(self._ck, OVERVIEW)

    def create_home(self) -> Path:
        """Return the folder of what is about all synsets; make it unless it is there."""
        return ck_archive.make_home(self._ck, OVERVIEW)

    def synset(self, wnid: str) -> SynsetStore:
        """Return the place of a synset, which need not exist."""
        return self._place(wnid)

    def _place(self, wnid: str) -> _SynsetRepository:
        return _SynsetRepository(self._ck, self._repositories, self._modules, wnid)

    def where(self, wnids: Iterable[str]) -> Iterator[Where]:
        """Yield where synsets are: the same as of each alone, in a third of the time."""
        pictures = self._modules.pictures.alias
        for wnid in wnids:
            folder = self._repositories.folder(PREFIX + wnid)
            state = os.path.join(folder, _STATES, wnid)  # noqa: PTH118  there are many
            yield Where(wnid, state, f"{folder}{os.sep}{pictures}")

    def prepare(self, wnids: Sequence[str]) -> None:
        """Make the places of synsets that are not there, many at a time."""
        self._repositories.create_all([PREFIX + wnid for wnid in wnids])
        with self._repositories.locked():
            for wnid in wnids:
                self._place(wnid).furnish()

    def wnids(self) -> list[str]:
        """Return the synsets that have a place here, in order."""
        names = sorted(name[len(PREFIX) :] for name in self._repositories.names(PREFIX))
        return list(filter(stands_for_synset, names))

    def unregistered(self) -> list[str]:
        """Return the synsets whose folders are here and are no repositories for CK."""
        wnids = sorted(name[len(PREFIX) :] for name in self._repositories.unregistered(PREFIX))
        return [wnid for wnid in wnids if stands_for_synset(wnid) and self._place(wnid).is_here]


def _reopened() -> CkStore:
    import ck.kernel as ck  # what imports this module has initialised its own

    ck.init({})
    return CkStore(ck)


class _Modules:
    """The modules whose entries a synset has; to ask CK costs a walk through all repositories."""

    def __init__(self, ck: ModuleType) -> None:
        self._ck = ck

    @cached_property
    def pictures(self) -> ModuleName:
        return ModuleName.of(self._ck, "dataset")

    @cached_property
    def states(self) -> ModuleName:
        own = Path(__file__).resolve().parents[2]  # the module whose library this is
        uid = Entries(self._ck, own.parents[1], ModuleName(own.parent.name, "")).uid(own.name)
        return ModuleName(own.name, uid) if uid else ModuleName.of(self._ck, _STATES)


class _SynsetRepository(SynsetStore):
    def __init__(
        self, ck: ModuleType, repositories: Repositories, modules: _Modules, wnid: str
    ) -> None:
        self.wnid = wnid
        self._ck = ck
        self._repositories = repositories
        self._modules = modules
        self._registered = repositories.path(PREFIX + wnid)

    @property
    def is_here(self) -> bool:
        """Whether CK knows the repository, or there are places for entries at least."""
        return bool(self._registered or self.state.is_dir() or self.pictures_in.is_dir())

    @property
    def folder(self) -> Path:
        return self._registered or self._repositories.usual_path(PREFIX + self.wnid)

    @property
    def state(self) -> Path:
        return self.folder.joinpath(_STATES, self.wnid)

    @property
    def pictures_in(self) -> Path:
        return self.folder / self._modules.pictures.alias

    def create(self) -> None:
        self._registered = self._repositories.create(PREFIX + self.wnid)
        with self._writing():
            if not self._is_furnished():
                with self._repositories.locked():
                    self.furnish()
            prove_writable(self.state)
            self.refuse_newer()

    def furnish(self) -> None:
        """Make the places for entries in a repository that is there; its lock must be held."""
        if self._is_furnished():
            return
        states = self._states()
        with self._writing():
            sweep(self.folder / ".cm")
            self._entries().create()
            states.create()
            states.mend()
            if not states.meta(self.wnid):
                states.add(self.wnid, {"format": FORMAT, "wnid": self.wnid}, {})

    def _is_furnished(self) -> bool:
        return self._entries().exist() and bool(self._states().meta(self.wnid))

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise StoreError(
                f'the CK repository "{self.folder}" cannot be written: {error.strerror}'
            ) from None

    def refuse_newer(self) -> None:
        if self.is_here:
            refuse_newer((self._states().meta(self.wnid) or {}).get("format"), self.state)

    def mend(self) -> set[int]:
        sweep(self.state)
        self._states().mend()
        return set(map(int, self._entries().mend()))

    def pictures(self) -> dict[int, Path]:
        if not self.is_here:
            return {}
        entries = self._entries()
        found = ((name, self._file(entries.folder, name)) for name in entries.names())
        return {int(name): path for name, path in found if path}

    def url_of(self, number: int) -> str:
        return ck_meta.url_in(self._entries().meta(str(number)) or {})

    def record_of(self, number: int) -> Record | None:
        name = ImageName(self.wnid, number)
        return ck_meta.record_in(self._entries().meta(str(number)) or {}, name)

    def save(self, record: Record, data: bytes, extension: str) -> None:
        file = f"{record.name}.{extension}"
        self._add(record, file, {file: data})

    def remove(self, number: int) -> None:
        entries, name = self._entries(), str(number)
        if not self.beside(number):
            entries.remove(name)
            return
        picture, meta = self._file(entries.folder, name), entries.meta(name) or {}
        if picture or ck_meta.is_ours(meta):
            own = ck_meta.without_picture(meta, ImageName(self.wnid, number))
            entries.add(name, own, {})
        if picture:
            picture.unlink()

    def beside(self, number: int) -> list[Path]:
        entries = self._entries().folder
        ours = {entries / str(number) / ".cm", self._file(entries, str(number))}
        return sorted(path for path in (entries / str(number)).glob("*") if path not in ours)

    def findings(self) -> Iterator[Finding]:
        if not self.folder.is_dir():
            yield Finding(Flaw.NO_FOLDER, self.folder)
            return
        if not self._registered:
            yield Finding(Flaw.UNREGISTERED, self.folder)
        entries = self._entries()
        places = leftovers(self.state), entries.leftovers(), self._states().leftovers()
        for path in chain(*places):
            yield Finding(Flaw.LEFTOVER, path)
        aliases = entries.aliases()
        for path in aliases.dangling:
            yield Finding(Flaw.DANGLING, path)
        for name in sorted(entries.numbered(), key=int):
            where = ImageName(self.wnid, int(name))
            if name in aliases.hidden:
                yield Finding(Flaw.HIDDEN, where)
            picture = self._file(entries.folder, name)
            if not picture and not self.beside(int(name)):
                yield Finding(Flaw.EMPTY, where)
            for path in _other_pictures(entries.folder / name, picture):
                yield Finding(Flaw.STRAY, path)
        for path in _other_pictures(entries.folder, None):
            yield Finding(Flaw.STRAY, path)

    def contradiction(self, record: Record, path: Path) -> str:
        meta = self._entries().meta(str(record.name.number))
        return ck_meta.contradiction(meta, record, path.name)

    def foreign(self) -> list[Path]:
        entries, folder = self._entries(), self.folder
        numbered = {entries.folder / name for name in entries.numbered()}
        ours = {folder / ".ckr.json", entries.folder, self.state.parent, self.state, *numbered}
        beside_entries = (
            path
            for place in (folder, entries.folder, self.state.parent)
            for path in place.glob("*")
            if not (path in ours or path.name == ".cm")
        )
        beside_pictures = (self.beside(int(entry.name)) for entry in numbered)
        return sorted(chain(beside_entries, *beside_pictures))

    def discard(self) -> None:
        # What makes it seen goes last: a kill leaves what the same command finds again.
        if not self.foreign():
            remove_folder(self.folder)
            self._repositories.unregister(PREFIX + self.wnid)
            return
        states, entries = self._states(), self._entries()
        for name in entries.numbered():
            self.remove(int(name))
        entries.mend()
        entries.discard()
        states.remove(self.wnid)
        states.discard()

    def describe(self, record: Record, file: str) -> None:
        self._add(record, file, {})

    def _add(self, record: Record, file: str, files: dict[str, bytes]) -> None:
        entries, name = self._entries(), str(record.name.number)
        entries.add(name, ck_meta.meta_of(record, file, entries.meta(name) or {}), files)

    def _entries(self) -> Entries:
        return self._entries_of(self._modules.pictures)

    def _states(self) -> Entries:
        return self._entries_of(self._modules.states)

    def _entries_of(self, module: ModuleName) -> Entries:
        if not self.is_here:
            raise StoreError(f'the CK repository "{PREFIX}{self.wnid}" has not been made')
        return Entries(self._ck, self.folder, module)

    def _file(self, entries: Path, name: str) -> Path | None:
        """Return the picture in an entry's folder, or None if the entry is not one of ours."""
        parsed = parse_image_name(f"{self.wnid}_{name}")
        if not parsed or str(parsed.number) != name:
            return None
        usual = f"{entries}{os.sep}{name}{os.sep}{parsed}.jpg"
        if os.path.isfile(usual):  # noqa: PTH113  there are many, and `Path` takes twice as long
            return Path(usual)
        return next(filter(is_picture_file, sorted((entries / name).glob("*"))), None)


def _other_pictures(folder: Path, picture: Path | None) -> Iterator[Path]:
    """Yield the pictures in a folder but one."""
    try:
        names = sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        return
    for path in (folder / name for name in names if name.lower().endswith(SUFFIXES)):
        if path != picture and is_picture_file(path):
            yield path
