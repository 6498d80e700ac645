"""Exports as environments of Collective Knowledge, for the programs that take a data set's folder.

What knows how is in the repository ck-env: the entries `soft:dataset.imagenet.train` and `.val`.
"""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType

from ..core.actions import ExportOptions
from ..core.errors import BadInput, StoreError
from ..core.registries import LAYOUTS, Environment, layout
from ..images.formats import is_picture_file
from ..storage.ck_kernel import Kernel

_VERSION = "2011"


def prove_possible(ck: ModuleType, options: ExportOptions) -> None:
    """Raise BadInput if such an export cannot be registered, StoreError if CK forbids it."""
    Kernel(ck).refuse_forbidden(ck.cfg["repo_name_local"], False)
    kind = _kind(options)
    known = ck.access({"action": "find", "module_uoa": "soft", "data_uoa": _soft(kind)})
    if known["return"] > 0:
        raise BadInput(
            f"--register needs soft:{_soft(kind)}, which CK does not have yet: "
            "get it with: ck pull repo:ck-env"
        )


def register(ck: ModuleType, options: ExportOptions, folder: Path) -> str:
    """Register an export, in place of an earlier one, and return the environment's UID.

    Raises
    ------
    StoreError
        If CK does not do it.
    """
    kind = _kind(options)
    root = folder / kind.part if options.split else folder
    picture = next(filter(is_picture_file, sorted(root.glob(kind.pictures))))
    request = {
        "action": "detect",
        "module_uoa": "soft",
        "data_uoa": _soft(kind),
        "full_path": str(picture),
        "force_version": _VERSION,
        "quiet": "yes",
        "out": "con",  # otherwise it fails where such an environment is there
    }
    with redirect_stdout(io.TextIOWrapper(io.BytesIO())):
        done = ck.access(request)
    if done["return"] > 0:
        raise StoreError(f'CK does not register "{root}": {done["error"]}')
    return str(done["env_data_uid"])


def _kind(options: ExportOptions) -> Environment:
    """Return how CK's programs take a layout; raise BadInput if they do not."""
    kind = layout(options.layout).environment
    if not kind:
        possible = [
            f"--layout={row.name}, for {row.environment.purpose}"
            for row in LAYOUTS
            if row.environment
        ]
        raise BadInput(f"--register needs {', or '.join(possible)}")
    return kind


def _soft(kind: Environment) -> str:
    return f"dataset.imagenet.{kind.part}"
