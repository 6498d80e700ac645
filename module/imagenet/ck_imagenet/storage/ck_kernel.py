"""The kernel of Collective Knowledge: whatever is to change there is asked of `ck.access`."""

from __future__ import annotations

import os
import re
from contextlib import ExitStack, contextmanager
from pathlib import Path
from threading import RLock
from types import ModuleType
from typing import Any, Iterator, Mapping, NamedTuple

from filelock import FileLock

from ..core.errors import StoreError
from ..core.files import without_surrogates

_SYSTEM_ERROR = re.compile(r"(?:problem writing text file=.*\()?\[Errno (\d+)\]", re.DOTALL)
"""How CK quotes what the system says of files, of a full disk for example."""

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
def making(what: str) -> Iterator[None]:
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
        self._turn = RLock()
        self._is_locked = False

    @property
    def local(self) -> Repository:
        """The repository `local`."""
        return Repository(self.ck.cfg["repo_name_local"], Path(self.ck.work["dir_local_repo"]), {})

    def module(self, alias: str) -> ModuleName:
        """Return the module that CK knows as `alias`; raise StoreError if there is none."""
        if alias not in self._modules:
            request = {"action": "load", "module_uoa": "module", "data_uoa": alias}
            found = self.ck.access({**request, "common_func": "yes"})
            if found["return"]:
                raise StoreError(f'CK does not find its module "{alias}": {found["error"]}')
            self._modules[alias] = ModuleName(alias, found["data_uid"])
        return self._modules[alias]

    def ask(
        self, repository: Repository, module: ModuleName, action: str, name: str, **more: Any
    ) -> None:
        """Have CK do something with an entry.

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
        with ExitStack() as turn:
            if repository.facts.get("shared"):
                # CK tells git, which prints, and changes the working directory of all for that.
                turn.enter_context(self.locked())
                turn.enter_context(silenced_output())
            try:
                answer = self.ck.access(request)
            except OSError as error:
                error.filename = error.filename or str(repository.folder)
                raise
        if answer["return"]:
            where, said = f"{repository.name}:{module.alias}:{name}", str(answer["error"])
            found = _SYSTEM_ERROR.match(said)
            if found:
                number = int(found.group(1))
                raise OSError(number, os.strerror(number), str(repository.folder))
            raise StoreError(f'CK does not {action} the entry "{where}": {said}')

    def refusal(self, repository: str, delete: bool = False) -> str:
        """Return why CK lets nobody write to a repository, or remove, or an empty text."""
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
                f"CK lets nobody {'remove from' if delete else 'write to'} {where}: {said}; "
                "its settings are shown by `ck set kernel`, a repository's by `ck load repo:NAME`"
            )

    @contextmanager
    def locked(self, timeout: float = -1) -> Iterator[None]:
        """Keep the rest of this program, other processes too, from making a repository meanwhile.

        Raise TimeoutError if it is at work still after `timeout` seconds, by default never.
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
