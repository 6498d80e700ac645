"""Homes in Collective Knowledge of what is about all synsets: entries `local:imagenet:NAME`.

Such as `fall11`, which is the archive's.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from .ck_entries import Entries
from .ck_kernel import Kernel, making
from .journal import FORMAT, refuse_newer

MODULE = "imagenet"
_NAME = "fall11"


def home(ck: ModuleType, name: str = _NAME) -> Path:
    """Return an entry's folder, which need not exist; `ck` is the CK kernel."""
    kernel = Kernel(ck)
    return Entries(kernel, kernel.local, MODULE).path(name)


def make_home(ck: ModuleType, name: str = _NAME) -> Path:
    """Return an entry's folder; make the entry unless it is there.

    Raises
    ------
    StoreError
        If that is not possible or forbidden, or a newer version has made it.
    """
    kernel = Kernel(ck)
    kernel.refuse_forbidden(kernel.local.name, False, name)
    entries = Entries(kernel, kernel.local, MODULE)
    with making(f"the CK entry local:{MODULE}:{name} cannot be written"), kernel.locked():
        meta = entries.meta(name)
        refuse_newer((meta or {}).get("format"), entries.path(name))
        return entries.path(name) if meta else entries.put(name, {"format": FORMAT})
