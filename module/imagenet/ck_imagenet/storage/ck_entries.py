"""The entries of one module in one repository: read where CK keeps them, changed through CK."""

from __future__ import annotations

import os
import secrets
import shutil
from contextlib import contextmanager, nullcontext, suppress
from functools import cached_property, partial
from pathlib import Path
from types import ModuleType
from typing import Any, Iterable, Iterator, Mapping, NamedTuple

from ..core.files import (
    NEW,
    first_line,
    folders_in,
    names_in,
    read_json,
    sweep,
    to_json,
    write_whole,
)
from ..core.text import is_picture_number
from .ck_kernel import Kernel, ModuleName, Repository


class Aliases(NamedTuple):
    """What is wrong with the files by which CK finds entries."""

    hidden: set[str]
    """The numbered entries that it does not find by their names or UIDs, or cannot load."""
    dangling: list[Path]
    """The names of numbered entries that are not there, and the UIDs of no entry's name."""
    elsewhere: dict[str, Path]
    """Those that lie where CK looked for them before its setting `split_dirs` was changed."""


class Entries:
    """The entries of one module in one repository.

    Parameters
    ----------
    kernel : Kernel
        Where changes are asked for.
    repository : Repository
        Where they are.
    module : str
        The module whose they are.
    scratch : str, optional
        A folder for copies of what CK is to overwrite, such that a kill meanwhile loses nothing.

    Attributes
    ----------
    root, split : str, int
        Their folder as text, and by how many letters CK divides them among folders, if at all.
    """

    def __init__(
        self, kernel: Kernel, repository: Repository, module: str, scratch: str = ""
    ) -> None:
        self._kernel, self._ck = kernel, kernel.ck
        self._repository = repository
        self._module = kernel.module(module)
        self._ask = partial(kernel.ask, repository, self._module)
        self._scratch = scratch
        # As text, which of thousands of synsets is made in a third of the time.
        self.root = f"{repository.folder}{os.sep}{module}"
        self.split = self._ck.get_split_dir_number(repository.facts, self._module.uid, module)

    @cached_property
    def folder(self) -> Path:
        """The folder of all of them, which need not exist."""
        return Path(self.root)

    @property
    def is_there(self) -> bool:
        """Whether there is a folder of them."""
        return _is_dir(self.root)

    @cached_property
    def _cm(self) -> Path:
        return self.folder / CM

    @cached_property
    def _above(self) -> Path:
        return self._repository.folder / CM

    def location(self, name: str) -> str:
        """Return the folder in which CK looks for an entry, as text: there are many."""
        if not self.split:
            return f"{self.root}{os.sep}{name}"
        first, _ = self._ck.split_name(name, self.split)
        return f"{self.root}{os.sep}{first}{os.sep}{name}"

    def path(self, name: str) -> Path:
        """Return the folder in which CK looks for an entry."""
        return Path(self.location(name))

    def folders(self) -> list[Path]:
        """Return the folders in which entries lie, be they split or not."""
        parts = map(Path, folders_in(self.folder)) if self.split else ()
        return [self.folder, *(part for part in parts if not (part / CM).is_dir())]

    def names(self) -> Iterator[str]:
        """Yield the names of the entries."""
        parts = self.folders()[1:] if self.split else [self.folder]
        for part in parts:
            yield from (entry.name for entry in folders_in(part))

    def numbered(self) -> set[str]:
        """Return the names that are pictures' numbers: an entry `0042` is a user's."""
        return {name for name in self.names() if is_picture_number(name)}

    def meta(self, name: str, part: str = "meta") -> dict[str, Any] | None:
        """Return an entry's meta, or another of its files.

        Parameters
        ----------
        name : str
            The entry's alias.
        part : str, optional
            The file, without its folder and `.json`: "meta", "info" or "desc".

        Returns
        -------
        dict or None
            What it holds; None if it cannot be read.
        """
        return read_json(Path(f"{self.location(name)}{os.sep}{CM}{os.sep}{part}.json"))

    def uid(self, name: str) -> str:
        """Return an entry's UID, or an empty text if it has none."""
        text = first_line(f"{self.root}{os.sep}{CM}{os.sep}alias-a-{name}")
        return text if self._ck.is_uid(text) else ""

    def may_be(self, name: str, uid: str) -> bool:
        """Say whether this can be an entry's UID: whoever copies a folder copies what is in it.

        Parameters
        ----------
        name : str
            The entry's alias.
        uid : str
            Said to be its UID; any text.
        """
        told = f"{self.root}{os.sep}{CM}{os.sep}alias-u-{uid}"
        return self._ck.is_uid(uid) and first_line(told) in ("", name)

    def is_broken(self, name: str) -> bool:
        """Say whether CK cannot find an entry that is there, or cannot load it."""
        is_whole = self.is_found(name) and self.meta(name) is not None
        return _is_dir(self.location(name)) and not is_whole

    def is_found(self, name: str) -> bool:
        """Say whether CK finds an entry, and can load it if it has a meta."""
        is_known = self.uid(name) and not _missing_aliases(self._above, *self._module)
        return bool(is_known) and not _is_torn(self.location(name))

    def is_bare(self, name: str) -> bool:
        """Say whether there is nothing in an entry, but what CK keeps there and a lock."""
        return {CM, ".lock"}.issuperset(names_in(self.location(name)))

    def put(self, name: str, meta: Mapping[str, Any], uid: str = "", **more: Any) -> Path:
        """Have CK make an entry, or give one that is there a new meta; return its folder.

        Threads may do so at once, each with another name.

        Parameters
        ----------
        name, meta : str, mapping
            The entry's alias, and its whole meta.
        uid : str, optional
            The UID that it is to have, if it is new.
        **more
            Whatever else CK's `add` takes.
        """
        is_there = _is_dir(self.location(name))
        known = "" if is_there else self.uid(name)
        if known:
            found = self._elsewhere().items()
            self._bring({each: path for each, path in found if each == name})
            is_there = _is_dir(self.location(name))
        if is_there:
            self._mend_entry(name)
            with self._backed_up(name):
                # An entry's history is of what users do with it.
                self._ask("update", name, dict=meta, substitute="yes", ignore_update="yes", **more)
        else:
            # Of the first entry, CK makes the folder of all too, which threads cannot do at once.
            with nullcontext() if _is_dir(f"{self.root}{os.sep}{CM}") else self._kernel.locked():
                self._add(name, uid or known, dict=meta, **more)
        return self.path(name)

    def _add(self, name: str, uid: str, **request: Any) -> None:
        if not _is_dir(f"{self.root}{os.sep}{CM}"):
            self.mend_folder()
        if not self.may_be(name, uid):
            uid = ""
        _forget(self._cm, name, uid)
        if self.split:  # in which threads cannot let CK make the same folder at once
            with suppress(FileNotFoundError):  # as long as there is no folder of all
                self.path(name).parent.mkdir(exist_ok=True)
        uid = uid or secrets.token_hex(8)
        try:
            self._ask("add", name, data_uid=uid, **request)
        except BaseException:
            if not self.is_bare(name):  # somebody else's, who was quicker: it has its file already
                self._mend_entry(name)
            elif self.uid(name) in ("", uid):  # else somebody else has just made it
                self._undo(name)
            raise

    def remove(self, name: str) -> None:
        """Have CK remove an entry; it need not be there."""
        if not _is_dir(self.location(name)):
            _forget(self._cm, name)
            return
        if not self.uid(name):
            self._mend_entry(name)
        self._ask("rm", name, force="yes")

    @contextmanager
    def _backed_up(self, name: str) -> Iterator[None]:
        """Keep a copy of what CK overwrites in place, which `restore` puts back."""
        if not self._scratch:
            yield
            return
        copy = Path(self._scratch) / f"{NEW}{name}"
        shutil.rmtree(copy, ignore_errors=True)
        shutil.copytree(self.path(name) / CM, copy)
        try:
            yield
        finally:
            self.restore(copy)

    def restore(self, copy: Path) -> None:
        """Put back what cannot be read any more of an entry, from the copy that was made of it."""
        for path in copy.iterdir():
            own = self.path(copy.name[len(NEW) :]) / CM / path.name
            if own.parent.is_dir() and read_json(own) is None:
                path.replace(own)
        shutil.rmtree(copy)

    def mend(self) -> set[str]:
        """Finish or undo what a kill of this program or of CK left of numbered entries.

        Returns
        -------
        set of str
            The entries whose meta was lost and is empty now.
        """
        self.mend_folder()
        if not self.is_there:
            return set()
        sweep(self._cm)
        aliases = self.aliases()
        if aliases.elsewhere:
            self._bring(aliases.elsewhere)
            aliases = self.aliases()
        lost = {name for name in self.numbered() if self.meta(name) is None}
        for name in lost | aliases.hidden:
            self.mend_one(name)
        if lost or aliases.hidden:  # which may have got some of those that led nowhere
            aliases = self.aliases()
        for path in aliases.dangling:
            path.unlink()
        return {name for name in lost if self.path(name).is_dir()}

    def mend_one(self, name: str) -> None:
        """Finish an entry that is broken, or undo it if there is nothing in it."""
        others = (path for path in self.path(name).iterdir() if path.name != CM)
        is_shell = self.meta(name) is None and not any(others)
        (self._undo if is_shell else self._mend_entry)(name)

    def aliases(self) -> Aliases:
        """Return what is wrong with the files by which CK finds entries."""
        if not self.folder.is_dir():
            own = self._above / f"alias-a-{self._module.alias}"
            return Aliases(set(), [own] if own.is_file() else [], {})
        files = [name for name in names_in(self._cm) if name.startswith("alias-")]
        uids = {name: self.uid(name) for name in _endings(files, "alias-a-")}
        leading, entries = set(_endings(files, "alias-u-")), self.numbered()
        nowhere = set(filter(is_picture_number, uids)) - entries
        bare = {name for name in entries if not _is_dir(f"{self.location(name)}{os.sep}{CM}")}
        elsewhere = self._elsewhere() if nowhere or bare else {}
        entries -= bare & {path.parent.name for path in elsewhere.values()}
        nowhere -= elsewhere.keys()
        told = {uid for name, uid in uids.items() if name not in nowhere}
        dangling = [f"alias-a-{name}" for name in sorted(nowhere)]
        dangling += [f"alias-u-{uid}" for uid in sorted(leading - told)]
        hidden = {name for name in entries if uids.get(name) not in leading}
        return Aliases(
            hidden=hidden | {name for name in entries if _is_torn(self.location(name))},
            dangling=[self._cm / file for file in dangling],
            elsewhere={name: elsewhere[name] for name in elsewhere if is_picture_number(name)},
        )

    def discard(self) -> None:
        """Remove the folder of entries, which CK never does, unless one is there."""
        if not any(self.names()):
            shutil.rmtree(self.folder, ignore_errors=True)
            _forget(self._above, self._module.alias)

    def mend_folder(self) -> None:
        """Let CK find the folder of entries that is there, or make it unhindered."""
        if self.is_there:
            _write_aliases(self._above, *self._module)
        else:
            _forget(self._above, self._module.alias)

    def _mend_entry(self, name: str) -> None:
        """Give an entry that is there what CK needs to find and to load it."""
        entry = self.path(name)
        told = str((self.meta(name, "info") or {}).get("backup_data_uid"))
        known = filter(partial(self.may_be, name), (told, self.uid(name)))
        uid = next(known, secrets.token_hex(8))
        if uid != told or self.meta(name) is None or _is_torn(str(entry)):
            _write_control_files(self._ck, entry, uid, self._module)
        _write_aliases(self._cm, name, uid)

    def _undo(self, name: str) -> None:
        """Remove what CK has half made, and could itself neither finish nor remove."""
        shutil.rmtree(self.path(name), ignore_errors=True)
        _forget(self._cm, name)

    def _elsewhere(self) -> dict[str, Path]:
        """Return the entries that lie where CK does not look, since it splits them otherwise."""
        found = {}
        for outer in folders_in(self.folder):
            is_entry = (self.folder / outer.name / CM).is_dir()
            for each in [outer] if is_entry else folders_in(self.folder / outer.name):
                if each.path != self.location(each.name) and (Path(each.path) / CM).is_dir():
                    found[each.name] = Path(each.path)
        return found

    def _bring(self, elsewhere: Mapping[str, Path]) -> None:
        """Move entries to where CK looks for them, and let it know where they are now."""
        # A folder of entries that begin alike may be called as one of the shortest is.
        for name in sorted(elsewhere, key=len, reverse=not self.split):
            path = elsewhere[name]
            with suppress(OSError):  # something else is there
                self.path(name).parent.mkdir(exist_ok=True)
                path.rename(self.path(name))
                if path.parent != self.folder:
                    path.parent.rmdir()
            if self.path(name).is_dir():
                self.put(name, self.meta(name) or {})


