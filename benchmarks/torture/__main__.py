"""Nothing lost, nothing twice, nothing stuck, nothing forged: a campaign that tries hard.

Each ordeal has its share of the time; what chance decides comes from a seed, which is printed.
"""

from __future__ import annotations

import argparse
import random
import sys
import time
from pathlib import Path

# Where `measure` is, the library, and what the tests have for their journeys.
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "module" / "imagenet"))
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "tests"))

import clock_steps
import full_disks
import killed
import list_bombs
import little_memory
import mutated_pictures
import state_damage
from measure import machine, table
from ordeal import ORDEALS, WRONG, Trial

__all__ = ["clock_steps", "full_disks", "killed", "list_bombs", "little_memory"]
__all__ += ["mutated_pictures", "state_damage"]
"""The files with ordeals: each registers its own when it is imported."""


def main() -> None:
    """Print the table of benchmarks/README.md; fail if anything was found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=15, help="of all ordeals together")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(2**32))
    parser.add_argument("--only", nargs="*", default=list(ORDEALS), choices=ORDEALS)
    options = parser.parse_args()
    print(f"{machine()}, seed {options.seed}\n", flush=True)
    rows, told = [], []
    for place, name in enumerate(options.only):
        what, ordeal = ORDEALS[name]
        begun = time.monotonic()
        trial = Trial(options.seed + place, 60 * options.minutes / len(options.only))
        ordeal(trial)
        counts = [str(trial.wrong[each]) for each in WRONG]
        seconds = f"{time.monotonic() - begun:.0f} s"
        rows.append([name, f"{trial.tried:,} {what}", *counts, seconds])
        told += [f"{name}: {each}" for each in trial.told]
        print(*rows[-1], sep=" | ", file=sys.stderr, flush=True)
    table(["ordeal", "how many of what", *WRONG, "time"], rows)
    if told:
        raise SystemExit("\n".join(["", *told]))


if __name__ == "__main__":
    main()
