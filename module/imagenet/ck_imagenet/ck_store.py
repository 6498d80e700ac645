"""Pictures as entries of Collective Knowledge: `imagenet-n01440764:dataset:9981`."""

from __future__ import annotations

import os
import shutil
from contextlib import contextmanager
from functools import cached_property
from itertools import chain
from pathlib import Path
from types import ModuleType
from typing import Any, Iterator, Sequence

from . import ck_archive, synsets
from .ck_entries import Entries, ModuleName
from .ck_repositories import Repositories
from .errors import StoreError
from .files import leftovers, prove_writable, sweep
from .flaws import Finding, Flaw
from .formats import SUFFIXES, is_picture_file
from .journal import FORMAT, Record, refuse_newer
from .names import ImageName, parse_image_name, stands_for_synset
from .store import Store, SynsetStore
from .urllists import is_url
from .urls import readable

PREFIX = "imagenet-"
"""What the name of every synset's repository begins with."""

OVERVIEW = "overview"
"""The entry, of the repository `local`, of what is about all synsets."""


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
        return _SynsetRepository(self._ck, self._repositories, self._modules, wnid)

    def prepare(self, wnids: Sequence[str]) -> None:
        """Make the places of synsets that are not there, many at a time."""
        self._repositories.create_all([PREFIX + wnid for wnid in wnids])
        with self._repositories.locked():
            for wnid in wnids:
                _SynsetRepository(self._ck, self._repositories, self._modules, wnid).furnish()

    def wnids(self) -> list[str]:
        """Return the synsets that have a place here, in order."""
        names = sorted(name[len(PREFIX) :] for name in self._repositories.names(PREFIX))
        return list(filter(stands_for_synset, names))


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
        return ModuleName.of(self._ck, "imagenet")


class _SynsetRepository(SynsetStore):
    def __init__(
        self, ck: ModuleType, repositories: Repositories, modules: _Modules, wnid: str
    ) -> None:
        self.wnid = wnid
        self._ck = ck
        self._repositories = repositories
        self._modules = modules
        self._repository = repositories.path(PREFIX + wnid)

    @property
    def folder(self) -> Path:
        return self._repository or self._repositories.usual_path(PREFIX + self.wnid)

    @property
    def state(self) -> Path:
        return self.folder.joinpath("imagenet", self.wnid)

    @property
    def pictures_in(self) -> Path:
        return self.folder / self._modules.pictures.alias

    def create(self) -> None:
        self._repository = self._repositories.create(PREFIX + self.wnid)
        with self._writing():
            if not self._is_furnished():
                with self._repositories.locked():
                    self.furnish()
            prove_writable(self.state)
            refuse_newer((self._states().meta(self.wnid) or {}).get("format"), self.state)

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
                f'the CK repository "{self._repository}" cannot be written: {error.strerror}'
            ) from None

    def mend(self) -> set[int]:
        sweep(self.state)
        return set(map(int, self._entries().mend()))

    def pictures(self) -> dict[int, Path]:
        if not self._repository:
            return {}
        entries = self._entries()
        found = ((name, self._file(entries.folder, name)) for name in entries.names())
        return {int(name): path for name, path in found if path}

    def url_of(self, number: int) -> str:
        meta = self._entries().meta(str(number)) or {}
        url = _own(meta).get("url", "")
        tag = next(filter(is_url, _tags(meta)), "")
        return url or tag.encode().decode("latin-1")  # as lists are read

    def save(self, record: Record, data: bytes, extension: str) -> None:
        file = f"{record.name}.{extension}"
        self._add(record, file, {file: data})

    def remove(self, number: int) -> None:
        self._entries().remove(str(number))

    def findings(self) -> Iterator[Finding]:
        if self._repository and not self._repository.is_dir():
            yield Finding(Flaw.UNREGISTERED, self._repository)
            return
        entries = self._entries()
        for path in chain(leftovers(self.state), entries.leftovers()):
            yield Finding(Flaw.LEFTOVER, path)
        for path in entries.dangling():
            yield Finding(Flaw.DANGLING, path)
        hidden = entries.hidden()
        for name in sorted(filter(_is_number, entries.names()), key=int):
            where = ImageName(self.wnid, int(name))
            if name in hidden:
                yield Finding(Flaw.HIDDEN, where)
            picture = self._file(entries.folder, name)
            if not picture and _is_bare(entries.folder / name):
                yield Finding(Flaw.EMPTY, where)
            for path in _other_pictures(entries.folder / name, picture):
                yield Finding(Flaw.STRAY, path)
        for path in _other_pictures(entries.folder, None):
            yield Finding(Flaw.STRAY, path)

    def contradiction(self, record: Record, path: Path) -> str:
        meta = self._entries().meta(str(record.name.number))
        if meta is None:
            return "it has no meta that can be read"
        if meta.get("dataset_files") != [path.name]:
            return f"its file is called {meta.get('dataset_files')}"
        own = _own(meta)
        for key in ("sha256", "url"):
            told = own.get(key, "")
            if told != getattr(record, key) and (key != "url" or record.has_url):
                return f"its {key} is {told}"
        return ""

    def foreign(self) -> list[Path]:
        entries, folder = self._entries(), self.folder
        ours = {folder / ".cm", folder / ".ckr.json", entries.folder, self.state.parent}
        return sorted(
            path
            for place in (folder, entries.folder, self.state.parent)
            for path in place.glob("*")
            if not (path in ours or path == self.state or path.name == ".cm")
            and not (place == entries.folder and path.name.isdecimal() and path.is_dir())
        )

    def discard(self) -> None:
        whole = not self.folder.is_symlink() and not self.foreign()
        if whole:
            self._repositories.unregister(PREFIX + self.wnid)
            if self.folder.is_dir():
                shutil.rmtree(self.folder)
            return
        states = Entries(self._ck, self.folder, self._modules.states)
        states.remove(self.wnid)
        entries = self._entries()
        for name in list(filter(str.isdecimal, entries.names())):
            entries.remove(name)
        for each in (states, entries):
            each.discard()

    def describe(self, record: Record, file: str) -> None:
        self._add(record, file, {})

    def _add(self, record: Record, file: str, files: dict[str, bytes]) -> None:
        entries, name = self._entries(), str(record.name.number)
        entries.add(name, _meta(entries.meta(name) or {}, record, file), files)

    def _entries(self) -> Entries:
        return self._entries_of(self._modules.pictures)

    def _states(self) -> Entries:
        return self._entries_of(self._modules.states)

    def _entries_of(self, module: ModuleName) -> Entries:
        if not self._repository:
            raise StoreError(f'the CK repository "{PREFIX}{self.wnid}" has not been made')
        return Entries(self._ck, self._repository, module)

    def _file(self, entries: Path, name: str) -> Path | None:
        """Return the picture in an entry's folder, or None if the entry is not one of ours."""
        parsed = parse_image_name(f"{self.wnid}_{name}")
        if not parsed or str(parsed.number) != name:
            return None
        usual = f"{entries}{os.sep}{name}{os.sep}{parsed}.jpg"
        if os.path.isfile(usual):  # noqa: PTH113  there are many, and `Path` takes twice as long
            return Path(usual)
        return next(filter(is_picture_file, sorted((entries / name).glob("*"))), None)


