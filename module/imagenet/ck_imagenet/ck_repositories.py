"""The registrations of repositories in Collective Knowledge.

CK's own `add repo` caches every repository anew each time, writes its cache in place, and changes
the working directory. Here repositories are registered in the same form, many at a time, but under
a lock, with the cache's two files replaced atomically once for all of them.
"""

from __future__ import annotations

import json
import secrets
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any, Iterable, Iterator, Sequence

from filelock import FileLock

from .ck_entries import Entries, ModuleName
from .errors import StoreError
from .files import read_json, sweep, to_json, write_whole

BATCH = 1000
"""Repositories that are written into CK's cache at once: the more, the less each costs."""

_DESCRIPTION = ".ckr.json"

_FOR_EVER = -1


class Repositories:
    """The repositories that CK knows.

    What is registered and not in CK's cache, since somebody was killed, is put back there.

    Parameters
    ----------
    ck : module
        The CK kernel.
    """

    def __init__(self, ck: ModuleType) -> None:
        self._ck = ck
        self._reading = Lock()
        self._read: Any = None
        self._is_sound = self._ck.reload_repo_cache({})["return"] == 0
        if not self._is_sound or any(self._lacking()):
            self._mend()

    def paths(self, prefix: str) -> dict[str, Path]:
        """Return the folders of the repositories whose names begin with `prefix`, by name."""
        found = {}
        for info in self._ck.cache_repo_info.values():
            name, path = info.get("data_uoa", ""), info.get("dict", {}).get("path", "")
            if name.startswith(prefix) and path:
                found[name] = Path(path)
        return found

    def path(self, name: str) -> Path | None:
        """Return the folder of a repository, or None if CK does not know it."""
        if not self._knows(name):
            with self._reading:
                self._read_cache()
        uid = self._ck.cache_repo_uoa.get(name, "")
        path = self._ck.cache_repo_info.get(uid, {}).get("dict", {}).get("path", "")
        return Path(path) if path else None

    def usual_path(self, name: str) -> Path:
        """Return the folder that a repository gets when it is made."""
        return Path(self._ck.work["dir_repos"]).absolute() / name

    def create(self, name: str) -> Path:
        """Return the folder of a repository; make and register what is missing of it.

        Raises
        ------
        StoreError
            If CK's folders cannot be written.
        """
        known = self.path(name)
        if not known or not _is_described(known):
            self.create_all([name])
        return self.path(name) or self.usual_path(name)

    def create_all(self, names: Sequence[str]) -> None:
        """Make and register what is missing of repositories, `BATCH` of them at a time.

        Whoever asks CK finds those of a batch as soon as it is done. A kill loses none of those
        that have been made: the next process puts them into CK's cache.

        Parameters
        ----------
        names : sequence of str
            Their names.

        Raises
        ------
        StoreError
            If CK's folders cannot be written.
        """
        for start in range(0, len(names), BATCH):
            batch = names[start : start + BATCH]
            missing = [name for name in batch if not _is_described(self.path(name))]
            if missing:
                self._register_all(missing)

    def unregister(self, name: str) -> None:
        """Let CK know nothing of a repository any more; its folder is not touched.

        Raises
        ------
        StoreError
            If CK's folders cannot be written.
        """
        try:
            with self.locked(), self._reading:
                self._read_cache()
                self._entries.remove(name)
                uid = self._ck.cache_repo_uoa.pop(name, "")
                self._ck.cache_repo_info.pop(uid, None)
                places = self._ck.paths_repos_all
                places[:] = [place for place in places if place.get("repo_uid") != uid]
                # Whoever reads both meanwhile is to find no name without its facts.
                self._write_cache("uoa", "info")
        except OSError as error:
            raise StoreError(
                f'the CK repository "{name}" cannot be unregistered: {error.strerror} '
                f'("{error.filename}")'
            ) from None

    @contextmanager
    def locked(self, timeout: float = _FOR_EVER) -> Iterator[None]:
        """Keep other processes of this program from making anything of a repository meanwhile.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait for others, by default for ever.

        Raises
        ------
        TimeoutError
            If they are at work still.
        """
        with FileLock(self._cache_folder / ".ck-imagenet.lock", timeout=timeout):
            yield

    def _register_all(self, names: Sequence[str]) -> None:
        name = names[0]
        try:
            with self.locked():
                with self._reading:
                    self._read_cache()
                self._entries.create()
                # What killed registrations left; nobody else writes such names under the lock.
                for swept in (self._entries.folder / ".cm", self._cache_folder):
                    sweep(swept)
                made = []
                try:
                    for name in names:
                        made.append(self._register(name))
                finally:
                    self._cache(made)
        except OSError as error:
            raise StoreError(
                f'the CK repository "{name}" cannot be made: {error.strerror} '
                f'("{error.filename}"); CK_REPOS must be a folder that can be written'
            ) from None

    def _register(self, name: str) -> dict[str, Any]:
        """Make what is missing of a repository, and return what CK's cache is to have of it."""
        uid = self._ck.cache_repo_uoa.get(name, "")
        known: dict[str, Any] = self._ck.cache_repo_info.get(uid, {})
        folder = Path(known.get("dict", {}).get("path", "") or self.usual_path(name))
        folder.mkdir(parents=True, exist_ok=True)
        for swept in (folder, folder / ".cm"):
            sweep(swept)
        description = read_json(folder / _DESCRIPTION) or {}
        uid = uid or self._entry_uid(name) or description.get("data_uid") or secrets.token_hex(8)
        if not description:
            described = _described(name, uid)
            write_whole(folder / _DESCRIPTION, to_json({**described, "dict": {}}))
        if known:
            return known
        meta = {"path": str(folder)}
        entry = self._entries.add(name, meta, {}, uid)
        return {**_described(name, uid), "dict": meta, "path_to_repo_desc": str(entry)}

    def _entry_uid(self, name: str) -> str:
        """Return the UID of a registration that a kill kept from the cache."""
        if not (self._entries.folder / name).is_dir():
            self._entries.forget(name)
        return self._entries.uid(name)

    @property
    def _cache_folder(self) -> Path:
        return Path(self._ck.work["dir_work_repo"])

    @cached_property
    def _entries(self) -> Entries:
        """The entries `local:repo:NAME`, from which `ck recache repo` makes the cache."""
        local = Path(self._ck.work["dir_local_repo"])
        return Entries(self._ck, local, ModuleName.of(self._ck, self._ck.cfg["module_repo_name"]))

    def _lacking(self) -> Iterator[dict[str, Any]]:
        """Yield what the cache should have and lacks."""
        for name in self._entries.names():
            if not self._knows(name):
                info = self._registered(name)
                if info:
                    yield info

    def _registered(self, name: str) -> dict[str, Any]:
        """Return what the cache should have of an entry, nothing if that is of no repository."""
        entry = self._entries.folder / name
        uid, meta = self._entries.uid(name), self._entries.meta(name) or {}
        if not uid or not meta.get("path"):
            return {}
        description = read_json(Path(meta["path"]) / _DESCRIPTION) or {}
        told = {**meta, **(description.get("dict") or {}), "path": meta["path"]}
        return {**_described(name, uid), "dict": told, "path_to_repo_desc": str(entry)}

    def _knows(self, name: str) -> bool:
        return self._ck.cache_repo_uoa.get(name) in self._ck.cache_repo_info

    def _mend(self) -> None:
        with suppress(OSError), self.locked(timeout=0):  # whoever holds it does the same
            self._cache([])

    def _cache(self, made: Iterable[dict[str, Any]]) -> None:
        """Put into CK's cache, the one in memory too, what has been made and what it lacks."""
        with self._reading:
            self._read_cache()
            told = {info["data_uoa"]: info for info in (*self._lacking(), *made)}
            fresh = [info for name, info in told.items() if not self._knows(name)]
            for info in fresh:
                name, uid, meta = info["data_uoa"], info["data_uid"], info["dict"]
                self._ck.cache_repo_info[uid] = info
                self._ck.cache_repo_uoa[name] = uid
                place = {"path": meta["path"], "dict": meta, "repo_uoa": name}
                self._ck.paths_repos_all.append({**place, "repo_uid": uid, "repo_alias": name})
            if fresh or not self._is_sound:
                # The second file makes repositories known: whoever finds one finds its facts too.
                self._write_cache("info", "uoa")

    def _read_cache(self) -> None:
        """Read CK's cache, if anybody has written it since."""
        written = self._written()
        if written == self._read:
            return
        ck = self._ck
        known = ck.cache_repo_uoa, ck.cache_repo_info, ck.paths_repos_all
        self._is_sound = ck.reload_repo_cache({"force": "yes"})["return"] == 0
        if not self._is_sound:  # CK writes in place, and may have been killed
            ck.cache_repo_uoa, ck.cache_repo_info, ck.paths_repos_all = known
        self._read = written

    def _write_cache(self, *keys: str) -> None:
        for key in keys:
            known = getattr(self._ck, f"cache_repo_{key}")
            write_whole(Path(self._ck.work[f"dir_cache_repo_{key}"]), to_json(known))
        self._is_sound = True
        self._read = self._written()

    def _written(self) -> list[tuple[int, int, int]]:
        """Return what is different when the files of the cache have been written."""
        found = []
        for key in ("uoa", "info"):
            with suppress(FileNotFoundError):
                stat = Path(self._ck.work[f"dir_cache_repo_{key}"]).stat()
                found.append((stat.st_ino, stat.st_size, stat.st_mtime_ns))
        return found


def _described(name: str, uid: str) -> dict[str, Any]:
    return {"data_alias": name, "data_name": name, "data_uid": uid, "data_uoa": name}


def _is_described(folder: Path | None) -> bool:
    return folder is not None and (folder / _DESCRIPTION).is_file()
