"""What Collective Knowledge keeps of all repositories: two files, which every process reads once.

CK writes them in place, and a kill then breaks every `ck` command: so they are the one thing that
is written here, not there. Each is replaced in one step, once for many repositories.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any, Iterable

from ..core.files import write_whole


class Cache:
    """CK's cache of repositories, on disk and in this process.

    Threads may ask for what is known while another one adds to it. Among processes, only one that
    holds the lock of `Kernel` may add anything or remove it.

    Parameters
    ----------
    ck : module
        The CK kernel.
    ours : str
        How the names of repositories begin that hold no modules: CK looks there last for one.

    Attributes
    ----------
    is_sound : bool
        Whether its files could be read, and hold what CK writes there.
    """

    def __init__(self, ck: ModuleType, ours: str) -> None:
        self._ck = ck
        self._ours = ours
        self._turn = RLock()
        self._seen: Any = None
        self._files = {key: Path(ck.work[f"dir_cache_repo_{key}"]) for key in ("uoa", "info")}
        self.is_sound = ck.cache_repo_init or self._read()
        if not self.is_sound:
            vars(ck).update(cache_repo_uoa={}, cache_repo_info={}, paths_repos_all=[])
        vars(ck)["paths_repos_all"].sort(key=self._holds_no_module)

    def info(self, name: str) -> dict[str, Any]:
        """Return what is known of a repository, nothing if CK does not know it."""
        uid = self._ck.cache_repo_uoa.get(name, "")
        known: dict[str, Any] = self._ck.cache_repo_info.get(uid, {})
        return known

    def refresh(self) -> None:
        """Read the files, if anybody has written them since."""
        with self._turn:
            seen = self._state()
            if seen != self._seen:
                self.is_sound = self._read()  # else CK was killed while it wrote, or is writing
                self._seen = seen

    def know(self, infos: Iterable[dict[str, Any]]) -> bool:
        """Make repositories known to this process alone, unless they are; say whether any was not.

        Parameters
        ----------
        infos : iterable of dict
            Of each what CK's cache has of it.
        """
        fresh = [info for info in infos if not self.info(info["data_uoa"])]
        for info in fresh:
            self._ck.cache_repo_info[info["data_uid"]] = info
            self._ck.cache_repo_uoa[info["data_uoa"]] = info["data_uid"]
            self._ck.paths_repos_all.extend(_places([info]))
        return bool(fresh)

    def add(self, infos: Iterable[dict[str, Any]]) -> None:
        """Make repositories known, told as `know` is; raise OSError if that is not possible."""
        with self._turn:
            self.refresh()
            if self.know(infos) or not self.is_sound:
                # CK reads the second first: whoever finds a name there finds its facts here.
                self._write("info", "uoa")

    def remove(self, name: str) -> None:
        """Let nothing be known of a repository; raise OSError if that is not possible."""
        with self._turn:
            self.refresh()
            uid = self._ck.cache_repo_uoa.pop(name, "")
            self._ck.cache_repo_info.pop(uid, None)
            places = self._ck.paths_repos_all
            places[:] = [place for place in places if place.get("repo_uid") != uid]
            self._write("uoa", "info")

    def _holds_no_module(self, place: dict[str, Any]) -> bool:
        return str(place["repo_uoa"]).startswith(self._ours)

    def _read(self) -> bool:
        """Take what the files say, as CK does at first; say whether they hold what CK writes."""
        found = (file.read_bytes() if file.exists() else b"{}" for file in self._files.values())
        try:
            uids, infos = map(json.loads, found)
            places = sorted(_places(infos.values()), key=self._holds_no_module)
            uids = {**uids}
        except (AttributeError, LookupError, TypeError, ValueError):
            return False
        # All at once: another thread may be asking CK for something.
        vars(self._ck).update(
            cache_repo_uoa=uids, cache_repo_info=infos, paths_repos_all=places, cache_repo_init=True
        )
        return True

    def _write(self, *keys: str) -> None:
        for key in keys:
            # Not sorted: CK looks for modules in this order, and ours is older than its synsets.
            text = json.dumps(getattr(self._ck, f"cache_repo_{key}"), ensure_ascii=False) + "\n"
            write_whole(self._files[key], text.encode("utf-8", "backslashreplace"))
        vars(self._ck).update(cache_repo_init=True)
        self.is_sound, self._seen = True, self._state()

    def _state(self) -> list[tuple[int, int, int]]:
        """Return what is another one once the files have been written."""
        stats = [file.stat() for file in self._files.values() if file.exists()]
        return [(stat.st_ino, stat.st_size, stat.st_mtime_ns) for stat in stats]


def _places(infos: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return where CK looks for entries in repositories: in those that have a folder."""
    return [
        {
            "path": os.path.normpath(info["dict"]["path"]),
            "dict": info["dict"],
            "repo_uoa": info["data_uoa"],
            "repo_uid": info["data_uid"],
            "repo_alias": info["data_alias"],
        }
        for info in infos
        if info["dict"].get("path")
    ]
