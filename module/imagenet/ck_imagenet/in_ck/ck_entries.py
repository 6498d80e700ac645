"""Entries of Collective Knowledge that are whole or absent.

CK's own `add` writes an entry's alias, folder and meta one after the other, none atomically. Here
an entry is made aside and renamed into place, in the form that CK 2.6.4 writes.
"""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any, Iterable, Iterator, Mapping, NamedTuple

from ..files import NEW, leftovers, read_json, sweep, to_json, write_whole
from ..names import LARGEST_NUMBER

_CM = ".cm"
_LONGEST_ALIAS = 4096
"""Bytes of an alias file that are read."""


class ModuleName(NamedTuple):
    """A CK module: its alias and its UID."""

    alias: str
    uid: str

    @classmethod
    def of(cls, ck: ModuleType, alias: str) -> ModuleName:
        """Return the module that CK knows as `alias`."""
        found = ck.access(
            {"action": "load", "common_func": "yes", "module_uoa": "module", "data_uoa": alias}
        )
        return cls(alias, found["data_uid"])


class Aliases(NamedTuple):
    """What is wrong with the files by which CK finds entries."""

    hidden: set[str]
    """The numbered entries that it does not find by their names, or not by their UIDs."""
    dangling: list[Path]
    """The names of numbered entries that are not there, and the UIDs of no entry's name."""


class Entries:
    """The entries of one module in one repository.

    Parameters
    ----------
    ck : module
        The CK kernel.
    repository : Path
        The repository's folder.
    module : ModuleName
        Whose entries these are.
    """

    def __init__(self, ck: ModuleType, repository: Path, module: ModuleName) -> None:
        self._ck = ck
        self._repository = repository
        self._module = module
        self.folder = repository / module.alias
        self._cm = self.folder / _CM

    def create(self) -> None:
        """Make the place for entries unless it is there."""
        _write_aliases(self._repository / _CM, self._module.alias, self._module.uid)
        self._cm.mkdir(parents=True, exist_ok=True)

    def exist(self) -> bool:
        """Say whether there is a place for entries, where CK finds it."""
        return self._cm.is_dir() and not _missing_aliases(self._repository / _CM, *self._module)

    def names(self) -> Iterator[str]:
        """Yield the names of the entries."""
        try:
            with os.scandir(self.folder) as found:
                yield from (entry.name for entry in found if entry.name != _CM and entry.is_dir())
        except FileNotFoundError:
            return

    def numbered(self) -> set[str]:
        """Return the names that are pictures' numbers: an entry `0042` is a user's."""
        return set(filter(_is_number, self.names()))

    def meta(self, name: str) -> dict[str, Any] | None:
        """Return an entry's meta, or None if there is none that can be read."""
        return read_json(self.folder / name / _CM / "meta.json")

    def add(
        self, name: str, meta: Mapping[str, Any], files: Mapping[str, bytes], uid: str = ""
    ) -> Path:
        """Make an entry, or give an existing one new meta and further files.

        Threads may do so at once, each with another name.

        Parameters
        ----------
        name : str
            The entry's alias.
        meta : mapping
            Its whole meta.
        files : mapping of str to bytes
            Its files.
        uid : str, optional
            16 hexadecimal digits; by default new ones.

        Returns
        -------
        Path
            The entry's folder.
        """
        unfinished = self._cm / (NEW + name)
        try:
            unfinished.mkdir()
        except FileExistsError:  # a killed run's
            shutil.rmtree(unfinished)
            unfinished.mkdir()
        (unfinished / _CM).mkdir()
        try:
            if (self.folder / name).is_dir():
                self._fill(name, meta, files, unfinished)
                shutil.rmtree(unfinished, ignore_errors=True)
            else:
                self._make(name, meta, files, unfinished, uid)
        except BaseException:
            shutil.rmtree(unfinished, ignore_errors=True)
            raise
        return self.folder / name

    def _fill(
        self, name: str, meta: Mapping[str, Any], files: Mapping[str, bytes], scratch: Path
    ) -> None:
        entry = self.folder / name
        self._mend_entry(name)
        # The meta first: an entry without its file is filled again, one without meta is not.
        write_whole(entry / _CM / "meta.json", to_json(meta), scratch=scratch)
        for file, data in files.items():
            write_whole(entry / file, data, scratch=scratch)

    def _make(
        self,
        name: str,
        meta: Mapping[str, Any],
        files: Mapping[str, bytes],
        unfinished: Path,
        uid: str,
    ) -> None:
        uid = uid or self.uid(name) or secrets.token_hex(8)
        for file, data in files.items():
            _write(f"{unfinished}{os.sep}{file}", data)
        self._write_cm(unfinished, name, uid, meta)
        # Aliases without a folder, even half written ones, disturb no reader; a folder without
        # them does.
        for path, content in _alias_files(self._cm, name, uid):
            _write(str(path), f"{content}\n".encode())
        unfinished.rename(self.folder / name)

    def remove(self, name: str) -> None:
        """Remove an entry, in one step; it need not be there."""
        doomed = self._cm / (NEW + name)
        shutil.rmtree(doomed, ignore_errors=True)
        with suppress(FileNotFoundError):
            (self.folder / name).rename(doomed)
        self.forget(name)
        shutil.rmtree(doomed, ignore_errors=True)

    def mend(self) -> set[str]:
        """Finish or undo what a kill of this program or of `ck add` left of numbered entries.

        Returns
        -------
        set of str
            The entries whose meta was lost and is empty now.
        """
        if not self.folder.is_dir():
            return set()
        self.create()
        sweep(self._cm)
        lost = {name for name in self.numbered() if self.meta(name) is None}
        aliases = self.aliases()
        for name in lost | aliases.hidden:
            self._mend_entry(name)
        if aliases.hidden:  # which may have got some of those that led nowhere
            aliases = self.aliases()
        for path in aliases.dangling:
            path.unlink()
        return lost

    def aliases(self) -> Aliases:
        """Return what is wrong with the files by which CK finds entries."""
        files = [path.name for path in self._cm.glob("alias-*")]
        uids = {name: self.uid(name) for name in _endings(files, "alias-a-")}
        leading, entries = set(_endings(files, "alias-u-")), self.numbered()
        nowhere = set(filter(_is_number, uids)) - entries
        told = {uid for name, uid in uids.items() if name not in nowhere}
        dangling = [f"alias-a-{name}" for name in sorted(nowhere)]
        dangling += [f"alias-u-{uid}" for uid in sorted(leading - told)]
        return Aliases(
            hidden={name for name in entries if uids.get(name) not in leading},
            dangling=[self._cm / file for file in dangling],
        )

    def leftovers(self) -> Iterator[Path]:
        """Yield what killed runs have left unfinished."""
        return leftovers(self._cm)

    def discard(self) -> None:
        """Remove the place for entries, unless one is there."""
        if not any(self.names()):
            shutil.rmtree(self.folder, ignore_errors=True)
            for path, _ in _alias_files(self._repository / _CM, *self._module):
                path.unlink(missing_ok=True)

    def forget(self, name: str) -> None:
        """Remove the alias of an entry whose folder is gone."""
        uid = self.uid(name)
        (self._cm / f"alias-a-{name}").unlink(missing_ok=True)
        if uid:
            (self._cm / f"alias-u-{uid}").unlink(missing_ok=True)

    def uid(self, name: str) -> str:
        """Return an entry's UID, or an empty text if it has none."""
        text = _first_line(self._cm / f"alias-a-{name}")
        return text if self._ck.is_uid(text) else ""

    def may_be(self, name: str, uid: str) -> bool:
        """Say whether this can be an entry's UID: whoever copies a folder copies what is in it."""
        return self._ck.is_uid(uid) and _first_line(self._cm / f"alias-u-{uid}") in ("", name)

    def _mend_entry(self, name: str) -> None:
        """Give an entry's folder what CK needs to find it."""
        entry = self.folder / name
        info = read_json(entry / _CM / "info.json") or {}
        told = str(info.get("backup_data_uid"))
        uid = next(filter(partial(self.may_be, name), (told, self.uid(name))), "")
        uid = uid or secrets.token_hex(8)
        if uid != told or self.meta(name) is None:
            (entry / _CM).mkdir(exist_ok=True)
            self._write_cm(entry, name, uid, self.meta(name) or {})
        _write_aliases(self._cm, name, uid)

    def _write_cm(self, entry: Path, name: str, uid: str, meta: Mapping[str, Any]) -> None:
        control = self._ck.prepare_special_info_about_entry({})["dict"]
        info = {
            "backup_data_uid": uid,
            "backup_module_uid": self._module.uid,
            "backup_module_uoa": self._module.alias,
            "control": control,
            "data_name": name,
        }
        cm = f"{entry}{os.sep}{_CM}{os.sep}"
        for part, content in (("meta", meta), ("info", info), ("desc", {})):
            _write(f"{cm}{part}.json", to_json(content))