def _is_number(name: str) -> bool:
    """Say whether an entry's name is a picture's number as we write it: `0042` is a user's."""
    return name.isdecimal() and str(int(name)) == name


def _is_bare(entry: Path) -> bool:
    """Say whether an entry holds nothing but what CK keeps: else it may be a user's."""
    return all(path.name == ".cm" for path in entry.iterdir())


def _other_pictures(folder: Path, picture: Path | None) -> Iterator[Path]:
    """Yield the pictures in a folder but one."""
    try:
        names = sorted(path.name for path in folder.iterdir())
    except FileNotFoundError:
        return
    for path in (folder / name for name in names if name.lower().endswith(SUFFIXES)):
        if path != picture and is_picture_file(path):
            yield path


def _own(meta: dict[str, Any]) -> dict[str, Any]:
    own = meta.get("imagenet")
    return own if isinstance(own, dict) else {}


def _tags(meta: dict[str, Any]) -> list[str]:
    tags = meta.get("tags")
    return [str(tag) for tag in tags] if isinstance(tags, list) else []


def _meta(known: dict[str, Any], record: Record, file: str) -> dict[str, Any]:
    """Return an entry's meta, with whatever a user's own meta had."""
    tags = ["imagenet", record.name.wnid, str(record.name.number)]
    if record.has_url:
        tags.append(readable(record.url).replace(",", "%2C"))  # CK splits tags at commas
    tags += ["dataset", "image", record.image_format]
    tags += [tag for tag in _tags(known) if tag not in tags]
    facts = record.facts()
    for key in ("name", "outcome", "detail", *(() if record.has_url else ("url",))):
        facts.pop(key, None)
    synset = synsets.load().get(record.name.wnid)
    own = {
        **facts,
        "format": FORMAT,
        "wnid": record.name.wnid,
        "number": record.name.number,
        "words": list(synset.words) if synset else [],
    }
    return {**known, "dataset_files": [file], "tags": tags, "imagenet": own}
