"""CK's own files of entries, written by hand: only to mend what a kill, CK or a user has broken.

CK can neither add, change nor remove an entry of which one of these is missing or torn, since it
writes them one after the other, none in one step.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from types import ModuleType

from ..core.files import first_line, read_json, to_json, write_whole
from .ck_kernel import ModuleName

CM = ".cm"
"""The folder in which CK keeps what it knows of an entry, or of the entries in a folder."""


def missing_aliases(cm: Path, alias: str, uid: str) -> list[tuple[Path, str]]:
    """Return the files by which CK does not find a folder's UID, or back, and what to say there."""
    files = [(cm / f"alias-u-{uid}", alias), (cm / f"alias-a-{alias}", uid)]
    return [(file, content) for file, content in files if first_line(str(file)) != content]


def write_aliases(cm: Path, alias: str, uid: str) -> None:
    """Let CK find an entry that is there, or a module's folder, by its name and by its UID."""
    for file, content in missing_aliases(cm, alias, uid):
        cm.mkdir(parents=True, exist_ok=True)
        write_whole(file, f"{content}\n".encode())


def forget(cm: Path, alias: str, uid: str = "") -> None:
    """Remove the aliases of what is not there, also of a UID: CK neither uses nor replaces them."""
    own = f"{cm}{os.sep}alias-a-{alias}"
    for each in filter(None, {uid, first_line(own)}):
        if first_line(f"{cm}{os.sep}alias-u-{each}") in ("", alias):
            (cm / f"alias-u-{each}").unlink(missing_ok=True)
    with suppress(FileNotFoundError):
        os.unlink(own)  # noqa: PTH108  as a rule there is none, which `Path` takes longer to say


def is_torn(entry: str) -> bool:
    """Say whether a kill kept CK from writing an entry's smaller files, so that it loads none."""
    try:
        info, desc = (f"{entry}{os.sep}{CM}{os.sep}{part}.json" for part in ("info", "desc"))
        return 0 in (os.stat(info).st_size, os.stat(desc).st_size)  # noqa: PTH116  there are many
    except OSError:
        return True


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
