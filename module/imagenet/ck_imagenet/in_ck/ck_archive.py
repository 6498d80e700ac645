"""Homes in Collective Knowledge of what is about all synsets: entries `local:imagenet:NAME`.

Such as `fall11`, which is the archive's.
"""

from __future__ import annotations

from pathlib import Path
from types import ModuleType

from ..errors import StoreError
from ..kept.journal import FORMAT, refuse_newer
from .ck_entries import Entries, ModuleName
from .ck_repositories import Repositories

_MODULE = "imagenet"
_NAME = "fall11"


def home(ck: ModuleType, name: str = _NAME) -> Path:
    """Return an entry's folder, which need not exist; `ck` is the CK kernel."""
    return _local(ck) / _MODULE / name


def make_home(ck: ModuleType, name: str = _NAME) -> Path:
    """Return an entry's folder; make the entry unless it is there.

    Raises
    ------
    StoreError
        If that is not possible, or a newer version has made it.
    """
    entries = Entries(ck, _local(ck), ModuleName.of(ck, _MODULE))
    try:
        with Repositories(ck).locked():
            entries.create()
            meta = entries.meta(name) or {"format": FORMAT}
            refuse_newer(meta.get("format"), home(ck, name))
            return entries.add(name, meta, {})
    except OSError as error:
        raise StoreError(
            f"the CK entry local:{_MODULE}:{name} cannot be written: {error.strerror} "
            f'("{error.filename}")'
        ) from None


def _local(ck: ModuleType) -> Path:
    return Path(ck.work["dir_local_repo"]).absolute()
