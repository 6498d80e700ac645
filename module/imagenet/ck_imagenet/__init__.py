"""Every ImageNet picture still to be had: fetched from the web of 2011, judged and kept.

This is all that a Python program needs:

    import ck_imagenet

    ck_imagenet.download("n01440764", to="pictures")
    ck_imagenet.export("pictures", to="tench")

Each function returns what has been done, and prints nothing; what goes wrong is an `ImagenetError`.
The options are those of `ck-imagenet ACTION --help`, with `_` for `-`. The library stands without
Collective Knowledge; `module.py` beside it is CK's side.
"""

from __future__ import annotations

from importlib import import_module

from .core.errors import (
    BadInput,
    Damaged,
    ImagenetError,
    NetworkDown,
    NoCopy,
    NoList,
    StoreError,
    TooLittleMemory,
    TooManyFiles,
)

TYPE_CHECKING = False
"""Not that of `typing`, whose import takes longer than all of this: so Ctrl-C is ours early."""

if TYPE_CHECKING:
    from typing import Any

    from .catalogue.synsets import Synset
    from .commands.browse import Page, browse
    from .commands.check import Checked, check
    from .commands.clean import Plan, clean
    from .commands.download import Downloaded, download
    from .commands.export import Exported, export
    from .commands.geturls import geturls
    from .commands.listing import synsets
    from .commands.status import Status, status
    from .core.outcomes import Outcome
    from .engine.planning import Estimate
    from .engine.synset_import import Imported
    from .engine.synset_job import Summary
    from .sources.lists import Unlisted
    from .storage.inventory import Tally
    from .storage.numbering import Link
    from .storage.records import Record

__version__ = "1.0.0"

PROJECT = "https://github.com/ck-imagenet/ck-imagenet"
"""Where the owner of a site finds out who asks, and how to opt out."""

USER_AGENT = f"ck-imagenet/{__version__} (+{PROJECT})"
"""Who asks, as hosts see it by default."""

__all__ = [
    "BadInput",
    "Checked",
    "Damaged",
    "Downloaded",
    "Estimate",
    "Exported",
    "ImagenetError",
    "Imported",
    "Link",
    "NetworkDown",
    "NoCopy",
    "NoList",
    "Outcome",
    "Page",
    "Plan",
    "Record",
    "Status",
    "StoreError",
    "Summary",
    "Synset",
    "Tally",
    "TooLittleMemory",
    "TooManyFiles",
    "Unlisted",
    "browse",
    "check",
    "clean",
    "download",
    "export",
    "geturls",
    "status",
    "synsets",
]

_ROOMS = {
    "catalogue.synsets": ("Synset",),
    "commands.browse": ("browse", "Page"),
    "commands.check": ("check", "Checked"),
    "commands.clean": ("clean", "Plan"),
    "commands.download": ("download", "Downloaded"),
    "commands.export": ("export", "Exported"),
    "commands.geturls": ("geturls",),
    "commands.listing": ("synsets",),
    "commands.status": ("status", "Status"),
    "core.outcomes": ("Outcome",),
    "engine.planning": ("Estimate",),
    "engine.synset_job": ("Summary",),
    "engine.synset_import": ("Imported",),
    "sources.lists": ("Unlisted",),
    "storage.inventory": ("Tally",),
    "storage.numbering": ("Link",),
    "storage.records": ("Record",),
}
"""What is imported when it is asked for: all of it takes its time."""


if not TYPE_CHECKING:  # else a checker would take any name for one that is there

    def __getattr__(name: str) -> Any:
        for room, names in _ROOMS.items():
            if name in names:
                found = getattr(import_module(f".{room}", __name__), name)
                globals()[name] = found
                return found
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