def _endings(texts: Iterable[str], head: str) -> Iterator[str]:
    """Yield the rest of those texts that begin so."""
    return (text[len(head) :] for text in texts if text.startswith(head))


def _is_number(name: str) -> bool:
    return name.isdecimal() and str(int(name)) == name and int(name) <= LARGEST_NUMBER


def _read(path: str) -> bytes:
    """Read an alias file the short way: there are as many as entries."""
    file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    try:
        return os.read(file, _LONGEST_ALIAS)
    finally:
        os.close(file)


def _write_aliases(cm: Path, alias: str, uid: str) -> None:
    """Write the two files by which CK finds a folder's UID, and back."""
    cm.mkdir(parents=True, exist_ok=True)
    for file, content in _missing_aliases(cm, alias, uid):
        write_whole(file, f"{content}\n".encode())


def _missing_aliases(cm: Path, alias: str, uid: str) -> list[tuple[Path, str]]:
    """Return those of the two files that are not there or say something else, and what to say."""
    files = _alias_files(cm, alias, uid)
    return [(file, content) for file, content in files if _first_line(file) != content]


def _alias_files(cm: Path, alias: str, uid: str) -> tuple[tuple[Path, str], tuple[Path, str]]:
    return (cm / f"alias-u-{uid}", alias), (cm / f"alias-a-{alias}", uid)


def _write(path: str, data: bytes) -> None:
    """Write a file the short way, six of which an entry has: `Path.write_bytes` takes thrice it."""
    file = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), 0o666)
    try:
        while data:
            data = data[os.write(file, data) :]
    except OSError as error:
        error.filename = path  # a full disk names no file
        raise
    finally:
        os.close(file)


def _first_line(path: Path) -> str:
    """Return what an alias file says, or an empty text if there is none."""
    try:
        return _read(str(path)).partition(b"\n")[0].decode("utf-8", "replace").strip()
    except OSError:
        return ""
