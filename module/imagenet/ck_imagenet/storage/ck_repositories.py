"""What Collective Knowledge keeps in its repository `local`: registrations, and homes of ours.

A registration, an entry `local:repo:NAME`, makes a repository known. CK's own `add repo` caches
every repository anew each time, writes its cache in place, and changes the working directory. Here
CK adds the entries alone, many at a time, under a lock, and its cache is written once for all of
them. A home, an entry `local:imagenet:NAME`, has what is about all synsets.
"""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from pathlib import Path
from types import ModuleType
from typing import Any, Iterator, Sequence

from ..core.errors import StoreError
from ..core.files import NEW, folders_in, read_json, sweep
from .ck_entries import Entries
from .ck_kernel import Cache, Kernel, Repository, ck_errors
from .records import FORMAT, refuse_newer

PREFIX = "imagenet-"
"""What the name of every synset's repository begins with."""

BATCH = 1000
"""Repositories that are put into CK's cache at once: the more, the less each costs."""

MODULE = "imagenet"
"""The module of homes."""

ARCHIVE, OVERVIEW = "fall11", "overview"
"""The homes of the archive of all URLs, and of what is about all synsets."""

_DESCRIPTION = ".ckr.json"


class Repositories:
    """The repositories that CK knows.

    Those that are registered and not in CK's cache, because a process was killed, or because two
    wrote it at once, are put back there; where that is not possible now, only this process knows
    them.

    Parameters
    ----------
    kernel : Kernel
        CK's.
    """

    def __init__(self, kernel: Kernel) -> None:
        self._kernel = kernel
        self._cache = Cache(kernel.ck, PREFIX)
        self._home = Path(kernel.ck.work["dir_repos"]).absolute()
        ck, module = kernel.ck, kernel.ck.cfg["module_repo_name"]
        self._entries = Entries(kernel, kernel.local, module)
        shipped = Repository(ck.cfg["repo_name_default"], Path(ck.work["dir_default_repo"]), {})
        self._shipped = Entries(kernel, shipped, module)
        # Of a registration that a kill has left broken, CK puts none into its cache any more.
        ours = (name for name in self._unknown(self._entries) if name.startswith(PREFIX))
        self._broken = list(filter(self._entries.is_broken, ours))
        is_lacking = self._cache.know(self._lacking())
        self._is_behind = is_lacking or not self._cache.is_sound or bool(self._broken)
        if self._is_behind:
            with suppress(OSError), kernel.locked(timeout=0):  # else who holds it does the same
                self._mend()

    def names(self, prefix: str) -> list[str]:
        """Return the names of the repositories that begin with `prefix` and have a folder."""
        known = list(self._kernel.ck.cache_repo_info.values())
        names = (info["data_uoa"] for info in known if info["dict"].get("path"))
        return [name for name in names if name.startswith(prefix)]

    def unregistered(self, prefix: str) -> list[str]:
        """Return the names of folders that begin so and lie where repositories do, and are none."""
        self._cache.refresh()
        names = (each.name for each in folders_in(self._home) if each.name.startswith(prefix))
        return [name for name in names if not self._cache.info(name)]

    def get(self, name: str) -> Repository:
        """Return a repository; without facts, as it will be, if CK knows none with a folder."""
        if not self._cache.info(name):  # another process may just have made it
            self._cache.refresh()
        facts = self._cache.info(name).get("dict", {})
        path = facts.get("path")
        return Repository(name, Path(path or self._home / name), facts if path else {})

    def create(self, name: str) -> Repository:
        """Return a repository, once `create_all` has made what is missing of it."""
        found = self.get(name)
        if not self._is_behind and _is_whole(found):
            return found
        self.create_all([name])
        return self.get(name)

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
            If CK's folders cannot be written, or CK forbids it.
        """
        # Those that only this process knows are no better than missing.
        missing = [name for name in names if self._is_behind or not _is_whole(self.get(name))]
        for start in range(0, len(missing), BATCH):
            self._register_all(missing[start : start + BATCH])

    def unregister(self, name: str) -> None:
        """Let CK know nothing of a repository any more; its folder is not touched.

        Raises
        ------
        StoreError
            If CK's folders cannot be written, or CK forbids it.
        """
        with ck_errors(f'the CK repository "{name}" cannot be unregistered'), self._kernel.locked():
            # First what a kill lets the next process put back: CK knows all of it or nothing.
            self._cache.remove(name)
            self._entries.remove(name)

    def _register_all(self, names: Sequence[str]) -> None:
        made: list[dict[str, Any]] = []
        with ck_errors(f'the CK repository "{names[0]}" cannot be made'), self._kernel.locked():
            if self._is_behind:
                self._mend()
            else:
                self._cache.refresh()
            # What killed registrations left; nobody else writes such names under the lock.
            for swept in (self._entries.folder / ".cm", self._kernel.local.folder):
                sweep(swept)
            try:
                for name in names:
                    with ck_errors(f'the CK repository "{name}" cannot be made'):
                        made.append(self._register(name))
            finally:
                self._cache.add(made)

    def _mend(self) -> None:
        """Put back what the cache lacks; the lock must be held."""
        for name in filter(self._entries.is_broken, self._broken):
            self._entries.mend_one(name)
        self._cache.add(self._lacking())
        self._is_behind = False

    def _register(self, name: str) -> dict[str, Any]:
        """Make what is missing of a repository; return what CK's cache is to have of it."""
        known = self._cache.info(name)
        if known.get("dict", {}).get("remote"):
            raise StoreError(
                f'the CK repository "{name}" is remote, and pictures can only be saved on this '
                "machine"
            )
        folder = self.get(name).folder
        is_new = not folder.exists()
        folder.mkdir(parents=True, exist_ok=True)
        for swept in () if is_new else (folder, folder / ".cm"):
            sweep(swept)
        description = {} if is_new else read_json(folder / _DESCRIPTION) or {}
        uid = known.get("data_uid") or self._entries.uid(name) or str(description.get("data_uid"))
        if not self._entries.may_be(name, uid):
            uid = secrets.token_hex(8)
        if known and description:
            return known
        # CK writes the description in place: so beside, where it harms nobody half written.
        beside = folder / f"{NEW}{_DESCRIPTION}"
        told = {str(beside): {**_described(name, uid), "dict": {}}}
        known_meta = self._entries.meta(name)
        meta = known_meta or {"path": str(folder)}
        try:
            self._entries.put(name, meta, uid, extra_json_files={} if description else told)
        except StoreError:
            with suppress(OSError):
                folder.rmdir()
            raise
        if not description:
            beside.replace(folder / _DESCRIPTION)
        if is_new and known_meta is None and not known:  # as nearly always: what was just written
            where = self._entries.location(name)
            return {**_described(name, uid), "dict": meta, "path_to_repo_desc": where}
        return known or self._registered(self._entries, name)

    def _unknown(self, entries: Entries) -> Iterator[str]:
        """Yield the registrations that are not in the cache."""
        return (name for name in entries.names() if not self._cache.info(name))

    def _lacking(self) -> Iterator[dict[str, Any]]:
        """Yield what the cache should have and lacks, as `ck recache repo` would find it."""
        for entries in (self._entries, self._shipped):
            for name in self._unknown(entries):
                yield from filter(None, [self._registered(entries, name)])

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
            "data_name": str((entries.meta(name, "info") or {}).get("data_name") or name),
            "dict": {**own, "path": path} if own and isinstance(own, dict) else meta,
            "path_to_repo_desc": entries.location(name),
        }


