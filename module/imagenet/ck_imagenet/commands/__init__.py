"""What each action does: values in, values out. All begin with a workspace, which stands here.

A workspace is where an action works: where the pictures are, and the archive of all URLs.
"""

from __future__ import annotations

import os
import re
import shlex
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, Mapping, TypeVar

from ..core.errors import BadInput
from ..core.files import path_of, storage_errors
from ..core.options import field_name, kinds, parse
from ..storage.records import UPGRADE

if TYPE_CHECKING:
    from ..sources.url_archive import ArchiveSource
    from ..storage.store import Store

USUAL = "imagenet"
"""The folder of the pictures where there is no Collective Knowledge, if the user names none."""

_ARCHIVE = "fall11"
"""The folder of the archive of all URLs, where there is no Collective Knowledge."""

_ACTIONS = "list|geturls|download|status|check|clean|browse|export"

_OWN_COMMAND = re.compile(rf"\bck-imagenet ({_ACTIONS}|demo|ACTION)\b")

_WITH_OPTIONS = re.compile(
    rf"""\bck-imagenet[ ](?:{_ACTIONS})\b(?:[ ](?=['"]?--)(?:'[^']*'|"[^"]*"|[^\s'"|`])+)*""",
    re.VERBOSE,
)
"""One of our commands with its options, wherever it stands in a sentence."""

_IS_PASTED = re.compile(
    r"""(?:(?:^|[\s`])(?:ck|ck-imagenet|make|pip|uv|"[^"\n]*"[ ]-m)[ ][a-z][^\n]*
        |(?:^|\s)[^\s"'`]*[-=/\\@<{][^\s"'`]*)\Z""",
    re.VERBOSE,
)
"""A text that ends with what users paste: a command to its end, or a word that is not plain."""

_LAST_WORDS = "The documentation of ck-imagenet tells more"

Options = TypeVar("Options")


class Workspace:
    """Where an action works; what is there is opened when it is needed.

    Parameters
    ----------
    outdir : str, optional
        The folder of the pictures, as a user gave it.
    ck : module, optional
        The kernel of Collective Knowledge, where that keeps what is in no folder of the user's.

    Attributes
    ----------
    ck : module or None
        The same.
    """

    def __init__(self, outdir: str = "", ck: ModuleType | None = None) -> None:
        self._outdir = outdir
        self.ck = ck

    @property
    def is_in_ck(self) -> bool:
        """Whether the pictures are in Collective Knowledge, and not in a folder."""
        return bool(self.ck) and not self._outdir

    @cached_property
    def store(self) -> Store:
        """Where the pictures are; it need not exist."""
        if self.ck and self.is_in_ck:
            from ..storage.ck_store import CkStore

            return CkStore(self.ck)
        from ..storage.folder_store import FolderStore

        return FolderStore(path_of("--outdir", self._outdir or USUAL))

    @property
    def store_there(self) -> Store:
        """The same, for who looks for what is here; a folder that is named must exist."""
        if self._outdir and not path_of("--outdir", self._outdir).is_dir():
            raise BadInput(f'--outdir="{self._outdir}" is not a folder: choose another')
        return self.store

    def folder_of(self, wnid: str) -> str:
        """Return the folder of a synset's pictures."""
        return os.path.abspath(self.store.synset(wnid).paths().pictures)  # noqa: PTH100  it may be a link

    @property
    def archive(self) -> ArchiveSource:
        """The archive of all URLs."""
        from ..sources.url_archive import Archive, ArchiveSource

        return ArchiveSource(lambda: Archive.at(self.archive_home()))

    def archive_home(self) -> Path:
        """Return the folder of the archive of all URLs; it need not exist."""
        if self.ck:
            from ..storage import ck_repositories

            return ck_repositories.home(self.ck)
        return self.store.home() / _ARCHIVE

    def create_archive_home(self) -> Path:
        """Return the folder of the archive of all URLs; make it unless it is there."""
        if self.ck:
            from ..storage import ck_repositories

            return ck_repositories.make_home(self.ck)
        folder = self.store.create_home() / _ARCHIVE
        with storage_errors(folder):
            folder.mkdir(exist_ok=True)
        return folder

    def spelt(self, text: str) -> str:
        """Return a text with the commands in it as users type them here.

        The library says `ck-imagenet list`, which is `ck list imagenet` in Collective Knowledge.
        """
        if not self.ck:
            return text
        text = _OWN_COMMAND.sub(r"ck \1 imagenet", text)
        return text.replace(UPGRADE, "ck pull repo:ck-imagenet")

    def told(self, text: str) -> str:
        """Return a text as `spelt` does, with commands that look where this one does."""
        if self._outdir:
            where = shlex.quote(f"--outdir={self._outdir}")
            text = _WITH_OPTIONS.sub(lambda found: _placed(found.group(), where), text)
        return self.spelt(text)

    def complaint(self, error: str) -> str:
        """Return an error as users are told it here.

        CK prints it with an exclamation mark behind it, which must not become a part of what is
        pasted: a command, an option, an address.
        """
        text = self.spelt(error)
        return f"{text}\n{_LAST_WORDS}" if self.ck and _IS_PASTED.search(text) else text


def _placed(command: str, where: str) -> str:
    return command if "--outdir" in command else f"{command} {where}"


def opened(
    table: type[Options], given: Mapping[str, Any], folder: str
) -> tuple[Options, Workspace]:
    """Return the options that a call from Python gives, and where it works.

    Parameters
    ----------
    table : type
        The dataclass of the action's options.
    given : mapping
        The call's arguments, by name; one that has its default is not given.
    folder : str
        The argument that names the folder of the pictures.

    Raises
    ------
    BadInput
        If an argument has a wrong value.
    """
    values = {
        name: os.fspath(value) if isinstance(value, os.PathLike) else value
        for name, value in given.items()
    }
    outdir = values.pop(folder)
    if not outdir or not isinstance(outdir, str):
        raise BadInput(
            f'{folder}={outdir!r} is not a folder: write for example {folder}="pictures"'
        )
    if outdir != USUAL:
        values["outdir"] = outdir
    defaults = {field_name(name): default for name, (_, default) in kinds(table).items()}
    told = {name: value for name, value in values.items() if value != defaults.get(name, "")}
    options = parse(table, told, {})
    return options, Workspace(outdir if outdir != USUAL else "")
