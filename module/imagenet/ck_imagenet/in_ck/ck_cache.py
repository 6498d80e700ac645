"""What Collective Knowledge keeps of all repositories: two files, which every process reads once.

CK writes them in place. Here each is replaced atomically, once for many repositories.
"""

from __future__ import annotations

import json
from contextlib import suppress
from pathlib import Path
from threading import Lock
from types import ModuleType
from typing import Any, Iterable, Iterator

from ..files import write_whole

_IN_MEMORY = ("cache_repo_uoa", "cache_repo_info", "paths_repos_all", "cache_repo_init")


class Cache:
    """CK's cache of repositories, on disk and in this process.

    Threads may ask for what is known while another one adds to it. Among processes, only one that
    holds the lock of `Repositories` may add anything or remove it.

    Parameters
    ----------
    ck : module
        The CK kernel.

    Attributes
    ----------
    is_sound : bool
        Whether its files could be read, and hold what CK writes there.
    """

    def __init__(self, ck: ModuleType) -> None:
        self._ck = ck
        self._turn = Lock()
        self._seen: Any = None
        self.is_sound = self._read()
        if not self.is_sound:
            vars(ck).update(cache_repo_uoa={}, cache_repo_info={}, paths_repos_all=[])

    def names(self, prefix: str) -> Iterator[str]:
        """Yield the names of the repositories that begin with `prefix` and have a folder."""
        for info in list(self._ck.cache_repo_info.values()):
            name = info.get("data_uoa", "")
            if name.startswith(prefix) and info.get("dict", {}).get("path"):
                yield name

    def info(self, name: str) -> dict[str, Any]:
        """Return what is known of a repository, nothing if CK does not know it."""
        uid = self._ck.cache_repo_uoa.get(name, "")
        known: dict[str, Any] = self._ck.cache_repo_info.get(uid, {})
        return known

    def folder(self, name: str) -> str:
        """Return the folder of a repository, or an empty text if nothing is known of any."""
        folder: str = self.info(name).get("dict", {}).get("path", "")
        return folder

    def refresh(self) -> None:
        """Read the files, if anybody has written them since."""
        with self._turn:
            self._refresh()

    def know(self, infos: Iterable[dict[str, Any]]) -> bool:
        """Make repositories known to this process alone, unless they are; say whether any was not.

        Parameters
        ----------
        infos : iterable of dict
            Of each its `data_alias`, `data_name`, `data_uid`, `data_uoa`, `dict` with its `path`,
            and `path_to_repo_desc`, as CK has them.
        """
        fresh = [info for info in infos if not self.info(info["data_uoa"])]
        for info in fresh:
            name, uid, meta = info["data_uoa"], info["data_uid"], info["dict"]
            self._ck.cache_repo_info[uid] = info
            self._ck.cache_repo_uoa[name] = uid
            if meta.get("path"):
                place = {"path": meta["path"], "dict": meta, "repo_uoa": name}
                self._ck.paths_repos_all.append({**place, "repo_uid": uid, "repo_alias": name})
        return bool(fresh)

    def add(self, infos: Iterable[dict[str, Any]]) -> None:
        """Make repositories known, unless they are; raise OSError if that is not possible.

        Parameters
        ----------
        infos : iterable of dict
            Of each what `know` is told.
        """
        with self._turn:
            self._refresh()
            if self.know(infos) or not self.is_sound:
                # CK reads the second first: whoever finds a name there finds its facts here.
                self._write("info", "uoa")

    def remove(self, name: str) -> None:
        """Let nothing be known of a repository; raise OSError if that is not possible."""
        with self._turn:
            self._refresh()
            uid = self._ck.cache_repo_uoa.pop(name, "")
            self._ck.cache_repo_info.pop(uid, None)
            places = self._ck.paths_repos_all
            places[:] = [place for place in places if place.get("repo_uid") != uid]
            self._write("uoa", "info")

    def _refresh(self) -> None:
        seen = self._state()
        if seen == self._seen:
            return
        known = {name: getattr(self._ck, name) for name in _IN_MEMORY}
        self.is_sound = self._read(force="yes")
        if not self.is_sound:  # CK was killed while it wrote them, or is just writing them
            vars(self._ck).update(known)
        self._seen = seen

    def _read(self, **how: str) -> bool:
        """Let CK read the files, unless it has; say whether they hold what CK writes there."""
        try:
            done = self._ck.reload_repo_cache(how)
        except (LookupError, TypeError):  # they are JSON, and nothing else is as it should be
            return False
        known = self._ck.cache_repo_uoa, self._ck.cache_repo_info
        return done["return"] == 0 and all(isinstance(each, dict) for each in known)

    def _write(self, *keys: str) -> None:
        for key in keys:
            # Not sorted: CK looks for modules in this order, and ours is older than its synsets.
            text = json.dumps(getattr(self._ck, f"cache_repo_{key}"), ensure_ascii=False) + "\n"
            write_whole(self._file(key), text.encode("utf-8", "backslashreplace"))
        vars(self._ck).update(cache_repo_init=True)
        self.is_sound, self._seen = True, self._state()

    def _state(self) -> list[tuple[int, int, int]]:
        """Return what is another one once the files have been written."""
        state = []
        for key in ("uoa", "info"):
            with suppress(FileNotFoundError):
                stat = self._file(key).stat()
                state.append((stat.st_ino, stat.st_size, stat.st_mtime_ns))
        return state

    def _file(self, key: str) -> Path:
        return Path(self._ck.work[f"dir_cache_repo_{key}"])
