"""Pictures in plain folders, without Collective Knowledge: `DIR/n01440764/n01440764_9981.jpg`.

The state of a synset is in `.ck-imagenet` beside its pictures.
"""

from __future__ import annotations

import os
import secrets
import shutil
from itertools import chain
from pathlib import Path
from typing import Iterable, Iterator, Sequence

from ..core.errors import StoreError
from ..core.files import (
    json_object,
    leftovers,
    names_in,
    prove_writable,
    remove_folder,
    replacing,
    storage_errors,
    sweep,
    write,
)
from ..core.text import ImageName, parse_image_name, stands_for_synset
from ..images.formats import is_picture_file
from .records import Finding, FindingKind, Record, record_of
from .store import Store, SynsetPaths, SynsetStore, link_or_write

STATE = ".ck-imagenet"


class FolderStore(Store):
    """The synsets in one folder.

    Parameters
    ----------
    root : Path
        The folder; it need not exist.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def __reduce__(self) -> tuple[type[FolderStore], tuple[Path]]:
        """Let another process, which may be in another folder, open the same store."""
        return FolderStore, (self._root.absolute(),)

    def home(self) -> Path:
        """Return the folder of what is about all synsets; it need not exist."""
        return self._root / STATE

    def create_home(self) -> Path:
        """Return the folder of what is about all synsets; make it unless it is there."""
        with storage_errors(self._root):
            self.home().mkdir(parents=True, exist_ok=True)
        return self.home()

    def refuse_forbidden(self, wnids: Iterable[str] | None, delete: bool = False) -> None:
        """Do nothing: of plain folders, only the system forbids anything."""

    def synset(self, wnid: str) -> SynsetStore:
        """Return the store of a synset, which need not exist."""
        return _SynsetFolder(self._root / wnid, wnid)

    def prepare(self, wnids: Sequence[str]) -> None:
        """Do nothing: to make a folder costs no more alone."""

    def wnids(self) -> list[str]:
        """Return the synsets that have a store here, in order."""
        names = sorted(path.name for path in self._root.glob("*") if path.is_dir())
        return list(filter(stands_for_synset, names))


class _SynsetFolder(SynsetStore):
    def __init__(self, folder: Path, wnid: str) -> None:
        self.wnid = wnid
        self._folder = folder
        self._state = folder / STATE
        self._unfinished = self._state / "new"
        self._intent = self._state / f"saving-{secrets.token_hex(4)}.jsonl"
        self._told: dict[tuple[ImageName, str], Record] | None = None

    @property
    def folder(self) -> Path:
        return self._folder

    @property
    def state(self) -> Path:
        return self._state

    def paths(self) -> SynsetPaths:
        return SynsetPaths(self.wnid, str(self.state), str(self._folder))

    def create(self) -> None:
        try:
            self._unfinished.mkdir(parents=True, exist_ok=True)
            prove_writable(self._unfinished)
        except OSError as error:
            raise StoreError(
                f'"{self._folder}" cannot be written ({error.strerror}): '
                "choose another folder with --outdir=DIR"
            ) from None

    def refuse_newer(self) -> None:
        """Do nothing: only the journal says which version has made it."""

    def mend(self) -> set[int]:
        sweep(self.state)
        if names_in(self._unfinished):
            shutil.rmtree(self._unfinished, ignore_errors=True)
        self._unfinished.mkdir(parents=True, exist_ok=True)
        return set()

    def pictures(self) -> dict[int, Path]:
        found, head = {}, f"{self.wnid}_"
        for file in sorted(file for file in names_in(self._folder) if file.startswith(head)):
            name, path = parse_image_name(file.rpartition(".")[0]), self._folder / file
            if name and is_picture_file(path):
                found[name.number] = path
        return found

    def url_of(self, number: int) -> str:
        return ""  # a plain file knows none: the kept names do

    def record_of(self, number: int, sha256: str) -> Record | None:
        if self._told is None:
            lines = (line for path in self._intents() for line in path.read_bytes().split(b"\n"))
            told = filter(None, (record_of(json_object(line) or {}) for line in lines))
            self._told = {(record.name, record.sha256): record for record in told}
        return self._told.get((ImageName(self.wnid, number), sha256))

    def save(
        self, record: Record, data: bytes, extension: str, original: Path | None = None
    ) -> None:
        # A write-ahead log: what is known of the picture is written first, a line each, so that no
        # kill leaves a picture alone. Each begins anew, since a full disk may have torn the last.
        write(self._intent, b"\n" + record.line().encode(), os.O_APPEND)
        path = self._folder / f"{record.name}.{extension}"
        with replacing(path, self._unfinished) as unfinished:
            link_or_write(unfinished, data, original)

    def checkpoint(self) -> None:
        for path in self._intents():
            path.unlink()
        self._told = None

    def _intents(self) -> Iterator[Path]:
        """Yield the write-ahead logs, one of each process that saves pictures."""
        return self.state.glob("saving-*.jsonl")

    def remove(self, number: int) -> None:
        for path in filter(is_picture_file, self._folder.glob(f"{self.wnid}_{number}.*")):
            path.unlink()

    def user_files_of(self, number: int) -> list[Path]:
        return []  # a plain file has no entry

    def findings(self) -> Iterator[Finding]:
        for path in chain(leftovers(self.state), self._unfinished.glob("*")):
            yield Finding(FindingKind.LEFTOVER, path)
        pictures = set(self.pictures().values())
        for path in sorted(filter(is_picture_file, self._folder.glob("*"))):
            if path not in pictures:
                yield Finding(FindingKind.STRAY, path)

    def contradiction(self, record: Record, path: Path, strictly: bool = False) -> str:
        return ""  # nothing is kept with a plain file

    def user_files(self) -> list[Path]:
        ours = {self.state, *self.pictures().values()}
        return sorted(path for path in self._folder.glob("*") if path not in ours)

    def discard(self) -> None:
        if not self.user_files():
            remove_folder(self._folder)
            return
        for path in self.pictures().values():
            path.unlink()
        if self.state.is_dir():
            shutil.rmtree(self.state)

    def describe(self, record: Record, file: str) -> None:
        pass  # with a plain file nothing is kept
