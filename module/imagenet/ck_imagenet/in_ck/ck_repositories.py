"""The registrations of repositories in Collective Knowledge.

CK's own `add repo` caches every repository anew each time, writes its cache in place, and changes
the working directory. Here repositories are registered in the same form, many at a time, under a
lock, with the cache written once for all of them.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import Any, Iterator, Sequence

from filelock import FileLock

from ..errors import StoreError
from ..files import read_json, sweep, to_json, write_whole
from .ck_cache import Cache
from .ck_entries import Entries, ModuleName

BATCH = 1000
"""Repositories that are put into CK's cache at once: the more, the less each costs."""

_DESCRIPTION = ".ckr.json"
_FOR_EVER = -1


class Repositories:
    """The repositories that CK knows.

    Those that are registered and not in CK's cache, because a process was killed, or because two
    wrote it at once, are put back there; where that is not possible now, only this process knows
    them.

    Parameters
    ----------
    ck : module
        The CK kernel.
    """

    def __init__(self, ck: ModuleType) -> None:
        self._ck = ck
        self._cache = Cache(ck)
        self._is_behind = self._cache.know(self._lacking()) or not self._cache.is_sound
        if self._is_behind:
            with suppress(OSError), self.locked(timeout=0):  # else whoever holds it does the same
                self._mend()

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names of the repositories that begin with `prefix`."""
        return self._cache.names(prefix)

    def unregistered(self, prefix: str) -> Iterator[str]:
        """Yield the names of folders that begin so and lie where repositories do, and are none."""
        for folder in Path(self._ck.work["dir_repos"]).glob(f"{prefix}*"):
            if not self._folder(folder.name) and folder.is_dir():
                yield folder.name

    def path(self, name: str) -> Path | None:
        """Return the folder of a repository, or None if CK does not know it."""
        folder = self._folder(name)
        return Path(folder) if folder else None

    def folder(self, name: str) -> str:
        """Return the folder that a repository has, or gets when it is made: there may be many."""
        return self._folder(name) or str(self.usual_path(name))

    def _folder(self, name: str) -> str:
        known = self._cache.folder(name)
        if not known:  # another process may just have made it
            self._cache.refresh()
        return known or self._cache.folder(name)

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
        self.create_all([name])
        return self.path(name) or self.usual_path(name)

    def create_all(self, names: Sequence[str]) -> None:
        """Make and register what is missing of repositories, `BATCH` of them at a time.

        Whoever asks CK finds those of a batch as soon as it is done. A kill loses none that has
        been made: the next process puts it into CK's cache.

        Parameters
        ----------
        names : sequence of str
            Their names.

        Raises
        ------
        StoreError
            If CK's folders cannot be written.
        """
        # Those that only this process knows are no better than missing.
        missing = [name for name in names if self._is_behind or not _is_described(self.path(name))]
        for start in range(0, len(missing), BATCH):
            self._register_all(missing[start : start + BATCH])

    def unregister(self, name: str) -> None:
        """Let CK know nothing of a repository any more; its folder is not touched.

        Raises
        ------
        StoreError
            If CK's folders cannot be written.
        """
        try:
            with self.locked():
                # First what a kill lets the next process put back: CK knows all of it or nothing.
                self._cache.remove(name)
                self._entries.remove(name)
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
        made: list[dict[str, Any]] = []
        try:
            with self.locked():
                if self._is_behind:
                    self._mend()
                else:
                    self._cache.refresh()
                self._entries.create()
                # What killed registrations left; nobody else writes such names under the lock.
                for swept in (self._entries.folder / ".cm", self._cache_folder):
                    sweep(swept)
                try:
                    for name in names:
                        made.append(self._register(name))
                finally:
                    self._cache.add(made)
        except OSError as error:
            name = names[min(len(made), len(names) - 1)]
            raise StoreError(
                f'the CK repository "{name}" cannot be made: {error.strerror} '
                f'("{error.filename}"); CK_REPOS must be a folder that can be written'
            ) from None

    def _mend(self) -> None:
        """Put back what the cache lacks; the lock must be held."""
        self._cache.add(self._lacking())
        self._is_behind = False

    def _register(self, name: str) -> dict[str, Any]:
        """Make what is missing of a repository; return what CK's cache is to have of it."""
        known = self._cache.info(name)
        folder = Path(self._cache.folder(name) or self.usual_path(name))
        folder.mkdir(parents=True, exist_ok=True)
        for swept in (folder, folder / ".cm"):
            sweep(swept)
        description = read_json(folder / _DESCRIPTION) or {}
        uid = known.get("data_uid") or self._entry_uid(name) or str(description.get("data_uid"))
        if not self._entries.may_be(name, uid):
            uid = secrets.token_hex(8)
        if not description:
            told = {**_described(name, uid), "dict": {}}
            write_whole(folder / _DESCRIPTION, to_json(told))
        if known:
            return known
        meta = {"path": str(folder)}
        entry = self._entries.add(name, meta, {}, uid)
        return {**_described(name, uid), "dict": meta, "path_to_repo_desc": str(entry)}

    @property
    def _cache_folder(self) -> Path:
        return Path(self._ck.work["dir_work_repo"])

    @property
    def _entries(self) -> Entries:
        """The entries `local:repo:NAME`."""
        return self._places[0]

    @cached_property
    def _places(self) -> tuple[Entries, Entries]:
        """Our entries and those that come with CK: `ck recache repo` makes the cache from both."""
        module = ModuleName.of(self._ck, self._ck.cfg["module_repo_name"])
        local, default = (self._ck.work[f"dir_{place}_repo"] for place in ("local", "default"))
        return Entries(self._ck, Path(local), module), Entries(self._ck, Path(default), module)

    def _entry_uid(self, name: str) -> str:
        """Return the UID of a registration that a kill kept from the cache."""
        if not (self._entries.folder / name).is_dir():
            self._entries.forget(name)
        return self._entries.uid(name)

    def _lacking(self) -> Iterator[dict[str, Any]]:
        """Yield what the cache should have and lacks, as `ck recache repo` would find it."""
        for entries in self._places:
            for name in entries.names():
                registered = {} if self._cache.info(name) else self._registered(entries, name)
                if registered:
                    yield registered

    def _registered(self, entries: Entries, name: str) -> dict[str, Any]:
        """Return what the cache is to have of an entry, nothing if that is none."""
        uid, meta = entries.uid(name), entries.meta(name) or {}
        path = meta.get("path")
        if not uid or not (path or meta.get("remote")) or not isinstance(path, (str, type(None))):
            return {}
        described = (read_json(Path(path) / _DESCRIPTION) if path else None) or {}
        own = described.get("dict")
        return {
            **_described(name, uid),
            "data_name": str(described.get("data_name") or name),
            "dict": {**own, "path": path} if own and isinstance(own, dict) else meta,
            "path_to_repo_desc": str(entries.folder / name),
        }


def _described(name: str, uid: str) -> dict[str, Any]:
    return {"data_alias": name, "data_name": name, "data_uid": uid, "data_uoa": name}


def _is_described(folder: Path | None) -> bool:
    return folder is not None and (folder / _DESCRIPTION).is_file()
