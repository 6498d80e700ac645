"""CK's own files of entries, written by hand: only to mend what a kill, CK or a user has broken.

CK can neither add, change nor remove an entry of which one of these is missing or torn, since it
writes them one after the other, none in one step.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from ..files import read_json, to_json, write_whole
from .ck_kernel import ModuleName

CM = ".cm"
"""The folder in which CK keeps what it knows of an entry, or of the entries in a folder."""

_LONGEST_ALIAS = 4096
"""Bytes of an alias file that are read."""


def first_line(path: str) -> str:
    """Return what an alias file says, or an empty text if there is none."""
    try:  # the short way: there are as many as entries
        file = os.open(path, os.O_RDONLY | getattr(os, "O_BINARY", 0))
    except OSError:
        return ""
    try:
        return os.read(file, _LONGEST_ALIAS).partition(b"\n")[0].decode("utf-8", "replace").strip()
    except OSError:
        return ""
    finally:
        os.close(file)


def missing_aliases(cm: Path, alias: str, uid: str) -> list[tuple[Path, str]]:
    """Return the files by which CK does not find a folder's UID, or back, and what to say there."""
    files = [(cm / f"alias-u-{uid}", alias), (cm / f"alias-a-{alias}", uid)]
    return [(file, content) for file, content in files if first_line(str(file)) != content]


def write_aliases(cm: Path, alias: str, uid: str) -> None:
    """Let CK find an entry that is there, or a module's folder, by its name and by its UID."""
    for file, content in missing_aliases(cm, alias, uid):
        cm.mkdir(parents=True, exist_ok=True)
        write_whole(file, f"{content}\n".encode())


def forget(cm: Path, alias: str) -> None:
    """Remove the aliases of what is gone, which CK would neither use nor replace."""
    own = f"{cm}{os.sep}alias-a-{alias}"
    uid = first_line(own)
    if uid and first_line(f"{cm}{os.sep}alias-u-{uid}") in ("", alias):
        (cm / f"alias-u-{uid}").unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        os.unlink(own)  # noqa: PTH108  as a rule there is none, which `Path` takes longer to say


def is_torn(entry: str) -> bool:
    """Say whether CK was killed while it wrote an entry's smaller files, so that it loads none."""
    for part in ("info", "desc"):
        try:
            if os.stat(f"{entry}{os.sep}{CM}{os.sep}{part}.json").st_size == 0:  # noqa: PTH116
                return True
        except OSError:
            continue  # which CK does without
    return False


def write_control_files(ck: ModuleType, entry: Path, uid: str, module: ModuleName) -> None:
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
