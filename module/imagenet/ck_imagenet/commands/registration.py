"""Telling CK's programs of an export."""

from __future__ import annotations

from types import ModuleType

from ..core import registries
from ..core.actions import ExportOptions
from ..core.errors import BadInput
from ..core.registries import LAYOUTS, Environment
from ..exports import environments
from ..exports.environments import Registered
from .export import Exported


def prove_registrable(ck: ModuleType, options: ExportOptions) -> None:
    """Raise BadInput if such an export cannot be registered, StoreError if CK forbids it.

    Parameters
    ----------
    ck : module
        The kernel of Collective Knowledge.
    options : ExportOptions
        What is to be exported, and how.

    Raises
    ------
    BadInput
        If no environment of CK is for such a layout, or CK does not have it yet.
    StoreError
        If CK lets nobody write where environments are.
    """
    environments.prove(ck, _environment(options))


def register(ck: ModuleType, options: ExportOptions, done: Exported) -> Registered:
    """Register an export, in place of an earlier one, and return its environments.

    Parameters
    ----------
    ck : module
        The kernel of Collective Knowledge.
    options : ExportOptions
        What was exported, and how.
    done : Exported
        What is there now.

    Raises
    ------
    StoreError
        If CK does not do it.
    """
    kind = _environment(options)
    root = done.to / kind.part if options.split else done.to
    return environments.register(ck, kind, root, done.to if done.labels != "positions" else None)


def _environment(options: ExportOptions) -> Environment:
    """Return how CK's programs take a layout; raise BadInput if they do not."""
    kind = registries.layout(options.layout).environment
    if not kind:
        possible = [
            f"--layout={row.name}, for {row.environment.purpose}"
            for row in LAYOUTS
            if row.environment
        ]
        raise BadInput(f"--register needs {', or '.join(possible)}")
    return kind