def _is_dir(path: str) -> bool:
    return os.path.isdir(path)  # noqa: PTH112  there are many, and `Path` takes twice as long


def _endings(texts: Iterable[str], head: str) -> Iterator[str]:
    """Yield the rest of those texts that begin so."""
    return (text[len(head) :] for text in texts if text.startswith(head))


# CK's own files of entries, written by hand: only to mend what a kill, CK or a user has broken.
#
# CK can neither add, change nor remove an entry of which one of these is missing or torn, since it
# writes them one after the other, none in one step.

CM = ".cm"
"""The folder in which CK keeps what it knows of an entry, or of the entries in a folder."""


def _missing_aliases(cm: Path, alias: str, uid: str) -> list[tuple[str, str]]:
    """Return the files by which CK does not find a folder's UID, or back, and what to say there."""
    files = [(f"{cm}{os.sep}alias-u-{uid}", alias), (f"{cm}{os.sep}alias-a-{alias}", uid)]
    return [(file, content) for file, content in files if first_line(file) != content]


def _write_aliases(cm: Path, alias: str, uid: str) -> None:
    """Let CK find an entry that is there, or a module's folder, by its name and by its UID."""
    for file, content in _missing_aliases(cm, alias, uid):
        cm.mkdir(parents=True, exist_ok=True)
        write_whole(Path(file), f"{content}\n".encode())


