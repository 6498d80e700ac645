"""Exports as environments of CK, for its programs that take the folder of a data set.

What knows how is in the repository ck-env: the entries `soft:dataset.imagenet.train`, `.val` and
`.aux`, which is the folder of labels and words for the pictures of `.val`.
"""

from __future__ import annotations

import io
from contextlib import redirect_stdout
from pathlib import Path
from types import ModuleType
from typing import Iterator, NamedTuple

from ..core.errors import BadInput, StoreError
from ..core.registries import Environment
from ..images.formats import is_picture_file
from .folders import WORDS_OF_LABELS

_SOFT = "dataset.imagenet."
_VERSION = "2011"


class Registered(NamedTuple):
    """The environments of CK that an export has become."""

    pictures: str
    """The UID of the one of the folder of pictures."""
    labels: str
    """The UID of the one of the folder of their labels; empty if there is none."""

    def lines(self) -> Iterator[str]:
        """Yield how to see them."""
        yield f"  registered: ck show env:{self.pictures}"
        if self.labels:
            yield f"  labels and their words: ck show env:{self.labels}"


def prove(ck: ModuleType, kind: Environment) -> None:
    """Raise BadInput if CK cannot register an export so, StoreError if it forbids it.

    Parameters
    ----------
    ck : module
        The kernel of Collective Knowledge.
    kind : Environment
        How its programs take the export.

    Raises
    ------
    BadInput
        If CK does not have what knows how.
    StoreError
        If CK lets nobody write where environments are.
    """
    from ..storage.ck_kernel import Kernel

    Kernel(ck).refuse_forbidden(ck.cfg["repo_name_local"], False)
    for part in filter(None, (kind.part, kind.labels)):
        known = ck.access({"action": "find", "module_uoa": "soft", "data_uoa": _SOFT + part})
        if known["return"] > 0:
            raise BadInput(
                f"--register needs soft:{_SOFT}{part}, which CK does not have yet: "
                "get it with: ck pull repo:ck-env"
            )


def register(ck: ModuleType, kind: Environment, folder: Path, labelled: Path | None) -> Registered:
    """Register the folder of an export, in place of an earlier one.

    Parameters
    ----------
    ck : module
        The kernel of Collective Knowledge.
    kind : Environment
        How its programs take the export.
    folder : Path
        The folder of the pictures.
    labelled : Path or None
        The folder of their labels, if these are ILSVRC2012's or a set's: networks know no others.

    Raises
    ------
    StoreError
        If CK does not do it.
    """
    picture = next(filter(is_picture_file, sorted(folder.glob(kind.pictures))), None)
    if not picture:
        raise StoreError(f'"{folder}" has no picture by which CK finds an environment')
    pictures = _detected(ck, kind.part, picture)
    if not kind.labels or not labelled:
        return Registered(pictures, "")
    return Registered(pictures, _detected(ck, kind.labels, labelled / WORDS_OF_LABELS))


def _detected(ck: ModuleType, part: str, path: Path) -> str:
    """Let CK find a part of the data set by one of its files; return the environment's UID."""
    request = {
        "action": "detect",
        "module_uoa": "soft",
        "data_uoa": _SOFT + part,
        "full_path": str(path),
        "force_version": _VERSION,
        "quiet": "yes",
        "out": "con",  # otherwise it fails where such an environment is there
    }
    with redirect_stdout(io.TextIOWrapper(io.BytesIO())):
        found = ck.access(request)
    if found["return"] > 0:
        raise StoreError(f'CK does not register "{path.parent}": {found["error"]}')
    return str(found["env_data_uid"])
