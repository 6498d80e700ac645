"""The registrations of repositories in Collective Knowledge: entries `local:repo:NAME`.

CK's own `add repo` caches every repository anew each time, writes its cache in place, and changes
the working directory. Here CK adds the entries alone, many at a time, under a lock, and its cache
is written once for all of them.
"""

from __future__ import annotations

import secrets
from contextlib import contextmanager, suppress
from functools import cached_property
from pathlib import Path
from typing import Any, Iterable, Iterator, Sequence

from ..errors import StoreError
from ..files import NEW, read_json, sweep
from .ck_cache import Cache
from .ck_entries import Entries
from .ck_kernel import Kernel, Repository

PREFIX = "imagenet-"
"""What the name of every synset's repository begins with."""

BATCH = 1000
"""Repositories that are put into CK's cache at once: the more, the less each costs."""

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
        unknown = list(self._unknown())
        self._broken = [name for entries, name in unknown if self._is_broken(entries, name)]
        is_lacking = self._cache.know(self._lacking(unknown))
        self._is_behind = is_lacking or not self._cache.is_sound or bool(self._broken)
        if self._is_behind:
            with suppress(OSError), kernel.locked(timeout=0):  # else who holds it does the same
                self._mend()

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names of the repositories that begin with `prefix` and have a folder."""
        for info in list(self._kernel.ck.cache_repo_info.values()):
            if info["data_uoa"].startswith(prefix) and info["dict"].get("path"):
                yield info["data_uoa"]

    def unregistered(self, prefix: str) -> Iterator[str]:
        """Yield the names of folders that begin so and lie where repositories do, and are none."""
        self._cache.refresh()
        for folder in self._home.glob(f"{prefix}*"):
            if not self._cache.info(folder.name) and folder.is_dir():
                yield folder.name

    def get(self, name: str) -> Repository | None:
        """Return a repository, or None if CK does not know it, or not as a folder."""
        if not self._cache.info(name):  # another process may just have made it
            self._cache.refresh()
        facts = self._cache.info(name).get("dict", {})
        return Repository(name, Path(facts["path"]), facts) if facts.get("path") else None

    def expected(self, name: str) -> Repository:
        """Return a repository as it is, or as it will be when it is made."""
        return self.get(name) or Repository(name, self._home / name, {})

    def create(self, name: str) -> Repository:
        """Return a repository, once `create_all` has made what is missing of it."""
        self.create_all([name])
        return self.expected(name)

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
        missing = [name for name in names if self._is_behind or not self._is_whole(name)]
        for start in range(0, len(missing), BATCH):
            self._register_all(missing[start : start + BATCH])

    def unregister(self, name: str) -> None:
        """Let CK know nothing of a repository any more; its folder is not touched.

        Raises
        ------
        StoreError
            If CK's folders cannot be written, or CK forbids it.
        """
        with _writing(name, "cannot be unregistered"), self._kernel.locked():
            # First what a kill lets the next process put back: CK knows all of it or nothing.
            self._cache.remove(name)
            self._entries.remove(name)

    def _is_whole(self, name: str) -> bool:
        known = self.get(name)
        return known is not None and (known.folder / _DESCRIPTION).is_file()

    def _register_all(self, names: Sequence[str]) -> None:
        made: list[dict[str, Any]] = []
        with _writing(names[0], "cannot be made"), self._kernel.locked():
            if self._is_behind:
                self._mend()
            else:
                self._cache.refresh()
            # What killed registrations left; nobody else writes such names under the lock.
            for swept in (self._entries.folder / ".cm", self._kernel.local.folder):
                sweep(swept)
            try:
                for name in names:
                    with _writing(name, "cannot be made"):
                        made.append(self._register(name))
            finally:
                self._cache.add(made)

    def _mend(self) -> None:
        """Put back what the cache lacks; the lock must be held."""
        for name in filter(self._entries.is_broken, self._broken):
            self._entries.mend_one(name)
        self._cache.add(self._lacking(self._unknown()))
        self._is_behind = False

    def _register(self, name: str) -> dict[str, Any]:
        """Make what is missing of a repository; return what CK's cache is to have of it."""
        known = self._cache.info(name)
        if known.get("dict", {}).get("remote"):
            raise StoreError(f'the CK repository "{name}" is remote: pictures are kept here only')
        if not known:
            self._kernel.refuse_forbidden(self._kernel.local.name, False, name)
        folder = self.expected(name).folder
        folder.mkdir(parents=True, exist_ok=True)
        for swept in (folder, folder / ".cm"):
            sweep(swept)
        description = read_json(folder / _DESCRIPTION) or {}
        uid = known.get("data_uid") or self._entries.uid(name) or str(description.get("data_uid"))
        if not self._entries.may_be(name, uid):
            uid = secrets.token_hex(8)
        if known and description:
            return known
        # CK writes the description in place: so beside, where it harms nobody half written.
        beside = folder / f"{NEW}{_DESCRIPTION}"
        told = {str(beside): {**_described(name, uid), "dict": {}}}
        meta = self._entries.meta(name) or {"path": str(folder)}
        try:
            self._entries.put(name, meta, uid, extra_json_files={} if description else told)
        except StoreError:
            with suppress(OSError):
                folder.rmdir()
            raise
        if not description:
            beside.replace(folder / _DESCRIPTION)
        return known or self._registered(self._entries, name)

    @property
    def _entries(self) -> Entries:
        """The entries `local:repo:NAME`."""
        return self._places[0]

    @cached_property
    def _places(self) -> tuple[Entries, Entries]:
        """Our entries and those that come with CK: `ck recache repo` makes the cache from both."""
        kernel, ck = self._kernel, self._kernel.ck
        theirs = Repository(ck.cfg["repo_name_default"], Path(ck.work["dir_default_repo"]), {})
        module = ck.cfg["module_repo_name"]
        return Entries(kernel, kernel.local, module), Entries(kernel, theirs, module)

    def _unknown(self) -> Iterator[tuple[Entries, str]]:
        """Yield the registrations that are not in the cache."""
        for entries in self._places:
            yield from ((entries, name) for name in entries.names() if not self._cache.info(name))

    def _lacking(self, unknown: Iterable[tuple[Entries, str]]) -> Iterator[dict[str, Any]]:
        """Yield what the cache should have and lacks, as `ck recache repo` would find it."""
        yield from filter(None, (self._registered(*each) for each in unknown))

    def _is_broken(self, entries: Entries, name: str) -> bool:
        """Say whether a kill has left a registration of ours so: CK then caches none any more."""
        return entries is self._entries and name.startswith(PREFIX) and entries.is_broken(name)

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
            "path_to_repo_desc": entries.place(name),
        }


@contextmanager
def _writing(name: str, what: str) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise StoreError(
            f'the CK repository "{name}" {what}: {error.strerror} ("{error.filename}"); '
            "CK_REPOS must be a folder that can be written"
        ) from None


def _described(name: str, uid: str) -> dict[str, Any]:
    return {"data_alias": name, "data_name": name, "data_uid": uid, "data_uoa": name}