def _forget(cm: Path, alias: str, uid: str = "") -> None:
    """Remove the aliases of what is not there, also of a UID: CK neither uses nor replaces them."""
    own = f"{cm}{os.sep}alias-a-{alias}"
    for each in filter(None, {uid, first_line(own)}):
        if first_line(f"{cm}{os.sep}alias-u-{each}") in ("", alias):
            (cm / f"alias-u-{each}").unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        os.unlink(own)  # noqa: PTH108  as a rule there is none, which `Path` takes longer to say


def _is_torn(entry: str) -> bool:
    """Say whether a kill kept CK from writing an entry's smaller files, so that it loads none."""
    try:
        info, desc = (f"{entry}{os.sep}{CM}{os.sep}{part}.json" for part in ("info", "desc"))
        return 0 in (os.stat(info).st_size, os.stat(desc).st_size)  # noqa: PTH116  there are many
    except OSError:
        return True


def _write_control_files(ck: ModuleType, entry: Path, uid: str, module: ModuleName) -> None:
    """Write those of an entry's files that cannot be read, with what CK itself would say."""
    (entry / CM).mkdir(exist_ok=True)
    info = read_json(entry / CM / "info.json") or {
        "control": ck.prepare_special_info_about_entry({})["dict"],
        "data_name": entry.name,
    }
    told = {
        "backup_data_uid": uid,
        "backup_module_uid": module.uid,
        "backup_module_uoa": module.alias,
    }
    contents = {"meta": {}, "desc": {}, "info": {**info, **told}}
    for part, content in contents.items():
        path = entry / CM / f"{part}.json"
        known = read_json(path)
        if known is None or (part == "info" and known != content):
            write_whole(path, to_json(content))
