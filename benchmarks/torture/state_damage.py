"""State files are damaged, and every command finds them so."""

from __future__ import annotations

import state_files
from ordeal import Trial, ordeal, world

_AT_ONCE = 40


@ordeal("state files", "damages to a state file, found by all commands")
def damage(trial: Trial) -> None:
    """Damage each state file in turn, with other damages each time."""
    with world() as (terminal, web):
        pristine = state_files.prepared(terminal, web)
        while trial.goes_on:
            for file in state_files.FILES:
                if not trial.goes_on:
                    break
                seed = trial.chance.randrange(2**32)
                wrong = state_files.found(terminal, pristine, _AT_ONCE, seed, files=[file])
                trial.tried += _AT_ONCE
                for each in wrong:
                    trial.find("no sentence", [seed, *each])
