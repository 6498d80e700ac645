"""The registrations of repositories in Collective Knowledge.

CK's own `add repo` caches every repository anew each time, writes its cache in place, and changes
the working directory. Here a repository is registered in the same form, but under a lock, with the
cache's two files replaced atomically.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import Any, Iterator

from filelock import FileLock

from .ck_entries import Entries, ModuleName
from .errors import StoreError
from .files import read_json, sweep, to_json, write_whole

_DESCRIPTION = ".ckr.json"


class Repositories:
    """The repositories that CK knows.

    Parameters
    ----------
    ck : module
        The CK kernel.
    """

    def __init__(self, ck: ModuleType) -> None:
        self._ck = ck
        self._ck.reload_repo_cache({})

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
        if known and (known / _DESCRIPTION).is_file():
            return known
        try:
            with self.locked():
                return self._register(name)
        except OSError as error:
            raise StoreError(
                f'the CK repository "{name}" cannot be made: {error.strerror} '
                f'("{error.filename}"); CK_REPOS must be a folder that can be written'
            ) from None

    def unregister(self, name: str) -> None:
        """Let CK know nothing of a repository any more; its folder is not touched.

        Raises
        ------
        StoreError
            If CK's folders cannot be written.
        """
        try:
            with self.locked():
                self._entries().remove(name)
                uid = self._ck.cache_repo_uoa.pop(name, "")
                self._ck.cache_repo_info.pop(uid, None)
                places = self._ck.paths_repos_all
                places[:] = [place for place in places if place.get("repo_uid") != uid]
                self._write_cache()
        except OSError as error:
            raise StoreError(
                f'the CK repository "{name}" cannot be unregistered: {error.strerror} '
                f'("{error.filename}")'
            ) from None

    @contextmanager
    def locked(self) -> Iterator[None]:
        """Keep other processes of this program from making anything of a repository meanwhile."""
        with FileLock(self._cache_folder / ".ck-imagenet.lock"):
            self._ck.reload_repo_cache({"force": "yes"})
            yield

    def _register(self, name: str) -> Path:
        folder = self.path(name) or self.usual_path(name)
        folder.mkdir(parents=True, exist_ok=True)
        entries = self._entries()
        entries.create()
        # What a killed registration left; nobody else writes such names, and the lock is held.
        for swept in (folder, folder / ".cm", entries.folder / ".cm", self._cache_folder):
            sweep(swept)
        description = read_json(folder / _DESCRIPTION) or {}
        uid = self._ck.cache_repo_uoa.get(name) or self._entry_uid(name)
        uid = uid or description.get("data_uid") or secrets.token_hex(8)
        described = {"data_alias": name, "data_name": name, "data_uid": uid, "data_uoa": name}
        if not description:
            write_whole(folder / _DESCRIPTION, to_json({**described, "dict": {}}))
        if name not in self._ck.cache_repo_uoa:
            meta = {"path": str(folder)}
            entry = self._entries().add(name, meta, {}, uid)
            self._cache({**described, "dict": meta, "path_to_repo_desc": str(entry)})
        return folder

    @property
    def _cache_folder(self) -> Path:
        return Path(self._ck.work["dir_work_repo"])

    def _entries(self) -> Entries:
        """Return the entries `local:repo:NAME`, from which `ck recache repo` makes the cache."""
        local = Path(self._ck.work["dir_local_repo"])
        return Entries(self._ck, local, ModuleName.of(self._ck, self._ck.cfg["module_repo_name"]))

    def _entry_uid(self, name: str) -> str:
        """Return the UID of a registration that a kill kept from the cache."""
        entries = self._entries()
        if not (entries.folder / name).is_dir():
            entries.forget(name)
        return entries.uid(name)

    def _cache(self, info: dict[str, Any]) -> None:
        name, uid = info["data_uoa"], info["data_uid"]
        self._ck.cache_repo_info[uid] = info
        self._ck.cache_repo_uoa[name] = uid
        place = {"path": info["dict"]["path"], "dict": info["dict"], "repo_uoa": name}
        self._ck.paths_repos_all.append({**place, "repo_uid": uid, "repo_alias": name})
        self._write_cache()

    def _write_cache(self) -> None:
        # The second file makes the repository known: whoever finds it there finds its facts too.
        for key in ("info", "uoa"):
            path = Path(self._ck.work[f"dir_cache_repo_{key}"])
            write_whole(path, to_json(getattr(self._ck, f"cache_repo_{key}")))
