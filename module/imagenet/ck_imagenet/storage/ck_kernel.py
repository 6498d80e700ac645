"""The kernel of Collective Knowledge: whatever is to change there is asked of `ck.access`.

But for its cache of repositories, two files which every process reads once. CK writes them in
place, and a kill then breaks every `ck` command. So they are the one thing that is written here:
each is replaced in one step, once for many repositories.
"""

from __future__ import annotations

import json
import os
import re
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any, Iterable, Iterator, Mapping, NamedTuple

from ..core.actions import SETTINGS
from ..core.errors import BadInput, StoreError
from ..core.files import without_surrogates, write_whole
from ..core.options import CONFIGURATION

_SYSTEM_ERROR = re.compile(r"(?:problem \w+ \w+ file=(.*) \()?\[Errno (\d+)\]", re.DOTALL)
"""How CK quotes what the system says of files, as that the disk is full: of which, and what."""

_UNREAD_UID = re.compile(r"inconsistent entry: .* but not the UID in file (.+)", re.DOTALL)
"""What CK says of a file which it could not open, whatever the reason."""

_ATTEMPTS = 5
"""How often CK is asked while it cannot open what can be opened just afterwards."""

OUTPUT_LOCK = RLock()
"""Held by whoever writes to standard output, which holds what a command has found and no more."""

_OUTPUT = 1
"""What a program that is started finds as its standard output."""


@contextmanager
def silenced_output() -> Iterator[None]:
    """Keep programs that are started meanwhile from writing to standard output.

    Other threads may be at work: those that write wait for `OUTPUT_LOCK`.
    """
    with OUTPUT_LOCK:
        try:
            saved = os.dup(_OUTPUT)
        except OSError:  # there is none
            yield
            return
        nowhere = os.open(os.devnull, os.O_WRONLY)
        try:
            os.dup2(nowhere, _OUTPUT)
            yield
        finally:
            os.dup2(saved, _OUTPUT)
            os.close(saved)
            os.close(nowhere)


@contextmanager
def ck_errors(what: str) -> Iterator[None]:
    """Turn what the system says of CK's folders into a sentence about what cannot be done."""
    try:
        yield
    except OSError as error:
        raise StoreError(
            f'{what}: {error.strerror} ("{error.filename}"); '
            "CK_REPOS must be a folder that can be written"
        ) from None


class ModuleName(NamedTuple):
    """A CK module: its alias and its UID."""

    alias: str
    uid: str


class Repository(NamedTuple):
    """A CK repository: `facts` is what CK knows of it, such as that its entries are shared."""

    name: str
    folder: Path
    facts: Mapping[str, Any]


