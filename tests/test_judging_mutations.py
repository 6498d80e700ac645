"""Damaged pictures, thousands of them: what is kept is what Pillow decodes, and all of that."""

from __future__ import annotations

from collections import Counter

import pytest
from ck_imagenet.core.outcomes import Failed, Outcome
from ck_imagenet.images import judging
from mutations import Mutant, mutants, originals, pillow_reads

# Pytest undoes, for each test, what `decoding` says about Pillow's warnings.
pytestmark = pytest.mark.filterwarnings("ignore")

MOST_KEPT, MOST_REFUSED = 0.001, 0.002


def is_kept(data: bytes) -> bool:
    """Say whether a picture is kept, whatever its size."""
    try:
        judging.judge(data)
    except Failed as failed:
        return failed.outcome is Outcome.TOO_SMALL
    return True


def test_every_whole_picture_is_kept() -> None:
    whole = originals(seed=5)
    assert all(pillow_reads(data) for data in whole.values())
    assert [name for name, data in whole.items() if not is_kept(data)] == []


@pytest.mark.parametrize("seed", [5, 1912])
def test_of_damaged_pictures_those_are_kept_that_pillow_decodes(seed: int) -> None:
    seen: Counter[tuple[bool, bool]] = Counter()
    wrong: list[Mutant] = []
    for mutant in mutants(seed, 4_000):
        verdict = is_kept(mutant.data), pillow_reads(mutant.data)
        seen[verdict] += 1
        if verdict[0] != verdict[1]:
            wrong.append(mutant)
    told = Counter((mutant.form, mutant.damage) for mutant in wrong)
    assert seen[True, True] > 1_000
    assert seen[False, False] > 1_000
    assert seen[True, False] <= MOST_KEPT * (seen[True, True] + seen[True, False]), told
    assert seen[False, True] <= MOST_REFUSED * (seen[True, True] + seen[False, True]), told