def _is_whole(repository: Repository) -> bool:
    described = f"{repository.folder}{os.sep}{_DESCRIPTION}"
    return bool(repository.facts) and os.path.isfile(described)  # noqa: PTH113  there are many


def _described(name: str, uid: str) -> dict[str, Any]:
    return {"data_alias": name, "data_name": name, "data_uid": uid, "data_uoa": name}


def home(ck: ModuleType, name: str = ARCHIVE) -> Path:
    """Return the folder of a home, which need not exist.

    Parameters
    ----------
    ck : module
        The CK kernel.
    name : str, optional
        The home: that of the archive, or `OVERVIEW`.
    """
    kernel = Kernel(ck)
    return Entries(kernel, kernel.local, MODULE).path(name)


def make_home(ck: ModuleType, name: str = ARCHIVE) -> Path:
    """Return the folder of a home; have CK make its entry unless it is there.

    Parameters
    ----------
    ck : module
        The CK kernel.
    name : str, optional
        The home: that of the archive, or `OVERVIEW`.

    Raises
    ------
    StoreError
        If that is not possible or forbidden, or a newer version has made it.
    """
    kernel = Kernel(ck)
    kernel.refuse_forbidden(kernel.local.name, False, name)
    entries = Entries(kernel, kernel.local, MODULE)
    with ck_errors(f"the CK entry local:{MODULE}:{name} cannot be written"), kernel.locked():
        meta = entries.meta(name)
        refuse_newer((meta or {}).get("format"), entries.path(name))
        return entries.path(name) if meta else entries.put(name, {"format": FORMAT})