class Kernel:
    """CK's kernel, as this program deals with it; `ck` is the kernel, initialised."""

    def __init__(self, ck: ModuleType) -> None:
        self.ck = ck
        self._modules: dict[str, ModuleName] = {}
        self._lock = RLock()
        self._is_locked = False

    @property
    def local(self) -> Repository:
        """The repository `local`."""
        return Repository(self.ck.cfg["repo_name_local"], Path(self.ck.work["dir_local_repo"]), {})

    def module(self, alias: str) -> ModuleName:
        """Return the module that CK knows as `alias`; raise StoreError if there is none."""
        if alias not in self._modules:
            request = {"action": "load", "module_uoa": "module", "data_uoa": alias}
            found = self._access({**request, "common_func": "yes"})
            if found["return"]:
                raise StoreError(f'CK does not find its module "{alias}": {found["error"]}')
            self._modules[alias] = ModuleName(alias, found["data_uid"])
        return self._modules[alias]

    def ask(
        self, repository: Repository, module: ModuleName, action: str, name: str, **more: Any
    ) -> None:
        """Have CK do something with an entry.

        Parameters
        ----------
        repository : Repository
            Where the entry is, or is to be.
        module : ModuleName
            The module whose entry it is.
        action, name : str
            What to do, such as `add`, and the entry's alias.
        **more
            What else this action takes.

        Raises
        ------
        StoreError
            If it refuses, with its own words.
        OSError
            If the system does.
        """
        request: dict[str, Any] = {
            "action": action,
            "common_func": "yes",  # `dataset` has an `add` of its own, which takes no lists
            "repo_uoa": repository.name,
            "module_uoa": module.alias,
            "data_uoa": name,
            **more,
        }
        if "\\ud" in repr(more):  # half a surrogate, which CK cannot write
            request = without_surrogates(request)
        with ExitStack() as stack:
            if repository.facts.get("shared"):
                # CK tells git, which prints, and changes the working directory of all for that.
                stack.enter_context(self.locked())
                stack.enter_context(silenced_output())
            try:
                answer = self._access(request)
            except OSError as error:
                error.filename = error.filename or str(repository.folder)
                raise
        if answer["return"]:
            where, said = f"{repository.name}:{module.alias}:{name}", str(answer["error"])
            found = _SYSTEM_ERROR.match(said)
            if found:
                number = int(found[2])
                raise OSError(number, os.strerror(number), found[1] or str(repository.folder))
            raise StoreError(f'CK does not {action} the entry "{where}": {said}')

    def _access(self, request: dict[str, Any]) -> dict[str, Any]:
        """Ask CK; where it takes too many open files for a missing file, raise OSError instead."""
        answer: dict[str, Any] = {}
        for _ in range(_ATTEMPTS):
            answer = self.ck.access(dict(request))
            unread = _UNREAD_UID.match(str(answer.get("error")))
            if not unread or not Path(unread[1]).is_file():
                break
            Path(unread[1]).read_bytes()
        return answer

    def refusal(self, repository: str, delete: bool = False) -> str:
        """Return why CK lets nobody write to a repository.

        Parameters
        ----------
        repository : str
            Its name; an empty text for what holds anywhere.
        delete : bool, optional
            Whether entries are to be removed too.

        Returns
        -------
        str
            CK's own words, or an empty text.
        """
        request = {"repo_uoa": repository, "delete": "yes" if delete else ""}
        answer = self.ck.check_writing(request if repository or delete else {})
        return str(answer["error"]) if answer["return"] else ""

    def refuse_forbidden(self, repository: str, delete: bool, *names: str) -> None:
        """Raise StoreError if CK will refuse, before anything is made.

        Parameters
        ----------
        repository : str
            Its name; an empty text for what holds anywhere.
        delete : bool
            Whether entries are to be removed too.
        *names : str
            What entries are to be called.
        """
        said, allowed = self.refusal(repository, delete), self.ck.cfg.get("allowed_entry_names", "")
        if not all(re.match(allowed, name) for name in names):
            said = said or f'found disallowed characters in names (allowed: "{allowed}")'
        if said:
            where = f'the repository "{repository}"' if repository else "any repository"
            raise StoreError(
                f"CK does not let you {'remove from' if delete else 'write to'} {where}: {said}. "
                "See CK's settings with `ck set kernel`, and a repository's with `ck load "
                "repo:NAME`"
            )

    @contextmanager
    def locked(self, timeout: float = -1) -> Iterator[None]:
        """Keep the rest of this program, other processes too, from making a repository meanwhile.

        Raise TimeoutError if it is at work still after `timeout` seconds, by default never.
        """
        with self._lock:
            if self._is_locked:  # by this very thread
                yield
                return
            from filelock import FileLock  # which only those who write need

            with FileLock(Path(self.ck.work["dir_work_repo"]) / ".ck-imagenet.lock", timeout):
                self._is_locked = True
                try:
                    yield
                finally:
                    self._is_locked = False


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
        self._lock = RLock()
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
        with self._lock:
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
            self._ck.paths_repos_all.extend(_locations([info]))
        return bool(fresh)

    def add(self, infos: Iterable[dict[str, Any]]) -> None:
        """Make repositories known, told as `know` is; raise OSError if that is not possible."""
        with self._lock:
            self.refresh()
            if self.know(infos) or not self.is_sound:
                # CK reads the second first: whoever finds a name there finds its facts here.
                self._write("info", "uoa")

    def remove(self, name: str) -> None:
        """Let nothing be known of a repository; raise OSError if that is not possible."""
        with self._lock:
            self.refresh()
            uid = self._ck.cache_repo_uoa.pop(name, "")
            self._ck.cache_repo_info.pop(uid, None)
            locations = self._ck.paths_repos_all
            locations[:] = [location for location in locations if location.get("repo_uid") != uid]
            self._write("uoa", "info")

    def _holds_no_module(self, location: dict[str, Any]) -> bool:
        return str(location["repo_uoa"]).startswith(self._ours)

    def _read(self) -> bool:
        """Take what the files say, as CK does at first; say whether they hold what CK writes."""
        found = (file.read_bytes() if file.exists() else b"{}" for file in self._files.values())
        try:
            uids, infos = map(json.loads, found)
            locations = sorted(_locations(infos.values()), key=self._holds_no_module)
            uids = {**uids}
        except (AttributeError, LookupError, TypeError, ValueError):
            return False
        # All at once: another thread may be asking CK for something.
        vars(self._ck).update(
            cache_repo_uoa=uids,
            cache_repo_info=infos,
            paths_repos_all=locations,
            cache_repo_init=True,
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


def _locations(infos: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
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


def settings(ck: ModuleType) -> dict[str, Any]:
    """Return CK's configuration of this module, the entry `local:cfg:imagenet`.

    Raises
    ------
    BadInput
        If it is none, or has what is no setting.
    """
    entry = {"module_uoa": "cfg", "data_uoa": "imagenet", "repo_uoa": "local"}
    try:
        found = ck.access(dict(entry, action="load", common_func="yes"))
        configured = dict((found["dict"] if found["return"] == 0 else {}).items())
    except (AttributeError, TypeError, ValueError):  # CK itself takes any JSON for an object
        raise BadInput(
            f"{CONFIGURATION} cannot be read. To start with an empty one: ck rm "
            "local:cfg:imagenet --force"
        ) from None
    for key in configured:
        if key.replace("_", "-") not in SETTINGS:
            there = ", ".join(sorted(SETTINGS))
            raise BadInput(f'{CONFIGURATION}: "{key}" is not a setting; the settings are {there}')
    return configured
