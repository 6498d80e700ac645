"""The kernel of Collective Knowledge: whatever is to change there is asked of `ck.access`."""

from __future__ import annotations

import os
import re
from contextlib import contextmanager, nullcontext
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any, Iterable, Iterator, Mapping, NamedTuple

from filelock import FileLock

from ..errors import StoreError

_FOR_EVER = -1
_SYSTEM_ERROR = re.compile(r"(?:problem writing text file=.*\()?\[Errno (\d+)\]", re.DOTALL)
"""How CK quotes what the system says of files, of a full disk for example."""


class ModuleName(NamedTuple):
    """A CK module: its alias and its UID."""

    alias: str
    uid: str

    @classmethod
    def of(cls, ck: ModuleType, alias: str) -> ModuleName:
        """Return the module that CK knows as `alias`; raise StoreError if there is none."""
        found = ck.access(
            {"action": "load", "common_func": "yes", "module_uoa": "module", "data_uoa": alias}
        )
        if found["return"]:
            raise StoreError(f'CK does not find its module "{alias}": {found["error"]}')
        return cls(alias, found["data_uid"])


class Repository(NamedTuple):
    """A CK repository."""

    name: str
    folder: Path
    facts: Mapping[str, Any]
    """What CK knows of it: whether its entries are split into folders, or shared with others."""


class Kernel:
    """CK's kernel, as this program deals with it.

    Parameters
    ----------
    ck : module
        The kernel, which has been initialised.
    """

    def __init__(self, ck: ModuleType) -> None:
        self.ck = ck
        self._turn = RLock()
        self._is_locked = False

    @property
    def local(self) -> Repository:
        """The repository `local`."""
        return Repository(self.ck.cfg["repo_name_local"], Path(self.ck.work["dir_local_repo"]), {})

    def ask(
        self, action: str, repository: Repository, module: ModuleName, name: str, **more: Any
    ) -> dict[str, Any]:
        """Return what CK answers when it is asked to do something with an entry.

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
        if "\\ud" in repr(more):
            request = _writable(request)
        # Of what is shared, CK tells git, for which it changes the working directory of all.
        with self.locked() if repository.facts.get("shared") else nullcontext():
            try:
                answer = self._access(request)
            except OSError as error:
                error.filename = error.filename or str(repository.folder)
                raise
        said = str(answer.get("error", ""))
        found = _SYSTEM_ERROR.match(said)
        if answer["return"] and found:
            number = int(found.group(1))
            raise OSError(number, os.strerror(number), str(repository.folder))
        if answer["return"]:
            where = f"{repository.name}:{module.alias}:{name}"
            raise StoreError(f'CK does not {action} the entry "{where}": {said}')
        return answer

    def _access(self, request: dict[str, Any]) -> dict[str, Any]:
        try:
            answer: dict[str, Any] = self.ck.access(dict(request))
        except FileExistsError:  # threads that make the first entries of a split folder at once
            answer = self.ck.access(dict(request))
        return answer

    def refusal(self, repository: str = "", delete: bool = False, names: Iterable[str] = ()) -> str:
        """Return why CK lets nobody write to a repository, or an empty text if it does.

        Parameters
        ----------
        repository : str, optional
            Its name, by default any.
        delete : bool, optional
            Whether entries are to be removed too.
        names : iterable of str, optional
            What entries are to be called.
        """
        request = {"repo_uoa": repository, "delete": "yes" if delete else ""}
        answer = self.ck.check_writing(request if repository or delete else {})
        allowed = self.ck.cfg.get("allowed_entry_names", "")
        if answer["return"] == 0 and not all(re.match(allowed, name) for name in names):
            return f'found disallowed characters in names (allowed: "{allowed}")'
        return str(answer["error"]) if answer["return"] else ""

    def refuse_forbidden(
        self, repository: str = "", delete: bool = False, names: Iterable[str] = ()
    ) -> None:
        """Raise StoreError if there is such a refusal, before anything is done."""
        said = self.refusal(repository, delete, names)
        if said:
            where = f'the repository "{repository}"' if repository else "its repositories"
            raise StoreError(
                f"CK lets nobody {'remove from' if delete else 'write to'} {where}: {said}; "
                "its settings are shown by `ck set kernel`, and those of a repository by "
                "`ck load repo:NAME --min`"
            )

    @contextmanager
    def locked(self, timeout: float = _FOR_EVER) -> Iterator[None]:
        """Keep other processes and threads of this program from making anything of a repository.

        Parameters
        ----------
        timeout : float, optional
            Seconds to wait for others, by default for ever.

        Raises
        ------
        TimeoutError
            If they are at work still.
        """
        with self._turn:
            if self._is_locked:  # by this very thread
                yield
                return
            with FileLock(Path(self.ck.work["dir_work_repo"]) / ".ck-imagenet.lock", timeout):
                self._is_locked = True
                try:
                    yield
                finally:
                    self._is_locked = False


def _writable(value: Any) -> Any:
    """Return a value as CK can write it: no half a surrogate, from a path that is not UTF-8."""
    if isinstance(value, str):
        return value.encode("utf-8", "backslashreplace").decode()
    if isinstance(value, Mapping):
        return {_writable(key): _writable(each) for key, each in value.items()}
    return list(map(_writable, value)) if isinstance(value, (list, tuple)) else value
